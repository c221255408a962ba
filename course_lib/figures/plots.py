"""Plot panels: a histogram with a curve on top, and lines, drawn with Pillow in a few milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import numpy as np
import torch
from PIL import Image, ImageDraw

from course_lib import expect
from course_lib.figures.drawing import TITLE_HEIGHT, blend, canvas, titled, true_minus
from course_lib.figures.lettering import font, size_to_fit, width_of, write
from course_lib.figures.style import COLOURS
from course_lib.texts import tr

_FINER = 3  # shapes are drawn three times larger and shrunk, which smooths their edges
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 12, 8, 22
_STROKE = 22  # a line's piece in the key
_DASHES = ((_STROKE, 0), (8, 5), (2, 4), (14, 4))  # pixels drawn and left out, for the first line, the second, ...


class _Axes:
    """A plot's frame: turns data into pixels, collects smooth shapes, and writes the numbers last."""

    def __init__(self, width: int, height: int, x_range: tuple[float, float], y_range: tuple[float, float]):
        for name, side in (("width", width), ("height", height)):
            expect.whole(name, side, at_least=80)
        self.width, self.height = width, height
        self.x_range, self.y_range = (_rising("x range", *x_range), _rising("y range", *y_range))
        self.fine = Image.new("RGB", (width * _FINER, height * _FINER), COLOURS["paper"])
        self.pen = ImageDraw.Draw(self.fine)
        for value in _ticks(*self.y_range):
            self.line([self.x_range[0], self.x_range[1]], [value, value], COLOURS["grid"], 1)

    def points(self, x, y) -> list[tuple[float, float]]:
        """Data to places on the fine drawing."""
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        across = _LEFT + (np.asarray(x, float) - x0) / (x1 - x0) * (self.width - _LEFT - _RIGHT)
        down = self.height - _BOTTOM - (np.asarray(y, float) - y0) / (y1 - y0) * (self.height - _TOP - _BOTTOM)
        return [(float(a) * _FINER, float(d) * _FINER) for a, d in zip(across, down, strict=True)]

    def line(self, x, y, colour: str, thickness: float = 2) -> None:
        points = self.points(x, y)
        joint = "curve" if len(points) < 50 else None  # rounding many small corners is slow, and nobody sees them
        self.pen.line(points, fill=colour, width=round(thickness * _FINER), joint=joint)

    def dashed(self, x, y, colour: str, drawn: int, left_out: int) -> None:
        """A line in pieces, measured along its way on the page."""
        across, down = np.transpose(self.points(x, y))
        along = np.concatenate([[0.0], np.hypot(np.diff(across), np.diff(down)).cumsum()])
        for start in np.arange(0, along[-1], (drawn + left_out) * _FINER):
            piece = np.linspace(start, min(start + drawn * _FINER, along[-1]), 4)
            points = zip(np.interp(piece, along, across), np.interp(piece, along, down), strict=True)
            self.pen.line(list(points), fill=colour, width=2 * _FINER)

    def pixels(self) -> np.ndarray:
        """Shrink the shapes, draw the axis, and write the numbers along both sides."""
        margin = (self.height - _BOTTOM) * _FINER
        self.pen.rectangle([0, margin, self.width * _FINER, self.height * _FINER], fill=COLOURS["paper"])
        self.pen.rectangle([0, 0, self.width * _FINER, (_TOP - 4) * _FINER], fill=COLOURS["paper"])
        self.line(self.x_range, [self.y_range[0]] * 2, COLOURS["ink"], 1)
        image = self.fine.reduce(_FINER)
        pen = ImageDraw.Draw(image)
        for value in _ticks(*self.x_range):
            ((across, _),) = self.points([value], [self.y_range[0]])
            text = _tick_text(value)
            across = min(across / _FINER, self.width - width_of(text, 11) / 2)  # the last one may be wide
            write(pen, (across, self.height - _BOTTOM + 5), text, COLOURS["ink"], 11, anchor="mt")
        for value in _ticks(*self.y_range):
            ((_, down),) = self.points([self.x_range[0]], [value])
            text = _tick_text(value)
            write(pen, (_LEFT - 6, down / _FINER), text, COLOURS["ink"], 11, anchor="rm")
        return np.asarray(image)


