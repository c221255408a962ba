"""A plot whose axes may be logarithmic and may fall, drawn with Pillow in a few milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from course_lib import expect
from course_lib.figures import COLOURS
from course_lib.figures.drawing import blend, titled
from course_lib.figures.lettering import size_to_fit, write
from course_lib.texts import tr

_FINER = 2
SIGMA_TICKS = (10, 3, 1, 0.3, 0.1, 0.03)


class Axis(NamedTuple):
    """From which value to which an axis runs, the values that are written at it, and whether it is logarithmic.

    Example:

    >>> Axis(10, 0.1, (10, 1, 0.1), log=True).share([1, 0.1])
    array([0.5, 1. ])
    """

    first: float
    last: float
    ticks: Sequence[float]
    log: bool = False

    def share(self, values) -> np.ndarray:
        """How far along the axis values (N,) lie: 0 at its first, 1 at its last."""
        first, last, at = self.first, self.last, np.asarray(values, float)
        if self.log:
            first, last, at = np.log(first), np.log(last), np.log(at)
        return (at - first) / (last - first)


class Chart:
    """A drawing over two axes; what is drawn later lies on top.

    across, up : the axes; margins : left, top, right and bottom, in pixels. Raises ValueError where there is no room.

    Example:

    >>> chart = Chart(200, 120, Axis(0, 10, (0, 5, 10)), Axis(0.03, 15, SIGMA_TICKS, log=True))
    >>> chart.line([0, 10], [15, 0.03], COLOURS["signal"])
    >>> chart.pixels().shape
    (120, 200, 3)
    """

    def __init__(self, width: int, height: int, across: Axis, up: Axis, margins=(40, 10, 12, 24)):
        self.width, self.height = expect.whole("width", width, 80), expect.whole("height", height, 60)
        self.across, self.up = across, up
        left, top, right, bottom = margins
        self.box = (left, top, self.width - right, self.height - bottom)
        self._image = Image.new("RGB", (self.width * _FINER, self.height * _FINER), COLOURS["paper"])
        self._pen = ImageDraw.Draw(self._image, "RGBA")
        self._words: list[tuple] = []
        for tick in up.ticks:
            self.line([across.first, across.last], [tick, tick], COLOURS["grid"], 1)

    def points(self, x, y) -> list[tuple[float, float]]:
        """Values x (N,) and y (N,) as places on the fine drawing."""
        left, top, right, bottom = self.box
        places = left + self.across.share(x) * (right - left), bottom - self.up.share(y) * (bottom - top)
        return [(float(a) * _FINER, float(d) * _FINER) for a, d in zip(*places, strict=True)]

    def line(self, x, y, colour: str, width: float = 2, alpha: float = 1.0) -> None:
        """A line through the points."""
        self._pen.line(self.points(x, y), fill=_ink(colour, alpha), width=round(width * _FINER))

    def area(self, x, y, colour: str, alpha: float = 0.25) -> None:
        """What lies between a line and the lower edge."""
        points, floor = self.points(x, y), self.box[3] * _FINER
        outline = [(points[0][0], floor), *points, (points[-1][0], floor)]
        self._pen.polygon(outline, fill=_ink(colour, alpha))

    def band(self, y0: float, y1: float, colour: str, alpha: float) -> None:
        """A band across the whole plot."""
        (x0, top), (x1, low) = self.points([self.across.first, self.across.last], [y1, y0])
        edges = [round(edge) for edge in (min(x0, x1), min(top, low), max(x0, x1), max(top, low))]
        self._pen.rectangle([edges[0], edges[1], edges[2], edges[3] - 1], fill=_ink(colour, alpha))

    def picture(self, image: Image.Image) -> None:
        """Fill the plot with a picture of its size, twice as large."""
        self._image.paste(image, (self.box[0] * _FINER, self.box[1] * _FINER))

    def dots(self, x, y, colour: str, radius: float = 4, rim: bool = False, alpha: float = 1.0) -> None:
        """A disc at each point; rim: with a white line round it."""
        for across, down in self.points(x, y):
            for size, ink in ((radius + 1.5, COLOURS["paper"]), (radius, colour)) if rim else ((radius, colour),):
                reach = size * _FINER
                corners = [across - reach, down - reach, across + reach, down + reach]
                self._pen.ellipse(corners, fill=_ink(ink, alpha))

    def rings(self, x, y, colour: str, radius: float = 5) -> None:
        """A ring round each point."""
        reach = radius * _FINER
        for across, down in self.points(x, y):
            corners = [across - reach, down - reach, across + reach, down + reach]
            self._pen.ellipse(corners, outline=_ink(colour, 1.0), width=2 * _FINER)

    def word(self, x: float, y: float, text: str, colour: str = COLOURS["ink"], anchor="lm", shift=(0, 0), size=12):
        """A line of text at a point; it is written at the end, and nothing covers it."""
        ((across, down),) = self.points([x], [y])
        self._words.append((across / _FINER + shift[0], down / _FINER + shift[1], text, colour, anchor, size))

    def pixels(self, title: str = "", foot: str = "") -> np.ndarray:
        """The finished drawing (H, W, 3) uint8, with a title above it, and a few words below the lower edge."""
        left, top, right, bottom = self.box
        self._pen.line([left * _FINER, bottom * _FINER, right * _FINER, bottom * _FINER], fill=COLOURS["ink"], width=2)
        image = self._image.reduce(_FINER)
        pen = ImageDraw.Draw(image)
        for axis, upright in ((self.across, False), (self.up, True)):
            for tick, share in zip(axis.ticks, axis.share(axis.ticks), strict=True):
                if upright:
                    place, anchor = (left - 6, bottom - share * (bottom - top)), "rm"
                else:
                    place, anchor = (left + share * (right - left), bottom + 5), "mt"
                write(pen, place, f"{tick:g}", COLOURS["ink"], 11, anchor=anchor)
        foot = tr(foot)
        write(pen, ((left + right) / 2, bottom + 5), foot, COLOURS["ink"], size_to_fit(foot, right - left, 11), "mt")
        for across, down, text, colour, anchor, size in self._words:
            room = self.width - across if anchor[0] == "l" else across
            write(pen, (across, down), text, colour, size_to_fit(text, room, size), anchor=anchor)
        return titled(np.asarray(image), title)


def _ink(colour: str, alpha: float) -> tuple[int, int, int, int]:
    return (*blend(colour, colour, 0), round(255 * alpha))
