"""One look for every figure, and the words that go with it."""

from __future__ import annotations

import base64
import functools
import html
import io
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from course_lib import expect, shipped
from course_lib.figures.lettering import FONTS, THAI_BOLD, THAI_FONT
from course_lib.texts import tr

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which most colour-blind readers can tell apart; each has one meaning in the whole course.
COLOURS = {
    "signal": "#0072B2",  # the clean picture, and what is left of it
    "noise": "#D55E00",  # noise, and the noisy state
    "denoised": "#009E73",  # a guess of the clean picture
    "target": "#CC79A7",  # what a sampler aims at; the exact answer
    "ink": "#262626",
    "grid": "#D9D9D9",
    "paper": "#FFFFFF",
}

_DOTS_PER_INCH = 150
_PAGE_PIXELS_PER_INCH = 100  # one and a half dots per pixel of the page keeps lines sharp on dense screens

_STYLE = {
    "figure.facecolor": COLOURS["paper"],
    "savefig.facecolor": COLOURS["paper"],
    "font.family": ["DejaVu Sans", "Noto Sans Thai"],  # the second for what the first one lacks
    "font.size": 10,
    "text.color": COLOURS["ink"],
    "axes.edgecolor": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.6,
    "axes.titlesize": 11,
}
_LINE_COLOURS = ("signal", "noise", "denoised", "target", "ink")


@dataclass(frozen=True)
class Shown:
    """A picture on the page together with its words: `png` holds the bytes, `alt` says what the picture shows, in the
    reader's language once it is here.

    `width` is its width on the page in pixels. A notebook cell that ends with it shows the picture. Its text form is
    the alt text, so that tests can compare it. JupyterLab gives a PNG no alt text of its own, so a second, empty output
    carries it for screen readers; the metadata carries it to the pages that nbconvert makes.

    Raises ValueError where `alt` is empty.

    Example:

    >>> Shown(b"", alt="A falling curve.", width=400)
    Figure: A falling curve.
    """

    png: bytes = field(repr=False)
    alt: str
    width: int

    def __post_init__(self):
        if not isinstance(self.alt, str) or not self.alt.strip():
            raise ValueError(f"a figure needs an alt text that says what it shows; got {self.alt!r}")
        object.__setattr__(self, "alt", tr(self.alt))

    def __repr__(self) -> str:
        return tr("Figure: {alt}").format(alt=self.alt)

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.alt, "width": self.width}}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        words = f'<span role="img" aria-label="{html.escape(self.alt, quote=True)}"></span>'
        display({"text/html": words, "text/plain": ""}, raw=True)


class Plot(tuple):
    """A figure and its axes; within `with`, all that is drawn has the course's style.

    Example:

    >>> with subplots() as (fig, axis):
    ...     line = axis.plot([0, 1], [1, 0])
    >>> line[0].get_color() == COLOURS["signal"]
    True
    """

    def __enter__(self) -> Plot:
        self._style = _in_style()
        self._style.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self._style.__exit__(*error)


def subplots(rows: int = 1, columns: int = 1, width: float = 7, height: float = 3) -> Plot:
    """Make a figure and its axes in the course's style, whatever the user has set for matplotlib.

    `width` and `height` of the whole figure are in inches; an inch is 100 pixels of the page. Returns the figure and
    its axes: one for a single plot, else an array of them. Matplotlib reads its settings whenever something is drawn,
    so draw within `with subplots() as (fig, axes):`. The user's settings are back after it.

    Raises ValueError where rows or columns are below 1, or a side is not a positive number.

    Example:

    >>> fig, axes = subplots(1, 2)
    >>> axes.shape
    (2,)
    """
    from matplotlib.figure import Figure

    expect.whole("rows", rows)
    expect.whole("columns", columns)
    size = (expect.number("width", width, low=0.1), expect.number("height", height, low=0.1))
    with _in_style():
        fig = Figure(figsize=size, layout="constrained")
        return Plot((fig, fig.subplots(rows, columns)))


def _in_style() -> AbstractContextManager:
    """Matplotlib's own defaults and the course's style on top, for a while."""
    import matplotlib
    from matplotlib import style

    _know_thai_font()
    lines = matplotlib.cycler(color=[COLOURS[name] for name in _LINE_COLOURS], linewidth=[2.0] * len(_LINE_COLOURS))
    return style.context({**_STYLE, "axes.prop_cycle": lines}, after_reset=True)


@functools.cache
def _know_thai_font() -> None:
    """Matplotlib finds a font by its name once the file is known to it."""
    from matplotlib import font_manager

    for name in (THAI_FONT, THAI_BOLD):
        shipped.read(FONTS, name)  # whole, or the reader is told how it comes back
        font_manager.fontManager.addfont(FONTS / name)


def _translate(fig: Figure) -> None:
    """Titles, names of axes and keys, as they were declared, in the reader's language."""
    from matplotlib.text import Text

    for text in fig.findobj(Text):
        if (translated := tr(text.get_text())) != text.get_text():
            text.set_text(translated)


def show(fig: Figure, alt: str) -> Shown:
    """Turn a matplotlib figure into a picture with alt text; a figure made by pyplot is closed, so it shows once.

    Its words and the alt text are shown in the reader's language.

    Raises ValueError where `alt` is empty.

    Example:

    >>> fig, axis = subplots()
    >>> line = axis.plot([0, 1], [1, 0])
    >>> show(fig, alt="A straight line that falls from 1 to 0.")
    Figure: A straight line that falls from 1 to 0.
    """
    buffer = io.BytesIO()
    with _in_style():
        _translate(fig)
        fig.savefig(buffer, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close(fig)
    return Shown(buffer.getvalue(), alt, round(fig.get_figwidth() * _PAGE_PIXELS_PER_INCH))


def show_pixels(pixels: np.ndarray, alt: str) -> Shown:
    """Put an array of pixels (H, W, 3) uint8 on the page, pixel by pixel, with a white margin of 10 pixels.

    Raises ValueError where the array has another shape or type, or `alt` is empty.

    Example:

    >>> show_pixels(np.zeros((8, 8, 3), dtype=np.uint8), alt="A black square.")
    Figure: A black square.
    """
    check_pixels(pixels)
    pixels = np.pad(pixels, ((10, 10), (10, 10), (0, 0)), constant_values=255)
    return Shown(png_bytes(pixels), alt, pixels.shape[1])


def png_bytes(pixels: np.ndarray) -> bytes:
    """Write an array of pixels (H, W, 3) uint8 as a PNG.

    Raises ValueError where the array has another shape or type.

    Example:

    >>> png_bytes(np.zeros((8, 8, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    check_pixels(pixels)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def check_pixels(pixels: object) -> None:
    """Refuse what is not an array of pixels (H, W, 3) uint8.

    Example:

    >>> check_pixels(np.zeros((8, 8)))
    Traceback (most recent call last):
    ValueError: pixels must be a uint8 array (H, W, 3); got float64 (8, 8)
    """
    if not isinstance(pixels, np.ndarray):
        raise ValueError(f"pixels must be a uint8 array (H, W, 3); got {type(pixels).__name__}")
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(f"pixels must be a uint8 array (H, W, 3); got {pixels.dtype} {pixels.shape}")
