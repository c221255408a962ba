"""Image to image, inpainting and upscaling are those of diffusers: the same model, noise and levels, another program.

The latents of the model are scaled by 0.3, so that a scale on the wrong side shows; its VAE's variance is next to
nothing, since diffusers draws from it and we take the mean.
"""

import json
import shutil

import diffusers
import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion import pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint

from course_lib.models import load
from course_lib.pipeline import prepare, upscale
from tests.models.peers import relative
from tests.models.test_load import saved  # noqa: F401

PROMPTS = {"prompt": "a red h", "negative_prompt": "h"}
SETTINGS = {"sampler": "euler", "scheduler": "karras", "steps": 5, "cfg_scale": 3.0, "seed": 5}
IMAGE = torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
MASK = torch.zeros(16, 24, dtype=torch.bool)
MASK[4:12, 8:] = True  # whole pixels of the latent, which diffusers takes from the middle of four


@pytest.fixture(scope="module")
def folder(saved, tmp_path_factory):  # noqa: F811
    folder = shutil.copytree(saved, tmp_path_factory.mktemp("scaled") / "model")
    for part, changes in {"vae": {"scaling_factor": 0.3}, "unet": {"sample_size": 64}}.items():
        path = folder / part / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return load(folder)


def painted(kind, folder, run, monkeypatch, output, **settings):
    """What a pipeline of diffusers makes of the noise and the levels of our run."""
    peer = kind.from_pretrained(folder, local_files_only=True, safety_checker=None, requires_safety_checker=False)
    peer.set_progress_bar_config(disable=True)
    assert peer.vae.config.scaling_factor == 0.3
    channels = peer.vae.config.latent_channels
    with torch.no_grad():
        peer.vae.quant_conv.weight[channels:] = 0
        peer.vae.quant_conv.bias[channels:] = -30
    noise = torch.randn(run.x.shape, generator=torch.Generator().manual_seed(SETTINGS["seed"]))
    for module in (pipeline_stable_diffusion_img2img, pipeline_stable_diffusion_inpaint):
        monkeypatch.setattr(module, "randn_tensor", lambda *given, **options: noise)
    # One level above ours, which the strength takes away: at full strength diffusers leaves the image out.
    levels, steps = [20.0, *run.sigmas.tolist()], len(run.sigmas)
    strength = (steps - 1) / steps + 1e-6
    return peer(
        **PROMPTS, **settings, sigmas=levels, num_inference_steps=steps, strength=strength,
        guidance_scale=SETTINGS["cfg_scale"], output_type=output,
    ).images  # fmt: skip


def as_bytes(images):
    return np.round(images * 255).astype(int)


@pytest.mark.parametrize("strength", [0.3, 0.7, 1.0])
def test_image_to_image(folder, model, monkeypatch, strength):
    run = prepare(model, image=IMAGE, strength=strength, **PROMPTS, **SETTINGS)
    ours, image = run.finish(), (IMAGE[None] + 1) / 2
    kind = diffusers.StableDiffusionImg2ImgPipeline
    assert relative(ours.latent, painted(kind, folder, run, monkeypatch, "latent", image=image)) < 1e-3
    pictures = as_bytes(painted(kind, folder, run, monkeypatch, "np", image=image))
    assert abs(ours.images.astype(int) - pictures).max() <= 1 and np.ptp(pictures) > 50


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_inpainting(folder, model, monkeypatch, strength):
    run = prepare(model, image=IMAGE, mask=MASK, strength=strength, **PROMPTS, **SETTINGS)
    given = {"image": (IMAGE[None] + 1) / 2, "mask_image": MASK[None, None].float(), "height": 16, "width": 24}
    theirs = painted(diffusers.StableDiffusionInpaintPipeline, folder, run, monkeypatch, "latent", **given)
    assert relative(run.finish().latent, theirs) < 1e-3
    without = prepare(model, image=IMAGE, strength=strength, **PROMPTS, **SETTINGS).finish().latent
    assert relative(without, theirs) > 0.1, "the mask makes no difference"


def test_upscaling(folder, model, monkeypatch):
    ours = upscale(model, IMAGE, size=(32, 48), strength=0.6, **PROMPTS, **SETTINGS)
    larger = torch.nn.functional.interpolate(IMAGE[None], (32, 48), mode="bicubic").clamp(-1, 1)
    run = prepare(model, image=larger[0], strength=0.6, **PROMPTS, **SETTINGS)
    kind = diffusers.StableDiffusionImg2ImgPipeline
    assert relative(ours.latent, painted(kind, folder, run, monkeypatch, "latent", image=(larger + 1) / 2)) < 1e-3
