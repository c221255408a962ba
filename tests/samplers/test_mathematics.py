"""Orders of accuracy, identities and closed forms: what the samplers are, whoever programmed them."""

import math

import pytest
import torch

from course_lib.diffusion import GaussianDenoiser, NoiseTable
from course_lib.samplers import SAMPLERS, sample, steps
from course_lib.samplers.estimators import Here
from course_lib.samplers.noise import ancestral, gaussian
from course_lib.schedulers import make_sigmas

TABLE = NoiseTable.scaled_linear()
DENOISE = GaussianDenoiser(0.3, 0.5)


def errors(run, counts):
    x = torch.tensor([[-9.0], [4.0], [17.0]], dtype=torch.float64)
    found = []
    for count in counts:
        sigmas = make_sigmas("karras", count, TABLE)[:-1]  # stop at sigma_min: the jump to 0 is not of any order
        exact = DENOISE.solve(x, sigmas[0].item(), sigmas[-1].item())
        found.append((run(x, sigmas) - exact).abs().max().item())
    return found


def slope(run):
    """The observed order: how much smaller the error is with twice as many steps, as a power of two."""
    coarse, fine = errors(run, (160, 320))
    return math.log2(coarse / fine)


@pytest.mark.parametrize("name", [name for name, row in SAMPLERS.items() if not row.stochastic])
def test_observed_order(name):
    assert slope(lambda x, sigmas: sample(name, DENOISE, x, sigmas)) == pytest.approx(SAMPLERS[name].order, abs=0.15)


def test_a_broken_heun_loses_its_order():
    def lopsided(x, sigmas):  # the weights of the two slopes add to 1 but are not equal
        for sigma, sigma_next in zip(sigmas[:-1].tolist(), sigmas[1:].tolist(), strict=True):
            here = Here(DENOISE, x, DENOISE(x, sigma), sigma, sigma_next, sigma_next, None, [])
            slope_there = here.slope(here.move(here.denoised, sigma_next), sigma_next)
            x = x + (sigma_next - sigma) * (0.4 * (x - here.denoised) / sigma + 0.6 * slope_there)
        return x

    assert slope(lopsided) < 1.5


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0, 1.7])
def test_ddim_is_euler_ancestral(eta):
    x, sigmas = torch.randn(2, 3, dtype=torch.float64), make_sigmas("normal", 8, TABLE)
    ddim, ancestral_ = (
        list(steps(name, DENOISE, x, sigmas, generator=torch.Generator().manual_seed(3), eta=eta))
        for name in ("ddim", "euler_ancestral")
    )
    for one, other in zip(ddim, ancestral_, strict=True):
        torch.testing.assert_close(one.x_next, other.x_next, rtol=0, atol=0)


def test_ddim_without_noise_is_euler():
    x, sigmas = torch.randn(2, 3, dtype=torch.float64), make_sigmas("karras", 8, TABLE)
    torch.testing.assert_close(sample("ddim", DENOISE, x, sigmas), sample("euler", DENOISE, x, sigmas), rtol=0, atol=0)


def test_ddim_in_its_own_coordinates():
    """Song et al. 2020, eq. 12, written with alphas_cumprod, gives the same numbers."""
    t = [900, 600, 300, 0]
    alphas, sigmas = TABLE.alphas_cumprod[t], TABLE.sigmas[t]
    x = 8.0 * torch.randn(2, 3, dtype=torch.float64)
    state = x * alphas[0].sqrt()
    for now, then in zip(alphas[:-1], alphas[1:], strict=True):
        x0 = DENOISE(state / now.sqrt(), ((1 - now) / now).sqrt())
        eps = (state - now.sqrt() * x0) / (1 - now).sqrt()
        state = then.sqrt() * x0 + (1 - then).sqrt() * eps
    torch.testing.assert_close(sample("ddim", DENOISE, x, sigmas), state / alphas[-1].sqrt())


@pytest.mark.parametrize(("sigma", "sigma_next"), [(14.6, 9.1), (2.0, 1.0), (0.1, 0.0292)])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_the_ancestral_split_keeps_the_noise_level(sigma, sigma_next, eta):
    down, up = ancestral(sigma, sigma_next, eta=eta)
    assert down**2 + up**2 == pytest.approx(sigma_next**2, rel=1e-12)
    if eta == 1:
        assert down == pytest.approx(sigma_next**2 / sigma, rel=1e-9)


def test_ancestral_spread_is_the_published_one():
    """Standard deviation of the result for N(0, 1) data, by exact propagation: every step is x -> a x + b z."""
    variance_of = {}
    for count in (5, 10, 20):
        sigmas = make_sigmas("karras", count, TABLE)
        one = torch.ones(1, 1, dtype=torch.float64)
        walked = list(
            steps(
                "euler_ancestral",
                GaussianDenoiser(0.0, 1.0),
                one,
                sigmas,
                noise_sampler=lambda *pair: torch.zeros(1, 1),
            )
        )
        variance = 1 + sigmas[0].item() ** 2
        for step in walked:
            _, up = ancestral(step.sigma, step.sigma_next)
            variance = variance * (step.x_next / step.x).item() ** 2 + up**2
        variance_of[count] = math.sqrt(variance)
    assert variance_of == pytest.approx({5: 0.559, 10: 0.733, 20: 0.853}, abs=0.001)


def test_gaussian_source_is_unit_noise_and_seeded():
    x = torch.zeros(4, 50_000)
    draw = gaussian(x, torch.Generator().manual_seed(0))(2.0, 1.0)
    assert draw.mean().abs() < 0.01 and (draw.std() - 1).abs() < 0.01
    assert torch.equal(draw, gaussian(x, torch.Generator().manual_seed(0))(9.0, 3.0))


@pytest.mark.parametrize("option", [{"s_noise": 0.0}, {"eta": 0.0}])
def test_noise_that_changes_nothing_is_not_drawn(option):
    def forbidden(sigma, sigma_next):
        raise AssertionError("drawn for nothing")

    sample("euler_ancestral", DENOISE, torch.ones(1, 2), [2.0, 1.0, 0.0], noise_sampler=forbidden, **option)


def test_churn_asks_for_noise_up_to_the_raised_level():
    asked = []

    def noise(sigma, sigma_next):
        asked.append((sigma, sigma_next))
        return torch.zeros(1, 2)

    sample("euler", DENOISE, torch.ones(1, 2), [4.0, 2.0, 0.0], noise_sampler=noise, s_churn=0.2, s_tmax=3.0)
    assert asked == [(2.0, pytest.approx(2.2))]


def test_an_eta_that_leaves_nothing_below_adds_no_noise_either():
    assert ancestral(2.0, 1.0, eta=50.0) == (0.0, 0.0)

    def forbidden(sigma, sigma_next):
        raise AssertionError("drawn for nothing")

    x = torch.ones(1, 2)
    (step,) = steps("euler_ancestral", DENOISE, x, [2.0, 1.0], noise_sampler=forbidden, eta=50.0)
    assert torch.equal(step.x_next, step.denoised)
