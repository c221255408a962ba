"""Lesson 13, samplers without fresh noise: the checks of its exercises."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck, right
from course_lib.texts import tr


def two_points(x: Tensor, sigma: float) -> Tensor:
    """The exact guess for data at -1 and 1, tanh(x / sigma**2); at level 0 the sign of x. x : (...).

    Example:

    >>> two_points(torch.tensor([0.5]), 0.0)
    tensor([1.])
    """
    return torch.tanh(x / sigma**2) if sigma > 0 else torch.sign(x)


def _heun_cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(13)
    draw = [torch.randn(5, generator=generator, dtype=torch.float64) for _ in range(3)]
    return [(two_points, 2 * draw[0], 2.0, 1.2), (two_points, draw[1], 0.9, 0.5), (two_points, draw[2], 0.4, 0.0)]


def _heun(
    denoise,
    x,
    sigma,
    sigma_next,
    mix: Callable = lambda first, second: (first + second) / 2,
    look: Callable = lambda denoise, x, tried, sigma, after: (tried - denoise(tried, after)) / after,
    last: bool = True,
    sign: int = 1,
    first_try: Callable = lambda x, sigma, after, slope: x + (after - sigma) * slope,
):
    first = (x - denoise(x, sigma)) / sigma
    tried = first_try(x, sigma, sigma_next, first)
    if sigma_next == 0 and last:
        return x + (sigma_next - sigma) * first
    return x + sign * (sigma_next - sigma) * mix(first, look(denoise, x, tried, sigma, sigma_next))


def _heun_with(**changed) -> Callable:
    return lambda *given: _heun(*given, **changed)


def _mean_of_guesses(denoise, x, sigma, sigma_next):
    guess = denoise(x, sigma)
    tried = guess + sigma_next / sigma * (x - guess)
    if sigma_next == 0:
        return tried
    target = (guess + denoise(tried, sigma_next)) / 2
    return target + sigma_next / sigma * (x - target)


def _twice(denoise, x, sigma, sigma_next):
    tried = x + (sigma_next - sigma) * (x - denoise(x, sigma)) / sigma
    return tried if sigma_next == 0 else _heun(denoise, x, sigma, sigma_next) + tried - x


def _halfway(denoise, x, sigma, sigma_next):
    slope = (x - denoise(x, sigma)) / sigma
    if sigma_next > 0:
        middle = math.sqrt(sigma * sigma_next)
        slope = (x + (middle - sigma) * slope - denoise(x + (middle - sigma) * slope, middle)) / middle
    return x + (sigma_next - sigma) * slope


def _away(denoise, x, sigma, sigma_next):
    """The step is sigma - sigma_next in both lines, or both slopes are (D - x) / sigma."""
    slope = (denoise(x, sigma) - x) / sigma
    tried = x + (sigma_next - sigma) * slope
    if sigma_next == 0:
        return tried
    slope_there = (denoise(tried, sigma_next) - tried) / sigma_next
    return x + (sigma_next - sigma) * (slope + slope_there) / 2


def _first_away(denoise, x, sigma, sigma_next):
    slope = (denoise(x, sigma) - x) / sigma
    tried = x + (sigma_next - sigma) * slope
    if sigma_next == 0:
        return tried
    return x + (sigma_next - sigma) * (slope + (tried - denoise(tried, sigma_next)) / sigma_next) / 2


class HeunCheck(FunctionCheck):
    """Checks one step of Heun; a right answer that makes more than two calls is told so.

    Example:

    >>> check_heun(_heun)
    [OK] heun_step is right.
    >>> check_heun(lambda denoise, *given: [denoise(*given[:2]), _heun(denoise, *given)][1])
    [OK] heun_step is right. But you called the denoiser 3 times. Heun needs two calls: keep the first slope.
    """

    def verdict(self, answer: Callable) -> str:
        """The verdict as one sentence, or two."""
        said = super().verdict(answer)
        if not said.startswith(right(self.name)):
            return said
        calls = 0

        def counting(*given, **named) -> Tensor:
            nonlocal calls
            calls += 1
            return two_points(*given, **named)

        with contextlib.redirect_stdout(io.StringIO()):
            answer(counting, *_heun_cases()[0][1:])
        if calls <= 2:
            return said
        says = tr("But you called the denoiser {calls} times. Heun needs two calls: keep the first slope.")
        return f"{said} {says.format(calls=calls)}"


check_heun = HeunCheck(
    "heun_step",
    _heun,
    _heun_cases(),
    [
        Mistake(
            "The last step, to level 0, is not a number in yours: at 0 there is no slope. Return the Euler step there.",
            _heun_with(last=False),
        ),
        Mistake(
            "You added the two slopes, or walked on from where Euler's step ends. Begin at x, and take the mean: half of the "
            "sum.",
            _heun_with(mix=lambda a, b: a + b),
        ),
        Mistake(
            "Brackets: only the second slope was halved. Write (slope + slope_there) / 2.",
            _heun_with(mix=lambda a, b: a + b / 2),
        ),
        Mistake("You walk along the second slope alone. Take the mean of both.", _heun_with(mix=lambda a, b: b)),
        Mistake("That is Euler's step: the second slope doesn't reach the result.", _heun_with(mix=lambda a, b: a)),
        Mistake(
            "The second slope is divided by sigma. It lies at sigma_next: divide by sigma_next.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (tried - denoise(tried, after)) / sigma),
        ),
        Mistake(
            "The second look tells the denoiser the level sigma. There the level is sigma_next.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (tried - denoise(tried, sigma)) / after),
        ),
        Mistake(
            "The second look takes sigma twice, for the denoiser and below the line. There the level is sigma_next.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (tried - denoise(tried, sigma)) / sigma),
        ),
        Mistake(
            "The second look is made at x. Make it where Euler's step would end.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (x - denoise(x, after)) / after),
        ),
        Mistake(
            "The second slope mixes two points: the guess was made at x. Ask for it where Euler's step would end.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (tried - denoise(x, after)) / after),
        ),
        Mistake(
            "The second slope mixes two points: it begins at x. Subtract the second guess from where Euler's step ends.",
            _heun_with(look=lambda denoise, x, tried, sigma, after: (x - denoise(tried, after)) / after),
        ),
        Mistake(
            "You walk twice: first Euler's step, then from its end the mean slope. Begin the last line at x again.",
            _twice,
        ),
        Mistake(
            "Euler's step changes x by (sigma_next - sigma) * slope. In yours the - sigma is missing.",
            _heun_with(first_try=lambda x, sigma, after, slope: x + after * slope),
        ),
        Mistake(
            "The last step, to level 0, leaves x where it was. Return the end of Euler's step there.",
            lambda denoise, x, sigma, after: x if after == 0 else _heun(denoise, x, sigma, after),
        ),
        Mistake(
            "Your last line walks upwards. The level changes by sigma_next - sigma, which is below 0.",
            _heun_with(sign=-1),
        ),
        Mistake(
            "You walk away from the guess. The slope is (x - D) / sigma, and the level changes by sigma_next - sigma.",
            _away,
        ),
        Mistake("Your first slope has the wrong sign: it is (x - D) / sigma, as at the second look.", _first_away),
        Mistake("That is DPM2, which looks half-way. Heun looks where Euler's step ends.", _halfway),
        Mistake(
            "You took the mean of the two guesses. Heun takes the mean of the two slopes: each guess has its own x and sigma.",
            _mean_of_guesses,
        ),
    ],
)


def _target_cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(14)
    here, before = (torch.randn(4, generator=generator, dtype=torch.float64) for _ in range(2))
    return [
        (here, before, 4.0, 2.0, 1.0),
        (here, before, 4.0, 3.0, 1.0),
        (here, before, 6.0, 1.5, 1.0),
        (here, None, None, 4.0, 3.0),
        (here, before, 1.0, 0.4, 0.0),
    ]


def _lengths(sigma_before: float, sigma: float, sigma_next: float) -> float:
    return math.log(sigma_before / sigma) / math.log(sigma / sigma_next)


def _target(denoised, before, sigma_before, sigma, sigma_next, further: Callable = lambda r: 1 / (2 * r), how=_lengths):
    if before is None or sigma_next == 0:
        return denoised
    more = further(how(sigma_before, sigma, sigma_next))
    return (1 + more) * denoised - more * before


def _target_with(**changed) -> Callable:
    return lambda *given: _target(*given, **changed)


def _swapped(denoised, before, *levels):
    return denoised if before is None or levels[-1] == 0 else _target(before, denoised, *levels)


def _mixed_with(mix: Callable) -> Callable:
    def wrong(denoised, before, *levels):
        return denoised if before is None or levels[-1] == 0 else mix(_lengths(*levels), denoised, before)

    return wrong


def _never_last(denoised, before, sigma_before, sigma, sigma_next):
    if before is None:
        return denoised
    more = 1 / (2 * _lengths(sigma_before, sigma, sigma_next))
    return (1 + more) * denoised - more * before


def _stops_in_the_last_step(answer: Callable) -> bool:
    """Whether it asks for log 0 there, and in no step before."""
    found = []
    for case in (case for case in _target_cases() if case[1] is not None):
        try:
            answer(*case)
        except (ValueError, ZeroDivisionError):
            found.append(case[-1])
        except Exception:
            return False
    return found == [0.0]


def _never_first(denoised, before, sigma_before, sigma, sigma_next):
    if sigma_next == 0:
        return denoised
    more = 1 / (2 * _lengths(sigma_before, sigma, sigma_next))
    return (1 + more) * denoised - more * before


check_target = FunctionCheck(
    "target_2m",
    _target,
    _target_cases(),
    [
        Mistake(
            "The coefficients have changed places: the newest guess gets 1 + 1 / (2r), the one before gets -1 / (2r).",
            _swapped,
        ),
        Mistake(
            "Yours goes r / 2 further. Either r is the other way round (it is the step before, divided by this one), or you "
            "wrote 1 / 2 * r: brackets, 1 / (2 * r).",
            _target_with(how=lambda *levels: 1 / _lengths(*levels)),
        ),
        Mistake(
            "You measure the steps in sigma. Measure them in log sigma: math.log(sigma / sigma_next) is this one's length.",
            _target_with(how=lambda before, sigma, after: (before - sigma) / (sigma - after)),
        ),
        Mistake(
            "You go on for a whole step, 1 / r. The mean of a step lies half a step further: 1 / (2r).",
            _target_with(further=lambda r: 1 / r),
        ),
        Mistake(
            "You add the guess before. Subtract it: we go on, away from it.",
            _mixed_with(lambda r, here, before: (1 + 1 / (2 * r)) * here + 1 / (2 * r) * before),
        ),
        Mistake(
            "The 1 is missing: the newest guess gets 1 + 1 / (2r), so that both coefficients sum to 1.",
            _mixed_with(lambda r, here, before: (here - before) / (2 * r)),
        ),
        Mistake(
            "Brackets: the whole sum 1 + 1 / (2r) multiplies the newest guess.",
            _mixed_with(lambda r, here, before: 1 + 1 / (2 * r) * here - 1 / (2 * r) * before),
        ),
        Mistake(
            "You divide the levels, but the logarithms are missing: r is log(sigma_before / sigma) / log(sigma / sigma_next).",
            _target_with(how=lambda before, sigma, after: (before / sigma) / (sigma / after)),
        ),
        Mistake(
            "You always use r = 1. That is right only where both steps are equally long in log sigma.",
            _target_with(how=lambda *levels: 1.0),
        ),
        Mistake(
            "Either both signs are exchanged (it is 1 + and then -), or your r is below 0. Both lengths must count downwards: "
            "sigma_before / sigma, and sigma / sigma_next.",
            _target_with(how=lambda *levels: -_lengths(*levels)),
        ),
        Mistake(
            "A length in log sigma is the log of a ratio, not of a difference: math.log(sigma / sigma_next).",
            _target_with(how=lambda before, sigma, after: math.log(before - sigma) / math.log(sigma - after)),
        ),
        Mistake("That is Euler: the guess before doesn't reach the result.", lambda denoised, *others: denoised),
        Mistake(
            "The last step has no length in log sigma, because log 0 doesn't exist. Return denoised where sigma_next is 0.",
            _never_last,
            when=_stops_in_the_last_step,
        ),
        Mistake(
            "`before` is a tensor, and Python can't say whether a tensor is true. Ask: before is None.",
            lambda denoised, before, *levels: _target(denoised, before, *levels) if before else denoised,
            stops="Boolean value of Tensor",
        ),
        Mistake(
            "In the first step there is no guess before: return denoised where before is None.",
            _never_first,
            stops="NoneType",
        ),
    ],
)

check_middle = ValueCheck(
    "the middle",
    7 / 24,
    [
        Mistake("That is what a rule of second order needs. Compute what HeunPP2 has.", 0.5),
        Mistake("That is right, but rounded. Hand in the sum itself, as fractions.", 0.29),
        Mistake("That is right, but rounded. Hand in the sum itself, as fractions.", 0.292),
        Mistake("That is right, but rounded. Hand in the sum itself, as fractions.", 0.2917),
        Mistake("That is the plain mean of the positions. Multiply each position by its weight.", 5 / 6),
        Mistake(
            "Either you didn't divide by the first level, 4, or you divided by the sum of two weights. With the look here, "
            "which lies at 0, all weights sum to 1.",
            7 / 6,
        ),
        Mistake("A weight is also divided by the number of looks: 2 / (3 * 4) and 1 / (3 * 4).", 7 / 8),
        Mistake("You left out the third look: it lies at 1.5 and has the weight 1/12.", 1 / 6),
        Mistake("That is the sum of the two weights. Multiply each by its position first.", 1 / 4),
        Mistake(
            "Either the weights are exchanged (the look at level 2 has 2/12), or the third look lies at 2 in yours: it lies at "
            "1.5, as from level 4 to 1 are three, and the step is two long.",
            1 / 3,
        ),
    ],
    hint="It is weight times position, added up over the three looks: give it as a fraction, such as 1 / 3 + 1 / 5.",
)
