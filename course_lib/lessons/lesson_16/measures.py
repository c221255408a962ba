"""What the experiments of the lesson measure in pictures (N, 3, H, W) in [-1, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
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


def fine_detail(pictures: Tensor) -> Tensor:
    """How much of each picture is in its finest pattern, from 0: (N,).

    Each pixel is compared with the mean of its block of 2 x 2 pixels; this is the root mean square of the difference.
    Where edges are sharp it is large. H and W are even. Raises ValueError for another shape. Example:

    >>> ramp = torch.tensor([0.0, 0.2, 0.4, 0.6]).expand(1, 3, 4, 4)
    >>> fine_detail(ramp)
    tensor([0.1000])
    """
    expect.tensor("pictures", pictures, "(N, 3, H, W)")
    coarse = F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2)
    return (pictures - coarse).square().mean((1, 2, 3)).sqrt()


def colourful(pictures: Tensor) -> Tensor:
    """How far red, green and blue of a pixel are apart, on average over each picture, from 0 (grey) to 2: (N,).

    Raises ValueError for another shape. Example:

    >>> colourful(torch.tensor([1.0, 0.0, 0.5])[None, :, None, None].expand(1, 3, 4, 4))
    tensor([1.])
    """
    expect.tensor("pictures", pictures, "(N, 3, H, W)")
    return (pictures.amax(1) - pictures.amin(1)).mean((1, 2))


def apart(pictures: Tensor) -> float:
    """How far pictures of a set are from one another: the mean over all pairs of the root mean square difference.

    Raises ValueError where there are fewer than two. Example:

    >>> apart(torch.stack([torch.zeros(3, 4, 4), torch.ones(3, 4, 4)]))
    1.0
    """
    expect.tensor("pictures", pictures, "(N, 3, H, W)")
    if len(pictures) < 2:
        raise ValueError(f"expected at least two pictures; got {len(pictures)}")
    distances = torch.pdist(pictures.flatten(1).double()) / pictures[0].numel() ** 0.5
    return distances.mean().item()


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
