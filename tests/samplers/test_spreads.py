"""The spread of every sampler's results, noise included, by exact linear propagation: no random number is drawn."""

import math

import pytest
import torch

from course_lib.samplers import SAMPLERS
from course_lib.samplers.passport import even_levels, spread

COUNTS = (5, 10, 20, 50, 100, 200)

# (sampler, options, standard deviation s of the data): that of the results divided by s, at each count of steps,
# with Karras' levels down to 0 and independent noise.
SPREADS = [
    ("euler_ancestral", {}, 1.0, [0.559, 0.733, 0.853, 0.937, 0.968, 0.983]),
    ("euler_ancestral", {}, 0.25, [0.538, 0.693, 0.823, 0.92, 0.956, 0.974]),
    ("euler_ancestral_dancing", {}, 1.0, [0.52, 0.603, 0.651, 0.682, 0.694, 0.7]),
    ("euler_ancestral_dancing", {}, 0.25, [0.522, 0.591, 0.644, 0.679, 0.691, 0.698]),
    ("dpm_2_ancestral", {}, 1.0, [1.852, 1.15, 1.031, 1.004, 1.001, 1.0]),
    ("dpm_2_ancestral", {}, 0.25, [2.368, 1.218, 1.039, 1.0, 0.995, 0.994]),
    ("dpmpp_2s_ancestral", {}, 1.0, [0.736, 0.912, 0.975, 0.995, 0.999, 0.999]),
    ("dpmpp_2s_ancestral", {}, 0.25, [0.691, 0.879, 0.959, 0.987, 0.992, 0.993]),
    ("dpmpp_sde", {}, 1.0, [0.671, 0.795, 0.877, 0.942, 0.969, 0.984]),
    ("dpmpp_sde", {}, 0.25, [0.627, 0.765, 0.854, 0.927, 0.958, 0.975]),
    ("dpmpp_2m_sde", {}, 1.0, [1.013, 1.102, 1.032, 1.004, 1.001, 1.0]),
    ("dpmpp_2m_sde", {}, 0.25, [0.856, 1.026, 1.026, 0.999, 0.995, 0.994]),
    ("dpmpp_2m_sde", {"solver_type": "heun"}, 1.0, [1.366, 1.276, 1.063, 1.008, 1.001, 1.0]),
    ("dpmpp_2m_sde", {"solver_type": "heun"}, 0.25, [1.043, 1.167, 1.068, 1.004, 0.996, 0.994]),
    ("dpmpp_3m_sde", {}, 1.0, [2.077, 1.236, 1.012, 1.002, 1.0, 1.0]),
    ("dpmpp_3m_sde", {}, 0.25, [1.455, 1.37, 1.035, 0.997, 0.994, 0.993]),
    ("dpmpp_3m_sde_dynamic_eta", {}, 1.0, [1.864, 1.082, 1.007, 1.001, 1.0, 1.0]),
    ("dpmpp_3m_sde_dynamic_eta", {}, 0.25, [1.363, 1.152, 1.003, 0.994, 0.993, 0.993]),
    ("ttm", {}, 1.0, [1.623, 1.174, 1.042, 1.006, 1.001, 1.0]),
    ("ttm", {}, 0.25, [1.663, 1.219, 1.052, 1.002, 0.996, 0.994]),
    ("lcm", {}, 1.0, [0.519, 0.603, 0.65, 0.682, 0.694, 0.7]),
    ("lcm", {}, 0.25, [0.515, 0.585, 0.639, 0.676, 0.69, 0.697]),
    ("dpmpp_dualsde_momentumized", {}, 1.0, [1.454, 0.749, 0.97, 0.998, 0.999, 1.0]),
    ("dpmpp_dualsde_momentumized", {}, 0.25, [1.191, 1.046, 0.954, 0.991, 0.993, 0.993]),
    ("dpmpp_dualsde_momentumized", {"momentum": 0.5}, 1.0, [1.966, 0.885, 1.039, 1.026, 1.013, 1.006]),
    ("dpmpp_dualsde_momentumized", {"momentum": 0.5}, 0.25, [1.409, 1.318, 1.03, 1.019, 1.006, 1.0]),
    ("clyb_4m_sde_momentumized", {}, 1.0, [1.319, 0.732, 0.96, 0.996, 0.999, 0.999]),
    ("clyb_4m_sde_momentumized", {}, 0.25, [1.167, 1.015, 0.942, 0.987, 0.992, 0.993]),
    ("clyb_4m_sde_momentumized", {"momentum": 0.5}, 1.0, [1.553, 0.809, 1.013, 1.021, 1.012, 1.006]),
    ("clyb_4m_sde_momentumized", {"momentum": 0.5}, 0.25, [1.299, 1.18, 1.0, 1.013, 1.005, 0.999]),
    ("res_momentumized", {}, 1.0, [0.903, 0.978, 0.992, 0.997, 0.998, 0.998]),
    ("res_momentumized", {}, 0.25, [0.594, 0.916, 0.973, 0.989, 0.993, 0.994]),
    ("res_momentumized", {"momentum": 0.5}, 1.0, [1.011, 1.047, 1.034, 1.021, 1.016, 1.013]),
    ("res_momentumized", {"momentum": 0.5}, 0.25, [0.639, 0.986, 1.016, 1.014, 1.011, 1.01]),
    ("supreme", {}, 1.0, [0.558, 0.733, 0.853, 0.937, 0.968, 0.983]),
    ("supreme", {}, 0.25, [0.538, 0.693, 0.823, 0.92, 0.956, 0.974]),
    ("euler", {}, 1.0, [0.684, 0.845, 0.923, 0.969, 0.984, 0.992]),
    ("euler", {}, 0.25, [0.64, 0.811, 0.902, 0.957, 0.975, 0.984]),
    ("heun", {}, 1.0, [1.321, 1.056, 1.011, 1.001, 1.0, 1.0]),
    ("heun", {}, 0.25, [1.515, 1.079, 1.011, 0.996, 0.994, 0.993]),
    ("dpmpp_2m", {}, 1.0, [1.063, 1.054, 1.012, 1.001, 1.0, 1.0]),
    ("dpmpp_2m", {}, 0.25, [0.923, 1.029, 1.008, 0.996, 0.994, 0.993]),
    ("dpm_fast", {}, 1.0, [1.293, 1.007, 1.002, 1.001, 1.0, 1.0]),
    ("dpm_fast", {}, 0.25, [1.9, 0.948, 1.012, 1.007, 1.007, 1.007]),
    ("uni_pc", {}, 1.0, [1.849, 0.999, 0.998, 1.0, 1.0, 1.0]),
    ("uni_pc", {}, 0.25, [1.383, 1.152, 0.997, 0.994, 0.994, 0.994]),
    ("euler", {"s_churn": 10.0}, 1.0, [0.621, 0.775, 0.847, 0.925, 0.96, 0.979]),
    ("euler", {"s_churn": 10.0}, 0.25, [0.58, 0.743, 0.826, 0.912, 0.95, 0.971]),
    ("heun", {"s_churn": 10.0}, 1.0, [1.527, 1.126, 1.041, 1.007, 1.001, 1.0]),
    ("heun", {"s_churn": 10.0}, 0.25, [1.765, 1.161, 1.041, 1.0, 0.994, 0.993]),
    ("dpmpp_dualsde_momentumized", {"fixed_r": True}, 1.0, [1.672, 0.789, 0.987, 1.001, 1.0, 1.0]),
    ("dpmpp_dualsde_momentumized", {"fixed_r": True}, 0.25, [1.346, 1.144, 0.978, 0.995, 0.994, 0.994]),
]
BROWNIAN = {
    "dpmpp_sde": (0.818, 0.948, 0.988, 0.998, 0.999, 1.000),
    "dpmpp_dualsde_momentumized": (1.279, 0.863, 1.076, 1.054, 1.030, 1.015),
}


