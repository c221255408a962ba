"""Every deterministic sampler, and every other with its noise off, is of the order that was measured for it."""

import math
from functools import cache

import pytest
import torch
from scipy.integrate import solve_ivp

from course_lib.diffusion import GaussianDenoiser, MixtureDenoiser, NoiseTable
from course_lib.samplers import SAMPLERS, sample
from course_lib.samplers.own_loops.supreme import PLAIN
from course_lib.samplers.passport import SIGMA_MAX, SIGMA_MIN, even_levels, observed_order

TABLE = NoiseTable.scaled_linear()
COUNTS = (32, 64, 128, 256)
MIXTURE = MixtureDenoiser(
    torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
    torch.tensor([[-1.5, 0.5], [1.0, 1.25], [0.75, -1.75]], dtype=torch.float64),
    torch.tensor([0.35, 0.25, 0.5], dtype=torch.float64),
)
PROBLEMS = {"gaussian": GaussianDenoiser(0.3, 0.5), "mixture": MIXTURE}
STARTS = {
    "gaussian": SIGMA_MAX * torch.tensor([[-0.7], [0.3], [1.2]], dtype=torch.float64),
    # Slopes of methods that mix orders depend on where the paths start; these three show the ones in the table.
    "mixture": SIGMA_MAX * torch.tensor([[0.9762, -0.1859], [-0.2713, 0.1557], [0.3232, -1.2477]], dtype=torch.float64),
}
OFF = {"eta": 0.0}
BARE = {**PLAIN, "eta": 0.0, "perphist": 0.0, "substeps": 1}


def bare(method):
    return ("supreme", BARE | {"step_method": method})


# (sampler, options): orders on the Gaussian with Karras' levels and with even ones in log sigma, then on the mixture.
ORDERS = [
    ("euler", {}, 0.99, 0.99, 1.01, 1.01),
    ("euler_ancestral", OFF, 0.99, 0.99, 1.01, 1.01),
    ("ddim", {}, 0.99, 0.99, 1.01, 1.01),
    ("euler_ancestral_dancing", OFF | {"eta_dance": 0.0}, 0.99, 0.99, 1.01, 1.01),
    ("heun", {}, 2.02, 2.02, 2.03, 2.03),
    ("heunpp2", {}, 0.99, 0.99, 1.01, 1.01),
    ("lms", {}, 3.67, 3.54, 3.25, 3.20),
    ("lms", {"order": 3}, 2.88, 2.84, 2.85, 2.79),
    ("lms", {"order": 2}, 1.94, 1.94, 1.95, 1.94),
    ("ipndm", {}, 2.02, 2.01, 1.98, 1.96),
    ("dpm_2", {}, 2.01, 2.01, 2.03, 2.02),
    ("dpm_2_ancestral", OFF, 2.01, 2.01, 2.03, 2.02),
    ("dpm_fast", {}, 1.91, 1.91, 2.45, 2.45),
    ("dpmpp_2s_ancestral", OFF, 1.98, 1.99, 1.98, 1.98),
    ("dpmpp_sde", OFF, 1.98, 1.99, 1.98, 1.98),
    ("dpmpp_2m", {}, 2.03, 1.99, 2.06, 2.05),
    ("dpmpp_2m_sde", OFF, 2.03, 1.99, 2.06, 2.05),
    ("dpmpp_2m_sde", OFF | {"solver_type": "heun"}, 2.04, 2.01, 2.07, 2.05),
    ("dpmpp_3m_sde", OFF, 1.86, 2.06, 1.88, 1.83),
    ("dpmpp_3m_sde_gpu", OFF, 1.86, 2.06, 1.88, 1.83),
    ("dpmpp_3m_sde_dynamic_eta", {"eta_max": 0.0}, 1.86, 2.06, 1.88, 1.83),
    ("uni_pc", {}, 2.29, 2.12, 1.97, 1.91),
    ("uni_pc_bh2", {}, 2.33, 2.15, 1.99, 1.95),
    ("ttm", OFF, 1.99, 1.98, 2.02, 2.01),
    ("lcm", {}, 0.00, 0.00, 0.00, 0.00),
    ("lcm_custom_noise", {}, 0.00, 0.00, 0.00, 0.00),
    ("dpmpp_dualsde_momentumized", OFF, 0.88, 0.97, 0.89, 0.96),
    ("dpmpp_dualsde_momentumized", OFF | {"momentum": 0.5}, 0.93, 0.99, 0.93, 0.96),
    ("dpmpp_dualsde_momentumized", OFF | {"fixed_r": True}, 0.92, 1.00, 0.92, 0.98),
    ("clyb_4m_sde_momentumized", OFF, 2.14, 2.04, 2.17, 1.79),
    ("clyb_4m_sde_momentumized", OFF | {"momentum": 0.5}, 0.80, 1.06, 0.80, 1.05),
    ("res_momentumized", {"ita": 0.0}, 2.00, 2.00, 1.98, 1.98),
    ("res_momentumized", {"ita": 0.0, "momentum": 0.5}, 0.96, 0.98, 0.95, 0.96),
    (*bare("euler"), 0.99, 0.99, 1.01, 1.01),
    (*bare("dpm_1s"), 0.99, 0.99, 1.01, 1.01),
    (*bare("dpm_2s"), 2.01, 2.01, 2.03, 2.02),
    (*bare("dpm_3s"), 3.72, 3.07, 3.13, 3.12),
    (*bare("bogacki_shampine"), 1.05, 1.05, 1.04, 1.03),
    (*bare("rk4"), 4.00, 4.01, 3.95, 4.03),
    (*bare("rkf45"), 4.23, 4.27, 4.04, 4.17),
    (*bare("reversible_heun"), 1.99, 1.99, 1.97, 1.97),
    (*bare("reversible_heun_1s"), 0.86, 0.86, 0.80, 0.75),
    (*bare("reversible_bogacki_shampine"), 0.53, 0.38, 0.28, 1.03),
    (*bare("trapezoidal"), 2.02, 2.02, 2.03, 2.03),
    (*bare("RES"), 2.00, 2.00, 1.98, 1.98),
    (*bare("adaptive_rk"), 1.36, 1.30, 1.37, 1.32),
]


