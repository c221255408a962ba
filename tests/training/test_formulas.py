"""What the VAE and the U-Net minimise and measure, worked out by hand beside stand-ins for the networks."""

import argparse
import math

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.datasets.scenes import Scene, Scenes, Thing
from course_lib.diffusion import NoiseTable
from course_lib.training import recogniser, unet, vae
from course_lib.training.loop import seeded
from course_lib.training.small_model import make_tokenizer
from tests.training.stand_ins import Fixed, randn


def test_the_loss_of_the_vae():
    pictures, again = randn(2, 3, 6, 5), randn(2, 3, 6, 5, seed=1)
    mean, log_variance = randn(2, 4, 2, 2, seed=2), randn(2, 4, 2, 2, seed=3)
    network = Fixed(again, mean, log_variance)
    noise = randn(2, 4, 2, 2, seed=4)
    found = {name: part.item() for name, part in vae.losses(network, pictures, noise).items()}
    assert torch.equal(network.asked[0][0], pictures) and torch.equal(network.asked[0][1], noise)
    gap = (again - pictures).numpy()
    rims = abs(np.diff(gap, axis=2)).mean(), abs(np.diff(gap, axis=3)).mean()
    gauss = torch.distributions.Normal(mean, (log_variance / 2).exp()), torch.distributions.Normal(0.0, 1.0)
    wanted = {
        "absolute": abs(gap).mean(), "squared": (gap**2).mean(), "edges": sum(rims) / 2,
        "kl": torch.distributions.kl_divergence(*gauss).mean().item(),
    }  # fmt: skip
    whole = found.pop("loss")
    assert found == pytest.approx(wanted, rel=1e-5)
    parts = [found[name] for name in ("absolute", "squared", "edges", "kl")]
    assert whole == pytest.approx(np.dot(parts, [1, 1.5, 0.5, 1e-4]), rel=1e-5)


def test_the_vae_draws_from_its_latent():
    network = vae.Trained(nn.Module())
    mean, log_variance, noise = randn(1, 2, 2, 2), randn(1, 2, 2, 2, seed=1), randn(1, 2, 2, 2, seed=2)
    network.vae.encode, network.vae.decode = lambda pictures: (mean, log_variance), lambda latent: 10 * latent
    again, *moments = network(randn(1, 3, 4, 4), noise)
    torch.testing.assert_close(again, 10 * (mean + torch.sqrt(torch.exp(log_variance)) * noise))
    assert moments[0] is mean and moments[1] is log_variance


def test_decibels_of_a_known_error(monkeypatch):
    """Each pixel is wrong by a tenth of the range from black to white: 20 dB. Numbers outside of the range are cut."""
    scenes = [Scene("shape", "", (), colour) for colour in ("black", "grey", "red")] * 20

    class Wrong:
        def encode(self, pictures):
            return pictures + 0.2, None

        def decode(self, latent):
            return latent

        def eval(self):
            pass

    found = vae._decibels(Wrong(), scenes)
    torch.testing.assert_close(found, torch.full((60,), 20.0))
    white = vae._decibels(Wrong(), [Scene("shape", "", (), "white")])
    assert white.item() == math.inf
    drawn = []
    monkeypatch.setattr(vae, "_decibels", lambda _, scenes: drawn.append(scenes) or torch.arange(1.0 * len(scenes)))
    assert vae.quality(Wrong(), Scenes(5), count=7) == {"psnr": 3.0, "noto": 127.0, "fluent": 127.0}
    assert drawn[0] == [Scenes(5)[number] for number in range(7)] and [len(scenes) for scenes in drawn[1:]] == [256] * 2
    for style, scenes in zip(("noto", "fluent"), drawn[1:], strict=True):
        assert scenes == [
            Scene("emoji", "", (Thing(name, None, style, (32, 32), 56),), "white") for name in recogniser.CONCEPTS
        ]


def test_batches_and_edges():
    assert list(vae.batches(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]] and list(vae.batches([], 3)) == []
    down, across = vae.edges(torch.tensor([[1.0, 2, 4], [8, 16, 32]])[None, None])
    assert down.flatten().tolist() == [7, 14, 28] and across.flatten().tolist() == [1, 2, 8, 16]


