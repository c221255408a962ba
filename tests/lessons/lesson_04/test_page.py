"""Lesson 04's explorer over all its states, and the numbers its text states."""

import math
import re
from unittest.mock import patch

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d, conv2d, max_pool2d
from course_lib.lessons import lesson_04 as lesson
from course_lib.lessons.lesson_04 import shifts
from course_lib.lessons.lesson_04.shifts import LARGEST_SHIFT
from course_lib.models import VAE, UNet

EMOJI = open_emoji(style="fluent")
ZEBRA = EMOJI.select("zebra").images[:1]
FOUR = ("max", "mean", "middle", "1 2 1")  # those at the widget
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


@pytest.mark.parametrize(("shift", "times"), [(0, 1), (1, 1), (3, 2), (8, 3)])
def test_what_is_drawn_is_what_the_sentence_measures(shift, times):
    with (
        patch.object(shifts, "picture_panel", wraps=shifts.picture_panel) as pictures,
        patch.object(shifts, "line_panel", wraps=shifts.line_panel) as curves,
    ):
        lesson.draw(ZEBRA, shift, times)
    moved, *panels = (call.args[0] for call in pictures.call_args_list)
    assert torch.equal(moved, ZEBRA.roll(shift, dims=3)[0])
    for way, small, off in zip(("max", "mean", "middle", "1 2 1"), panels[::2], panels[1::2], strict=True):
        expected = ZEBRA.roll(shift, dims=3)
        for _ in range(times):
            expected = lesson.WAYS[way](expected)
        torch.testing.assert_close(small, expected[0])
        torch.testing.assert_close(off, lesson.differences(way, ZEBRA, torch.tensor([shift]), times)[0])
    for call in curves.call_args_list:
        ((way, sizes),) = call.args[1].items()
        expected = [lesson.shimmer(way, ZEBRA, each, times) for each in range(LARGEST_SHIFT + 1)]
        assert sizes.tolist() == pytest.approx(expected, abs=1e-6) and call.kwargs["mark"] == shift


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
    """The mean comes close to the perfect number: it weakens waves, and aliasing puts back some of that."""

    def off(down):
        small, moved = down(EMOJI.images), down(EMOJI.images.roll(1, dims=3))
        return (moved - (small + small.roll(1, dims=3)) / 2).square().mean(dim=(1, 2, 3)).sqrt()

    assert round(off(lesson.perfect).mean().item(), 3) == 0.052
    weakened = off(lambda x: lesson.perfect(avg_pool2d(F.pad(x, (0, 1, 0, 1), mode="circular"), 2, stride=1)))
    assert round(weakened.mean().item(), 3) == 0.043, "the mean without aliasing"
    sizes = {way: off(down) for way, down in lesson.WAYS.items()}
    means = {way: round(size.mean().item(), 3) for way, size in sizes.items()}
    assert means == {"max": 0.104, "mean": 0.048, "middle": 0.107, "1 2 1": 0.04, "max, 1 2 1": 0.038}
    assert (sizes["max"] > sizes["mean"]).all() and (sizes["max"] > sizes["max, 1 2 1"]).all()
    calmest = torch.stack([sizes[way] for way in ("max", "mean", "middle", "1 2 1")]).argmin(dim=0)
    assert torch.bincount(calmest, minlength=4).tolist() == [0, 34, 0, 222]


def test_the_perfect_way_keeps_what_is_coarse_and_drops_what_is_fine():
    """Waves along the rows and along the columns, against the wave written down for the small picture."""
    across = torch.arange(64.0)
    for waves in (0, 1, 5, 15, 16, 17, 31, 32):
        picture = torch.cos(2 * math.pi * waves * across / 64).expand(1, 1, 64, 64)
        kept = torch.cos(2 * math.pi * waves * across[:32] / 32).expand(1, 1, 32, 32) * (waves < 16)
        for x, small in ((picture, kept), (picture.mT, kept.mT)):
            torch.testing.assert_close(lesson.perfect(x), small, atol=1e-5, rtol=0)
    assert lesson.perfect(STRIPES).sub(1 / 3).abs().max() < 1e-6, "grey, as the text says of the stripes"
    with pytest.raises(ValueError, match=r"multiples of 4; got \(6, 8\)"):
        lesson.perfect(torch.zeros(1, 1, 6, 8))


