"""The shipped small model: it opens here and in diffusers, both paint the same, and every sampler runs on it."""

import diffusers
import numpy as np
import pytest
import torch

from course_lib.models import load
from course_lib.pipeline import prepare, text_to_image
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import make_sigmas
from course_lib.training.small_model import FOLDER


@pytest.fixture(scope="module")
def model():
    return load("small-stable-diffusion")


def test_the_name_opens_the_shipped_folder(model):
    assert model.size == 64 and model.vae.factor == 8 and model.vae.latent_channels == 12 and model.prediction == "v"
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 16e6


def test_diffusers_paints_the_same_picture(model):
    """The same noise, words, guidance, Euler's rule and explicit levels; the 0 at the end is part of their list.

    Their scheduler has spacings of its own, by default "linspace", which rounds timesteps; so the levels are given.
    """
    settings = {"local_files_only": True, "safety_checker": None, "torch_dtype": torch.float32}
    peer = diffusers.StableDiffusionPipeline.from_pretrained(FOLDER, **settings)
    peer.set_progress_bar_config(disable=True)
    sigmas = make_sigmas("karras", 10, model.table)
    run = prepare(model, "a red circle", sampler="euler", scheduler="karras", steps=10, seed=3, cfg_scale=3.0)
    ours = run.finish().image
    noise = torch.randn(1, 12, 8, 8, generator=torch.Generator().manual_seed(3))
    theirs = peer(
        "a red circle", sigmas=sigmas.tolist(), latents=noise, guidance_scale=3.0, output_type="np", negative_prompt=""
    ).images[0]
    assert np.abs(ours / 255 - theirs).max() < 0.02


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_runs(model, sampler):
    generated = text_to_image(model, "a panda", sampler=sampler, steps=5, cfg_scale=2.0)
    assert generated.image.shape == (64, 64, 3) and generated.latent.isfinite().all()


def test_words_steer_the_picture(model):
    """From the same noise, a red circle is redder than a blue one."""
    red, blue = (text_to_image(model, f"a large {colour} circle", seed=5).image for colour in ("red", "blue"))
    redder = lambda image: float(image[..., 0].mean()) - float(image[..., 2].mean())  # noqa: E731
    assert redder(red) > redder(blue) + 10
