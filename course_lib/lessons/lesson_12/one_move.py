"""The one move, drawn: what a step aims at, how far it goes, and what fresh noise adds."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.plane.blobs import BLOBS, MEANS, STDS, circle, exact_path
from course_lib.samplers import steps
from course_lib.texts import tr

_X, _SIGMA, _NEXT = (1.95, -0.35), 1.0, 0.5
_KICK = (0.55, 0.95)  # of the noise in the third picture, chosen so that it can be seen


def one_move() -> Shown:
    """Three pictures of a step from level 1 to 0.5: Euler's target, Heun's target, and Euler's with fresh noise.

    Example:

    >>> one_move().width
    980
    """
    x = torch.tensor([_X], dtype=torch.float64)
    euler, heun = (next(steps(name, BLOBS, x, [_SIGMA, _NEXT, 0.0])) for name in ("euler", "heun"))
    noise = torch.tensor([_KICK], dtype=torch.float64)
    ancestral = next(steps("euler_ancestral", BLOBS, x, [_SIGMA, _NEXT, 0.0], noise_sampler=lambda *pair: noise))
    low = ancestral.target + _NEXT**2 / _SIGMA**2 * (x - ancestral.target)
    path = exact_path(x, _SIGMA, _NEXT)[1][:, 0]
    with subplots(1, 3, width=9.8, height=3.1) as (fig, axes):
        for axis in axes:
            _ground(axis, path)
        titles = (tr("aim at D, keep half"), tr("a better target, keep half"), tr("keep a quarter, add fresh noise"))
        for axis, step, title in zip(axes, (euler, heun, ancestral), titles, strict=True):
            reached = low if step is ancestral else step.x_next
            _walk(axis, step, reached)
            axis.set_title(title)
        _words(axes, euler, heun, ancestral, low)
    return show(fig, ALT)


ALT = (
    "Three pictures of one step from noise level 1 to 0.5, each with the exact path as a dashed curve. First: from x a "
    "thin line leads to the guess D, and the particle goes half of the way. Second: the same with a target beside D, "
    "and the particle ends nearer to the end of the exact path. Third: it goes three quarters of the way to D, and an "
    "arrow of fresh noise moves it sideways; a dotted circle has the noise's strength as its radius."
)


def _ground(axis, path: Tensor) -> None:
    for mean, std in zip(MEANS, STDS.tolist(), strict=True):
        for reach, alpha in ((2.0, 0.10), (1.0, 0.18)):
            axis.fill(*circle(mean, reach * std), color=COLOURS["signal"], alpha=alpha, linewidth=0)
    axis.plot(*path.T, color=COLOURS["target"], linestyle=(0, (3, 2)), linewidth=2.2)
    axis.plot(
        *path[-1], "o", markerfacecolor="none", markeredgecolor=COLOURS["target"], markersize=11, markeredgewidth=2
    )
    axis.set(xlim=(0.5, 2.2), ylim=(-0.72, 0.62), xticks=[], yticks=[], aspect="equal")
    axis.grid(False)
    axis.spines[:].set_visible(False)


def _walk(axis, step, reached: Tensor) -> None:
    start, target, end = step.x[0], step.target[0], reached[0]
    axis.plot(*torch.stack([start, target]).T, color=COLOURS["denoised"], linewidth=1.2)
    axis.plot(*torch.stack([start, end]).T, color=COLOURS["noise"], linewidth=3)
    axis.plot(*target, "s", color=COLOURS["denoised"], markersize=8)
    axis.plot(*start, "o", color=COLOURS["noise"], markersize=10)
    axis.plot(*end, "o", color=COLOURS["noise"], markersize=7)


def _words(axes, euler, heun, ancestral, low: Tensor) -> None:
    for axis in axes:
        _word(axis, euler.x, "x", (0, -20), COLOURS["noise"])
    _word(axes[0], euler.target, tr("D = target"), (-8, 12), COLOURS["denoised"], "center")
    _word(axes[1], heun.target, tr("target"), (-10, 12), COLOURS["denoised"], "center")
    axes[1].plot(*heun.denoised[0], "s", markerfacecolor="none", markeredgecolor=COLOURS["denoised"], markersize=8)
    _word(axes[1], heun.denoised, "D", (-10, -16), COLOURS["denoised"])
    _word(axes[0], euler.x_next, "x_next", (-34, -20), COLOURS["noise"])
    _word(axes[1], heun.x_next, "x_next", (-38, -20), COLOURS["noise"])
    axis, up = axes[2], math.sqrt(_NEXT**2 - (_NEXT**2 / _SIGMA) ** 2)
    _word(axis, ancestral.target, tr("D = target"), (-8, 12), COLOURS["denoised"], "center")
    axis.plot(*circle(low[0], up), color=COLOURS["noise"], linestyle=":", linewidth=1.5)
    arrow = {"arrowstyle": "-|>", "color": COLOURS["noise"], "lw": 2}
    axis.annotate("", ancestral.x_next[0].tolist(), low[0].tolist(), arrowprops=arrow)
    axis.plot(*ancestral.x_next[0], "o", color=COLOURS["noise"], markersize=9)
    _word(axis, ancestral.x_next, "x_next", (9, 2), COLOURS["noise"])


def _word(axis, x: Tensor, text: str, shift: tuple[int, int], colour: str, align: str = "left") -> None:
    look = {"color": colour, "fontsize": 11, "bbox": {"color": COLOURS["paper"], "pad": 0.5}}  # nothing runs through it
    axis.annotate(text, x[0].tolist(), xytext=shift, textcoords="offset points", ha=align, **look)
