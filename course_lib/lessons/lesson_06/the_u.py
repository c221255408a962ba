"""Lesson 06's U: Stable Diffusion's levels as boxes, with arrows down, across and up."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from course_lib.figures import COLOURS, Drawing
from course_lib.figures.drawing import canvas
from course_lib.figures.lettering import size_to_fit, write
from course_lib.lessons.lesson_06.arrows import arrow
from course_lib.lessons.lesson_06.u_cells import TITLES, block, label
from course_lib.texts import tr

_WIDE, _HIGH = 680, 430
_TOPS = (30, 150, 236, 302)  # of the boxes of the four levels, and below them the middle
_MIDDLE_TOP = 366


def levels() -> list[tuple[str, str, str]]:
    """The block going down, the block going up, and channels × size at which both work, from the highest level on.

    Raises ValueError if the two blocks of a level differ in what they work on.

    Example:

    >>> levels()[0], levels()[-1]
    (('down_blocks.0', 'up_blocks.3', '320 × 64²'), ('down_blocks.3', 'up_blocks.0', '1280 × 8²'))
    """
    last = len(_TOPS) - 1
    found = []
    for level in range(last + 1):
        down, up = f"down_blocks.{level}", f"up_blocks.{last - level}"
        sizes = {label(TITLES[1], name) for name in (down, up)}
        if len(sizes) > 1:
            raise ValueError(f"both sides of a level must work on one size; got {sorted(sizes)}")
        found.append((down, up, sizes.pop()))
    return found


def draw() -> Drawing:
    """Stable Diffusion 1.5's U-Net as a U: a box is as high as its feature map has rows, and wide for many channels.

    Example:

    >>> draw().sentence[:68]
    "Stable Diffusion 1.5's U-Net as a U. Going down, the levels work on "
    """
    sheet, pen = canvas(_WIDE, _HIGH)
    boxes = [_boxes(level) for level in range(len(_TOPS))]
    middle = _box(_WIDE // 2, _MIDDLE_TOP, "mid_block")
    for left, right in boxes:
        for box in (left, right):
            pen.rectangle(box, outline=COLOURS["ink"], width=2)
    pen.rectangle(middle, outline=COLOURS["ink"], width=2)
    for (down, up, size), (left, right) in zip(levels(), boxes, strict=True):
        y = (left[1] + left[3]) / 2
        _says(pen, (left[0] - 8, y), (down, size), "rm")
        _says(pen, (right[2] + 8, y), (up, size), "lm")
        arrow(pen, (left[2] + 6, y), (right[0] - 6, y), COLOURS["signal"])
        kept = len(block(TITLES[1], up).kept)
        words = tr("{count} feature maps").format(count=kept)
        write(
            pen,
            (_WIDE / 2, y - 9),
            words,
            COLOURS["signal"],
            size_to_fit(words, right[0] - left[2] - 24, 12),
            anchor="mm",
        )
    for (left, right), (next_left, next_right) in zip(boxes, boxes[1:], strict=False):
        arrow(pen, (_centre(left), left[3] + 2), (_centre(next_left), next_left[1] - 2), COLOURS["ink"])
        arrow(pen, (_centre(next_right), next_right[1] - 2), (_centre(right), right[3] + 2), COLOURS["ink"])
    y = (middle[1] + middle[3]) / 2
    lowest_left, lowest_right = boxes[-1]
    arrow(pen, (_centre(lowest_left), lowest_left[3] + 2), (middle[0] - 4, y), COLOURS["ink"])
    arrow(pen, (middle[2] + 4, y), (_centre(lowest_right), lowest_right[3] + 2), COLOURS["ink"])
    words = f"mid_block, {label(TITLES[1], 'mid_block')}"
    write(pen, (_WIDE / 2, middle[3] + 14), words, COLOURS["ink"], size_to_fit(words, 300, 13), anchor="mm")
    for x, words in (
        (_centre(boxes[0][0]), tr("latent in, 4 × 64²")),
        (_centre(boxes[0][1]), tr("noise out, 4 × 64²")),
    ):
        write(pen, (x, 14), words, COLOURS["ink"], size_to_fit(words, 200, 12), anchor="mm")
    sizes = ", ".join(size for _, _, size in levels())
    says = tr(
        "Stable Diffusion 1.5's U-Net as a U. Going down, the levels work on {sizes}; then comes the middle; going up, "
        "the same sizes in reverse. On each level an arrow hands three feature maps across, from the left to the right."
    )
    return Drawing(np.asarray(sheet), says.format(sizes=sizes))


def _boxes(level: int) -> tuple[list[float], list[float]]:
    from_rim = 170 + 22 * level
    name = f"down_blocks.{level}"
    return _box(from_rim, _TOPS[level], name), _box(_WIDE - from_rim, _TOPS[level], name)


def _box(x: float, top: float, name: str) -> list[float]:
    channels, side = block(TITLES[1], name).shape_out[0], block(TITLES[1], name).shape_in[-1]
    wide, high = channels / 32 + 10, 1.25 * side + 14
    return [x - wide / 2, top, x + wide / 2, top + high]


def _centre(box: list[float]) -> float:
    return (box[0] + box[2]) / 2


def _says(pen: ImageDraw.ImageDraw, place: tuple[float, float], lines: tuple[str, str], anchor: str) -> None:
    for line, y in zip(lines, (-8, 9), strict=True):
        write(pen, (place[0], place[1] + y), line, COLOURS["ink"], 12, anchor=anchor)