def test_max_pooling_is_no_convolution_and_mean_pooling_is_one():
    quarter = torch.full((1, 1, 2, 2), 0.25)
    x = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(avg_pool2d(x, 2), conv2d(x, quarter, stride=2))
    assert not torch.allclose(max_pool2d(x + x.flip(3), 2), max_pool2d(x, 2) + max_pool2d(x.flip(3), 2))


def test_three_times_two_is_eight_at_once():
    maximum = ZEBRA
    for _ in range(3):
        maximum = max_pool2d(maximum, 2)
    assert torch.equal(maximum, max_pool2d(ZEBRA, 8))


def test_the_largest_of_eight_by_eight_leaves_nothing_of_the_pretzel_and_something_of_the_others():
    words = ["spider", "pretzel", "scissors", "zebra"]
    four = torch.cat([EMOJI.select(word).images[:1] for word in words])
    assert four.mean(dim=(1, 2, 3)).diff().min() > 0.005, "the order, by brightness"
    darkest = max_pool2d(four, 8).amin(dim=(1, 2, 3))
    assert darkest[1] > 0.97 and darkest[[0, 2, 3]].max() < 0.8
    covered = (four[1].amin(dim=0) < 0.9).float().mean()
    assert 0.38 < covered < 0.42, "two fifths"


def test_the_pink_square_of_the_scissors_is_no_pixel_of_them():
    scissors = EMOJI.select("scissors").images[0]
    small = max_pool2d(scissors[None], 8)[0]
    ((row, column),) = (small.amin(dim=0) < 0.99).nonzero().tolist()
    under = scissors[:, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8].flatten(1)
    assert len(set(under.argmax(dim=1).tolist())) == 3, "each channel from another pixel"
    assert (under - small[:, row, column, None]).abs().amax(dim=0).min() > 0.5


def test_the_maximum_keeps_the_strongest_edge_and_the_mean_does_not():
    grey = EMOJI.select("house").images[:1].mean(dim=1, keepdim=True)
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    edges = conv2d(grey, kernel).abs()
    small = [pool(pool(edges, 2), 2) for pool in (max_pool2d, avg_pool2d)]
    assert [round(table.max().item(), 1) for table in (edges, *small)] == [5.0, 5.0, 2.2]


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
    sizes = [sum(parameter.numel() for parameter in layer.parameters(recurse=False)) for layer in unet.modules()]
    assert max(sizes) > max(numbers) and total * 0.12 > 100_000_000, "what the replies to the prediction say"
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
    off = {way: [lesson.shimmer(way, lesson.rings(), shift, times=3) for shift in range(1, 8)] for way in FOUR}
    assert round(max(off["max"]), 3) == 0.012
    assert round(min(min(sizes) for way, sizes in off.items() if way != "max"), 3) == 0.013
    assert min(max_pool2d(lesson.rings().roll(shift, dims=3), 8).min() for shift in range(1, 8)) > 0.93


@pytest.mark.parametrize("name", ["zebra", "house", "butterfly", "spider"])
def test_the_blur_is_the_calmest_at_the_widget_with_one_halving(name):
    picture = EMOJI.select(name).images[:1]
    for shift in (1, 3, 5, 7):
        assert min(FOUR, key=lambda way: lesson.shimmer(way, picture, shift)) == "1 2 1"


def test_rings_get_finer_outwards():
    middle = lesson.rings()[0, 0, 32]
    turns = np.flatnonzero(np.diff(np.sign(middle[32:].numpy())))
    assert (np.diff(np.diff(turns)) <= 1).all() and np.diff(turns)[0] > 3 * np.diff(turns)[-1]
