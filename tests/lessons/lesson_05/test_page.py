"""Lesson 05's explorer over all its states, the numbers its text states."""

import itertools
import re
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d, conv_transpose2d, upsample_nearest
from course_lib.lessons import lesson_05 as lesson
from course_lib.lessons.lesson_05 import stamps
from course_lib.models import VAE, UNet, load
from course_lib.models.blocks import Upsample

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
            assert re.search(f": {most} stamps? (meet )?at every position", drawing.sentence)
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


@pytest.mark.parametrize(
    ("kernel", "stride", "numbers"), [(3, 2, "a tent"), (8, 3, "digits of pi"), (2, 4, "all equal")]
)
def test_the_rows_and_pictures_that_are_drawn(kernel, stride, numbers):
    with (
        patch.object(stamps, "_heat_cell", wraps=stamps._heat_cell) as cells,
        patch.object(stamps, "picture_panel", wraps=stamps.picture_panel) as pictures,
    ):
        lesson.draw(HOUSE, kernel, stride, numbers)
    entries, small = lesson.NUMBERS[numbers](kernel), F.adaptive_avg_pool2d(HOUSE, 24)
    rows = [
        F.conv_transpose1d(torch.ones(1, 1, 4), row[None, None], stride=stride) for row in (0 * entries + 1, entries)
    ]
    drawn = [call.args[2] for call in cells.call_args_list]
    assert drawn[: 2 * rows[0].numel()] == torch.cat(rows, dim=2).flatten().tolist()
    by_stamps, by_nearest = (call.args[0] for call in pictures.call_args_list)
    assert torch.equal(by_stamps, lesson.grow(small, entries, stride)[0])
    assert torch.equal(by_nearest, stamps.grow_nearest(small, entries, stride)[0])


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
    for way in (lesson.grow, stamps.grow_nearest):
        assert way(HOUSE[..., :24, :24], entries, stride).shape == (1, 3, 24 * stride, 24 * stride)
    inside = (..., slice(8 * stride, 16 * stride), slice(8 * stride, 16 * stride))  # away from the rim, whole periods
    assert lesson.grow(flat, entries, stride)[inside].mean().item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(stamps.grow_nearest(flat, entries, stride)[inside], torch.ones(1, 3, *[8 * stride] * 2))


def test_grow_is_pytorchs_transposed_convolution():
    entries = torch.tensor([1.0, 2, 1])
    weight = (entries[:, None] * entries / 4).expand(3, 1, 3, 3)
    expected = F.conv_transpose2d(HOUSE, weight, stride=2, groups=3)[..., :128, :128]
    torch.testing.assert_close(lesson.grow(HOUSE, entries), expected)
    weight = (torch.outer(entries, entries) / 16).expand(3, 1, 3, 3)
    expected = F.conv2d(upsample_nearest(HOUSE), weight, padding=1, groups=3)
    torch.testing.assert_close(stamps.grow_nearest(HOUSE, entries), expected)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"kernel must be a number in \[1, 8\]; got 9"):
        lesson.draw(HOUSE, 9, 2, "all equal")
    with pytest.raises(ValueError, match=r"stride must be a number in \[1, 4\]; got 5"):
        lesson.draw(HOUSE, 3, 5, "all equal")
    with pytest.raises(ValueError, match="stride must be a whole number, at least 1; got 0"):
        lesson.overlap(3, 0)
    with pytest.raises(ValueError, match="unknown numbers 'odd'"):
        lesson.draw(HOUSE, 3, 2, "odd")
    for entries in ([1.0, -1], [0.1, 0.2, -0.3]):  # rounded, the second three add up to -7e-9
        with pytest.raises(ValueError, match="must not add up to 0"):
            lesson.grow(HOUSE, torch.tensor(entries))
    with pytest.raises(ValueError, match="at least 0; got"):
        stamps.counts_panel([[1, -1]])
    with pytest.raises(ValueError, match="picture must have the 4 axes"):
        lesson.draw(HOUSE[0], 3, 2, "all equal")


def test_a_darker_cell_is_a_larger_number():
    panel = stamps.counts_panel([[0, 1, 2, 4]], cell=20)
    corners = [int(panel[3, 20 * column + 3].sum()) for column in range(4)]
    assert corners == sorted(corners, reverse=True) and len(set(corners)) == 4


