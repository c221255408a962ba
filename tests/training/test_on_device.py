"""The trainings that keep everything on the device run on a CPU, too: three steps, and the same ones again."""

import json
import shutil

import pytest
import torch

from course_lib.datasets.scenes import Scenes
from course_lib.models import load
from course_lib.training import on_device, vae
from course_lib.training.small_model import FOLDER, STYLES, make_tokenizer


@pytest.fixture
def train(tmp_path):
    def run(part, out, *options):
        shutil.copytree(FOLDER, tmp_path / out, dirs_exist_ok=True)
        few = ("--steps", "3", "--scenes", "60", "--batch", "8", "--rate", "1e-3")
        on_device.main([part, *few, "--out", str(tmp_path / out), "--log", str(tmp_path / f"{out}.jsonl"), *options])
        return load(tmp_path / out), [json.loads(line) for line in (tmp_path / f"{out}.jsonl").read_text().splitlines()]

    return run


@pytest.mark.parametrize(("part", "network"), [("unet", "unet"), ("unet", "text_encoder"), ("vae", "vae")])
def test_three_steps_move_the_weights_and_always_the_same_way(train, part, network):
    shipped = load(FOLDER).networks[network].state_dict()
    (one, lines), (again, _) = train(part, "one"), train(part, "again")
    assert lines[-1]["step"] == 3 and lines[-1]["samples"] == 24 and 0 < lines[-1]["loss"] < 10
    moved = one.networks[network].state_dict()
    assert any(not torch.equal(tensor, shipped[name]) for name, tensor in moved.items())
    for name, tensor in again.networks[network].state_dict().items():
        torch.testing.assert_close(moved[name], tensor, rtol=0, atol=0)


def test_another_width_from_nothing_makes_a_model_that_paints(train):
    model, lines = train("unet", "wide", "--width", "32", "--nothing")
    assert model.unet.conv_in.out_channels == 32
    assert lines[-1]["loss"] == pytest.approx(1, abs=0.5)  # v has a variance of about 1
    assert model.unet(torch.zeros(1, 12, 8, 8), torch.tensor([5]), torch.zeros(1, 24, 128)).shape == (1, 12, 8, 8)


def test_a_sample_is_what_it_says():
    """From v and the noisy latent the clean latent comes back; a tenth of the captions is left out."""
    scenes = [Scenes(0, styles=STYLES)[n] for n in range(40)]
    latents = on_device.Latents(scenes, vae.open_vae(), 0, torch.device("cpu"))
    x, timesteps, tokens, v = latents.batch(5, 1000)
    alpha = latents.table[timesteps].float()[:, None, None, None]
    clean = alpha.sqrt() * x - (1 - alpha).sqrt() * v
    distances = torch.cdist(
        clean.flatten(1), latents.latents.flatten(1), compute_mode="donot_use_mm_for_euclid_dist"
    ).min(1)
    assert distances.values.max() < 1e-3
    assert timesteps.sort().values.tolist() == timesteps.tolist() and {0, 999} == {
        timesteps.min().item(),
        timesteps.max().item(),
    }
    left_out = (tokens == latents.no_words).all(1)
    assert left_out.float().mean() == pytest.approx(0.1, abs=0.03)
    for row in (~left_out).nonzero()[:50, 0].tolist():
        fitting = {
            scene.caption for scene, which in zip(scenes, latents.which, strict=True) if which == distances.indices[row]
        }
        assert any(torch.equal(make_tokenizer()([caption])[0], tokens[row]) for caption in fitting)


def test_half_precision_is_asked_for_on_a_cpu():
    cpu, square = torch.device("cpu"), torch.ones(4, 4)
    with on_device.half_precision(cpu, fast=True):
        assert (square @ square).dtype == torch.bfloat16
        assert not torch.backends.cuda.flash_sdp_enabled() and torch.backends.cuda.math_sdp_enabled()
    with on_device.half_precision(cpu, fast=False):
        assert (square @ square).dtype == torch.float32
    assert torch.backends.cuda.flash_sdp_enabled()
