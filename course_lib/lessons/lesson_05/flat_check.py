"""Lesson 05's exercise 2: which of seven stampings leave a flat row flat, and what to say to each wrong letter."""

from __future__ import annotations

from course_lib.exercises.checks import Letters, Mistake, ValueCheck
from course_lib.texts import tr

_LETTERS = {
    "a": "at one position 1 + 1 + 1 meet, at the next 1 + 1",
    "b": "at one position 1 + 2 meet, at the next 2 + 1",
    "c": "one stamp meets at some positions and two at others, but 1 + 2 is as much as 3",
    "d": "two stamps meet at every position, but 3 + 2 is not 1 + 2",
    "e": "with stride 3, two entries of the four meet at one position and one at the other two",
    "f": "with stride 1 a stamp begins at every position, and all four entries meet everywhere: 1 + 2 + 3 + 4",
    "g": "a flat row repeated is flat, and a convolution with stride 1 does the same everywhere: 1 + 2 + 3",
}
_FLAT = [False, True, True, False, False, True, True]
_COUNTED = (
    "You have counted the stamps. (c) and (d) show that the count is not what decides: add up the entries that meet. "
    "In (c) they are 1 + 2 and 3, in (d) 3 + 2 and 1 + 2."
)
_SAME = (
    "(f) and (g): where a kernel meets the same flat numbers at every position, the result is the same everywhere, "
    "whatever the kernel."
)
_EVEN = (
    "An even kernel is not what decides. In (d) the sums are 5 and 3, in (e) the stride is 3. And (c) and (g) are flat."
)
_MIRROR = (
    "A kernel that reads the same forwards and backwards is not what decides: in (a) the sums are 3 and 2, "
    "in (e) 2, 1 and 1. And (c), (f) and (g) are flat."
)
_PATTERNS = [
    (_COUNTED, (False, True, False, True, False, True, True)),
    (_SAME, (False, True, True, False, False, False, False)),
    (_EVEN, (False, True, False, True, True, True, False)),
    (_MIRROR, (True, True, False, False, True, False, False)),
    ("The other way round: True is for a flat result.", tuple(not flat for flat in _FLAT)),
    ("They are not all flat: in (a) the sums are 1 + 1 + 1 and 1 + 1.", (True,) * 7),
    ("Some are flat: in (b) the sums are 1 + 2 and 2 + 1.", (False,) * 7),
]
_WRONG_LETTERS = Letters(_FLAT, _LETTERS)


def _rule_first(answer: object) -> str:
    """The wrong letters, after the rule; without it where the list itself isn't one of seven truth values."""
    says = _WRONG_LETTERS(answer)
    try:
        numbers = [float(item) for item in answer]
    except (TypeError, ValueError, RuntimeError):
        numbers = []
    whole = len(numbers) == len(_FLAT)
    if whole and not {0.0, 1.0}.issuperset(numbers):
        return tr("True or False is asked for each letter: True where the result is flat, False where it is not.")
    return f"{tr('At each position, add up what meets.')} {says}" if whole else says


check_flat = ValueCheck(
    "your list", _FLAT, [Mistake(says, list(answers)) for says, answers in _PATTERNS], hint=_rule_first
)
