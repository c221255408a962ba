"""Lesson 04's checks on other solutions, and on what learners write by mistake."""

import itertools
import json
import math
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d, conv2d, max_pool2d, output_size
from course_lib.lessons import lesson_04 as lesson

ZEBRA = open_emoji(style="fluent").select("zebra").images[:1]
NUMBERS = torch.tensor([[2.0, 3, 1, 0], [5, 7, 6, 1], [4, 6, 8, 5], [9, 2, 3, 6]])


def test_the_gradient_of_exercise_3_is_autograds():
    x = NUMBERS.clone().requires_grad_()
    for pool in (F.max_pool2d, max_pool2d):
        (gradient,) = torch.autograd.grad(pool(x[None, None], 3, stride=1).sum(), x)
        assert torch.equal(gradient, lesson.check_gradient.right)
        assert lesson.check_gradient.verdict(gradient) == "[OK] the gradient is right."
    (mean,) = torch.autograd.grad(F.avg_pool2d(x[None, None], 3, stride=1).sum(), x)
    assert "the gradient of mean pooling" in lesson.check_gradient.verdict(mean)


def test_the_list_of_exercise_2_is_found_by_trying():
    blur = lesson.BLUR.expand(3, 1, 3, 3)

    def wrap(x):
        return F.pad(x, (1, 1, 1, 1), mode="circular")

    ways = [
        lambda x: max_pool2d(x, 2),
        lambda x: max_pool2d(wrap(x), 3, stride=1),
        lambda x: avg_pool2d(x, 2),
        lambda x: conv2d(wrap(x), blur, stride=2, groups=3),
        lambda x: conv2d(wrap(x), blur, groups=3),
        lambda x: max_pool2d(wrap(x), 2, stride=1)[..., 1:-1:2, 1:-1:2],
    ]
    found = []
    for way in ways:
        small, moved = way(ZEBRA), way(ZEBRA.roll(1, dims=3))
        found.append(
            any(torch.allclose(moved, small.roll(places, dims=3), atol=1e-6) for places in range(small.shape[3]))
        )
    assert found == lesson.check_shifts.right
    letters = [letter for letter, kept in zip("abcdef", found, strict=True) if kept]
    assert "What you mean is right. It has 6 answers" in lesson.check_shifts.verdict(letters)
    assert lesson.check_shifts.verdict([...] * 6) == "[not yet] your list is still missing."
    assert "You gave 2 of 6 answers" in lesson.check_shifts.verdict([True, False])
    assert lesson.check_shifts.verdict(tuple(found)) == "[OK] your list is right."


def test_every_wrong_letter_of_exercise_2_is_named():
    right = lesson.check_shifts.right
    for wrong in itertools.chain(itertools.combinations("abcdef", 1), itertools.combinations("abcdef", 3)):
        answer = [kept != (letter in wrong) for letter, kept in zip("abcdef", right, strict=True)]
        assert re.findall(r"\((\w)\): ", lesson.check_shifts.hint(answer)) == list(wrong)
    assert "Look again at (a): " in lesson.check_shifts.verdict([True, True, False, False, False, False])


