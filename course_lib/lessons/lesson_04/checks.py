"""Lesson 04, max pooling: the checks of its exercises."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Letters, Mistake, ValueCheck
from course_lib.layers import max_pool2d, output_size, unfold
from course_lib.texts import tr


def _cases() -> list[tuple]:
    """Pictures (channels, rows, columns), mostly negative; windows that overlap, that touch, and that leave gaps.

    The numbers of the last one are so low that no fixed number will do as padding.
    """
    draw_from = torch.Generator().manual_seed(4)
    sizes = [((2, 6, 8), 3, 2, 1), ((3, 4, 6), 2, 2, 0), ((2, 7, 5), 3, 1, 1), ((2, 9, 7), 2, 3, 1), ((2, 9, 8), 4, 3, 2)]  # fmt: skip
    low = -1e6 - 1e6 * torch.rand((2, 5, 6), generator=draw_from)
    return [*((torch.randn(shape, generator=draw_from) - 1, *setting) for shape, *setting in sizes), (low, 3, 2, 1)]


def _pool(x, kernel, stride, padding) -> torch.Tensor:
    return max_pool2d(x[None], kernel, stride, padding)[0]


def _windows(x, kernel, stride, padding, value=-math.inf) -> torch.Tensor:
    """(channels, kernel * kernel, rows, columns)."""
    return unfold(x[None], kernel, stride=stride, padding=padding, value=value)[0]


def _zeros_around(x, k, s, p) -> torch.Tensor:
    return _windows(x, k, s, p, value=0.0).amax(dim=1)


def _farthest_from_zero(x, k, s, p) -> torch.Tensor:
    windows = _windows(x, k, s, p, value=0.0)
    return windows.gather(1, windows.abs().argmax(dim=1, keepdim=True))[:, 0]


def _pads_with_a_number(answer) -> bool:
    """Whether one and the same number stands at all places that are wrong, and windows without padding are right."""
    x, k, s, p = _cases()[-1]
    try:
        given = answer(x.clone(), k, s, p)
        wrong = given != _pool(x, k, s, p)
    except Exception:
        return False
    at_rim = _windows(torch.zeros_like(x), k, s, p).isinf().any(dim=1)
    return isinstance(given, torch.Tensor) and torch.equal(wrong, at_rim) and len(given[wrong].unique()) == 1


def _counted_before_padding(x, k, s, p) -> torch.Tensor:
    rows, columns = (output_size(side, k, s) for side in x.shape[1:])
    return _pool(x, k, s, p)[:, :rows, :columns]


def _one_place_after_the_other(x, k, s, p) -> torch.Tensor:
    rows, columns = _pool(x, k, s, p).shape[1:]
    return _pool(x, k, 1, p)[:, :rows, :columns]


def _window_of_two(x, k, s, p) -> torch.Tensor:
    """The places of a window of size k, but each window is two by two."""
    rows, columns = (output_size(side, k, s, p) for side in x.shape[1:])
    padded = F.pad(x, (p, p, p, p), value=-math.inf)
    return _windows(padded, 2, s, 0).amax(dim=1)[:, :rows, :columns]


def _too_many_places(x, k, s, p) -> torch.Tensor:
    """With one more row of places than there is room for."""
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    rows, columns = (output_size(side, k, s) for side in x.shape[1:])
    tops, lefts = range(0, (rows + 1) * s, s), range(0, columns * s, s)
    found = [x[:, top : top + k, left : left + k].amax(dim=(1, 2)) for top in tops for left in lefts]
    return torch.stack(found, dim=1).reshape(len(x), rows + 1, columns)


def _sides_of_a_table(x, k, s, p) -> torch.Tensor:
    """`pool_with_loops` copied: it takes the channels for the rows, and has one axis too many."""
    rows, columns = (output_size(side, k, s, p) for side in x.shape)
    return torch.zeros(rows, columns)


def _largest_of_columns(x, k, s, p) -> torch.Tensor:
    """The largest over one axis of the window: as many numbers as it has columns, where there is room for one."""
    out = _pool(x, k, s, p)
    out[:, 0, 0] = x[:, :k, :k].amax(dim=1)
    return out


_ONE_TABLE = "That is for one table, as in `pool_with_loops`. Here x is (channels, rows, columns), and so is the result: take the sides from x.shape[1:]."

_NO_NUMBERS = r"non-zero size|numel\(\) == 0"  # PyTorch on the largest of no numbers, by amax and by max

_ZEROS = "The padding is 0, and among negative numbers 0 is the largest. Pad with minus infinity: F.pad(x, ..., value=-torch.inf)."

_OWN_SIZE = "The window moves by its own size. It moves by `stride`: with a smaller stride windows overlap, with a larger one they leave gaps."

_PADDED_LATE = "The padding is put around the result. It belongs around x, before the window moves."

check_max_pool2d = FunctionCheck(
    "my_max_pool2d",
    _pool,
    _cases(),
    [
        Mistake(_ZEROS, _zeros_around),
        Mistake("The padding is -1, and some of the numbers are smaller, so -1 is the largest there. Pad with minus infinity: value=-torch.inf.", lambda x, k, s, p: _windows(x, k, s, p, value=-1.0).amax(dim=1)),
        Mistake("The padding is plus infinity: it wins every time. Take minus infinity, which never wins.", lambda x, k, s, p: _windows(x, k, s, p, value=math.inf).amax(dim=1)),
        Mistake("The padding is a fixed number, and some numbers are smaller. Only minus infinity is never the largest.", lambda x, k, s, p: _windows(x, k, s, p, value=-100.0).amax(dim=1), when=_pads_with_a_number),
        Mistake("The places are counted before x is padded: count on the padded picture.", _counted_before_padding),
        Mistake("The search for the largest starts at 0, so a negative number is never found. Start at minus infinity.", lambda x, k, s, p: _pool(x, k, s, p).clamp(min=0)),
        Mistake(_OWN_SIZE, lambda x, k, s, p: _pool(x, k, k, p)),
        Mistake(f"{_OWN_SIZE} And the padding is 0: it must be minus infinity.", lambda x, k, s, p: _zeros_around(x, k, k, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, k, s, p: _pool(x, k, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", _one_place_after_the_other),
        Mistake("The window is always two by two: it is `kernel` by `kernel`.", _window_of_two),
        Mistake("The padding is missing: put minus infinity around x first.", lambda x, k, s, p: _pool(x, k, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: _pool(x, k, s, (0, p))),
        Mistake("Only the rows are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: _pool(x, k, s, (p, 0))),
        Mistake("Padding stands at one end only: it belongs to all four sides.", lambda x, k, s, p: _pool(F.pad(x, (p, 0, p, 0), value=-math.inf), k, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` rows or columns.", lambda x, k, s, p: _pool(F.pad(x, (2 * p,) * 4, value=-math.inf), k, s, 0)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(_pool(x, k, s, 0), (p,) * 4)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(_pool(x, k, s, 0), (p,) * 4, value=-math.inf)),
        Mistake("That is the mean of each window, with zeros around. Max pooling takes the largest number.", lambda x, k, s, p: _windows(x, k, s, p, value=0.0).mean(dim=1)),
        Mistake("That is the mean of each window. Max pooling takes the largest number.", lambda x, k, s, p: _windows(x, k, s, p).mean(dim=1)),
        Mistake("That is the smallest number of each window.", lambda x, k, s, p: -_pool(-x, k, s, p)),
        Mistake("That is the smallest number of each window, the padding included.", lambda x, k, s, p: _windows(x, k, s, p).amin(dim=1)),
        Mistake("That is the number farthest from 0. Largest means farthest to the right: -1 is larger than -2.", _farthest_from_zero),
        Mistake("That is the largest over all channels: each channel has its own, .amax(dim=(1, 2)) keeps them apart.", lambda x, k, s, p: _pool(x, k, s, p).amax(0, keepdim=True).expand_as(_pool(x, k, s, p))),
        Mistake("Only the first channel is read: each channel is pooled alone.", lambda x, k, s, p: _pool(x, k, s, p)[:1].expand_as(_pool(x, k, s, p))),
        Mistake("That is the place of the largest number, not the number.", lambda x, k, s, p: _windows(x, k, s, p).argmax(dim=1)),
        Mistake("Round down: a window that does not fit whole is left out.", lambda x, k, s, p: F.max_pool2d(x[None], k, s, p, ceil_mode=True)[0]),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, k, s, p: _pool(x, k, s, p)[:, :-1, :-1]),
        Mistake("Rows and columns are exchanged.", lambda x, k, s, p: _pool(x, k, s, p).mT),
        Mistake(_ONE_TABLE, lambda x, k, s, p: _pool(x, k, s, p).amax(0)),
        Mistake(_ONE_TABLE, _sides_of_a_table, stops="too many values to unpack|must fit in the padded picture"),
        Mistake("A window has rows and columns: .amax(dim=(1, 2)) takes the largest number over both.", _largest_of_columns, stops=r"^expand\(torch"),
        Mistake("A window hangs over the edge, with no number in it: check how many places there are, rows first, then columns; or i and j are exchanged: rows start at i * stride, columns at j * stride.", _too_many_places, stops=_NO_NUMBERS),
    ],
)  # fmt: skip


def _at(*ones: tuple[int, int], values: tuple = ()) -> torch.Tensor:
    """A table (4, 4) of zeros, but for 1, or `values`, at the cells named."""
    table = torch.zeros(4, 4)
    for (row, column), value in zip(ones, values or [1.0] * len(ones), strict=True):
        table[row, column] = value
    return table


_WINDOWS_AT = torch.tensor([1.0, 2, 2, 1])[:, None] * torch.tensor([1.0, 2, 2, 1])  # how many windows hold a number


def _which_wins(answer: object) -> str:
    if isinstance(answer, torch.Tensor) and answer.shape == (4, 4):
        return tr("Go through the four windows: which number wins each? Its place gets 1 for each window it wins.")
    return tr("It has four rows of four numbers: for each number, the count of the windows in which it is the largest.")


check_gradient = ValueCheck(
    "the gradient",
    _at((2, 2), (3, 0), values=(3.0, 1.0)),
    [
        Mistake("The places are right, but the 8 wins in three windows: what comes from each of them is added up.", _at((2, 2), (3, 0))),
        Mistake("A window is left out: there are four of them, each adds 1 to the place of its winner, and the 8 wins more than two.", _at((2, 2), (3, 0), values=(2.0, 1.0))),
        Mistake("The 8 lies in all four windows, but in one of them stands a larger number.", _at((2, 2), values=(4.0,))),
        Mistake("Four windows add 1 each, which is 4 in all. Here are 5: in the window with the 9, the 8 does not win.", _at((2, 2), (3, 0), values=(4.0, 1.0))),
        Mistake("That is the gradient of 2x2 windows with stride 2. These are 3x3 and overlap.", _at((1, 1), (1, 2), (2, 2), (3, 0))),
        Mistake("The 9 is the largest of all, but it lies in one window only. The other three have a largest number of their own.", _at((3, 0))),
        Mistake("The 9 lies in one of the four windows only, the one that starts at row 1, column 0.", _at((3, 0), values=(4.0,))),
        Mistake("Those are the winners themselves. The gradient says how much the sum changes with each: 1 for each window it wins.", _at((2, 2), (3, 0), values=(8.0, 9.0))),
        Mistake("Those are the winners, times the windows they win. The gradient counts the windows alone.", _at((2, 2), (3, 0), values=(24.0, 9.0))),
        Mistake("That counts the windows in which each number lies. Only the one that wins a window counts there.", _WINDOWS_AT),
        Mistake("That is the gradient of mean pooling, which gives each number of a window one ninth.", _WINDOWS_AT / 9),
        Mistake("Rows and columns are exchanged: the 9 stands in row 3, column 0.", _at((2, 2), (0, 3), values=(3.0, 1.0))),
        Mistake("That divides by the four windows, as for their mean. The gradient is that of the sum.", _at((2, 2), (3, 0), values=(0.75, 0.25))),
        Mistake("That is the result of the pooling. The gradient has a number for each of the sixteen.", torch.tensor([[8.0, 8], [9, 8]])),
    ],
    hint=_which_wins,
)  # fmt: skip

_KEPT = [False, True, False, False, True, False]

_LETTERS = {
    "a": "with stride 2, the windows hold other pixels after a move by one",
    "b": "with stride 1 there is a window at every place, so the results move along",
    "c": "with stride 2, the windows hold other pixels after a move by one, and have other means",
    "d": "a blur makes it calmer, but with stride 2 other places are kept after a move by one pixel",
    "e": "with stride 1 there is a result at every place, and all move along",
    "f": "this is (a) in two steps, and what is kept after the move are other results",
}

check_shifts = ValueCheck(
    "your list",
    _KEPT,
    [
        Mistake("With stride 2 each result stands two pixels from the next: a move by one pixel cannot be a whole move of the small picture. `moves_along` shows it: with (a), no number of places gives True.", [True] * 6),
        Mistake("Two of them do: where the stride is 1, results stand at every place, and they move along with the picture.", [False] * 6),
        Mistake("The mean is calmer, but not exact: after a move by one pixel it averages other neighbours.", [False, True, True, False, True, False]),
        Mistake("The blur is calmer, but not exact: with stride 2, other places are kept after a move by one pixel.", [False, True, False, True, True, False]),
        Mistake("Mean and blur are calmer, but not exact: with stride 2, no way keeps a move by one pixel.", [False, True, True, True, True, False]),
        Mistake("Max pooling is often said to keep it. With stride 2 it does not: a largest number that moves into the next window changes two results.", [True, True, False, False, True, False]),
        Mistake("(f) is max pooling with stride 2, (a), in two steps. Dropping every other result is what loses it.", [False, True, False, False, True, True]),
        Mistake("Not only convolutions do: the maximum with stride 1 works at every place, too.", [False, False, False, False, True, False]),
        Mistake("Not only the maximum does: a convolution with stride 1 works at every place, too.", [False, True, False, False, False, False]),
        Mistake("The other way round: it is stride 1 that keeps it.", [True, False, True, True, False, True]),
    ],
    hint=Letters(_KEPT, _LETTERS),
)  # fmt: skip
