"""Identities and closed forms: what the samplers are, whoever programmed them."""

import math

import pytest
import torch

from course_lib.diffusion import MixtureDenoiser
from course_lib.samplers import SAMPLERS, sample, steps
from course_lib.samplers import noise as rules
from course_lib.samplers.mathematics import move, phi, target_of
from course_lib.samplers.multistep import EVEN_WEIGHTS
from course_lib.samplers.parts import runge_kutta
from tests.samplers.problems import DENOISE, SIGMAS, TABLE, generator, needs, start

MIXTURE = MixtureDenoiser(
    torch.tensor([0.4, 0.6]), torch.tensor([[-1.0, 0.5, 0.0], [1.0, 0.0, 0.3]]), torch.tensor([0.3, 0.2])
)


def path(name, sigmas=SIGMAS, denoise=MIXTURE, **options):
    walked = steps(name, denoise, start(2, 3), sigmas, generator=generator(), **needs(name, **options))
    return torch.stack([step.x_next for step in walked])


# Pairs of samplers that are one: the whole path agrees, not only its end.
SAME = [
    *((("ddim", {"eta": eta}), ("euler_ancestral", {"eta": eta})) for eta in (0.0, 0.3, 1.0, 1.7)),
    (("ddim", {}), ("euler", {})),
    (("euler_ancestral", {"eta": 0.0}), ("euler", {})),
    (("euler_ancestral_dancing", {"leap": 1}), ("euler_ancestral", {})),
    (("euler_ancestral_dancing", {"eta": 0.0, "eta_dance": 0.0}), ("euler", {})),
    (("dpmpp_2m_sde", {"eta": 0.0}), ("dpmpp_2m", {})),
    (("dpmpp_3m_sde", {}), ("dpmpp_3m_sde_gpu", {})),
    (("dpmpp_3m_sde_dynamic_eta", {"eta_max": 0.7, "eta_min": 0.7}), ("dpmpp_3m_sde", {"eta": 0.7})),
    (("dpmpp_sde", {"eta": 0.0}), ("dpmpp_2s_ancestral", {"eta": 0.0})),
    (("dpm_2_ancestral", {"eta": 0.0}), ("dpm_2", {})),
    (("lms", {"order": 1}), ("euler", {})),
    (("ipndm", {"max_order": 1}), ("euler", {})),
    (("lcm_custom_noise", {}), ("lcm", {})),
    (
        ("supreme", {"perphist": 0.0, "eta": 0.0, "substeps": 1, "step_method": "dpm_1s"}),
        ("supreme", {"perphist": 0.0, "eta": 0.0, "substeps": 1}),
    ),
    (
        ("supreme", {"perphist": 0.0, "step_method": "rk4"}),
        ("supreme", {"perphist": 0.0, "step_method": "rk4", "reversible_eta": 0.5}),
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def test_two_names_for_one_sampler(one, other):
    (name, options), (other_name, other_options) = one, other
    torch.testing.assert_close(path(name, **options), path(other_name, **other_options), rtol=1e-12, atol=1e-12)


def test_supreme_is_euler_ancestral_after_its_first_step():
    x, sigmas = start(2, 3), SIGMAS[1:]
    settings = needs("supreme", perphist=0.0, substeps=1)
    first, *others = steps("supreme", DENOISE, x, sigmas, generator=generator(), **settings)
    rest = sample("euler_ancestral", DENOISE, first.x_next, sigmas[1:], noise_sampler=None, generator=_after_one_draw())
    torch.testing.assert_close(others[-1].x_next, rest)


def _after_one_draw():
    used = generator()
    torch.randn(2, 3, generator=used, dtype=torch.float64)
    return used


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


def test_lms_of_even_steps_has_the_weights_of_the_textbook():
    from course_lib.samplers.multistep import _mean_of_lagrange

    for order, weights in EVEN_WEIGHTS.items():
        nodes = [float(-k) for k in range(order)]
        assert [_mean_of_lagrange(nodes, j) for j in range(order)] == pytest.approx(weights)


def test_ttm_on_a_gaussian_is_its_formula():
    (step,) = steps("ttm", DENOISE, start(2, 3), [3.0, 1.0], eta=0.0)
    x, std, sigma, h = step.x, DENOISE.std, 3.0, math.log(3.0)
    by_sigma = 2 * sigma * std**2 * (DENOISE.mean - x) / (std**2 + sigma**2) ** 2
    derivative = -(std**2) * (x - step.denoised) / (std**2 + sigma**2) - sigma * by_sigma
    first = 1 - math.exp(-h)
    torch.testing.assert_close(step.x_next, math.exp(-h) * x + first * step.denoised + (h - first) * derivative)


def test_a_parabola_is_exact_for_three_guesses():
    """A denoiser that is a parabola in log sigma is integrated exactly, though not as published."""

    def denoise(x, sigma):
        time = -sigma.log()
        return torch.ones_like(x) * (1 + 2 * time + 3 * time**2)

    sigmas = [8.0, 5.0, 3.0, 2.0]
    *_, last = steps("dpmpp_3m_sde", denoise, start(2, 3), sigmas, eta=0.0, repaired=True)
    # x' = D - x in time = -log sigma is solved by D - D' + D'' and a part that falls like exp(-time).
    particular = lambda t: 1 + 2 * t + 3 * t**2 - (2 + 6 * t) + 6  # noqa: E731
    before, after = -math.log(3.0), -math.log(2.0)
    exact = particular(after) + (last.x - particular(before)) * math.exp(before - after)
    torch.testing.assert_close(last.x_next, exact)
    *_, published = steps("dpmpp_3m_sde", denoise, start(2, 3), sigmas, eta=0.0)
    assert (published.x_next - last.x_next).abs().max() > 0.01


def test_repaired_3m_is_of_third_order():
    from course_lib.samplers.passport import observed_order

    assert observed_order("dpmpp_3m_sde") < 2.1
    assert observed_order("dpmpp_3m_sde", repaired=True) == pytest.approx(3, abs=0.15)


# Noise rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [rules.ancestral, rules.ancestral_or_nothing, rules.diffusive])
@pytest.mark.parametrize(("sigma", "sigma_next"), [(14.6, 9.1), (2.0, 1.0), (0.1, 0.0292)])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_a_split_keeps_the_noise_level(rule, sigma, sigma_next, eta):
    down, up = rule(sigma, sigma_next, eta=eta)
    assert down**2 + up**2 == pytest.approx(sigma_next**2, rel=1e-12)
    if eta == 1:
        assert down == pytest.approx(sigma_next**2 / sigma, rel=1e-9)  # the two agree at eta = 1


def test_a_split_adds_nothing_on_the_way_to_zero_or_without_eta():
    for rule in (
        rules.none,
        rules.ancestral,
        rules.ancestral_or_nothing,
        rules.diffusive,
        rules.diffusive_fading,
        rules.renoise,
    ):
        assert rule(2.0, 0.0) == (0.0, 0.0)
    assert (
        rules.diffusive(2.0, 1.0, eta=0.0) == rules.ancestral(2.0, 1.0, eta=0.0) == rules.none(2.0, 1.0) == (1.0, 0.0)
    )


def test_an_eta_that_leaves_nothing_below():
    assert rules.ancestral(2.0, 1.0, eta=50.0) == (0.0, 1.0)
    (step,) = steps("dpmpp_2s_ancestral", DENOISE, start(2, 3), [2.0, 1.0], generator=generator(), eta=50.0)
    assert not torch.equal(step.x_next, step.denoised)  # the noise that is due is added,

    def forbidden(sigma, sigma_next):
        raise AssertionError("drawn for nothing")

    for name in ("euler_ancestral", "dpm_2_ancestral", "ddim"):  # but not by these, whose programs leave it out
        (step,) = steps(name, DENOISE, start(2, 3), [2.0, 1.0], noise_sampler=forbidden, eta=50.0)
        assert torch.equal(step.x_next, step.denoised)


def test_the_fading_eta_falls_along_half_a_cosine():
    for progress, eta in [(0.0, 1.0), (0.5, 0.6), (1.0, 0.2)]:
        fading = rules.diffusive_fading(3.0, 2.0, progress, eta_max=1.0, eta_min=0.2)
        assert fading == pytest.approx(rules.diffusive(3.0, 2.0, eta=eta))


def test_churn_asks_for_noise_up_to_the_raised_level():
    asked = []

    def noise(sigma, sigma_next):
        asked.append((sigma, sigma_next))
        return torch.zeros(1, 2)

    sample("euler", DENOISE, torch.ones(1, 2), [4.0, 2.0, 0.0], noise_sampler=noise, s_churn=0.2, s_tmax=3.0)
    assert asked == [(2.0, pytest.approx(2.2))]


# Repaired variants of odd programs -------------------------------------------------------------------------------


def spread_of(name, count, **options):
    from course_lib.samplers.passport import even_levels, spread

    return spread(name, even_levels(count), **options)


def test_repaired_dancing_reaches_the_right_spread():
    assert spread_of("euler_ancestral_dancing", 200) == pytest.approx(0.70, abs=0.01)
    assert spread_of("euler_ancestral_dancing", 200, repaired=True) == pytest.approx(1, abs=0.04)


def test_a_consistent_end_of_res_is_nearer_to_the_exact_spread():
    odd, repaired = (abs(1 - spread_of("res_momentumized", 20, consistent_end=end)) for end in (False, True))
    assert repaired < odd


def test_repaired_bogacki_shampine_is_of_third_order():
    from course_lib.samplers.passport import observed_order

    settings = needs("supreme", perphist=0.0, substeps=1, step_method="bogacki_shampine")
    assert observed_order("supreme", **settings) < 1.2
    assert observed_order("supreme", **settings, repaired=True) == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("tableau", [runge_kutta.CLASSICAL, runge_kutta.FEHLBERG, runge_kutta.BOGACKI_SHAMPINE])
def test_runge_kutta_rules_meet_the_conditions_of_their_order(tableau):
    nodes = [0.0, *tableau.nodes]
    for power in range(1, 4 if len(nodes) > 3 else 3):
        found = sum(weight * node**power for weight, node in zip(tableau.weights, nodes, strict=True))
        assert found == pytest.approx(1 / (power + 1))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (((0.5,), ((0.25,),), (0, 1)), "must sum to its node 0.5"),
        (((0.5,), ((0.5,),), (0.5, 1)), "the weights .* must sum to 1"),
        (((0.5,), ((0.5,),), (0, 0.5, 0.5)), "has 2 nodes and as many rows; got 1 and 1"),
    ],
)
def test_a_tableau_that_cannot_be_right_is_refused(parts, words):
    with pytest.raises(ValueError, match=words):
        runge_kutta.Tableau(*parts)


