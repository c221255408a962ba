"""Lesson 05, upsampling: the check of its first exercise; the others are in `flat_check` and `one_stamp_check`."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_05.wrong_stamps import (
    axes_exchanged,
    axes_exchanged_in_a_loop,
    canvas_already_cut,
    canvas_of_channels,
    cases,
    cut_off,
    filters_cut,
    fits_only_uncut,
    fits_only_without_overlap,
    how_many_meet,
    into_whole_numbers,
    last_stamp_stays,
    left_early,
    moves,
    no_axis_chosen,
    one_place_after_the_other,
    only_square,
    resized,
    side_from,
    square_canvas,
    stamped,
    times_stride,
    uncut,
)

_SIZE = "The size is wrong: the last stamp begins at (rows - 1) * stride and reaches `kernel` rows further, so before the cut there are (rows - 1) * stride + kernel rows."

_RETURN = "return stands inside the loops, so the other numbers never stamp. It belongs after all loops, as far left as the first `for`."

_BIAS = "The bias lands on the wrong axis, or fits none: (filters,) meets the columns. bias[:, None, None] meets the filters."

_EXCHANGED = "Rows and columns are exchanged somewhere. x[c, i, j] is row i and column j, and its stamp begins at row i * stride, column j * stride."

_CONVOLUTION = "That is conv2d, which reads windows. Here every number of x stamps, and the result is larger than x."

_NOT_SUMMED = "Where stamps overlap, the later one wipes out the earlier. They are added up: += in place of =."

_NOT_SUMMED_AT_ALL = "A later stamp wipes out the earlier, and the last channel wipes out the others. All stamps are added up: += in place of =."

_AN_AXIS_MORE = r"output with shape (\[\d+, \d+\] .* \[\d+, \d+, \d+|\[\d+, \d+, \d+\] .* \[\d+, \d+, \d+, \d+)"

check_conv_transpose2d = FunctionCheck(
    "my_conv_transpose2d",
    stamped,
    cases(),
    [
        Mistake(_NOT_SUMMED, last_stamp_stays),
        Mistake(f"{_NOT_SUMMED} And the bias is missing.", lambda x, w, b, s, p: last_stamp_stays(x, w, 0 * b, s, p)),
        Mistake(_NOT_SUMMED_AT_ALL, lambda x, w, b, s, p: last_stamp_stays(x[-1:], w[-1:], b, s, p)),
        Mistake(f"{_NOT_SUMMED_AT_ALL} And the bias is missing.", lambda x, w, b, s, p: last_stamp_stays(x[-1:], w[-1:], 0 * b, s, p)),
        Mistake("Where stamps overlap, their mean is taken. They are added up.", lambda x, w, b, s, p: cut_off(uncut(x, w, s) / how_many_meet(x, w, s).clamp(min=1), b, p)),
        Mistake(_SIZE, lambda x, w, b, s, p: cut_off(resized(uncut(x, w, s), s * x.shape[1], s * x.shape[2]), b, p)),
        Mistake(f"{_SIZE} Yours has `stride` rows and columns too many.", lambda x, w, b, s, p: cut_off(F.pad(uncut(x, w, s), (0, s, 0, s)), b, p)),
        Mistake(f"{_SIZE} Yours has one row and one column too many.", lambda x, w, b, s, p: cut_off(F.pad(uncut(x, w, s), (0, 1, 0, 1)), b, p)),
        Mistake(f"{_SIZE} Yours has stride - 1 rows and columns too many.", lambda x, w, b, s, p: cut_off(F.pad(uncut(x, w, s), (0, s - 1, 0, s - 1)), b, p)),
        Mistake("The last row and the last column are missing: a stamp that begins at position 6 with 3 rows fills positions 6, 7 and 8, so there are 9. Or the cut takes one too many: it ends at rows - padding.", lambda x, w, b, s, p: stamped(x, w, b, s, p)[:, :-1, :-1]),
        Mistake("The stride is ignored: stamp i, j begins at i * stride, j * stride.", lambda x, w, b, s, p: cut_off(uncut(x, w, 1), b, p)),
        Mistake("The size is right, but the stamps begin at i, j. They begin at i * stride, j * stride.", one_place_after_the_other),
        Mistake("The rows move by stride, but the columns by one: a stamp begins at i * stride, j * stride.", lambda x, w, b, s, p: moves(x, w, b, s, p, s, 1)),
        Mistake("The columns move by stride, but the rows by one: a stamp begins at i * stride, j * stride.", lambda x, w, b, s, p: moves(x, w, b, s, p, 1, s)),
        Mistake("The stamps begin at i * kernel, j * kernel. They begin at i * stride, j * stride.", lambda x, w, b, s, p: moves(x, w, b, s, p, w.shape[-1], w.shape[-1])),
        Mistake("The stride is always 2. Use `stride`, which may be another number.", lambda x, w, b, s, p: stamped(x, w, b, 2, p)),
        Mistake(f"Only the first number stamps: {_RETURN}", lambda x, w, b, s, p: left_early(x, w, b, s, p, 1)),
        Mistake(f"Only the first row stamps: {_RETURN}", lambda x, w, b, s, p: left_early(x, w, b, s, p, x.shape[2])),
        Mistake("The kernel is flipped: the stamp is the kernel as it stands. (If you put zeros between the numbers and convolve, turn the kernel round first.)", lambda x, w, b, s, p: stamped(x, w.flip(-1, -2), b, s, p)),
        Mistake("Rows and columns of the kernel are exchanged.", lambda x, w, b, s, p: stamped(x, w.mT, b, s, p)),
        Mistake("The padding is ignored: cut off `padding` rows and columns at each end.", lambda x, w, b, s, p: stamped(x, w, b, s, 0)),
        Mistake("Here padding takes away: cut rows and columns off, in place of adding them.", lambda x, w, b, s, p: F.pad(stamped(x, w, 0 * b, s, 0), (p,) * 4) + b[:, None, None]),
        Mistake("Here padding takes away: cut rows and columns off the result. You have put zeros around x, as for a convolution.", lambda x, w, b, s, p: stamped(F.pad(x, (p,) * 4), w, b, s, 0)),
        Mistake("You have put zeros around x, and cut the result as well. Here padding only cuts: x stays as it is.", lambda x, w, b, s, p: stamped(F.pad(x, (p,) * 4), w, b, s, p)),
        Mistake("That is twice the padding: `padding` rows and columns go at each end, 2 * padding in all.", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, 2 * p : -2 * p or None, 2 * p : -2 * p or None]),
        Mistake("All of the padding is cut off at the beginning: half of it goes at the other end, out[:, padding : rows - padding, padding : columns - padding].", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, 2 * p :, 2 * p :]),
        Mistake("That cuts padding * stride. `padding` counts rows and columns of the result: cut `padding` of them at each end.", lambda x, w, b, s, p: cut_off(uncut(x, w, s), b, p * s)),
        Mistake("The padding is cut off at the end only: it goes at both ends.", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, : -p or None, : -p or None]),
        Mistake("The padding is cut off at the beginning only: it goes at both ends.", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, p:, p:]),
        Mistake("With padding 0 nothing is left: [0:-0] is empty. Write [padding : rows - padding].", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, p:-p, p:-p]),
        Mistake("The padding is cut off the rows only. Columns go, too: out[:, padding : rows - padding, padding : columns - padding].", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, p : -p or None]),
        Mistake("The padding is cut off the columns only. Rows go, too: out[:, padding : rows - padding, padding : columns - padding].", lambda x, w, b, s, p: stamped(x, w, b, s, 0)[:, :, p : -p or None]),
        Mistake("The columns are counted like the rows: x may have more rows than columns, or fewer.", square_canvas),
        Mistake(_EXCHANGED, lambda x, w, b, s, p: stamped(only_square(x, x.mT), w, b, s, p)),
        Mistake(_EXCHANGED, lambda x, w, b, s, p: stamped(only_square(x, x), w, b, s, p)),
        Mistake(_CONVOLUTION, lambda x, w, b, s, p: F.conv2d(x[None], w, b, s, p)[0]),
        Mistake(_CONVOLUTION, lambda x, w, b, s, p: F.conv2d(x[None], w.transpose(0, 1), b, s, p)[0]),
        Mistake("That is nearest + convolution, the lesson's other way up. Here nothing is repeated: every number stamps `weight` as it is.", lambda x, w, b, s, p: F.conv2d(x.repeat_interleave(s, 1).repeat_interleave(s, 2)[None], w.transpose(0, 1), b, padding=p)[0]),
        Mistake(_BIAS, lambda x, w, b, s, p: stamped(x, w, 0 * b, s, p) + b),
        Mistake("All biases are added to every feature map: filter o has bias[o] alone, bias[:, None, None].", lambda x, w, b, s, p: stamped(x, w, 0 * b, s, p) + b.sum()),
        Mistake(_BIAS, lambda x, w, b, s, p: stamped(x, w, 0 * b, s, p) + b[:, None]),
        Mistake("The bias is missing.", lambda x, w, b, s, p: stamped(x, w, 0 * b, s, p)),
        Mistake("The bias is added with each stamp. It is added once to every position, at the end.", lambda x, w, b, s, p: cut_off(uncut(x, w, s) + b[:, None, None] * how_many_meet(x, w, s), 0 * b, p)),
        Mistake("The bias is added with each stamp of each channel. It is added once to every position, at the end.", lambda x, w, b, s, p: cut_off(uncut(x, w, s) + len(x) * b[:, None, None] * how_many_meet(x, w, s), 0 * b, p)),
        Mistake("The bias is added once for each input channel. It is added once.", lambda x, w, b, s, p: stamped(x, w, len(x) * b, s, p)),
        Mistake("All filters get the bias of the first: filter o has bias[o].", lambda x, w, b, s, p: stamped(x, w, b[:1].expand_as(b), s, p)),
        Mistake("Only the first channel stamps: every channel of x does, with its own kernels. (Or return stands inside the loop over the channels.)", lambda x, w, b, s, p: stamped(x[:1], w[:1], b, s, p)),
        Mistake("Only the last channel's stamps are left: those of all channels are added up.", lambda x, w, b, s, p: stamped(x[-1:], w[-1:], b, s, p)),
        Mistake("Every channel stamps with the first one's kernels: channel c has weight[c].", lambda x, w, b, s, p: stamped(x, w[:1].expand_as(w), b, s, p)),
        Mistake("Every channel stamps the first one's numbers: channel c has x[c, i, j].", lambda x, w, b, s, p: stamped(x[:1].expand_as(x), w, b, s, p)),
        Mistake("The stamps are weight[c] alone, without the number: x[c, i, j] * weight[c].", lambda x, w, b, s, p: stamped(torch.ones_like(x), w, b, s, p)),
        Mistake("The stamps are divided by four. They are added up, and not averaged.", lambda x, w, b, s, p: stamped(x, w / 4, b, s, p)),
        Mistake("The result has an axis too many. x is one picture here, (channels, rows, columns), and the result is (filters, rows, columns).", lambda x, w, b, s, p: stamped(x, w, b, s, p)[None]),
        Mistake("The channels are averaged. They are added up.", lambda x, w, b, s, p: stamped(x, w / len(x), b, s, p)),
        Mistake("The result has as many feature maps as x has channels. It has one for each filter: weight.shape[1] of them.", canvas_of_channels),
        Mistake("The axes of weight are exchanged: here the channels of x come first, weight[c, o], the other way round than in conv2d.", axes_exchanged),
        Mistake("The axes of weight are exchanged: here the channels of x come first. For filter o it is weight[c, o], the other way round than in conv2d.", axes_exchanged_in_a_loop),
        Mistake("All filters stamp with the first one's kernel: filter o has weight[c, o].", lambda x, w, b, s, p: stamped(x, w[:, :1].expand_as(w), b, s, p)),
        Mistake("The kernel's side is read from the filters. weight is (channels, filters, kernel rows, kernel columns): take weight.shape[-1].", lambda x, w, b, s, p: side_from(x, w, b, s, p, 1)),
        Mistake("The kernel's side is read from the channels. weight is (channels, filters, kernel rows, kernel columns): take weight.shape[-1].", lambda x, w, b, s, p: side_from(x, w, b, s, p, 0)),
        Mistake("The result has not as many feature maps as bias has numbers. Do you cut the first axis, too? It belongs to the filters: out[:, padding : rows - padding, padding : columns - padding].", filters_cut, stops="non-singleton dimension 0"),
        Mistake("What you add has an axis more than where it goes. For all filters at once a stamp is x[c, i, j] * weight[c]; for filter o alone it is x[c, i, j] * weight[c, o].", no_axis_chosen, stops=_AN_AXIS_MORE),
        Mistake("You add decimals to a tensor of whole numbers. Make the canvas with torch.zeros(...), without a dtype.", into_whole_numbers, stops="can't be cast to the desired output type (Int|Long|Short|Char|Byte|Bool)"),
        Mistake("The canvas is already cut: make it as large as the stamps reach, and cut at the end.", canvas_already_cut, when=fits_only_uncut),
        Mistake("The canvas may be too small: the last stamp begins at (rows − 1) · stride and is `kernel` long.", times_stride, when=fits_only_without_overlap),
    ],
)  # fmt: skip
