"""How fast a learner sees something: building the player, and one drawing of a live explorer."""

from __future__ import annotations

import math

import torch

from benchmarks.rows import Row, alternate
from course_lib.figures import beside, histogram_panel, picture_panel, show, subplots, tile
from course_lib.figures.style import png_bytes
from course_lib.samplers import steps
from course_lib.widgets import player

STEPS, BATCH, SIDE = 20, 16, 64


def _noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _normal(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _player_row() -> Row:
    x = 14.6 * _noise(BATCH, 3, SIDE, SIDE)
    run = list(steps("euler", lambda x, sigma: 0.5 * x / (1 + sigma), x, torch.linspace(14.6, 0, STEPS + 1)))
    times = alternate(
        lambda: player(run),
        lambda: [png_bytes(tile(batch)) for step in run for batch in (step.x, step.denoised)],
        repeats=3,
    )
    note = f"{STEPS} steps of {BATCH} pictures of {SIDE} pixels, 2 panes"
    return Row("player, built", times, "a PNG for every pane of every step", note)


def _drawing_row() -> Row:
    image = 0.5 * _noise(3, SIDE, SIDE)

    def ours():
        return beside(picture_panel(image, 256, "x"), histogram_panel(image, 320, 256, curve=_normal, title="values"))

    def matplotlib():
        fig, (left, right) = subplots(1, 2, width=6, height=2.8)
        left.imshow(image.clamp(-1, 1).add(1).div(2).permute(1, 2, 0))
        right.hist(image.flatten(), bins=64, range=(-4, 4), density=True)
        x = torch.linspace(-4, 4, 200)
        right.plot(x, _normal(x))
        return show(fig, "A picture and its histogram.")

    return Row("explorer, one drawing", alternate(ours, matplotlib, 15), "matplotlib to PNG", "picture and histogram")


def rows() -> list[Row]:
    """The rows of this file. What each lesson's explorer takes is measured in the browser.

    Example:

    >>> callable(rows)
    True
    """
    return [_player_row(), _drawing_row()]
