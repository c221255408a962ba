"""Lesson 05's explorer over all its states, the numbers its text states, and its checks on other solutions."""

import itertools
import re

import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d, conv_transpose2d, upsample_nearest
from course_lib.lessons import lesson_05 as lesson
from course_lib.lessons import stamps
from course_lib.models import VAE, UNet

EMOJI = open_emoji(style="fluent")
HOUSE = EMOJI.select("house").images[:1]
STATES = list(itertools.product(range(1, 9), range(1, 5), lesson.NUMBERS))
LARGE = EMOJI.images[:16].flatten(0, 1)[:, None]
SMALL = avg_pool2d(LARGE, 2)


def by_stamps(x, weight):
    return F.conv_transpose2d(x, weight, stride=2, padding=1)


def by_nearest(x, weight):
    return F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)


def middle_of(result, stride):
    """One period of a result (rows, columns), far from its rim, from a place where a stamp begins."""
    start = result.shape[0] // 2 // stride * stride
    return result[start : start + stride, start : start + stride]


def test_every_state_is_drawn_and_its_numbers_are_true():
    shapes, seen = set(), {}
    for kernel, stride, numbers in STATES:
        drawing = lesson.draw(HOUSE, kernel, stride, numbers)
        shapes.add(drawing.pixels.shape)
        seen.setdefault(drawing.pixels.tobytes(), []).append((kernel, stride, numbers))
        assert drawing.pixels.dtype.name == "uint8"
        entries = lesson.NUMBERS[numbers](kernel)
        assert entries.shape == (kernel,)
        ones = torch.ones(1, 1, 20, 20)
        counts = middle_of(F.conv_transpose2d(ones, torch.ones(1, 1, kernel, kernel), stride=stride)[0, 0], stride)
        fewest, most = int(counts.min()), int(counts.max())
        if fewest < most:
            assert f": {fewest} to {most} stamps meet." in drawing.sentence
        else:
            assert re.search(f": {most} stamps? (meet )?at every place", drawing.sentence)
        assert ("gaps" in drawing.sentence) == (fewest == 0)
        weight = (entries[:, None] * entries)[None, None]
        flat = middle_of(F.conv_transpose2d(ones, weight, stride=stride)[0, 0], stride)
        flat = flat / flat.mean()
        said = [float(number) for number in re.findall(r"\d+\.\d\d", drawing.sentence.partition("becomes")[2])]
        expected = [flat.min().item(), flat.max().item()][-len(said) :]
        assert said == pytest.approx(expected, abs=0.006)
        assert ("everywhere" in drawing.sentence) == (flat.max() - flat.min() < 1e-5)
    assert len(shapes) == 1, "the drawing jumps in size"
    for states in seen.values():
        assert len({state[:2] for state in states}) == 1, f"the same drawing for {states}"


@pytest.mark.parametrize(("kernel", "stride"), list(itertools.product(range(1, 9), range(1, 5))))
def test_the_overlap_is_what_stamping_ones_counts(kernel, stride):
    counts = F.conv_transpose1d(torch.ones(1, 1, 20), torch.ones(1, 1, kernel), stride=stride)[0, 0]
    assert counts[10 * stride : 11 * stride].int().tolist() == lesson.overlap(kernel, stride)
    assert (len(set(lesson.overlap(kernel, stride))) == 1) == (kernel % stride == 0), "even where the stride divides"
    for numbers in lesson.NUMBERS.values():
        result = F.conv_transpose1d(torch.ones(1, 1, 20), numbers(kernel)[None, None], stride=stride)[0, 0]
        torch.testing.assert_close(result[10 * stride : 11 * stride], lesson.sums(numbers(kernel), stride))


@pytest.mark.parametrize(("kernel", "stride", "numbers"), STATES)
def test_both_ways_up_keep_the_size_and_the_brightness(kernel, stride, numbers):
    entries, flat = lesson.NUMBERS[numbers](kernel), torch.ones(1, 3, 24, 24)
    for way in (lesson.grow, lesson.grow_nearest):
        assert way(HOUSE[..., :24, :24], entries, stride).shape == (1, 3, 24 * stride, 24 * stride)
    inside = (..., slice(8 * stride, 16 * stride), slice(8 * stride, 16 * stride))  # away from the rim, whole periods
    assert lesson.grow(flat, entries, stride)[inside].mean().item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(lesson.grow_nearest(flat, entries, stride)[inside], torch.ones(1, 3, *[8 * stride] * 2))


