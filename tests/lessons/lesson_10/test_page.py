"""Lesson 10's widgets over their controls, and what its text states of the VAE and of the work. With margin."""

import io
import math

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from course_lib.datasets import open_emoji
from course_lib.figures import to_pixels
from course_lib.lessons import lesson_10 as lesson
from course_lib.lessons.lesson_10.edits import edited
from course_lib.lessons.lesson_10.mixes import mixed
from course_lib.lessons.lesson_10.round_trip import there_and_back
from course_lib.models import VAE
from course_lib.pipeline import image_to_image, prepare
from course_lib.samplers import Step

EMOJI = ("panda", "rocket", "sunflower", "red apple")


@pytest.fixture(scope="module")
def some():
    """32 emoji, their latents, and what comes back."""
    pictures = open_emoji("fluent").images[::8]
    return pictures, *there_and_back(pictures)


def test_every_picture_makes_the_round_trip():
    drawings = [lesson.draw_round_trip(picture) for picture in lesson.open_pictures().values()]
    assert len({drawing.pixels.shape for drawing in drawings}) == 1, "the drawing jumps in size"
    assert all(drawing.sentence.endswith("dB.") for drawing in drawings)


@pytest.mark.parametrize("channel", [1, 6, 12])
@pytest.mark.parametrize("where", [lesson.ONE, lesson.ALL])
def test_every_edit_can_be_drawn(channel, where):
    panda = lesson.open_pictures()["panda"]
    drawings = [lesson.draw_edit(panda, channel, by, where, row, 7) for by in (-4.0, 4.0) for row in (0, 7)]
    assert len({drawing.pixels.shape for drawing in drawings}) == 1
    assert (drawings[0].pixels != drawings[2].pixels).any()


def test_edits_outside_are_refused():
    panda = lesson.open_pictures()["panda"]
    with pytest.raises(ValueError, match="channel"):
        lesson.draw_edit(panda, 13, 1.0, lesson.ONE, 0, 0)
    with pytest.raises(ValueError, match="where"):
        lesson.draw_edit(panda, 1, 1.0, "nowhere", 0, 0)


@pytest.mark.parametrize("pair", lesson.PAIRS)
def test_every_pair_is_mixed(pair):
    assert {lesson.draw_mix(pair, share).pixels.shape for share in (0.0, 0.5, 1.0)} == {(280, 532, 3)}
    with pytest.raises(ValueError, match="share"):
        lesson.draw_mix(pair, 1.5)


def test_a_mix_of_latents_decides_and_a_cross_fade_does_not():
    """Where the two pictures differ, how far the mix has gone from the first to the second."""
    for pair in ("rocket and sunflower", "panda and koala"):
        (first, other), (pixels, latents) = ((mixed(pair, share)[0] for share in (0, 1)), mixed(pair, 0.5))
        way = other - first
        there = way.square().sum(0) > 0.5
        gone = [(((mix - first) * way).sum(0) / way.square().sum(0))[there] for mix in (pixels, latents)]
        decided = [((share < 0.3) | (share > 0.7)).float().mean().item() for share in gone]
        assert decided[0] == 0 and decided[1] > 0.15


def test_numbers_are_counted():
    panda = lesson.open_pictures()["panda"]
    latent, back = there_and_back(panda)
    assert (panda.numel(), latent.numel(), back.shape) == (12288, 768, panda.shape)
    assert 3 * 512 * 512 / (4 * 64 * 64) == 48 and 3 * 512 * 512 / (2 * 4 * 64 * 64) == 24


def test_the_posterior_is_narrow_and_the_latents_spread_over_one(some):
    mean, log_variance = lesson.model().vae.encode(some[0])
    assert 0.01 < (log_variance / 2).exp().mean() < 0.03 and mean.std() == pytest.approx(1, abs=0.05)
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0)) * (log_variance / 2).exp()
    with torch.no_grad():
        decoded = {factor: lesson.model().decode(mean + factor * noise) for factor in (1, 10, 30)}
    apart = {factor: lesson.decibels(picture, some[2]) for factor, picture in decoded.items()}
    assert apart[1] > 50 and apart[10] > 32 and apart[30] < 32
    assert math.exp(-4) == pytest.approx(0.018, abs=5e-4)


def test_jpeg_is_level_or_ahead_with_the_bytes_of_half_precision(some):
    for picture in lesson.open_pictures().values():
        jpeg, used = lesson.from_jpeg(picture, 1536)
        assert used <= 1536
        assert lesson.decibels(jpeg, picture) > lesson.decibels(there_and_back(picture)[1], picture) - 0.3
    half, whole, vae = [], [], []
    for picture, back in zip(some[0], some[2], strict=True):
        half.append(lesson.decibels(lesson.from_jpeg(picture[None], 768)[0][0], picture))
        whole.append(lesson.decibels(lesson.from_jpeg(picture[None], 1536)[0][0], picture))
        vae.append(lesson.decibels(back, picture))
    assert sum(j > v for j, v in zip(whole, vae, strict=True)) > 24
    assert sum(j < v for j, v in zip(half, vae, strict=True)) > 22
    with pytest.raises(ValueError, match="at_most"):
        lesson.from_jpeg(lesson.open_pictures()["panda"], 100)


