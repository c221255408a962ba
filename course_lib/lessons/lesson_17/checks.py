"""Lesson 17, the real model: the checks of its exercises."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake


def _why_black(picture: torch.Tensor, flagged: list[bool] | None) -> str:
    if not picture.isfinite().all():
        return "overflow"
    return "checker" if flagged and any(flagged) else "painted"


def _pictures() -> dict[str, torch.Tensor]:
    """Pictures (1, 3, 1, 1): a black one, one that is all NaN, and ones with a single number that is none."""
    black = torch.tensor([-1, -0.995, -0.99]).reshape(1, 3, 1, 1)
    spoiled = {"one NaN": math.nan, "one infinity": math.inf}
    singles = {name: black.where(black > -1, torch.tensor(value)) for name, value in spoiled.items()}
    return {"black": black, "all NaN": torch.full_like(black, math.nan), **singles}


_OF = _pictures()

_INSIDE = "In Python a list with something in it counts as true, even [False]. Look inside it: any(flagged)."

_NO_CHECKER = "Where there is no checker, flagged is None, and None cannot be looked into. Ask for that first."

_NAN_EQUALS = "NaN equals nothing, not even itself, and is neither larger nor smaller than any number: ==, < and > never find it. Use isfinite."

_ONLY_INFINITY = "This finds an infinity, but no NaN: isinf is made so, and ==, < and > never find NaN, because it equals nothing and is neither larger nor smaller than any number. Use isfinite."

_EVERYWHERE = "One number that is none spoils the picture: the picture must be finite everywhere."

_NO_THIRD = "The third answer is missing: a picture can be black because black was painted."

_ONE_ANSWER = "isfinite and isnan answer for each number, and an if needs one answer: add .all() or .any()."

_CHECKER = "checker"

check_why_black = FunctionCheck(
    "why_black",
    _why_black,
    [
        (_OF["black"], [True]),
        (_OF["black"], [False]),
        (_OF["black"], None),
        (_OF["all NaN"], [False]),
        (_OF["all NaN"], None),
        (_OF["one NaN"], None),
        (_OF["one infinity"], [False]),
    ],
    [
        Mistake(_ONE_ANSWER, lambda picture, flagged: "overflow" if not picture.isfinite() else "painted", stops="Boolean value of Tensor"),
        Mistake("That all is black says nothing here: all the pictures are. Ask whether the picture is finite, and ask flagged.", lambda picture, flagged: _CHECKER),
        Mistake(_INSIDE, lambda picture, flagged: _CHECKER if flagged else _why_black(picture, flagged)),
        Mistake(_INSIDE, lambda picture, flagged: "overflow" if not picture.isfinite().all() else _CHECKER if flagged else "painted"),
        Mistake(_NO_CHECKER, lambda picture, flagged: _CHECKER if any(flagged) else _why_black(picture, flagged), stops="NoneType.*(iterable|subscriptable|len)"),
        Mistake(_NAN_EQUALS, lambda picture, flagged: _CHECKER if flagged and any(flagged) else "painted"),
        Mistake(_ONLY_INFINITY, lambda picture, flagged: "overflow" if picture.max() > 65504 else _why_black(picture.nan_to_num(), flagged)),
        Mistake("An infinity is an overflow, too: isfinite finds both.", lambda picture, flagged: "overflow" if picture.isnan().any() else _why_black(picture.nan_to_num(), flagged)),
        Mistake(_EVERYWHERE, lambda picture, flagged: "overflow" if picture.isnan().all() else _why_black(picture.nan_to_num(), flagged)),
        Mistake("The two are mixed up: numbers that are not finite are the overflow, and a True in flagged is the checker.", lambda picture, flagged: {"overflow": _CHECKER, _CHECKER: "overflow"}.get(_why_black(picture, flagged), "painted")),
        Mistake(_NO_THIRD, lambda picture, flagged: "overflow" if _why_black(picture, flagged) == "overflow" else _CHECKER),
        Mistake(_NO_THIRD, lambda picture, flagged: _CHECKER if _why_black(picture, flagged) == _CHECKER else "overflow"),
    ],
)  # fmt: skip