def test_the_tool_of_exercise_2_tries_all_six():
    """The notebook's own `moves_along`, given what learners write for (a) to (f)."""
    notebook = json.loads((Path(__file__).parents[3] / "notebooks/04_max_pooling.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if "def moves_along" in "".join(cell["source"])]
    names = {"zebra": ZEBRA, "torch": torch, "conv2d": conv2d, "lesson": lesson}
    exec("".join(cell["source"]), names)
    blur = lesson.BLUR[None, None]
    ways = [
        lambda x: max_pool2d(x, 2),
        lambda x: max_pool2d(x, 3, stride=1, padding=1),
        lambda x: avg_pool2d(x, 2),
        lambda x: conv2d(x, blur, stride=2, padding=1),
        lambda x: conv2d(x, blur, stride=1, padding=1),
        lambda x: max_pool2d(x, 2, stride=1)[..., ::2, ::2],
    ]
    assert [any(names["moves_along"](way, places) for places in (0, 1)) for way in ways] == lesson.check_shifts.right
    assert not any(names["moves_along"](ways[0], places) for places in range(32))
    assert "with (a), no number of places gives True" in lesson.check_shifts.verdict([True] * 6)


def test_wrong_gradients_are_not_told_that_their_shape_is_wrong():
    quarters = lesson.check_gradient.verdict(torch.full((4, 4), 0.25))
    assert "right shape, but other numbers. Go through the four windows" in quarters
    assert "is not right yet: you have a tensor (16,). It has four rows" in lesson.check_gradient.verdict(
        torch.zeros(16)
    )


@pytest.mark.parametrize(
    "eight, nine, says",
    [
        (3, 0, "Which number wins the fourth one"),
        (2, 2, "The 9 lies in one window only, the one at the lower left"),
        (1, 3, "The other way round: the 8 wins three"),
        (1, 0, "write stride=1"),
        (24, 9, "asks how often each number wins: 3"),
        (3, 2, "Yours add up to 5. Go through"),
        (2.5, 1, "Yours add up to 3.5. Go through"),
    ],
)
def test_counts_of_the_8_and_the_9_are_told_apart(eight, nine, says):
    gradient = torch.zeros(4, 4)
    gradient[2, 2], gradient[3, 0] = eight, nine
    assert says in lesson.check_gradient.verdict(gradient)


def test_other_slips_of_exercise_3_are_named():
    right = lesson.check_gradient.right
    for moved in (right.flip(0), right.roll(1, dims=0), right.int().roll(1, dims=1)):
        assert "The counts 3 and 1 are right, but not their positions." in lesson.check_gradient.verdict(moved)
    seven = torch.zeros(4, 4)
    seven[1, 1], seven[2, 2], seven[3, 0] = 1, 2, 1
    assert "The 7 wins no window" in lesson.check_gradient.verdict(seven)
    seven[2, 2], seven[3, 0] = 3, 0
    assert "The 8 and its 3 are right. But the 7 wins nothing" in lesson.check_gradient.verdict(seven)
    seven[3, 0] = 1
    assert "Yours add up to 5." in lesson.check_gradient.verdict(seven)
    assert "without the axes for pictures" in lesson.check_gradient.verdict(right[None, None])
    for options, says in (({}, "write stride=1"), ({"stride": 1, "padding": 1}, "sixteen windows")):
        x = NUMBERS.clone().requires_grad_()
        max_pool2d(x[None, None], 3, **options).sum().backward()
        assert says in lesson.check_gradient.verdict(x.grad)
    x = NUMBERS.clone().requires_grad_()
    max_pool2d(x[None, None], 2, stride=1).sum().backward()
    assert "2x2 windows with stride 1, of which there are nine" in lesson.check_gradient.verdict(x.grad)


def test_the_check_takes_other_ways_of_writing_it():
    def by_loops(x, kernel, stride, padding):
        x = F.pad(x, (padding,) * 4, value=-math.inf)
        rows, columns = ((side - kernel) // stride + 1 for side in x.shape[1:])
        out = torch.full((len(x), rows, columns), -math.inf)
        for i, j, u, v in itertools.product(range(rows), range(columns), range(kernel), range(kernel)):
            out[:, i, j] = torch.maximum(out[:, i, j], x[:, i * stride + u, j * stride + v])
        return out

    def by_lowest_float(x, kernel, stride, padding):
        padded = F.pad(x, (padding,) * 4, value=torch.finfo(x.dtype).min)
        return padded.unfold(1, kernel, stride).unfold(2, kernel, stride).amax(dim=(3, 4))

    for answer in (by_loops, by_lowest_float, loops):
        assert lesson.check_max_pool2d.verdict(answer) == "[OK] my_max_pool2d is right."


def test_a_ready_made_pooling_is_not_the_exercise():
    for answer in (
        lambda x, k, s, p: F.max_pool2d(x, k, s, p),
        lambda x, k, s, p: max_pool2d(x[None], k, s, p)[0],
    ):
        assert "max_pool2d is ready-made" in lesson.check_max_pool2d.verdict(answer)
    assert "MaxPool2d is ready-made" in lesson.check_max_pool2d.verdict(
        lambda x, k, s, p: torch.nn.MaxPool2d(k, s, p)(x)
    )


def loops(
    x,
    kernel,
    stride,
    padding,
    *,
    value=-math.inf,
    move=None,
    window=None,
    take=torch.amax,
    start=None,
    more=0,
    swap=False,
    exchange=False,
    early=False,
    columns_move=None,
    rows_move=None,
    places=None,
    leave=None,
    sides=None,
    out=None,
    put=None,
    cut=None,
    ends=(0, 0),
):
    """What learners write, with one thing wrong at a time."""
    padded = F.pad(x, sides or (padding,) * 4, value=value)
    rows, columns = (output_size(side, kernel, move or stride) + more for side in (x if early else padded).shape[1:])
    x = padded
    rows, columns = (columns, rows) if swap else (rows, columns)
    rows, columns = places or (rows, columns)
    out = out(len(x), rows, columns) if out else torch.zeros(len(x), rows, columns)
    for i, j in itertools.product(range(rows - ends[0]), range(columns - ends[1])):
        if leave == (i, j):
            return out
        top, left = i * (rows_move or move or stride), j * (columns_move or move or stride)
        side = window or kernel
        top, left = (left, top) if exchange else (top, left)
        seen = cut(x, top, left, kernel) if cut else x[:, top : top + side, left : left + side]
        found = take(seen, dim=(1, 2))
        out[put(i, j) if put else (slice(None), i, j)] = found if start is None else found.clamp(min=start)
    return out


def forgets_to_pad(x, kernel, stride, padding):
    """The positions are those of a padded picture, but x has no padding."""
    rows, columns = (output_size(side, kernel, stride, padding) for side in x.shape[1:])
    return loops(x, kernel, stride, 0, places=(rows, columns))


def pads_twice(x, kernel, stride, padding):
    """The positions are right, but each side has twice the padding."""
    rows, columns = (output_size(side, kernel, stride, padding) for side in x.shape[1:])
    return loops(x, kernel, stride, padding, sides=(2 * padding,) * 4, places=(rows, columns))


def begins_late(x, kernel, stride, padding):
    """The padding is right, but windows begin at i * stride + padding."""

    def cut(x, top, left, kernel):
        top, left = top + padding, left + padding
        return x[:, top : top + kernel, left : left + kernel]

    return loops(x, kernel, stride, padding, cut=cut)


def one_for_all_channels(*a):
    take = {"take": lambda window, dim: window.max()}
    return loops(*a, out=no_channels, put=lambda i, j: (i, j), **take)


def no_channels(channels, rows, columns):
    return torch.zeros(rows, columns)


def for_one_table(x, kernel, stride):
    """`pool_with_loops` of the lesson, copied as it stands."""
    rows, columns = (output_size(side, kernel, stride) for side in x.shape)
    return torch.zeros(rows, columns)


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda *a: loops(*a, value=0.0), "The padding is 0"),
        (lambda *a: loops(*a, value=-1.0), "The padding is -1"),
        *(
            (lambda *a, v=v: loops(*a, value=v), "a fixed number")
            for v in (-2.0, -5.0, -10.0, -100.0, -1000.0, -1e5, -1e9)
        ),
        (lambda *a: loops(*a, value=math.inf), "The padding is plus infinity"),
        (lambda *a: loops(*a, early=True), "counted before x is padded"),
        (lambda *a: loops(*a, exchange=True), "i * stride, j * stride, rows first?"),
        (lambda *a: loops(*a, more=1), "hangs over the edge"),
        (forgets_to_pad, "Is x padded before the loops"),
        (lambda *a: loops(*a, rows_move=a[1], columns_move=a[1]), "begin at i * stride, j * stride"),
        (lambda *a: loops(*a, places=[(n + 2 * a[3]) // a[2] for n in a[0].shape[1:]]), "rows // stride is too simple"),
        (lambda *a: loops(*a, places=[n // a[2] for n in a[0].shape[1:]]), "rows // stride is too simple"),
        (lambda *a: loops(*a, leave=(1, 0)), "Only the first row is computed: return stands inside a loop"),
        (lambda *a: loops(*a, leave=(0, 1)), "Only the first number is computed"),
        (lambda *a: loops(*a, window=a[2]), "it has `kernel` rows, from top to top + kernel"),
        (lambda *a: loops(*a, window=a[1] - 1), "so no - 1"),
        (lambda *a: loops(*a, window=a[1] + 1), "so no + 1"),
        (lambda *a: loops(*a, columns_move=1), "but the columns by one"),
        (lambda *a: loops(*a, rows_move=1), "but the rows by one"),
        (lambda *a: loops(*a, sides=(0, a[3], 0, a[3])), "at one end only"),
        (lambda *a: loops(*a, sides=(a[3], 0, a[3], 0)), "at one end only"),
        (lambda *a: loops(*a, sides=(0, 2 * a[3], 0, 2 * a[3])), "Is padding on all four sides?"),
        (begins_late, "Does a window begin at i * stride, j * stride?"),
        (lambda *a: loops(*a, sides=(2 * a[3], 0, 2 * a[3], 0)), "Twice the padding is at the top and left"),
        (pads_twice, "Twice the padding is at the top and left"),
        (lambda *a: loops(*a, sides=(2 * a[3],) * 4), "That is twice the padding"),
        (one_for_all_channels, "the result has no channel axis"),
        (lambda x, *a: x.amax(dim=(1, 2)), "This is the largest of the whole picture"),
        (lambda x, *a: loops(x, *a, take=lambda window, dim: x.amax(dim)), "take it window by window"),
        (lambda *a: loops(*a)[None], "an axis too many"),
        (lambda x, *a: [batch for batch, _, _, _ in [x.shape]], "without a batch axis"),
        (lambda *a: loops(*a, take=lambda window, dim: window.abs().amax(dim)), "without their sign"),
        (lambda *a: loops(*a, take=lambda window, dim: window.amax(dim, keepdim=True)), "keepdim=True keeps"),
        (
            lambda *a: loops(*a, take=lambda window, dim: window.max(dim=1)),
            ".max(dim=...) takes one axis, and gives two things",
        ),
        (lambda *a: loops(*a, take=lambda window, dim: window.amax(dim=(0, 1))), "The axes are (channels, rows"),
        (lambda *a: loops(*a, swap=True), "Square pictures come out right"),
        (lambda *a: loops(*a, swap=True, take=lambda window, dim: window.max()), "each from its own side?"),
        *(
            (lambda *a, side=side: loops(*a, places=[output_size(a[0].shape[side], *a[1:])] * 2), "Square pictures")
            for side in (1, 2)
        ),
        (lambda *a: loops(*a, places=a[0].shape[1:]), "Count the positions with output_size"),
        (lambda *a: loops(*a, places=[n + 2 * a[3] for n in a[0].shape[1:]]), "Count the positions with output_size"),
        (lambda *a: loops(*a, move=a[1]), "moves by its own size"),
        (lambda *a: loops(*a, move=a[1], value=0.0), "moves by its own size"),
        (lambda *a: loops(*a, move=1), "The stride is ignored"),
        (lambda *a: loops(*a, window=2), "always two by two"),
        (lambda *a: loops(*a, take=torch.mean, value=0.0), "the mean of each window"),
        (lambda *a: loops(*a, take=torch.amin), "the smallest number"),
        *((lambda *a, v=v: loops(*a, start=v), "starts at a fixed number") for v in (0.0, -1.0, -100.0, -1e9)),
        (lambda *a: loops(*a, out=no_channels, put=lambda i, j: (i, j)), "The channels are left out"),
        (lambda *a: loops(*a, put=lambda i, j: (i, j)), "The channels are left out"),
        (lambda *a: loops(*a, out=no_channels), "The channels are left out"),
        (lambda x, k, s, p: F.pad(x, p, value=-math.inf), "Several numbers belong there, in brackets"),
        (lambda *a: loops(*a, cut=lambda x, t, j, k: x[:, t:k, j:k]), "Does it end at top + kernel, left + kernel?"),
        (lambda *a: loops(*a, cut=lambda x, t, j, k: x[t : t + k, j : j + k]), "a window is x[:, top"),
        (lambda *a: loops(*a, take=lambda window, dim: window.max(dim=dim)), ".max(dim=...) takes one axis"),
        (lambda *a: loops(*a, take=lambda window, dim: torch.max(window, dim)), ".max(dim=...) takes one axis"),
        *((lambda *a, e=e: loops(*a, ends=e), "The loops end too early") for e in ((1, 1), (1, 0), (0, 1))),
        (lambda *a: loops(*a, ends=(1, 1), out=lambda *n: torch.full(n, -math.inf)), "The loops end too early"),
        (lambda *a: list(loops(*a)), "a list with a tensor for each channel"),
        (lambda x, k, s, p: loops(x, k, s, 0), "The padding is missing"),
        (lambda *a: loops(*a, take=lambda window, dim: window.amax(dim=1)), ".amax(dim=(1, 2)) takes"),
        (lambda x, k, s, p: for_one_table(F.pad(x, (p,) * 4, value=-math.inf), k, s), "That is for one table"),
        (lambda x, k, s, p: loops(x.amax(0, keepdim=True), k, s, p).expand(len(x), -1, -1), "over all channels"),
    ],
)
def test_what_learners_write_is_recognised(wrong, says):
    assert says in lesson.check_max_pool2d.verdict(wrong)


@pytest.mark.parametrize("padded", [lambda kernel: 1, lambda kernel: kernel // 2])
def test_another_padding_is_not_told_that_the_positions_are_miscounted(padded):
    said = lesson.check_max_pool2d.verdict(lambda x, k, s, p: loops(x, k, s, padded(k)))
    assert "gives shape (3, 3, 4), expected (3, 2, 3)" in said
