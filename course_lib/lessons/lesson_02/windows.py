"""Lesson 02's drawings: a window over a picture with its sum, and the places of a kernel along one side."""

from __future__ import annotations

import numpy as np
import torch

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, numbers_panel, picture_panel, settled, stack, text_panel
from course_lib.figures.drawing import TITLE_HEIGHT, canvas, titled, true_minus
from course_lib.figures.lettering import width_of, write
from course_lib.layers import conv2d, output_size, unfold
from course_lib.texts import ngettext, tr

_SIDE = 320  # a picture's width in the drawing
_LARGEST = {"size": 8, "kernel": 4, "padding": 2}  # what draw_places leaves room for
_CELL, _ROW, _LEFT = 32, 26, 72


def draw(picture: torch.Tensor, kernel: torch.Tensor, row: int, column: int) -> Drawing:
    """A picture (1, 3, S, S) in grey and the same filtered; below, the nine products of a kernel (3, 3) at one cell.

    Zeros are padded, so the filtered picture has the same size, and the window may reach over the rim; there its cells
    stand on grey. All numbers are written with two decimals; where these do not multiply or add up to what is written,
    because they are rounded, the sentence says so.
    Raises ValueError where the kernel is not (3, 3), or the cell lies outside the picture.

    Example:

    >>> kernel = torch.tensor([[-1.0, 0.0, 1.0]] * 3)
    >>> draw(torch.ones(1, 3, 8, 8), kernel, 2, 3).sentence
    'Window at row 2, column 3: the nine products add up to 0.00.'
    """
    expect.tensor("picture", picture, "(1, 3, S, S)")
    if getattr(kernel, "shape", None) != (3, 3):
        raise ValueError(f"kernel must be a tensor (3, 3); got {kernel!r}")
    expect.number("row", row, 0, picture.shape[2] - 1)
    expect.number("column", column, 0, picture.shape[3] - 1)
    grey = picture.mean(dim=1, keepdim=True)
    filtered = conv2d(grey, kernel[None, None], padding=1)[0]
    window = _at(grey, row, column)
    outside = _at(0 * grey, row, column, rim=1.0) > 0
    products = window * kernel
    total = _rounded(products.sum())
    sum_of_products = numbers_panel(total.reshape(1, 1), title="sum", frame=(0, 0, 1, 1), cell=64)
    pixels = stack(
        beside(
            picture_panel(grey[0], _SIDE, "picture, in grey", frame=(row - 1, column - 1, 3, 3)),
            picture_panel(filtered, _SIDE, "filtered: −1 is black, 1 is white", frame=(row, column, 1, 1)),
        ),
        beside(
            numbers_panel(_rounded(window), title="window", shaded=outside),
            _sign("×"),
            numbers_panel(_rounded(kernel), title="kernel"),
            _sign("="),
            numbers_panel(_rounded(products), title="products"),
            _sign("→"),
            stack(np.full((26, 1, 3), 255, np.uint8), sum_of_products),
            gap=8,
        ),
    )
    says = tr("Window at row {row}, column {column}: the nine products add up to {total}.")
    said = [says.format(row=row, column=column, total=true_minus(f"{total:.2f}"))]
    if outside.any():
        said.append(tr("The grey zeros are the padding."))
    if not _as_written(window, kernel, products, total):
        said.append(tr("(Only what is written is rounded, not the products or their sum.)"))
    return Drawing(pixels, " ".join(said), grid=(1, TITLE_HEIGHT + 1, _SIDE, _SIDE))  # inside the picture's rim


def _at(grey: torch.Tensor, row: int, column: int, rim: float = 0.0) -> torch.Tensor:
    """The 3x3 numbers round one cell, with `rim` beyond the picture's edge."""
    return unfold(grey, 3, padding=1, value=rim)[0, 0, :, row, column].reshape(3, 3)


def _as_written(window, kernel, products, total) -> bool:
    """Whether the numbers as they are written multiply and add up to the ones that are written."""
    window, kernel, written = map(_rounded, (window, kernel, products))
    return bool(torch.allclose(window * kernel, written, atol=1e-6) and abs(written.sum() - total) < 1e-6)


def _rounded(numbers: torch.Tensor) -> torch.Tensor:
    """To two decimals, and without negative zeros: what is written in the cells."""
    return settled(numbers).round(decimals=2) + 0.0


def _sign(text: str) -> np.ndarray:
    return stack(np.full((70, 1, 3), 255, np.uint8), text_panel(text, width=22, size=20))