def test_the_options_that_bring_noise_are_found_where_they_stand():
    found = {name: set(row.strengths) for name, row in SAMPLERS.items()}
    assert found["euler"] == {"s_churn"} and found["dpmpp_2m"] == set() == found["lcm"]
    assert found["dpmpp_3m_sde_dynamic_eta"] == {"eta_max", "eta_min"} and found["res_momentumized"] == {"ita"}
    assert found["euler_ancestral_dancing"] == {"eta", "eta_dance"} and found["supreme"] == {"eta"}


# Small things ----------------------------------------------------------------------------------------------------


def test_phi_joins_its_series_and_its_recursion():
    for order in range(5):
        for z in (-1.0, 1.0):
            assert phi(order, z * (1 - 1e-12)) == pytest.approx(phi(order, z * (1 + 1e-12)), rel=1e-9)
        assert phi(order, 0.0) == pytest.approx(1 / math.factorial(order))
        assert phi(order, -1e-9) == pytest.approx(1 / math.factorial(order), rel=1e-8)
        assert phi(order, -20.0) == pytest.approx(_integral(order, -20.0), rel=1e-6)


def _integral(order, z):
    """phi_k(z) is the integral of exp((1 - s) z) s**(k - 1) / (k - 1)! over [0, 1]."""
    if order == 0:
        return math.exp(z)
    s = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    return (torch.exp((1 - s) * z) * s ** (order - 1)).mean().item() / math.factorial(order - 1)


