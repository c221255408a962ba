"""Lesson 04, max pooling: the check of its first exercise; the others are in `gradient_check` and `shifts_check`."""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_04 import wrong_pools as pools

_ONE_TABLE = "That is for one table, as in `pool_with_loops`. Here x is (channels, rows, columns), and so is the result: take the sides from x.shape[1:]."

_ONE_FOR_ALL = "That is the largest over all channels, and the result has no channel axis. It begins as torch.zeros(len(x), rows, columns), and .amax(dim=(1, 2)) gives one number for each channel, for out[:, i, j]."

_NO_CHANNELS = "The channels are left out. The result begins as torch.zeros(len(x), rows, columns), and the largest numbers of a window, one for each channel, go to out[:, i, j]."

_BATCH = "x is one picture here, (channels, rows, columns), without a batch axis in front, and so is the result."

_WHOLE = "A window must fit whole, so rows // stride is too simple. Of a padded picture, count (rows - kernel) // stride + 1; for columns in the same way."

_ENDS = "The window begins at the right position, but it ends too early or too late: it has `kernel` rows, from top to top + kernel."

_ONE_END = "Padding stands at one end only: it belongs to all four sides, F.pad(x, (padding, padding, padding, padding), value=-torch.inf)."

# also what windows that begin `padding` too late compute
_BOTTOM_RIGHT = "The first window begins at the corner of the picture itself, without the padding above and left of it. Is padding on all four sides? Does a window begin at i * stride, j * stride?"

# also what twice the padding on all sides computes, where the positions are counted right
_TOP_LEFT = "Twice the padding is at the top and left: each of the four sides gets `padding` rows or columns, once."

_WHOLE_PICTURE = "This is the largest of the whole picture; take it window by window."

_LEFT_EARLY = "return stands inside a loop, so the rest is never computed. It belongs after both loops, as far left as the first `for`."

_LOOPS_END = "The loops end too early, so the last row or column of the result is never computed. range(rows) ends at rows - 1 by itself."

_NO_NUMBERS = r"non-zero size|numel\(\) == 0"  # PyTorch on the largest of no numbers, by amax and by max

# PyTorch where `:` is missing in out[:, i, j], or `len(x)` in torch.zeros, or both; rows of 4 and 5 are as in the cases
_WITHOUT_CHANNELS = r"Target sizes: \[[45]\]\.  Tensor sizes: \[2\]|^too many indices for tensor of dimension 2|^expand\(torch[^[]*\[\d+\]\}, size=\[\]"

_ZEROS = "The padding is 0, and among negative numbers 0 is the largest. Pad with minus infinity: F.pad(x, ..., value=-torch.inf)."

_OWN_SIZE = "The window moves by its own size. It moves by `stride`: with a smaller stride windows overlap, with a larger one they leave gaps."

_EACH_SIDE = "Square pictures come out right, others don't: somewhere rows are taken for columns, or columns for rows. Rows are counted from x.shape[1], columns from x.shape[2]."

_AS_MANY = "With stride 1 and no padding, the result has as many rows and columns as x, but 4x4 windows don't fit that often. Count the positions with output_size."

_PADDED_LATE = "The padding is put around the result. It belongs around x, before the window moves."

