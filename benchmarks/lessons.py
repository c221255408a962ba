"""Which lessons are measured: all, or those whose numbers stand in COURSE_LESSONS, as in COURSE_LESSONS="00 03"."""

from __future__ import annotations

import os

CHOSEN = "COURSE_LESSONS"


def is_wanted(number: str) -> bool:
    """Whether the lesson of this number is to be measured.

    Example:

    >>> is_wanted("03") or CHOSEN in os.environ
    True
    """
    wanted = os.environ.get(CHOSEN, "").split()
    return not wanted or number in wanted