@pytest.mark.parametrize("row", SPREADS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_spreads(row):
    name, options, std, wanted = row
    found = [spread(name, even_levels(count), std, brownian=False, **options) for count in COUNTS]
    assert found == pytest.approx(wanted, abs=0.005)


@pytest.mark.parametrize("name", BROWNIAN)
def test_spreads_with_a_brownian_path(name):
    found = [spread(name, even_levels(count)) for count in COUNTS]
    assert found == pytest.approx(BROWNIAN[name], abs=0.005)


def test_every_stochastic_row_has_a_spread():
    stochastic = {name for name, row in SAMPLERS.items() if row.stochastic}
    same = {"dpmpp_3m_sde_gpu": "dpmpp_3m_sde", "lcm_custom_noise": "lcm"}
    assert {same.get(name, name) for name in stochastic} <= {row[0] for row in SPREADS}
    for name, other in same.items():
        assert spread(name, even_levels(7)) == spread(other, even_levels(7))


def test_lcm_tends_to_the_wrong_spread_whatever_the_number_of_steps():
    assert spread("lcm", even_levels(2000)) == pytest.approx(1 / math.sqrt(2), abs=0.002)


def test_the_spread_is_that_of_many_runs():
    """The same number by drawing: 40,000 results of Euler ancestral and of DPM++ SDE on one Brownian path each."""
    from course_lib.samplers import sample

    levels, generator = even_levels(5), torch.Generator().manual_seed(0)
    for name in ("euler_ancestral", "dpmpp_sde"):
        x = math.sqrt(1 + levels[0] ** 2) * torch.randn(40_000, 1, generator=generator, dtype=torch.float64)
        results = sample(name, lambda x, sigma: x / (1 + sigma**2), x, levels, generator=generator)
        assert results.std().item() == pytest.approx(spread(name, levels), abs=0.01)
