"""Lesson 02, convolution: its predictions, its quiz, its checks, and the drawing of its explorer."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.figures import Drawing, beside, numbers_panel, picture_panel
from course_lib.layers import conv2d
from course_lib.lessons.checks import FunctionCheck, Mistake
from course_lib.lessons.quiz import Choice, Question


def draw(picture: torch.Tensor, kernel: torch.Tensor, row: int, column: int) -> Drawing:
    """A picture (1, 3, S, S) in grey, the products under a 3x3 kernel at one cell, and the filtered picture.

    Example:

    >>> draw(torch.zeros(1, 3, 8, 8), torch.ones(3, 3), 2, 3).sentence
    'Window at row 2, column 3: the nine products add up to 0.00.'
    """
    grey = picture.mean(dim=1, keepdim=True)
    filtered = conv2d(grey, kernel[None, None], padding=1)[0]
    window = F.pad(grey[0, 0], (1, 1, 1, 1))[row : row + 3, column : column + 3]
    products = window * kernel + 0.0  # without negative zeros
    pixels = beside(
        picture_panel(grey[0], width=256, title="picture", frame=(row - 1, column - 1, 3, 3)),
        numbers_panel(products, title="number times kernel"),
        picture_panel(filtered, width=256, title="filtered", frame=(row, column, 1, 1)),
    )
    total = f"{products.sum().item() + 0.0:.2f}"
    return Drawing(
        pixels,
        f"Window at row {row}, column {column}: the nine products add up to {total}.",
        grid=(0, pixels.shape[0] - 256, 256, 256),
    )


predict_flat = Question(
    "A kernel of minus ones and plus ones adds up to 0. What does it give where the picture is the same everywhere?",
    (
        Choice("0", "Yes: the same number times a sum of 0. Such kernels see only differences.", right=True),
        Choice("the picture's number", "That is what a kernel gives that adds up to 1, a blur for instance."),
    ),
)

predict_size = Question(
    "A 5x5 picture and a 3x3 kernel, without padding: how large is the result?",
    (
        Choice("3x3", "Yes: the window fits in 5 - 3 + 1 = 3 places along each side.", right=True),
        Choice("2x2", "5 - 3 = 2 counts the moves; the place where the window starts counts as well."),
        Choice("5x5", "It would be, with one row of zeros around the picture (padding 1)."),
    ),
)

predict_field = Question(
    "Two 3x3 convolutions, one after the other. How many numbers of the picture does one result see?",
    (
        Choice("5x5", "Yes: each of the 3x3 inputs of the second sees 3x3 of its own, overlapping.", right=True),
        Choice("9x9", "The windows of neighbours overlap: each further layer adds one number at each side."),
        Choice("3x3", "That is what a single layer sees."),
    ),
)

quiz = (
    Question(
        "What does `padding=1` do?",
        (
            Choice(
                "puts a rim of zeros around the picture",
                "Right: a 3x3 kernel then keeps the picture's size.",
                right=True,
            ),
            Choice("puts a rim of zeros around the kernel", "The kernel stays as it is; the picture gets the rim."),
            Choice("moves the window by one more", "That is stride."),
        ),
    ),
    Question(
        "How many numbers has a layer with 3 input channels, 8 output channels, 3x3 kernels and a bias?",
        (
            Choice("224", "Right: 8 * (3 * 3 * 3) + 8.", right=True),
            Choice("80", "That forgets that each filter has a kernel for each of the 3 input channels."),
            Choice("216", "The 8 numbers of the bias are missing."),
        ),
    ),
    Question(
        "How does Stable Diffusion's U-Net make its pictures smaller?",
        (
            Choice("3x3 convolutions with stride 2", "Right; the U-Net of 2015 used max pooling.", right=True),
            Choice("max pooling", "That is the U-Net of 2015. Stable Diffusion uses convolutions with stride 2."),
        ),
    ),
)


def _cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(2)
    sizes = [((2, 6, 7), (3, 2, 3, 3), 1), ((1, 5, 5), (2, 1, 3, 3), 0)]
    return [
        (
            torch.randn(x, generator=generator),
            torch.randn(w, generator=generator),
            torch.randn(w[0], generator=generator),
            p,
        )
        for x, w, p in sizes
    ]


def _right(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, padding: int) -> torch.Tensor:
    return conv2d(x[None], weight, bias, padding=padding)[0]


check_conv2d = FunctionCheck(
    "my_conv2d",
    _right,
    _cases(),
    [
        Mistake(
            "The kernel is flipped: deep learning's convolution does not turn it round.",
            lambda x, w, b, p: _right(x, w.flip(-1, -2), b, p),
        ),
        Mistake(
            "The kernel's rows and columns are exchanged.", lambda x, w, b, p: _right(x, w.transpose(-1, -2), b, p)
        ),
        Mistake("The padding is missing.", lambda x, w, b, p: _right(x, w, b, 0)),
        Mistake("The bias is missing.", lambda x, w, b, p: _right(x, w, 0 * b, p)),
        Mistake(
            "The bias is added for each number of the kernel; it is added once.",
            lambda x, w, b, p: _right(x, w, w[0].numel() * b, p),
        ),
    ],
)

check_size = FunctionCheck(
    "my_size",
    lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride + 1,
    [(5, 3, 1, 0), (64, 3, 2, 1), (28, 5, 3, 2)],
    [
        Mistake(
            "The + 1 is missing: the place where the window starts counts.", lambda n, k, s, p: (n + 2 * p - k) // s
        ),
        Mistake("Padding stands at both ends: it counts twice.", lambda n, k, s, p: (n + p - k) // s + 1),
        Mistake(
            "Round down: a window that does not fit whole is left out.", lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1
        ),
    ],
)
