"""Lesson 17, the real model: the checks of its exercises."""

from __future__ import annotations

import contextlib
import copy
import dis
import io
import itertools
import math
from collections.abc import Callable, Sequence

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake


def _why_black(picture: torch.Tensor, flagged: list[bool] | None) -> str:
    if not picture.isfinite().all():
        return "overflow"
    return "checker" if flagged and any(flagged) else "painted"


def _pictures() -> dict[str, torch.Tensor]:
    """Pictures (1, 3, 1, 1): a black one, one that is all NaN, and ones whose last number is none."""
    black = torch.tensor([-1, -0.995, -0.99]).reshape(1, 3, 1, 1)
    spoiled = {"one NaN": math.nan, "one infinity": math.inf, "minus infinity": -math.inf}
    singles = {name: black.where(black < -0.99, torch.tensor(value)) for name, value in spoiled.items()}
    return {"black": black, "all NaN": torch.full_like(black, math.nan), **singles}


class _Fresh(Sequence):
    """Cases of which each look gives copies, lists too: what an answer writes into one, no other answer meets."""

    def __init__(self, *cases: tuple):
        self._cases = cases

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, index: int) -> tuple:
        return copy.deepcopy(self._cases[index])


def _instructions(answer: Callable) -> list[dis.Instruction]:
    """What Python does in the answer; nothing where it is no function of Python."""
    try:
        return list(dis.get_instructions(answer))
    except TypeError:
        return []


def _equals_nan(answer: Callable) -> bool:
    """Whether it compares with NaN by ==, however NaN is written."""
    done = _instructions(answer)
    named = any(str(one.argval).lower() == "nan" for one in done if one.opname.startswith("LOAD"))
    return named and any(one.opname == "COMPARE_OP" and "==" in str(one.argrepr) for one in done)


def _is_false(answer: Callable) -> bool:
    """Whether it writes `is False`."""
    done = _instructions(answer)
    return any(one.argval is False and after.opname == "IS_OP" for one, after in itertools.pairwise(done))


def _never_looks(answer: Callable) -> bool:
    """Whether its first argument, the picture, is never read."""
    names = getattr(getattr(answer, "__code__", None), "co_varnames", ())
    read = [one.argval for one in _instructions(answer) if one.opname.startswith("LOAD")]
    return bool(names) and not any(names[0] in (given if isinstance(given, tuple) else (given,)) for given in read)


def _stopping(error: Exception) -> Callable:
    """An answer that stops with this error."""

    def wrong(picture, flagged):
        raise error

    return wrong


def _only_capitals(answer: Callable) -> bool:
    """Whether nothing but capital letters makes it wrong."""
    pairs = zip(_CASES, _CASES, strict=True)
    return all(str(_asked(answer, *handed)).lower() == _why_black(*case) for handed, case in pairs)


