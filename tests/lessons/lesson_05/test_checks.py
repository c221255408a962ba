"""Lesson 05's checks: exercises solved by trying, and what learners write with one thing wrong at a time."""

import itertools
import re

import pytest
import torch
import torch.nn.functional as F

from course_lib.lessons import lesson_05 as lesson


def test_the_list_of_exercise_2_is_found_by_trying():
    ones = torch.ones(1, 1, 20)
    tries = [([1] * 5, 2), ([1, 2, 2, 1], 2), ([1, 3, 2], 2), ([3, 1, 2, 2], 2), ([1] * 4, 3), ([1, 2, 3, 4], 1)]
    results = [F.conv_transpose1d(ones, torch.tensor([[kernel]]).float(), stride=stride) for kernel, stride in tries]
    results.append(F.conv1d(ones.repeat_interleave(2, dim=2), torch.tensor([[[1.0, 2, 3]]])))
    found = [bool((result[0, 0, 6:-6] == result[0, 0, 8]).all()) for result in results]
    assert found == lesson.check_flat.right
    assert lesson.check_flat.verdict(tuple(found)) == "[OK] your list is right."
    assert "You gave 2 of 7 answers" in lesson.check_flat.verdict([True, False])
    assert "You gave 8 answers, but there are 7:" in lesson.check_flat.verdict([True] * 8)
    for sums in ([3, 2, 3, 4, 2, 10, 6], [0, 1, 1, 0, 0, 1, 0.5], torch.full((7,), 2.0)):
        assert lesson.check_flat.verdict(sums).endswith("True where the result is flat, False where it is not.")
        assert "Look again" not in lesson.check_flat.verdict(sums)
    assert lesson.check_flat.verdict([0, 1, 1, 0, 0, 1, 1]) == "[OK] your list is right."
    assert "without quotes" in lesson.check_flat.verdict(list(map(str, found)))
    by_count = [kernel % stride == 0 for kernel, stride in [(5, 2), (4, 2), (3, 2), (4, 2), (4, 3), (4, 1)]] + [True]
    assert "You have counted the stamps" in lesson.check_flat.verdict(by_count)
    mirrored = [kernel == kernel[::-1] for kernel, _ in tries] + [False]
    assert "the same forwards and backwards is not what decides" in lesson.check_flat.verdict(mirrored)


def test_every_wrong_letter_of_exercise_2_is_named():
    right = lesson.check_flat.right
    for wrong in itertools.chain.from_iterable(itertools.combinations(range(7), count) for count in (1, 2)):
        answer = [flat != (index in wrong) for index, flat in enumerate(right)]
        said = lesson.check_flat.verdict(answer)
        assert all(f"({letter})" in said for letter in (chr(ord("a") + index) for index in wrong)), said
        if not any(said.endswith(mistake.says) for mistake in lesson.check_flat.mistakes):
            assert len(re.findall(r"\([a-g]\)", said)) == len(wrong), "no letter that is right"
            assert "At each position, add up what meets. Look again at (" in said


def test_the_stamp_of_exercise_3_is_found_by_trying():
    kernel, dot = torch.tensor([[[5.0, -1, 2]]]), torch.tensor([[[0.0, 0, 1, 0, 0]]])
    answer = F.conv1d(dot.repeat_interleave(2, dim=2), kernel, padding=1)[0, 0]
    assert answer.tolist() == [0, 0, 0, 2, 1, 4, 5, 0, 0, 0]
    assert lesson.check_one_stamp.verdict(answer[3:7]) == "[OK] the stamp is right."
    assert lesson.check_one_stamp.verdict([2, 1, 4, 5]) == "[OK] the stamp is right."
    assert "backwards" in lesson.check_one_stamp.verdict(answer[3:7].flip(0))
    assert "It has four numbers" in lesson.check_one_stamp.verdict(torch.ones(3))
    assert "= 6; yours add up to 6 and 7." in lesson.check_one_stamp.verdict([2, 1, 4, 6])
    assert "= 6; yours add up to 2 and 2.5." in lesson.check_one_stamp.verdict(torch.tensor([1, 1, 1, 1.5]))
    assert "add up to 6, as they must" in lesson.check_one_stamp.verdict([3.0, 1, 3, 5])
    assert "only the part of it that is not zero" in lesson.check_one_stamp.verdict(answer)
    assert "second of the two ones alone" in lesson.check_one_stamp.verdict([0, 2, -1, 5])
    for right_but_deep in (answer[None, None, 3:7], answer[None, 3:7]):
        assert "as one row, with a single axis" in lesson.check_one_stamp.verdict(right_but_deep)
    assert "with a 0" in lesson.check_one_stamp.verdict([5, -1, 2, 0])
    assert "kept four" in lesson.check_one_stamp.verdict([2, 2, -1, -1])


