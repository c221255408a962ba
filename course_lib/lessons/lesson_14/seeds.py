"""One start and two hundred seeds: where they end for an eta, beside all clean points that could have become it."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, stack
from course_lib.figures.drawing import number_text, titled
from course_lib.lessons.plane.blobs import BLOBS, MEANS, START, STDS, circle, exact_path, levels, owner
from course_lib.lessons.plane.board import Plane, cell, noise_colour, place
from course_lib.lessons.plane.walking import Walk, walk
from course_lib.texts import ngettext, tr

EXAMPLE = (1.5, 3.5)  # the start of the page's examples, at level 3
SEEDS = 200
ALT_SEEDS = (
    "Two hundred seeds from one start, for four values of eta. With 0 all end at one point of the upper blob. With 0.3 "
    "the cloud lies in the upper blob, with a few dots in the left one. With 0.6 a quarter are in the left blob. With "
    "1 they fill the rings of the exact answer in all three blobs."
)


def posterior(x: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor]:
    """The clean points that could have become x (1, 2) at level sigma: shares (3,), means (3, 2), stds (3,) of blobs.

    Each blob, multiplied by how probable x is from each of its points, is a round Gaussian again (Bayes' rule).

    Example:

    >>> import torch
    >>> [part.round(decimals=2).tolist() for part in posterior(torch.tensor([EXAMPLE], dtype=torch.float64), 3.0)[::2]]
    [[0.41, 0.5, 0.09], [0.35, 0.25, 0.49]]
    """
    variance = STDS**2 + sigma**2
    means = (STDS[:, None] ** 2 * x + sigma**2 * MEANS) / variance[:, None]
    return BLOBS.responsibilities(x, sigma)[0], means, STDS * sigma / variance.sqrt()


def seeds_from(x: Tensor, eta: float, steps: int, seeds: int = SEEDS) -> Walk:
    """Walk the one start x (1, 2) from level 3 to 0 with Euler ancestral, once a seed: states (steps + 1, seeds, 2).

    Raises ValueError where eta is not from 0 to 1, or a number is not whole. Example:

    >>> import torch
    >>> ends = seeds_from(torch.tensor([EXAMPLE], dtype=torch.float64), 0.0, 5).states[-1]
    >>> bool((ends == ends[0]).all())
    True
    """
    many = x.expand(expect.whole("seeds", seeds), 2).contiguous()
    return walk("euler_ancestral", many, levels(steps), eta=expect.number("eta", eta, 0, 1))


def counts_of(x: Tensor) -> list[int]:
    """How many clean points x (B, 2) lie in the blobs left, upper and lower.

    Example:

    >>> counts_of(MEANS)
    [1, 1, 1]
    """
    return [int((owner(x) == blob).sum()) for blob in range(3)]


def draw_seeds(eta: float, steps: int, row: int, column: int, shrink: int = 2) -> Drawing:
    """Two hundred seeds from the cell of the cursor at level 3, over rings of the exact answer for eta = 1.

    shrink : 2 draws 460 x 620 pixels, 3 two thirds of it. Raises ValueError where eta is not from 0 to 1.

    Example:

    >>> print(draw_seeds(0.0, 20, *cell(*EXAMPLE)).sentence)
    eta 0, 20 steps: without fresh noise all 200 seeds end at one point, in the upper blob.
    """
    x = place(row, column)
    way = seeds_from(x, eta, steps)
    shares, means, stds = posterior(x, START)
    plane = Plane(0.0, strength=0.25)
    for share, mean, std in zip(shares.tolist(), means, stds.tolist(), strict=True):
        for reach in (1.0, 2.0):
            plane.line(circle(mean, reach * std).T, COLOURS["target"], width=2.0, alpha=0.25 + 0.75 * min(1.0, share))
    for seed in range(0, SEEDS, 5):
        plane.line(way.states[:, seed], COLOURS["noise"], width=1.0, alpha=0.2 if eta else 1.0)
    plane.line(exact_path(x, parts=16)[1][:, 0], COLOURS["ink"], width=2.5, dashed=True)
    plane.dots(way.states[-1], noise_colour(0.3, darker=0.35), radius=2.6, alpha=0.8)
    plane.dots(x, COLOURS["noise"], radius=6.0, rim=True)
    return Drawing(plane.pixels(shrink), _said(eta, steps, way.states[-1], shares))


def seeds_sheet(etas: tuple[float, ...] = (0.0, 0.3, 0.6, 1.0), steps: int = 40) -> np.ndarray:
    """The example's start for four values of eta, two by two, as pixels (H, W, 3) uint8.

    Example:

    >>> seeds_sheet(steps=5).shape
    (670, 844, 3)
    """
    panels = []
    for eta in etas:
        drawing = draw_seeds(eta, steps, *cell(*EXAMPLE), shrink=3)
        panels.append(titled(drawing.pixels, tr("eta = {eta}").format(eta=number_text(eta))))
    return stack(beside(*panels[:2]), beside(*panels[2:]))


def _said(eta: float, steps: int, ends: Tensor, shares: Tensor) -> str:
    taken = ngettext("{count} step", "{count} steps", steps).format(count=steps)
    counts = counts_of(ends)
    words = {"eta": number_text(eta), "steps": taken, "seeds": SEEDS}
    if eta == 0:
        where = (tr("left"), tr("upper"), tr("lower"))[counts.index(SEEDS)]
        says = tr("eta {eta}, {steps}: without fresh noise all {seeds} seeds end at one point, in the {blob} blob.")
        return says.format(blob=where, **words)
    words |= {"counts": ", ".join(map(str, counts))}
    words |= {"exact": ", ".join(str(round(SEEDS * share)) for share in shares.tolist())}
    says = tr(
        "eta {eta}, {steps}: of {seeds} seeds, {counts} end in the blobs left, upper, lower. "
        "The exact answer for eta = 1 is {exact}."
    )
    return says.format(**words)