def test_the_worked_row_and_its_matrices():
    x, kernel = torch.tensor([2.0, 1, 0, 3]), torch.tensor([1.0, 3, 2])
    expected = [2, 6, 5, 3, 2, 0, 3, 9, 6]
    assert F.conv_transpose1d(x[None, None], kernel[None, None], stride=2)[0, 0].tolist() == expected
    cut = F.conv_transpose1d(x[None, None], kernel[None, None], stride=2, padding=1)
    assert cut.shape[-1] == 7 and F.conv1d(cut, kernel[None, None], stride=2, padding=1).shape[-1] == 4
    assert F.conv1d(torch.ones(1, 1, 8), kernel[None, None], stride=2, padding=1).shape[-1] == 4, "8 gives 4, too"
    units = torch.eye(9)[:, None]
    matrix = F.conv1d(units, kernel[None, None], stride=2)[:, 0].T
    assert matrix.shape == (4, 9)
    assert (matrix.T @ x).tolist() == expected
    invisible = torch.tensor([1.0, -1, 1, -1, 1, -1, 1, -1, 1])
    assert (matrix @ invisible == 0).all()


def test_twice_as_many_and_two_channels_on_one_canvas():
    assert F.conv_transpose1d(torch.ones(1, 1, 4), torch.ones(1, 1, 4), stride=2, padding=1).shape[-1] == 8
    two, three = torch.tensor([[[[2.0]], [[3.0]]]]), torch.tensor([[[[1.0, 1], [1, 1]]], [[[0, 1], [1, 0]]]])
    assert conv_transpose2d(two, three, stride=2)[0, 0].tolist() == [[2, 5], [5, 2]]


def test_four_equal_numbers_blur_more_than_a_tent():
    zebra = EMOJI.select("zebra").images[:1]
    tent, equal = (
        lesson.grow(avg_pool2d(zebra, 2), torch.tensor(kernel))[..., 4:-4, 4:-4]
        for kernel in ([1.0, 2, 1], [1.0, 1, 1, 1])
    )
    assert tent.std() > 1.05 * equal.std(), "its contrasts are weaker"


def test_the_small_decoder_doubles_as_the_large_one_does():
    decoder = load("small-stable-diffusion").vae.decoder
    layers = [layer for level in decoder.up_blocks[:3] for layer in level.upsamplers]
    assert len(layers) == 3 and {type(layer) for layer in layers} == {Upsample}


def test_the_gradient_of_a_convolution_is_its_transposed_convolution():
    draw_from = torch.Generator().manual_seed(0)
    x, weight = torch.randn(1, 2, 9, 9, generator=draw_from), torch.randn(3, 2, 3, 3, generator=draw_from)
    x.requires_grad_()
    out = F.conv2d(x, weight, stride=2)
    message = torch.randn(out.shape, generator=draw_from)
    (gradient,) = torch.autograd.grad(out, x, message)
    torch.testing.assert_close(gradient, conv_transpose2d(message, weight, stride=2))


def best(way, side, small, large, inside=0):
    """The numbers (side, side) with the least loss on what lies `inside` the rim, and that loss."""

    def kept(picture):
        return picture[..., inside : picture.shape[-2] - inside, inside : picture.shape[-1] - inside].double()

    units = torch.eye(side * side).reshape(-1, 1, 1, side, side)
    columns = torch.stack([kept(way(small, unit)).flatten() for unit in units], dim=1)
    wanted = kept(large).flatten()
    numbers = torch.linalg.solve(columns.T @ columns, columns.T @ wanted)
    return numbers.float().reshape(1, 1, side, side), (columns @ numbers - wanted).square().mean().item()