def test_grow_is_pytorchs_transposed_convolution():
    entries = torch.tensor([1.0, 2, 1])
    weight = (entries[:, None] * entries / 4).expand(3, 1, 3, 3)
    expected = F.conv_transpose2d(HOUSE, weight, stride=2, groups=3)[..., :128, :128]
    torch.testing.assert_close(lesson.grow(HOUSE, entries), expected)
    weight = (torch.outer(entries, entries) / 16).expand(3, 1, 3, 3)
    expected = F.conv2d(upsample_nearest(HOUSE), weight, padding=1, groups=3)
    torch.testing.assert_close(lesson.grow_nearest(HOUSE, entries), expected)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"kernel must be a number in \[1, 8\]; got 9"):
        lesson.draw(HOUSE, 9, 2, "all equal")
    with pytest.raises(ValueError, match=r"stride must be a number in \[1, 4\]; got 5"):
        lesson.draw(HOUSE, 3, 5, "all equal")
    with pytest.raises(ValueError, match="stride must be a whole number, at least 1; got 0"):
        lesson.overlap(3, 0)
    with pytest.raises(ValueError, match="unknown numbers 'odd'"):
        lesson.draw(HOUSE, 3, 2, "odd")
    with pytest.raises(ValueError, match="must not add up to 0"):
        lesson.grow(HOUSE, torch.tensor([1.0, -1]))
    with pytest.raises(ValueError, match="at least 0; got"):
        stamps.heat_panel([[1, -1]])
    with pytest.raises(ValueError, match="picture must have the 4 axes"):
        lesson.draw(HOUSE[0], 3, 2, "all equal")


def test_a_darker_cell_is_a_larger_number():
    panel = stamps.heat_panel([[0, 1, 2, 4]], cell=20)
    corners = [int(panel[3, 20 * column + 3].sum()) for column in range(4)]
    assert corners == sorted(corners, reverse=True) and len(set(corners)) == 4


def test_the_worked_row_and_its_matrices():
    x, kernel = torch.tensor([2.0, 1, 0, 3]), torch.tensor([1.0, 3, 2])
    expected = [2, 6, 5, 3, 2, 0, 3, 9, 6]
    assert F.conv_transpose1d(x[None, None], kernel[None, None], stride=2)[0, 0].tolist() == expected
    cut = F.conv_transpose1d(x[None, None], kernel[None, None], stride=2, padding=1)
    assert cut.shape[-1] == 7 and F.conv1d(cut, kernel[None, None], stride=2, padding=1).shape[-1] == 4
    matrix = torch.stack([F.conv1d(unit[None, None], kernel[None, None])[0, 0] for unit in torch.eye(6)], dim=1)
    assert matrix.shape == (4, 6)
    torch.testing.assert_close(matrix.T @ x, F.conv_transpose1d(x[None, None], kernel[None, None])[0, 0])
    invisible = torch.tensor([1.0, -1, 1, -1, 1, -1])
    assert (matrix @ invisible == 0).all()


def test_the_gradient_of_a_convolution_is_its_transposed_convolution():
    draw_from = torch.Generator().manual_seed(0)
    x, weight = torch.randn(1, 2, 9, 9, generator=draw_from), torch.randn(3, 2, 3, 3, generator=draw_from)
    x.requires_grad_()
    out = F.conv2d(x, weight, stride=2)
    message = torch.randn(out.shape, generator=draw_from)
    (gradient,) = torch.autograd.grad(out, x, message)
    torch.testing.assert_close(gradient, conv_transpose2d(message, weight, stride=2))


def test_training_removes_the_checkerboard_and_both_ways_are_equally_good():
    """Blocks of a flat picture on the way, that half of the pixels are flat, and the best that each way can do."""

    def trained(way, weight, steps):
        for _ in range(steps):
            weight = weight.detach().requires_grad_()
            loss = (way(SMALL, weight) - LARGE).square().mean()
            weight = weight - 0.1 * torch.autograd.grad(loss, weight)[0]
        return way(torch.ones(1, 1, 8, 8), weight.detach())[0, 0, 6:8, 6:8]

    for way, side in ((by_stamps, 4), (by_nearest, 3)):
        start = 0.3 * torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(5))
        spreads = [(block.max() - block.min()).item() for block in (trained(way, start, n) for n in (0, 30, 300))]
        if way is by_nearest:
            assert max(spreads) < 1e-5
        else:
            assert spreads[0] > 1.5 and spreads[1] < 0.085 and spreads[2] < 0.02

        units = torch.eye(side * side).reshape(-1, 1, 1, side, side)
        columns = torch.stack([way(SMALL, unit).flatten() for unit in units], dim=1).double()
        gram, towards = columns.T @ columns, columns.T @ LARGE.flatten().double()
        best = torch.linalg.solve(gram, towards)
        loss = (columns @ best - LARGE.flatten()).square().mean().item()
        assert round(loss, 4) == 0.0151
    flat = (SMALL[..., 1:] - SMALL[..., :-1]).abs() < 0.01
    assert 0.45 < flat.double().mean() < 0.55


