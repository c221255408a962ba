"""The lesson's first picture: from one noisy point, a path without fresh noise, and two hundred with it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.lesson_14.seeds import EXAMPLE, posterior
from course_lib.lessons.plane.blobs import START, levels
from course_lib.lessons.plane.board import noise_colour
from course_lib.lessons.plane.walking import walk
from course_lib.texts import tr

_SIDE = torch.tensor([0.3, 0.95], dtype=torch.float64)  # from here the three blobs lie apart
_STEPS, _SEEDS, _TOGETHER = 90, 200, 20
_ETAS = (0.0, 0.4, 1.0)
_BARS = 0.75  # how long a bar of density 1 is


def fan() -> Shown:
    """One start at level 3, and where two hundred seeds lead from it: for eta 0, 0.4 and 1, seen from the side.

    Example:

    >>> fan().width
    980
    """
    start = torch.tensor([EXAMPLE], dtype=torch.float64).expand(_SEEDS, 2).contiguous()
    sigmas = levels(_STEPS)
    along = np.arcsinh(sigmas.numpy() / 0.3)
    with subplots(1, 3, width=9.8, height=4.3) as (fig, axes):
        titles = (tr("no fresh noise: eta 0"), tr("a little: eta 0.4"), tr("all of it: eta 1"))
        for axis, eta, title in zip(axes, _ETAS, titles, strict=True):
            states = walk("euler_ancestral", start, sigmas, eta=eta).states
            seen = ((states @ _SIDE) / (1 + sigmas**2).sqrt()[:, None]).numpy()
            _paths(axis, along, seen, sigmas, thin=eta > 0)
            axis.set_title(title)
            ticks = (3, 1, 0.3, 0.1, 0)
            axis.set_xticks(np.arcsinh(np.array(ticks) / 0.3), [f"{tick:g}" for tick in ticks])
            axis.set(xlim=(along[0] + 0.1, -1.55), ylim=(-3.2, 3.9), yticks=[], xlabel=tr("noise level"))
            axis.grid(False)
            axis.spines["left"].set_visible(False)
        _exact(axes[2])
    return show(fig, ALT)


ALT = (
    "Three pictures of paths from the same noisy point at level 3, on the left, to level 0, on the right. Without "
    "fresh noise there is one line, to one place. With eta 0.4 two hundred trembling lines fan out, most of them to "
    "the upper blob and some to the left one. With eta 1 they fan out to all three blobs, and the bars of where they "
    "end fill the curve of the exact answer."
)


def _paths(axis, along: np.ndarray, seen: np.ndarray, sigmas: Tensor, thin: bool) -> None:
    for row in range(len(along) - 1):
        colour = np.array(noise_colour(sigmas[row].item())) / 255
        for first in range(0, _SEEDS if thin else 1, _TOGETHER):
            many = seen[row : row + 2, first : first + (_TOGETHER if thin else 1)]
            gaps = np.vstack([many, np.full(many.shape[1], np.nan)]).T.ravel()
            where = np.tile([along[row], along[row + 1], np.nan], many.shape[1])
            axis.plot(where, gaps, color=colour, linewidth=0.6 if thin else 2.5, alpha=0.45 if thin else 1)
    axis.plot(along[0], seen[0, 0], "o", color=COLOURS["noise"], markersize=9)
    if thin:
        counts, edges = np.histogram(seen[-1], bins=36, range=(-3.2, 2.6))
        density = counts / _SEEDS / (edges[1] - edges[0])
        axis.barh(
            edges[:-1], -_BARS * density, np.diff(edges), left=-0.08, align="edge", color=COLOURS["signal"], alpha=0.55
        )
    else:
        axis.plot(along[-1], seen[-1, 0], "o", color=COLOURS["signal"], markersize=9)


def _exact(axis) -> None:
    """How densely the clean points lie that could have become the start, seen from the side."""
    shares, means, stds = posterior(torch.tensor([EXAMPLE], dtype=torch.float64), START)
    height = torch.linspace(-3.2, 2.6, 200, dtype=torch.float64)
    middles, widths = means @ _SIDE, stds * _SIDE.norm()
    bells = torch.exp(-((height[:, None] - middles) ** 2) / (2 * widths**2)) / (math.sqrt(2 * math.pi) * widths)
    axis.plot(-0.08 - _BARS * (bells * shares).sum(1).numpy(), height.numpy(), color=COLOURS["target"], linewidth=2.2)
    for middle, name in zip(middles.tolist(), (tr("left"), tr("upper"), tr("lower")), strict=True):
        axis.text(-1.5, middle, name, fontsize=10, ha="right", va="center")
    axis.text(-0.2, -2.9, tr("line: exact"), color=COLOURS["target"], fontsize=10, ha="left")