def histogram_panel(
    values: torch.Tensor,
    width: int = 320,
    height: int = 200,
    curve: Callable[[torch.Tensor], torch.Tensor] | None = None,
    range: tuple[float, float] = (-4.0, 4.0),
    colour: str = COLOURS["noise"],
    title: str = "",
    bins: int = 64,
    top: float | None = None,
    curve_colour: str = COLOURS["target"],
    y_name: str = "",
) -> np.ndarray:
    """Draw how often values (any shape) occur, as a density over `range`, as pixels (H, W, 3) uint8.

    The bars, in a paler `colour`, have an area that is the share of the values that lie in `range`. Where others lie
    beyond it, the line of the title ends with how many. `curve`, a density x (N,) -> (N,), is drawn on top.
    `top` fixes the axis, so that it keeps still while a slider moves; by default it fits what is drawn. Bars that are
    higher end in two slanted cuts, and the height of the highest stands beside it. `y_name`, turned upright, takes a
    strip of 16 pixels on the left.

    Raises ValueError where values are empty or hold NaN, range does not rise, or bins < 1.

    Example:

    >>> normal = lambda x: torch.exp(-x * x / 2) / (2 * torch.pi) ** 0.5
    >>> histogram_panel(torch.linspace(-2, 2, 100), curve=normal, title="pixel values").shape
    (222, 320, 3)
    """
    values = torch.as_tensor(values).detach().double().flatten()
    if values.numel() == 0 or values.isnan().any():
        raise ValueError(f"values must be numbers, at least one; got {values.numel()}, {values.isnan().sum()} NaN")
    low, high = _rising("range", *range)
    counts, edges = np.histogram(values.numpy(), expect.whole("bins", bins), (low, high))
    density = counts / values.numel() / (edges[1] - edges[0])
    x = torch.linspace(low, high, 200, dtype=torch.float64)
    y = np.asarray(curve(x)) if curve else np.zeros(0)
    if top is None:
        top = 1.08 * max(density.max(), y.max(initial=0.0)) or 1.0
    strip = _upright(y_name, height) if y_name else np.zeros((height, 0, 3), np.uint8)
    axes = _Axes(width - strip.shape[1], height, (low, high), (0.0, expect.number("top", top)))
    pale = blend(colour, COLOURS["paper"], 0.45)
    for value, left, right in zip(density, edges, edges[1:], strict=False):
        if value > 0:
            (x0, y0), (x1, y1) = axes.points([left, right], [value, 0.0])
            axes.pen.rectangle([x0, y0, max(x0, x1 - 1), max(y0, y1)], fill=pale)
    if curve:
        axes.line(x, y, COLOURS["paper"], 4)
        axes.line(x, y, curve_colour, 2)
    pixels = _cut_marks(axes, density, edges, top)
    beyond = values.numel() - int(counts.sum())
    if beyond:
        template = tr("{title}; {count} of {total} beyond") if title else tr("{count} of {total} beyond")
        title = template.format(title=tr(title), count=beyond, total=values.numel())
    return titled(np.concatenate([strip, pixels], axis=1), title)


def _upright(text: str, height: int) -> np.ndarray:
    """A line of text turned by 90 degrees, in the middle of a strip (height, 16, 3)."""
    text, (image, pen) = tr(text), canvas(height, 16)
    write(pen, (height / 2, 8), text, COLOURS["ink"], size_to_fit(text, height, 11), anchor="mm")
    return np.rot90(np.asarray(image))


def _cut_marks(axes: _Axes, density: np.ndarray, edges: np.ndarray, top: float) -> np.ndarray:
    """The finished plot, with two white cuts through each bar that is higher than `top`, and the highest's height."""
    cut = np.flatnonzero(density > top)
    image = Image.fromarray(axes.pixels())
    pen = ImageDraw.Draw(image)
    for index in cut:
        ((x0, _), (x1, _)) = axes.points(edges[index : index + 2], [0.0, 0.0])
        left, right = x0 / _FINER, x1 / _FINER
        for down in (_TOP + 7, _TOP + 12):
            pen.line([left - 1, down + 2, right + 1, down - 2], fill=COLOURS["paper"], width=2)
    if len(cut):
        highest = int(density.argmax())
        side = "rm" if highest > len(density) / 2 else "lm"
        ((left, _), (right, _)) = axes.points(edges[highest : highest + 2], [0.0, 0.0])
        place = (left / _FINER - 4 if side == "rm" else right / _FINER + 4, _TOP + 9)
        words = tr("up to {height}").format(height=f"{density[highest]:.1f}")
        pen.rectangle(pen.textbbox(place, words, font(11), anchor=side), fill=COLOURS["paper"])
        write(pen, place, words, COLOURS["ink"], 11, anchor=side)
    return np.asarray(image)


