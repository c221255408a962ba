"""Lesson 14, when fresh noise helps: the check of its exercise on the ancestral split."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake

HALF = "**1/2 is (...)**1, divided by 2. A root is **0.5, or **(1/2) with brackets."
NO_ROOT = "Python knows no sqrt here. Write ** 0.5, or put import math into the cell and write math.sqrt."
TORCH_ROOT = "torch.sqrt wants a tensor, and this is a plain number. Take **0.5 or math.sqrt."

_LEVELS = [(2.0, 1.0, 1.0), (1.5, 0.6, 0.5), (0.9, 0.8, 0.0), (4.0, 3.0, 0.3), (1.4, 1.2, 0.2)]


def _full(sigma: float, sigma_next: float) -> float:
    """The strength of the noise for eta = 1."""
    return sigma_next * math.sqrt(1 - (sigma_next / sigma) ** 2)


def _pairs(answer: Callable) -> list[tuple[tuple, float]]:
    """The cases on which an answer gives two real numbers, each with the second of them."""
    found = []
    for case in _LEVELS:
        try:
            low, up = map(float, answer(*case))
        except Exception:  # a root of a negative number, or no pair
            continue
        found.append((case, up))
    return found


def _leads_up_to_sigma(answer: Callable) -> bool:
    """Whether sigma_up is eta times the noise from sigma_next up to sigma, wherever a root leaves two numbers."""
    found = _pairs(answer)
    right = (math.isclose(up, eta * math.sqrt(sigma**2 - after**2)) for (sigma, after, eta), up in found)
    return any(case[2] > 0 for case, _ in found) and all(right)


def _is_complex(answer: Callable) -> bool:
    """Whether a power of 0.5 met a negative number somewhere: Python then goes on with complex ones."""

    def parts(case: tuple) -> tuple:
        try:
            given = answer(*case)
        except Exception:
            return ()
        return tuple(given) if isinstance(given, (tuple, list)) else (given,)

    return any(isinstance(part, complex) for case in _LEVELS for part in parts(case))


def _rest(sigma_next: float, up: float) -> tuple[float, float]:
    return math.sqrt(max(0.0, sigma_next**2 - up**2)), up


def _split(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    return _rest(sigma_next, eta * _full(sigma, sigma_next))


def _rounded(digits: int) -> Callable:
    return lambda *given: tuple(round(part, digits) for part in _split(*given))


def _halved_twice(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    up = eta * sigma_next * (1 - (sigma_next / sigma) ** 2) / 2
    return (sigma_next**2 - up**2) / 2, up


check_split = FunctionCheck(
    "ancestral_split",
    _split,
    _LEVELS,
    [
        Mistake(
            HALF,
            lambda sigma, after, eta: (
                (after**2 - (eta * _full(sigma, after)) ** 2) / 2,
                eta * _full(sigma, after),
            ),
        ),
        Mistake(HALF, _halved_twice),
        Mistake(
            "Your noise leads from sigma_next up to sigma. It must lead up to sigma_next: sigma_up is eta * sigma_next "
            "times the root of 1 - (sigma_next / sigma)**2.",
            lambda sigma, after, eta: _rest(after, eta * math.sqrt(sigma**2 - after**2)),
            when=_leads_up_to_sigma,
        ),
        Mistake(
            "Under a root of yours the number is negative, and Python goes on with complex numbers. Either the ratio "
            "under the first root is upside down (it is sigma_next / sigma), or sigma_up is larger than sigma_next.",
            lambda sigma, after, eta: (after, eta * after * (1 - (sigma / after) ** 2) ** 0.5),
            when=_is_complex,
        ),
        Mistake(TORCH_ROOT, lambda sigma, after, eta: torch.sqrt(1 - after / sigma), stops="must be Tensor, not float"),
        Mistake(
            NO_ROOT,
            lambda sigma, after, eta: sqrt(1 - after / sigma),  # noqa: F821
            stops="name '(sqrt|math)' is not defined",
        ),
        Mistake(
            "The two numbers have changed places: return sigma_to first, then sigma_up.",
            lambda *given: _split(*given)[::-1],
        ),
        Mistake(
            "sigma_to is sigma_next - sigma_up in yours. Strengths don't subtract: square, subtract, take the root.",
            lambda sigma, after, eta: (
                after - eta * _full(sigma, after),
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "sigma_to is sigma - sigma_up in yours. Levels don't subtract, and the step ends at sigma_next: sigma_to**2 is sigma_next**2 - sigma_up**2.",
            lambda sigma, after, eta: (sigma - eta * _full(sigma, after), eta * _full(sigma, after)),
        ),
        Mistake(
            "Your eta is an exponent: that is the eta of DPM++ 2M SDE (see Going further). Here eta multiplies the strength sigma_up.",
            lambda sigma, after, eta: (
                after * (after / sigma) ** eta,
                after * math.sqrt(1 - (after / sigma) ** (2 * eta)),
            ),
        ),
        Mistake(
            "sigma_up is right, but your sigma_to has eta as an exponent. Compute it from what sigma_up leaves of sigma_next**2.",
            lambda sigma, after, eta: (after * (after / sigma) ** eta, eta * _full(sigma, after)),
        ),
        Mistake(
            "You return the square of sigma_up, a variance. Noise is multiplied by the strength: return sigma_up.",
            lambda sigma, after, eta: (_split(sigma, after, eta)[0], (eta * _full(sigma, after)) ** 2),
        ),
        Mistake(
            "You return two variances. Take the root of each.",
            lambda *given: tuple(part**2 for part in _split(*given)),
        ),
        *(
            Mistake("That is right, but rounded. Return the numbers as they are.", _rounded(digits))
            for digits in (2, 3)
        ),
        Mistake(
            "Your sigma_up is squared, and then squared again under the last root. Take the strength: eta * sigma_next * the root.",
            lambda sigma, after, eta: _rest(after, (eta * _full(sigma, after)) ** 2),
        ),
        Mistake(
            "sigma_to is right, but eta is missing in the sigma_up that you return.",
            lambda sigma, after, eta: (_split(sigma, after, eta)[0], _full(sigma, after)),
        ),
        Mistake(
            "Brackets: sigma_next / sigma**2 squares sigma alone. Write (sigma_next / sigma)**2.",
            lambda sigma, after, eta: _rest(after, eta * after * math.sqrt(1 - after / sigma**2)),
        ),
        Mistake(
            "Your eta multiplies the variance. It multiplies the strength: put it outside of the root.",
            lambda sigma, after, eta: _rest(after, math.sqrt(eta) * _full(sigma, after)),
        ),
        Mistake(
            "sigma_to is sigma_next**2 / sigma in yours. That belongs to eta = 1 only: compute sigma_up first, and "
            "sigma_to from what is left.",
            lambda sigma, after, eta: (after**2 / sigma, eta * _full(sigma, after)),
        ),
        Mistake(
            "eta multiplies sigma_to in yours, too: with eta = 0 you would go down to 0. Compute sigma_to from what "
            "sigma_up leaves of sigma_next**2.",
            lambda sigma, after, eta: (eta * after**2 / sigma, eta * _full(sigma, after)),
        ),
        Mistake(
            "sigma_to slides evenly from sigma_next to sigma_next**2 / sigma in yours. Not levels but variances must "
            "sum to sigma_next**2: compute sigma_up first, and sigma_to from what is left.",
            lambda sigma, after, eta: (after + eta * (after**2 / sigma - after), eta * _full(sigma, after)),
        ),
        Mistake(
            "sigma_to slides evenly from sigma_next to sigma_next**2 / sigma in yours. It is sigma_up that eta "
            "multiplies: compute it first, and sigma_to from what is left.",
            lambda sigma, after, eta: (
                after + eta * (after**2 / sigma - after),
                math.sqrt(after**2 - (after + eta * (after**2 / sigma - after)) ** 2),
            ),
        ),
        Mistake(
            "Your sigma_to**2 is missing one eta. It is sigma_next**2 - sigma_up**2, and sigma_up**2 has eta in it twice.",
            lambda sigma, after, eta: (
                math.sqrt(after**2 - eta * _full(sigma, after) ** 2),
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "Your sigma_to**2 is sigma**2 - sigma_up**2. The step ends at sigma_next, so take sigma_next**2 - sigma_up**2.",
            lambda sigma, after, eta: (
                math.sqrt(sigma**2 - (eta * _full(sigma, after)) ** 2),
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "You add under the last root. The noise has taken its part of sigma_next**2: subtract sigma_up**2.",
            lambda sigma, after, eta: (
                math.sqrt(after**2 + (eta * _full(sigma, after)) ** 2),
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "Your eta is squared in sigma_up: it multiplies the root once.",
            lambda sigma, after, eta: _rest(after, eta**2 * _full(sigma, after)),
        ),
        Mistake("eta has no effect in yours: it multiplies sigma_up.", lambda s, after, eta: _split(s, after, 1.0)),
        Mistake(
            "The root around 1 - (sigma_next / sigma)**2 is missing: it is a share of a variance.",
            lambda sigma, after, eta: _rest(after, eta * after * (1 - (after / sigma) ** 2)),
        ),
        Mistake(
            "Your noise is eta * sigma_next * (1 - sigma_next / sigma). Square the ratio, not 1 minus it, and take the root of the whole.",
            lambda sigma, after, eta: _rest(after, eta * after * (1 - after / sigma)),
        ),
        Mistake(
            "Square the ratio sigma_next / sigma under the root: levels are strengths, and the root wants variances.",
            lambda sigma, after, eta: _rest(after, eta * after * math.sqrt(1 - after / sigma)),
        ),
        Mistake(
            "sigma_next in front of the root is missing: the root alone is a share.",
            lambda sigma, after, eta: _rest(after, eta * math.sqrt(1 - (after / sigma) ** 2)),
        ),
        Mistake(
            "sigma_to must leave room for the noise: sigma_to**2 + sigma_up**2 is sigma_next**2. Yours is sigma_next itself.",
            lambda sigma, after, eta: (after, eta * _full(sigma, after)),
        ),
        Mistake(
            "The last root is missing: sigma_next**2 - sigma_up**2 is a variance, and sigma_to is its root.",
            lambda sigma, after, eta: (
                after**2 - (eta * _full(sigma, after)) ** 2,
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "Under the last root sigma_up must be squared, too: sigma_next**2 - sigma_up**2.",
            lambda sigma, after, eta: (
                math.sqrt(after**2 - eta * _full(sigma, after)),
                eta * _full(sigma, after),
            ),
        ),
        Mistake(
            "That is sigma_up alone. Return both, sigma_to first: return sigma_to, sigma_up.",
            lambda sigma, after, eta: eta * _full(sigma, after),
        ),
        Mistake(
            "That is sigma_to alone. Return both: return sigma_to, sigma_up.",
            lambda sigma, after, eta: _split(sigma, after, eta)[0],
        ),
        Mistake(
            "A root of a negative number. Either the ratio under the first root is upside down (it is sigma_next / "
            "sigma), or sigma_up is larger than sigma_next.",
            lambda sigma, after, eta: math.sqrt(1 - (sigma / after) ** 2),
            stops="math domain error|expected a nonnegative input",
        ),
    ],
)
