"""All schedulers on one page: their levels, how dense their steps are, and which third of the way gets them."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, Shown, beside, show, stack, subplots, text_panel
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_15.chart import SIGMA_TICKS, Axis, Chart
from course_lib.lessons.lesson_15.scoring import CALLS, IDEAS, NAMES, TABLE, levels, thirds
from course_lib.lessons.lesson_15.scoring import density as steps_per_halving
from course_lib.lessons.plane.blobs import exact_path, noisy
from course_lib.lessons.plane.board import noise_colour
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr

TOP, LOW = 16.0, 0.026  # the ends of every axis of levels
DENSEST = 4.0  # steps per halving at the upper edge of the plot
_BORDERS = [TABLE.sigma_max ** (1 - k / 3) * TABLE.sigma_min ** (k / 3) for k in (1, 2)]
_SIDE = (-0.75, 0.66)  # the direction in which the plane is seen, so that the three blobs lie apart
FIRST = ("linear_quadratic", "normal", "karras", "exponential", "gits")  # the rows of the first picture


def draw_schedule(name: str, calls: int) -> Drawing:
    """A scheduler's levels in the order of the calls, all others pale behind them, and its density over the levels.

    Raises ValueError for an unknown name, and where the scheduler cannot make so many steps. Example:

    >>> print(draw_schedule("karras", 10).sentence)
    Karras, 10 calls: from 14.61 to 0.03, then 0. High noise gets 4, the middle 3, low noise 3.
    """
    expect.known("scheduler", name, SCHEDULERS)
    sigmas = levels(name, calls)
    words = dict(zip(("high", "middle", "low"), thirds(sigmas), strict=True))
    words |= {"name": SCHEDULERS[name].label, "calls": len(sigmas) - 1}
    words |= {"first": number_text(sigmas[0].item()), "last": number_text(sigmas[-2].item())}
    said = tr(
        "{name}, {calls} calls: from {first} to {last}, then 0. High noise gets {high}, the middle {middle}, "
        "low noise {low}."
    )
    panels = beside(_values(name, sigmas, calls), _density(sigmas), gap=10)
    idea = next(idea for idea, names in IDEAS.items() if name in names)
    return Drawing(stack(panels, text_panel(tr(idea), 400), gap=4), said.format(**words))


def _values(name: str, sigmas: Tensor, calls: int) -> np.ndarray:
    """Levels against the share of the way in calls, so that lists of other lengths fit on it."""
    chart = Chart(390, 300, Axis(0, 1, ()), Axis(LOW, TOP, SIGMA_TICKS, log=True))
    for other in NAMES:
        if other != name and (values := _or_none(other, calls)) is not None:
            chart.line(*_way(values), COLOURS["ink"], 1, alpha=0.16)
    for border in _BORDERS:
        chart.line([0, 1], [border, border], COLOURS["target"], 1.5, alpha=0.7)
    chart.line(*_way(sigmas), COLOURS["noise"], 2.5)
    chart.dots(*_way(sigmas), COLOURS["noise"], 4, rim=True)
    return chart.pixels(tr("noise level σ at each call"), tr("first call to last"))


def _density(sigmas: Tensor) -> np.ndarray:
    chart = Chart(390, 300, Axis(TOP, LOW, SIGMA_TICKS, log=True), Axis(0, DENSEST, (0, 1, 2, 3, 4)))
    steps = steps_per_halving(sigmas)
    x = [value for high, low, _ in steps for value in (high, low)]
    y = [min(per, DENSEST) for _, _, per in steps for _ in range(2)]
    if steps:
        chart.area(x, y, COLOURS["noise"], 0.3)
        chart.line(x, y, COLOURS["noise"], 2)
    for border in _BORDERS:
        chart.line([border, border], [0, DENSEST], COLOURS["target"], 1.5, alpha=0.7)
    chart.dots(sigmas[:-1], torch.zeros(len(sigmas) - 1), COLOURS["noise"], 4, rim=True)
    most = max((per for *_, per in steps), default=0.0)
    if most > DENSEST:
        chart.word(TOP, DENSEST, tr("up to {most}").format(most=number_text(most, 0)), shift=(46, 8))
    return chart.pixels(tr("steps per halving, over the noise level"))


def _way(sigmas: Tensor) -> tuple[np.ndarray, np.ndarray]:
    above = sigmas[:-1].numpy()
    return np.linspace(0, 1, max(len(above), 2))[: len(above)], above


@cache
def _or_none(name: str, calls: int) -> Tensor | None:
    """The levels, or None where the scheduler cannot make so many."""
    try:
        return levels(name, calls)
    except ValueError:
        return None


def whole_page(calls: int = CALLS) -> Shown:
    """Every scheduler as a row of beads over the noise level, in three groups, with the calls of each third.

    Example:

    >>> whole_page().width
    900
    """
    rows = [(idea, name) for idea, names in IDEAS.items() for name in names]
    with subplots(width=9.0, height=5.6) as (fig, axis):
        heights, y, last = [], 0.0, None
        for idea, name in rows:
            y -= 1.9 if idea != last else 1.0
            if idea != last:
                axis.text(TOP, y + 0.85, tr(idea), fontsize=10, weight="bold", va="center")
            last = idea
            heights.append(y)
            sigmas = levels(name, calls)
            _beads(axis, y, SCHEDULERS[name].label, sigmas)
            axis.text(0.0245, y, "   ".join(map(str, thirds(sigmas))), va="center", fontsize=10)
        for border in _BORDERS:
            axis.axvline(border, color=COLOURS["target"], linewidth=1.5)
        axis.set(xscale="log", xlim=(TOP * 1.1, LOW), ylim=(y - 0.8, 0.4), xlabel=tr("noise level σ"), yticks=[])
        axis.set_title(tr("ten calls each; right: how many in each third"), loc="right")
        _sigma_ticks(axis)
    return show(fig, ALT_PAGE)


ALT_PAGE = (
    "Fourteen rows of ten beads over the noise level, high on the left, with two upright lines that cut the way into "
    "thirds. Rows that pick timesteps put nearly all beads into the first two thirds. Karras and exponential spread "
    "theirs over all three. Linear quadratic puts all ten into the first. The published tables put most into the "
    "first two, with five of ten in the middle for GITS and AYS."
)


def ladder() -> Shown:
    """The exact paths of the blobs from high noise on the left to the data on the right; below, five rows of beads.

    Example:

    >>> ladder().width
    900
    """
    from course_lib.lessons.lesson_15.scoring import score  # measured only where it is shown

    sigmas, states = exact_path(noisy(300, TOP, seed=6), TOP, LOW, parts=96)
    seen = (states / (1 + sigmas**2).sqrt()[:, None, None]).numpy()
    height = seen @ np.array(_SIDE)
    with subplots(2, 1, width=9.0, height=5.4) as (fig, (paths, rows)):
        paths.get_gridspec().set_height_ratios([3, 2])
        for row in range(len(sigmas) - 1):
            ends = height[row : row + 2]
            broken = np.vstack([ends, np.full(ends.shape[1], np.nan)]).T.ravel()
            at = np.tile([*sigmas[row : row + 2].tolist(), np.nan], ends.shape[1])
            pale = (np.array(noise_colour(sigmas[row].item())) + 110) / 365
            paths.plot(at, broken, color=pale, linewidth=0.7)
        paths.set(xscale="log", xlim=(TOP * 1.05, LOW), xticks=[], yticks=[])
        paths.minorticks_off()
        paths.set_title(tr("exact paths, from noise (left) to the three blobs (right)"))
        for place, name in enumerate(FIRST):
            sigmas = levels(name)
            _beads(rows, -place, SCHEDULERS[name].label, sigmas)
            rows.text(0.0245, -place, f"{score(sigmas):.2f}", va="center")
        rows.set(xscale="log", xlim=(TOP * 1.05, LOW), ylim=(-len(FIRST) + 0.4, 0.7), yticks=[])
        rows.set(xlabel=tr("noise level σ"))
        rows.set_title(tr("error"), loc="right", fontsize=10)
        rows.set_title(tr("ten calls each, and how far off Euler ends"))
        _sigma_ticks(rows)
    return show(fig, ALT_LADDER)


ALT_LADDER = (
    "Above: three hundred paths run from left to right. From noise level 15 to about 5 they run side by side; between "
    "5 and 0.3 they turn and part into three strands; then they run straight into the blobs. Below: five rows of ten "
    "beads. Linear quadratic crowds all its beads at the left, where nothing turns, and its error is 1.19. Normal, "
    "Karras and exponential have errors of 0.12. GITS puts most beads where the paths turn and has the smallest error, "
    "0.08."
)


def _beads(axis, y: float, label: str, sigmas: Tensor) -> None:
    above = sigmas[:-1].tolist()
    axis.plot([above[0], above[-1]], [y, y], color=COLOURS["grid"], linewidth=1.5, zorder=1)
    colours = [np.array(noise_colour(sigma)) / 255 for sigma in above]
    axis.scatter(above, [y] * len(above), s=48, c=colours, zorder=2, edgecolors=COLOURS["paper"], linewidths=0.8)
    axis.annotate(label, (0, y), xycoords=("axes fraction", "data"), xytext=(-6, 0), textcoords="offset points",
                  ha="right", va="center")  # fmt: skip


def _sigma_ticks(axis) -> None:
    axis.set_xticks(SIGMA_TICKS, [f"{tick:g}" for tick in SIGMA_TICKS])
    axis.minorticks_off()
    axis.grid(axis="y", visible=False)
