"""Lesson 06's arrows, as its drawings of a U need them."""

from __future__ import annotations

from PIL import ImageDraw


def arrow(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], colour: str, head: int = 8
) -> None:
    """Draw a straight arrow between two points (x, y) of the sheet, in pixels; its head is so long, and as wide.

    Example:

    >>> from course_lib.figures.drawing import canvas
    >>> sheet, pen = canvas(40, 20)
    >>> arrow(pen, (2, 10), (38, 10), "#000000")
    >>> sheet.getpixel((20, 10))
    (0, 0, 0)
    """
    (x, y), (to_x, to_y) = start, end
    length = ((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5
    along, up = (to_x - x) / length, (to_y - y) / length
    foot, half = (to_x - head * along, to_y - head * up), head / 2
    pen.line([x, y, *foot], fill=colour, width=2)
    sides = (foot[0] - half * up, foot[1] + half * along), (foot[0] + half * up, foot[1] - half * along)
    pen.polygon([(to_x, to_y), *sides], fill=colour)
