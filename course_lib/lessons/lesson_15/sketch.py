"""A schedule that the reader draws, by dragging its points or with the arrow keys, and that is scored at once."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_15.bend import prices
from course_lib.lessons.lesson_15.chart import SIGMA_TICKS, Axis, Chart
from course_lib.lessons.lesson_15.scoring import CALLS, NAMES, TABLE, levels, score, scores
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import ngettext, tr

ROWS, COLUMNS = 73, CALLS  # a row is one noise level, a column one call
_CELL, _HIGH = 38, 5  # pixels of a cell
_MARGINS = (38, 12, 8, 24)
_EVERY = math.log(TABLE.sigma_max / TABLE.sigma_min) / (ROWS - 1)


def level_of(row: int) -> float:
    """The noise level of a row: 14.61 in row 0, 0.03 in the last one, each row 8 % lower.

    Example:

    >>> [f"{level_of(row):.2f}" for row in (0, 1, ROWS - 1)]
    ['14.61', '13.41', '0.03']
    """
    return TABLE.sigma_max * math.exp(-_EVERY * row)


def row_of(sigma: float) -> int:
    """The row whose level is nearest to sigma.

    Example:

    >>> row_of(14.6), row_of(level_of(30))
    (0, 30)
    """
    return min(max(round(math.log(TABLE.sigma_max / sigma) / _EVERY), 0), ROWS - 1)


class Sketch:
    """Ten levels on a canvas of rows; `draw` moves one of them to the cursor, and keeps the others out of its way.

    begin : the scheduler whose levels it starts from. The first point stays at the top, where the noise begins, and
    0 follows the last one. A point that would make the levels rise or repeat pushes its neighbours, which is drawn and
    said; one that leaves no room for them stops before.

    Example:

    >>> sketch = Sketch("karras")
    >>> sketch.move(sketch.rows[2], 3)
    ['Point 3 was in the way and was pushed on: levels must fall.']
    """

    def __init__(self, begin: str = "exponential"):
        self.begin(begin)

    def begin(self, name: str) -> None:
        """Take the levels of a scheduler, each in the nearest row, and choose a point in the middle.

        Raises ValueError for an unknown name. Example:

        >>> sketch = Sketch()
        >>> sketch.begin("gits")
        >>> [round(sigma, 1) for sigma in sketch.sigmas.tolist()][:3]
        [14.6, 5.7, 2.8]
        """
        expect.known("scheduler", name, SCHEDULERS)
        self.name, self.rows, self.chosen, self.moved = name, [row_of(s) for s in levels(name)[:-1].tolist()], 4, {}
        self.rows[0] = 0
        self._make_room(0)

    @property
    def sigmas(self) -> Tensor:
        """The levels that are drawn, with the 0 at the end: (11,), float64."""
        return torch.tensor([*map(level_of, self.rows), 0.0], dtype=torch.float64)

    @property
    def cell(self) -> tuple[int, int]:
        """The row and column of the chosen point."""
        return self.rows[self.chosen], self.chosen

    def move(self, row: int, column: int) -> list[str]:
        """Choose the point of a column, and put it into a row; what was in its way is said.

        A step to the side within a row, as an arrow key makes it, only chooses. Raises ValueError for a cell that is
        not on the canvas. Example:

        >>> Sketch("exponential").move(10, 0)
        ['Point 1 stays at 14.61: the noise begins there.']
        """
        expect.number("row", row, 0, ROWS - 1), expect.number("column", column, 0, COLUMNS - 1)
        sideways = row == self.rows[self.chosen] and abs(column - self.chosen) == 1
        self.chosen, self.moved = column, {}
        if sideways or row == self.rows[column]:
            return []
        if column == 0:
            return [tr("Point 1 stays at {level}: the noise begins there.").format(level=number_text(level_of(0)))]
        before, room = list(self.rows), (column, ROWS - COLUMNS + column)
        self.rows[column] = min(max(row, room[0]), room[1])
        self._make_room(column)
        self.moved = {at: old for at, old in enumerate(before) if at != column and old != self.rows[at]}
        return [*self._stopped(row, column), *self._pushed()]

    def _make_room(self, kept: int) -> None:
        for at in range(kept - 1, -1, -1):
            self.rows[at] = min(self.rows[at], self.rows[at + 1] - 1)
        for at in range(kept + 1, COLUMNS):
            self.rows[at] = max(self.rows[at], self.rows[at - 1] + 1)
        for at in range(COLUMNS - 1, kept, -1):
            self.rows[at] = min(self.rows[at], ROWS - COLUMNS + at)

    def _stopped(self, row: int, column: int) -> list[str]:
        if row == self.rows[column]:
            return []
        stops = tr("Point {point} stops at {level}: beyond it there is no room for the other levels.")
        return [stops.format(point=column + 1, level=number_text(level_of(self.rows[column])))]

    def _pushed(self) -> list[str]:
        if not self.moved:
            return []
        says = ngettext(
            "Point {points} was in the way and was pushed on: levels must fall.",
            "Points {points} were in the way and were pushed on: levels must fall.",
            len(self.moved),
        )
        return [says.format(points=", ".join(str(at + 1) for at in self.moved))]

    def draw(self, begin: str, sampler: str, row: int, column: int) -> Drawing:
        """The drawing for the controls and the cursor: the schedule, and its error beside all schedulers' errors.

        Raises ValueError for an unknown scheduler or sampler. Example:

        >>> sketch = Sketch("gits")
        >>> print(sketch.draw("gits", "euler", *sketch.cell).sentence)
        Point 5 of 10 at level 1.10. Ten calls of Euler end 0.081 from the exact paths. None of 14 schedulers is better.
        """
        said = []
        if begin != self.name:
            self.begin(begin)
        else:
            said = self.move(row, column)
        mine = round(score(self.sigmas, sampler), 3)
        better = sum(round(other, 3) < mine for other in scores(sampler).values())
        point = tr("Point {point} of {points} at level {level}.")
        level = number_text(level_of(self.rows[self.chosen]))
        said.append(point.format(point=self.chosen + 1, points=CALLS, level=level))
        ends = tr("Ten calls of {sampler} end {error} from the exact paths.")
        said.append(ends.format(sampler=sampler_label(sampler), error=number_text(mine, 3)))
        said.append(_place(better))
        canvas, grid = self._canvas()
        return Drawing(beside(canvas, league(mine, sampler), gap=12), " ".join(said), grid, self.cell)

    def _canvas(self) -> tuple[np.ndarray, tuple[int, int, int, int]]:
        """The points on their canvas, and where in the drawing the cells lie."""
        left, top, right, bottom = _MARGINS
        width, height = COLUMNS * _CELL, ROWS * _HIGH
        half = math.exp(_EVERY / 2)
        down = Axis(TABLE.sigma_min / half, TABLE.sigma_max * half, SIGMA_TICKS, log=True)
        across = Axis(0.5, COLUMNS + 0.5, tuple(range(1, COLUMNS + 1)))
        chart = Chart(left + width + right, top + height + bottom, across, down, _MARGINS)
        for sigma, share in _shade():
            chart.band(sigma / half, sigma * half, COLOURS["target"], 0.4 * share)
        calls, above = np.arange(1, COLUMNS + 1), self.sigmas[:-1].numpy()
        chart.line(calls, above, COLOURS["noise"], 2)
        for at, old in self.moved.items():
            chart.line([at + 1, at + 1], [level_of(old), above[at]], COLOURS["ink"], 1.5)
            chart.rings([at + 1], [level_of(old)], COLOURS["ink"], 4)
        chart.dots(calls, above, COLOURS["noise"], 5, rim=True)
        chart.rings([self.chosen + 1], [above[self.chosen]], COLOURS["ink"], 9)
        title = tr("noise level σ at each call; darker pink: a halving costs more")
        pixels = chart.pixels(title)
        return pixels, (left, top + pixels.shape[0] - chart.height, width, height)


def league(mine: float, sampler: str) -> np.ndarray:
    """The errors of all schedulers as a ladder, the smallest at the top, with the reader's own beside them.

    Example:

    >>> league(0.1, "euler").shape
    (423, 300, 3)
    """
    table = scores(sampler)
    axis = _ERRORS.get(sampler, _ERRORS["dpmpp_2m"])
    chart = Chart(300, 401, axis, Axis(len(NAMES) - 0.4, -1.2, ()), (118, 12, 26, 24))
    shown = min(max(mine, axis.first), axis.last)
    chart.line([shown, shown], [-1.2, len(NAMES) - 0.4], COLOURS["noise"], 1.5, alpha=0.6)
    for place, (name, value) in enumerate(table.items()):
        chart.word(axis.first, place, SCHEDULERS[name].label, anchor="rm", shift=(-8, 0), size=11)
        chart.line([axis.first, min(value, axis.last)], [place, place], COLOURS["grid"], 1)
        _mark(chart, value, place, COLOURS["signal"], 4)
    _mark(chart, mine, -0.7, COLOURS["noise"], 6)
    chart.word(axis.first, -0.7, tr("yours"), COLOURS["noise"], anchor="rm", shift=(-8, 0), size=12)
    return chart.pixels(tr("error at ten calls"))


_ERRORS = {
    "euler": Axis(0.07, 0.2, (0.08, 0.1, 0.15, 0.2), log=True),
    "dpmpp_2m": Axis(0.01, 0.2, (0.01, 0.03, 0.1), log=True),
}


def _mark(chart: Chart, value: float, place: float, colour: str, radius: float) -> None:
    """A dot at an error; one that lies beyond the axis is a ring at its end, with the number beside it."""
    axis = chart.across
    if axis.first <= value <= axis.last:
        return chart.dots([value], [place], colour, radius, rim=True)
    chart.rings([min(max(value, axis.first), axis.last)], [place], colour, radius)
    return chart.word(axis.last, place, number_text(value), anchor="rm", shift=(-10, 0), size=11)


def sampler_label(sampler: str) -> str:
    """What a sampler is called in sentences.

    Example:

    >>> sampler_label("dpmpp_2m")
    'DPM++ 2M'
    """
    from course_lib.samplers import SAMPLERS

    return SAMPLERS[sampler].label


def _place(better: int) -> str:
    if not better:
        return tr("None of {count} schedulers is better.").format(count=len(NAMES))
    says = ngettext("{better} of {count} schedulers is better.", "{better} of {count} schedulers are better.", better)
    return says.format(better=better, count=len(NAMES))


@cache
def _shade() -> list[tuple[float, float]]:
    """For each row its level, and the price of a halving there as a share of the highest."""
    sigmas, price = prices()
    found = np.interp(np.log([1 / level_of(row) for row in range(ROWS)]), np.log(1 / sigmas), price / price.max())
    return [(level_of(row), round(share, 2)) for row, share in enumerate(found.tolist())]
