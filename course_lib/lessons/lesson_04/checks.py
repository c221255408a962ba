"""Lesson 04, max pooling: the check of its first exercise; the others are in `gradient_check` and `shifts_check`."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.layers import max_pool2d, output_size, unfold


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


def _not_whole(x, k, s, p) -> torch.Tensor:
    """rows // stride by columns // stride places of the padded picture; the last windows are cut off at its rim."""
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    rows, columns = (side // s for side in x.shape[1:])
    padded = F.pad(x, (0, k, 0, k), value=-math.inf)
    return _windows(padded, k, s, 0).amax(dim=1)[:, :rows, :columns]


def _steps(x, k, s, p, down, right, side) -> torch.Tensor:
    """The places are right, but windows begin at i * down, j * right and have `side` rows and columns."""
    rows, columns = (output_size(length, k, s, p) for length in x.shape[1:])
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    out = torch.zeros(len(x), rows, columns)
    for i in range(rows):
        for j in range(columns):
            out[:, i, j] = x[:, i * down : i * down + side, j * right : j * right + side].amax(dim=(1, 2))
    return out


def _only(out: torch.Tensor, rows: int, columns: int | None = None) -> torch.Tensor:
    """What is left of a result where a loop is left too early."""
    kept = torch.zeros_like(out)
    kept[:, :rows, :columns] = out[:, :rows, :columns]
    return kept


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


def _written(x, k, s, p, take) -> torch.Tensor:
    """`take` makes of the first window what does not fit into a place of the result; PyTorch stops."""
    out = _pool(x, k, s, p)
    out[:, 0, 0] = take(x[:, :k, :k])
    return out


def _with_a_batch(x, k, s, p) -> torch.Tensor:
    _, channels, rows, columns = x.shape
    return torch.zeros(channels, rows, columns)


_ONE_TABLE = "That is for one table, as in `pool_with_loops`. Here x is (channels, rows, columns), and so is the result: take the sides from x.shape[1:]."

_BATCH = "x is one picture here, (channels, rows, columns), without a batch axis in front, and so is the result."

_WHOLE = "A window must fit whole, so rows // stride is too simple. Of a padded picture, count (rows - kernel) // stride + 1; for columns in the same way."

_ENDS = "The window begins at the right position, but it ends too early or too late: it has `kernel` rows, from top to top + kernel."

_ONE_END = "Padding stands at one end only: it belongs to all four sides, F.pad(x, (padding, padding, padding, padding), value=-torch.inf)."

_BOTTOM_RIGHT = "The padding is only at the bottom and right; it goes on all four sides."

_WHOLE_PICTURE = "This is the largest of the whole picture; take it window by window."

_LEFT_EARLY = "return stands inside a loop, so the rest is never computed. It belongs after both loops, as far left as the first `for`."

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
        Mistake("The positions are counted before x is padded: count on the padded picture.", _counted_before_padding),
        Mistake(_WHOLE, _not_whole),
        Mistake(_WHOLE, lambda x, k, s, p: _pool(x, k, s, p)[:, : x.shape[1] // s, : x.shape[2] // s]),
        Mistake(f"Only the first row is computed: {_LEFT_EARLY}", lambda x, k, s, p: _only(_pool(x, k, s, p), 1)),
        Mistake(f"Only the first number is computed: {_LEFT_EARLY}", lambda x, k, s, p: _only(_pool(x, k, s, p), 1, 1)),
        Mistake(f"{_ENDS} (i + 1) * stride is where the next one begins.", lambda x, k, s, p: _steps(x, k, s, p, s, s, s)),
        Mistake(f"{_ENDS} A slice leaves its end out by itself, so no - 1.", lambda x, k, s, p: _steps(x, k, s, p, s, s, k - 1)),
        Mistake(f"{_ENDS} A slice leaves its end out by itself, so no + 1.", lambda x, k, s, p: _steps(x, k, s, p, s, s, k + 1)),
        Mistake("The rows move by stride, but the columns by one: a window begins at i * stride, j * stride.", lambda x, k, s, p: _steps(x, k, s, p, s, 1, k)),
        Mistake("The columns move by stride, but the rows by one: a window begins at i * stride, j * stride.", lambda x, k, s, p: _steps(x, k, s, p, 1, s, k)),
        Mistake("The search for the largest starts at 0, so a negative number is never found. Start at minus infinity.", lambda x, k, s, p: _pool(x, k, s, p).clamp(min=0)),
        Mistake(_OWN_SIZE, lambda x, k, s, p: _pool(x, k, k, p)),
        Mistake(f"{_OWN_SIZE} And the padding is 0: it must be minus infinity.", lambda x, k, s, p: _zeros_around(x, k, k, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, k, s, p: _pool(x, k, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", _one_place_after_the_other),
        Mistake("The window is always two by two: it is `kernel` by `kernel`.", _window_of_two),
        Mistake("The padding is missing: put minus infinity around x first.", lambda x, k, s, p: _pool(x, k, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: _pool(x, k, s, (0, p))),
        Mistake("Only the rows are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: _pool(x, k, s, (p, 0))),
        Mistake(_ONE_END, lambda x, k, s, p: _pool(F.pad(x, (0, p, 0, p), value=-math.inf), k, s, 0)),
        Mistake(_ONE_END, lambda x, k, s, p: _pool(F.pad(x, (p, 0, p, 0), value=-math.inf), k, s, 0)),
        Mistake(_BOTTOM_RIGHT, lambda x, k, s, p: _pool(F.pad(x, (0, 2 * p, 0, 2 * p), value=-math.inf), k, s, 0)),
        Mistake("The padding is only at the top and left; it goes on all four sides.", lambda x, k, s, p: _pool(F.pad(x, (2 * p, 0, 2 * p, 0), value=-math.inf), k, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` rows or columns.", lambda x, k, s, p: _pool(F.pad(x, (2 * p,) * 4, value=-math.inf), k, s, 0)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(_pool(x, k, s, 0), (p,) * 4)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(_pool(x, k, s, 0), (p,) * 4, value=-math.inf)),
        Mistake("That is the mean of each window, with zeros around. Max pooling takes the largest number.", lambda x, k, s, p: _windows(x, k, s, p, value=0.0).mean(dim=1)),
        Mistake("That is the mean of each window. Max pooling takes the largest number.", lambda x, k, s, p: _windows(x, k, s, p).mean(dim=1)),
        Mistake("That is the smallest number of each window.", lambda x, k, s, p: -_pool(-x, k, s, p)),
        Mistake("That is the smallest number of each window, the padding included.", lambda x, k, s, p: _windows(x, k, s, p).amin(dim=1)),
        Mistake("That is the number farthest from 0. Largest means farthest to the right: -1 is larger than -2.", _farthest_from_zero),
        Mistake("That takes the numbers without their sign. Largest means farthest to the right: -1 is larger than -2.", lambda x, k, s, p: _windows(x, k, s, p).abs().amax(dim=1)),
        Mistake(_WHOLE_PICTURE, lambda x, k, s, p: x.amax(dim=(1, 2))),
        Mistake(_WHOLE_PICTURE, lambda x, k, s, p: x.amax(dim=(1, 2), keepdim=True).expand_as(_pool(x, k, s, p))),
        Mistake("That is the largest over all channels: each channel has its own, .amax(dim=(1, 2)) keeps them apart.", lambda x, k, s, p: _pool(x, k, s, p).amax(0, keepdim=True).expand_as(_pool(x, k, s, p))),
        Mistake("Only the first channel is read: each channel is pooled alone.", lambda x, k, s, p: _pool(x, k, s, p)[:1].expand_as(_pool(x, k, s, p))),
        Mistake("That is the place of the largest number, not the number.", lambda x, k, s, p: _windows(x, k, s, p).argmax(dim=1)),
        Mistake("Round down: a window that does not fit whole is left out.", lambda x, k, s, p: F.max_pool2d(x[None], k, s, p, ceil_mode=True)[0]),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, k, s, p: _pool(x, k, s, p)[:, :-1, :-1]),
        Mistake(f"The result has an axis too many. {_BATCH}", lambda x, k, s, p: _pool(x, k, s, p)[None]),
        Mistake("The channels are padded, too. F.pad takes four numbers here: (left, right, top, bottom).", lambda x, k, s, p: F.pad(_pool(x, k, s, p), (0, 0, 0, 0, p, p), value=-math.inf)),
        Mistake("Rows and columns are exchanged.", lambda x, k, s, p: _pool(x, k, s, p).mT),
        Mistake(_ONE_TABLE, lambda x, k, s, p: _pool(x, k, s, p).amax(0)),
        Mistake(_ONE_TABLE, _sides_of_a_table, stops="too many values to unpack|must fit in the padded picture"),
        Mistake(_BATCH, _with_a_batch, stops="not enough values to unpack"),
        Mistake("keepdim=True keeps both axes of the window. Leave it out: out[:, i, j] has room for one number of each channel.", lambda x, k, s, p: _written(x, k, s, p, lambda window: window.amax(dim=(1, 2), keepdim=True)), stops=r"^expand\(torch[^[]*\[\d+, 1, 1\]"),
        Mistake("A window has rows and columns: .amax(dim=(1, 2)) takes the largest number over both.", lambda x, k, s, p: _written(x, k, s, p, lambda window: window.amax(dim=1)), stops=r"^expand\(torch"),
        Mistake(".max(dim=...) gives two things, the values and their positions. Take .amax(dim=(1, 2)), which gives the values alone, over rows and columns.", lambda x, k, s, p: _written(x, k, s, p, lambda window: window.max(dim=1)), stops=r"return_types\.max"),
        Mistake("The axes are (channels, rows, columns), and a result has one number for each channel: .amax(dim=(1, 2)) takes the largest over rows and columns.", lambda x, k, s, p: _written(x, k, s, p, lambda window: window.amax(dim=(0, 1))), stops="^The expanded size"),
        Mistake("A window hangs over the edge, with no number in it. Is x padded before the loops, and is the padding counted once? Does a window begin at i * stride, j * stride, rows first?", _too_many_places, stops=_NO_NUMBERS),
    ],
)  # fmt: skip
