"""Inpainting: the right half of a picture is painted anew, and the seam between old and new is measured."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets.eight_bits import from_levels
from course_lib.datasets.scenes import SIZE, Scene, Thing, emoji_scene
from course_lib.figures import Shown, beside, picture_panel, show_pixels, stack, text_panel
from course_lib.lessons.lesson_16.running import CALLS, ODE, SDE, decoded, encoded
from course_lib.lessons.small_model import model
from course_lib.pipeline import inpaint
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

MIDDLE = SIZE // 2
SEEDS = 3
_TWO = (Thing("circle", "red", None, (18, 32), 26), Thing("square", "blue", None, (46, 32), 26))
# What to paint: the picture to begin with, and the words.
PAINTINGS = {
    "the same words": (emoji_scene("panda", "fluent", "blue"), "panda on a blue background, fluent style"),
    "other words": (
        Scene("pair", "a red circle left of a blue square", _TWO, "white", "left of"),
        "a red circle left of a yellow star",
    ),
}


def right_half() -> Tensor:
    """The mask, (64, 64), bool: True where the picture is painted anew.

    Example:

    >>> right_half().float().mean().item()
    0.5
    """
    return (torch.arange(SIZE) >= MIDDLE).expand(SIZE, SIZE).clone()


def to_repaint(which: str) -> Tensor:
    """The picture (3, 64, 64) to begin with. Raises ValueError for a name that is not in PAINTINGS.

    Example:

    >>> to_repaint("other words").shape
    torch.Size([3, 64, 64])
    """
    expect.known("painting", which, PAINTINGS)
    return PAINTINGS[which][0].draw()


@cache
def repainted(which: str, sampler: str) -> Tensor:
    """Three seeds of a painting with one row: (3, 3, 64, 64) in [-1, 1]. Raises ValueError for unknown names.

    Example:

    >>> repainted("other words", "dpmpp_2m").shape
    torch.Size([3, 3, 64, 64])
    """
    settings = {"sampler": sampler, "steps": CALLS, "seed": 1, "count": SEEDS}
    painted = inpaint(model(), to_repaint(which), right_half(), PAINTINGS[which][1], **settings)
    return from_levels(torch.from_numpy(painted.images).permute(0, 3, 1, 2))


def pasted(which: str) -> Tensor:
    """The given picture, its right half once through the autoencoder and no sampler: (1, 3, 64, 64) in [-1, 1].

    Raises ValueError for a name that is not in PAINTINGS. Example:

    >>> pasted("other words").shape
    torch.Size([1, 3, 64, 64])
    """
    given = to_repaint(which)[None]
    return torch.where(right_half(), decoded(encoded(given)).clamp(-1, 1), given)


def seam(pictures: Tensor) -> float:
    """How far the two pixels on either side of the mask's border are apart, on average, in levels of 255.

    pictures : (N, 3, 64, 64) in [-1, 1]. In the panda's drawing it is near 0: its two halves mirror each other.
    Raises ValueError for another shape. Example:

    >>> f"{seam(to_repaint('the same words')[None]):.0f}"
    '1'
    >>> seam(pasted("the same words")) > 3
    True
    """
    expect.tensor("pictures", pictures, "(N, 3, H, W)")
    return 127.5 * (pictures[..., MIDDLE] - pictures[..., MIDDLE - 1]).abs().mean().item()


def seams(which: str = "the same words") -> list[str]:
    """One line each: the seam of the given picture, of the autoencoder alone, and of both rows.

    Raises ValueError for a name that is not in PAINTINGS. Example:

    >>> len(seams())
    4
    """
    found = {tr("the given picture"): to_repaint(which)[None], tr("the autoencoder alone"): pasted(which)}
    found |= {SAMPLERS[sampler].label: repainted(which, sampler) for sampler in (ODE, SDE)}
    return [
        tr("{name:24s} seam {levels:>2s} of 255").format(name=name, levels=f"{seam(pictures):.0f}")
        for name, pictures in found.items()
    ]


def show_repainting() -> Shown:
    """The given pictures, and three seeds of each with both rows; a frame marks what is painted anew.

    Example:

    >>> show_repainting().width
    576
    """
    rows = []
    for which in PAINTINGS:
        for sampler in (ODE, SDE):
            panels = [picture_panel(to_repaint(which), 128, tr("given"), frame=(0, MIDDLE, SIZE, MIDDLE))]
            for number, picture in enumerate(repainted(which, sampler), start=1):
                panels.append(picture_panel(picture, 128, tr("seed {seed}").format(seed=number)))
            row = beside(*panels, gap=12)
            label = tr("{sampler}, {words}").format(sampler=SAMPLERS[sampler].label, words=tr(which))
            rows += [text_panel(label, row.shape[1]), row]
    return show_pixels(stack(*rows, gap=6), ALT_REPAINTED)


ALT_REPAINTED = (
    "Four rows, each a given picture, its right half framed, and three seeds. A panda on blue: in all six pictures "
    "the left half is the given one, the right half has an eye, an ear and blue ground, and a faint upright line "
    "shows where they meet. A red circle beside a blue square: the circle stays, and where the square was there is a "
    "yellow star."
)
