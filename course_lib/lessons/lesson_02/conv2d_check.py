"""Lesson 02: the check of exercise 1, a convolution, and its usual mistakes."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.layers import conv2d, output_size


def _cases() -> list[tuple]:
    draw_from = torch.Generator().manual_seed(2)
    sizes = [
        ((2, 6, 7), (3, 2, 3, 3), 1, 1),
        ((1, 5, 5), (2, 1, 2, 2), 1, 0),
        ((3, 9, 6), (4, 3, 3, 3), 2, 2),
        ((2, 6, 7), (3, 2, 2, 3), 1, 1),
    ]
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


def _window_of_three(x, w, b, s, p) -> torch.Tensor:
    """`slide` with its 3 left in: right for 3x3 kernels, and it stops for others."""
    if w.shape[2:] != (3, 3):
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (2)")
    return _conv2d(x, w, b, s, p)


def _slide(x, w, b, s, p) -> torch.Tensor:
    """`slide` copied: its 3s left in, and a window that moves by one."""
    return _window_of_three(x, w, b, 1, p)


def _size_for_three(x, w, b, s, p) -> torch.Tensor:
    """The window is as large as the kernel, but the places are counted for a 3x3 kernel."""
    rows, columns = (output_size(side, 3, s, p) for side in x.shape[1:])
    return _conv2d(x, w, b, s, p)[:, :rows, :columns]


def _two_subtracted(x, w, b, s, p) -> torch.Tensor:
    """The window is as large as the kernel and moves by the stride, but its positions are counted as (shape - 2) // s."""
    rows, columns = ((side + 2 * p - 2) // s for side in x.shape[1:])
    return _conv2d(x, w, b, s, p)[:, :rows, :columns]


def _two_subtracted_and_too_many(x, w, b, s, p) -> torch.Tensor:
    """As many positions as with stride 1, so that the window leaves the picture where it moves by more."""
    if s > 1:
        raise RuntimeError("The size of tensor a (1) must match the size of tensor b (3)")
    return _two_subtracted(x, w, b, s, p)


def _filters_added_up(w) -> torch.Tensor:
    return w.sum(0, keepdim=True).expand_as(w)


def _square(x, w, b, s, p) -> torch.Tensor:
    """One side for rows and columns: right for square kernels, and it stops for others."""
    if w.shape[2] != w.shape[3]:
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")
    return _conv2d(x, w, b, s, p)


def _square_and_size_for_three(x, w, b, s, p) -> torch.Tensor:
    _square(x, w, b, s, p)
    return _size_for_three(x, w, b, s, p)


def _counted_before_padding(x, w, b, s, p) -> torch.Tensor:
    """The places are counted on x as it came, and the window moves over the padded one."""
    rows, columns = (output_size(side, kernel, s) for side, kernel in zip(x.shape[1:], w.shape[2:], strict=True))
    return _conv2d(x, w, b, s, p)[:, :rows, :columns]


def _filled(result: torch.Tensor, rows: int | None, columns: int | None) -> torch.Tensor:
    """A result in which only the first rows and columns were filled."""
    out = torch.zeros_like(result)
    out[:, :rows, :columns] = result[:, :rows, :columns]
    return out


def _one_axis_moves(x, w, b, s, p, down: bool) -> torch.Tensor:
    """The right size, but along one axis the window starts at i or at j alone."""
    rows, columns = _conv2d(x, w, b, s, p).shape[1:]
    moved = conv2d(x[None], w, b, stride=(s, 1) if down else (1, s), padding=p)[0]
    return moved[:, :rows, :columns]


def _holes(x, w, b, s, p) -> torch.Tensor:
    """Loops in steps of the stride, and the results written where the window stands: zeros in between."""
    every = _conv2d(x, w, b, 1, p)
    out = torch.zeros_like(every)
    out[:, ::s, ::s] = every[:, ::s, ::s]
    return out


def _size_for_stride_one(x, w, b, s, p) -> torch.Tensor:
    """As many positions as with stride 1: where the window moves by more, it leaves the picture, and the answer stops."""
    if s > 1:
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (2)")
    return _conv2d(x, w, b, s, p)


def _one_inside(x, w, b, s, p) -> torch.Tensor:
    """The + 1 of the size stands inside the division."""
    rows, columns = ((side + 2 * p - k + 1) // s for side, k in zip(x.shape[1:], w.shape[2:], strict=True))
    return _conv2d(x, w, b, s, p)[:, :rows, :columns]


def _channels_for_rows(x, w, b, s, p) -> torch.Tensor:
    """x.shape[0] taken for the rows, and x.shape[1] for the columns, after the padding."""
    x = F.pad(x, (p, p, p, p))
    rows, columns = ((side - k) // s + 1 for side, k in zip(x.shape[:2], w.shape[2:], strict=True))
    result = _conv2d(x, w, b, s, 0)[:, :rows, :columns]
    if rows * columns > result[0].numel():
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (2)")
    return result


def _stride_twice(x, w, b, s, p, window: int = 1, place: int = 1) -> torch.Tensor:
    """Rows and columns are divided by the stride, and the loops over them go in steps of the stride once more.

    window : what the window's start is multiplied by; place : what the place in the result is divided by.
    """
    right, every = _conv2d(x, w, b, s, p), _conv2d(x, w, b, 1, p)
    out = torch.zeros_like(right)
    rows, columns = (torch.arange(0, side, s) for side in right.shape[1:])
    seen = every[:, rows * window][:, :, columns * window]
    out[:, (rows // place)[:, None], columns // place] = seen
    return out


def _several_in_one_cell(x, w, b, s, p) -> torch.Tensor:
    """A result without an axis for the filters."""
    out = torch.zeros(x.shape[1:])
    out[0, 0] = w.sum(dim=(1, 2, 3))
    return out


_ONLY_THREE = "It works for 3x3 kernels only: take the kernel's rows and columns from weight.shape, for the size and for the window."

_TWO = "You subtract 2, which is right for 3x3 only: it is kernel - 1."

_ALL_FILTERS = "You add up all filters: each filter has a map of its own. .sum() adds up everything, .sum(dim=(1, 2, 3)) keeps the filters apart."

_SLIDE = "`slide` knows only 3x3 kernels and moves by one. Take rows and columns from weight.shape, and start the window at i * stride, j * stride."

_PADDED_LATE = "The zeros are put around the result. They belong around x, before the window moves."

_STRIDE_TWICE = "The stride counts twice, in rows and in range: with range(rows) and range(columns) the window starts at i * stride, j * stride."

_CHANNELS = "x.shape[0] are the channels. The rows are x.shape[1], the columns x.shape[2]."

_NO_CHANNELS = r"a \((2\) .* b \(5|5\) .* b \(2)\)"  # the second case, of whose five columns two were to be cut out

_ONE_CELL = r"number of sizes provided \(0\)|output with shape \[\]"

check_conv2d = FunctionCheck(
    "my_conv2d",
    _conv2d,
    _cases(),
    [
        Mistake("The kernel is turned round by 180 degrees: lay it on the window as it stands.", lambda x, w, b, s, p: _conv2d(x, w.flip(-1, -2), b, s, p)),
        Mistake("Rows and columns of the kernel are exchanged: row i of the kernel belongs to row i of the window.", lambda x, w, b, s, p: _conv2d(x, w.mT, b, s, p)),
        Mistake("The padding is missing: put zeros around x first.", lambda x, w, b, s, p: _conv2d(x, w, b, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, w, b, s, p: _conv2d(x, w, b, s, (0, p))),
        Mistake("Only the rows are padded: F.pad takes (left, right, top, bottom).", lambda x, w, b, s, p: _conv2d(x, w, b, s, (p, 0))),
        Mistake("Padding stands at one end only: it belongs to all four sides.", lambda x, w, b, s, p: _conv2d(F.pad(x, (p, 0, p, 0)), w, b, s, 0)),
        Mistake("Padding stands at one end only: it belongs to all four sides.", lambda x, w, b, s, p: _conv2d(F.pad(x, (0, p, 0, p)), w, b, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` zeros.", lambda x, w, b, s, p: _conv2d(x, w, b, s, 2 * p)),
        Mistake("The bias is missing.", lambda x, w, b, s, p: _conv2d(x, w, 0 * b, s, p)),
        Mistake("The bias is added at each pixel of the window. It is added once, after the sum.", lambda x, w, b, s, p: _conv2d(x, w, w[0].numel() * b, s, p)),
        Mistake("The bias is added once for each input channel. It is added once, after the sum.", lambda x, w, b, s, p: _conv2d(x, w, len(x) * b, s, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, w, b, s, p: _conv2d(x, w, b, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", _one_place_after_the_other),
        Mistake("The channels are not summed: a filter gives one map, the sum over all input channels.", _one_map_for_each_channel),
        Mistake("Only the first channel is read: a filter sums over all input channels.", lambda x, w, b, s, p: _conv2d(x[:1], w[:, :1], b, s, p)),
        Mistake("The channels are averaged. They are added up.", lambda x, w, b, s, p: _conv2d(x, w / len(x), b, s, p)),
        Mistake(_ONLY_THREE, _window_of_three),
        Mistake(_ONLY_THREE, _size_for_three),
        Mistake(_ONLY_THREE, _square_and_size_for_three),
        Mistake(_TWO, _two_subtracted),
        Mistake(f"{_TWO} And divide what is left by the stride.", _two_subtracted_and_too_many),
        Mistake(f"{_TWO} And the window starts at i * stride, j * stride.", lambda x, w, b, s, p: _two_subtracted(x, w, b, 1, p)),
        Mistake("It works for square kernels only: the kernel has weight.shape[2] rows and weight.shape[3] columns.", _square),
        Mistake(_SLIDE, _slide),
        Mistake(_SLIDE, lambda x, w, b, s, p: _slide(x, w, 0 * b, s, p)),
        Mistake(f"{_SLIDE} And put zeros around x first.", lambda x, w, b, s, p: _slide(x, w, b, s, 0)),
        Mistake(f"{_SLIDE} And put zeros around x first.", lambda x, w, b, s, p: _slide(x, w, 0 * b, s, 0)),
        Mistake(_PADDED_LATE, lambda x, w, b, s, p: F.pad(_conv2d(x, w, b, s, 0), (p, p, p, p))),
        Mistake(_PADDED_LATE, lambda x, w, b, s, p: F.pad(_conv2d(x, w, 0 * b, s, 0), (p, p, p, p)) + b[:, None, None]),
        Mistake("All filters get the bias of the first: filter o has bias[o].", lambda x, w, b, s, p: _conv2d(x, w, b[:1].expand_as(b), s, p)),
        Mistake("All biases are added to each filter's map: filter o has bias[o] alone.", lambda x, w, b, s, p: _conv2d(x, w, b.sum().expand_as(b), s, p)),
        Mistake(_ALL_FILTERS, lambda x, w, b, s, p: _conv2d(x, _filters_added_up(w), b, s, p)),
        Mistake(f"{_ALL_FILTERS} And add the bias.", lambda x, w, b, s, p: _conv2d(x, _filters_added_up(w), 0 * b, s, p)),
        Mistake(f"{_ALL_FILTERS} The result needs an axis for them.", lambda x, w, b, s, p: _conv2d(x, w.sum(0, keepdim=True), 0 * b[:1], s, p)[0]),
        Mistake("Only the first filter is used: weight and bias hold one entry for each filter.", lambda x, w, b, s, p: _conv2d(x, w[:1].expand_as(w), b[:1].expand_as(b), s, p)),
        Mistake("Your result has the size of the unpadded picture: count the rows and columns after F.pad.", _counted_before_padding),
        Mistake("The last row and the last column stay 0: range(rows) ends at rows - 1 by itself.", lambda x, w, b, s, p: _filled(_conv2d(x, w, b, s, p), -1, -1)),
        Mistake("Only the first row is filled: return stands inside the loop. Move it to the left, below both loops.", lambda x, w, b, s, p: _filled(_conv2d(x, w, b, s, p), 1, None)),
        Mistake("Only one number is filled: return stands inside the loops. Move it to the left, below both loops.", lambda x, w, b, s, p: _filled(_conv2d(x, w, b, s, p), 1, 1)),
        Mistake("The stride is there for the rows only: the columns start at j * stride, too.", lambda x, w, b, s, p: _one_axis_moves(x, w, b, s, p, down=True)),
        Mistake("The stride is there for the columns only: the rows start at i * stride, too.", lambda x, w, b, s, p: _one_axis_moves(x, w, b, s, p, down=False)),
        Mistake("There are zeros between the results: count i and j by one, and start the window at i * stride, j * stride.", _holes),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, w, b, s, p: _conv2d(x, w, b, s, p)[:, :-1, :-1]),
        Mistake("The + 1 of the size belongs after the division.", _one_inside),
        Mistake("The window leaves the picture where the stride is 2: the result has room for stride 1. Divide (rows - kernel rows) by the stride, and the columns likewise.", _size_for_stride_one),
        Mistake(_STRIDE_TWICE, _stride_twice),
        Mistake(_STRIDE_TWICE, lambda x, w, b, s, p: _stride_twice(x, w, b, s, p, window=s)),
        Mistake(_STRIDE_TWICE, lambda x, w, b, s, p: _stride_twice(x, w, b, s, p, place=s)),
        Mistake(_CHANNELS, _channels_for_rows),
        Mistake("The products are averaged. They are added up.", lambda x, w, b, s, p: _conv2d(x, w / w[0].numel(), b, s, p)),
        Mistake("The bias meets the columns, the last axis. It belongs to the filters, the first: bias[:, None, None].", lambda x, w, b, s, p: _conv2d(x, w, 0 * b, s, p) + b),
        Mistake("x has the channels first: the window is x[:, ..., ...].", lambda x, w, b, s, p: x[: w.shape[2], : w.shape[3]] * w[0], stops=_NO_CHANNELS),
        Mistake("F.pad takes four numbers: (padding, padding, padding, padding).", lambda x, w, b, s, p: F.pad(x, p), stops=r"pad\(\): argument 'pad'"),
        Mistake("You put several numbers, one for each filter, into one cell. The result has three axes: torch.zeros(filters, rows, columns) and out[:, i, j].", _several_in_one_cell, stops=_ONE_CELL),
        Mistake(_CHANNELS, lambda x, w, b, s, p: torch.zeros(len(x) - 3 - p, 1), stops="negative"),
    ],
    ready=("conv2d", "Conv2d", "conv2d_loops"),
)  # fmt: skip
