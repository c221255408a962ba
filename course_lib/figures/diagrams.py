"""Diagrams: boxes with words, and arrows between them that say what flows along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib import expect
from course_lib.figures.lettering import width_of
from course_lib.figures.style import COLOURS, Shown, show, subplots
from course_lib.texts import tr


@dataclass(frozen=True)
class Box:
    """A box of a diagram, centred at (x, y) in inches from the lower left corner, with a smaller note inside it.

    role : a name of COLOURS, for its outline.
    """

    x: float
    y: float
    text: str
    note: str = ""
    role: str = "ink"
    width: float = 1.5
    height: float = 0.8


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another, both given by name, with words at its middle.

    bend : 0 for a straight arrow, else how far it swings out; shift, lift : how far to the right of its middle and
    above it the words stand, in inches.
    """

    start: str
    end: str
    text: str = ""
    bend: float = 0.0
    shift: float = 0.0
    lift: float = 0.2


@dataclass(frozen=True)
class Frame:
    """A dashed frame behind boxes, from its lower left corner (x, y) in inches, with words in its upper left one."""

    x: float
    y: float
    width: float
    height: float
    text: str


def diagram(
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow],
    width: float,
    height: float,
    alt: str,
    frames: Sequence[Frame] = (),
) -> Shown:
    """Draw boxes, arrows and frames on a sheet of `width` by `height` inches; an inch is 100 pixels of the page.

    The words are shown in the reader's language; longer ones than the English get smaller letters.

    Raises ValueError where an arrow names a box that is not there, a role is no colour, or `alt` is empty.

    Example:

    >>> boxes = {"a": Box(1, 0.5, "in"), "b": Box(4, 0.5, "out")}
    >>> diagram(boxes, [Arrow("a", "b", "numbers")], 5, 1, alt="An arrow from in to out.")
    Figure: An arrow from in to out.
    """
    for box in boxes.values():
        expect.known("role", box.role, COLOURS)
    for name in (name for arrow in arrows for name in (arrow.start, arrow.end)):
        expect.known("box", name, boxes)
    with subplots(width=width, height=height) as (fig, axis):
        fig.set_layout_engine("none")
        axis.set_position((0, 0, 1, 1))
        axis.set(xlim=(0, width), ylim=(0, height))
        axis.axis("off")
        for frame in frames:
            _draw_frame(axis, frame)
        patches = {name: _draw_box(axis, box) for name, box in boxes.items()}
        for arrow in arrows:
            start, end = boxes[arrow.start], boxes[arrow.end]
            how = {"arrowstyle": "-|>", "color": COLOURS["ink"], "linewidth": 1.4, "mutation_scale": 13}
            ends = {"patchA": patches[arrow.start], "patchB": patches[arrow.end], "shrinkA": 1, "shrinkB": 1}
            path = {"connectionstyle": f"arc3,rad={arrow.bend}"}
            axis.annotate("", (end.x, end.y), (start.x, start.y), arrowprops={**how, **ends, **path})
            middle = ((start.x + end.x) / 2 + arrow.shift, (start.y + end.y) / 2 + arrow.lift)
            axis.text(*middle, **_words(arrow.text, 8.5), ha="center", va="center")
    return show(fig, alt)


def _draw_frame(axis, frame: Frame) -> None:
    from matplotlib.patches import Rectangle

    how = {"fill": False, "edgecolor": COLOURS["ink"], "linewidth": 1, "linestyle": (0, (5, 4))}
    axis.add_patch(Rectangle((frame.x, frame.y), frame.width, frame.height, **how))
    words = _words(frame.text, 9.5)
    axis.text(frame.x + 0.1, frame.y + frame.height - 0.08, **words, va="top", style="italic")


def _draw_box(axis, box: Box):
    from matplotlib.patches import FancyBboxPatch

    corner = (box.x - box.width / 2, box.y - box.height / 2)
    how = {"facecolor": COLOURS["paper"], "edgecolor": COLOURS[box.role], "linewidth": 2}
    patch = FancyBboxPatch(corner, box.width, box.height, boxstyle="round,pad=0,rounding_size=0.08", **how)
    axis.add_patch(patch)
    above = 0.16 * box.height if box.note else 0
    room = 0.96 * box.width
    axis.text(box.x, box.y + above, **_words(box.text, 10.5, 0.85 * room), ha="center", va="center", weight="bold")
    axis.text(box.x, box.y - 0.24 * box.height, **_words(box.note, 8, room), ha="center", va="center")
    return patch


def _words(text: str, size: float, room: float | None = None) -> dict:
    """Words in the reader's language, no wider than `room` inches, by default than the English ones."""
    shown = tr(text)
    wide, room = _inches(shown, size), _inches(text, size) if room is None else room
    return {"s": shown, "fontsize": size if wide <= room else size * room / wide}


def _inches(text: str, points: float) -> float:
    return max(width_of(line, 100) for line in text.split("\n")) / 100 * points / 72
