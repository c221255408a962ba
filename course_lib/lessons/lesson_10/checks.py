"""Lesson 10, latents: the checks of its exercises."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Letters, Mistake, ValueCheck

_GENERATOR = torch.Generator().manual_seed(10)
_PAIRS = [
    tuple(torch.rand(3, 4, 4, generator=_GENERATOR, dtype=torch.float64) * size - size / 2 for _ in range(2))
    for size in (2.0, 1.0, 0.3)
]


def _mse(back, picture):
    return (back - picture).square().mean().item()


check_decibels = FunctionCheck(
    "psnr",
    lambda back, picture: 10 * math.log10(4 / _mse(back, picture)),
    _PAIRS,
    [
        Mistake(
            "You took 1 as the range. From -1 to 1 the range is 2, and its square is 4.",
            lambda back, picture: 10 * math.log10(1 / _mse(back, picture)),
        ),
        Mistake(
            "You put the range itself, 2, above the error. It must be squared, as the error is: 4.",
            lambda back, picture: 10 * math.log10(2 / _mse(back, picture)),
        ),
        Mistake(
            "20 log10 belongs to the root of the mean squared error. With the mean squared error itself it is 10.",
            lambda back, picture: 20 * math.log10(4 / _mse(back, picture)),
        ),
        Mistake(
            "math.log is the natural logarithm. Decibels need math.log10.",
            lambda back, picture: 10 * math.log(4 / _mse(back, picture)),
        ),
        Mistake(
            "The sign: a smaller error must give more decibels. Put the error below.",
            lambda back, picture: 10 * math.log10(_mse(back, picture) / 4),
        ),
        Mistake(
            "You took the mean of the absolute error. Square the differences first.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).abs().mean().item()),
        ),
        Mistake(
            "You averaged before you squared, so errors cancel. Square first, then take the mean.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).mean().square().item()),
        ),
        Mistake(
            "You added up the squared errors. Take their mean.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).square().sum().item()),
        ),
        Mistake(
            "Decibels are ten times the logarithm: multiply by 10.",
            lambda back, picture: math.log10(4 / _mse(back, picture)),
        ),
    ],
)

check_times = FunctionCheck(
    "times_fewer",
    lambda channels, factor: 3 * factor**2 / channels,
    [(4, 8), (12, 8), (16, 8), (3, 4)],
    [
        Mistake("The picture has 3 numbers a pixel: they are missing.", lambda channels, factor: factor**2 / channels),
        Mistake(
            "Both sides get shorter by the factor, so it counts twice: factor ** 2.",
            lambda channels, factor: 3 * factor / channels,
        ),
        Mistake(
            "That counts positions only. Each position of the latent holds `channels` numbers.",
            lambda channels, factor: factor**2,
        ),
        Mistake(
            "The latent's channels are missing: divide by them.",
            lambda channels, factor: 3 * factor**2,
        ),
        Mistake(
            "That is the latent's share of the picture. The question asks for the inverse.",
            lambda channels, factor: channels / (3 * factor**2),
        ),
        Mistake(
            "More channels make the latent larger: divide by them, don't multiply.",
            lambda channels, factor: 3 * factor**2 * channels,
        ),
    ],
)

_RUN = [False, True, True, True, True, True]
check_parts = ValueCheck(
    "your list",
    _RUN,
    [
        Mistake("It is the other way round: True means that the network is run.", [not answer for answer in _RUN]),
        Mistake(
            "(a): text to image begins with random latents. There is no picture yet that could be encoded.", [True] * 6
        ),
        Mistake(
            "(d): image to image begins with a picture, and only the encoder makes a latent of it.",
            [False, True, True, False, True, True],
        ),
    ],
    hint=Letters(
        _RUN,
        {
            "a": "text to image begins with random latents, without a picture",
            "b": "every step asks the U-Net",
            "c": "the last latent must become pixels",
            "d": "the picture that you give must become a latent",
            "e": "every step asks the U-Net",
            "f": "the last latent must become pixels",
        },
    ),
)
