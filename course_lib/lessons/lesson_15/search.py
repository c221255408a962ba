"""GITS, searched on the exact denoiser: what each jump costs, and the cheapest way with so many jumps."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside
from course_lib.figures.drawing import blend, number_text
from course_lib.lessons.lesson_15.chart import SIGMA_TICKS, Axis, Chart
from course_lib.lessons.lesson_15.page import LOW, TOP
from course_lib.lessons.lesson_15.scoring import CALLS, TABLE, levels, score
from course_lib.lessons.plane.blobs import BLOBS, noisy
from course_lib.samplers import Step, steps
from course_lib.schedulers import jump_costs, make_sigmas, search_gits
from course_lib.texts import tr

_PARTICLES, _SEED, _FINE = 100, 1503, 60
_GRID = _FINE + 1  # levels of the fine run


@cache
def teacher() -> list[Step]:
    """A fine run on the three blobs, 60 steps by iPNDM, from which a search learns: other particles than the score's.

    Example:

    >>> len(teacher()), tuple(teacher()[0].x.shape)
    (60, (100, 2))
    """
    x = noisy(_PARTICLES, TABLE.sigma_max, seed=_SEED)
    return list(steps("ipndm", BLOBS, x, make_sigmas("karras", _FINE, TABLE)))


@cache
def found(coefficient: float, calls: int = CALLS) -> Tensor:
    """The levels that the search takes, by the distance of landings from the fine run's states: (calls + 1,), float64.

    coefficient : in [0.8, 1.5]; above 1 errors late on the way count more. Raises ValueError outside. Example:

    >>> found(1.1)[:3]
    tensor([14.6146,  3.6569,  1.9619], dtype=torch.float64)
    """
    expect.number("coefficient", coefficient, 0.8, 1.5)
    return search_gits(teacher(), calls, coefficient=coefficient, distance="l2")


def draw_search(coefficient: float) -> Drawing:
    """The map of jumps with the cheapest way over it, and the levels that it gives, beside the published ones.

    Raises ValueError for a coefficient outside [0.8, 1.5]. Example:

    >>> print(draw_search(1.1).sentence)
    With coefficient 1.10 the search finds ten calls whose error is 0.081. The published GITS levels: 0.082.
    """
    coefficient = round(coefficient, 3)
    sigmas, published = found(coefficient), levels("gits")
    words = {"coefficient": f"{coefficient:.2f}", "error": number_text(score(sigmas), 3)}
    words["published"] = number_text(score(published), 3)
    said = tr(
        "With coefficient {coefficient} the search finds ten calls whose error is {error}. "
        "The published GITS levels: {published}."
    )
    return Drawing(beside(_map(sigmas), _lists(sigmas, published), gap=18), said.format(**words))


def _map(sigmas: Tensor) -> np.ndarray:
    """Every jump as a square, from the level across to the level down, darker where it lands further off."""
    side = 5 * _GRID
    chart = Chart(side + 52, side + 34, *[Axis(0, _GRID, ())] * 2, (40, 10, 12, 24))
    chart.picture(_squares().resize((2 * side, 2 * side), Image.Resampling.NEAREST))
    fine = torch.tensor([step.sigma for step in teacher()] + [0.0], dtype=torch.float64)
    visited = [int((fine - sigma).abs().argmin()) for sigma in sigmas]
    for level in SIGMA_TICKS:
        at = int((fine - level).abs().argmin()) + 0.5
        chart.word(0, _GRID - at, f"{level:g}", anchor="rm", shift=(-6, 0), size=11)
        chart.word(at, 0, f"{level:g}", anchor="mt", shift=(0, 5), size=11)
    for start, end in zip(visited[:-1], visited[1:], strict=True):
        x, y = [start + 0.5, end + 0.5, end + 0.5], [_GRID - start - 0.5, _GRID - start - 0.5, _GRID - end - 0.5]
        chart.line(x, y, COLOURS["noise"], 1.5)
        chart.dots([end + 0.5], [_GRID - start - 0.5], COLOURS["noise"], 4.5, rim=True)
    return chart.pixels(tr("a jump: from the row's level to the column's"))


@cache
def _squares() -> Image.Image:
    """The costs as colours, one pixel for each jump; white where there is none."""
    costs = jump_costs(teacher(), "l2")
    dark = (costs / 0.5).clamp(0, 1).sqrt().nan_to_num(posinf=0.0)
    paper, ink = (np.array(blend(COLOURS[name], COLOURS[name], 0)) for name in ("paper", "signal"))
    shares = dark.numpy()[..., None]
    colours = (1 - shares) * paper + shares * ink
    no_jump = costs.isinf().numpy()
    colours[no_jump] = 255
    return Image.fromarray(colours.round().astype(np.uint8))


def _lists(sigmas: Tensor, published: Tensor) -> np.ndarray:
    chart = Chart(360, 339, Axis(1, CALLS, tuple(range(1, CALLS + 1))), Axis(LOW, TOP, SIGMA_TICKS, log=True))
    calls = np.arange(1, CALLS + 1)
    for values, colour, radius in ((published, "signal", 3.5), (sigmas, "noise", 5)):
        above = values[:-1].numpy()
        chart.line(calls, above, COLOURS[colour], 2)
        chart.dots(calls, above, COLOURS[colour], radius, rim=True)
    chart.word(1, LOW, tr("orange: found now"), COLOURS["noise"], anchor="lm", shift=(10, -34))
    chart.word(1, LOW, tr("blue: published GITS"), COLOURS["signal"], anchor="lm", shift=(10, -16))
    return chart.pixels(tr("noise level σ at each call"))
