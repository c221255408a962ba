"""What a prompt may name: the pictures of the set by their groups, and the words of scenes around them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection

from course_lib.datasets import open_emoji_artwork
from course_lib.datasets.scenes import COLOURS, RELATIONS
from course_lib.datasets.shapes import SHAPES
from course_lib.texts import tr

EXAMPLES = (
    "a panda on a blue background, noto style",
    "a large red star on a yellow background",
    "a blue circle above a green square",
)


def names_by_group() -> dict[str, list[str]]:
    """The names of the emoji pictures, group by group, in the order of the set.

    Raises FileNotFoundError where a file of the set is missing, ValueError where one is damaged.

    Example:

    >>> names = names_by_group()
    >>> len(names), sum(map(len, names.values())), names["sky"][:3]
    (13, 256, ['crescent moon', 'sun', 'ringed planet'])
    """
    artwork, groups = open_emoji_artwork("noto"), {}
    for group, caption in zip(artwork.groups, artwork.captions, strict=True):
        groups.setdefault(group, []).append(caption)
    return groups


def list_names(words: Collection[str] | None = None, width: int = 80) -> str:
    """Everything that a prompt may name, as a text to print, in lines of at most `width` letters.

    words : those that a model was trained with, as `model.words` has them: only what it has seen is listed; None lists
    all. Raises FileNotFoundError, ValueError as `names_by_group` does.

    Example:

    >>> print(list_names({"red", "star", "left", "of", "rose", "a"}))
    plants: rose
    sky: star
    <BLANKLINE>
    colours: red
    shapes: star
    relations: left of
    """
    around = {
        tr("colours"): COLOURS,
        tr("shapes"): SHAPES,
        tr("sizes"): ("small", "large"),
        tr("relations"): RELATIONS,
        tr("styles"): dict.fromkeys(open_emoji_artwork().styles),
    }
    examples = {tr("for example"): [f'"{example}"' for example in EXAMPLES]}
    paragraphs = []
    for lines in (names_by_group(), around, examples):
        known = {name: [entry for entry in entries if _is_known(entry, words)] for name, entries in lines.items()}
        wrapped = [
            textwrap.fill(f"{name}: {', '.join(entries)}", width, subsequent_indent="  ", break_on_hyphens=False)
            for name, entries in known.items()
            if entries
        ]
        paragraphs += ["\n".join(wrapped)] if wrapped else []
    return "\n\n".join(paragraphs)


def _is_known(entry: str, words: Collection[str] | None) -> bool:
    return words is None or all(part in words for part in re.findall(r"[^\W\d_]+|\d", entry.lower()))