def test_nearest_and_convolution_is_one_stamp_with_nine_freedoms():
    units = torch.eye(9).reshape(9, 1, 1, 3, 3)
    dot = torch.zeros(1, 1, 4, 4)
    dot[..., 1, 1] = 1
    x = torch.randn(1, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    all_stamps = []
    for unit in units:
        answer = by_nearest(dot, unit)[0, 0]
        stamp = answer[1:5, 1:5]
        assert answer.count_nonzero() == stamp.count_nonzero()
        torch.testing.assert_close(by_nearest(x, unit), by_stamps(x, stamp[None, None]))
        sums = torch.stack([stamp[i::2, j::2].sum() for i in (0, 1) for j in (0, 1)])
        assert (sums == unit.sum()).all()
        all_stamps.append(stamp.flatten())
    assert torch.linalg.matrix_rank(torch.stack(all_stamps)) == 9
    counting = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
    stamp = by_nearest(dot, counting)[0, 0, 1:5, 1:5]
    assert stamp.int().tolist() == [[9, 17, 15, 7], [15, 28, 24, 11], [9, 16, 12, 5], [3, 5, 3, 1]]
    assert stamp[0, 0] + stamp[0, 2] + stamp[2, 0] + stamp[2, 2] == 45


def test_a_slope_can_have_a_pattern_and_smoothing_removes_it():
    slope = torch.arange(8.0).expand(1, 1, 8, 8)
    difference = torch.tensor([[0.0, 0, 0], [-1, 1, 0], [0, 0, 0]])[None, None]
    assert by_nearest(slope, difference)[0, 0, 8, 4:12].tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    smooth = torch.tensor([[0.0, 0, 0], [1, 2, 1], [0, 0, 0]])[None, None] / 4
    steps = by_nearest(slope, smooth)[0, 0, 8, 2:14].diff()
    torch.testing.assert_close(steps, torch.full((11,), 0.5))


def test_the_list_of_exercise_2_is_found_by_trying():
    ones = torch.ones(1, 1, 20)
    tries = [([1, 1, 1], 2), ([1] * 4, 2), ([1, 2, 1], 2), ([1, 2, 3, 4], 2), ([1] * 4, 3), ([1, 2, 3, 4], 1)]
    results = [F.conv_transpose1d(ones, torch.tensor([[kernel]]).float(), stride=stride) for kernel, stride in tries]
    results.append(F.conv1d(ones.repeat_interleave(2, dim=2), torch.tensor([[[1.0, 2, 3]]])))
    found = [bool((result[0, 0, 6:-6] == result[0, 0, 8]).all()) for result in results]
    assert found == lesson.check_flat.right
    assert lesson.check_flat.verdict(tuple(found)) == "[OK] your list is right."
    assert "seven answers" in lesson.check_flat.verdict([True, False])
    by_count = [kernel % stride == 0 for kernel, stride in [(3, 2), (4, 2), (3, 2), (4, 2), (4, 3), (4, 1)]] + [True]
    assert "You have counted the stamps" in lesson.check_flat.verdict(by_count)


def test_the_stamp_of_exercise_3_is_found_by_trying():
    kernel, dot = torch.tensor([[[5.0, -1, 2]]]), torch.tensor([[[0.0, 0, 1, 0, 0]]])
    answer = F.conv1d(dot.repeat_interleave(2, dim=2), kernel, padding=1)[0, 0]
    assert answer.tolist() == [0, 0, 0, 2, 1, 4, 5, 0, 0, 0]
    assert lesson.check_one_stamp.verdict(answer[3:7]) == "[OK] the stamp is right."
    assert lesson.check_one_stamp.verdict([2, 1, 4, 5]) == "[OK] the stamp is right."
    assert "backwards" in lesson.check_one_stamp.verdict(answer[3:7].flip(0))
    assert "four numbers" in lesson.check_one_stamp.verdict(torch.ones(4))


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
):
    """What learners write, with one thing wrong at a time."""
    channels, rows, columns = x.shape
    filters, side = weight.shape[1:3]
    size = size or (lambda length: (length - 1) * stride + side)
    height, width = size(rows), size(columns)
    out, move = torch.zeros(filters, height, width), move or stride
    for c, i, j in itertools.product(range(channels if every else 1), range(rows), range(columns)):
        stamp = x[c, i, j] * (weight[c].flip(-1, -2) if flip else weight[c])
        if bias_at == "stamp":
            stamp = stamp + bias[:, None, None]
        place = (slice(None), slice(i * move, i * move + side), slice(j * move, j * move + side))
        out[place] = out[place] + stamp if adds else stamp
    if cut:
        out = out[:, padding : height - padding, padding : width - padding]
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
        (lambda *a: loops(*a, size=lambda length: length * a[3]), "The size is wrong"),
        (lambda *a: loops(*a, size=lambda length: length * a[3] + a[1].shape[-1]), "`stride` rows and columns too"),
        (lambda *a: loops(*a, size=lambda length: length - 1 + a[1].shape[-1], move=1), "The stride is ignored"),
        (lambda *a: loops(*a, move=1), "begin at i, j"),
        (lambda *a: loops(*a, flip=True), "The kernel is flipped"),
        (lambda *a: by_zeros_between(*a, turned=False), "turn the kernel round first"),
        (lambda *a: loops(*a, cut=False), "The padding is ignored"),
        (lambda *a: loops(*a, bias_at="stamp"), "with each stamp"),
        (lambda *a: loops(*a, bias_at=None), "The bias is missing"),
        (lambda *a: loops(*a, every=False), "Only the first channel"),
    ],
)
def test_what_learners_write_is_recognised(wrong, says):
    assert says in lesson.check_conv_transpose2d.verdict(wrong)


