"""Lesson 02: what wrong solutions of exercise 1 compute, each a function of (x, weight, bias, stride, padding)."""

from __future__ import annotations

from itertools import product

import torch
import torch.nn.functional as F

from course_lib.layers import conv2d, output_size


def convolve(x, weight, bias, stride, padding) -> torch.Tensor:
    return conv2d(x[None], weight, bias, stride=stride, padding=padding)[0]


def loops(x, w, b, s, p, size, window=lambda i, k, s: slice(i * s, i * s + k)) -> torch.Tensor:
    """A solution's two loops. `size` counts the positions along a padded side, `window` cuts along one axis."""
    x, kernel = F.pad(x, (p, p, p, p)), w.shape[2:]
    rows, columns = (size(side, k, s) for side, k in zip(x.shape[1:], kernel, strict=True))
    out = torch.zeros(len(w), rows, columns)
    for i, j in product(range(rows), range(columns)):
        out[:, i, j] = (w * x[:, window(i, kernel[0], s), window(j, kernel[1], s)]).sum(dim=(1, 2, 3)) + b
    return out


def count(side: int, kernel: int, stride: int) -> int:
    return (side - kernel) // stride + 1


def one_place_after_the_other(x, w, b, s, p) -> torch.Tensor:
    """The right size, but the window starts at i and j instead of at i * stride and j * stride."""
    rows, columns = convolve(x, w, b, s, p).shape[1:]
    return convolve(x, w, b, 1, p)[:, :rows, :columns]


def one_map_for_each_channel(x, w, b, s, p) -> torch.Tensor:
    maps = [convolve(x[c : c + 1], w[:, c : c + 1], b, s, p) for c in range(len(x))]
    return torch.stack(maps, dim=1)


def window_of_three(x, w, b, s, p) -> torch.Tensor:
    """`slide` with its 3 left in."""
    return loops(x, w, b, s, p, lambda side, k, s: count(side, 3, s), lambda i, k, s: slice(i * s, i * s + 3))


def slide(x, w, b, s, p) -> torch.Tensor:
    """`slide` copied: its 3s left in, and a window that moves by one."""
    return window_of_three(x, w, b, 1, p)


def size_for_three(x, w, b, s, p) -> torch.Tensor:
    """The window is as large as the kernel, but the places are counted for a 3x3 kernel."""
    rows, columns = (output_size(side, 3, s, p) for side in x.shape[1:])
    return convolve(x, w, b, s, p)[:, :rows, :columns]


