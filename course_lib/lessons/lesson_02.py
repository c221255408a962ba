"""Lesson 02, convolution: its predictions, its quiz, its checks, and the drawings of its two explorers."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, numbers_panel, picture_panel, stack, text_panel
from course_lib.figures.drawing import canvas, font, titled
from course_lib.layers import conv2d, output_size, unfold
from course_lib.lessons.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question

_SIDE = 320  # a picture's width in the drawing
_LARGEST = {"size": 8, "kernel": 4, "padding": 2}  # what draw_places leaves room for
_CELL, _ROW, _LEFT = 32, 26, 84


def draw(picture: torch.Tensor, kernel: torch.Tensor, row: int, column: int) -> Drawing:
    """A picture (1, 3, S, S) in grey and the same filtered; below, the nine products of a kernel (3, 3) at one cell.

    Zeros are padded, so the filtered picture has the same size, and the window may reach over the rim.
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
    window = unfold(grey, 3, padding=1)[0, 0, :, row, column].reshape(3, 3)
    products = window * kernel
    total = _rounded(products.sum())
    sum_of_products = numbers_panel(total.reshape(1, 1), title="sum", highlight=(0, 0), cell=64)
    pixels = stack(
        beside(
            picture_panel(grey[0], _SIDE, "picture, in grey", frame=(row - 1, column - 1, 3, 3)),
            picture_panel(filtered, _SIDE, "filtered: −1 is black, 1 is white", frame=(row, column, 1, 1)),
        ),
        beside(
            numbers_panel(_rounded(window), title="window"),
            _sign("×"),
            numbers_panel(_rounded(kernel), title="kernel"),
            _sign("="),
            numbers_panel(_rounded(products), title="products"),
            _sign("→"),
            stack(np.full((26, 1, 3), 255, np.uint8), sum_of_products),
            gap=8,
        ),
    )
    sentence = f"Window at row {row}, column {column}: the nine products add up to {total:.2f}."
    return Drawing(pixels, sentence, grid=(0, 22, _SIDE, _SIDE))


def _rounded(numbers: torch.Tensor) -> torch.Tensor:
    """To two decimals, and without negative zeros: what is written in the cells."""
    return numbers.double().round(decimals=2) + 0.0


def _sign(text: str) -> np.ndarray:
    return stack(np.full((70, 1, 3), 255, np.uint8), text_panel(text, width=22, size=20))


def places_panel(size: int, kernel: int, stride: int, padding: int, dilation: int, title: str = "") -> np.ndarray:
    """Every place of a kernel along one side of a picture, one below the other: pixels (H, W, 3) uint8.

    On top the picture's numbers x1, x2, ... between the zeros of the padding; below, one line for each place, with
    the kernel's entries k1, k2, ... under the numbers that they meet.
    Raises ValueError where `course_lib.layers.output_size` does.

    Example:

    >>> places_panel(5, 3, 1, 0, 1).shape
    (110, 470, 3)
    """
    places = output_size(size, kernel, stride, padding, dilation)
    cells = _LARGEST["size"] + 2 * _LARGEST["padding"]
    image, pen = canvas(_LEFT + cells * _CELL + 2, (places + 1) * _ROW + 6)

    def cell(text, line, column, fill, ink):
        left, top = _LEFT + column * _CELL, line * _ROW + (4 if line else 0)
        pen.rectangle([left, top, left + _CELL, top + _ROW - 2], fill=fill, outline=COLOURS["grid"])
        pen.text((left + _CELL / 2, top + _ROW / 2), text, fill=ink, font=font(12), anchor="mm")

    names = ["0"] * padding + [f"x{number + 1}" for number in range(size)] + ["0"] * padding
    pen.text((0, _ROW / 2), "picture", fill=COLOURS["ink"], font=font(12), anchor="lm")
    for column, name in enumerate(names):
        cell(name, 0, column, COLOURS["grid"] if name == "0" else COLOURS["paper"], COLOURS["ink"])
    for place in range(places):
        middle = (place + 1.5) * _ROW + 4
        pen.text((0, middle), f"result {place + 1}", fill=COLOURS["ink"], font=font(12), anchor="lm")
        for entry in range(kernel):
            column = place * stride + entry * dilation
            cell(f"k{entry + 1}", place + 1, column, COLOURS["signal"], COLOURS["paper"])
    return titled(np.asarray(image), title)


