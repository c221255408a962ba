"""Lesson 00, start here: what its page calls."""

from __future__ import annotations

import warnings

import torch

from course_lib.lessons.small_model import model
from course_lib.pipeline import prepare, remarks

SHOWN = (0, 6, 8, 10, 12, 20)  # after how many of twenty steps


def out_of_noise(words: str, seed: int) -> list[torch.Tensor]:
    """The way of the small model from noise to a picture of the words: (3, 64, 64) in [-1, 1] after each of SHOWN.

    A line says which words did not fit or were never seen. Raises ValueError where the words are no text or the seed is
    no whole number.

    Example:

    >>> [tuple(picture.shape) for picture in out_of_noise("a panda", seed=1)] == 6 * [(3, 64, 64)]
    True
    """
    with warnings.catch_warnings():  # what the warnings say is said below, without a path
        warnings.simplefilter("ignore", UserWarning)
        run = prepare(model(), words, sampler="euler", steps=SHOWN[-1], seed=seed)
    for said in remarks(model(), words):
        print(f"{said}.")
    steps = list(run)
    states = [*((step.x, step.sigma) for step in steps), (steps[-1].x_next, 0.0)]
    shrunk = [states[i][0] / (1 + states[i][1] ** 2) ** 0.5 for i in SHOWN]  # of variance 1, as decoders know it
    return list(run.decode(torch.cat(shrunk)).clamp(-1, 1))


def noisy(picture: torch.Tensor, share: float) -> torch.Tensor:
    """A picture (3, S, S) under noise, as the slider draws it: share 0 is the picture, share 1 is noise alone.

    Example:

    >>> picture = torch.zeros(3, 8, 8)
    >>> torch.equal(noisy(picture, 0), picture), round(noisy(picture, 1).std().item())
    (True, 1)
    """
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    return (1 - share**2) ** 0.5 * picture + share * noise


def noise_picture(seed: int) -> torch.Tensor:
    """Noise (1, 3, 8, 8) that a seed brings back every time.

    Example:

    >>> bool((noise_picture(1) == noise_picture(1)).all())
    True
    """
    return torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