def test_the_check_takes_other_ways_of_writing_it():
    def by_pytorch(x, weight, bias, stride, padding):
        return F.conv_transpose2d(x, weight, bias, stride, padding)

    for answer in (loops, by_zeros_between, by_pytorch):
        assert lesson.check_conv_transpose2d.verdict(answer) == "[OK] my_conv_transpose2d is right."


def test_each_mistake_differs_from_every_other():
    def outcome(mistake, case):
        try:
            return mistake.wrong(*case)
        except (RuntimeError, ValueError, IndexError):
            return None

    def same(first, second):
        if first is None or second is None:
            return first is second
        return first.shape == second.shape and torch.allclose(first, second)

    check = lesson.check_conv_transpose2d
    answers = [[outcome(mistake, case) for case in check.cases] for mistake in check.mistakes]
    for one, other in itertools.combinations(range(len(answers)), 2):
        assert not all(map(same, answers[one], answers[other])), f"{check.mistakes[one].says} is also mistake {other}"


def test_the_numbers_about_stable_diffusion_are_true():
    with torch.device("meta"):
        unet, vae = UNet(), VAE(channels=(128, 256, 512, 512), layers=2)
    for network in (unet, vae):
        assert not any("Transpose" in type(layer).__name__ for layer in network.modules())
        growing = [layer for name, layer in network.named_modules() if name.endswith("upsamplers.0.conv")]
        channels = [1280, 1280, 640] if network is unet else [512, 512, 256]
        assert [(layer.in_channels, layer.out_channels) for layer in growing] == [(c, c) for c in channels]
        assert all((layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1)) for layer in growing)
        learned = [sum(parameter.numel() for parameter in layer.parameters()) for layer in growing]
        assert learned == ([14_746_880, 14_746_880, 3_687_040] if network is unet else learned)
    learned = [parameter.numel() for name, parameter in unet.named_parameters() if "upsamplers" in name]
    assert sum(learned) == 33_180_800
    assert round(100 * sum(learned) / 859_520_964, 1) == 3.9


def test_diffusers_builds_the_same_three():
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    growing = [name for name, layer in unet.named_modules() if type(layer).__name__ == "Upsample2D"]
    assert growing == [f"up_blocks.{level}.upsamplers.0" for level in range(3)]
    assert not any("ConvTranspose" in type(layer).__name__ for layer in unet.modules())