def test_a_third_of_a_small_jpeg_are_tables(some):
    """The segments of quantisation and of Huffman codes, in the best file of up to 768 bytes."""
    sizes = []
    for picture in some[0][::4]:
        files = [io.BytesIO() for _ in range(1, 96)]
        for quality, file in enumerate(files, 1):
            Image.fromarray(to_pixels(picture)).save(file, "JPEG", quality=quality, optimize=True)
        data, at, tables = [file.getvalue() for file in files if len(file.getvalue()) <= 768][-1], 2, 0
        while data[at + 1] != 0xDA:  # the picture itself
            size = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            tables, at = tables + size * (data[at + 1] in (0xDB, 0xC4)), at + size
        sizes.append(tables)
    assert sum(sizes) / len(sizes) == pytest.approx(270, abs=15)


def test_one_byte_a_number_is_enough(some):
    with torch.no_grad():
        rounded = lesson.model().decode((32 * some[1]).round().clamp(-128, 127) / 32)
    assert abs(lesson.decibels(rounded, some[0]) - lesson.decibels(some[2], some[0])) < 0.3
    assert 0.99 < (some[1].abs() < 4).float().mean() < 1


def test_small_print_is_lost():
    pictures = lesson.open_pictures()
    found = {name: lesson.decibels(there_and_back(picture)[1], picture) for name, picture in pictures.items()}
    assert found["small print"] < 20 and min(found[name] for name in EMOJI) > 25


def test_a_change_acts_mostly_nearby():
    panda, near = lesson.open_pictures()["panda"], []
    before = edited(panda, 1, 0.0, lesson.ONE, 3, 3)[1]
    for channel in range(1, 13):
        change = (edited(panda, channel, 2.0, lesson.ONE, 3, 3)[1] - before).square().sum(1)[0]
        near.append((change[16:40, 16:40].sum() / change.sum()).item())
    assert min(near) > 0.6 and sorted(near)[6] > 0.8


def test_channels_of_the_still_picture_do_what_is_said():
    panda = lesson.open_pictures()["panda"]
    before = edited(panda, 1, 0.0, lesson.ALL, 0, 0)[1]
    changes = {n: (edited(panda, n, 1.0, lesson.ALL, 0, 0)[1] - before)[0] for n in range(1, 13)}
    for channel in (1, 6):
        assert changes[channel][0].mean() < changes[channel][2].mean() - 0.02, "not bluer"
    assert changes[9].mean() < 0 and changes[8].mean() > 0
    size = {n: change.square().mean().item() for n, change in changes.items()}
    assert max(size[2], size[12]) < min(size[1], size[6], size[8], size[9]) / 3
    for channel in (3, 11):  # what they change is detail: little of it is left in the mean of a patch
        assert F.avg_pool2d(changes[channel], 8).square().mean() < 0.2 * size[channel]
    at_one = {n: edited(panda, n, 2.0, lesson.ONE, 3, 3)[1] - before for n in (1, 2, 6, 8, 9, 12)}
    size = {n: change.square().mean().item() for n, change in at_one.items()}
    assert max(size[2], size[12]) < min(size[1], size[6], size[8], size[9]) / 3


def test_a_channel_that_changes_little_is_still_needed(some):
    """What emoji lose where channel 12 is its mean everywhere."""
    without = some[1].clone()
    without[:, 11] = without[:, 11].mean()
    with torch.no_grad():
        poorer = lesson.model().decode(without)
    assert 1.6 < lesson.decibels(some[2], some[0]) - lesson.decibels(poorer, some[0]) < 2.7


def test_a_latent_too_small_is_nearly_one_of_zeros_and_one_too_large_is_hard():
    latent, back = there_and_back(lesson.open_pictures()["panda"])
    with torch.no_grad():
        nothing, small, large = (lesson.model().decode(scale * latent) for scale in (0, 0.18215, 5.49))
    assert lesson.decibels(small, nothing) > lesson.decibels(small, back) + 5
    red, green, blue = nothing.mean((0, 2, 3))
    assert red > blue + 0.2 > green + 0.3, "not pink"
    assert large.std() > back.std() + 0.05


def test_no_latent_is_near_zero_everywhere(some):
    assert some[1].square().mean(1).sqrt().flatten(1).amax(1).min() > 0.9


def test_the_numbers_of_patches_have_the_unit_of_latents():
    emoji = open_emoji("fluent").images[::2]
    deviations = lesson.PatchPCA(emoji).encode(emoji).std((0, 2, 3))
    torch.testing.assert_close(deviations, torch.ones(12), rtol=0, atol=0.01)


