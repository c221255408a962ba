"""The forward process: one step, the chain, the closed form, and bad input."""

import pytest
import torch
from diffusers import DDPMScheduler

from course_lib.diffusion import NoiseTable, forward_chain, forward_step, q_sample

TABLE = NoiseTable.scaled_linear()


def test_closed_form_agrees_with_diffusers():
    scheduler = DDPMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
    x0, noise, t = torch.randn(4, 3, 5, 5), torch.randn(4, 3, 5, 5), torch.tensor([0, 250, 500, 999])
    torch.testing.assert_close(q_sample(x0, t, TABLE, noise), scheduler.add_noise(x0, noise, t), rtol=1e-4, atol=1e-5)


def test_the_chain_is_the_closed_form():
    """Exactly: the chain's noises, added up with their weights, are one unit noise of the closed form."""
    x0 = torch.randn(2, 3, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    draws = torch.Generator().manual_seed(0)
    summed = torch.zeros_like(x0)
    for t, x in enumerate(forward_chain(x0, TABLE, generator=generator)):
        noise = torch.randn(x0.shape, generator=draws, dtype=x0.dtype)
        summed = (1 - TABLE.betas[t]).sqrt() * summed + TABLE.betas[t].sqrt() * noise
        unit = summed / (1 - TABLE.alphas_cumprod[t]).sqrt()
        torch.testing.assert_close(x, q_sample(x0, t, TABLE, unit))
    assert t == 999


def test_the_chains_spread_is_the_closed_forms():
    x0 = torch.full((20_000, 1), 2.0)
    chain = list(forward_chain(x0, NoiseTable.linear(steps=50), generator=torch.Generator().manual_seed(0)))
    alphas_cumprod = NoiseTable.linear(steps=50).alphas_cumprod
    for t in (0, 10, 49):
        assert chain[t].mean().item() == pytest.approx(2 * alphas_cumprod[t].sqrt().item(), abs=0.02)
        assert chain[t].var().item() == pytest.approx(1 - alphas_cumprod[t].item(), rel=0.05)


def test_one_step_by_hand():
    x, noise = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.5, 1.0]])
    torch.testing.assert_close(forward_step(x, 0.36, noise), torch.tensor([[1.9, -0.2]]))


@pytest.mark.parametrize(
    ("t", "said"),
    [
        (1000, "0 to 999; got 1000"),
        (-1, "0 to 999; got -1"),
        (2.5, "whole number"),
        (torch.tensor([1, 2, 3]), "one for each of the 2 pictures"),
        (torch.tensor([1, 1000]), "got 1000"),
    ],
)
def test_bad_timesteps_are_refused(t, said):
    with pytest.raises(ValueError, match=said):
        q_sample(torch.zeros(2, 3), t, TABLE, torch.zeros(2, 3))


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 3\); got \(2, 1\)"):
        q_sample(torch.zeros(2, 3), 0, TABLE, torch.zeros(2, 1))
    for beta in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="beta must be a number in"):
            forward_step(torch.zeros(1), beta, torch.zeros(1))
