"""Lesson 15, schedulers: the checks of its exercises."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, not_yet
from course_lib.lessons.lesson_15.scoring import CALLS, NAMES, TABLE, checked, levels, score, scores
from course_lib.schedulers import SCHEDULERS
from course_lib.schedulers.timesteps import beta_quantile as quantile
from course_lib.texts import tr

BAR = 0.09  # of exercise 4


def _line(start: float, end: float, count: int) -> list[float]:
    return torch.linspace(start, end, count, dtype=torch.float64).tolist()


def _karras(steps: int, high: float, low: float, rho: float) -> list[float]:
    return [value**rho for value in _line(high ** (1 / rho), low ** (1 / rho), steps)]


_SPANS = [(4, 16.0, 1.0, 2.0), (5, 14.6146, 0.0292, 7.0), (6, 80.0, 0.002, 3.0)]

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
    [(4,), (7,), (10,)],
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
            "Your timesteps rise. The first share is 1, so that the first timestep is 999.",
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
            "You round too early, while the numbers lie between 0 and 1. Multiply by 999 first, then round.",
            lambda n: [round(quantile(1 - i / n)) * 999 for i in range(n)],
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


def _gone(steps: int, threshold: float) -> list[float]:
    linear = steps // 2
    return [_share(i, linear, steps - linear, threshold) for i in range(steps + 1)]


def _share(i: int, linear: float, rest: float, threshold: float) -> float:
    if i < linear:
        return threshold * i / linear
    after, slope = i - linear, threshold / linear
    bend = (1 - threshold - slope * rest) / rest**2
    return threshold + slope * after + bend * after**2


def _two_parts(second) -> object:
    """A wrong curve: the straight half is right, and `second` (k, Q, c, L) is not."""

    def wrong(steps, threshold):
        linear, rest = steps // 2, steps - steps // 2
        first = [threshold * i / linear for i in range(linear)]
        return first + [second(k, rest, threshold, linear) for k in range(rest + 1)]

    return wrong


check_gone = FunctionCheck(
    "noise_gone",
    _gone,
    [(4, 0.1), (7, 0.025), (10, 0.05)],
    [
        Mistake(
            "That is a straight line all the way. The first half of the steps only takes the share c; then the curve bends.",
            lambda n, c: [i / n for i in range(n + 1)],
        ),
        Mistake(
            "Your curve has a kink: after the straight half it must go on with the same slope, c / L. Add the term (c / L) * k.",
            _two_parts(lambda k, rest, c, linear: c + (1 - c) * (k / rest) ** 2),
        ),
        Mistake(
            "The second half goes on straight to 1 in yours. It needs the term with k**2.",
            _two_parts(lambda k, rest, c, linear: c + (1 - c) * k / rest),
        ),
        Mistake(
            "The last share must be 1. For a, take away both from 1: c, and the straight part (c / L) * Q.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c) * (k / rest) ** 2),
        ),
        Mistake(
            "For a, divide by Q squared: at k = Q the last term is a times Q squared.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear * rest) / rest * k**2),
        ),
        Mistake(
            "Brackets: all of 1 - c - (c / L) * Q is divided by Q squared, not only its last term.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear * rest / rest**2) * k**2),
        ),
        Mistake(
            "You have one share too many: step L ends the straight half and begins the curve. Count it once.",
            lambda n, c: [*_gone(n, c)[: n // 2 + 1], *_gone(n, c)[n // 2 :]],
        ),
        Mistake(
            "The straight half must reach c after L steps: divide by L, not by all steps.",
            lambda n, c: [c * i / n if i < n // 2 else value for i, value in enumerate(_gone(n, c))],
        ),
        Mistake(
            "Those are shares that are left. The question is which share is gone: 1 minus yours.",
            lambda n, c: [1 - value for value in _gone(n, c)],
        ),
        Mistake(
            "The last share, 1, is missing: i runs from 0 to steps, both among them.",
            lambda n, c: _gone(n, c)[:-1],
        ),
        Mistake(
            "steps / 2 is not a whole number where steps is odd. Use steps // 2.",
            lambda n, c: [_share(i, n / 2, n / 2, c) for i in range(n + 1)],
        ),
        Mistake(
            "k counts from the end of the straight half: k = i - L. You took i itself.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * (k + linear)
                       + (1 - c - c / linear * rest) / rest**2 * (k + linear) ** 2),
        ),
        Mistake(
            "k counts from the end of the straight half: k = i - L. You took i itself.",
            _two_parts(lambda k, rest, c, linear: c if k == 0 else c + c / linear * (k + linear)
                       + (1 - c - c / linear * rest) / rest**2 * (k + linear) ** 2),
        ),
    ],
)  # fmt: skip


def check_ten(answer: object) -> None:
    """Print the verdict on ten calls that the learner has laid: eleven levels whose error is below BAR.

    Example:

    >>> check_ten(levels("karras"))
    [not yet] That is the list of Karras. Move at least one level of it.
    """
    print(verdict_on_ten(answer))


def verdict_on_ten(answer: object) -> str:
    """The verdict as one sentence; it never raises.

    Example:

    >>> verdict_on_ten([14.6, 8, 5, 3, 2, 1, 0])
    '[not yet] Those are 6 calls. Spend ten: eleven levels, and the last one is 0.'
    """
    if answer is None or answer is ...:
        return not_yet("my_levels is still missing.")
    try:
        sigmas = checked(answer)
    except ValueError as error:
        return not_yet(str(error)[:1].upper() + str(error)[1:] + ".")
    if len(sigmas) != CALLS + 1:
        says = tr("Those are {calls} calls. Spend ten: eleven levels, and the last one is 0.")
        return not_yet(says.format(calls=len(sigmas) - 1))
    if abs(sigmas[0].item() - TABLE.sigma_max) > 0.02:
        says = tr("The first level must be 14.61, where the noise begins; yours is {first}.")
        return not_yet(says.format(first=f"{sigmas[0].item():.2f}"))
    for name in NAMES:
        published = levels(name)
        if len(published) == len(sigmas) and torch.allclose(published, sigmas, rtol=1e-3, atol=1e-9):
            says = tr("That is the list of {name}. Move at least one level of it.")
            return not_yet(says.format(name=SCHEDULERS[name].label))
    return _measured(sigmas)


def _measured(sigmas: torch.Tensor) -> str:
    error, best = round(score(sigmas), 3), min(scores().values())
    if error < BAR:
        praise = tr("No scheduler of the library does better.") if error < round(best, 3) else tr("That is below 0.09.")
        return tr("[OK] Your error is {error}. {praise}").format(error=f"{error:.3f}", praise=praise)
    middle = int(((sigmas[:-1] < 4) & (sigmas[:-1] > 0.25)).sum())
    if middle < 5:
        says = tr("Your error is {error}. Levels between 4 and 0.25, where the paths turn: only {count}.")
    elif sigmas[-2] > 0.25:
        says = tr(
            "Your error is {error}. You have {count} levels where the paths turn; but your last jump to 0 is long."
        )
    else:
        says = tr("Your error is {error}, with {count} levels where the paths turn. Spread them: densest at 1 to 2.")
    return not_yet(says.format(error=f"{error:.3f}", count=middle))
