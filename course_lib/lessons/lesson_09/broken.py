"""Lesson 09, reverse diffusion: one thing broken at a time, with its pictures and their distance from the known faces.

Four networks come with the course, trained as `data/face-unets/prepare.py` does it, equally long, from the same start,
on the same faces: one that predicts v, one that never hears t, one without skips, and one that predicts the mean. What
else is broken is broken in the first, or in the loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from safetensors.torch import load
from torch import Tensor

from course_lib import expect, shipped
from course_lib.diffusion import x0_from
from course_lib.figures import Drawing, Shown, beside, picture_panel, show_pixels, stack, tile
from course_lib.lessons.lesson_09.faces import SIDE, nearest
from course_lib.lessons.lesson_09.network import FaceUNet
from course_lib.lessons.lesson_09.reverse import VISITED, alpha_bar_of, spread_of, step_back, walk_back
from course_lib.texts import tr

FOLDER = shipped.ROOT / "data" / "face-unets"
NETWORKS = {"whole": {}, "mean": {}, "without_time": {"hears_time": False}, "without_skips": {"skips": False}}
BREAKS = (
    "nothing is broken", "the mean predicted in place of v", "told t = 0 every time", "trained without t",
    "skips cut after training", "trained without skips", "alpha-bar shifted by one", "noise on the last step",
)  # fmt: skip
_PAINTER = {
    "told t = 0 every time": ("whole", {"hears_time": False}),
    "trained without t": ("without_time", {}),
    "skips cut after training": ("whole", {"skips": False}),
    "trained without skips": ("without_skips", {}),
}  # the network that paints, and what is taken out of it; in all other cases the whole one
_COUNT, _SHOWN = 64, 16


@cache
def open_network(name: str, **without) -> FaceUNet:
    """A trained network of NETWORKS, as it was trained or with something taken out of it.

    without : hears_time=False or skips=False, as in `FaceUNet`.

    Raises ValueError for another name or a damaged file, FileNotFoundError for a missing one.

    Example:

    >>> open_network("whole", skips=False).skips
    False
    """
    expect.known("network", name, NETWORKS)
    network = FaceUNet(**NETWORKS[name] | without)
    network.load_state_dict(shipped.read(FOLDER, f"{name}.safetensors", load))
    return network.eval().requires_grad_(False)


@cache
def paint_broken(broken: str, seed: int = 1) -> Tensor:
    """64 pictures (64, 3, 16, 16), painted with one of BREAKS. Raises ValueError for another one.

    Example:

    >>> paint_broken("nothing is broken").shape
    torch.Size([64, 3, 16, 16])
    """
    expect.known("way to break it", broken, BREAKS)
    if broken == "the mean predicted in place of v":
        return walk_back(_mean_itself, _COUNT, seed)
    name, without = _PAINTER.get(broken, ("whole", {}))
    move = _mover(open_network(name, **without), shifted="shifted" in broken)
    return walk_back(move, _COUNT, seed, noise_on_last="last step" in broken)


def _mover(network: Callable, shifted: bool) -> Callable:
    """A step of the walk with a network that predicts v; `shifted` takes every alpha-bar one visited step too early."""

    def move(x: Tensor, t: int, t_next: int | None, noise: Tensor) -> Tensor:
        v = network(x, torch.full((len(x),), float(t)))
        at, to = t, t_next
        if shifted:
            at, to = VISITED[max(0, VISITED.index(t) - 1)], t
        x0 = x0_from("v", v, x, alpha_bar_of(at))
        if t_next is None and not shifted:
            return x0 + (1 - alpha_bar_of(t)) ** 0.5 * noise  # 0, except where the last step has noise
        return step_back(x, x0, alpha_bar_of(at), alpha_bar_of(to), noise)

    return move


def _mean_itself(x: Tensor, t: int, t_next: int | None, noise: Tensor) -> Tensor:
    """A step of the walk with the network that predicts the mean of the next state."""
    return open_network("mean")(x, torch.full((len(x),), float(t))) + spread_of(t, t_next) * noise


def distance_from_faces(pictures: Tensor) -> float:
    """How far pictures (B, 3, 16, 16) are from their nearest known faces: the root of the mean square, averaged.

    Example:

    >>> round(distance_from_faces(nearest(torch.zeros(2, 3, 16, 16)) + 0.25), 3)
    0.25
    """
    wrong = (pictures - nearest(pictures)).double().square().mean(dim=(1, 2, 3))
    return wrong.sqrt().mean().item()


def draw_broken(broken: str) -> Drawing:
    """What is painted with one of BREAKS, and how far it is from the known faces. Raises ValueError for another one.

    Example:

    >>> draw_broken("trained without skips").pixels.shape[2]
    3
    """
    pictures = paint_broken(broken)
    number = distance_from_faces(pictures)
    panel = picture_panel(tile(pictures[:_SHOWN], columns=8, gap=1), 4 * (8 * SIDE + 7))
    said = tr("{broken}: the distance from known faces is {number}.")
    return Drawing(panel, said.format(broken=tr(broken).capitalize(), number=f"{number:.2f}"))


def show_all_broken(alt: str) -> Shown:
    """All of BREAKS on one sheet, each with its number.

    Example:

    >>> show_all_broken("Eight sheets of faces.")
    Figure: Eight sheets of faces.
    """
    panels = []
    for broken in BREAKS:
        number = distance_from_faces(paint_broken(broken))
        title = f"{tr(broken)}: {number:.2f}"
        panels.append(picture_panel(tile(paint_broken(broken)[:8], columns=4, gap=1), 5 * (4 * SIDE + 3), title))
    rows = [beside(*panels[start : start + 2], gap=24) for start in range(0, len(panels), 2)]
    return show_pixels(stack(*rows), alt)
