"""How near a painted emoji is to its artwork: the best PSNR over the artwork's sizes and shifts.

The artwork is laid on the background that was painted, the colour of the palette that is nearest to the picture's
border, so that a background that the caption leaves open costs nothing.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.datasets.scenes import COLOURS, FULL, SIZE, Scene, Thing
from course_lib.training.reading import PALETTE

SIZES = range(FULL - 6, FULL + 5, 2)
ROOM = 4  # pixels of shift in each direction


@lru_cache(8)
def _layers(name: str, style: str) -> tuple[Tensor, Tensor]:
    """The artwork at all sizes and shifts, in 0..1: opacity times colour (N, 3, 64, 64), and opacity (N, 1, 64, 64)."""
    black, white = (torch.tensor(COLOURS[name])[:, None, None] / 255 for name in ("black", "white"))
    views = []
    for size in SIZES:
        thing = Thing(name, None, style, (SIZE // 2, SIZE // 2), size)
        on_black, on_white = ((Scene("emoji", "", (thing,), ground).draw() + 1) / 2 for ground in ("black", "white"))
        through = ((on_white - on_black) / (white - black)).mean(0, keepdim=True)
        layers = F.pad(torch.cat([on_black - through * black, 1 - through]), [ROOM] * 4)
        windows = layers.unfold(1, SIZE, 1).unfold(2, SIZE, 1)  # (4, shifts, shifts, 64, 64)
        views.append(windows.flatten(1, 2).transpose(0, 1))
    views = torch.cat(views)
    return views[:, :3], views[:, 3:]


def likeness(picture: Tensor, name: str, style: str) -> float:
    """dB, 1 being the range of a pixel's values. picture : (3, 64, 64) in [-1, 1]."""
    pixels = (picture + 1) / 2
    colours, opacity = _layers(name, style)
    drawn = colours + (1 - opacity) * background(pixels)
    return -10 * (drawn - pixels).square().mean((1, 2, 3)).min().log10().item()


def background(pixels: Tensor) -> Tensor:
    """The colour of the palette (3, 1, 1) that is nearest to the median of the border; all in 0..1."""
    border = torch.cat([pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]], 1).median(1).values
    palette = torch.from_numpy(PALETTE).float() / 255
    return palette[(palette - border).square().sum(1).argmin()][:, None, None]


def median_likeness(pictures: Tensor, things: list[Thing]) -> dict[str, float]:
    """The median over the pictures (N, 3, 64, 64): "likeness" of all, and "likeness, STYLE" of each style."""
    found: dict[str, list[float]] = {"likeness": []}
    for picture, thing in zip(pictures, things, strict=True):
        near = likeness(picture, thing.name, thing.style)
        for which in ("likeness", f"likeness, {thing.style}"):
            found.setdefault(which, []).append(near)
    return {which: torch.tensor(values).median().item() for which, values in found.items()}


def nearer_style(pictures: Tensor, things: list[Thing], styles: tuple[str, ...]) -> float:
    """The share of pictures (N, 3, 64, 64) that are nearer to the artwork in their own style than in the other ones."""
    return sum(
        thing.style == max(styles, key=lambda style: likeness(picture, thing.name, style))
        for picture, thing in zip(pictures, things, strict=True)
    ) / len(things)
