"""Lesson 15, schedulers: the checks of exercises 1 and 2, published lists from scratch."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_15.scoring import TABLE
from course_lib.schedulers.timesteps import beta_quantile as quantile


def _line(start: float, end: float, count: int) -> list[float]:
    return torch.linspace(start, end, count, dtype=torch.float64).tolist()


def _karras(steps: int, high: float, low: float, rho: float) -> list[float]:
    return [value**rho for value in _line(high ** (1 / rho), low ** (1 / rho), steps)]


_SPANS = [(4, 16.0, 4.0, 2.0), (3, 14.6146, 0.0292, 7.0), (4, 80.0, 0.002, 3.0)]  # short: a verdict shows all numbers

check_karras = FunctionCheck(
    "karras_levels",
    _karras,
    _SPANS,
    [
        Mistake(
            "Those are even steps between the roots. Raise each of them to the power rho, to come back to levels.",
            lambda n, high, low, rho: _line(high ** (1 / rho), low ** (1 / rho), n),
        ),
        Mistake(
            "Those are even steps in sigma itself. Take the power 1 / rho of both ends first.",
            lambda n, high, low, rho: _line(high, low, n),
        ),
        Mistake(
            "Your levels rise. A schedule falls: begin at high.",
            lambda n, high, low, rho: _karras(n, high, low, rho)[::-1],
        ),
        Mistake(
            "Brackets: high ** 1 / rho is high divided by rho. Write high ** (1 / rho).",
            lambda n, high, low, rho: [value**rho for value in _line(high / rho, low / rho, n)],
        ),
        Mistake(
            "The powers have changed places: 1 / rho comes before the even steps, rho after them.",
            lambda n, high, low, rho: [value ** (1 / rho) for value in _line(high**rho, low**rho, n)],
        ),
        Mistake(
            "That is one level too many: `steps` levels, both ends among them.",
            lambda n, high, low, rho: _karras(n + 1, high, low, rho),
        ),
        Mistake(
            "Your last level stays above low. With `steps` levels there are steps - 1 gaps: divide by steps - 1.",
            lambda n, high, low, rho: _karras(n + 1, high, low, rho)[:-1],
        ),
        Mistake(
            "The levels are right. Leave out the 0 at the end: here it isn't wanted.",
            lambda n, high, low, rho: [*_karras(n, high, low, rho), 0.0],
        ),
        Mistake(
            "Your last level is 0 in place of low. Leave the 0 out, and keep all `steps` levels.",
            lambda n, high, low, rho: [*_karras(n, high, low, rho)[:-1], 0.0],
        ),
        Mistake(
            "You take the power 1 / rho twice. After the even steps comes the power rho: ** rho.",
            lambda n, high, low, rho: [value ** (1 / rho) for value in _line(high ** (1 / rho), low ** (1 / rho), n)],
        ),
        Mistake(
            "You multiply by rho at the end. Raise to the power: ** rho, with two stars.",
            lambda n, high, low, rho: [value * rho for value in _line(high ** (1 / rho), low ** (1 / rho), n)],
        ),
        Mistake(
            "You always take the square root. Take the power 1 / rho, with the rho that comes in.",
            lambda n, high, low, rho: _karras(n, high, low, 2.0),
        ),
        Mistake(
            "You always use 7. Use the rho that comes in.",
            lambda n, high, low, rho: _karras(n, high, low, 7.0),
        ),
        Mistake(
            "You take even steps in sigma, and then the root. The root of both ends comes first, then the even steps.",
            lambda n, high, low, rho: [value ** (1 / rho) for value in _line(high, low, n)],
        ),
        Mistake(
            "You divide by rho at the end: ** 1 / rho takes the power 1 first. After the even steps comes ** rho.",
            lambda n, high, low, rho: [value / rho for value in _line(high ** (1 / rho), low ** (1 / rho), n)],
        ),
        Mistake(
            "Only high went through the root. Take the power 1 / rho of low, too.",
            lambda n, high, low, rho: [value**rho for value in _line(high ** (1 / rho), low, n)],
        ),
        Mistake(
            "That is one level too few. `steps` counts the levels; the gaps between them are steps - 1.",
            lambda n, high, low, rho: _karras(n - 1, high, low, rho),
        ),
        Mistake(
            "Those are the levels of exponential, even in log sigma. Karras takes even steps between the roots.",
            lambda n, high, low, rho: _exponential(n, high, low),
        ),
    ],
)


def _exponential(steps: int, high: float, low: float) -> list[float]:
    return [math.exp(value) for value in _line(math.log(high), math.log(low), steps)]


check_exponential = FunctionCheck(
    "exponential_levels",
    _exponential,
    [span[:3] for span in _SPANS],
    [
        Mistake(
            "Those are the logarithms. Come back with exp.",
            lambda n, high, low: _line(math.log(high), math.log(low), n),
        ),
        Mistake(
            "Those are even steps in sigma itself. Take the logarithm of both ends first.",
            lambda n, high, low: _line(high, low, n),
        ),
        Mistake(
            "Your levels rise. A schedule falls: begin at high.",
            lambda n, high, low: _exponential(n, high, low)[::-1],
        ),
        Mistake(
            "log10 and exp don't belong together: take log with exp, or log10 with 10 **.",
            lambda n, high, low: [math.exp(value) for value in _line(math.log10(high), math.log10(low), n)],
        ),
        Mistake(
            "Your last level stays above low. Between `steps` levels there are steps - 1 gaps.",
            lambda n, high, low: _exponential(n + 1, high, low)[:-1],
        ),
        Mistake(
            "That is one level too many: `steps` levels, both ends among them.",
            lambda n, high, low: _exponential(n + 1, high, low),
        ),
        Mistake(
            "The logarithm is missing: take even steps between the logs of both ends, then exp.",
            lambda n, high, low: [math.exp(value) for value in _line(high, low, n)],
        ),
        Mistake(
            "torch.log wants a tensor, and the ends are plain numbers. Use math.log.",
            lambda n, high, low: torch.log(high),
            stops=r"log\(\): argument",
        ),
        Mistake(
            "Your ratio is upside down: it must be below 1, low / high.",
            lambda n, high, low: [high * (high / low) ** (i / (n - 1)) for i in range(n)],
        ),
        Mistake(
            "Your ratio leads from high to low in one step. Take its root for the gaps: ** (1 / (steps - 1)).",
            lambda n, high, low: [high * (low / high) ** i for i in range(n)],
        ),
        Mistake(
            "Brackets: ** 1 / (steps - 1) takes the power 1 and then divides. Write ** (1 / (steps - 1)).",
            lambda n, high, low: [high * (low / high / (n - 1)) ** i for i in range(n)],
        ),
        Mistake(
            "log and 10 ** don't belong together: take log with exp, or log10 with 10 **.",
            lambda n, high, low: [10**value for value in _line(math.log(high), math.log(low), n)],
        ),
        Mistake(
            "log and exp have changed places: log of both ends comes first, and exp of the even steps last.",
            lambda n, high, low: [math.log(value) for value in _line(math.exp(high), math.exp(low), n)],
        ),
        Mistake(
            "You multiply by i. Each level is the ratio times the one before, so i is a power: ratio ** i.",
            lambda n, high, low: [high * (low / high) ** (1 / (n - 1)) * i for i in range(n)],
        ),
        Mistake(
            "You halve each time. Let the ratio follow from both ends: (low / high) ** (1 / (steps - 1)).",
            lambda n, high, low: [high / 2**i for i in range(n)],
        ),
        Mistake(
            "The levels are right. Leave out the 0 at the end: here it isn't wanted.",
            lambda n, high, low: [*_exponential(n, high, low), 0.0],
        ),
    ],
)


def _beta(steps: int) -> list[int]:
    return [round(999 * quantile(1 - i / steps)) for i in range(steps)]


check_beta = FunctionCheck(
    "beta_timesteps",
    _beta,
    [(3,), (7,), (9,)],  # odd: a share of one half gives 499.5, which rounds either way
    [
        Mistake(
            "You cut the decimals off. Round to the nearest timestep: round, not int.",
            lambda n: [int(999 * quantile(1 - i / n)) for i in range(n)],
        ),
        Mistake(
            "The last timestep is 999, as counting begins at 0. Multiply by 999.",
            lambda n: [round(1000 * quantile(1 - i / n)) for i in range(n)],
        ),
        Mistake(
            "Your timesteps rise: begin with 999. The quantile of the share 1 is 1.",
            lambda n: [round(999 * quantile(i / n)) for i in range(n)],
        ),
        Mistake(
            "Your shares reach 0. They are 1 - i / steps for i from 0 to steps - 1, so the last one is 1 / steps.",
            lambda n: [round(999 * quantile(1 - i / (n - 1))) for i in range(n)],
        ),
        Mistake(
            "Those timesteps are even. Ask quantile for each share.",
            lambda n: [round(999 * (1 - i / n)) for i in range(n)],
        ),
        Mistake(
            "Timesteps are whole numbers: round them.",
            lambda n: [999 * quantile(1 - i / n) for i in range(n)],
        ),
        Mistake(
            "That is one timestep too many: i runs from 0 to steps - 1.",
            lambda n: [round(999 * quantile(1 - i / n)) for i in range(n + 1)],
        ),
        Mistake(
            "Only 0 and 999 are left: you round while the numbers lie between 0 and 1. Round once, at the end.",
            lambda n: [round(quantile(1 - i / n)) * 999 for i in range(n)],
        ),
        Mistake(
            "Only 0 and 1 are left: you round too early. Multiply by 999, and round once, at the end.",
            lambda n: [round(quantile(1 - i / n)) for i in range(n)],
        ),
        Mistake(
            "Brackets: (1 - i) / steps takes i away from 1 before it divides. The share is 1 - i / steps.",
            lambda n: [round(999 * quantile((1 - i) / n)) for i in range(n)],
            stops=r"share must be a number in \[0, 1\]; got -",
        ),
        Mistake(
            "Those are noise levels. The timesteps themselves are asked for, from 999 down.",
            lambda n: TABLE.sigmas[_beta(n)].tolist(),
        ),
        Mistake(
            "The timesteps are right, but they rise. Begin with 999.",
            lambda n: _beta(n)[::-1],
        ),
        Mistake(
            "You begin at i = 1. The first i is 0, so that the first timestep is 999.",
            lambda n: [round(999 * quantile(1 - i / n)) for i in range(1, n + 1)],
        ),
        Mistake(
            "i // steps is always 0 here: it cuts the decimals off. Write i / steps.",
            lambda n: [round(999 * quantile(1 - i // n)) for i in range(n)],
        ),
        Mistake(
            "Those are quantiles, from 0 to 1. Multiply by 999 and round.",
            lambda n: [quantile(1 - i / n) for i in range(n)],
        ),
    ],
)
