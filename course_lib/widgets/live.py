"""The live drawing: what a cell is doing now, with a bar and the time left; it shows while the cell still runs."""

from __future__ import annotations

import ipywidgets

from course_lib import expect
from course_lib.figures import Drawing, Shown, show_pixels
from course_lib.texts import ngettext, tr
from course_lib.widgets.explorer import Canvas
from course_lib.widgets.page import static_bundle


class LiveDrawing(ipywidgets.VBox):
    """A drawing that a running cell renews: `put` sends a new one, with how much is done and how long it will take.

    drawing : the first one. label : what the whole is, for the page and for screen readers. A cell below it calls
    `put` as often as it likes; the page shows each at once, though the kernel is busy.

    Raises ValueError where the label is empty.

    Example:

    >>> import numpy as np
    >>> live = LiveDrawing(Drawing(np.zeros((8, 8, 3), dtype=np.uint8), "Nothing is learned yet."), label="A training")
    >>> live.put(Drawing(np.ones((8, 8, 3), dtype=np.uint8), "Half is learned."), done=0.5, seconds_left=31)
    >>> live.canvas.sentence, live.words.value
    ('Half is learned.', '50 % done, about 31 seconds left')
    """

    def __init__(self, drawing: Drawing, *, label: str):
        if not label:
            raise ValueError("a live drawing needs a label that says what it is; got an empty one")
        self.label, self.drawing = tr(label), drawing
        self.canvas, self.bar = Canvas(label=self.label), ipywidgets.FloatProgress(value=0.0, min=0.0, max=1.0)
        self.words = ipywidgets.Label()
        self.canvas.put(drawing)
        bar = ipywidgets.Box([self.bar, self.words]).add_class("cl-controls")
        super().__init__([ipywidgets.Label(self.label).add_class("cl-title"), bar, self.canvas])
        self.add_class("cl-explorer")

    def put(self, drawing: Drawing, done: float, seconds_left: float = 0.0) -> None:
        """Show a newer drawing. done : a part of the whole, from 0 to 1. seconds_left : until it is whole.

        Raises ValueError where done is not in [0, 1], or seconds_left below 0.
        """
        done, left = expect.number("done", done, 0, 1), expect.number("seconds_left", seconds_left, low=0)
        self.drawing = drawing
        self.canvas.put(drawing)
        self.bar.value = done
        words = tr("{percent} % done").format(percent=int(100 * done))
        self.words.value = words if done == 1 else f"{words}, {time_left(left)}"

    def static(self) -> Shown:
        """The present drawing as a still figure, for a cell of its own.

        Example:

        >>> import numpy as np
        >>> LiveDrawing(Drawing(np.zeros((8, 8, 3), dtype=np.uint8), "All black."), label="A training").static()
        Figure: A training. All black.
        """
        return show_pixels(self.drawing.pixels, self._alt())

    def _alt(self) -> str:
        return tr("{label}. {sentence}").format(label=self.label, sentence=tr(self.drawing.sentence))

    def _repr_mimebundle_(self, **options):
        note = {"note": tr("Run this cell and the next one to see it move.")}
        return static_bundle(super()._repr_mimebundle_(**options), self.static(), note)


def time_left(seconds: float) -> str:
    """A time that is left, in words, rounded so that it does not flicker.

    Example:

    >>> time_left(0.4), time_left(31), time_left(100)
    ('about 1 second left', 'about 31 seconds left', 'about 1 min 40 s left')
    """
    whole = max(1, round(seconds))
    if whole < 90:
        return ngettext("about {count} second left", "about {count} seconds left", whole).format(count=whole)
    whole = 10 * round(whole / 10)
    return tr("about {minutes} min {seconds} s left").format(minutes=whole // 60, seconds=whole % 60)
