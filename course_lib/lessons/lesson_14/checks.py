"""Lesson 14, when fresh noise helps: the checks of its exercises."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.texts import tr

_HALF = "**1/2 is (...)**1, divided by 2. A root is **0.5, or **(1/2) with brackets."
_TORCH_ROOT = "torch.sqrt wants a tensor, and this is a plain number. Take **0.5 or math.sqrt."

_LEVELS = [(2.0, 1.0, 1.0), (1.5, 0.6, 0.5), (0.9, 0.8, 0.0), (4.0, 3.0, 0.3), (1.4, 1.2, 0.2)]


def _full(sigma: float, sigma_next: float) -> float:
    """The strength of the noise for eta = 1."""
    return sigma_next * math.sqrt(1 - (sigma_next / sigma) ** 2)


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


def _halved_twice(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    up = eta * sigma_next * (1 - (sigma_next / sigma) ** 2) / 2
    return (sigma_next**2 - up**2) / 2, up


check_split = FunctionCheck(
    "ancestral_split",
    _split,
    _LEVELS,
    [
        Mistake(
            _HALF,
            lambda sigma, after, eta: (
                (after**2 - (eta * _full(sigma, after)) ** 2) / 2,
                eta * _full(sigma, after),
            ),
        ),
        Mistake(_HALF, _halved_twice),
        Mistake(
            "Under a root of yours the number is negative, and Python goes on with complex numbers. The ratio is "
            "sigma_next / sigma, which is below 1.",
            lambda sigma, after, eta: (after, eta * after * (1 - (sigma / after) ** 2) ** 0.5),
            when=_is_complex,
        ),
        Mistake(
            _TORCH_ROOT, lambda sigma, after, eta: torch.sqrt(1 - after / sigma), stops="must be Tensor, not float"
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
            "Under the last root you square sigma_up without its eta: take sigma_up as it is, and square all of it.",
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
            "Your noise leads from sigma_next up to sigma. It must lead up to sigma_next: multiply the root by sigma_next.",
            lambda sigma, after, eta: _rest(after, eta * math.sqrt(sigma**2 - after**2)),
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
            "A root of a negative number: the ratio under the root is sigma_next / sigma, which is below 1.",
            lambda sigma, after, eta: math.sqrt(1 - (sigma / after) ** 2),
            stops="math domain error|expected a nonnegative input",
        ),
    ],
)

_CARDS = ["wrong", "none", "right", "none", "right", "wrong"]


def _look_again(answer: object) -> str:
    """What to say to a list of cards that is no usual mistake: which cards are not sorted yet, by what decides."""
    words = list(answer) if isinstance(answer, Sequence) and not isinstance(answer, str) else []
    if len(words) != 6 or any(word not in ("none", "right", "wrong") for word in words):
        return tr('It must be a list of six words, each "none", "right" or "wrong", in the order A to F.')
    given = list(zip("ABCDEF", words, _CARDS, strict=True))
    seeds = ", ".join(letter for letter, word, fits in given if (word == "none") != (fits == "none"))
    spreads = ", ".join(letter for letter, word, fits in given if word != fits and "none" not in (word, fits))
    says = []
    if seeds:
        says.append(tr("Compare the ends of two seeds for {cards}: are they equal?").format(cards=seeds))
    if spreads:
        says.append(tr("Take .std() of the ends for {cards}: is it from 0.9 to 1.1?").format(cards=spreads))
    return " ".join(says)


check_cards = ValueCheck(
    "your list",
    _CARDS,
    [
        Mistake(
            "Cards B and D have the right spread, but two seeds give them the same ends: they add no fresh noise at all.",
            ["wrong", "right", "right", "right", "right", "wrong"],
        ),
        Mistake(
            "Look again at B: run it with two seeds and compare the ends. Its lists say SDE, and its ends are equal.",
            ["wrong", "right", "right", "none", "right", "wrong"],
        ),
        Mistake(
            "Look again at D: run it with two seeds and compare the ends. They are equal.",
            ["wrong", "none", "right", "right", "right", "wrong"],
        ),
        Mistake(
            "Card A's spread is 0.70 with 100 steps, far below 1. More steps don't help: try 500.",
            ["right", "none", "right", "none", "right", "wrong"],
        ),
        Mistake(
            "Cards A and F give other ends with another seed, but their spread is 0.70: that isn't within a tenth of 1.",
            ["right", "none", "right", "none", "right", "right"],
        ),
        Mistake(
            "Card E's spread is 0.97 with 100 steps, within a tenth of 1: that counts as right.",
            ["wrong", "none", "right", "none", "wrong", "wrong"],
        ),
        Mistake(
            "Only two seeds that give other ends show fresh noise. You have taken those that do for those that don't.",
            ["none", "right", "none", "right", "none", "none"],
        ),
    ],
    hint=_look_again,
)


def _blob_cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(14)
    draw = [torch.randn(4, 1, generator=generator, dtype=torch.float64) for _ in range(3)]
    return [(x, *pair) for x, pair in zip(draw, [(3.0, 1.0), (0.8, 0.5), (2.0, 1.5)], strict=True)]


def _path_end(x: Tensor, sigma: float, s: float) -> Tensor:
    return x * s / math.sqrt(s**2 + sigma**2)


check_path_end = FunctionCheck(
    "path_end",
    _path_end,
    _blob_cases(),
    [
        Mistake(_HALF, lambda x, sigma, s: x * s / (s**2 + sigma**2) / 2),
        Mistake(_TORCH_ROOT, lambda x, sigma, s: x * torch.sqrt(s**2 + sigma**2), stops="must be Tensor, not float"),
        Mistake(
            "x is missing in yours: return x times the factor.", lambda x, sigma, s: s / math.sqrt(s**2 + sigma**2)
        ),
        Mistake(
            "Your root covers s, too: only the sum s**2 + sigma**2 stands under it.",
            lambda x, sigma, s: x * math.sqrt(s / (s**2 + sigma**2)),
        ),
        Mistake(
            "You subtract the two widths. Every particle shrinks by the same *factor*: divide the widths, and multiply x.",
            lambda x, sigma, s: x - (math.sqrt(s**2 + sigma**2) - s),
        ),
        Mistake(
            "That is the denoiser's best guess, a mean. The end of the path keeps more: s over the *root* of s**2 + sigma**2.",
            lambda x, sigma, s: x * s**2 / (s**2 + sigma**2),
        ),
        Mistake(
            "Widths don't add up: the crowd at level sigma is as wide as the root of s**2 + sigma**2.",
            lambda x, sigma, s: x * s / (s + sigma),
        ),
        Mistake(
            "The ratio is upside down: the crowd shrinks on its way to level 0.",
            lambda x, sigma, s: x * math.sqrt(s**2 + sigma**2) / s,
        ),
        Mistake(
            "Your crowd ends with width 1. It must end as wide as the data: multiply by s.",
            lambda x, sigma, s: x / math.sqrt(s**2 + sigma**2),
        ),
        Mistake(
            "The crowd's width is the root of s**2 + sigma**2: noise comes on top of the blob's own width.",
            lambda x, sigma, s: x * s / sigma,
        ),
        Mistake(
            "The width is s, not its square: s over the root of s**2 + sigma**2.",
            lambda x, sigma, s: x * s**2 / math.sqrt(s**2 + sigma**2),
        ),
        Mistake(
            "The root is missing: s**2 + sigma**2 is a variance.",
            lambda x, sigma, s: x * s / (s**2 + sigma**2),
        ),
    ],
)
