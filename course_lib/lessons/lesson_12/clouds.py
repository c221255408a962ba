"""Down and up again: a cloud goes down its exact paths, gets fresh noise, and is compared with the exact cloud."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, histogram_panel, settled, stack
from course_lib.figures.drawing import number_text, titled
from course_lib.lessons.plane.blobs import MEANS, SHARES, STDS, exact_path, noisy
from course_lib.lessons.plane.board import Plane, noise_colour
from course_lib.texts import tr

ALT_CLOUDS = (
    "A cloud that came down to level 0.5, over the glow of the exact cloud of level 1. Without fresh noise it is too "
    "narrow, in three lumps. With noise of 0.87 it covers the glow. With noise of 1.4 it reaches far beyond it."
)
LEVEL = 1.0  # where the cloud begins, and where it is to be again
_COUNT, _DRAWN, _FOLLOWED = 3000, 1200, 5


def down_and_up(sigma_to: float, sigma_up: float) -> tuple[Tensor, Tensor, Tensor]:
    """3000 particles at level 1, moved down to `sigma_to`, and then with `sigma_up` of fresh noise: (3000, 2) each.

    Raises ValueError where sigma_to is not from 0 to 1, or sigma_up is not from 0 to 2. Example:

    >>> before, low, after = down_and_up(0.5, 0.75**0.5)
    >>> [f"{cloud.std(dim=0).norm():.2f}" for cloud in (before, low, after)]
    ['2.19', '1.82', '2.21']
    """
    before, low, noise = _parts(round(expect.number("sigma_to", sigma_to, 0, LEVEL), 4))
    return before, low, low + expect.number("sigma_up", sigma_up, 0, 2) * noise


def draw_clouds(sigma_to: float, sigma_up: float) -> Drawing:
    """The three clouds, and the first coordinate of the last one beside the exact curve of level 1.

    Raises ValueError as `down_and_up` does. Example:

    >>> print(draw_clouds(0.5, 0.5).sentence)
    Down from 1 to 0.50, then up by noise of 0.50: the level is 0.71, below 1: too little noise.
    """
    clouds = down_and_up(sigma_to, sigma_up)
    reached = math.hypot(sigma_to, sigma_up)
    names = [tr("at level 1"), tr("down to {level}").format(level=number_text(sigma_to))]
    names.append(tr("noise of {noise} added").format(noise=number_text(sigma_up)))
    panels = [
        _panel(cloud, level, name) for cloud, level, name in zip(clouds, (LEVEL, sigma_to, reached), names, strict=True)
    ]
    histogram = histogram_panel(
        settled(clouds[2][:, 0]), 310, 230, _curve, (-4.5, 4.5), COLOURS["noise"], top=0.42, bins=24,
        title=tr("bars: this cloud; line: exact"),
    )  # fmt: skip
    words = {"low": number_text(sigma_to), "up": number_text(sigma_up), "level": number_text(reached)}
    said = _template(reached).format(**words)
    return Drawing(stack(beside(*panels[:2]), beside(panels[2], histogram)), said)


def cloud_strip(choices: list[float], sigma_to: float = 0.5) -> np.ndarray:
    """The last cloud for a few choices of noise, side by side, as pixels (H, W, 3) uint8.

    Example:

    >>> cloud_strip([0.0, 1.0]).shape
    (252, 636, 3)
    """
    panels = []
    for up in choices:
        level = math.hypot(sigma_to, up)
        title = tr("noise {noise}: level {level}").format(noise=number_text(up), level=number_text(level))
        panels.append(_panel(down_and_up(sigma_to, up)[2], level, title))
    return beside(*panels)


@cache
def _parts(sigma_to: float) -> tuple[Tensor, Tensor, Tensor]:
    before = noisy(_COUNT, LEVEL, seed=1204)
    low = exact_path(before, LEVEL, sigma_to, parts=8)[1][-1]
    noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(1205), dtype=torch.float64)
    return before, low, noise


def _panel(cloud: Tensor, level: float, title: str) -> np.ndarray:
    """A cloud over the glow that is right for level 1, half as large as the plane; five particles are followed."""
    plane = Plane(LEVEL, strength=0.5)
    plane.dots(cloud[_FOLLOWED:_DRAWN], noise_colour(level, 0.3), radius=2.2, alpha=0.55)
    plane.dots(cloud[:_FOLLOWED], COLOURS["ink"], radius=7.0, rim=True)
    return titled(plane.pixels(shrink=4), title)


def _template(reached: float) -> str:
    """The sentence about a cloud that has reached a level."""
    reached = round(reached, 2)
    if reached == LEVEL:
        return tr("Down from 1 to {low}, then up by noise of {up}: the level is {level}, as before: the right amount.")
    if reached < LEVEL:
        return tr("Down from 1 to {low}, then up by noise of {up}: the level is {level}, below 1: too little noise.")
    return tr("Down from 1 to {low}, then up by noise of {up}: the level is {level}, above 1: too much noise.")


def _curve(x: Tensor) -> Tensor:
    """The density of the first coordinate at level 1."""
    variance = STDS**2 + LEVEL**2
    heights = SHARES / (2 * math.pi * variance).sqrt()
    return (heights * torch.exp(-((x[:, None] - MEANS[:, 0]) ** 2) / (2 * variance))).sum(1)
