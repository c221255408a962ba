"""Lesson 06's two U-Nets side by side, drawn from what `anatomy` measures, with one block chosen and described."""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, stack, text_panel
from course_lib.figures.drawing import canvas
from course_lib.figures.lettering import size_to_fit, write
from course_lib.models.anatomy import Measured, first_u_net, stable_diffusion
from course_lib.texts import ngettext, tr

ROWS, COLUMNS = 6, 6  # of the cells that the cursor visits; three columns for each network
_WIDE, _HIGH, _TOP, _BELOW, _SIDE = 114, 56, 46, 172, 120
_GREY = "#9A9A9A"
TITLES = ("U-Net, 2015", "Stable Diffusion 1.5")
_INPUT = {"U-Net, 2015": 572, "Stable Diffusion 1.5": 64}
_RESIDUAL = "residual blocks, each followed by a transformer"
_DOUBLES = "then nearest + 3×3 convolution doubles"
# What stands in a block, in words: for a name, or for the beginning of one.
MADE_OF = {
    "U-Net, 2015": {
        "down_blocks": "two 3×3 convolutions without padding, ReLU after each; then 2×2 max pooling halves",
        "bottom": "two 3×3 convolutions without padding, ReLU after each",
        "up_blocks": "a 2×2 transposed convolution doubles; the kept feature map is cropped and put beside; "
        "two 3×3 convolutions without padding, ReLU after each",
        "conv_out": "a 1×1 convolution: for each position two scores, cell or not",
    },
    "Stable Diffusion 1.5": {
        "conv_in": "a 3×3 convolution, from the latent's 4 channels to 320",
        "time_embedding": "320 waves of the timestep, then two linear layers; every residual block reads it",
        "down_blocks.3": "2 residual blocks; no transformer, nothing smaller follows",
        "down_blocks": f"2 {_RESIDUAL}; then a 3×3 convolution with stride 2 halves",
        "mid_block": "residual block, transformer, residual block",
        "up_blocks.0": f"3 residual blocks, each reads a kept feature map beside its own; {_DOUBLES}",
        "up_blocks.3": f"3 {_RESIDUAL}; each reads a kept feature map beside its own",
        "up_blocks": f"3 {_RESIDUAL}; each reads a kept feature map beside its own; {_DOUBLES}",
        "conv_out": "group norm, SiLU and a 3×3 convolution, back to 4 channels",
    },
}


def at(row: int, column: int) -> tuple[str, str, str]:
    """What lies in a cell: the network, the kind ("block", "skip" or "nothing") and the block's name.

    Of a skip, the block on the way up that gets it. Raises ValueError for a cell that is not there.

    Example:

    >>> at(1, 0), at(1, 4)
    (('U-Net, 2015', 'block', 'down_blocks.0'), ('Stable Diffusion 1.5', 'skip', 'up_blocks.3'))
    """
    row = int(expect.number("row", row, 0, ROWS - 1))
    which, side = divmod(int(expect.number("column", column, 0, COLUMNS - 1)), 3)
    title = TITLES[which]
    if row == ROWS - 1:
        return title, "block", "mid_block" if which else "bottom"
    if row == 0:
        name = ("conv_in", "time_embedding", "conv_out")[side] if which else ("", "", "conv_out")[side]
        return title, "block" if name else "nothing", name
    return title, "skip" if side == 1 else "block", f"down_blocks.{row - 1}" if side == 0 else f"up_blocks.{4 - row}"


def block(title: str, name: str) -> Measured:
    """The measurements of a block of one of TITLES; the last group norm of Stable Diffusion belongs to `conv_out`.

    Example:

    >>> block("Stable Diffusion 1.5", "conv_out").numbers
    12164
    """
    blocks = first_u_net() if title == TITLES[0] else stable_diffusion()
    found = blocks[name]
    if title == TITLES[1] and name == "conv_out":
        norm = blocks["conv_norm_out"]
        return Measured(name, norm.shape_in, found.shape_out, found.numbers + norm.numbers, found.work, found.sees)
    return found


def label(title: str, name: str) -> str:
    """What stands under a block's name: the channels it gives, and a size.

    Of the U-Net of 2015 the size of the feature map it gives, of Stable Diffusion the size before it halves or doubles.

    Example:

    >>> label("U-Net, 2015", "up_blocks.3"), label("Stable Diffusion 1.5", "down_blocks.1")
    ('64 × 388²', '640 × 32²')
    """
    found = block(title, name)
    size = found.shape_out if title == TITLES[0] else found.shape_in
    return f"{found.shape_out[0]} × {size[-1]}²" if name != "time_embedding" else tr("1280 numbers")


def draw(row: int, column: int) -> Drawing:
    """Both U-Nets as two U's of cells, and below them, in words, the one in this cell: row 0 to 5, column 0 to 5.

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
        y = top + _HIGH / 2 + 6
        pen.line([left + 4, y, left + _WIDE - 12, y], fill=COLOURS["ink"], width=2)
        pen.polygon([(left + _WIDE - 4, y), (left + _WIDE - 13, y - 5), (left + _WIDE - 13, y + 5)], COLOURS["ink"])
        count = len(found.kept)
        words = ngettext("{count} feature map", "{count} feature maps", count) if count > 1 else tr("cropped")
        _fit(pen, (middle, y - 10), words.format(count=count), _WIDE - 8, anchor="mm")
        return
    lowest = row == ROWS - 1
    x0, x1 = (left - _WIDE + 6, left + 2 * _WIDE - 7) if lowest else (left + 5, left + _WIDE - 6)
    pen.rectangle([x0, top + 5, x1, top + _HIGH - 6], outline=COLOURS["ink"], width=1)
    _fit(pen, (middle, top + 15), name, _WIDE - 14, anchor="mm")
    _fit(pen, (middle, top + 30), label(title, name), _WIDE - 14, anchor="mm")
    for part, whole, y, ink in zip(_pair(found), _totals(title), (39, 44), (COLOURS["ink"], _GREY), strict=True):
        length = (_WIDE - 24) * part / whole / 0.35  # the largest share of all is below 0.35, but for one
        pen.rectangle([middle - _WIDE / 2 + 11, top + y, middle - _WIDE / 2 + 11 + length, top + y + 3], fill=ink)


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
    left, top, scale = COLUMNS * _WIDE - _SIDE - 6, 22, _SIDE / _INPUT[title]
    says = tr("picture, {side} × {side}") if title == TITLES[0] else tr("latent, {side} × {side}")
    _fit(pen, (left, top - 18), says.format(side=_INPUT[title]), _SIDE + 6)
    half, centre = min(found.sees * scale, _SIDE) / 2, (left + _SIDE / 2, top + _SIDE / 2)
    pen.rectangle([centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half], fill=COLOURS["signal"])
    pen.rectangle([left, top, left + _SIDE, top + _SIDE], outline=COLOURS["ink"], width=2)
    return np.asarray(image)