def draw_places(size: int, kernel: int, stride: int, padding: int, dilation: int) -> Drawing:
    """The drawing of `places_panel` on a sheet that is always equally large, with the size of the result in words.

    Raises ValueError where the kernel does not fit, or a number is larger than the sheet has room for.

    Example:

    >>> draw_places(7, 3, 2, 1, 1).sentence
    'Size 7, kernel 3, stride 2, padding 1, dilation 1: 4 places.'
    >>> draw_places(8, 3, 2, 0, 1).sentence
    'Size 8, kernel 3, stride 2, padding 0, dilation 1: 3 places; the window never reaches the last number of the row.'
    """
    for name, value in (("size", size), ("kernel", kernel), ("padding", padding)):
        expect.number(name, value, 0, _LARGEST[name])
    panel = places_panel(size, kernel, stride, padding, dilation)
    height = (_LARGEST["size"] + 2 * _LARGEST["padding"] + 1) * _ROW + 6
    sheet = np.full((height, panel.shape[1], 3), 255, np.uint8)
    sheet[: panel.shape[0]] = panel
    places = output_size(size, kernel, stride, padding, dilation)
    missed = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride
    numbers = "number" if missed == 1 else f"{missed} numbers"
    return Drawing(
        sheet,
        f"Size {size}, kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation}: "
        f"{places} place{'s' * (places > 1)}{f'; the window never reaches the last {numbers} of the row' if missed else ''}.",
    )


predict_size = Question(
    "A 5x5 picture and a 3x3 kernel: at how many places does the window fit?",
    (
        Choice("2x2", "5 - 3 = 2 counts the moves; the place where the window starts counts as well."),
        Choice(
            "3x3", "Yes: along each side it can start at 3 numbers, the first, the second and the third.", right=True
        ),
        Choice("5x5", "Near the right and lower rim the window would hang over the edge. Padding, below, allows that."),
    ),
)

predict_flip = Question(
    "At this place the result was 10. Turn the kernel by 180 degrees first, as mathematics does. What comes out now?",
    (
        Choice("10", "The columns of -1 and +1 have changed places, so right minus left became left minus right."),
        Choice("0", "The numbers on both sides are different, 15 and 5: their difference cannot be 0."),
        Choice("-10", "Yes: 5 - 15. This kernel, turned round, is the same with the other sign.", right=True),
    ),
)

predict_flat = Question(
    "The nine numbers of an edge kernel add up to 0. What does it give inside an area of one colour?",
    (
        Choice("the colour's number", "That is what a kernel gives whose numbers add up to 1, a blur for instance."),
        Choice("0", "Yes: the same number times a sum of 0. Such a kernel sees only differences.", right=True),
        Choice("nine times the number", "That would be the answer for nine ones; here minus and plus cancel."),
    ),
)

predict_field = Question(
    "Two 3x3 convolutions, one after the other. How many numbers of the picture can change one number of the result?",
    (
        Choice("3x3", "That is what one layer sees. The second layer's neighbours bring in numbers from further out."),
        Choice("5x5", "Yes: each of the 3x3 inputs of the second sees 3x3 of its own, and these overlap.", right=True),
        Choice(
            "9x9", "That multiplies 3 by 3. But the windows of neighbours overlap: they start only one number apart."
        ),
    ),
)

quiz = (
    Question(
        "How many learned numbers has a layer with 3 input channels, 8 output channels, 3x3 kernels and a bias?",
        (
            Choice("80", "That forgets that each of the 8 filters has a kernel for each of the 3 input channels."),
            Choice("216", "The bias is missing: one number for each of the 8 filters."),
            Choice("224", "Right: 8 * (3 * 3 * 3) + 8. The size of the picture plays no part.", right=True),
        ),
    ),
    Question(
        "A 64x64 picture passes through a 3x3 convolution with padding 1 and stride 2. How large is the result?",
        (
            Choice("32x32", "Right: (64 + 2 - 3) / 2 is 31.5, rounded down 31, plus 1 makes 32.", right=True),
            Choice("31x31", "31.5 is rounded down to 31 moves; the place where the window starts makes 32."),
            Choice("64x64", "That is so with stride 1. With stride 2 the window jumps over every other place."),
        ),
    ),
    Question(
        "Which statement about the convolutions in Stable Diffusion's U-Net is true?",
        (
            Choice("ReLU follows each of them", "That is the U-Net of 2015. Stable Diffusion uses SiLU."),
            Choice("with stride 2 they shrink the picture", "Right, where the U-Net of 2015 used max pooling.", right=True),
            Choice("they turn the kernel by 180 degrees", "No library for networks does that; the learning would undo it."),
        ),
    ),
)  # fmt: skip


def _cases() -> list[tuple]:
    draw_from = torch.Generator().manual_seed(2)
    sizes = [((2, 6, 7), (3, 2, 3, 3), 1, 1), ((1, 5, 5), (2, 1, 2, 2), 1, 0), ((3, 9, 6), (4, 3, 3, 3), 2, 2)]
    return [
        (*(torch.randn(shape, generator=draw_from) for shape in (x, weight, weight[:1])), stride, padding)
        for x, weight, stride, padding in sizes
    ]


