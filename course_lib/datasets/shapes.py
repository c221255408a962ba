"""The outlines of the coloured shapes in scenes."""

from __future__ import annotations

import math
from functools import cache

from PIL import Image, ImageDraw

from course_lib import expect

SHAPES = ("circle", "square", "triangle", "diamond", "star", "heart", "cross", "ring")
SIDE = 256  # pixels of a silhouette: four times those of a picture


@cache
def silhouette(shape: str) -> Image.Image:
    """A shape as a mask, four times as large as a picture: 0 outside, 255 inside. Raises ValueError for another shape.

    Example:

    >>> silhouette("circle").size, silhouette("circle").getpixel((128, 128)), silhouette("ring").getpixel((128, 128))
    ((256, 256), 255, 0)
    """
    expect.known("shape", shape, SHAPES)
    mask = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(mask)
    if shape in ("circle", "ring"):
        draw.ellipse((0, 0, SIDE - 1, SIDE - 1), fill=255)
        if shape == "ring":
            draw.ellipse((0.27 * SIDE, 0.27 * SIDE, 0.73 * SIDE, 0.73 * SIDE), fill=0)
    elif shape == "cross":
        draw.rectangle((0.33 * SIDE, 0, 0.67 * SIDE, SIDE), fill=255)
        draw.rectangle((0, 0.33 * SIDE, SIDE, 0.67 * SIDE), fill=255)
    else:
        draw.polygon([(SIDE * across, SIDE * down) for across, down in _outline(shape)], fill=255)
    return mask


def _outline(name: str) -> list[tuple[float, float]]:
    """The corners of a shape in the unit square."""
    if name == "square":
        return [(0.06, 0.06), (0.94, 0.06), (0.94, 0.94), (0.06, 0.94)]
    if name == "triangle":
        return [(0.5, 0.03), (1.0, 0.93), (0.0, 0.93)]
    if name == "diamond":
        return [(0.5, 0.0), (0.9, 0.5), (0.5, 1.0), (0.1, 0.5)]
    if name == "star":
        radii = [0.52 if i % 2 == 0 else 0.21 for i in range(10)]
        turns = [math.pi * (i / 5 - 0.5) for i in range(10)]
        return [(0.5 + r * math.cos(t), 0.54 + r * math.sin(t)) for r, t in zip(radii, turns, strict=True)]
    turns = [2 * math.pi * i / 60 for i in range(60)]  # the heart curve
    across = [16 * math.sin(t) ** 3 for t in turns]
    down = [-(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)) for t in turns]
    return [(0.5 + a / 34, 0.46 + d / 34) for a, d in zip(across, down, strict=True)]
