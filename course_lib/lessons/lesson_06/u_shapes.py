"""Lesson 06's two U-Nets side by side, each as a U, with one block chosen and described."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from course_lib.figures import COLOURS, Drawing, stack, text_panel
from course_lib.figures.drawing import canvas
from course_lib.figures.lettering import size_to_fit, write
from course_lib.lessons.lesson_06.arrows import arrow
from course_lib.lessons.lesson_06.u_cells import COLUMNS, INPUT, MADE_OF, ROWS, TITLES, at, block, label
from course_lib.models.anatomy import Measured, first_u_net, stable_diffusion
from course_lib.texts import ngettext, tr

_WIDE, _HIGH, _TOP, _BELOW, _SIDE = 136, 62, 46, 172, 120
_AREA = 54  # of a cell's width, for its box; words and bars stand beside it
_ROOM = _WIDE - _AREA - 6
_GREY = "#9A9A9A"


def draw(row: int, column: int) -> Drawing:
    """Both U-Nets as two U's of boxes, and below them, in words, the one in this cell: row 0 to 5, column 0 to 5.

    Columns 0 and 3 hold the ways down, 2 and 5 the ways up, 1 and 4 what is handed across.
    Raises ValueError for a cell that is not there.

    Example:

    >>> draw(2, 3).sentence
    'Stable Diffusion 1.5, down_blocks.1: 320 × 32 × 32 in, 640 × 16 × 16 out; 36,818,560 parameters (4.3 %), \
34.2 billion multiply-adds (8.5 %). Its convolutions alone reach over 33 × 33 positions of the latent; group norm and \
attention see all of it.'
    """
    title, kind, name = at(row, column)
    image = Image.fromarray(_sheet())
    pen = ImageDraw.Draw(image)
    first, last = (3 * (column // 3), 3 * (column // 3) + 2) if row == ROWS - 1 else (column, column)
    box = [first * _WIDE + 1, _TOP + row * _HIGH + 1, (last + 1) * _WIDE - 2, _TOP + (row + 1) * _HIGH - 2]
    pen.rectangle(box, outline=COLOURS["noise"], width=3)
    sheet = np.asarray(image)
    if kind == "nothing":
        words = tr("It begins with the picture itself, and it knows no time: it is asked once, not step by step.")
        nothing = tr("{network}: nothing here").format(network=tr(title))
        lines, sentence = [nothing, words], f"{nothing}. {words}"
        below = _words(lines)
    elif kind == "skip":
        lines, sentence = _skip(title, block(title, name))
        below = _words(lines)
    else:
        lines, sentence = _block(title, block(title, name))
        below = _field(_words(lines), title, block(title, name))
    return Drawing(stack(sheet, below, gap=4), sentence, grid=(0, _TOP, COLUMNS * _WIDE, ROWS * _HIGH))


def _block(title: str, found: Measured) -> tuple[list[str], str]:
    made = next(words for start, words in MADE_OF[title].items() if found.name.startswith(start))
    numbers_share, work_share = (
        f"{100 * part / whole:.1f} %" for part, whole in zip(_pair(found), _totals(title), strict=True)
    )
    work = f"{found.work:,}"
    if found.work > 1e8:
        work = tr("{count} billion").format(count=f"{found.work / 1e9:.1f}")
    both, no_shape = tr("{shape_in} in, {shape_out} out"), tr("a timestep in, {shape_out} out")
    shapes = both if found.shape_in else no_shape
    values = {
        "network": tr(title),
        "name": found.name,
        "made": tr(made),
        "shapes": shapes.format(shape_in=_shape(found.shape_in), shape_out=_shape(found.shape_out)),
        "numbers": f"{found.numbers:,}",
        "numbers_share": numbers_share,
        "work": work,
        "work_share": work_share,
    }
    lines = [
        tr("{name}: {made}"),
        "{shapes}",
        tr("parameters: {numbers} ({numbers_share})"),
        tr("multiply-adds: {work} ({work_share})"),
    ]
    says = tr(
        "{network}, {name}: {shapes}; {numbers} parameters ({numbers_share}), {work} multiply-adds ({work_share})."
    )
    lines, said = [line.format(**values) for line in lines], [says.format(**values)]
    if found.sees:
        lines.append(tr("convolutions alone reach over {side} × {side} positions").format(side=found.sees))
        if title == TITLES[0]:
            says = tr("Its convolutions alone reach over {side} × {side} positions of the picture.")
        elif found.name == "conv_in":
            says = tr("Its convolutions alone reach over {side} × {side} positions of the latent.")
        else:
            lines.append(tr("group norm and attention see all of it"))
            says = tr(
                "Its convolutions alone reach over {side} × {side} positions of the latent; group norm and attention "
                "see all of it."
            )
        said.append(says.format(side=found.sees))
    return lines, " ".join(said)


def _skip(title: str, found: Measured) -> tuple[list[str], str]:
    if title == TITLES[0]:
        ((channels, side, _),) = found.kept
        rim = (side - found.shape_out[1] - 4) // 2
        says = tr(
            "One feature map, {shape}, loses a rim of {rim} positions on each side and is put beside the "
            "{channels} channels that come from below."
        )
        words = says.format(shape=_shape(found.kept[0]), rim=rim, channels=channels)
    else:
        widths = ", ".join(str(shape[0]) for shape in found.kept)
        says = tr(
            "Three feature maps of {size}, with {widths} channels in the order in which they are taken, one for each "
            "residual block on the way up; the last one kept is the first one taken."
        )
        words = says.format(size=_shape(found.kept[0][1:]), widths=widths)
    sentence = tr("{network}, handed across to {name}. {words}")
    sentence = sentence.format(network=tr(title), name=found.name, words=words)
    return [tr("handed across to {name}").format(name=found.name), words], sentence


def _pair(found: Measured) -> tuple[int, int]:
    return found.numbers, found.work


@cache
def _totals(title: str) -> tuple[int, int]:
    blocks = (first_u_net() if title == TITLES[0] else stable_diffusion()).values()
    return sum(found.numbers for found in blocks), sum(found.work for found in blocks)


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


@cache
def _sheet() -> np.ndarray:
    """Both U's without a chosen cell; it never changes."""
    image, pen = canvas(COLUMNS * _WIDE, _TOP + ROWS * _HIGH + 22)
    for which, title in enumerate(TITLES):
        numbers, work = _totals(title)
        left = which * 3 * _WIDE
        _fit(pen, (left + 4, 2), tr(title), 3 * _WIDE - 8, 15)
        says = tr("{numbers} million parameters, {work} billion multiply-adds")
        words = says.format(numbers=f"{numbers / 1e6:.1f}", work=f"{work / 1e9:.0f}")
        _fit(pen, (left + 4, 24), words, 3 * _WIDE - 8)
    for row in range(ROWS):
        for column in range(COLUMNS):
            if row < ROWS - 1 or column % 3 == 1:
                _cell(pen, row, column)
    _ways(pen)
    top = _TOP + ROWS * _HIGH + 5
    pen.rectangle([4, top + 2, 34, top + 7], fill=COLOURS["ink"])
    _fit(pen, (40, top - 2), tr("share of the parameters"), 180)
    pen.rectangle([226, top + 2, 256, top + 7], fill=_GREY)
    _fit(pen, (262, top - 2), tr("share of the multiply-adds"), 172)
    _fit(pen, (440, top - 2), tr("640 × 32²: channels × size"), COLUMNS * _WIDE - 444)
    return np.asarray(image)


