"""Lesson 02: the check of exercise 1, a convolution, and its usual mistakes."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_02 import wrong_convolutions as wrong
from course_lib.lessons.lesson_02.wrong_convolutions import convolve


def _cases() -> list[tuple]:
    draw_from = torch.Generator().manual_seed(2)
    sizes = [
        ((2, 6, 7), (3, 2, 3, 3), 1, 1),
        ((1, 5, 5), (2, 1, 2, 2), 1, 0),
        ((3, 9, 6), (4, 3, 3, 3), 2, 2),
        ((2, 6, 7), (3, 2, 2, 3), 1, 1),
        ((2, 6, 8), (3, 2, 3, 3), 2, 1),  # a window that starts one too far in still fits
        ((2, 4, 8), (3, 2, 1, 1), 2, 1),  # with one number, many wrong windows fit: their results tell them apart
    ]
    return [
        (*(torch.randn(shape, generator=draw_from) for shape in (x, weight, weight[:1])), stride, padding)
        for x, weight, stride, padding in sizes
    ]


_ONLY_THREE = "It works for 3x3 kernels only: take the kernel's rows and columns from weight.shape, for the size and for the window."

_TWO = "You subtract 2, which is right for 3x3 only: it is kernel - 1."

_ALL_FILTERS = "You add up all filters: each filter has a map of its own. .sum() adds up everything, .sum(dim=(1, 2, 3)) keeps the filters apart."

_SLIDE = "`slide` knows only 3x3 kernels and moves by one. Take rows and columns from weight.shape, and start the window at i * stride, j * stride."

_ONE_END = "Padding is there at one end only, in F.pad or in the size: zeros stand at both ends of rows and columns, and the size counts both."

_RETURN_IN_BOTH = "Only one number is filled: return stands inside the loops. Move it to the left, below both loops."

_PADDED_LATE = "The zeros are put around the result. They belong around x, before the window moves."

_STRIDE_TWICE = "The stride counts twice, in rows and in range: with range(rows) and range(columns) the window starts at i * stride, j * stride."

_CHANNELS = "x.shape[0] are the channels. The rows are x.shape[1], the columns x.shape[2]."

_NO_CHANNELS = r"a \((2\) .* b \(5|5\) .* b \(2)\)"  # the second case, of whose five columns two were to be cut out

_STEPS_IN_OUT = "index 6 .* with size 5"  # the last case: its result has five columns, and is written in steps of 2

_ONE_CELL = r"number of sizes provided \(0\) .* tensor \(1\)|output with shape \[\]"

_TOO_MANY_AXES = r"number of sizes provided \((0\) .* tensor \([^1]|1\))"

check_conv2d = FunctionCheck(
    "my_conv2d",
    convolve,
    _cases(),
    [
        Mistake("The kernel is turned round by 180 degrees: lay it on the window as it stands.", lambda x, w, b, s, p: convolve(x, w.flip(-1, -2), b, s, p)),
        Mistake("Rows and columns of the kernel are exchanged: row i of the kernel belongs to row i of the window.", lambda x, w, b, s, p: convolve(x, w.mT, b, s, p)),
        Mistake("The padding is missing: put zeros around x first, and keep the result, x = F.pad(x, ...).", lambda x, w, b, s, p: convolve(x, w, b, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, w, b, s, p: convolve(x, w, b, s, (0, p))),
        Mistake("Only the rows are padded: F.pad takes (left, right, top, bottom).", lambda x, w, b, s, p: convolve(x, w, b, s, (p, 0))),
        Mistake(_ONE_END, lambda x, w, b, s, p: convolve(F.pad(x, (p, 0, p, 0)), w, b, s, 0)),
        Mistake(_ONE_END, lambda x, w, b, s, p: convolve(F.pad(x, (0, p, 0, p)), w, b, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` zeros.", lambda x, w, b, s, p: convolve(x, w, b, s, 2 * p)),
        Mistake("The bias is missing.", lambda x, w, b, s, p: convolve(x, w, 0 * b, s, p)),
        Mistake("The bias is added at each pixel of the window. It is added once, after the sum.", lambda x, w, b, s, p: convolve(x, w, w[0].numel() * b, s, p)),
        Mistake("The bias is added once for each input channel. It is added once, after the sum.", lambda x, w, b, s, p: convolve(x, w, len(x) * b, s, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, w, b, s, p: convolve(x, w, b, 1, p)),
        Mistake("The stride is ignored: the window moves by one. And the bias is missing.", lambda x, w, b, s, p: convolve(x, w, 0 * b, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", wrong.one_place_after_the_other),
        Mistake("The channels are not summed: a filter gives one map, the sum over all input channels.", wrong.one_map_for_each_channel),
        Mistake("Only the first channel is read: a filter sums over all input channels.", lambda x, w, b, s, p: convolve(x[:1], w[:, :1], b, s, p)),
        Mistake("Only the last channel is left: in a loop over the channels, = writes over what stood there. Add with +=.", lambda x, w, b, s, p: convolve(x[-1:], w[:, -1:], b, s, p)),
        Mistake("The channels are averaged. They are added up.", lambda x, w, b, s, p: convolve(x, w / len(x), b, s, p)),
        Mistake(_ONLY_THREE, wrong.window_of_three),
        Mistake(_ONLY_THREE, wrong.size_for_three),
        Mistake(_ONLY_THREE, wrong.square_and_size_for_three),
        Mistake(_TWO, wrong.two_subtracted),
        Mistake(f"{_TWO} And divide what is left by the stride.", wrong.two_subtracted_and_too_many),
        Mistake(f"{_TWO} And the window starts at i * stride, j * stride.", lambda x, w, b, s, p: wrong.two_subtracted(x, w, b, 1, p)),
        Mistake("It works for square kernels only: the kernel has weight.shape[2] rows and weight.shape[3] columns.", wrong.square),
        Mistake(_SLIDE, wrong.slide),
        Mistake(_SLIDE, lambda x, w, b, s, p: wrong.slide(x, w, 0 * b, s, p)),
        Mistake(f"{_SLIDE} And put zeros around x first: x = F.pad(x, ...).", lambda x, w, b, s, p: wrong.slide(x, w, b, s, 0)),
        Mistake(f"{_SLIDE} And put zeros around x first: x = F.pad(x, ...).", lambda x, w, b, s, p: wrong.slide(x, w, 0 * b, s, 0)),
        Mistake(_PADDED_LATE, lambda x, w, b, s, p: F.pad(convolve(x, w, b, s, 0), (p, p, p, p))),
        Mistake(_PADDED_LATE, lambda x, w, b, s, p: F.pad(convolve(x, w, 0 * b, s, 0), (p, p, p, p)) + b[:, None, None]),
        Mistake("All filters get the bias of the first: filter o has bias[o].", lambda x, w, b, s, p: convolve(x, w, b[:1].expand_as(b), s, p)),
        Mistake("All biases are added to each filter's map: filter o has bias[o] alone.", lambda x, w, b, s, p: convolve(x, w, b.sum().expand_as(b), s, p)),
        Mistake(_ALL_FILTERS, lambda x, w, b, s, p: convolve(x, wrong.filters_added_up(w), b, s, p)),
        Mistake(f"{_ALL_FILTERS} And add the bias.", lambda x, w, b, s, p: convolve(x, wrong.filters_added_up(w), 0 * b, s, p)),
        Mistake(f"{_ALL_FILTERS} The result needs an axis for them.", lambda x, w, b, s, p: convolve(x, w.sum(0, keepdim=True), 0 * b[:1], s, p)[0]),
        Mistake("Only the first filter is used: weight and bias hold one entry for each filter.", lambda x, w, b, s, p: convolve(x, w[:1].expand_as(w), b[:1].expand_as(b), s, p)),
        Mistake("weight[0] is the first filter alone, and you use it for all: filter o has weight[o].", lambda x, w, b, s, p: convolve(x, w[:1].expand_as(w), b, s, p)),
        Mistake("Your result has the size of the unpadded picture: count the rows and columns after F.pad.", wrong.counted_before_padding),
        Mistake("The last row and the last column stay 0: range(rows) ends at rows - 1 by itself.", lambda x, w, b, s, p: wrong.filled(convolve(x, w, b, s, p), -1, -1)),
        Mistake("The last results stay 0: range(0, rows - kernel rows, stride) ends one too early. Add 1 to rows - kernel rows, and for the columns likewise.", wrong.range_too_short),
        Mistake("Only the first row is filled: return stands inside the loop. Move it to the left, below both loops.", lambda x, w, b, s, p: wrong.filled(convolve(x, w, b, s, p), 1, None)),
        Mistake("Only the first row is filled: return stands inside the loop. Move it to the left, below both loops.", lambda x, w, b, s, p: wrong.returned_early(x, w, b, s, p, 1, None)),
        Mistake(_RETURN_IN_BOTH, lambda x, w, b, s, p: wrong.returned_early(x, w, b, s, p, 1, 1)),
        Mistake(_RETURN_IN_BOTH, lambda x, w, b, s, p: wrong.filled(convolve(x, w, b, s, p), 1, 1)),
        Mistake("The stride is there for the rows only: the columns start at j * stride, too.", lambda x, w, b, s, p: wrong.one_axis_moves(x, w, b, s, p, down=True)),
        Mistake("The stride is there for the columns only: the rows start at i * stride, too.", lambda x, w, b, s, p: wrong.one_axis_moves(x, w, b, s, p, down=False)),
        Mistake("There are zeros between the results: count i and j by one, and start the window at i * stride, j * stride.", wrong.holes),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, w, b, s, p: convolve(x, w, b, s, p)[:, :-1, :-1]),
        Mistake("The + 1 of the size belongs after the division.", wrong.one_inside),
        Mistake("The window leaves the picture where the stride is 2: the result has room for stride 1. Divide (rows - kernel rows) by the stride, and the columns likewise.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, lambda side, k, s: side - k + 1)),
        Mistake("The size has room for the padding, but the window has no zeros: cut it out of the padded picture, x = F.pad(x, ...).", lambda x, w, b, s, p: wrong.loops(x, w, b, s, 0, lambda side, k, s: wrong.count(side + 2 * p, k, s))),
        Mistake("The window starts too far in: the zeros are part of the padded x, so its first window starts at row 0 and column 0, without + padding.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, wrong.count, lambda i, k, s: slice(i * s + p, i * s + p + k))),
        Mistake("The size counts the padding once more: after F.pad the zeros are part of x, so take x.shape as it is.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, lambda side, k, s: wrong.count(side + 2 * p, k, s))),
        Mistake("Only the kernel is divided by the stride: put brackets around rows - kernel rows, then divide, and for the columns likewise.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, lambda side, k, s: side - k // s + 1)),
        Mistake("The size is rounded up: // rounds down, and a window that does not fit whole is left out.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, lambda side, k, s: -(-(side - k) // s) + 1)),
        Mistake("The window is too large where the stride is 2: it ends at i * stride + kernel rows, not at (i + kernel rows) * stride, and for the columns likewise.", lambda x, w, b, s, p: wrong.loops(x, w, b, s, p, wrong.count, lambda i, k, s: slice(i * s, (i + k) * s))),
        Mistake("The indices of out count by one, and yours move by the stride. If your loops move by the stride, write to out[:, i // stride, j // stride].", wrong.not_counted_by_one, stops=_STEPS_IN_OUT),
        Mistake(_STRIDE_TWICE, wrong.stride_twice),
        Mistake(_STRIDE_TWICE, lambda x, w, b, s, p: wrong.stride_twice(x, w, b, s, p, window=s)),
        Mistake(_STRIDE_TWICE, lambda x, w, b, s, p: wrong.stride_twice(x, w, b, s, p, place=s)),
        Mistake(_CHANNELS, wrong.channels_for_rows),
        Mistake("The products are averaged. They are added up.", lambda x, w, b, s, p: convolve(x, w / w[0].numel(), b, s, p)),
        Mistake("The bias meets the columns, the last axis. It belongs to the filters, the first: bias[:, None, None].", lambda x, w, b, s, p: convolve(x, w, 0 * b, s, p) + b),
        Mistake("x has the channels first: the window is x[:, ..., ...].", lambda x, w, b, s, p: x[: w.shape[2], : w.shape[3]] * w[0], stops=_NO_CHANNELS),
        Mistake("@ is the matrix product. Here each number of the window meets one number of the kernel: write weight * window, then .sum(dim=(1, 2, 3)).", lambda x, w, b, s, p: w @ x[:, : w.shape[2], : w.shape[3]], stops="batch2"),
        Mistake("What you put into one cell has too many axes. .sum(dim=(1, 2, 3)) leaves the filters' axis alone, and bias has this one axis, too. In a loop over the filters, .sum() leaves one number.", wrong.an_axis_left, stops=_TOO_MANY_AXES),
        Mistake("F.pad takes four numbers: (padding, padding, padding, padding).", lambda x, w, b, s, p: F.pad(x, p), stops=r"pad\(\): argument 'pad'"),
        Mistake("You put several numbers, one for each filter, into one cell. Write to out[:, i, j], with out = torch.zeros(filters, rows, columns). Or, in a loop over the filters, take weight[o] and bias[o].", wrong.several_in_one_cell, stops=_ONE_CELL),
        Mistake(_CHANNELS, lambda x, w, b, s, p: torch.zeros(len(x) - 3 - p, 1), stops="negative"),
    ],
    ready=("conv2d", "Conv2d", "conv2d_loops"),
)  # fmt: skip
