"""What the experiments of the lesson measure in pictures (N, 3, H, W) in [-1, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from course_lib import expect
from course_lib.training.recogniser import CONCEPTS, Recogniser, open_recogniser


def decibels(pictures: Tensor, given: Tensor) -> Tensor:
    """How near pictures are to others, as PSNR in dB: (N,). Higher is nearer; 6 dB more is half the difference.

    given : (N or 1, 3, H, W). Raises ValueError for shapes that do not fit. Example:

    >>> decibels(torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.2))
    tensor([20.])
    """
    expect.tensor("pictures", pictures, "(N, 3, H, W)")
    if given.shape[1:] != pictures.shape[1:] or len(given) not in (1, len(pictures)):
        raise ValueError(f"given must be one picture, or as many as {tuple(pictures.shape)}; got {tuple(given.shape)}")
    return -10 * ((pictures - given).square().mean((1, 2, 3)) / 4).log10()


def sure_of(pictures: Tensor, concepts: Sequence[str]) -> Tensor:
    """How sure the recogniser is that each picture (3, 64, 64) shows its concept, from 0 to 1: (N,).

    The recogniser is a small network that has learned to tell the 256 drawings apart.
    Raises ValueError for a concept that it does not know, and where they are not as many as pictures. Example:

    >>> from course_lib.datasets.scenes import emoji_scene
    >>> drawn = emoji_scene("panda", "fluent").draw()[None]
    >>> bool(sure_of(drawn, ["panda"]) > 0.9), bool(sure_of(drawn, ["fox"]) < 0.1)
    (True, True)
    """
    for concept in concepts:
        expect.known("concept", concept, CONCEPTS)
    if len(concepts) != len(pictures):
        raise ValueError(f"expected a concept for each of {len(pictures)} pictures; got {len(concepts)}")
    scores, _ = _recogniser()(pictures)
    return scores.softmax(1)[torch.arange(len(pictures)), [CONCEPTS.index(concept) for concept in concepts]]


@cache
def _recogniser() -> Recogniser:
    return open_recogniser()