check_max_pool2d = FunctionCheck(
    "my_max_pool2d",
    pools.pool,
    pools.cases(),
    [
        Mistake(_ZEROS, pools.zeros_around),
        Mistake("The padding is -1, and some of the numbers are smaller, so -1 is the largest there. Pad with minus infinity: value=-torch.inf.", lambda x, k, s, p: pools.windows(x, k, s, p, value=-1.0).amax(dim=1)),
        Mistake("The padding is plus infinity: it wins every time. Take minus infinity, which never wins.", lambda x, k, s, p: pools.windows(x, k, s, p, value=math.inf).amax(dim=1)),
        Mistake("The padding is a fixed number, and some numbers are smaller. Only minus infinity is never the largest.", lambda x, k, s, p: pools.windows(x, k, s, p, value=-100.0).amax(dim=1), when=pools.pads_with_a_number),
        Mistake("The positions are counted before x is padded: count on the padded picture.", pools.counted_before_padding),
        Mistake(_WHOLE, pools.not_whole),
        Mistake(_WHOLE, lambda x, k, s, p: pools.pool(x, k, s, p)[:, : x.shape[1] // s, : x.shape[2] // s]),
        Mistake(f"Only the first row is computed: {_LEFT_EARLY}", lambda x, k, s, p: pools.only(pools.pool(x, k, s, p), 1)),
        Mistake(f"Only the first number is computed: {_LEFT_EARLY}", lambda x, k, s, p: pools.only(pools.pool(x, k, s, p), 1, 1)),
        Mistake(f"{_ENDS} (i + 1) * stride is where the next one begins.", lambda x, k, s, p: pools.steps(x, k, s, p, s, s, s)),
        Mistake(f"{_ENDS} A slice leaves its end out by itself, so no - 1.", lambda x, k, s, p: pools.steps(x, k, s, p, s, s, k - 1)),
        Mistake(f"{_ENDS} A slice leaves its end out by itself, so no + 1.", lambda x, k, s, p: pools.steps(x, k, s, p, s, s, k + 1)),
        Mistake("The rows move by stride, but the columns by one: a window begins at i * stride, j * stride.", lambda x, k, s, p: pools.steps(x, k, s, p, s, 1, k)),
        Mistake("The columns move by stride, but the rows by one: a window begins at i * stride, j * stride.", lambda x, k, s, p: pools.steps(x, k, s, p, 1, s, k)),
        *(Mistake(_LOOPS_END, lambda x, k, s, p, ends=ends: pools.only(pools.pool(x, k, s, p), *ends)) for ends in itertools.product((None, -1), (None, -1), (0.0, -math.inf)) if ends[:2] != (None, None)),
        Mistake("The search for the largest starts at a fixed number, so a smaller one is never found. Start at minus infinity, -torch.inf.", lambda x, k, s, p: pools.pool(x, k, s, p).clamp(min=0), when=pools.starts_at_a_number),
        Mistake(_OWN_SIZE, lambda x, k, s, p: pools.pool(x, k, k, p)),
        Mistake(f"{_OWN_SIZE} And the padding is 0: it must be minus infinity.", lambda x, k, s, p: pools.zeros_around(x, k, k, p)),
        Mistake("The stride is ignored: the window moves by one.", lambda x, k, s, p: pools.pool(x, k, 1, p)),
        Mistake("The size is right, but the window still moves by one: it starts at i * stride, j * stride.", pools.one_place_after_the_other),
        Mistake("The window is always two by two: it is `kernel` by `kernel`.", pools.window_of_two),
        Mistake("The padding is missing: put minus infinity around x first.", lambda x, k, s, p: pools.pool(x, k, s, 0)),
        Mistake("Only the columns are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: pools.pool(x, k, s, (0, p))),
        Mistake("Only the rows are padded: F.pad takes (left, right, top, bottom).", lambda x, k, s, p: pools.pool(x, k, s, (p, 0))),
        Mistake(_ONE_END, lambda x, k, s, p: pools.pool(F.pad(x, (0, p, 0, p), value=-math.inf), k, s, 0)),
        Mistake(_ONE_END, lambda x, k, s, p: pools.pool(F.pad(x, (p, 0, p, 0), value=-math.inf), k, s, 0)),
        Mistake(_BOTTOM_RIGHT, lambda x, k, s, p: pools.pool(F.pad(x, (0, 2 * p, 0, 2 * p), value=-math.inf), k, s, 0)),
        Mistake(_TOP_LEFT, lambda x, k, s, p: pools.pool(F.pad(x, (2 * p, 0, 2 * p, 0), value=-math.inf), k, s, 0)),
        Mistake("That is twice the padding: each side gets `padding` rows or columns.", lambda x, k, s, p: pools.pool(F.pad(x, (2 * p,) * 4, value=-math.inf), k, s, 0)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(pools.pool(x, k, s, 0), (p,) * 4)),
        Mistake(_PADDED_LATE, lambda x, k, s, p: F.pad(pools.pool(x, k, s, 0), (p,) * 4, value=-math.inf)),
        Mistake("That is the mean of each window, with zeros around. Max pooling takes the largest number.", lambda x, k, s, p: pools.windows(x, k, s, p, value=0.0).mean(dim=1)),
        Mistake("That is the mean of each window. Max pooling takes the largest number.", lambda x, k, s, p: pools.windows(x, k, s, p).mean(dim=1)),
        Mistake("That is the smallest number of each window.", lambda x, k, s, p: -pools.pool(-x, k, s, p)),
        Mistake("That is the smallest number of each window, the padding included.", lambda x, k, s, p: pools.windows(x, k, s, p).amin(dim=1)),
        Mistake("That is the number farthest from 0. Largest means farthest to the right: -1 is larger than -2.", pools.farthest_from_zero),
        Mistake("That takes the numbers without their sign. Largest means farthest to the right: -1 is larger than -2.", lambda x, k, s, p: pools.windows(x, k, s, p).abs().amax(dim=1)),
        Mistake(_WHOLE_PICTURE, lambda x, k, s, p: x.amax(dim=(1, 2))),
        Mistake(_WHOLE_PICTURE, lambda x, k, s, p: x.amax(dim=(1, 2), keepdim=True).expand_as(pools.pool(x, k, s, p))),
        Mistake("That is the largest over all channels: each channel has its own, .amax(dim=(1, 2)) keeps them apart.", lambda x, k, s, p: pools.pool(x, k, s, p).amax(0, keepdim=True).expand_as(pools.pool(x, k, s, p))),
        Mistake("Only the first channel is read: each channel is pooled alone.", lambda x, k, s, p: pools.pool(x, k, s, p)[:1].expand_as(pools.pool(x, k, s, p))),
        Mistake("That is the place of the largest number, not the number.", lambda x, k, s, p: pools.windows(x, k, s, p).argmax(dim=1)),
        Mistake("Round down: a window that does not fit whole is left out.", lambda x, k, s, p: F.max_pool2d(x[None], k, s, p, ceil_mode=True)[0]),
        Mistake("The last row and the last column are missing: the size has a + 1.", lambda x, k, s, p: pools.pool(x, k, s, p)[:, :-1, :-1]),
        Mistake(f"The result has an axis too many. {_BATCH}", lambda x, k, s, p: pools.pool(x, k, s, p)[None]),
        Mistake("The result is a list with a tensor for each channel. torch.stack makes one tensor of them.", lambda x, k, s, p: list(pools.pool(x, k, s, p))),
        Mistake("The channels are padded, too. F.pad takes four numbers here: (left, right, top, bottom).", lambda x, k, s, p: F.pad(pools.pool(x, k, s, p), (0, 0, 0, 0, p, p), value=-math.inf)),
        Mistake("Rows and columns are exchanged.", lambda x, k, s, p: pools.pool(x, k, s, p).mT),
        Mistake(_ONE_FOR_ALL, lambda x, k, s, p: pools.pool(x, k, s, p).amax(0)),
        Mistake(_ONE_TABLE, pools.sides_of_a_table, stops="too many values to unpack|must fit in the padded picture"),
        Mistake(_BATCH, pools.with_a_batch, stops="not enough values to unpack"),
        Mistake(_NO_CHANNELS, lambda x, k, s, p: torch.zeros(1, 1)[:, 0, 0], stops=_WITHOUT_CHANNELS),
        Mistake("keepdim=True keeps both axes of the window. Leave it out: out[:, i, j] has room for one number of each channel.", lambda x, k, s, p: pools.written(x, k, s, p, lambda window: window.amax(dim=(1, 2), keepdim=True)), stops=r"^expand\(torch[^[]*\[\d+, 1, 1\]"),
        Mistake("A window has rows and columns: .amax(dim=(1, 2)) takes the largest number over both.", lambda x, k, s, p: pools.written(x, k, s, p, lambda window: window.amax(dim=1)), stops=r"^expand\(torch"),
        Mistake(".max(dim=...) takes one axis, and gives two things, the values and their positions. Take .amax(dim=(1, 2)), which gives the values alone, over rows and columns.", lambda x, k, s, p: pools.written(x, k, s, p, lambda window: window.max(dim=1)), stops=r"return_types\.max|^max\(\) received .*tuple"),
        Mistake("The axes are (channels, rows, columns), so a window is x[:, top : ..., left : ...], and .amax(dim=(1, 2)) takes the largest over its rows and columns, for each channel.", lambda x, k, s, p: pools.written(x, k, s, p, lambda window: window.amax(dim=(0, 1))), stops="^The expanded size"),
        Mistake(_EACH_SIDE, lambda x, k, s, p: pools.at_places(x, k, s, p, *pools.pool(x, k, s, p).mT.shape[1:]), when=pools.right_on_squares),
        Mistake(_AS_MANY, lambda x, k, s, p: pools.at_places(x, k, s, p, *x.shape[1:]), when=pools.as_many_as_before),
        Mistake("A window hangs over the edge, with no number in it. Are the positions counted with output_size, rows and columns each from its own side? Is x padded before the loops, and is the padding counted once? Does a window begin at i * stride, j * stride, rows first? Does it end at top + kernel, left + kernel?", pools.too_many_places, stops=_NO_NUMBERS),
    ],
    ready=("max_pool2d", "MaxPool2d"),
)  # fmt: skip