def loops(
    x,
    weight,
    bias,
    stride,
    padding,
    *,
    size=None,
    move=None,
    adds=True,
    flip=False,
    bias_at="end",
    cut=True,
    every=True,
    tables=None,
    square=False,
    exchanged=False,
    conv2d_order=False,
    columns_move=None,
    rows_move=None,
    side_axis=None,
    leave=None,
    first_kernels=False,
    first_numbers=False,
    whole_numbers=False,
    stamp_of=None,
    one_filter=None,
    begin=None,
    end=None,
):
    """What learners write, with one thing wrong at a time."""
    channels, rows, columns = x.shape
    filters, side = weight.shape[1], weight.shape[-1 if side_axis is None else side_axis]
    filters = {None: filters, "channels": channels, "first": weight.shape[0]}[tables]
    size = size or (lambda length: (length - 1) * stride + side)
    height, width = size(rows), size(rows if square else columns)
    out, move = torch.zeros(filters, height, width, dtype=torch.long if whole_numbers else None), move or stride
    for c, i, j in itertools.product(range(channels if every else 1), range(rows), range(columns)):
        if leave == (c, i, j):
            break
        kernel = weight[:, c] if conv2d_order else weight[0 if first_kernels else c]
        stamp = x[0 if first_numbers else c, i, j] * (kernel.flip(-1, -2) if flip else kernel)
        stamp = stamp_of(x, weight, c, i, j) if stamp_of else stamp
        if exchanged:
            i, j = j, i
        if bias_at == "stamp":
            stamp = stamp + bias[:, None, None]
        top, left = i * (rows_move or move), j * (columns_move or move)
        place = (slice(None), slice(top, top + side), slice(left, left + side))
        if one_filter:
            for o in range(filters):
                out[o][place[1:]] += x[c, i, j] * one_filter(weight, c, o)
        elif whole_numbers or stamp_of:
            out[place] += stamp
        else:
            out[place] = out[place] + stamp if adds else stamp
    if cut:
        first, last = (padding if some is None else some for some in (begin, end))
        out = out[:, first : height - last, first : width - last]
    return out + bias[:, None, None] if bias_at == "end" else out


def summed_over_channels_first(x, weight, bias, stride, padding):
    """The stamps of all channels are added up, but a later place wipes out an earlier one."""
    channels, rows, columns = x.shape
    filters, side = weight.shape[1:3]
    out = torch.zeros(filters, (rows - 1) * stride + side, (columns - 1) * stride + side)
    for i, j in itertools.product(range(rows), range(columns)):
        top, left = i * stride, j * stride
        stamp = (x[:, i, j, None, None, None] * weight).sum(dim=0)
        out[:, top : top + side, left : left + side] = stamp
    out = out[:, padding : out.shape[1] - padding, padding : out.shape[2] - padding]
    return out + bias[:, None, None]


def columns_before_rows(x, weight, bias, stride, padding):
    """The shape of x is read the wrong way round, and x too: it is right where x is square."""
    channels, columns, rows = x.shape
    filters, side = weight.shape[1:3]
    out = torch.zeros(filters, (rows - 1) * stride + side, (columns - 1) * stride + side)
    for c, i, j in itertools.product(range(channels), range(rows), range(columns)):
        top, left = i * stride, j * stride
        out[:, top : top + side, left : left + side] += x[c, i, j] * weight[c]
    return out[:, padding : out.shape[1] - padding, padding : out.shape[2] - padding] + bias[:, None, None]


def on_a_canvas_already_cut(x, weight, bias, stride, padding, begin=0, slip=None):
    """The canvas has its final size; stamps begin where they would without padding, or `padding` places earlier."""
    channels, rows, columns = x.shape
    filters, side = weight.shape[1:3]
    height, width = ((length - 1) * stride + side - 2 * padding for length in (rows, columns))
    out = torch.zeros(filters, height, width)
    if padding and slip:
        raise slip
    for c, i, j in itertools.product(range(channels), range(rows), range(columns)):
        top, left = i * stride - begin * padding, j * stride - begin * padding
        out[:, top : top + side, left : left + side] += x[c, i, j] * weight[c]
    return out + bias[:, None, None]


