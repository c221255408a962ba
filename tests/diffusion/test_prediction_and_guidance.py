"""Predictions, denoisers and guidance: every way round gives the same picture."""

import itertools
import math

import pytest
import torch
from diffusers import DDPMScheduler

from course_lib.diffusion import (
    GaussianDenoiser,
    NoiseTable,
    as_denoiser,
    denoised_from,
    eps_from_denoised,
    guide,
    guided,
    prediction_from,
    q_sample,
    x0_from,
)

TABLE = NoiseTable.scaled_linear()
KINDS = ("eps", "x0", "v")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("t", [0, 400, 999])
def test_predictions_and_x0_are_inverse(kind, t):
    x0, eps = torch.randn(2, 2, 3, dtype=torch.float64)
    x, alphas_cumprod = q_sample(x0, t, TABLE, eps), TABLE.alphas_cumprod[t]
    prediction = prediction_from(kind, x0, x, alphas_cumprod)
    torch.testing.assert_close(x0_from(kind, prediction, x, alphas_cumprod), x0)
    a, b = alphas_cumprod.sqrt(), (1 - alphas_cumprod).sqrt()
    torch.testing.assert_close(prediction, {"eps": eps, "x0": x0, "v": a * eps - b * x0}[kind])
    sigma = TABLE.sigmas[t]
    torch.testing.assert_close(denoised_from(kind, prediction, x / a, sigma), x0)
    torch.testing.assert_close(eps_from_denoised(x / a, x0, sigma), eps)


def test_v_is_the_v_of_diffusers():
    scheduler = DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    x0, eps, t = torch.randn(2, 3), torch.randn(2, 3), torch.tensor([300, 300])
    ours = prediction_from("v", x0, q_sample(x0, 300, TABLE, eps), TABLE.alphas_cumprod[300])
    torch.testing.assert_close(ours, scheduler.get_velocity(x0, eps, t), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_perfect_network_of_any_kind_becomes_the_exact_denoiser(kind):
    exact = GaussianDenoiser(0.2, 0.7)
    told = []

    def network(x, t):
        told.append(t)
        alphas_cumprod = 1 / (1 + TABLE.sigma(t.clamp(0, 999)) ** 2)[:, None]
        x0 = exact(x / alphas_cumprod.sqrt(), ((1 - alphas_cumprod) / alphas_cumprod).sqrt())
        return prediction_from(kind, x0, x, alphas_cumprod)

    denoise = as_denoiser(network, TABLE, kind)
    x = torch.randn(3, 2, dtype=torch.float64)
    for t in (0, 77.3, 999):
        sigma = TABLE.sigma(t)
        torch.testing.assert_close(denoise(x, sigma), exact(x, sigma))
        torch.testing.assert_close(told[-1], torch.full((3,), float(t), dtype=torch.float64))


def test_outside_the_table_the_network_hears_the_nearest_end():
    told = []
    denoise = as_denoiser(lambda x, t: told.append(t[0].item()) or torch.zeros_like(x), TABLE, "x0")
    for sigma in (0.001, 99.0):
        denoise(torch.ones(1, 2), torch.tensor(sigma))
    assert told == pytest.approx([0, 999], abs=1e-3)


def test_guidance_extrapolates_and_does_so_alike_for_every_kind():
    without, with_ = torch.randn(2, 2, 3, dtype=torch.float64)
    torch.testing.assert_close(guide(without, with_, 7.5), without + 7.5 * (with_ - without))
    assert torch.equal(guide(without, with_, 0), without)
    torch.testing.assert_close(guide(without, with_, 1), with_)
    x, alphas_cumprod = torch.randn(2, 3, dtype=torch.float64), TABLE.alphas_cumprod[500]
    for one, other in itertools.permutations(KINDS, 2):
        as_other = (
            prediction_from(other, x0_from(one, p, x, alphas_cumprod), x, alphas_cumprod) for p in (without, with_)
        )
        back = x0_from(other, guide(*as_other, 3.0), x, alphas_cumprod)
        torch.testing.assert_close(back, x0_from(one, guide(without, with_, 3.0), x, alphas_cumprod))
    wrapped = guided(lambda x, sigma: without, lambda x, sigma: with_, 2.0)
    torch.testing.assert_close(wrapped(x, 1.0), 2 * with_ - without)


def test_bad_input_is_refused():
    x = torch.zeros(2, 3)
    for call in (
        lambda: x0_from("epsilon", x, x, 0.5),
        lambda: prediction_from("noise", x, x, 0.5),
        lambda: denoised_from("V", x, x, 1.0),
        lambda: as_denoiser(lambda x, t: x, TABLE, "score"),
    ):
        with pytest.raises(ValueError, match="unknown prediction"):
            call()
    for scale in (-1, math.nan, "strong"):
        with pytest.raises(ValueError, match="cfg_scale must be a number"):
            guide(x, x, scale)
        with pytest.raises(ValueError, match="cfg_scale must be a number"):
            guided(None, None, scale)
    with pytest.raises(ValueError, match="both predictions must have one shape"):
        guide(x, x[:1], 2.0)