def test_target_of_undoes_move():
    x, target = start(2, 3), torch.ones(2, 3, dtype=torch.float64)
    torch.testing.assert_close(target_of(x, move(x, target, 3.0, 1.0), 3.0, 1.0), target)


# Denoisers that make trouble -------------------------------------------------------------------------------------


def test_dpm_adaptive_stops_where_it_cannot_reach_its_tolerance():
    def jumps(x, sigma):
        return x * torch.sin(1e6 * sigma.log()).sign()

    with pytest.raises(ValueError, match="within 50 attempts; it got to .* raise rtol"):
        sample("dpm_adaptive", jumps, start(2, 3), SIGMAS, rtol=1e-6, atol=1e-6, max_attempts=50)
    with pytest.raises(ValueError, match="needs finite numbers; got the error nan at sigma 14.6"):
        sample("dpm_adaptive", lambda x, sigma: x * math.nan, start(2, 3), SIGMAS)


def test_dpm_adaptive_on_one_level_has_nothing_to_do():
    x = start(2, 3)
    result = sample("dpm_adaptive", DENOISE, x, [2.0, 0.0])
    assert torch.equal(result, x) and result is not x


def test_uni_pc_refuses_levels_below_where_it_ends():
    for name in ("uni_pc", "uni_pc_bh2"):
        with pytest.raises(ValueError, match="0.001 in place of 0, so the level before must be higher; got 0.0005"):
            steps(name, DENOISE, start(2, 3), [2.0, 1.0, 0.0005, 0.0])


def test_supreme_says_what_needs_pictures():
    with pytest.raises(ValueError, match="needs pictures .* for edge_enhancement, noise_modulation; got the shape"):
        steps("supreme", DENOISE, start(2, 3), SIGMAS, generator=generator(), centralization=0, normalization=0)
    with pytest.raises(ValueError, match="one picture at a time; got a batch of 2"):
        steps("supreme", DENOISE, start(2, 3, 4, 4), SIGMAS, generator=generator(), noise_modulation="spectral_signum")


def test_pndm_refuses_levels_outside_its_table():
    with pytest.raises(ValueError, match="sigma must lie in the table"):
        sample("pndm", DENOISE, start(2, 3), [99.0, 3.0, 2.0, 1.0, 0.0], table=TABLE)


def test_ttm_says_when_the_denoiser_has_no_forward_derivative():
    class Opaque(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 0.5

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

    with pytest.raises(RuntimeError) as caught:
        sample("ttm", lambda x, sigma: Opaque.apply(x), start(2, 3), SIGMAS, generator=generator())
    assert "ttm differentiates through the denoiser in forward mode" in caught.value.__notes__[0]