def _cell(pen: ImageDraw.ImageDraw, row: int, column: int) -> None:
    title, kind, name = at(row, column)
    left, top = column * _WIDE, _TOP + row * _HIGH
    middle = left + _WIDE / 2
    if kind == "nothing":
        if column == 0:
            _fit(pen, (middle, top + 18), tr("the picture"), _WIDE - 8, 12, "mm")
            _fit(pen, (middle, top + 36), "1 × 572²", _WIDE - 8, anchor="mm")
        return
    found = block(title, name)
    if kind == "skip":
        y = top + _HIGH / 2
        arrow(pen, (left + 2, y), (left + _WIDE - 2, y), COLOURS["signal"])
        count = len(found.kept)
        words = ngettext("{count} feature map", "{count} feature maps", count) if count > 1 else tr("cropped")
        _fit(pen, (middle, y - 10), words.format(count=count), _WIDE - 8, anchor="mm")
        return
    box = _box(row, column)
    start = left + (4 if column % 3 == 0 else _AREA + 4)
    if column % 3 == 1:
        start = left if row == 0 else box[2] + 8
    if box:
        pen.rectangle(box, outline=COLOURS["ink"], width=2)
    _fit(pen, (start, top + 8), name, _ROOM)
    _fit(pen, (start, top + 23), label(title, name), _ROOM)
    for part, whole, y, ink in zip(_pair(found), _totals(title), (43, 49), (COLOURS["ink"], _GREY), strict=True):
        length = _ROOM * part / whole / 0.35  # the largest share of all is below 0.35, but for one
        pen.rectangle([start, top + y, start + length, top + y + 3], fill=ink)


