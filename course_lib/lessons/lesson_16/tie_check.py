"""Lesson 16, which sampler for which task: the check of its first exercise, whether two cells are a tie."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake


def _is_tie(
    first: Tensor,
    second: Tensor,
    middle=lambda difference: abs(difference.mean()),
    error=lambda difference: difference.std() / len(difference) ** 0.5,
    errors: float = 2.0,
) -> bool:
    """Whether two cells are a tie, from the errors of the same pictures (N,)."""
    difference = first - second
    return bool(middle(difference) < errors * error(difference))


def _ratio(difference: Tensor) -> float:
    """How many standard errors the mean is from 0, with its sign."""
    return (difference.mean() / (difference.std() / len(difference) ** 0.5)).item()


def _halves_disagree(first: Tensor, second: Tensor) -> bool:
    return len({bool(first[half::2].mean() < second[half::2].mean()) for half in (0, 1)}) == 2


#: Means of differences, far from the round numbers that somebody may compare with.
MEANS = (0.0007, 0.007, 0.07, 0.7, 7, 70)


def _given(answer: Callable, pairs: list[tuple[Tensor, Tensor]]) -> list[Tensor]:
    """What it returns for pairs of errors, as tensors; nothing where it stops or returns something else."""
    with contextlib.redirect_stdout(io.StringIO()):  # what it prints has been shown already
        try:
            return [torch.as_tensor(answer(first.clone(), second.clone())) for first, second in pairs]
        except Exception:
            return []


def _compares_with_a_number(answer: Callable) -> bool:
    """Whether small means are ties and large ones are not, however much the differences vary."""
    base = 2 + torch.rand(32, generator=torch.Generator().manual_seed(16))
    waves = torch.tensor([1.0, -1]).repeat(16)
    calm, wild = ([(mean * (base + 1 + spread * waves), mean * base) for mean in MEANS] for spread in (0.01, 100))
    said = [value.tolist() for value in _given(answer, calm)]
    same = said == [value.tolist() for value in _given(answer, wild)]
    return bool(said) and same and said[0] is True and said[-1] is False


def _gives_a_number(answer: Callable) -> bool:
    """Whether it returns a number, or one for each picture, where True or False is asked for."""
    return any(value.numel() != 1 or value.item() not in (0, 1) for value in _given(answer, _cases()[:1]))


def _cases() -> list[tuple[Tensor, Tensor]]:
    """Pairs of 4, 8 or 32 errors whose differences have a known size, and a known mean in standard errors."""
    base = 2 + torch.rand(32, generator=torch.Generator().manual_seed(16))
    waves = torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1])
    slow = torch.tensor([1.0, 1, -1, -1, 1, 1, -1, -1])
    outlier = torch.tensor([7.0, -1, -1, -1, -1, -1, -1, -1])
    wanted = [
        *((waves, 0.2, errors) for errors in (40, 6, 5, 3.5, -3.5, 1.5, -1.5, 1.2, 0.85, 0.6, 0.45, 0.3, 0.2)),
        (waves, 4.0, 3.5), (waves, 4.0, 1.5), (waves, 0.02, -1.5), (outlier, 0.2, 0), (outlier, 0.02, -6),
        (slow, 0.2, 1.5), (waves, 0.2, 2.5), (waves[:4], 0.2, -3.5), (waves[:4], 0.2, 2.5), (waves[:4], 0.2, 1.5),
        (waves.repeat(4), 0.2, 2.5), (waves.repeat(4), 0.2, -1.5), (waves.repeat(4), 0.2, 0.3), (waves.repeat(4), 0.2, 0.1),
        (waves.repeat(4), 0.2, 0.04), (waves[:4], 0.2, 0.2),
    ]  # fmt: skip
    pairs = [
        (base[: len(p)] + size * (p / p.std() + errors / len(p) ** 0.5), base[: len(p)]) for p, size, errors in wanted
    ]
    hard = 1 + torch.eye(8)[0] * 20  # one picture is much harder than the others, for both cells
    equal = (1 + waves / 4, torch.ones(8))  # both means are exactly equal
    easy = 5.5 - 4.5 * waves.repeat(4)  # half of the pictures are easy, and only on those the first cell is far behind
    quotients = (easy + waves.repeat(4) + slow.repeat(4) / 16, easy)
    return [*pairs, (hard + 0.25 + waves / 16, hard), equal, quotients]


#: Said to more than one wrong answer.
ONE_SIGN = "In yours, every mean of one sign is a tie. The sign only says who is better: take abs(...) of the mean."
RATIO = (
    "You return how many standard errors the mean is from 0. The question is whether they are fewer than two: return "
    "True or False."
)
EACH_CELL = (
    "You used how much each cell varies from picture to picture. That cancels, because both painted the same "
    "pictures: subtract first, and take the standard deviation of the differences."
)

check_is_tie = FunctionCheck(
    "is_tie",
    _is_tie,
    _cases(),
    [
        Mistake(
            "You compare the mean with the standard deviation of single pictures. A mean of many is surer: divide the "
            "standard deviation by the square root of their number.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std()),
        ),
        Mistake(
            "You divide by the number of pictures. The standard error divides by its square root: len(...) ** 0.5.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() / len(d)),
        ),
        Mistake(
            "Your limit is the standard deviation divided by the number of pictures. If you wrote ** 1/2: the power comes "
            "first, then the 2 divides once more. Write ** 0.5.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() / len(d), errors=1),
        ),
        Mistake(
            "You divide by the square of the number of pictures. The standard error divides by its square root: ** 0.5.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() / len(d) ** 2),
        ),
        Mistake(
            "You allow half a standard error. Is the 2 on the wrong side? A tie is all that is below two of them.",
            lambda a, b: _is_tie(a, b, errors=0.5),
        ),
        *(
            Mistake("You divide the two errors of each picture. Subtract them: first - second.", quotient)
            for quotient in (
                lambda a, b: _is_tie(a / b, torch.ones_like(b)),
                lambda a, b: _is_tie(b / a, torch.ones_like(a)),
            )
        ),
        Mistake(
            "You took the variance. The standard error is made of its root, the standard deviation: .std().",
            lambda a, b: _is_tie(a, b, error=lambda d: d.var() / len(d) ** 0.5),
        ),
        Mistake(
            "You multiply by the root of the number. A mean of many is surer: divide by it.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() * len(d) ** 0.5),
        ),
        Mistake(
            "You ask for one standard error. A tie is all that is below two of them.",
            lambda a, b: _is_tie(a, b, errors=1),
        ),
        Mistake(
            "You allow about three standard errors. A tie is all that is below two of them.",
            lambda a, b: _is_tie(a, b, errors=3),
        ),
        Mistake(
            "You allow about 1.4 standard errors, and the rule two. Does your 2 stand under the root, too?",
            lambda a, b: _is_tie(a, b, errors=2**0.5),
        ),
        *(Mistake(ONE_SIGN, lambda a, b, turn=turn: _is_tie(a, b, lambda d: turn * d.mean())) for turn in (1, -1)),
        Mistake(
            "You add the two errors of each picture. Subtract them: what makes a picture hard for both then cancels.",
            lambda a, b: _is_tie(a, -b),
        ),
        Mistake(
            "You took the median of the differences. The rule takes their mean: .mean().",
            lambda a, b: _is_tie(a, b, middle=lambda d: abs(d.median())),
        ),
        Mistake(
            "You compare with a fixed number. Two standard errors depend on the differences.",
            lambda a, b: bool(abs((a - b).mean()) < 0.1),
            when=_compares_with_a_number,
        ),
        Mistake(
            "You took the sum of the differences. The rule takes their mean: .mean().",
            lambda a, b: _is_tie(a, b, middle=lambda d: abs(d.sum())),
        ),
        *(Mistake(RATIO, lambda a, b, size=size: size(_ratio(a - b))) for size in (abs, float)),
        Mistake(
            "Take abs of the mean, not of each difference: differences of both signs must cancel.",
            lambda a, b: _is_tie(a, b, middle=lambda d: abs(d).mean()),
        ),
        Mistake(
            "Your differences have lost their signs: take abs of the mean, not of each difference.",
            lambda a, b: _is_tie(abs(a - b), 0 * a),
        ),
        Mistake(
            "You divide by the root of 32, whatever comes in. Take the number of differences, len(...).",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() / 32**0.5),
        ),
        Mistake(
            "In yours the number of pictures plays no part: divide by the root of len(...). If you have a 4 there, it "
            "belongs to the example.",
            lambda a, b: _is_tie(a, b, error=lambda d: d.std() / 4**0.5),
        ),
        Mistake(
            "Your root covers the standard deviation, too. Only the number of differences belongs under it.",
            lambda a, b: _is_tie(a, b, error=lambda d: (d.std() / len(d)) ** 0.5),
        ),
        Mistake(
            "You call every pair a tie, whatever comes in. Compare the mean with two standard errors, and return what "
            "comes out.",
            lambda a, b: True,
        ),
        Mistake(
            "You call no pair a tie, whatever comes in. Compare the mean with two standard errors, and return what comes "
            "out.",
            lambda a, b: False,
        ),
        Mistake(
            "Turned round: it is a tie where the mean is smaller than two standard errors.",
            lambda a, b: not _is_tie(a, b),
        ),
        Mistake(EACH_CELL, lambda a, b: _is_tie(a, b, error=lambda d: ((a.var() + b.var()) / len(d)) ** 0.5)),
        Mistake(EACH_CELL, lambda a, b: _is_tie(a, b, error=lambda d: (a.std() + b.std()) / len(d) ** 0.5)),
        *(
            Mistake(EACH_CELL, lambda a, b, one=one: _is_tie(a, b, error=lambda d: (a, b)[one].std() / len(d) ** 0.5))
            for one in (0, 1)
        ),
        Mistake(
            "You ask two halves of the pictures. Here all differences answer together: their mean, and its standard error.",
            _halves_disagree,
        ),
        Mistake(
            "You call it a tie only where both means are equal. Chance always moves them a little: allow two standard "
            "errors.",
            lambda a, b: bool(a.mean() == b.mean()),
        ),
        Mistake(
            "Return True or False: compare the mean with two standard errors.",
            lambda a, b: a - b,
            when=_gives_a_number,
        ),
    ],
)