def test_training_removes_the_checkerboard_and_both_ways_are_equally_good():
    """Blocks of a flat picture on the way, losses, that half of the pixels are flat, and the best that can be done."""

    def trained(way, weight, steps):
        for _ in range(steps):
            weight = weight.detach().requires_grad_()
            loss = (way(SMALL, weight) - LARGE).square().mean()
            weight = weight - 0.1 * torch.autograd.grad(loss, weight)[0]
        return weight.detach()

    def loss_of(picture):
        return (picture - LARGE).square().mean().item()

    losses = {}
    for way, side in ((by_stamps, 4), (by_nearest, 3)):
        start = 0.3 * torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(5))
        weights = {steps: trained(way, start, steps) for steps in (0, 10, 30, 300)}
        losses[side] = {steps: loss_of(way(SMALL, weight)) for steps, weight in weights.items()}
        blocks = {steps: way(torch.ones(1, 1, 8, 8), weight)[0, 0, 6:8, 6:8] for steps, weight in weights.items()}
        spreads = {steps: (block.max() - block.min()).item() for steps, block in blocks.items()}
        if way is by_nearest:
            assert max(spreads.values()) < 1e-5
        else:
            assert spreads[0] > 1.5 and spreads[30] < 0.08 and spreads[300] < 0.02
        numbers, least = best(way, side, SMALL, LARGE)
        assert round(least, 4) == 0.0151
        becomes = way(torch.ones(1, 1, 8, 8), numbers)[0, 0, 6:8, 6:8]
        assert becomes.flatten().tolist() == pytest.approx([1.03] * 4, abs=0.005)
    flat = (SMALL[..., 1:] - SMALL[..., :-1]).abs() < 0.01
    assert 0.45 < flat.double().mean() < 0.55
    assert (SMALL[..., 1:][flat] > 0.9).double().mean() > 0.6, "most of the flat ground is white"
    repeated = loss_of(upsample_nearest(SMALL))
    assert (round(repeated, 3), round(losses[4][300], 3)) == (0.018, 0.020), "repeating alone is better"
    assert (round(losses[3][10], 3), round(losses[4][10], 3)) == (0.047, 0.202)


def test_flat_ground_that_is_nearer_to_zero_teaches_less():
    spreads = []
    for large in (LARGE, LARGE - LARGE.mean()):
        weight = 0.3 * torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(5))
        for _ in range(30):
            weight = weight.detach().requires_grad_()
            loss = (by_stamps(avg_pool2d(large, 2), weight) - large).square().mean()
            weight = weight - 0.1 * torch.autograd.grad(loss, weight)[0]
        block = by_stamps(torch.ones(1, 1, 8, 8), weight.detach())[0, 0, 6:8, 6:8]
        spreads.append((block.max() - block.min()).item())
    assert spreads[0] < 0.08 and spreads[1] > 0.2


def test_more_than_one_costs_on_flat_ground_and_gains_at_edges():
    """Away from the rim: the best nine numbers, and the same nine divided so that flat ground stays as it is."""
    numbers, _ = best(by_nearest, 3, SMALL, LARGE, inside=2)
    assert 1.02 < numbers.sum() < 1.04
    repeated = upsample_nearest(SMALL)
    flat = (F.max_pool2d(repeated, 3, 1, 1) + F.max_pool2d(-repeated, 3, 1, 1))[..., 2:-2, 2:-2] < 0.01
    errors = [
        (by_nearest(SMALL, weight) - LARGE)[..., 2:-2, 2:-2].square() for weight in (numbers, numbers / numbers.sum())
    ]
    on_flat, at_edges = ([(error * where).mean().item() for error in errors] for where in (flat, ~flat))
    assert on_flat[0] > on_flat[1] and at_edges[0] < at_edges[1]
    assert on_flat[0] - on_flat[1] < at_edges[1] - at_edges[0]


def test_at_the_rim_a_picture_moves_towards_grey():
    for ground in (-1.0, 1.0):
        grown = lesson.grow(torch.full((1, 1, 8, 8), ground), torch.tensor([1.0, 2, 1]))[0, 0]
        assert (grown[0].abs() < grown[8, 8].abs()).all() and (grown[0] * ground > 0).all()


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_after_repeating_a_random_kernel_leaves_flat_ground_flat_and_a_random_stamp_does_not(seed):
    numbers = torch.Generator().manual_seed(seed)
    nine, sixteen = (0.3 * torch.randn(1, 1, side, side, generator=numbers) for side in (3, 4))
    flat = torch.ones(1, 1, 8, 8)
    even, uneven = by_nearest(flat, nine)[0, 0, 6:8, 6:8], by_stamps(flat, sixteen)[0, 0, 6:8, 6:8]
    assert even.max() - even.min() < 1e-5 < 0.1 < uneven.max() - uneven.min()


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


