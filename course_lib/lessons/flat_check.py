"""Lesson 05's exercise 2: which of seven stampings leave a flat row flat, and what to say to each wrong letter."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from course_lib.lessons.checks import NOT_YET, Mistake, ValueCheck

_LETTERS = {
    "a": "at one place 1 + 1 meet, at the next 1 comes alone",
    "b": "at every place 1 + 1 meet",
    "c": "one stamp meets at some places and two at others, but 1 + 1 is as much as 2",
    "d": "two stamps meet at every place, but 1 + 3 is not 2 + 4",
    "e": "with stride 3, two entries of the four meet at one place and one at the other two",
    "f": "with stride 1 a stamp begins at every place, and all four entries meet everywhere: 1 + 2 + 3 + 4",
    "g": "a flat row repeated is flat, and a convolution with stride 1 does the same everywhere: 1 + 2 + 3",
}
_FLAT = [False, True, True, False, False, True, True]
_COUNTED = (
    "You have counted the stamps. (c) and (d) show that the count is not what decides: add up the entries that meet. "
    "In (c) they are 1 + 1 and 2, in (d) 1 + 3 and 2 + 4."
)
_SAME = (
    "(f) and (g): where a kernel meets the same flat numbers at every place, the result is the same everywhere, "
    "whatever the kernel."
)
_EVEN = (
    "An even kernel is not what decides. In (d) the sums are 4 and 6, in (e) the stride is 3. And (c) and (g) are flat."
)
_MIRROR = (
    "A kernel that reads the same forwards and backwards is not what decides: in (a) the sums are 2 and 1, "
    "in (e) 2, 1 and 1. And (f) and (g) are flat."
)
_PATTERNS = [
    (_COUNTED, (False, True, False, True, False, True, True)),
    (_SAME, (False, True, True, False, False, False, False)),
    (_EVEN, (False, True, False, True, True, True, False)),
    (_MIRROR, (True, True, True, False, True, False, False)),
    ("The other way round: True is for a flat result.", tuple(not flat for flat in _FLAT)),
    ("They are not all flat: in (a) the sums are 1 + 1 and 1.", (True,) * 7),
    ("Some are flat: in (b) the sums are 1 + 1 and 1 + 1.", (False,) * 7),
]


def _letter_by_letter() -> list[Mistake]:
    """Every other wrong list, with a word on each wrong letter."""
    said = [tuple(_FLAT), *(answers for _, answers in _PATTERNS)]
    others = [answers for answers in itertools.product((True, False), repeat=7) if answers not in said]
    return [Mistake(_words(answers), list(answers)) for answers in others]


def _words(answers: Sequence[bool]) -> str:
    wrong = [letter for letter, given, right in zip(_LETTERS, answers, _FLAT, strict=True) if given != right]
    return "Not right yet: " + "; ".join(f"({letter}), {_LETTERS[letter]}" for letter in wrong) + "."


class FlatCheck(ValueCheck):
    """Checks the seven answers of exercise 2, and says which are wrong.

    Example:

    >>> check_flat([False, True, True, False, False, True])
    [not yet] You gave 6 answers. There are seven to give, True or False, in the order (a) to (g).
    >>> check_flat([True, True, True, False, False, True, True])
    [not yet] Not right yet: (a), at one place 1 + 1 meet, at the next 1 comes alone.
    """

    def verdict(self, answer: object) -> str:
        """The verdict as one sentence."""
        if isinstance(answer, list | tuple):
            if len(answer) != len(self.right):
                return f"{NOT_YET} You gave {len(answer)} answers. {self.hint}"
            if any(isinstance(item, str) for item in answer):
                return f"{NOT_YET} True and False are written without quotes."
        return super().verdict(answer)


check_flat = FlatCheck(
    "your list",
    _FLAT,
    [*(Mistake(says, list(answers)) for says, answers in _PATTERNS), *_letter_by_letter()],
    hint="There are seven to give, True or False, in the order (a) to (g).",
)
