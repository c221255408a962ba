"""Noise tables: published numbers, the inverse pair sigma and timestep, bad input."""

import json
import math
from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.diffusion import NoiseTable

TABLES = {
    "scaled_linear": NoiseTable.scaled_linear(),
    "linear": NoiseTable.linear(),
    "squaredcos_cap_v2": NoiseTable.cosine(),
}
SD = TABLES["scaled_linear"]


@pytest.mark.parametrize("name", TABLES)
def test_agrees_with_diffusers(name):
    ends = {"scaled_linear": (0.00085, 0.012)}.get(name, (1e-4, 0.02))
    theirs = DDPMScheduler(beta_schedule=name, beta_start=ends[0], beta_end=ends[1])
    torch.testing.assert_close(TABLES[name].alphas_cumprod, theirs.alphas_cumprod.double(), rtol=2e-4, atol=1e-7)


def test_stable_diffusions_own_numbers():
    reference = json.loads((Path(__file__).parents[1] / "references/schedulers/schedulers.json").read_text())
    expected = torch.tensor(reference["sd15_sigma_table_f64"], dtype=torch.float64)
    torch.testing.assert_close(SD.sigmas, expected, rtol=1e-9, atol=0)
    assert SD.alphas_cumprod[-1].item() == pytest.approx(0.00466, abs=5e-6)
    assert SD.alphas_cumprod[-1].sqrt().item() == pytest.approx(0.068, abs=5e-4)  # 6.8 % of the signal is left
    assert (SD.sigma_min, SD.sigma_max) == (pytest.approx(0.0291671582), pytest.approx(14.6146412293))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_columns_belong_together(table):
    assert table.sigmas.dtype == table.alphas_cumprod.dtype == torch.float64
    assert (table.sigmas.diff() > 0).all() and len(table) == 1000
    torch.testing.assert_close(table.alphas_cumprod, 1 / (1 + table.sigmas**2))
    torch.testing.assert_close(table.snr, table.sigmas**-2)
    torch.testing.assert_close(table.alphas_cumprod[1:] / table.alphas_cumprod[:-1], 1 - table.betas[1:])


@given(t=st.floats(0, 999))
@settings(deadline=None)
def test_sigma_and_timestep_are_inverse(t):
    sigma = SD.sigma(t)
    assert SD.timestep(sigma).item() == pytest.approx(t, abs=1e-6)
    below, above = SD.sigmas[math.floor(t)].log().item(), SD.sigmas[math.ceil(t)].log().item()
    assert sigma.log().item() == pytest.approx(below + (t - math.floor(t)) * (above - below), abs=1e-12)


def test_whole_timesteps_hit_the_table_in_any_shape():
    t = torch.arange(1000).reshape(10, 100)
    torch.testing.assert_close(SD.sigma(t), SD.sigmas.reshape(10, 100))
    torch.testing.assert_close(SD.timestep(SD.sigmas), torch.arange(1000, dtype=torch.float64), rtol=0, atol=1e-9)
    assert SD.timestep(SD.sigmas.float()).shape == (1000,)  # float32 rounds the ends out of the table by a hair


def test_timestep_can_be_differentiated():
    sigma = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(SD.timestep(sigma), sigma)
    finite = (SD.timestep(1.3 + 1e-6) - SD.timestep(1.3 - 1e-6)) / 2e-6
    torch.testing.assert_close(slope, finite, rtol=1e-6, atol=0)


@pytest.mark.parametrize("t", [-0.01, 999.5, 5000, math.nan, torch.tensor([3.0, -1.0])])
def test_a_timestep_outside_the_table_is_refused(t):
    with pytest.raises(ValueError, match="timestep must lie in the table, 0 to 999; got"):
        SD.sigma(t)


@pytest.mark.parametrize("sigma", [0.0, 0.02, 14.7, -1.0, math.nan, math.inf])
def test_a_sigma_outside_the_table_is_refused(sigma):
    with pytest.raises(ValueError, match=r"sigma must lie in the table, 0.0291\d* to 14.6\d*; got"):
        SD.timestep(sigma)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NoiseTable(torch.tensor([0.1])), "at least two numbers"),
        (lambda: NoiseTable(torch.tensor([0.1, 1.0, 0.2])), "got beta 1 at step 1"),
        (lambda: NoiseTable(torch.tensor([0.1, math.nan])), "got beta nan at step 1"),
        (lambda: NoiseTable(torch.zeros(2, 2)), "1 axes"),
        (lambda: NoiseTable([0.1, 0.2]), "must be a tensor"),
        (lambda: NoiseTable.linear(steps=1), "steps must be a whole number, at least 2; got 1"),
        (lambda: NoiseTable.linear(beta_end=1.5), r"the last beta must be a number in \[0, 1\]; got 1.5"),
        (lambda: NoiseTable.scaled_linear(beta_start=-0.1), r"beta_start must be a number in \[0, 1\]; got -0.1"),
        (lambda: NoiseTable.cosine(offset=-1), "offset must be"),
    ],
)
def test_bad_tables_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_the_callers_betas_stay():
    betas = torch.linspace(0.1, 0.2, 5)
    table = NoiseTable(betas)
    betas += 1
    assert table.betas.max() < 0.21
