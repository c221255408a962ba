"""The language of what a reader meets: English as it is written, or another through gettext's catalogues.

Declared texts (questions, labels, alt text) stay plain English where they stand, and go through `tr` where they are
shown. What is composed is a whole template, never glued from halves: tr("Step {step} of {steps}").format(...).
"""

from __future__ import annotations

import gettext
import os
from functools import cache
from pathlib import Path

LANGUAGE = "COURSE_LANGUAGE"  # the environment variable that chooses; English without it
CATALOGUES = Path(__file__).with_name("locale")
DOMAIN = "course"


def tr(text: str) -> str:
    """A text in the reader's language.

    Raises ValueError where COURSE_LANGUAGE names a language that the course does not have. Example:

    >>> tr("Step {step} of {steps}").format(step=3, steps=20)
    'Step 3 of 20'
    """
    return _catalogue(os.environ.get(LANGUAGE, "en")).gettext(text) if text else text


def ngettext(one: str, many: str, count: int) -> str:
    """The template that fits a count: `one` for a single thing in English, `many` otherwise. Raises as `tr` does.

    Example:

    >>> [ngettext("{count} step", "{count} steps", count).format(count=count) for count in (1, 4)]
    ['1 step', '4 steps']
    """
    return _catalogue(os.environ.get(LANGUAGE, "en")).ngettext(one, many, count)


def is_english() -> bool:
    """Whether texts are shown as they are written.

    Example:

    >>> is_english()
    True
    """
    return os.environ.get(LANGUAGE, "en") == "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    if gettext.find(DOMAIN, CATALOGUES, [language]) is None:
        there = sorted(["en", *(path.parents[1].name for path in CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))])
        raise ValueError(f"{LANGUAGE} must be one of {', '.join(there)}; got {language!r}")
    return gettext.translation(DOMAIN, CATALOGUES, [language])
