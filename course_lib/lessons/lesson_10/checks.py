"""Lesson 10, latents: the checks of exercises 2 and 3."""

from __future__ import annotations

from course_lib.exercises.checks import FunctionCheck, Letters, Mistake, ValueCheck

check_times = FunctionCheck(
    "times_fewer",
    lambda channels, factor: 3 * factor**2 / channels,
    [(4, 8), (12, 8), (16, 8), (3, 4), (32, 4), (7, 8)],
    [
        Mistake(
            "`//` throws the fraction away, and so does int: write `/`.",
            lambda channels, factor: 3 * factor**2 // channels,
        ),
        Mistake("Don't round: the fraction belongs to it.", lambda channels, factor: round(3 * factor**2 / channels)),
        Mistake(
            "That counts bytes in half precision. The question asks for numbers.",
            lambda channels, factor: 3 * factor**2 / (2 * channels),
        ),
        Mistake(
            "That counts bytes in single precision. The question asks for numbers.",
            lambda channels, factor: 3 * factor**2 / (4 * channels),
        ),
        Mistake("4 belongs to Stable Diffusion 1.5: use `channels`.", lambda channels, factor: 3 * factor**2 / 4),
        Mistake("16 belongs to the VAE of the example: use `channels`.", lambda channels, factor: 3 * factor**2 / 16),
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
        Mistake("48 is right for 4 channels and factor 8 only: use both arguments.", lambda channels, factor: 48),
        Mistake("12 is right for 16 channels and factor 8 only: use both arguments.", lambda channels, factor: 12),
        Mistake(
            "A side of the latent isn't `factor` long. It is 512 / factor: `factor` times shorter than the picture's.",
            lambda channels, factor: 3 * 512 * 512 / (channels * factor**2),
        ),
        Mistake(
            "A latent has two sides, and each is 512 / factor: divide by both.",
            lambda channels, factor: 3 * 512 * 512 / (channels * (512 / factor)),
        ),
        Mistake(
            "512 and 64 belong to factor 8. Use `factor`: the picture's size cancels out.",
            lambda channels, factor: 192 / channels,
        ),
        Mistake(
            "factor * 2 is twice the factor. Both sides get shorter: factor ** 2.",
            lambda channels, factor: 3 * factor * 2 / channels,
        ),
        Mistake(
            "The 3 is squared, too. Only the factor counts twice: 3 * factor ** 2.",
            lambda channels, factor: (3 * factor) ** 2 / channels,
        ),
        Mistake(
            "In Python ^ isn't a power: write factor ** 2.",
            lambda channels, factor: 3 * factor ^ 2 / channels,
            stops=r"for \^",
        ),
        Mistake("In Python ^ isn't a power: write factor ** 2.", lambda channels, factor: 3 * (factor ^ 2) / channels),
        Mistake(
            "3 and `channels` are swapped: the picture has 3 numbers a pixel, and the latent has `channels`.",
            lambda channels, factor: channels * factor**2 / 3,
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