def line_panel(
    x: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    width: int = 320,
    height: int = 200,
    title: str = "",
    y_range: tuple[float, float] | None = None,
    colours: Sequence[str] | None = None,
    mark: float | None = None,
) -> np.ndarray:
    """Draw named lines over one axis `x` (N,) as pixels (H, W, 3) uint8, with their names above the plot.

    lines: name -> values (N,). colours: one for each line, by default signal, noise, denoised, target. The first line
    is drawn through, the others are dashed, each in its own way. `mark` draws an upright line at this x and a dot on
    each line, at the nearest x. `y_range` fixes the axis; by default it fits.

    Raises ValueError where there is no line, a line's length is not that of `x`, there are more lines than
    colours, or a value is not finite.

    Example:

    >>> line_panel([0, 1, 2], {"signal": [1.0, 0.5, 0.2], "noise": [0.0, 0.5, 0.8]}, mark=1).shape
    (222, 320, 3)
    """
    x = np.asarray(x, float)
    values = {name: np.asarray(line, float) for name, line in lines.items()}
    if not values or any(line.shape != x.shape for line in values.values()) or x.ndim != 1 or x.size < 2:
        shapes = {name: line.shape for name, line in values.items()}
        raise ValueError(f"expected lines as long as x {x.shape}, at least two points; got {shapes}")
    if not all(np.isfinite(line).all() for line in [x, *values.values()]):
        raise ValueError("expected finite numbers in x and in every line; got NaN or infinity")
    colours = colours or [COLOURS[name] for name in ("signal", "noise", "denoised", "target")]
    if len(colours) < len(values):
        raise ValueError(f"expected a colour for each of {len(values)} lines; got {len(colours)}")
    everything = np.concatenate(list(values.values()))
    y_range = y_range or (min(0.0, everything.min()), everything.max() * 1.05 or 1.0)
    axes = _Axes(width, height, (x.min(), x.max()), y_range)
    if mark is not None:
        axes.line([mark, mark], axes.y_range, COLOURS["ink"], 1)
    nearest = None if mark is None else int(np.abs(x - expect.number("mark", mark, x.min(), x.max())).argmin())
    for colour, line, (drawn, left_out) in zip(colours, values.values(), cycle(_DASHES), strict=False):
        if left_out:
            axes.dashed(x, line, colour, drawn, left_out)
        else:
            axes.line(x, line, colour)
        if nearest is not None:
            ((across, down),) = axes.points([x[nearest]], [line[nearest]])
            axes.pen.ellipse([across - 13, down - 13, across + 13, down + 13], fill=colour)
    key = _key(values, colours, width)
    return titled(np.concatenate([key, axes.pixels()]), title)


def _key(names, colours: Sequence[str], width: int) -> np.ndarray:
    """The names of the lines, before each a stroke that looks like it; in as many rows as they need."""
    names = [tr(name) for name in names]
    places, left, row = [], _LEFT, 0
    for name in names:
        wide = _STROKE + 6 + width_of(name, 12)
        if places and left + wide > max(width, _LEFT + wide):
            left, row = _LEFT, row + 1
        places.append((left, row * TITLE_HEIGHT))
        left += wide + 16
    image, pen = canvas(width, (row + 1) * TITLE_HEIGHT)
    for name, (left, top), colour, (drawn, left_out) in zip(names, places, colours, cycle(_DASHES), strict=False):
        for start in range(0, _STROKE, drawn + left_out):
            across = (left + start, left + min(start + drawn, _STROKE) - 1)
            pen.line([across[0], top + 10, across[1], top + 10], fill=colour, width=2)
        room = width - left - _STROKE - 6
        write(pen, (left + _STROKE + 6, top + 2), name, COLOURS["ink"], size_to_fit(name, room, 12))
    return np.asarray(image)


def _rising(name: str, low: float, high: float) -> tuple[float, float]:
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"{name} must rise from one finite number to another; got {low} to {high}")
    return float(low), float(high)


def _ticks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Round numbers in [low, high]: steps of 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10((high - low) / at_most))
    step = next(power * factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= at_most)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [step * count for count in range(first, last + 1)]


def _tick_text(value: float) -> str:
    return true_minus(f"{value:.6g}")
