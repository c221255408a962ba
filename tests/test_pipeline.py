"""From words to a picture with any sampler and scheduler, on a tiny model with random weights."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from course_lib.diffusion import NoiseTable
from course_lib.models import load
from course_lib.pipeline import NotFiniteError, image_to_image, inpaint, prepare, text_to_image, upscale
from course_lib.samplers import SAMPLERS
from course_lib.samplers import steps as walk
from course_lib.schedulers import SCHEDULERS
from tests.models.test_load import saved  # noqa: F401


@pytest.fixture(scope="module")
def model(saved):  # noqa: F811
    return load(saved)


MASK = torch.arange(16)[:, None] < torch.full((16,), 8)


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


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_run_is_the_same_each_time_it_is_walked(model, sampler):
    run = prepare(model, "a red h", sampler=sampler, steps=4, size=16, cfg_scale=2.0)
    next(iter(run))  # and a walk that was left changes nothing
    walked = list(run)
    again = run.finish()
    for step, same in zip(walked, again.steps, strict=True):
        assert torch.equal(step.x_next, same.x_next)
    assert np.array_equal(run.finish(walked).image, again.image)


@pytest.fixture
def scaled(model):
    """The same model with latents of another scale, so that a scale on the wrong side shows."""
    return dataclasses.replace(model, latent_scale=0.3)


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_image_to_image_begins_at_the_strength(scaled, steps):
    for strength in (0.1, 0.5, 0.55, 1.0):
        run = prepare(scaled, "a", image=picture(), strength=strength, steps=steps, seed=5)
        assert len(run.sigmas) == steps + 1
        assert run.sigmas[0].item() == pytest.approx(scaled.table.sigma(strength * 999).item())
        noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(5))
        with torch.no_grad():
            clean = 0.3 * scaled.vae.encode(picture()[None])[0]
        torch.testing.assert_close(run.x, clean + run.sigmas[0].item() * noise)


def test_the_picture_is_seen_at_small_strengths_and_decoded_at_its_scale(scaled):
    with torch.no_grad():
        mean = scaled.vae.encode(picture()[None])[0]
        seen = scaled.vae.decode(mean)[0].clamp(-1, 1)
    run = prepare(scaled, "a", image=picture(), strength=1e-308, steps=1, sampler="euler", cfg_scale=0)
    torch.testing.assert_close(run.decode(0.3 * mean)[0], seen, rtol=1e-4, atol=1e-4)
    assert run.sigmas[0].item() == pytest.approx(scaled.table.sigma_min)


def test_noise_and_picture_follow_from_seed_and_image(scaled):
    def begun(**changes):
        return prepare(scaled, "a", **{"image": picture(), "strength": 0.5, "steps": 2, "seed": 1} | changes).x

    assert torch.equal(begun(), begun())
    assert not torch.equal(begun(), begun(seed=2)) and not torch.equal(begun(), begun(image=picture(1)))


@pytest.mark.parametrize("tasked", [image_to_image, lambda *given, **more: inpaint(*given[:2], MASK, given[2], **more)])
def test_the_size_is_the_images(model, tasked):
    for size in (13, 16, (16, 16)):
        with pytest.raises(ValueError, match="size must be left out with an image"):
            tasked(model, picture(), "a", steps=1, size=size)


def test_what_is_known_is_put_in_at_each_call(scaled):
    """Outside of the mask the network sees the image with this run's noise, whatever the sampler made of the state."""
    seen = []
    unet = scaled.unet.forward
    watched = lambda x, timestep, context: (seen.append(x.clone()), unet(x, timestep, context))[1]  # noqa: E731
    run = prepare(scaled, "a", image=picture(), mask=MASK, steps=3, seed=5, sampler="euler", cfg_scale=1)
    with torch.no_grad():
        clean = 0.3 * scaled.vae.encode(picture()[None])[0]
    noise = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scaled.unet, "forward", watched)
        run.x = torch.zeros_like(run.x)  # a state that knows nothing of the image
        list(run)
    outside = ~torch.nn.functional.max_pool2d(MASK[None, None].float(), 4).bool().expand(1, 4, 4, 4)
    assert len(seen) == 3
    for x, sigma in zip(seen, run.sigmas.tolist(), strict=False):
        told = (clean + sigma * noise) / math.sqrt(1 + sigma**2)
        torch.testing.assert_close(x[outside], told[outside], rtol=1e-4, atol=1e-4)
        assert not torch.allclose(x[~outside], told[~outside], atol=1e-2)


def test_pndm_is_given_the_models_own_table(model):
    run = prepare(model, "a", sampler="pndm", steps=4, size=16)
    given = walk("pndm", run.denoise, run.x, run.sigmas, table=model.table)
    with torch.no_grad():
        torch.testing.assert_close(run.finish().latent, list(given)[-1].x_next)
        wrong = list(walk("pndm", run.denoise, run.x, run.sigmas, table=NoiseTable.scaled_linear(0.0005, 0.02)))[
            -1
        ].x_next
    assert not torch.allclose(run.finish().latent, wrong)


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


