"""From words to a picture with any sampler and scheduler, on a tiny model with random weights."""

import math

import numpy as np
import pytest
import torch

from course_lib.models import load
from course_lib.pipeline import image_to_image, inpaint, prepare, text_to_image, upscale
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from tests.models.test_load import saved  # noqa: F401


@pytest.fixture(scope="module")
def model(saved):  # noqa: F811
    return load(saved)


def picture(seed=0, height=16, width=16):
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_a_picture_from_words(model):
    generated = text_to_image(model, "a red h", steps=3, size=(16, 24))
    assert generated.image.shape == (16, 24, 3) and generated.image.dtype == np.uint8
    assert len(generated.steps) == 3 and generated.latent.shape == (1, 4, 4, 6)
    assert torch.equal(generated.latent, generated.steps[-1].x_next)
    assert not generated.latent.requires_grad


def test_the_models_own_size_and_guidance(model):
    run = prepare(model, "a", steps=1)
    assert model.size == 64 * 4 and run.x.shape[2:] == (64, 64)
    assert model.cfg_scale == 7.5


def test_same_seed_same_picture(model):
    first, again, other = (text_to_image(model, "a", steps=2, size=16, seed=seed).image for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    words = text_to_image(model, "a red", steps=2, size=16, seed=1).image
    assert not np.array_equal(first, words)


def test_guidance_in_one_pass_is_two_passes(model):
    x, sigma = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(0)), torch.tensor(2.0)
    under, without = (model.denoiser(model.encode_text([text]))(x, sigma) for text in ("a red h", "h"))
    guided = model.guided_denoiser("a red h", "h", 3.0)(x, sigma)
    torch.testing.assert_close(guided, without + 3 * (under - without), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(model.guided_denoiser("a red h", "h", 1.0)(x, sigma), under)
    torch.testing.assert_close(model.guided_denoiser("a red h", "h", 0.0)(x, sigma), without, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler(model, sampler):
    generated = text_to_image(model, "a red h", sampler=sampler, steps=4, size=16, cfg_scale=2.0)
    assert np.isfinite(generated.latent.numpy()).all() and generated.image.shape == (16, 16, 3)


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler(model, scheduler):
    assert text_to_image(model, "a", scheduler=scheduler, sampler="euler", steps=4, size=16).steps


def test_steps_can_be_watched_and_stopped(model):
    run = prepare(model, "a", steps=5, size=16)
    seen = [step.index for step, _ in zip(run, range(2), strict=False)]
    assert seen == [0, 1]
    with torch.enable_grad():
        for _ in run:
            assert torch.is_grad_enabled()  # the caller's setting holds between steps
            break
    steps = list(run)
    assert np.array_equal(run.finish(steps).image, run.finish(steps).image)
    assert run.decode(steps[0].denoised).shape == (1, 3, 16, 16)


def test_image_to_image_begins_at_the_strength(model):
    whole, half = (prepare(model, "a", image=picture(), strength=strength, steps=4) for strength in (1.0, 0.5))
    assert len(whole.sigmas) == len(half.sigmas) == 5 and half.sigmas[0] < whole.sigmas[0]
    generated = image_to_image(model, picture(), "a", strength=0.3, steps=3)
    assert generated.image.shape == (16, 16, 3)
    near, far = (
        (prepare(model, "a", image=picture(), strength=s, steps=4).x - model.encode(picture()[None])).std()
        for s in (0.1, 1.0)
    )
    assert near < far


def test_inpainting_keeps_what_is_outside(model):
    mask = torch.zeros(16, 16, dtype=torch.bool)
    mask[4:12, 8:] = True
    image = picture()
    generated = inpaint(model, image, mask, "a red h", steps=3)
    pixels = ((image + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    assert np.array_equal(generated.image[~mask.numpy()], pixels[~mask.numpy()])
    assert not np.array_equal(generated.image[mask.numpy()], pixels[mask.numpy()])
    clean, inside = model.encode(image[None]), torch.nn.functional.max_pool2d(mask[None, None].float(), 4).bool()
    torch.testing.assert_close(generated.latent[~inside.expand(1, 4, 4, 4)], clean[~inside.expand(1, 4, 4, 4)])


def test_upscaling(model):
    assert upscale(model, picture(), "a", size=(24, 32), steps=2).image.shape == (24, 32, 3)


def test_an_empty_prompt_is_no_condition(model):
    x, sigma = torch.ones(1, 4, 4, 4), torch.tensor(2.0)
    plain = model.denoiser(model.encode_text([""]))(x, sigma)
    torch.testing.assert_close(model.guided_denoiser("", "", 5.0)(x, sigma), plain, rtol=1e-4, atol=1e-4)


def test_a_long_prompt_works_and_says_what_was_cut(model):
    with pytest.warns(UserWarning, match="cut off: 'red'"):
        text_to_image(model, "a a a a a a a red", steps=1, size=16, sampler="euler")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "steps must be a whole number, at least 1; got 0"),
        ({"cfg_scale": -1}, "cfg_scale must be a number"),
        ({"cfg_scale": math.nan}, "cfg_scale must be a number"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"seed": -1}, "seed must be a whole number, at least 0"),
        ({"size": 15}, "size must be a multiple of 4 pixels; got 15"),
        ({"size": (16, 16, 3)}, r"one side or \(height, width\)"),
        ({"size": 0}, "size must be a whole number"),
        ({"sampler": "eulr"}, "unknown sampler 'eulr'; did you mean euler"),
        ({"scheduler": "karas"}, "unknown scheduler 'karas'; did you mean karras"),
        ({"strength": 0.5}, "a strength below 1, need an image"),
        ({"strength": 0}, "strength must be a number above 0, at most 1"),
        ({"negative_prompt": None}, "negative_prompt must be a text; got NoneType"),
        ({"image": picture(height=15)}, "multiples of 4"),
        ({"image": 3 * picture()}, r"floats in \[-1, 1\]"),
        (
            {"image": picture(), "mask": torch.zeros(8, 8, dtype=torch.bool)},
            r"as large as the image, \(16, 16\); got \(8, 8\)",
        ),
        ({"image": picture(), "mask": torch.zeros(16, 16)}, "of torch.float32"),
    ],
)
def test_bad_input_is_refused(model, settings, said):
    with pytest.raises(ValueError, match=said):
        prepare(model, "a", **settings)


def test_options_reach_the_sampler(model):
    with pytest.raises(ValueError, match="has no option 'etta'"):
        text_to_image(model, "a", sampler="ddim", steps=1, size=16, etta=1.0)
    calm, wild = (text_to_image(model, "a", sampler="ddim", steps=3, size=16, eta=eta).image for eta in (0.0, 1.0))
    assert not np.array_equal(calm, wild)
