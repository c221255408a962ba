"""Lesson 14, when fresh noise helps: the checks of its exercises on six cards and on LCM."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.lesson_14.checks import HALF, NO_ROOT, TORCH_ROOT
from course_lib.texts import tr

_CARDS = ["wrong", "none", "right", "none", "right", "wrong"]


def _look_again(answer: object) -> str:
    """What to say to a list of cards that is no usual mistake: which cards are not sorted yet, by what decides."""
    words = list(answer) if isinstance(answer, Sequence) and not isinstance(answer, str) else []
    if len(words) != 6 or any(word not in ("none", "right", "wrong") for word in words):
        says = [tr('It must be a list of six words, each "none", "right" or "wrong", in the order A to F.')]
        if isinstance(answer, Mapping):
            says.append(tr("You have a dictionary: leave out the letters, and write [ ] in place of { }."))
        if None in words:
            says.append(tr('None has no quotes, so it is no word: write "none".'))
        if any(isinstance(word, str) and word != word.lower() for word in words):
            says.append(tr("Write the words in small letters."))
        return " ".join(says)
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
            "Look again at B: run it with two seeds and compare the ends. Some lists call it an SDE sampler, but its ends are equal.",
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
        Mistake(HALF, lambda x, sigma, s: x * s / (s**2 + sigma**2) / 2),
        Mistake(TORCH_ROOT, lambda x, sigma, s: x * torch.sqrt(s**2 + sigma**2), stops="must be Tensor, not float"),
        Mistake(NO_ROOT, lambda x, sigma, s: sqrt(s**2 + sigma**2), stops="name '(sqrt|math)' is not defined"),  # noqa: F821
        Mistake(
            "sigma and s have changed places: the crowd ends as wide as the data, so s stands above.",
            lambda x, sigma, s: x * sigma / math.sqrt(s**2 + sigma**2),
        ),
        Mistake(
            "The factor says what is left of x, not what goes. Return x times the factor, without x minus it.",
            lambda x, sigma, s: x - _path_end(x, sigma, s),
        ),
        Mistake(
            "The squares under the root are missing: it covers variances, s**2 + sigma**2.",
            lambda x, sigma, s: x * s / math.sqrt(s + sigma),
        ),
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
            "The 1 under your root is the s**2 of a blob with s = 1. Here it is s**2.",
            lambda x, sigma, s: x * s / math.sqrt(1 + sigma**2),
        ),
        Mistake(
            "That is the factor of a blob with s = 1. Here s stands above the root, and s**2 under it.",
            lambda x, sigma, s: x / math.sqrt(1 + sigma**2),
        ),
        Mistake(
            "That is the factor for sigma = 3 and s = 1 alone: write it with sigma and s.",
            lambda x, sigma, s: x / math.sqrt(10),
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
