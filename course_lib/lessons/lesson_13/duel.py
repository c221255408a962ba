"""Two rows walk the same particle with the same calls, beside the exact path."""

from __future__ import annotations

import numpy as np

from course_lib.figures import COLOURS, Drawing, Shown, beside, show_pixels
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_13.race import steps_within
from course_lib.lessons.plane.blobs import LOWEST, exact_end, exact_path, levels
from course_lib.lessons.plane.board import Plane, cell, place
from course_lib.lessons.plane.walking import Walk, walk
from course_lib.samplers import SAMPLERS
from course_lib.texts import ngettext, tr

START_CELL = cell(-0.3, 3.9)


def draw_duel(first: str, second: str, calls: int, row: int, column: int, shrink: int = 2) -> Drawing:
    """The walks of two rows from the cell of the cursor to level 0.03, each with at most so many calls.

    first, second : names of SAMPLERS. shrink : 2 draws 460 x 620 pixels, 3 two thirds of it.
    DPM adaptive makes the calls that it wants. Raises ValueError for an unknown name, and too few calls for a row.

    Example:

    >>> print(draw_duel("euler", "dpmpp_2m", 8, *START_CELL).sentence)
    Orange, Euler: 8 calls, 0.357 from the exact end. Black, DPM++ 2M: 8 calls, 0.038 from the exact end.
    """
    plane, x = Plane(0.0), place(row, column)
    ways = [_way(name, x, calls) for name in (first, second)]
    exact, right = exact_path(x, end=LOWEST, parts=32)[1][:, 0], exact_end(x, end=LOWEST)
    plane.line(exact, COLOURS["target"], width=3.0, dashed=True)
    _draw(plane, ways[0], "noise", filled=True)
    _draw(plane, ways[1], "ink", filled=False)
    plane.rings(exact[-1:], COLOURS["target"], radius=9.0, width=3.0)
    says = [
        tr("Orange, {sampler}: {calls}, {distance} from the exact end."),
        tr("Black, {sampler}: {calls}, {distance} from the exact end."),
    ]
    said = []
    for template, name, way in zip(says, (first, second), ways, strict=True):
        distance = number_text((way.states[-1] - right).norm().item(), digits=3)
        said.append(template.format(sampler=SAMPLERS[name].label, calls=_calls(way.calls), distance=distance))
    return Drawing(plane.pixels(shrink), " ".join(said))


def two_duels() -> Shown:
    """Eight calls: Euler beside Heun, and beside DPM++ 2M, as a still picture.

    Example:

    >>> two_duels().width
    992
    """
    drawn = [draw_duel("euler", other, 8, *START_CELL) for other in ("heun", "dpmpp_2m")]
    parts = [drawing.pixels[1:329, 61:537] for drawing in drawn]
    panels = [np.pad(part, ((1, 1), (1, 1), (0, 0)), constant_values=217) for part in parts]  # a frame of its own
    return show_pixels(beside(*panels), " ".join(drawing.sentence for drawing in drawn))


def _way(name: str, x, calls: int) -> Walk:
    steps = 3 if SAMPLERS[name].calls_per_step is None else steps_within(name, calls)
    return walk(name, x, levels(steps + 1)[:-1])


def _draw(plane: Plane, way: Walk, colour: str, *, filled: bool) -> None:
    states = way.states[:, 0]
    plane.line(states, COLOURS[colour], width=2.0 if filled else 1.4)
    if filled:
        plane.dots(states, COLOURS[colour], radius=3.5)
    else:
        plane.rings(states, COLOURS[colour], radius=5.0, width=1.4)


def _calls(count: int) -> str:
    return ngettext("{count} call", "{count} calls", count).format(count=count)
