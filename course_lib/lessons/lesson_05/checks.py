"""Lesson 05, upsampling: the checks of its exercises."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.layers import conv_transpose2d


def _cases() -> list[tuple]:
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


def _grow(x, w, b, s, p) -> torch.Tensor:
    return conv_transpose2d(x[None], w, b, stride=s, padding=p)[0]


def _uncut(x, w, s) -> torch.Tensor:
    """Without bias and without the cut at the rim."""
    return conv_transpose2d(x[None], w, stride=s)[0]


def _cut(canvas, b, p) -> torch.Tensor:
    return canvas[:, p : canvas.shape[1] - p, p : canvas.shape[2] - p] + b[:, None, None]


def _count(x, w, s) -> torch.Tensor:
    """How many stamps meet at each position, (1, rows, columns)."""
    return _uncut(torch.ones_like(x[:1]), torch.ones_like(w[:1, :1]), s)


def _last_stamp_stays(x, w, b, s, p) -> torch.Tensor:
    canvas, side = torch.zeros_like(_uncut(x, w, s)), w.shape[-1]
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            stamp = torch.einsum("c,couv->ouv", x[:, i, j], w)
            canvas[:, i * s : i * s + side, j * s : j * s + side] = stamp
    return _cut(canvas, b, p)


def _times_stride(x, w, b, s, p) -> torch.Tensor:
    """A canvas of rows * stride by columns * stride: too small for stamps that are larger than the stride."""
    if w.shape[-1] > s:
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")
    return _cut(_resized(_uncut(x, w, s), s * x.shape[1], s * x.shape[2]), b, p)


def _resized(canvas, rows, columns) -> torch.Tensor:
    return F.pad(canvas, (0, columns - canvas.shape[2], 0, rows - canvas.shape[1]))


def _one_place_after_the_other(x, w, b, s, p) -> torch.Tensor:
    """The right size, but the stamps begin at i and j."""
    return _cut(_resized(_uncut(x, w, 1), *_uncut(x, w, s).shape[1:]), b, p)


def _axes_exchanged(x, w, b, s, p) -> torch.Tensor:
    """weight read as (filters, channels), as in conv2d: channel c stamps weight[:, c]."""
    return _cut(_uncut(x, w[:, : len(x)].transpose(0, 1), s), b, p)


def _canvas_of_channels(x, w, b, s, p) -> torch.Tensor:
    """As many feature maps as x has channels: the stamps of one filter fit, too, and go to all of them."""
    return _cut(_uncut(x, w, s).expand(len(x), -1, -1), b, p)


def _square_canvas(x, w, b, s, p) -> torch.Tensor:
    """Columns counted like rows: stamps do not fit where there are more columns than rows."""
    if x.shape[2] > x.shape[1]:
        raise RuntimeError("The size of tensor a (0) must match the size of tensor b (3)")
    canvas = _uncut(x, w, s)
    return _cut(_resized(canvas, canvas.shape[1], canvas.shape[1]), b, p)


def _only_square(x, turned) -> torch.Tensor:
    """`turned`, which is x or x.mT; rows and columns exchanged stop where they are not equally many."""
    if x.shape[1] != x.shape[2]:
        raise IndexError("index 3 is out of bounds for dimension 2 with size 3")
    return turned


def _canvas_already_cut(x, w, b, s, p) -> torch.Tensor:
    """A canvas of the final size: with padding, the stamps do not fit."""
    if p:
        raise RuntimeError("output with shape [3, 3, 1] doesn't match the broadcast shape [3, 3, 3]")
    return _grow(x, w, b, s, p)


def _fits_only_uncut(answer) -> bool:
    """Right without padding, and with padding it stops because sizes do not fit, not because of a slip."""
    for case in _cases():
        try:
            given = answer(*case)
            if case[-1] or given.shape != _grow(*case).shape or not torch.allclose(given, _grow(*case), atol=1e-5):
                return False
        except (RuntimeError, IndexError):
            if not case[-1]:
                return False
        except Exception:
            return False
    return True


_SIZE = "The size is wrong: the last stamp begins at (rows - 1) * stride and reaches `kernel` rows further, so before the cut there are (rows - 1) * stride + kernel rows."

_BIAS = "The bias lands on the wrong axis, or fits none: (filters,) meets the columns. bias[:, None, None] meets the filters."

_EXCHANGED = "Rows and columns are exchanged somewhere. x[c, i, j] is row i and column j, and its stamp begins at row i * stride, column j * stride."

_CONVOLUTION = "That is conv2d, which reads windows. Here every number of x stamps, and the result is larger than x."

_NOT_SUMMED = "Where stamps overlap, the later one wipes out the earlier. They are added up: += in place of =."

_NOT_SUMMED_AT_ALL = "A later stamp wipes out the earlier, and the last channel wipes out the others. All stamps are added up: += in place of =."

check_conv_transpose2d = FunctionCheck(
    "my_conv_transpose2d",
    _grow,
    _cases(),
    [
        Mistake(_NOT_SUMMED, _last_stamp_stays),
        Mistake(f"{_NOT_SUMMED} And the bias is missing.", lambda x, w, b, s, p: _last_stamp_stays(x, w, 0 * b, s, p)),
        Mistake(_NOT_SUMMED_AT_ALL, lambda x, w, b, s, p: _last_stamp_stays(x[-1:], w[-1:], b, s, p)),
        Mistake(f"{_NOT_SUMMED_AT_ALL} And the bias is missing.", lambda x, w, b, s, p: _last_stamp_stays(x[-1:], w[-1:], 0 * b, s, p)),
        Mistake("Where stamps overlap, their mean is taken. They are added up.", lambda x, w, b, s, p: _cut(_uncut(x, w, s) / _count(x, w, s).clamp(min=1), b, p)),
        Mistake(_SIZE, _times_stride),
        Mistake(_SIZE, lambda x, w, b, s, p: _cut(_resized(_uncut(x, w, s), s * x.shape[1], s * x.shape[2]), b, p)),
        Mistake(f"{_SIZE} Yours has `stride` rows and columns too many.", lambda x, w, b, s, p: _cut(F.pad(_uncut(x, w, s), (0, s, 0, s)), b, p)),
        Mistake(f"{_SIZE} Yours has one row and one column too many.", lambda x, w, b, s, p: _cut(F.pad(_uncut(x, w, s), (0, 1, 0, 1)), b, p)),
        Mistake("The last row and the last column are missing: a stamp that begins at position 6 with 3 rows fills positions 6, 7 and 8, so there are 9.", lambda x, w, b, s, p: _grow(x, w, b, s, p)[:, :-1, :-1]),
        Mistake("The stride is ignored: stamp i, j begins at i * stride, j * stride.", lambda x, w, b, s, p: _cut(_uncut(x, w, 1), b, p)),
        Mistake("The size is right, but the stamps begin at i, j. They begin at i * stride, j * stride.", _one_place_after_the_other),
        Mistake("The kernel is flipped: the stamp is the kernel as it stands. (If you put zeros between the numbers and convolve, turn the kernel round first.)", lambda x, w, b, s, p: _grow(x, w.flip(-1, -2), b, s, p)),
        Mistake("Rows and columns of the kernel are exchanged.", lambda x, w, b, s, p: _grow(x, w.mT, b, s, p)),
        Mistake("The padding is ignored: cut off `padding` rows and columns at each end.", lambda x, w, b, s, p: _grow(x, w, b, s, 0)),
        Mistake("Here padding takes away: cut rows and columns off, in place of adding them.", lambda x, w, b, s, p: F.pad(_grow(x, w, 0 * b, s, 0), (p,) * 4) + b[:, None, None]),
        Mistake("Here padding takes away: cut rows and columns off the result. You have put zeros around x, as for a convolution.", lambda x, w, b, s, p: _grow(F.pad(x, (p,) * 4), w, b, s, 0)),
        Mistake("That is twice the padding: `padding` rows and columns go at each end, 2 * padding in all.", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, 2 * p : -2 * p or None, 2 * p : -2 * p or None]),
        Mistake("The padding is cut off at the end only: it goes at both ends.", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, : -p or None, : -p or None]),
        Mistake("The padding is cut off at the beginning only: it goes at both ends.", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, p:, p:]),
        Mistake("With padding 0 nothing is left: [0:-0] is empty. Write [padding : rows - padding].", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, p:-p, p:-p]),
        Mistake("The padding is cut off the rows only. Columns go, too: out[:, padding : rows - padding, padding : columns - padding].", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, p : -p or None]),
        Mistake("The padding is cut off the columns only. Rows go, too: out[:, padding : rows - padding, padding : columns - padding].", lambda x, w, b, s, p: _grow(x, w, b, s, 0)[:, :, p : -p or None]),
        Mistake("The columns are counted like the rows: x may have more rows than columns, or fewer.", _square_canvas),
        Mistake(_EXCHANGED, lambda x, w, b, s, p: _grow(_only_square(x, x.mT), w, b, s, p)),
        Mistake(_EXCHANGED, lambda x, w, b, s, p: _grow(_only_square(x, x), w, b, s, p)),
        Mistake(_CONVOLUTION, lambda x, w, b, s, p: F.conv2d(x[None], w, b, s, p)[0]),
        Mistake(_CONVOLUTION, lambda x, w, b, s, p: F.conv2d(x[None], w.transpose(0, 1), b, s, p)[0]),
        Mistake(_BIAS, lambda x, w, b, s, p: _grow(x, w, 0 * b, s, p) + b),
        Mistake(_BIAS, lambda x, w, b, s, p: _grow(x, w, 0 * b, s, p) + b[:, None]),
        Mistake("The bias is missing.", lambda x, w, b, s, p: _grow(x, w, 0 * b, s, p)),
        Mistake("The bias is added with each stamp. It is added once to every position, at the end.", lambda x, w, b, s, p: _cut(_uncut(x, w, s) + b[:, None, None] * _count(x, w, s), 0 * b, p)),
        Mistake("The bias is added with each stamp of each channel. It is added once to every position, at the end.", lambda x, w, b, s, p: _cut(_uncut(x, w, s) + len(x) * b[:, None, None] * _count(x, w, s), 0 * b, p)),
        Mistake("The bias is added once for each input channel. It is added once.", lambda x, w, b, s, p: _grow(x, w, len(x) * b, s, p)),
        Mistake("All filters get the bias of the first: filter o has bias[o].", lambda x, w, b, s, p: _grow(x, w, b[:1].expand_as(b), s, p)),
        Mistake("Only the first channel stamps: every channel of x does, with its own kernels.", lambda x, w, b, s, p: _grow(x[:1], w[:1], b, s, p)),
        Mistake("Only the last channel's stamps are left: those of all channels are added up.", lambda x, w, b, s, p: _grow(x[-1:], w[-1:], b, s, p)),
        Mistake("The channels are averaged. They are added up.", lambda x, w, b, s, p: _grow(x, w / len(x), b, s, p)),
        Mistake("The result has as many feature maps as x has channels. It has one for each filter: weight.shape[1] of them.", _canvas_of_channels),
        Mistake("The axes of weight are exchanged: here the channels of x come first, weight[c, o], the other way round than in conv2d.", _axes_exchanged),
        Mistake("All filters stamp with the first one's kernel: filter o has weight[c, o].", lambda x, w, b, s, p: _grow(x, w[:, :1].expand_as(w), b, s, p)),
        Mistake("The canvas is already cut: make it as large as the stamps reach, and cut at the end.", _canvas_already_cut, when=_fits_only_uncut),
    ],
)  # fmt: skip

check_one_stamp = ValueCheck(
    "the stamp",
    torch.tensor([2.0, 1, 4, 5]),
    [
        Mistake("That is the stamp backwards. A convolution answers to a single 1 with its kernel turned round (lesson 02).", torch.tensor([5.0, 4, 1, 2])),
        Mistake("That is the kernel itself. Repeat the 1 first, then convolve: four numbers come out.", torch.tensor([5.0, -1, 2])),
        Mistake("That is the kernel turned round, the answer to a single 1. After repeating there are two of them.", torch.tensor([2.0, -1, 5])),
        Mistake("You have repeated the kernel's numbers. It is the picture's number that is repeated.", torch.tensor([5.0, 5, -1, -1, 2, 2])),
        Mistake("You have repeated the kernel's numbers, turned round. It is the picture's number that is repeated.", torch.tensor([2.0, 2, -1, -1, 5, 5])),
        Mistake("That is the kernel itself, with a 0. The 1 is written twice, and the convolution answers to each of the two with its kernel turned round.", torch.tensor([5.0, -1, 2, 0])),
        Mistake("That is the answer to one of the two ones. The other one answers, too, one position further.", torch.tensor([2.0, -1, 5, 0])),
        Mistake("That is the answer to the second of the two ones alone. The first one answers, too, one position before.", torch.tensor([0.0, 2, -1, 5])),
        Mistake("The numbers are right; give them as one row, with a single axis.", torch.tensor([[[2.0, 1, 4, 5]]])),
        Mistake("The numbers are right; give them as one row, with a single axis.", torch.tensor([[2.0, 1, 4, 5]])),
        Mistake("You have repeated the kernel's numbers, and kept four. It is the picture's number that is repeated.", torch.tensor([2.0, 2, -1, -1])),
        Mistake("You have repeated the kernel's numbers, and kept four. It is the picture's number that is repeated.", torch.tensor([5.0, 5, -1, -1])),
        Mistake("That is the whole row. The stamp is only the part of it that is not zero: four numbers.", torch.tensor([0.0, 0, 0, 2, 1, 4, 5, 0, 0, 0])),
        Mistake("That is the whole row, backwards. Take the part that is not zero. And a convolution answers to a single 1 with its kernel turned round (lesson 02).", torch.tensor([0.0, 0, 0, 5, 4, 1, 2, 0, 0, 0])),
        Mistake("The zeros at both ends are right, but they belong to no stamp: give the four numbers between them.", torch.tensor([0.0, 2, 1, 4, 5, 0])),
        Mistake("That takes the mean of the two. Repeating gives two ones, and what they bring is added up.", torch.tensor([1.0, 0.5, 2, 2.5])),
        Mistake("The middle is missing: the two answers 2 −1 5 overlap, moved by one position, and are added up.", torch.tensor([2.0, -1, 5, 5])),
        Mistake("The two answers are added up on top of each other. The second one stands one position further to the right.", torch.tensor([4.0, -2, 10])),
        Mistake("The two answers stand one position apart, not two: 2 −1 5 0 and 0 2 −1 5.", torch.tensor([2.0, -1, 7, -1, 5])),
    ],
    hint="It has four numbers: repeat the 1, lay the kernel on at each position, and write down what comes out.",
)  # fmt: skip
