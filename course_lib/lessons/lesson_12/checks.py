"""Lesson 12, what a sampler is: the check of its exercise on the one move."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.samplers.mathematics import move


def _cases() -> list[tuple]:
    """x, target, sigma, sigma_to, sigma_next, noise: steps down past the next level, and one without fresh noise."""
    generator = torch.Generator().manual_seed(12)
    draw = [torch.randn(4, 2, generator=generator, dtype=torch.float64) for _ in range(9)]
    levels = [(2.0, 0.5, 1.0), (1.6, 0.3, 0.9), (0.8, 0.6, 0.6)]
    return [
        (x, target, *level, noise)
        for x, target, noise, level in zip(draw[:3], draw[3:6], draw[6:], levels, strict=True)
    ]


def _step(x: Tensor, target: Tensor, sigma: float, sigma_to: float, sigma_next: float, noise: Tensor) -> Tensor:
    return move(x, target, sigma, sigma_to) + math.sqrt(sigma_next**2 - sigma_to**2) * noise


def _with(up: Callable[[float, float, float], float], keep=lambda sigma, sigma_to, sigma_next: sigma_to / sigma):
    """A wrong step: another strength of noise, or another share of the distance that is kept."""

    def wrong(x, target, sigma, sigma_to, sigma_next, noise):
        kept = target + keep(sigma, sigma_to, sigma_next) * (x - target)
        return kept + up(sigma, sigma_to, sigma_next) * noise

    return wrong


def _right_up(sigma: float, sigma_to: float, sigma_next: float) -> float:
    return math.sqrt(sigma_next**2 - sigma_to**2)


def _away(x, target, sigma, sigma_to, sigma_next, noise):
    return x + sigma_to / sigma * (target - x) + _right_up(sigma, sigma_to, sigma_next) * noise


_OWN = torch.Generator().manual_seed(1201)  # for the wrong answer that draws its own noise


def _leaves_noise_out(answer: Callable) -> bool:
    """Whether noise a million times as strong leaves the result small."""
    *others, noise = _cases()[0]
    try:
        return bool(answer(*others, 1e6 * noise).abs().max() < 1e3)
    except Exception:  # an answer that is nothing of the kind
        return False


def _own_noise(answer: Callable) -> bool:
    """Whether it leaves out the noise that comes in, and gives another result each time."""
    return _leaves_noise_out(answer) and not torch.equal(*(answer(*_cases()[0]) for _ in range(2)))


check_step = FunctionCheck(
    "noisy_step",
    _step,
    _cases(),
    [
        Mistake(
            "The strength of the noise is sigma_next - sigma_to in yours. Strengths don't subtract; variances, the squares, do.",
            _with(lambda sigma, to, after: after - to),
        ),
        Mistake(
            "sigma_next**2 - sigma_to**2 is a variance. Noise is multiplied by its square root.",
            _with(lambda sigma, to, after: after**2 - to**2),
        ),
        Mistake(
            "You added the whole of sigma_next as noise. The part sigma_to is still in x_to: it must count, too.",
            _with(lambda sigma, to, after: after),
        ),
        Mistake(
            "Your noise fills up from sigma_next to sigma. It must fill up from sigma_to to sigma_next.",
            _with(lambda sigma, to, after: math.sqrt(sigma**2 - after**2)),
        ),
        Mistake(
            "sqrt(a**2 + b**2) is the level that two noises reach together. Here the sum is known, sigma_next: subtract.",
            _with(lambda sigma, to, after: math.hypot(after, to)),
        ),
        Mistake(
            "The move goes down to sigma_next in yours. Go down to sigma_to, further; the noise leads back up.",
            _with(_right_up, lambda sigma, to, after: after / sigma),
        ),
        Mistake(
            "The share that stays is sigma_to / sigma: the step begins at sigma. Yours is sigma_to / sigma_next.",
            _with(_right_up, lambda sigma, to, after: to / after),
        ),
        Mistake(
            "The slope is right, but the move goes from sigma down to sigma_to: multiply it by sigma_to - sigma.",
            _with(_right_up, lambda sigma, to, after: 1 + (after - to) / sigma),
        ),
        Mistake(
            "You take `target` for the slope. It is the place to aim at: the slope is (x - target) / sigma.",
            lambda x, target, sigma, to, after, noise: x + (to - sigma) * target + _right_up(sigma, to, after) * noise,
        ),
        Mistake(
            "Yours computes a sigma_to of its own, sigma_next**2 / sigma. The one that is given may differ: use it.",
            _with(
                lambda sigma, to, after: after * math.sqrt(1 - (after / sigma) ** 2),
                lambda sigma, to, after: (after / sigma) ** 2,
            ),
        ),
        Mistake(
            "The share of the distance that stays is sigma_to / sigma, below 1. Yours is the other way round.",
            _with(_right_up, lambda sigma, to, after: sigma / to),
        ),
        Mistake(
            "You go the share sigma_to / sigma towards the target. That share of the distance must *stay*: start from the target.",
            _away,
        ),
        Mistake(
            "Brackets: `**` comes before `-`, so only sigma_to**2 went under the root. Write (sigma_next**2 - sigma_to**2) ** 0.5.",
            _with(lambda sigma, to, after: after**2 - to),
        ),
        Mistake(
            "You took the root of a difference of strengths. Square first, then subtract, then take the root.",
            _with(lambda sigma, to, after: math.sqrt(after - to)),
        ),
        Mistake(
            "A sign: yours leads away from the target. The change of the level is sigma_to - sigma, and the slope is (x - target) / sigma.",
            _with(_right_up, lambda sigma, to, after: 1 + (sigma - to) / sigma),
        ),
        Mistake(
            "Your noise fills up from sigma_to to sigma, and by strengths. Fill up to sigma_next, and subtract the squares.",
            _with(lambda sigma, to, after: sigma - to),
        ),
        Mistake(
            "That is LCM's step, which goes down to level 0. Here sigma_to is given: a part of the distance stays.",
            _with(lambda sigma, to, after: after, lambda sigma, to, after: 0.0),
        ),
        Mistake(
            "You go down to sigma_next, and add noise of strength sigma_next. Go down to sigma_to, and add only what is missing up to sigma_next.",
            _with(lambda sigma, to, after: after, lambda sigma, to, after: after / sigma),
        ),
        Mistake(
            "Your noise leads back up to sigma, where the step began. It must lead up to sigma_next.",
            _with(lambda sigma, to, after: math.sqrt(sigma**2 - to**2)),
        ),
        Mistake(
            "That strength belongs to one sigma_to only, sigma_next**2 / sigma. Here sigma_to is given: use it.",
            _with(lambda sigma, to, after: after * math.sqrt(1 - (after / sigma) ** 2)),
        ),
        Mistake(
            "The noise is added before the move, so the move shrinks it. Move first, then add the noise.",
            lambda x, target, sigma, to, after, noise: move(x + _right_up(sigma, to, after) * noise, target, sigma, to),
        ),
        Mistake(
            "The distance that stays must be measured from the target: add it to `target`.",
            lambda x, target, sigma, to, after, noise: to / sigma * (x - target) + _right_up(sigma, to, after) * noise,
        ),
        Mistake(
            "Brackets: sigma_to / sigma * x - target multiplies x alone. Write sigma_to / sigma * (x - target).",
            lambda x, target, sigma, to, after, noise: to / sigma * x + _right_up(sigma, to, after) * noise,
        ),
        Mistake(
            "The sign: what stays of the distance is x - target. Yours lands on the target's other side.",
            _with(_right_up, lambda sigma, to, after: -to / sigma),
        ),
        Mistake(
            "Yours starts from x and leads away from the target. Start from the target.",
            lambda x, target, sigma, to, after, noise: (
                x + to / sigma * (x - target) + _right_up(sigma, to, after) * noise
            ),
        ),
        Mistake(
            "The slope is (x - target) / sigma: the division by sigma is missing.",
            _with(_right_up, lambda sigma, to, after: 1 + to - sigma),
        ),
        Mistake(
            "Python reads **1/2 as (**1) / 2, which halves. Write ** 0.5, or ** (1 / 2).",
            _with(lambda sigma, to, after: (after**2 - to**2) / 2),
        ),
        Mistake(
            "`noise` is added as it came. Multiply it by its strength, the root of sigma_next**2 - sigma_to**2.",
            _with(lambda sigma, to, after: 1.0),
        ),
        Mistake(
            "Your fresh noise has the strength sigma_to. Noise of that level is left already; add what is missing up to sigma_next.",
            _with(lambda sigma, to, after: to),
        ),
        Mistake(
            "You subtract the noise. Its distribution would be the same, but this check wants it added.",
            _with(lambda *levels: -_right_up(*levels)),
        ),
        Mistake(
            "The strength is added to x, but it doesn't multiply `noise`.",
            lambda x, target, sigma, to, after, noise: move(x, target, sigma, to) + _right_up(sigma, to, after),
        ),
        Mistake(
            "`sqrt` alone is no name that Python knows. Write math.sqrt, or ** 0.5.",
            lambda x, target, sigma, to, after, noise: sqrt(after**2 - to**2) * noise,  # noqa: F821
            stops="name 'sqrt' is not defined",
        ),
        Mistake(
            "The levels are plain numbers, and torch.sqrt takes tensors only. Use math.sqrt, or ** 0.5.",
            lambda x, target, sigma, to, after, noise: x + torch.sqrt(after**2 - to**2),
            stops="must be Tensor, not float",
        ),
        Mistake(
            "The move is right, but no fresh noise is added.",
            _with(lambda sigma, to, after: 0.0),
        ),
        Mistake(
            "A root of a negative number: take the larger square first, sigma_next**2 - sigma_to**2.",
            _with(lambda sigma, to, after: math.sqrt(to**2 - after**2)),
            stops="math domain error|expected a nonnegative input",
        ),
        Mistake(
            "The noise that comes in is not used: take `noise`, and draw none of your own.",
            lambda x, *others: x + torch.randn(x.shape, generator=_OWN, dtype=x.dtype),
            when=_own_noise,
        ),
        Mistake(
            "That is Euler's step to sigma_next, without noise. Go down to sigma_to, and add `noise` times its strength.",
            _with(lambda sigma, to, after: 0.0, lambda sigma, to, after: after / sigma),
        ),
        Mistake(
            "`noise` isn't used in yours: multiply it by its strength, and add it.",
            lambda x, target, *others: target,
            when=_leaves_noise_out,
        ),
    ],
)