def repeats_and_convolves(x, weight, bias, stride, padding):
    repeated = x.repeat_interleave(stride, dim=1).repeat_interleave(stride, dim=2)
    return F.conv2d(repeated[None], weight.transpose(0, 1), bias, padding=padding)[0]


def cuts_the_filters(x, weight, bias, stride, padding):
    out = loops(x, weight, bias, stride, padding, bias_at=None, cut=False)
    out = out[padding : out.shape[0] - padding, padding : out.shape[1] - padding, padding : out.shape[2] - padding]
    return out + bias[:, None, None]


@pytest.mark.parametrize(
    "stamp, says",
    [
        ([5, -1, 7, -1, 2], "one position apart, not two. And"),
        ([2, 3, 6, 5], "A minus is lost"),
        ([2, 1, 6, 5], "so the minus counts"),
        ([2, -3, 6, 5], "not taken one from the other"),
        ([2, 1, 4], "The last number is missing"),
        ([1, 4, 5], "The first number is missing"),
        ([1, 4, 5, 0], "one position too late"),
        ([0, 2, -1, 5, 0], "which is not repeated"),
        ([6, 6, 6, 6], "what flat ground becomes"),
        ([2, 1, 4, 5, 0], "the zeros at the ends belong to no stamp"),
        ([0, 2, 1, 4, 5], "the zeros at the ends belong to no stamp"),
        ([0, 0, 2, 1, 4, 5, 0, 0], "the zeros at the ends belong to no stamp"),
        (torch.tensor([[[0.0, 0, 2, 1, 4, 5, 0, 0]]]), "the zeros at the ends belong to no stamp"),
        ([0, 2, 0, 1, 4, 5], "It has four numbers"),
        ([0, 0, 0], "It has four numbers"),
    ],
)
def test_slips_of_exercise_3_are_named(stamp, says):
    assert says in lesson.check_one_stamp.verdict(stamp)


def by_zeros_between(x, weight, bias, stride, padding, turned=True):
    """Zeros between the numbers, then a convolution: right if the kernel is turned round."""
    channels, rows, columns = x.shape
    spread = torch.zeros(channels, (rows - 1) * stride + 1, (columns - 1) * stride + 1)
    spread[:, ::stride, ::stride] = x
    kernel = weight.transpose(0, 1)
    kernel = kernel.flip(-1, -2) if turned else kernel
    return F.conv2d(spread[None], kernel, bias, padding=weight.shape[-1] - 1 - padding)[0]