def places_panel(size: int, kernel: int, stride: int, padding: int, dilation: int, title: str = "") -> np.ndarray:
    """Every place of a kernel along one side of a picture, one below the other: pixels (H, W, 3) uint8.

    On top the picture's numbers x0, x1, ... between the zeros of the padding; below, one line for each place, with
    the kernel's entries k0, k1, ... under the numbers that they meet.
    Raises ValueError where `course_lib.layers.output_size` does.

    Example:

    >>> places_panel(5, 3, 1, 0, 1).shape
    (110, 234, 3)
    """
    places = output_size(size, kernel, stride, padding, dilation)
    before = [tr("picture"), *(tr("result {number}").format(number=place) for place in range(places))]
    start = max(_LEFT, *(round(width_of(name, 12)) + 8 for name in before))
    image, pen = canvas(start + (size + 2 * padding) * _CELL + 2, (places + 1) * _ROW + 6)

    def cell(text, line, column, fill, ink):
        left, top = start + column * _CELL, line * _ROW + (4 if line else 0)
        pen.rectangle([left, top, left + _CELL, top + _ROW - 2], fill=fill, outline=COLOURS["grid"])
        write(pen, (left + _CELL / 2, top + _ROW / 2), text, ink, 12, anchor="mm")

    names = ["0"] * padding + [f"x{number}" for number in range(size)] + ["0"] * padding
    write(pen, (0, _ROW / 2), before[0], COLOURS["ink"], 12, anchor="lm")
    for column, name in enumerate(names):
        cell(name, 0, column, COLOURS["grid"] if name == "0" else COLOURS["paper"], COLOURS["ink"])
    for place in range(places):
        middle = (place + 1.5) * _ROW + 4
        write(pen, (0, middle), before[place + 1], COLOURS["ink"], 12, anchor="lm")
        for entry in range(kernel):
            column = place * stride + entry * dilation
            cell(f"k{entry}", place + 1, column, COLOURS["signal"], COLOURS["paper"])
    return titled(np.asarray(image), title)


def draw_places(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> Drawing:
    """The drawing of `places_panel` on a sheet that is always equally large, with the size of the result in words.

    Raises ValueError where the kernel does not fit, or a number is larger than the sheet has room for.

    Example:

    >>> draw_places(7, 3, 2, 1).sentence
    'Size 7, kernel 3, stride 2, padding 1: 4 positions.'
    >>> draw_places(8, 3, 2, 0).sentence
    'Size 8, kernel 3, stride 2, padding 0: 3 positions; the window never reaches the last number.'
    >>> draw_places(7, 3, 1, 0, dilation=2).sentence
    'Size 7, kernel 3, stride 1, padding 0: 3 positions. Dilation 2: the kernel reaches over 5.'
    """
    for name, value in (("size", size), ("kernel", kernel), ("padding", padding)):
        expect.number(name, value, 0, _LARGEST[name])
    reach, there_are = dilation * (kernel - 1) + 1, size + 2 * padding
    if reach > there_are:
        says = tr(
            "The kernel does not fit: it reaches over {reach} numbers, and there are only {numbers}, padding included."
        )
        raise ValueError(says.format(reach=reach, numbers=there_are))
    panel = places_panel(size, kernel, stride, padding, dilation)
    cells = _LARGEST["size"] + 2 * _LARGEST["padding"]
    wide = max(_LEFT + cells * _CELL + 2, panel.shape[1])
    sheet = np.full(((cells + 1) * _ROW + 6, wide, 3), 255, np.uint8)
    sheet[: panel.shape[0], : panel.shape[1]] = panel
    places = output_size(size, kernel, stride, padding, dilation)
    values = {"size": size, "kernel": kernel, "stride": stride, "padding": padding}
    says = ngettext(
        "Size {size}, kernel {kernel}, stride {stride}, padding {padding}: {places} position{rest}.",
        "Size {size}, kernel {kernel}, stride {stride}, padding {padding}: {places} positions{rest}.",
        places,
    )
    sentence = says.format(places=places, rest=_never((there_are - reach) % stride, padding), **values)
    if dilation > 1:
        says = tr("Dilation {dilation}: the kernel reaches over {reach}.")
        sentence += " " + says.format(dilation=dilation, reach=reach)
    skipped = stride - reach if places > 1 else 0
    if skipped > 0:
        says = ngettext(
            "Between two positions the window skips {count} cell.",
            "Between two positions the window skips {count} cells.",
            skipped,
        )
        sentence += " " + says.format(count=skipped)
    return Drawing(sheet, sentence)


def _never(missed: int, padding: int) -> str:
    """What lies beyond the last window: zeros of the padding, which stand last, and then numbers of the picture."""
    zeros, numbers = min(missed, padding), max(missed - padding, 0)
    last_zeros = ngettext("the last zero", "the last {count} zeros", zeros).format(count=zeros)
    last_numbers = ngettext("the last number", "the last {count} numbers", numbers).format(count=numbers)
    if zeros and numbers:
        says = tr("; the window never reaches {numbers} and {zeros}")
        return says.format(numbers=last_numbers, zeros=last_zeros)
    if not missed:
        return ""
    return tr("; the window never reaches {these}").format(these=last_zeros if zeros else last_numbers)