class Latents:
    """A VAE whose latent is the mean colour, and which counts."""

    def __init__(self):
        self.encoded = []

    def encode(self, pictures):
        self.encoded.append(len(pictures))
        return nn.functional.avg_pool2d(pictures, 8).repeat(1, 4, 1, 1), None


def test_timesteps_are_spread_and_pictures_encoded_once():
    scenes, encoder, tokenizer = Scenes(2), Latents(), make_tokenizer()
    samples = unet.Samples(scenes, encoder, tokenizer, seed=2)
    numbers = list(range(50, 80))
    x, timesteps, tokens, v = samples.batch(numbers)
    assert x.shape == v.shape == (30, 12, 8, 8) and x.dtype == v.dtype == torch.float32
    ratio = (math.sqrt(5) - 1) / 2
    assert timesteps.tolist() == [int(1000 * (number * ratio % 1)) for number in numbers]
    gaps = timesteps.sort().values.diff()
    assert gaps.max() < 60 and gaps.min() > 5, "evenly, whatever piece of the numbers is taken"
    latents, captions = samples.encoded(numbers)
    assert sum(encoder.encoded) == 30 and captions == [scenes[number].caption for number in numbers]
    table = NoiseTable.scaled_linear().alphas_cumprod[timesteps].float()[:, None, None, None]
    noise = torch.from_numpy(
        np.stack([seeded(2, number, stream=1).standard_normal((12, 8, 8), np.float32) for number in numbers])
    )
    torch.testing.assert_close(x, table.sqrt() * latents + (1 - table).sqrt() * noise, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(v, table.sqrt() * noise - (1 - table).sqrt() * latents, rtol=1e-4, atol=1e-5)
    for row, caption in zip(tokens, captions, strict=True):
        assert torch.equal(row, tokenizer([caption])[0]) or torch.equal(row, tokenizer([""])[0])
    exact = nn.functional.avg_pool2d(scenes.batch(numbers[:1])[0], 8).repeat(1, 4, 1, 1)
    assert torch.equal(latents[:1], exact.half().float())
    again = samples.batch([unet.POOL + 50])  # the same scene with other noise
    assert sum(encoder.encoded) == 30 and not torch.equal(again[0], x[:1])
    network = Fixed(guess := randn(30, 12, 8, 8))
    torch.testing.assert_close(unet.losses(network, samples, numbers)["loss"], (guess - v).square().mean())
    assert all(torch.equal(one, other) for one, other in zip(network.asked[0], (x, timesteps, tokens), strict=True))


def test_the_error_on_unseen_scenes_is_the_mean_of_batches(monkeypatch):
    asked = []
    monkeypatch.setattr(
        unet, "losses", lambda network, samples, numbers: asked.append(numbers) or {"loss": torch.tensor(numbers[0])}
    )
    network = Fixed(None)
    assert unet.quality(network, None, count=192) == {"unseen": 64} and not network.training
    assert asked == [list(range(64)), list(range(64, 128)), list(range(128, 192))]
    unet.quality(network, None)
    assert asked[-1][-1] == 511


def test_the_unet_is_judged_on_scenes_that_are_kept_out(monkeypatch):
    given = {}
    monkeypatch.setattr(unet.terminal, "train", lambda *asked, **more: given.update(more, asked=asked) or "average")
    monkeypatch.setattr(unet, "losses", lambda network, samples, numbers: (network, samples, numbers))
    monkeypatch.setattr(unet, "quality", lambda network, samples: {"unseen": (network, samples)})
    options = argparse.Namespace(seed=3)
    average, (judged, unseen) = unet.learn("network", options, "log")
    network, loss, asked = given.pop("asked")
    assert (network, asked, average, judged) == ("network", options, "average", "average")
    assert given.pop("judge")("now") == {"unseen": ("now", unseen)}
    assert given == {"log": "log", "decay": 0.9985, "weight_decay": 0.01}
    network, samples, numbers = loss("now", [4, 5])
    assert (network, numbers) == ("now", [4, 5]) and samples.vae is unseen.vae and not samples.vae.training
    for some, held_out in ((samples, False), (unseen, True)):
        assert (some.seed, some.scenes.seed, some.scenes.held_out) == (3, 3, held_out)
        assert some.scenes.styles == ("noto", "fluent") and len(some.tokenizer.vocabulary) > 500