@pytest.mark.parametrize(
    "wrong, says",
    [
        (summed_over_channels_first, "later one wipes out"),
        (lambda *a: loops(*a, adds=False), "wipes out the earlier, and the last channel"),
        (lambda *a: loops(*a, adds=False, bias_at=None), "wipes out the earlier, and the last channel"),
        (lambda *a: loops(*a, size=lambda length: length * a[3]), "The canvas may be too small"),
        (lambda *a: loops(*a, size=lambda length: length * a[3], bias_at=None), "The canvas may be too small"),
        (lambda *a: loops(*a, size=lambda length: length * a[3], flip=True), "The canvas may be too small"),
        (lambda *a: loops(*a, size=lambda length: length * a[3] + a[1].shape[-1]), "`stride` rows and columns too"),
        (lambda *a: loops(*a, size=lambda length: (length - 1) * a[3] + a[1].shape[-1] + 1), "one row and one column"),
        (lambda *a: loops(*a, size=lambda length: length * a[3] + a[1].shape[-1] - 1), "stride - 1 rows and columns"),
        (lambda *a: loops(*a, leave=(0, 0, 1)), "Only the first number stamps: return stands inside"),
        (lambda *a: loops(*a, leave=(0, 1, 0)), "Only the first row stamps: return stands inside"),
        (lambda *a: loops(*a, leave=(1, 0, 0)), "Or return stands inside the loop over the channels"),
        (lambda *a: loops(*a, first_kernels=True), "channel c has weight[c]"),
        (lambda *a: loops(*a, columns_move=1), "but the columns by one"),
        (lambda *a: loops(*a, rows_move=1), "but the rows by one"),
        (lambda *a: loops(*a, begin=2 * a[4], end=0), "half of it goes at the other end"),
        (lambda *a: loops(*a, begin=a[3] * a[4], end=a[3] * a[4]), "That cuts padding * stride"),
        (lambda *a: loops(*a[:3], 2, a[4]), "The stride is always 2"),
        (lambda *a: repeats_and_convolves(*a), "the lesson's other way up"),
        (lambda *a: loops(*a, bias_at=None) + a[2].sum(), "All biases are added to every"),
        (lambda x, w, *a: loops(x, w / 4, *a), "divided by four"),
        (lambda *a: loops(*a)[None], "an axis too many"),
        (lambda *a: loops(*a, side_axis=1), "read from the filters"),
        (lambda *a: loops(*a, side_axis=0), "read from the channels"),
        (cuts_the_filters, "Do you cut the first axis, too?"),
        (on_a_canvas_already_cut, "The canvas is already cut"),
        (lambda *a: on_a_canvas_already_cut(*a, begin=1), "The canvas is already cut"),
        (lambda *a: on_a_canvas_already_cut(*a, slip=NameError("no such name")), "stops with NameError"),
        (lambda x, w, *a: loops(x, w[:, :1].expand_as(w), *a), "the first one's kernel"),
        (lambda *a: loops(*a, size=lambda length: length - 1 + a[1].shape[-1], move=1), "The stride is ignored"),
        (lambda *a: loops(*a, move=1), "begin at i, j"),
        (lambda *a: loops(*a, flip=True), "The kernel is flipped"),
        (lambda *a: by_zeros_between(*a, turned=False), "turn the kernel round first"),
        (lambda *a: loops(*a, cut=False), "The padding is ignored"),
        (lambda *a: loops(*a, bias_at="stamp"), "with each stamp"),
        (lambda *a: loops(*a, bias_at=None), "The bias is missing"),
        (lambda *a: loops(*a, every=False), "Only the first channel"),
        (lambda *a: loops(*a, bias_at=None) + a[2], "bias[:, None, None]"),
        (lambda *a: loops(*a, bias_at=None) + a[2][:, None], "bias[:, None, None]"),
        (lambda *a: loops(*a, conv2d_order=True), "The axes of weight are exchanged"),
        (lambda *a: loops(*a, conv2d_order=True, tables="first"), "The axes of weight are exchanged"),
        (lambda *a: loops(*a, tables="channels"), "one for each filter"),
        (lambda *a: loops(*a, square=True), "The columns are counted like the rows"),
        (lambda *a: loops(*a, exchanged=True), "Rows and columns are exchanged"),
        (lambda *a: loops(*a, move=a[1].shape[-1]), "The stamps begin at i * kernel, j * kernel."),
        (lambda *a: loops(*a, end=a[4] + 1), "Or the cut takes one too many: it ends at rows - padding."),
        (lambda x, w, b, s, p: loops(F.pad(x, (p,) * 4), w, b, s, p), "zeros around x, and cut the result as well"),
        (lambda *a: loops(*a, first_numbers=True), "stamps the first one's numbers"),
        (lambda *a: loops(*a, stamp_of=lambda x, w, c, i, j: w[c]), "weight[c] alone, without the number"),
        (lambda *a: loops(*a, stamp_of=lambda x, w, c, i, j: x[c, i, j] * w), "an axis more than where it goes"),
        (lambda *a: loops(*a, one_filter=lambda w, c, o: w[c]), "an axis more than where it goes"),
        (lambda *a: loops(*a, one_filter=lambda w, c, o: w), "an axis more than where it goes"),
        (lambda *a: loops(*a, one_filter=lambda w, c, o: w[o, c]), "For filter o it is weight[c, o]"),
        (lambda *a: loops(*a, whole_numbers=True), "decimals to a tensor of whole numbers"),
        (columns_before_rows, "Rows and columns are exchanged"),
        (lambda *a: loops(*a, cut=False)[:, a[4] : -a[4] or None], "off the rows only"),
        (lambda x, w, b, s, p: F.conv2d(x, w, b, s, p), "That is conv2d"),
        (lambda x, w, b, s, p: F.conv2d(x, w.transpose(0, 1), b, s, p), "That is conv2d"),
    ],
)
def test_what_learners_write_is_recognised(wrong, says):
    assert says in lesson.check_conv_transpose2d.verdict(wrong)


def test_the_check_takes_other_ways_of_writing_it():
    def by_pytorch(x, weight, bias, stride, padding):
        return F.conv_transpose2d(x, weight, bias, stride, padding)

    def by_filters(*arguments):
        return loops(*arguments, one_filter=lambda weight, c, o: weight[c, o])

    for answer in (loops, by_zeros_between, by_pytorch, by_filters):
        assert lesson.check_conv_transpose2d.verdict(answer) == "[OK] my_conv_transpose2d is right."
