"""Lesson 09, reverse diffusion: its pictures, the faces among the emoji, small enough to learn from in minutes."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_lib.datasets import open_emoji
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.layers import avg_pool2d

SIDE = 16  # pixels of a picture
TABLE = NoiseTable.scaled_linear()
_EVERY = 14  # of so many faces one is kept away from every training


@cache
def _all() -> Tensor:
    emoji = open_emoji()
    faces = [number for number, group in enumerate(emoji.groups) if group == "faces"]
    return avg_pool2d(emoji.images[faces], emoji.images.shape[-1] // SIDE)


def open_faces(unseen: bool = False) -> Tensor:
    """104 faces (104, 3, 16, 16) in [-1, 1], in four styles; or the 8 others, which no training sees.

    Example:

    >>> open_faces().shape, open_faces(unseen=True).shape
    (torch.Size([104, 3, 16, 16]), torch.Size([8, 3, 16, 16]))
    """
    faces = _all()
    return faces[[number for number in range(len(faces)) if (number % _EVERY == _EVERY // 2) == unseen]]


@cache
def exact_denoiser() -> DatasetDenoiser:
    """The best denoiser there is for somebody who knows that every picture is one of `open_faces()`.

    Example:

    >>> exact_denoiser().pictures.shape
    torch.Size([104, 3, 16, 16])
    """
    return DatasetDenoiser(open_faces())


def nearest(pictures: Tensor, known: Tensor | None = None) -> Tensor:
    """For each picture (B, 3, H, W) the one of `known` (N, 3, H, W), by default `open_faces()`, that differs least.

    Returns (B, 3, H, W). Source: the smallest sum of squared differences.

    Example:

    >>> nearest(open_faces()[:1] + 0.1).equal(open_faces()[:1])
    True
    """
    known = open_faces() if known is None else known
    return known[torch.cdist(pictures.flatten(1), known.flatten(1)).argmin(dim=1)]