def two_subtracted(x, w, b, s, p) -> torch.Tensor:
    """Window and moves are right, but the positions are counted as (shape - 2) // s."""
    rows, columns = ((side + 2 * p - 2) // s for side in x.shape[1:])
    return convolve(x, w, b, s, p)[:, :rows, :columns]


def two_subtracted_and_too_many(x, w, b, s, p) -> torch.Tensor:
    """As many positions as with stride 1, so that the window leaves the picture where it moves by more."""
    return loops(x, w, b, s, p, lambda side, k, s: side - 2)


def filters_added_up(w) -> torch.Tensor:
    return w.sum(0, keepdim=True).expand_as(w)


def square(x, w, b, s, p) -> torch.Tensor:
    """One side for rows and columns: right for square kernels, and it stops for others."""
    if w.shape[2] != w.shape[3]:
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")
    return convolve(x, w, b, s, p)


def square_and_size_for_three(x, w, b, s, p) -> torch.Tensor:
    square(x, w, b, s, p)
    return size_for_three(x, w, b, s, p)


def counted_before_padding(x, w, b, s, p) -> torch.Tensor:
    """The places are counted on x as it came, and the window moves over the padded one."""
    rows, columns = (output_size(side, kernel, s) for side, kernel in zip(x.shape[1:], w.shape[2:], strict=True))
    return convolve(x, w, b, s, p)[:, :rows, :columns]


def filled(result: torch.Tensor, rows: int | None, columns: int | None) -> torch.Tensor:
    """A result in which only the first rows and columns were filled."""
    out = torch.zeros_like(result)
    out[:, :rows, :columns] = result[:, :rows, :columns]
    return out


def one_axis_moves(x, w, b, s, p, down: bool) -> torch.Tensor:
    """The right size, but along one axis the window starts at i or at j alone."""
    rows, columns = convolve(x, w, b, s, p).shape[1:]
    moved = conv2d(x[None], w, b, stride=(s, 1) if down else (1, s), padding=p)[0]
    return moved[:, :rows, :columns]


def holes(x, w, b, s, p) -> torch.Tensor:
    """Loops in steps of the stride, and the results written where the window stands: zeros in between."""
    every = convolve(x, w, b, 1, p)
    out = torch.zeros_like(every)
    out[:, ::s, ::s] = every[:, ::s, ::s]
    return out


def one_inside(x, w, b, s, p) -> torch.Tensor:
    """The + 1 of the size stands inside the division."""
    rows, columns = ((side + 2 * p - k + 1) // s for side, k in zip(x.shape[1:], w.shape[2:], strict=True))
    return convolve(x, w, b, s, p)[:, :rows, :columns]


def channels_for_rows(x, w, b, s, p) -> torch.Tensor:
    """x.shape[0] taken for the rows, and x.shape[1] for the columns, after the padding."""
    x = F.pad(x, (p, p, p, p))
    rows, columns = (count(side, k, s) for side, k in zip(x.shape[:2], w.shape[2:], strict=True))
    result = convolve(x, w, b, s, 0)[:, :rows, :columns]
    if rows * columns > result[0].numel():
        raise RuntimeError("The size of tensor a (3) must match the size of tensor b (2)")
    return result


def range_too_short(x, w, b, s, p) -> torch.Tensor:
    """Loops over range(0, rows - kernel rows, s), columns likewise; the results stand at i // s, j // s."""
    right = convolve(x, w, b, s, p)
    rows, columns = (-(-(side + 2 * p - k) // s) for side, k in zip(x.shape[1:], w.shape[2:], strict=True))
    return filled(right, rows, columns)


def returned_early(x, w, b, s, p, rows: int | None, columns: int | None) -> torch.Tensor:
    """`return out + bias[:, None, None]` inside a loop."""
    return filled(convolve(x, w, 0 * b, s, p), rows, columns) + b[:, None, None]


def not_counted_by_one(x, w, b, s, p) -> torch.Tensor:
    """The result of the window at i * s, j * s, written there into a result of the right size."""
    right = convolve(x, w, b, s, p)
    out = torch.zeros_like(right)
    for i, j in product(*map(range, right.shape[1:])):
        out[:, i * s, j * s] = right[:, i, j]
    return out


def an_axis_left(x, w, b, s, p) -> torch.Tensor:
    """The sum leaves the kernel's columns, and they are written into one cell: this stops."""
    out = torch.zeros(len(w), 1, 1)
    out[:, 0, 0] = w.sum(dim=(1, 2))
    return out


def stride_twice(x, w, b, s, p, window: int = 1, place: int = 1) -> torch.Tensor:
    """Rows and columns are divided by the stride, and the loops over them go in steps of the stride once more.

    window : what the window's start is multiplied by; place : what the place in the result is divided by.
    """
    right, every = convolve(x, w, b, s, p), convolve(x, w, b, 1, p)
    out = torch.zeros_like(right)
    rows, columns = (torch.arange(0, side, s) for side in right.shape[1:])
    seen = every[:, rows * window][:, :, columns * window]
    out[:, (rows // place)[:, None], columns // place] = seen
    return out


def several_in_one_cell(x, w, b, s, p) -> torch.Tensor:
    """A result without an axis for the filters."""
    out = torch.zeros(x.shape[1:])
    out[0, 0] = w.sum(dim=(1, 2, 3))
    return out
