"""Lesson 04's explorer over all its states, the numbers its text states, and its checks on other solutions."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d, conv2d, max_pool2d, output_size
from course_lib.lessons import lesson_04 as lesson
from course_lib.lessons.shifts import LARGEST_SHIFT
from course_lib.models import VAE, UNet

EMOJI = open_emoji(style="fluent")
ZEBRA = EMOJI.select("zebra").images[:1]
NUMBERS = torch.tensor([[2.0, 3, 1, 0], [5, 7, 6, 1], [4, 6, 8, 5], [9, 2, 3, 6]])
STRIPES = torch.tensor([1.0, 0, 0] * 4).expand(1, 1, 12, 12)


@pytest.mark.parametrize("picture", [ZEBRA, lesson.rings()], ids=["zebra", "rings"])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_every_state_is_drawn_and_its_numbers_are_true(picture, times):
    shapes, seen = set(), set()
    for shift in range(LARGEST_SHIFT + 1):
        drawing = lesson.draw(picture, shift, times)
        shapes.add(drawing.pixels.shape)
        seen.add(drawing.pixels.tobytes())
        assert drawing.pixels.dtype.name == "uint8" and drawing.sentence.startswith(f"Moved by {shift} pixel")
        said = dict(re.findall(r"(max|mean|middle|1 2 1): (\d\.\d{3})", drawing.sentence))
        assert len(said) == 4
        for way, number in said.items():
            assert float(number) == pytest.approx(lesson.shimmer(way, picture, shift, times), abs=6e-4)
            assert (float(number) == 0) == (shift % 2**times == 0), "0 exactly where the small picture moves as a whole"
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(seen) == LARGEST_SHIFT + 1, "the shift changes and the drawing does not"


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"shift must be a number in \[0, 8\]; got 9"):
        lesson.draw(ZEBRA, 9, 1)
    with pytest.raises(ValueError, match="times must be a whole number, at least 1; got 0"):
        lesson.draw(ZEBRA, 1, 0)
    with pytest.raises(ValueError, match=r"sides must be multiples of 8; got \(12, 12\)"):
        lesson.draw(STRIPES.expand(1, 3, 12, 12), 1, 3)
    with pytest.raises(ValueError, match="unknown way 'min'"):
        lesson.shimmer("min", ZEBRA)
    with pytest.raises(ValueError, match="shift must be a whole number, at least 0; got -1"):
        lesson.shimmer("max", ZEBRA, -1)
    with pytest.raises(ValueError, match=r"picture must have the 4 axes .* got shape \(3, 64, 64\)"):
        lesson.shimmer("max", ZEBRA[0])


@pytest.mark.parametrize("way", lesson.WAYS)
def test_every_way_halves_and_keeps_whole_moves_only(way):
    down = lesson.WAYS[way]
    assert down(ZEBRA).shape == (1, 3, 32, 32)
    torch.testing.assert_close(down(ZEBRA.roll(2, dims=3)), down(ZEBRA).roll(1, dims=3))
    for places in (0, 1):
        assert not torch.allclose(down(ZEBRA.roll(1, dims=3)), down(ZEBRA).roll(places, dims=3), atol=1e-3)
    assert lesson.differences(way, ZEBRA, torch.tensor([0, 2, 4])).abs().max() < 1e-6


def test_the_ways_are_what_they_are_called():
    inside = (..., slice(1, -1), slice(1, -1))
    assert torch.equal(lesson.WAYS["max"](ZEBRA), F.max_pool2d(ZEBRA, 2))
    torch.testing.assert_close(lesson.WAYS["mean"](ZEBRA), F.avg_pool2d(ZEBRA, 2))
    assert torch.equal(lesson.WAYS["middle"](ZEBRA), ZEBRA[..., ::2, ::2])
    blurred = F.conv2d(ZEBRA, lesson.BLUR.expand(3, 1, 3, 3), padding=1, stride=2, groups=3)
    torch.testing.assert_close(lesson.WAYS["1 2 1"](ZEBRA)[inside], blurred[inside])
    everywhere = F.max_pool2d(ZEBRA, 2, stride=1)
    blurred = F.conv2d(everywhere, lesson.BLUR.expand(3, 1, 3, 3), padding=1, stride=2, groups=3)
    torch.testing.assert_close(lesson.WAYS["max, 1 2 1"](ZEBRA)[inside], blurred[inside])


def test_halfway_is_the_mean_of_the_two_neighbours():
    small, moved = lesson.WAYS["max"](ZEBRA), lesson.WAYS["max"](ZEBRA.roll(1, dims=3))
    by_hand = moved - (small + small.roll(1, dims=3)) / 2
    torch.testing.assert_close(lesson.differences("max", ZEBRA, torch.tensor([1])), by_hand)
    assert lesson.shimmer("max", ZEBRA) == pytest.approx(by_hand.square().mean().sqrt().item())


def test_the_stripes_of_the_lesson():
    """Period 3 comes back with period 3 small pixels, moves the wrong way, and what a faithful way would give."""
    expected = {
        "max": ([1, 1, 0], [1, 0, 1]),
        "mean": ([0.5, 0.5, 0], [0.5, 0, 0.5]),
        "middle": ([1, 0, 0], [0, 0, 1]),
        "1 2 1": ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5]),
    }
    for way, (before, after) in expected.items():
        down = lesson.WAYS[way]
        assert down(STRIPES)[0, 0, 0].tolist() == before * 2
        assert down(STRIPES.roll(1, dims=3))[0, 0, 0].tolist() == after * 2
        torch.testing.assert_close(down(STRIPES).roll(-1, dims=3), down(STRIPES.roll(1, dims=3)))
        brightness = down(STRIPES).mean().item()
        assert brightness == pytest.approx(2 / 3 if way == "max" else 1 / 3)


def test_a_mathematically_faithful_way_is_off_by_as_much_as_the_text_says():
    """All waves that the small picture can hold, and no other: 0.052 on average over the 256 pictures."""

    def faithful(x):
        waves = torch.fft.fftshift(torch.fft.fft2(x), dim=(2, 3))[..., 16:48, 16:48].clone()
        waves[..., 0, :] = waves[..., :, 0] = 0
        return torch.fft.ifft2(torch.fft.ifftshift(waves, dim=(2, 3))).real / 4

    def off(down):
        small, moved = down(EMOJI.images), down(EMOJI.images.roll(1, dims=3))
        return (moved - (small + small.roll(1, dims=3)) / 2).square().mean(dim=(1, 2, 3)).sqrt()

    assert round(off(faithful).mean().item(), 3) == 0.052
    sizes = {way: off(down) for way, down in lesson.WAYS.items()}
    means = {way: round(size.mean().item(), 3) for way, size in sizes.items()}
    assert means == {"max": 0.104, "mean": 0.048, "middle": 0.107, "1 2 1": 0.04, "max, 1 2 1": 0.038}
    assert (sizes["max"] > sizes["mean"]).all() and (sizes["max"] > sizes["max, 1 2 1"]).all()
    calmest = torch.stack([sizes[way] for way in ("max", "mean", "middle", "1 2 1")]).argmin(dim=0)
    assert torch.bincount(calmest, minlength=4).tolist() == [0, 34, 0, 222]


def test_max_pooling_is_no_convolution_and_mean_pooling_is_one():
    quarter = torch.full((1, 1, 2, 2), 0.25)
    x = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(avg_pool2d(x, 2), conv2d(x, quarter, stride=2))
    assert not torch.allclose(max_pool2d(x + x.flip(3), 2), max_pool2d(x, 2) + max_pool2d(x.flip(3), 2))


def test_three_times_two_is_eight_at_once_and_the_maximum_brightens():
    maximum, mean = ZEBRA, ZEBRA
    for _ in range(3):
        maximum, mean = max_pool2d(maximum, 2), avg_pool2d(mean, 2)
    assert torch.equal(maximum, max_pool2d(ZEBRA, 8))
    assert [round(picture.mean().item(), 2) for picture in (ZEBRA, maximum, mean)] == [0.7, 0.94, 0.7]


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
    assert "six answers" in lesson.check_shifts.verdict([True, False])
    assert lesson.check_shifts.verdict(tuple(found)) == "[OK] your list is right."


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

    for answer in (by_loops, by_lowest_float, lambda x, k, s, p: F.max_pool2d(x, k, s, p)):
        assert lesson.check_max_pool2d.verdict(answer) == "[OK] my_max_pool2d is right."


def loops(x, kernel, stride, padding, *, value=-math.inf, move=None, window=None, take=torch.amax, start=None):
    """What learners write, with one thing wrong at a time."""
    x = F.pad(x, (padding,) * 4, value=value)
    rows, columns = (output_size(side, kernel, move or stride) for side in x.shape[1:])
    out = torch.zeros(len(x), rows, columns)
    for i, j in itertools.product(range(rows), range(columns)):
        top, left, side = i * (move or stride), j * (move or stride), window or kernel
        found = take(x[:, top : top + side, left : left + side], dim=(1, 2))
        out[:, i, j] = found if start is None else found.clamp(min=start)
    return out


@pytest.mark.parametrize(
    "wrong, says",
    [
        (lambda *a: loops(*a, value=0.0), "The padding is 0"),
        (lambda *a: loops(*a, move=a[1]), "moves by its own size"),
        (lambda *a: loops(*a, move=a[1], value=0.0), "moves by its own size"),
        (lambda *a: loops(*a, move=1), "The stride is ignored"),
        (lambda *a: loops(*a, window=2), "always two by two"),
        (lambda *a: loops(*a, take=torch.mean, value=0.0), "the mean of each window"),
        (lambda *a: loops(*a, take=torch.amin), "the smallest number"),
        (lambda *a: loops(*a, start=0.0), "starts at 0"),
        (lambda x, k, s, p: loops(x, k, s, 0), "The padding is missing"),
        (lambda x, k, s, p: loops(x.amax(0, keepdim=True), k, s, p).expand(len(x), -1, -1), "over all channels"),
    ],
)
def test_what_learners_write_is_recognised(wrong, says):
    assert says in lesson.check_max_pool2d.verdict(wrong)


def test_each_mistake_differs_from_every_other():
    def same(first, second):
        return first.shape == second.shape and torch.allclose(first.double(), second.double())

    check = lesson.check_max_pool2d
    answers = {number: [mistake.wrong(*case) for case in check.cases] for number, mistake in enumerate(check.mistakes)}
    for one, other in itertools.combinations(answers, 2):
        assert not all(map(same, answers[one], answers[other])), f"{check.mistakes[one].says} is also mistake {other}"


def test_the_numbers_about_stable_diffusion_are_true():
    with torch.device("meta"):
        unet, vae = UNet(), VAE(channels=(128, 256, 512, 512), layers=2)
    halving = [layer for layer in unet.modules() if getattr(layer, "stride", None) == (2, 2)]
    assert [(layer.in_channels, layer.out_channels) for layer in halving] == [(320, 320), (640, 640), (1280, 1280)]
    assert all(layer.kernel_size == (3, 3) and layer.padding == (1, 1) for layer in halving)
    numbers = [sum(parameter.numel() for parameter in layer.parameters()) for layer in halving]
    total = sum(parameter.numel() for parameter in unet.parameters())
    assert (numbers, total) == ([921_920, 3_687_040, 14_746_880], 859_520_964)
    assert round(100 * sum(numbers) / total, 2) == 2.25
    assert not any("Pool" in type(layer).__name__ for layer in [*unet.modules(), *vae.modules()])
    in_vae = [layer for layer in vae.encoder.modules() if getattr(layer, "stride", None) == (2, 2)]
    assert [(layer.kernel_size, layer.padding) for layer in in_vae] == [((3, 3), (0, 0))] * 3


def test_diffusers_builds_the_same_three():
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    halving = [name for name, layer in unet.named_modules() if getattr(layer, "stride", None) == (2, 2)]
    assert halving == [f"down_blocks.{level}.downsamplers.0.conv" for level in range(3)]


def test_a_white_page_does_not_shimmer():
    """Three halvings of the rings: the maximum is the calmest, and nearly white."""
    sizes = {way: lesson.shimmer(way, lesson.rings(), 4, times=3) for way in ("max", "mean", "middle", "1 2 1")}
    assert min(sizes, key=sizes.get) == "max" and max_pool2d(lesson.rings(), 8).min() > 0.9


def test_rings_get_finer_outwards():
    middle = lesson.rings()[0, 0, 32]
    turns = np.flatnonzero(np.diff(np.sign(middle[32:].numpy())))
    assert (np.diff(np.diff(turns)) <= 1).all() and np.diff(turns)[0] > 3 * np.diff(turns)[-1]