def test_a_slope_can_have_a_pattern_that_a_tent_removes_and_three_equal_numbers_do_not():
    slope = torch.arange(8.0).expand(1, 1, 8, 8)
    difference = torch.tensor([[0.0, 0, 0], [-1, 1, 0], [0, 0, 0]])[None, None]
    assert by_nearest(slope, difference)[0, 0, 8, 4:12].tolist() == [1, 0, 1, 0, 1, 0, 1, 0]

    def steps(*kernel):
        weight = torch.zeros(1, 1, 3, 3)
        weight[0, 0, 1] = torch.tensor(kernel)
        return by_nearest(slope, weight)[0, 0, 8, 2:14].diff()

    torch.testing.assert_close(steps(0.25, 0.5, 0.25), torch.full((11,), 0.5))
    uneven = steps(1 / 3, 1 / 3, 1 / 3)
    assert uneven.max().item() == pytest.approx(2 / 3, abs=1e-5) and uneven.min().item() == pytest.approx(
        1 / 3, abs=1e-5
    )


def test_equal_sums_keep_flat_ground_flat_and_only_some_a_slope():
    def stamped(numbers, *kernel):
        kernel = torch.tensor([[kernel]], dtype=torch.float)
        return F.conv_transpose1d(torch.tensor([[numbers]]).float(), kernel, stride=2)[0, 0].tolist()

    assert stamped(range(5), 1, 1, 1, 1)[2:-2] == [1, 1, 3, 3, 5, 5, 7, 7], "stairs"
    assert stamped(range(5), 1, 2, 1)[2:-1] == [1, 2, 3, 4, 5, 6, 7, 8], "even"
    assert stamped(range(5), 1, 3, 2)[2:-1] == [1, 3, 4, 6, 7, 9, 10, 12], "steps of 2 and 1"
    for kernel in ([1.0, 1, 1, 1], [1.0, 2, 1], [1.0, 3, 2]):
        assert len(set(lesson.sums(torch.tensor(kernel), 2).tolist())) == 1


def test_pytorch_fills_in_halfway_as_two_other_ways_do():
    row, tent = torch.tensor([[[2.0, 4, 6]]]), torch.tensor([[[1.0, 2, 1]]]) / 4
    between = F.interpolate(row, scale_factor=2, mode="linear")[0, 0]
    assert between[1:-1].tolist() == [2.5, 3.5, 4.5, 5.5]
    by_stamp = F.conv_transpose1d(row, torch.tensor([[[1.0, 3, 3, 1]]]) / 4, stride=2, padding=1)[0, 0]
    by_repeating = F.conv1d(row.repeat_interleave(2, dim=2), tent, padding=1)[0, 0]
    for other in (by_stamp, by_repeating):
        torch.testing.assert_close(other[1:-1], between[1:-1])


def test_the_sums_that_meet_in_lesson_4s_blur_are_a_quarter():
    rows = torch.tensor([1.0, 2, 1])
    blur = rows[:, None] * rows / 16
    assert [blur[i::2, j::2].sum().item() for i in (0, 1) for j in (0, 1)] == [0.25] * 4


def test_digits_of_pi_meet_in_pairs_with_four_different_sums():
    digits = lesson.NUMBERS["digits of pi"](8)
    assert lesson.overlap(8, 4) == [2] * 4 and lesson.sums(digits, 4).tolist() == [8, 10, 6, 7]


def test_the_numbers_about_stable_diffusion_are_true():
    with torch.device("meta"):
        unet, vae = UNet(), VAE(channels=(128, 256, 512, 512), layers=2)
    for network in (unet, vae):
        assert not any("Transpose" in type(layer).__name__ for layer in network.modules())
        growing = [layer for name, layer in network.named_modules() if name.endswith("upsamplers.0.conv")]
        channels = [1280, 1280, 640] if network is unet else [512, 512, 256]
        assert [(layer.in_channels, layer.out_channels) for layer in growing] == [(c, c) for c in channels]
        assert all((layer.kernel_size, layer.stride, layer.padding) == ((3, 3), (1, 1), (1, 1)) for layer in growing)
    learned = [sum(part.numel() for part in level.upsamplers.parameters()) for level in unet.up_blocks[:3]]
    assert learned == [14_746_880, 14_746_880, 3_687_040] and sum(learned) == 33_180_800
    assert round(100 * sum(learned) / 859_520_964, 1) == 3.9


def test_diffusers_builds_the_same_three():
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    growing = [name for name, layer in unet.named_modules() if type(layer).__name__ == "Upsample2D"]
    assert growing == [f"up_blocks.{level}.upsamplers.0" for level in range(3)]
    assert not any("ConvTranspose" in type(layer).__name__ for layer in unet.modules())