def _asked(answer: Callable, picture: torch.Tensor, flagged: list[bool] | None) -> object:
    """What the answer gives, or None where it stops; what it prints is not printed again."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
        return answer(picture, flagged)


def _writes(answer: Callable) -> bool:
    """Whether it changes a picture or a list that it is given."""
    for case in _CASES:
        picture, flagged = case
        before = repr((picture.tolist(), flagged))
        _asked(answer, picture, flagged)
        if repr((picture.tolist(), flagged)) != before:
            return True
    return False


def _needs_both(answer: Callable) -> bool:
    """Whether it finds an overflow only where NaN and infinities lie in one picture."""
    both = torch.tensor([math.nan, math.inf, -math.inf]).reshape(1, 3, 1, 1)
    alone = [_asked(answer, *case) for case in _CASES]
    return "overflow" not in alone and _asked(answer, both, [False]) == "overflow"


def _without_brackets(answer: Callable) -> bool:
    """Whether it takes the method .all or .any for an answer, in place of calling it."""
    taken = ("TO_BOOL", "UNARY_NOT", "POP_JUMP", "JUMP_IF", "COPY", "STORE")
    pairs = itertools.pairwise(_instructions(answer))
    named = [after for one, after in pairs if one.opname == "LOAD_ATTR" and one.argval in ("all", "any")]
    return any(after.opname.startswith(taken) for after in named)


_OF = _pictures()

_INSIDE = "In Python a list with something in it counts as true, even [False]. Look inside it: any(flagged)."

_NO_CHECKER = "Where there is no checker, flagged is None, and None cannot be looked into. Ask for that first."

_NAN_EQUALS = "NaN equals nothing, not even itself, and is neither larger nor smaller than any number: ==, < and > never find it. Use isfinite."

_ONLY_INFINITY = "This finds an infinity, but no NaN: isinf is made so, and ==, < and > never find NaN, because it equals nothing and is neither larger nor smaller than any number. Use isfinite."

_NO_OVERFLOW = 'No picture gets the answer "overflow". Ask isfinite().all(): ==, < and > never find NaN, and no tensor equals a text.'

_CHANGES = "why_black changes the picture (or flagged) that it is given: look, but do not write into it."

_BOTH = "One of the two is enough, NaN or an infinity: or, not and."

_BRACKETS = ".all without brackets is the method itself, and counts as true: write .all(), and likewise .any()."

_EVERYWHERE = "One number that is not finite spoils the picture, wherever it stands: isfinite().all() looks at each."

_NO_THIRD = "The third answer is missing: a picture can be black because black was painted."

_ONE_ANSWER = "isfinite and isnan answer for each number, and an if needs one answer: add .all() or .any()."

_CHECKER = "checker"

_NOT = 'isfinite is true of a good picture: a "not" is missing in front.'

_LIST_EQUALS = 'No picture gets the answer "checker". Ask flagged before you answer "painted", and look inside it, any(flagged): a list such as [True] equals neither True nor a text.'

_PAINTED_FIRST = (
    'A finite picture is not yet a painted one: the checker may have objected. Ask flagged before you answer "painted".'
)

_IS_FALSE = (
    "isfinite().all() gives a tensor, and a tensor never *is* Python's False. Write: if not picture.isfinite().all()."
)

_CAPITALS = 'Capital letters count in a text: "overflow", "checker" and "painted" have none.'

_QUOTES = "The answer is a text: put quotes around it."

_METHOD = "isfinite belongs to the tensor or to torch: write picture.isfinite() or torch.isfinite(picture)."

_ONE_NUMBER = "The functions of math take one number, and a picture has many: use picture.isfinite().all()."

_FIRST = 'If both are true, the answer is "overflow": ask the numbers first.'

_TEXT_IN = "A tensor holds numbers, not texts: torch.isfinite(picture)."

_NEVER = "The picture is never looked at, and flagged alone can't tell: ask first whether all its numbers are finite."

_MINUS = "An infinity can be negative, too. isfinite finds both, and NaN."

_CASES = _Fresh(
    (_OF["black"], [True]),
    (_OF["black"], [False]),
    (_OF["black"], None),
    (_OF["all NaN"], [False]),
    (_OF["all NaN"], None),
    (_OF["one NaN"], None),
    (_OF["one infinity"], [False]),
    (_OF["minus infinity"], None),
    (_OF["all NaN"], [True]),
)

check_why_black = FunctionCheck(
    "why_black",
    _why_black,
    _CASES,
    [
        Mistake(_QUOTES, _stopping(NameError("name 'overflow' is not defined")), stops="name '(overflow|checker|painted)'"),
        Mistake(_METHOD, _stopping(NameError("name 'isfinite' is not defined")), stops="name 'is(finite|nan|inf)'"),
        Mistake(_ONE_NUMBER, lambda picture, flagged: math.isnan(picture), stops="only one element|name 'math'|must be real number"),
        Mistake(_NAN_EQUALS, lambda picture, flagged: "overflow" if picture == math.nan else "painted", when=_equals_nan),
        Mistake(_IS_FALSE, lambda picture, flagged: "overflow" if picture.isfinite().all() is False else "painted", when=_is_false),
        Mistake(_CAPITALS, lambda picture, flagged: _why_black(picture, flagged).capitalize(), when=_only_capitals),
        Mistake(_BRACKETS, lambda picture, flagged: "overflow" if picture.isnan().any else "painted", when=_without_brackets),
        Mistake(_CHANGES, lambda picture, flagged: _CHECKER if flagged[0] else _why_black(picture.nan_to_num_(0), flagged), when=_writes),
        Mistake(_BOTH, lambda picture, flagged: "overflow" if picture.isnan().any() and picture.isinf().any() else _CHECKER if flagged else "painted", when=_needs_both),
        Mistake(_ONE_ANSWER, lambda picture, flagged: "overflow" if not picture.isfinite() else "painted", stops="Boolean value of Tensor"),
        Mistake("That all is black says nothing here: all the pictures are. Ask whether the picture is finite, and ask flagged.", lambda picture, flagged: _CHECKER),
        Mistake(_INSIDE, lambda picture, flagged: _CHECKER if flagged else _why_black(picture, flagged)),
        Mistake(_INSIDE, lambda picture, flagged: "overflow" if not picture.isfinite().all() else _CHECKER if flagged else "painted"),
        Mistake(_NO_CHECKER, lambda picture, flagged: _CHECKER if any(flagged) else _why_black(picture, flagged), stops="NoneType.*(iterable|subscriptable|len)"),
        Mistake(_TEXT_IN, _stopping(RuntimeError("Tensor.__contains__ only supports Tensor or scalar")), stops="__contains__"),
        Mistake(_NEVER, lambda picture, flagged: _CHECKER if flagged and any(flagged) else "overflow", when=_never_looks),
        Mistake(_FIRST, lambda picture, flagged: _CHECKER if flagged and any(flagged) else _why_black(picture, flagged)),
        Mistake(_NOT, lambda picture, flagged: "overflow" if picture.isfinite().all() else _CHECKER if flagged and any(flagged) else "painted"),
        Mistake(_NOT, lambda picture, flagged: _CHECKER if flagged and any(flagged) else "overflow" if picture.isfinite().all() else "painted"),
        Mistake(_PAINTED_FIRST, lambda picture, flagged: "painted" if picture.isfinite().all() else _CHECKER if flagged and any(flagged) else "overflow"),
        Mistake(_LIST_EQUALS, lambda picture, flagged: "painted" if picture.isfinite().all() else "overflow"),
        Mistake(_MINUS, lambda picture, flagged: "overflow" if picture.isnan().any() or (picture == math.inf).any() else _why_black(picture.nan_to_num(), flagged)),
        Mistake(_NO_OVERFLOW, lambda picture, flagged: "overflow" if picture.min() > picture.max() else _CHECKER if flagged and any(flagged) else "painted"),
        Mistake(_ONLY_INFINITY, lambda picture, flagged: "overflow" if picture.max() > 65504 else _why_black(picture.nan_to_num(), flagged)),
        Mistake(_ONLY_INFINITY, lambda picture, flagged: "overflow" if picture.isinf().any() else _why_black(picture.nan_to_num(), flagged)),
        Mistake("An infinity is an overflow, too: isfinite finds both.", lambda picture, flagged: "overflow" if picture.isnan().any() else _why_black(picture.nan_to_num(), flagged)),
        Mistake(_EVERYWHERE, lambda picture, flagged: "overflow" if picture.isnan().all() else _why_black(picture.nan_to_num(), flagged)),
        Mistake("The two are mixed up: numbers that are not finite are the overflow, and a True in flagged is the checker.", lambda picture, flagged: {"overflow": _CHECKER, _CHECKER: "overflow"}.get(_why_black(picture, flagged), "painted")),
        Mistake(_NO_THIRD, lambda picture, flagged: "overflow" if _why_black(picture, flagged) == "overflow" else _CHECKER),
        Mistake(_NO_THIRD, lambda picture, flagged: _CHECKER if _why_black(picture, flagged) == _CHECKER else "overflow"),
    ],
)  # fmt: skip