def _box(row: int, column: int) -> list[float]:
    """The corners of a cell's box, high for many rows and wide for many channels; [] where there is none."""
    title, kind, name = at(row, column)
    if kind != "block" or name == "time_embedding":
        return []
    found = block(title, name)
    side = (found.shape_out if title == TITLES[0] else found.shape_in)[-1]
    most = 1024 if title == TITLES[0] else 1280
    wide, high = 8 + 36 * found.shape_out[0] / most, 6 + 38 * side / INPUT[title]
    x = column * _WIDE + {0: _WIDE - _AREA / 2, 1: _WIDE / 2 - 35, 2: _AREA / 2}[column % 3]
    y = _TOP + row * _HIGH + _HIGH / 2
    return [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]


def _ways(pen: ImageDraw.ImageDraw) -> None:
    """The arrows down on the left of each U, through its lowest box, and up on the right."""
    for first in (0, 3):
        down = [box for box in (_box(row, first) for row in range(ROWS - 1)) if box]
        up = [box for box in (_box(row, first + 2) for row in reversed(range(ROWS - 1))) if box]
        lowest = _box(ROWS - 1, first + 1)
        for side in (down, up[::-1]):
            for one, other in zip(side, side[1:], strict=False):
                ends = ((one[0] + one[2]) / 2, one[3] + 2), ((other[0] + other[2]) / 2, other[1] - 2)
                arrow(pen, *(ends if side is down else ends[::-1]), COLOURS["ink"])
        y = (lowest[1] + lowest[3]) / 2
        arrow(pen, ((down[-1][0] + down[-1][2]) / 2, down[-1][3] + 2), (lowest[0] - 4, y), COLOURS["ink"])
        right = (up[0][0] + up[0][2]) / 2
        pen.line([first * _WIDE + 2 * _WIDE + 1, y, right, y], fill=COLOURS["ink"], width=2)
        arrow(pen, (right, y), (right, up[0][3] + 2), COLOURS["ink"])


def _fit(pen: ImageDraw.ImageDraw, place, text: str, room: float, size: int = 11, anchor: str = "la") -> None:
    """Words in letters of this size, or smaller where they would need more room."""
    write(pen, place, text, COLOURS["ink"], size_to_fit(text, room, size), anchor=anchor)


def _words(lines: list[str]) -> np.ndarray:
    """The description on paper that is equally large for all blocks, unless a language needs more lines."""
    words = stack(*(text_panel(line, COLUMNS * _WIDE - _SIDE - 60, size=13) for line in lines), gap=5)
    words = words[:-1]  # below the last line a row is empty
    sheet = np.full((max(_BELOW, 4 + words.shape[0]), COLUMNS * _WIDE, 3), 255, np.uint8)
    sheet[4 : 4 + words.shape[0], 4 : 4 + words.shape[1]] = words
    return sheet


def _field(sheet: np.ndarray, title: str, found: Measured) -> np.ndarray:
    """Add, on the right, what the convolutions see: a filled square in the square of the network's input."""
    if not found.sees:
        return sheet
    image = Image.fromarray(sheet)
    pen = ImageDraw.Draw(image)
    left, top, scale = COLUMNS * _WIDE - _SIDE - 6, 22, _SIDE / INPUT[title]
    says = tr("picture, {side} × {side}") if title == TITLES[0] else tr("latent, {side} × {side}")
    _fit(pen, (left, top - 18), says.format(side=INPUT[title]), _SIDE + 6)
    half, centre = min(found.sees * scale, _SIDE) / 2, (left + _SIDE / 2, top + _SIDE / 2)
    pen.rectangle([centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half], fill=COLOURS["signal"])
    pen.rectangle([left, top, left + _SIDE, top + _SIDE], outline=COLOURS["ink"], width=2)
    return np.asarray(image)