def _conv2d(x, weight, bias, stride, padding) -> torch.Tensor:
    return conv2d(x[None], weight, bias, stride=stride, padding=padding)[0]


def _one_place_after_the_other(x, w, b, s, p) -> torch.Tensor:
    """The right size, but the window starts at i and j instead of at i * stride and j * stride."""
    rows, columns = _conv2d(x, w, b, s, p).shape[1:]
    return _conv2d(x, w, b, 1, p)[:, :rows, :columns]


def _one_map_for_each_channel(x, w, b, s, p) -> torch.Tensor:
    maps = [_conv2d(x[c : c + 1], w[:, c : c + 1], b, s, p) for c in range(len(x))]
    return torch.stack(maps, dim=1)


check_conv2d = FunctionCheck(
    "my_conv2d",
    _conv2d,
    _cases(),
    [
        Mistake("The kernel is flipped: deep learning's convolution does not turn it round.", lambda x, w, b, s, p: _conv2d(x, w.flip(-1, -2), b, s, p)),
        Mistake("Rows and columns of the kernel are exchanged: row i of the kernel belongs to row i of the window.", lambda x, w, b, s, p: _conv2d(x, w.mT, b, s, p)),
        Mistake("The padding is missing: put zeros around x first.", lambda x, w, b, s, p: _conv2d(x, w, b, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, w, b, s, p: _conv2d(x, w, b, s, (0, p))),
        Mistake("Padding stands at one end only: it belongs to all four sides.", lambda x, w, b, s, p: _conv2d(F.pad(x, (p, 0, p, 0)), w, b, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` zeros.", lambda x, w, b, s, p: _conv2d(x, w, b, s, 2 * p)),
        Mistake("The bias is missing.", lambda x, w, b, s, p: _conv2d(x, w, 0 * b, s, p)),
        Mistake("The bias is added at each pixel of the window. It is added once, after the sum.", lambda x, w, b, s, p: _conv2d(x, w, w[0].numel() * b, s, p)),
        Mistake("The bias is added once for each input channel. It is added once, after the sum.", lambda x, w, b, s, p: _conv2d(x, w, len(x) * b, s, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, w, b, s, p: _conv2d(x, w, b, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", _one_place_after_the_other),
        Mistake("The channels are not summed: a filter gives one map, the sum over all input channels.", _one_map_for_each_channel),
        Mistake("Only the first channel is read: a filter sums over all input channels.", lambda x, w, b, s, p: _conv2d(x[:1], w[:, :1], b, s, p)),
        Mistake("The channels are averaged. They are added up.", lambda x, w, b, s, p: _conv2d(x, w / len(x), b, s, p)),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, w, b, s, p: _conv2d(x, w, b, s, p)[:, :-1, :-1]),
    ],
)  # fmt: skip

check_size = FunctionCheck(
    "my_size",
    output_size,
    [(5, 3, 1, 0, 1), (64, 3, 2, 1, 1), (28, 5, 3, 2, 1), (20, 3, 2, 1, 3)],
    [
        Mistake("The + 1 is missing: the place where the window starts counts.", lambda n, k, s, p, d: output_size(n, k, s, p, d) - 1),
        Mistake("Padding stands at both ends: it counts twice.", lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1),
        Mistake("Padding is missing.", lambda n, k, s, p, d: output_size(n, k, s, 0, d)),
        Mistake("Dilation is ignored: the kernel reaches over dilation * (kernel - 1) + 1 numbers.", lambda n, k, s, p, d: output_size(n, k, s, p, 1)),
        Mistake("A kernel with dilation reaches over dilation * (kernel - 1) + 1 numbers, not dilation * kernel.", lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1),
        Mistake("Round down: a window that does not fit whole is left out.", lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1),
        Mistake("That is not rounded: // divides and rounds down, / does not.", lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1),
    ],
)  # fmt: skip


def _only(row: int, column: int) -> torch.Tensor:
    return torch.eye(9)[3 * row + column].reshape(3, 3)


check_shift = ValueCheck(
    "the kernel that moves the picture to the right",
    _only(1, 0),
    [
        Mistake("That one moves the picture to the left: each result takes its right neighbour. (It would be right if the kernel were flipped.)", _only(1, 2)),
        Mistake("That one moves the picture down: rows and columns are exchanged.", _only(0, 1)),
        Mistake("That one moves the picture up.", _only(2, 1)),
        Mistake("That one leaves the picture where it is.", _only(1, 1)),
        Mistake("Nine equal numbers blur the picture; a single 1 moves it.", torch.full((3, 3), 1 / 9)),
    ],
)  # fmt: skip
