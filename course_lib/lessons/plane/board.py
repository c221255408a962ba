"""The plane as pixels: the glow of a density, the comets of the field, paths and particles, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from course_lib.figures import COLOURS
from course_lib.figures.drawing import blend
from course_lib.lessons.plane.blobs import density, slope

ROWS, COLUMNS = 46, 62  # cells that the cursor visits
CELL = 10  # pixels of a cell's side
UNIT = 50  # pixels of the plane's unit
WIDTH, HEIGHT = COLUMNS * CELL, ROWS * CELL
_FINER = 2  # shapes are drawn so many times larger and shrunk
_DUSK = (COLOURS["signal"], "#5AA5D6", "#B3AFC6", "#E8A66E", COLOURS["noise"])  # from a clean picture to pure noise
_COMET = (58, 64, 84)
FINE_SIZE = (WIDTH * _FINER, HEIGHT * _FINER)
_COARSE = 4  # the glow is computed on every fourth pixel


def place(row: int, column: int) -> Tensor:
    """The middle of a cell as a point of the plane, (1, 2) float64.

    Example:

    >>> place(0, 0), place(ROWS - 1, COLUMNS - 1)
    (tensor([[-6.1000,  4.5000]], dtype=torch.float64), tensor([[ 6.1000, -4.5000]], dtype=torch.float64))
    """
    across = ((column + 0.5) * CELL - WIDTH / 2) / UNIT
    up = (HEIGHT / 2 - (row + 0.5) * CELL) / UNIT
    return torch.tensor([[across, up]], dtype=torch.float64)


def cell(x: float, y: float) -> tuple[int, int]:
    """The cell (row, column) in which a point of the plane lies, or the nearest one.

    Example:

    >>> cell(-6.1, 4.5), cell(99.0, 0.0)
    ((0, 0), (23, 61))
    """
    row, column = int((HEIGHT / 2 - y * UNIT) // CELL), int((WIDTH / 2 + x * UNIT) // CELL)
    return min(max(row, 0), ROWS - 1), min(max(column, 0), COLUMNS - 1)


def noise_colour(sigma: float, darker: float = 0.0) -> tuple[int, int, int]:
    """From noise's colour at high levels to the picture's at level 0, as the sky goes at dusk.

    darker : the share of ink in it. Example:

    >>> noise_colour(0.0), noise_colour(1000.0)
    ((0, 114, 178), (213, 94, 0))
    """
    at = math.atan(sigma) / (math.pi / 2) * (len(_DUSK) - 1)
    first = min(int(at), len(_DUSK) - 2)
    colours = [np.array(blend(colour, COLOURS["ink"], darker)) for colour in _DUSK[first : first + 2]]
    return tuple(int(part) for part in colours[0] + (at - first) * (colours[1] - colours[0]))


class Plane:
    """A drawing of the plane; what is drawn later lies on top.

    sigma : the level whose density glows. Example:

    >>> Plane(0.5).pixels().shape
    (460, 620, 3)
    """

    def __init__(self, sigma: float, strength: float = 0.6):
        self._image = _glow(round(sigma, 4), strength).copy()
        self._pen = ImageDraw.Draw(self._image, "RGBA")

    def points(self, x: Tensor) -> list[tuple[float, float]]:
        """Points of the plane (N, 2) as places on the fine drawing."""
        fine = x.numpy() * (UNIT * _FINER, -UNIT * _FINER) + (WIDTH / 2 * _FINER, HEIGHT / 2 * _FINER)
        return [tuple(point) for point in fine.clip(-9999, 9999).tolist()]

    def field(self, sigma: float) -> None:
        """Comets that swim to where the noise would move as its level falls."""
        for outline, strong in _comets(round(sigma, 4)):
            self._pen.polygon(outline, fill=(*_COMET, round(255 * strong)))

    def line(self, x: Tensor, colour, width: float = 2.0, alpha: float = 1.0, dashed: bool = False) -> None:
        """A line through the points x (N, 2); dashed: a pause after each stroke of 7 pixels."""
        points = self.points(x)
        fill, thick = (*_rgb(colour), round(255 * alpha)), round(width * _FINER)
        pieces = _pieces(points, 7 * _FINER, 5 * _FINER) if dashed else [points]
        for piece in pieces:
            self._pen.line(piece, fill=fill, width=thick, joint="curve" if alpha == 1 else None)

    def dots(self, x: Tensor, colour, radius: float = 3.0, alpha: float = 1.0, rim: bool = False) -> None:
        """A disc at each point x (N, 2); rim: with a white line round it."""
        fill, size = (*_rgb(colour), round(255 * alpha)), radius * _FINER
        for across, down in self.points(x):
            if rim:
                around = size + 1.5 * _FINER
                self._pen.ellipse([across - around, down - around, across + around, down + around], fill="#FFFFFF")
            self._pen.ellipse([across - size, down - size, across + size, down + size], fill=fill)

    def rings(self, x: Tensor, colour, radius: float = 5.0, width: float = 2.0) -> None:
        """A ring round each point x (N, 2)."""
        size = radius * _FINER
        for across, down in self.points(x):
            corners = [across - size, down - size, across + size, down + size]
            self._pen.ellipse(corners, outline=_rgb(colour), width=round(width * _FINER))

    def mark(self, mask: Image.Image, colour) -> None:
        """Cover with a colour what is bright in a mask of FINE_SIZE."""
        self._image.paste(_rgb(colour), mask=mask)

    def pixels(self, shrink: int = _FINER) -> np.ndarray:
        """The finished drawing with a thin frame, (H, W, 3) uint8: shrink 2 gives 460 x 620, 3 two thirds of it, ..."""
        image = self._image.reduce(shrink)
        ImageDraw.Draw(image).rectangle([0, 0, image.width - 1, image.height - 1], outline=COLOURS["grid"])
        return np.asarray(image)


@cache
def mesh(step: int) -> Tensor:
    """The middles of squares of `step` pixels, row by row: (rows * columns, 2) float64.

    Example:

    >>> mesh(10).shape[0] == ROWS * COLUMNS, torch.equal(mesh(10)[:1], place(0, 0))
    (True, True)
    """
    across = (torch.arange(step / 2, WIDTH, step, dtype=torch.float64) - WIDTH / 2) / UNIT
    up = (HEIGHT / 2 - torch.arange(step / 2, HEIGHT, step, dtype=torch.float64)) / UNIT
    return torch.stack([across.repeat(len(up)), up.repeat_interleave(len(across))], dim=1)


@lru_cache(maxsize=8)
def _glow(sigma: float, strength: float) -> Image.Image:
    """White paper with the density at a level in that level's colour."""
    values = density(mesh(_COARSE), sigma).reshape(HEIGHT // _COARSE, -1)
    share = (strength * (values / values.max()) ** 0.6)[..., None].numpy()
    colour = np.array(noise_colour(sigma))
    small = Image.fromarray((255 - share * (255 - colour)).round().astype(np.uint8))
    return small.resize(FINE_SIZE, Image.Resampling.BILINEAR)


@lru_cache(maxsize=64)
def _comets(sigma: float) -> list[tuple[list[tuple[float, float]], float]]:
    """For each comet its outline on the fine drawing, and how strong it is, from 0 to 1: the slope's length."""
    rows = mesh(26).reshape(-1, math.ceil(WIDTH / 26), 2).clone()
    rows[1::2, :, 0] += 13 / UNIT  # every second row between the others, as bricks lie
    x = rows.reshape(-1, 2)
    strong = 0.55 * (slope(x, sigma).norm(dim=1) / 1.2).clamp(0.3, 1)
    spine = [x]
    for _ in range(7):
        downhill = -slope(x, sigma)
        x = x + 0.055 * downhill / downhill.norm(dim=1, keepdim=True).clamp(min=0.25)
        spine.append(x)
    fine = torch.stack(spine, dim=1) * torch.tensor([UNIT, -UNIT]) * _FINER
    fine = fine + torch.tensor([WIDTH, HEIGHT]) / 2 * _FINER
    along = fine.diff(dim=1, prepend=2 * fine[:, :1] - fine[:, 1:2])
    across = along.flip(2) * torch.tensor([-1.0, 1.0]) / along.norm(dim=2, keepdim=True).clamp(min=1e-9)
    half = _FINER * torch.tensor([0.1, 0.3, 0.5, 0.75, 1.0, 1.25, 1.35, 0.8])[:, None]
    outlines = torch.cat([fine + half * across, (fine - half * across).flip(1)], dim=1)
    return [
        ([tuple(point) for point in outline], each)
        for outline, each in zip(outlines.tolist(), strong.tolist(), strict=True)
    ]


@cache
def _rgb(colour) -> tuple[int, int, int]:
    return colour if isinstance(colour, tuple) else blend(colour, colour, 0)


def _pieces(points: Sequence[tuple[float, float]], drawn: float, left_out: float) -> list[list[tuple[float, float]]]:
    """A line in dashes, measured along its way."""
    across, down = np.transpose(points)
    along = np.concatenate([[0.0], np.hypot(np.diff(across), np.diff(down)).cumsum()])
    pieces = []
    for start in np.arange(0, max(along[-1], 1e-9), drawn + left_out):
        at = np.linspace(start, min(start + drawn, along[-1]), 4)
        pieces.append(list(zip(np.interp(at, along, across), np.interp(at, along, down), strict=True)))
    return pieces
