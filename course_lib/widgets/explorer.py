"""The explorer: controls on top, a live drawing below, and its state in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import ipywidgets
import numpy as np
import traitlets

from course_lib import expect
from course_lib.figures import Drawing, Shown, show_pixels
from course_lib.figures.style import check_pixels
from course_lib.texts import tr
from course_lib.widgets.controls import checked, titled_bar
from course_lib.widgets.page import MOVE_IT, CourseWidget, module, static_bundle


class Canvas(CourseWidget):
    """The drawing on the page: RGBA bytes, the sentence, and the cursor's cell, which the page moves."""

    _esm = module("explorer.js")
    label = traitlets.Unicode().tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True)
    size = traitlets.List([0, 0]).tag(sync=True)
    sentence = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    cells = traitlets.List([0, 0]).tag(sync=True)
    cell = traitlets.List().tag(sync=True)
    grid = traitlets.List().tag(sync=True)
    shown_height = traitlets.Int(0).tag(sync=True)  # 0: pixel by pixel
    drawn = traitlets.Int().tag(sync=True)  # counts drawings; the page paints when it changes

    def put(self, drawing: Drawing) -> None:
        """Send one drawing to the page, all its parts together.

        Raises ValueError where the pixels are not (H, W, 3) uint8, or there is no sentence.

        Example:

        >>> canvas = Canvas()
        >>> canvas.put(Drawing(np.zeros((4, 8, 3), dtype=np.uint8), "A black bar."))
        >>> canvas.size, len(canvas.pixels)
        ([8, 4], 128)
        """
        check_pixels(drawing.pixels)
        if not drawing.sentence:
            raise ValueError("a drawing needs a sentence that says what it shows; got an empty one")
        height, width, _ = drawing.pixels.shape
        with self.hold_sync():
            self.pixels = np.dstack([drawing.pixels, np.full((height, width), 255, np.uint8)]).tobytes()
            self.size = [width, height]
            self.sentence = tr(drawing.sentence)
            self.message = ""
            self.grid = list(drawing.grid or (0, 0, width, height))
            if drawing.cell and self.cells:
                self.cell = list(drawing.cell)
            self.drawn += 1

    def complain(self, message: str) -> None:
        """Keep the last drawing, paled, and show a sentence in place of its own.

        Example:

        >>> canvas = Canvas()
        >>> canvas.complain("stride must be a whole number, at least 1; got 0")
        >>> canvas.message
        'stride must be a whole number, at least 1; got 0'
        """
        with self.hold_sync():
            self.message = message
            self.drawn += 1


class Explorer(ipywidgets.VBox):
    """Controls joined to a live drawing: whenever a control changes, `draw` is called with the values of all.

    draw: `draw(**values) -> Drawing`, or an iterator of drawings: a coarse one that is there at once, and last the one
    that stays. controls: name -> ipywidgets control (anything with a `value`). label: what the
    whole is, for the page and for screen readers. cursor: (rows, columns) of cells that the arrow keys and the mouse
    visit; `draw` then also gets `row` and `column`, and its drawing may move the cursor. start: the cell (row, column)
    of the cursor at first, by default the middle one. height: the drawing's height on the page, by default its own.

    A ValueError from `draw` is shown as a sentence in place of the drawing's, the last drawing pales, and the explorer
    goes on; any other exception is raised. While a drawing is made, newer values of a control replace the one that
    waits, so slow drawings do not pile up.

    Raises ValueError where the label is empty, a control has no value, a name is taken by the cursor, or
    it starts outside its cells.

    Example:

    >>> def draw(level):
    ...     return Drawing(np.full((8, 8, 3), level, dtype=np.uint8), f"A square at level {level} of 255.")
    >>> explorer = Explorer(draw, {"level": ipywidgets.IntSlider(20, 0, 255)}, label="Grey levels")
    >>> explorer.controls["level"].value = 99
    >>> explorer.sentence
    'A square at level 99 of 255.'
    """

    def __init__(
        self,
        draw: Callable[..., Drawing | Iterable[Drawing]],
        controls: Mapping[str, ipywidgets.Widget],
        *,
        label: str,
        cursor: tuple[int, int] | None = None,
        start: tuple[int, int] | None = None,
        height: int | None = None,
    ):
        self.controls = checked("an explorer", label, controls, ("row", "column") if cursor else ())
        self.draw, self.label, self._putting = draw, tr(label), False
        self.canvas = Canvas(label=self.label)
        if height is not None:
            self.canvas.shown_height = expect.whole("height", height)
        if cursor is not None:
            rows, columns = (expect.whole("cursor", side) for side in cursor)
            row, column = start or (rows // 2, columns // 2)
            expect.number("start row", row, 0, rows - 1)
            expect.number("start column", column, 0, columns - 1)
            self.canvas.cells, self.canvas.cell = [rows, columns], [row, column]
            self.canvas.observe(self._redraw, "cell")
        super().__init__([*titled_bar(self.label, *self.controls.values()), self.canvas])
        self.add_class("cl-explorer")
        for control in self.controls.values():
            control.observe(self._redraw, "value")
        self._redraw()

    @property
    def values(self) -> dict:
        """What `draw` would be called with now."""
        values = {name: control.value for name, control in self.controls.items()}
        if self.canvas.cell:
            values["row"], values["column"] = self.canvas.cell
        return values

    @property
    def sentence(self) -> str:
        """The words of the last drawing."""
        return self.canvas.sentence

    def draw_now(self) -> Drawing:
        """Call `draw` with the present values and return its drawing, the last of several, without showing it.

        Example:

        >>> black = Drawing(np.zeros((8, 8, 3), dtype=np.uint8), "A black square.")
        >>> Explorer(lambda: black, {}, label="Nothing to move").draw_now().sentence
        'A black square.'
        """
        *_, last = self._drawings()
        return last

    def static(self) -> Shown:
        """The present drawing as a still figure, for a cell of its own.

        Example:

        >>> black = Drawing(np.zeros((8, 8, 3), dtype=np.uint8), "A black square.")
        >>> Explorer(lambda: black, {}, label="Nothing to move").static()
        Figure: Nothing to move. A black square.
        """
        drawing = self.draw_now()
        alt = tr("{label}. {sentence}").format(label=self.label, sentence=tr(drawing.sentence))
        return show_pixels(drawing.pixels, alt)

    def _drawings(self) -> Iterator[Drawing]:
        made = self.draw(**self.values)
        yield from [made] if isinstance(made, Drawing) else made

    def _redraw(self, change=None) -> None:
        if self._putting:
            return None
        drawings, ended = self._drawings(), object()
        while True:
            try:  # drawing may refuse the values; what it draws must be a drawing
                drawing = next(drawings, ended)
            except ValueError as error:
                return self.canvas.complain(str(error))
            if drawing is ended:
                return None
            self._putting = True  # a cursor that the drawing moves is not one that the reader moved
            try:
                self.canvas.put(drawing)
            finally:
                self._putting = False

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), self.static(), {"note": MOVE_IT})