def levels(kind, count):
    if kind == "karras":
        return even_levels(count, to_zero=False)
    return [SIGMA_MAX * (SIGMA_MIN / SIGMA_MAX) ** (i / count) for i in range(count + 1)]


@cache
def exact(problem):
    """Where the three paths end at sigma_min."""
    x = STARTS[problem]
    if problem == "gaussian":
        return PROBLEMS[problem].solve(x, SIGMA_MAX, SIGMA_MIN)

    def slope(sigma, flat):
        state = torch.tensor(flat).reshape(x.shape)
        return ((state - PROBLEMS[problem](state, torch.tensor(sigma, dtype=torch.float64))) / sigma).flatten().numpy()

    solved = solve_ivp(slope, (SIGMA_MAX, SIGMA_MIN), x.flatten().numpy(), "DOP853", rtol=1e-12, atol=1e-12)
    return torch.tensor(solved.y[:, -1]).reshape(x.shape)


def slope(problem, kind, name, options):
    """The mean slope of log2 error over three doublings."""
    found = []
    for count in (COUNTS[0], COUNTS[-1]):
        sigmas = levels(kind, count)
        if name == "res_momentumized":  # never steps to the last level of its list
            sigmas, options = [*sigmas, 0.0], options | {"denoise_to_zero": False}
        x = STARTS[problem]
        noise = lambda *pair, x=x: torch.zeros_like(x)  # noqa: E731  # lcm has no other way to switch it off
        result = sample(name, PROBLEMS[problem], x, sigmas, noise_sampler=noise, **options)
        found.append((result - exact(problem)).abs().max().item())
    return math.log2(found[0] / found[1]) / (len(COUNTS) - 1)


@pytest.mark.parametrize("row", ORDERS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_observed_orders(row):
    name, options, *wanted = row
    found = [slope(problem, kind, name, options) for problem in PROBLEMS for kind in ("karras", "log")]
    assert found == pytest.approx(wanted, abs=0.15)


@pytest.mark.parametrize(("name", "order"), [("pndm", 2), ("plms", 2), ("ddim", 1)])
def test_orders_on_training_steps(name, order):
    """pndm, plms and ddim on even training steps, as diffusers takes them: 20 and 50 of 1000."""
    found = []
    for count in (20, 50):
        spacing = 1000 // count
        sigmas = [*(TABLE.sigmas[1 + spacing * (count - 1 - k)].item() for k in range(count)), TABLE.sigma_min]
        x = STARTS["gaussian"]
        exact = PROBLEMS["gaussian"].solve(x, sigmas[0], sigmas[-1])
        options = {"table": TABLE} if name == "pndm" else {}
        found.append((sample(name, PROBLEMS["gaussian"], x, sigmas, **options) - exact).abs().max().item())
    assert math.log(found[0] / found[1]) / math.log(2.5) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("name", [name for name, row in SAMPLERS.items() if row.order])
def test_a_row_says_the_order_that_is_observed(name):
    assert observed_order(name) == pytest.approx(SAMPLERS[name].order, abs=0.36)


def test_dpm_adaptive_meets_its_tolerance():
    x = STARTS["gaussian"]
    for order, rtol, wanted_error, wanted_calls in [
        (3, 0.05, 1.8e-2, 30),
        (3, 0.01, 1.5e-2, 33),
        (3, 1e-3, 1.7e-3, 51),
        (3, 1e-4, 8.8e-5, 87),
    ]:
        calls = 0

        def counting(x, sigma):
            nonlocal calls
            calls += 1
            return PROBLEMS["gaussian"](x, sigma)

        result = sample("dpm_adaptive", counting, x, [SIGMA_MAX, SIGMA_MIN], order=order, rtol=rtol, atol=0.156 * rtol)
        error = (result - exact("gaussian")).abs().max().item()
        assert error == pytest.approx(wanted_error, rel=0.2) and calls == wanted_calls