def test_a_wrong_scale_spoils_the_picture():
    panda = lesson.open_pictures()["panda"]
    latent, back = there_and_back(panda)
    with torch.no_grad():
        for scale in (0.18215, 5.49):
            assert lesson.decibels(lesson.model().decode(scale * latent), back) < 20
    assert abs(1 / 0.18215 - 5.49) < 0.005 and lesson.model().latent_scale == 1
    assert 1 / math.hypot(1, 14.6) == pytest.approx(0.068, abs=5e-4)
    assert 5.49 / math.hypot(5.49, 14.6) == pytest.approx(0.35, abs=5e-3)


def test_patches_are_behind_the_vae_and_blocky():
    emoji = open_emoji("fluent").images
    pca, unseen = lesson.PatchPCA(emoji[::2]), emoji[1::2]
    poor, vae = pca.decode(pca.encode(unseen)), there_and_back(unseen)[1]
    assert lesson.decibels(vae, unseen) > lesson.decibels(poor, unseen) + 3
    some = 0.3 * torch.randn(len(unseen), 12, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        hurt = lesson.model().decode(lesson.model().encode(unseen) + some), pca.decode(pca.encode(unseen) + some)
    apart = [lesson.decibels(noisy, clean.clamp(-1, 1)) for noisy, clean in zip(hurt, (vae, poor), strict=True)]
    assert apart[0] == pytest.approx(apart[1], abs=0.7), "the same noise changes one more than the other"
    noise = 0.3 * torch.randn(1, 12, 8, 8, generator=torch.Generator().manual_seed(3))
    rocket = lesson.open_pictures()["rocket"]
    with torch.no_grad():
        noisy = [lesson.model().decode(there_and_back(rocket)[0] + noise), pca.decode(pca.encode(rocket) + noise)]
        clean = there_and_back(rocket)[1], pca.decode(pca.encode(rocket)).clamp(-1, 1)
    apart = [lesson.decibels(*pair) for pair in zip(noisy, clean, strict=True)]
    assert apart == [pytest.approx(24, abs=0.6)] * 2
    jumps = []
    for picture in noisy:
        steps = (picture[..., 1:] - picture[..., :-1]).abs().mean((0, 1, 2))
        jumps.append((steps[7::8].mean() / steps.mean()).item())
    assert jumps[1] > 1.8 > 1.3 > jumps[0]


def test_work_is_counted():
    assert lesson.unet_work("small", 3, 64) / lesson.unet_work("small", 12, 8) == pytest.approx(132, abs=1)
    assert lesson.unet_work("1.5", 3, 512) / lesson.unet_work("1.5", 4, 64) == pytest.approx(679, abs=1)
    with pytest.raises(ValueError, match="which"):
        lesson.unet_work("2.1", 4, 64)


def test_a_run_decodes_and_encodes_nothing(monkeypatch):
    monkeypatch.setattr(VAE, "encode", lambda *given: pytest.fail("the encoder is run"))
    title, run = lesson.paint("a sunflower", 1)
    first, *_, last = run
    assert isinstance(last, Step) and title == '"a sunflower", seed 1'
    pictures = [lesson.model().decode(step.denoised)[0] for step in (first, last)]
    edges = [(picture[:, 1:] - picture[:, :-1]).abs().mean() for picture in pictures]
    assert edges[0] < edges[1], "the first guess is not the softer one"


def test_guidance_stretches_the_guess_while_the_noise_is_strong():
    """Without it no guess spreads further than the latents."""
    guided = [step.denoised.std() for step in lesson.paint("a sunflower", 1)[1]]
    alone = [step.denoised.std() for step in prepare(lesson.model(), "a sunflower", seed=1, steps=20, cfg_scale=1)]
    assert min(guided[:7]) > 1.5 and max(alone) < 1.1 and guided[-1] < 1.2


def test_a_mix_is_finished_with_words_and_not_without():
    model, pictures = lesson.model(), lesson.open_pictures()
    wholes = {f"a {name}": there_and_back(pictures[name]) for name in ("sunflower", "rocket")}
    with torch.no_grad():
        mix = model.decode(sum(latent for latent, _ in wholes.values()) / 2)
        ends = {
            words: model.decode(image_to_image(model, mix[0], words, strength=0.4, seed=1).latent)
            for words in (*wholes, "")
        }
        ends["the mix"] = mix
    lead = {  # how much nearer it is to the whole sunflower than to the whole rocket
        words: lesson.decibels(end, wholes["a sunflower"][1]) - lesson.decibels(end, wholes["a rocket"][1])
        for words, end in ends.items()
    }
    assert lead["a sunflower"] > 3 and lead["a rocket"] < -2
    assert abs(lead[""]) < 1.5 and abs(lead["the mix"]) < 1.5


def test_still_pictures_have_words():
    pca = lesson.PatchPCA(open_emoji("fluent").images[::2])
    stills = [lesson.show_round_trips(), lesson.show_draws(), lesson.show_lost(), lesson.show_edits()]
    for shown in [*stills, lesson.show_mixes(), lesson.show_scales(), lesson.show_noisy(pca)]:
        assert shown.png.startswith(b"\x89PNG") and len(shown.alt) > 80
