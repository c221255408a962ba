"""Lesson 05's exercise 1: the cases it is checked on, and the wrong answers that take more than a line."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.layers import conv_transpose2d


def cases() -> list[tuple]:
    """x (C, H, W), weight (C, O, K, K), bias (O,): stamps that overlap, that touch, and that leave gaps.

    In the last three a usual mistake is not stopped by the shapes: filters as many as columns, or as rows, a square x.
    """
    draw_from = torch.Generator().manual_seed(5)
    settings = [
        (2, 3, (4, 3), 3, 2, 1), (1, 2, (4, 3), 2, 2, 0), (3, 2, (4, 3), 4, 3, 2), (2, 2, (4, 3), 2, 3, 0),
        (2, 1, (4, 3), 3, 1, 0), (1, 7, (3, 4), 3, 2, 1), (1, 5, (3, 4), 3, 2, 1), (2, 3, (3, 3), 3, 2, 1),
    ]  # fmt: skip
    cases = []
    for channels, filters, size, kernel, stride, padding in settings:
        shapes = (channels, *size), (channels, filters, kernel, kernel), (filters,)
        cases.append((*(torch.randn(shape, generator=draw_from) for shape in shapes), stride, padding))
    return cases


def stamped(x, w, b, s, p) -> torch.Tensor:
    return conv_transpose2d(x[None], w, b, stride=s, padding=p)[0]


def uncut(x, w, s) -> torch.Tensor:
    """Without bias and without the cut at the rim."""
    return conv_transpose2d(x[None], w, stride=s)[0]


def cut_off(canvas, b, p) -> torch.Tensor:
    return canvas[:, p : canvas.shape[1] - p, p : canvas.shape[2] - p] + b[:, None, None]


def how_many_meet(x, w, s) -> torch.Tensor:
    """How many stamps meet at each position, (1, rows, columns)."""
    return uncut(torch.ones_like(x[:1]), torch.ones_like(w[:1, :1]), s)


def last_stamp_stays(x, w, b, s, p) -> torch.Tensor:
    canvas, side = torch.zeros_like(uncut(x, w, s)), w.shape[-1]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            stamp = torch.einsum("c,couv->ouv", x[:, i, j], w)
            canvas[:, i * s : i * s + side, j * s : j * s + side] = stamp
    return cut_off(canvas, b, p)


def times_stride(x, w, b, s, p) -> torch.Tensor:
    """A canvas of rows * stride by columns * stride: too small for stamps that are larger than the stride."""
    if w.shape[-1] > s:
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")
    return cut_off(resized(uncut(x, w, s), s * x.shape[1], s * x.shape[2]), b, p)


def resized(canvas, rows, columns) -> torch.Tensor:
    return F.pad(canvas, (0, columns - canvas.shape[2], 0, rows - canvas.shape[1]))


def moves(x, w, b, s, p, down, right) -> torch.Tensor:
    """The right size, but the stamps begin at i * down, j * right."""
    canvas, side = torch.zeros_like(uncut(x, w, s)), w.shape[-1]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            stamp = torch.einsum("c,couv->ouv", x[:, i, j], w)
            canvas[:, i * down : i * down + side, j * right : j * right + side] += stamp
    return cut_off(canvas, b, p)


def left_early(x, w, b, s, p, columns) -> torch.Tensor:
    """Only the first row of the first channel has stamped, or `columns` numbers of it."""
    few = torch.zeros_like(x)
    few[0, 0, :columns] = x[0, 0, :columns]
    return stamped(few, w, b, s, p)


def side_from(x, w, b, s, p, axis) -> torch.Tensor:
    """The kernel's side is read from another axis of weight: stamps fit where both are equally long."""
    if w.shape[axis] != w.shape[-1]:
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")
    return stamped(x, w, b, s, p)


def filters_cut(x, w, b, s, p) -> torch.Tensor:
    """out[padding : ...] cuts the filters, and the bias has as many numbers as before."""
    out = stamped(x, w, 0 * b, s, p)
    return torch.stack([out[index] for index in range(p, len(out))] or [out[0]] * (len(b) + 1)).add(b[:, None, None])


def one_place_after_the_other(x, w, b, s, p) -> torch.Tensor:
    """The right size, but the stamps begin at i and j."""
    return cut_off(resized(uncut(x, w, 1), *uncut(x, w, s).shape[1:]), b, p)


def axes_exchanged(x, w, b, s, p) -> torch.Tensor:
    """weight read as (filters, channels), as in conv2d: channel c stamps weight[:, c]."""
    return cut_off(uncut(x, w[:, : len(x)].transpose(0, 1), s), b, p)


def axes_exchanged_in_a_loop(x, w, b, s, p) -> torch.Tensor:
    """weight[o, c] for filter o: an index is too large where filters and channels are not equally many."""
    if w.shape[0] != w.shape[1]:
        raise IndexError("index 2 is out of bounds for dimension 0 with size 2")
    return stamped(x, w.transpose(0, 1), b, s, p)


def no_axis_chosen(x, w, b, s, p) -> torch.Tensor:
    """x[c, i, j] * weight: the kernels of all channels at once do not fit onto one canvas."""
    return torch.zeros(w.shape[1:]).add_(x[0, 0, 0] * w)


def into_whole_numbers(x, w, b, s, p) -> torch.Tensor:
    """A canvas of whole numbers takes no decimals."""
    return torch.zeros(w.shape[1:], dtype=torch.long).add_(x[0, 0, 0] * w[0])


def canvas_of_channels(x, w, b, s, p) -> torch.Tensor:
    """As many feature maps as x has channels: the stamps of one filter fit, too, and go to all of them."""
    return cut_off(uncut(x, w, s).expand(len(x), -1, -1), b, p)


def square_canvas(x, w, b, s, p) -> torch.Tensor:
    """Columns counted like rows: stamps do not fit where there are more columns than rows."""
    if x.shape[2] > x.shape[1]:
        raise RuntimeError("The size of tensor a (0) must match the size of tensor b (3)")
    canvas = uncut(x, w, s)
    return cut_off(resized(canvas, canvas.shape[1], canvas.shape[1]), b, p)


def only_square(x, turned) -> torch.Tensor:
    """`turned`, which is x or x.mT; rows and columns exchanged stop where they are not equally many."""
    if x.shape[1] != x.shape[2]:
        raise IndexError("index 3 is out of bounds for dimension 2 with size 3")
    return turned


def canvas_already_cut(x, w, b, s, p) -> torch.Tensor:
    """A canvas of the final size: with padding, the stamps do not fit."""
    if p:
        raise RuntimeError("output with shape [3, 3, 1] doesn't match the broadcast shape [3, 3, 3]")
    return stamped(x, w, b, s, p)


def fits_only_uncut(answer) -> bool:
    """Right without padding, and with padding it stops because sizes do not fit, not because of a slip."""
    for case in cases():
        try:
            given = answer(*case)
            if case[-1] or given.shape != stamped(*case).shape or not torch.allclose(given, stamped(*case), atol=1e-5):
                return False
        except (RuntimeError, IndexError):
            if not case[-1]:
                return False
        except Exception:
            return False
    return True


def fits_only_without_overlap(answer) -> bool:
    """It stops exactly where stamps are larger than the stride, because sizes do not fit."""
    for x, weight, bias, stride, padding in cases():
        stops = False
        try:
            answer(x, weight, bias, stride, padding)
        except (RuntimeError, IndexError):
            stops = True
        except Exception:
            return False
        if stops != (weight.shape[-1] > stride):
            return False
    return True