def test_upscaling_enlarges_smoothly(scaled, monkeypatch):
    taken = []
    monkeypatch.setattr(type(scaled), "encode", lambda self, image: (taken.append(image), torch.zeros(1, 4, 8, 8))[1])
    upscale(scaled, picture(), "a", size=32, steps=1)
    bicubic = torch.nn.functional.interpolate(picture()[None], 32, mode="bicubic").clamp(-1, 1)
    torch.testing.assert_close(taken[0], bicubic)
    with pytest.raises(ValueError, match="floats in"):
        upscale(scaled, torch.zeros(3, 8, 8, dtype=torch.uint8), "a", size=16)


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
        ({"steps": 0}, "steps must be a whole number, at least 1, at most 10000; got 0"),
        ({"steps": 10**13}, "at most 10000; got 10000000000000"),
        ({"cfg_scale": math.inf}, r"cfg_scale must be a number in \[0, 3.40282e\+38\]; got inf"),
        ({"cfg_scale": 1e300}, r"cfg_scale must be a number in \[0, 3.40282e\+38\]; got 1e\+300"),
        ({"seed": 2**32}, "seed must be a whole number, at least 0, at most 4294967295; got 4294967296"),
        ({"seed": 2**64}, "at most 4294967295"),
        ({"size": 8_000_000}, "size must be a whole number, at least 1, at most 65535; got 8000000"),
        ({"size": "64"}, r"one side or \(height, width\); got '64'"),
        ({"size": 64.0}, r"one side or \(height, width\); got 64.0"),
        ({"strength": math.nan}, "strength must be a number above 0"),
        ({"negative_prompt": "a \udcff"}, "negative_prompt must be a text in Unicode; .* letter 3"),
        ({"image": torch.zeros(4, 16, 16)}, r"red, green and blue; got \(4, 16, 16\)"),
        ({"image": torch.zeros(3, 16, 0)}, r"red, green and blue; got \(3, 16, 0\)"),
        ({"image": torch.zeros(3, 16, 16, dtype=torch.complex64)}, "must hold floats .* got torch.complex64"),
        ({"image": picture(), "mask": [[True]]}, r"mask must be a tensor \(H, W\); got list"),
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


def test_a_size_may_be_any_kind_of_whole_number(model):
    assert prepare(model, "a", size=np.int64(16)).x.shape == prepare(model, "a", size=[16, np.int32(16)]).x.shape


def test_a_size_that_no_memory_holds_is_refused_before_anything_is_made(model, monkeypatch):
    monkeypatch.setattr("course_lib.pipeline.preparing.there", lambda device: 2_000_000_000)
    with pytest.raises(MemoryError, match="60000 x 60000 pixels in float32 need .* 2.00 GB are free on cpu"):
        prepare(model, "a", size=60_000)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("cfg_scale", [1e20, 1e38])
def test_guidance_that_leaves_the_range_is_an_error_with_its_step(sampler, cfg_scale):
    from course_lib.models import untrained

    run = prepare(untrained(), "a panda", sampler=sampler, steps=5, cfg_scale=cfg_scale)
    with pytest.raises(ValueError, match=r"less guidance than 1e\+|dpm_adaptive must reach sigma"):
        run.finish()


def _with_a_bad_answer(run, call, bad):
    answers, calls = run.denoise, []

    def denoise(x, sigma):
        calls.append(sigma)
        answer = answers(x, sigma)
        return torch.full_like(answer, bad) if len(calls) == call else answer

    run.denoise = denoise
    return run


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_step_in_which_it_began_is_named(model, bad):
    run, seen = _with_a_bad_answer(prepare(model, "a", steps=5, size=16, sampler="euler"), 3, bad), []
    with pytest.raises(NotFiniteError, match="the latent of step 3, at sigma .*, is not finite") as caught:
        seen.extend(run)
    assert [step.index for step in seen] == [] or len(seen) == 2
    assert caught.value.step.index == 2 and not caught.value.step.denoised.isfinite().any()


def test_a_sampler_that_stops_by_itself_gets_the_same_advice(model):
    run = _with_a_bad_answer(prepare(model, "a", steps=5, size=16, sampler="dpm_adaptive"), 1, math.nan)
    with pytest.raises(NotFiniteError, match="the latent of step 1, at sigma 14.*, is not finite"):
        list(run)


def test_a_picture_that_is_not_finite_is_an_error_and_infinity_is_not_white(model, monkeypatch):
    monkeypatch.setattr(model.vae, "decode", lambda latent: torch.full((1, 3, 16, 16), torch.inf))
    run = prepare(model, "a", steps=2, size=16, sampler="euler")
    with pytest.raises(NotFiniteError, match="the picture that the VAE decodes after 2 steps is not finite"):
        run.finish()
    assert run.decode(run.x).isnan().all()


def test_what_helps_names_single_precision_only_in_half():
    half, single, calm = (
        str(NotFiniteError("it", *given)) for given in [(7.5, torch.float16), (7.5, torch.float32), (1, torch.float32)]
    )
    assert "single precision" in half and "less guidance than 7.5" in half
    assert "precision (" not in single and "less guidance" in single and "another sampler" in calm


def test_the_same_seed_is_the_same_picture_whatever_the_default_type():
    settings = {"steps": 3, "sampler": "euler_ancestral", "seed": 5}
    small = load("small-stable-diffusion")
    before = text_to_image(small, "a panda", **settings)
    try:
        torch.set_default_dtype(torch.float64)
        after = text_to_image(load("small-stable-diffusion"), "a panda", **settings)
    finally:
        torch.set_default_dtype(torch.float32)
    assert after.latent.dtype == torch.float32
    torch.testing.assert_close(after.latent, before.latent)
