"""The tests can fail: each estimator, noise rule and own loop is broken once in a way that is easy to miss, and seen.

A mutant is the same source with a piece replaced. It is run on the published cases of a row that uses it; at least one
must come out differently. A mutant whose piece is not in the source any more is a failure, too.
"""

import dataclasses
import inspect
import textwrap

import pytest
import torch

from course_lib.samplers import SAMPLERS, estimators, multistep, noise
from course_lib.samplers.own_loops import clyb_4m_sde, dancing, dpm_adaptive, dpm_fast, dual_sde, res, supreme, uni_pc
from course_lib.samplers.parts import dpm_solver, momentum, supreme_methods, supreme_pictures
from tests.samplers.goldens import run, tensor, tolerance
from tests.samplers.test_goldens import CASES


def mutate(function, old, new):
    """The same function with a piece of its source replaced, over the same globals."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {function.__name__}"
    names = dict(function.__globals__)
    exec(source.replace(old, new), names)
    return names[function.__name__]


def survives(row):
    """Whether all published cases of a row come out as published."""
    cases = [case for case in CASES if case["sampler"].removesuffix("_fixed_r") == row]
    assert cases
    for case in cases:
        try:
            result, calls, left = run(case)
        except (AssertionError, ValueError, IndexError, RuntimeError, TypeError, AttributeError):
            return False
        close = torch.allclose(result, tensor(case["x_final"]), rtol=tolerance(case), atol=tolerance(case))
        if not close or calls != case["n_denoiser_calls"] or left:
            return False
    return True


# (row, function, piece, what stands in its place)
ESTIMATORS = [
    ("euler", estimators.denoised_itself, "here.denoised", "here.x"),
    ("heun", estimators.trapezoid, "(here.slope + slope_there) / 2", "0.45 * here.slope + 0.55 * slope_there"),
    ("heun", estimators.trapezoid, "here.sigma_to == 0", "here.sigma_to < 0.03"),
    ("heunpp2", estimators.three_slopes, "sigma_after / (3 * highest)", "sigma_after / (2 * highest)"),
    ("heunpp2", estimators.three_slopes, "sigma_after - sigma_next", "sigma_after - here.sigma"),
    (
        "dpm_2",
        estimators.slope_at_midpoint,
        "math.sqrt(here.sigma * here.sigma_to)",
        "(here.sigma + here.sigma_to) / 2",
    ),
    (
        "dpmpp_2s_ancestral",
        estimators.denoised_at_midpoint,
        "here.sigma * here.sigma_to",
        "here.sigma * here.sigma_next",
    ),
    ("dpmpp_sde", estimators.denoised_on_noisy_way, "1 / (2 * r)", "r"),
    ("dpmpp_sde", estimators.denoised_on_noisy_way, "here.sigma, middle, sigma_up", "middle, here.sigma, sigma_up"),
    ("ttm", estimators.taylor, "here.denoised - here.x, -sigma", "here.denoised - here.x, 0 * sigma"),
    ("ttm", estimators.taylor, "phi(2, -h) / phi(1, -h)", "phi(2, -h)"),
    ("lms", multistep.adams_bashforth, "[:order]", "[:max(1, order - 1)]"),
    ("lms", multistep.adams_bashforth, "here.sigma_to - here.sigma)", "here.sigma_to - here.sigma + 1e-3)"),
    ("ipndm", multistep.adams_bashforth_even, "[:max_order]", "[:2]"),
    ("plms", multistep.heun_then_adams_bashforth, "trapezoid(here)", "here.denoised"),
    ("pndm", multistep.runge_kutta_then_adams_bashforth, "here.index >= 3", "here.index >= 2"),
    (
        "pndm",
        multistep.runge_kutta_then_adams_bashforth,
        "[1 / 6, 2 / 6, 2 / 6, 1 / 6]",
        "[1 / 8, 3 / 8, 3 / 8, 1 / 8]",
    ),
    ("dpmpp_2m", multistep.two_guesses, "1 + 1 / (2 * _step_ratio(here, 1))", "1 + _step_ratio(here, 1) / 2"),
    ("dpmpp_2m_sde", multistep.two_guesses_sde, "here.sigma / here.sigma_to", "here.sigma / here.sigma_next"),
    ("dpmpp_3m_sde", multistep.three_guesses, "(2 if repaired else 1) * ", "2 * "),
    ("dpmpp_3m_sde", multistep.three_guesses, "_step_ratio(here, 2)", "_step_ratio(here, 1)"),
]
RULES = [
    ("euler_ancestral", noise.ancestral_or_nothing, "eta=eta", "eta=min(1, 2 * eta)"),
    ("dpmpp_2s_ancestral", noise.ancestral, "1 - ratio**2", "1 - ratio"),
    ("dpmpp_2s_ancestral", noise.ancestral, "math.sqrt(sigma_next**2 - up**2)", "sigma_next"),
    ("dpmpp_2m_sde", noise.diffusive, "-2 * eta * h", "-eta * h"),
    ("dpmpp_2m_sde", noise.diffusive, "math.exp(-eta * h)", "math.exp(-h)"),
    ("dpmpp_3m_sde_dynamic_eta", noise.diffusive_fading, "math.pi * progress", "2 * math.pi * progress"),
    ("lcm", noise.renoise, "0.0, sigma_next", "0.0, sigma"),
    ("dpm_2", noise.none, "sigma_next, 0.0\n", "0.99 * sigma_next, 0.0\n"),
]
LOOPS = [
    (
        "euler_ancestral_dancing",
        dancing.dancing,
        "noise, leapt_to, sigma_next, sigma_next",
        "noise, sigma, sigma_next, sigma_next",
    ),
    ("euler_ancestral_dancing", dancing.dancing, "index + leap < len(levels)", "index + leap < len(levels) - 2"),
    ("dpm_fast", dpm_fast.dpm_fast, "[2, 1]", "[1, 2]"),
    ("dpm_adaptive", dpm_adaptive.dpm_adaptive, "x_before, x, gone, index = low,", "x_before, x, gone, index = high,"),
    ("dpm_adaptive", dpm_adaptive.dpm_adaptive, "order if eta == 0 else 1.5", "order"),
    ("uni_pc", uni_pc._walk, "min(index + 1, highest_order, steps - index)", "min(index + 1, highest_order)"),
    ("uni_pc", uni_pc._walk, "if index < steps - 1:", "if index < steps:"),
    ("clyb_4m_sde_momentumized", clyb_4m_sde.clyb_4m_sde, "(1 + eta) * steps[0]", "steps[0]"),
    ("dpmpp_dualsde_momentumized", dual_sde.dual_sde, "steps[2] / steps[1]", "steps[1] / steps[2]"),
    ("dpmpp_dualsde_momentumized", dual_sde.dual_sde, "index == 2 and", "index == 1 and len(steps) > 2 and"),
    ("res_momentumized", res.res, "level = levels[-3]", "level = levels[-2]"),
    ("res_momentumized", res.res, "sigma / levels[0]", "sigma_next / levels[0]"),
    ("supreme", supreme.supreme, '"rkf45" if first else asked', "asked"),
    ("supreme", supreme.supreme, "history[:] = [denoised]", "history[:] = history or [denoised]"),
]


def check(row, field, mutant, monkeypatch):
    monkeypatch.setitem(SAMPLERS, row, dataclasses.replace(SAMPLERS[row], **{field: mutant}))
    assert not survives(row)


def name(mutant):
    return f"{mutant[0]}-{mutant[2]}"


@pytest.mark.parametrize("mutant", ESTIMATORS, ids=name)
def test_a_broken_estimator_is_seen(mutant, monkeypatch):
    check(mutant[0], "estimator", mutate(*mutant[1:]), monkeypatch)


@pytest.mark.parametrize("mutant", RULES, ids=name)
def test_a_broken_noise_rule_is_seen(mutant, monkeypatch):
    check(mutant[0], "noise_rule", mutate(*mutant[1:]), monkeypatch)


@pytest.mark.parametrize("mutant", LOOPS, ids=name)
def test_a_broken_loop_is_seen(mutant, monkeypatch):
    row, function, old, new = mutant
    broken = mutate(function, old, new)
    if function is uni_pc._walk:
        monkeypatch.setattr(uni_pc, "_walk", broken)
        assert not survives(row)
    else:
        check(row, "own_loop", broken, monkeypatch)


# Pieces that several loops share, broken where they stand.
SHARED = [
    ("dpm_fast", dpm_solver.Solver, "second", "phi(1, h) / (2 * r)", "phi(1, h) / 2"),
    ("dpm_fast", dpm_solver.Solver, "third", "r_2 / r_1", "r_1 / r_2"),
    ("dpm_adaptive", dpm_adaptive.Controller, "accepts", "[inverse, self.past[0]]", "[inverse, inverse]"),
    ("dpm_adaptive", dpm_adaptive.Controller, "accepts", "1 + math.atan(factor - 1)", "factor"),
    ("clyb_4m_sde_momentumized", momentum.Velocity, "__call__", "tau - self.momentum / 2", "tau"),
]


@pytest.mark.parametrize("mutant", SHARED, ids=lambda m: f"{m[0]}-{m[2]}-{m[3]}")
def test_a_broken_method_is_seen(mutant, monkeypatch):
    row, owner, method, old, new = mutant
    monkeypatch.setattr(owner, method, mutate(getattr(owner, method), old, new))
    assert not survives(row)


PIECES = [
    (
        "clyb_4m_sde_momentumized",
        clyb_4m_sde,
        momentum.four_point_correction,
        "steps[0] / steps[1]\n",
        "steps[1] / steps[0]\n",
    ),
    ("supreme", supreme_methods, supreme_methods._reversible_heun, "alpha=-(at.h_reversible**2) / 4", "alpha=0"),
    ("supreme", supreme_methods, supreme_methods._change, "at.sigma - at.sigma_before", "0"),
    ("supreme", supreme_pictures, supreme_pictures.enhance_edges, "(filtered - x)", "(filtered - denoised)"),
    ("supreme", supreme_pictures, supreme_pictures.modulate, "(1 - strength) * noise", "noise"),
    ("supreme", supreme_pictures, supreme_pictures.remember, "(b - a *", "(b + a *"),
]


@pytest.mark.parametrize("mutant", PIECES, ids=lambda m: f"{m[0]}-{m[2].__name__}")
def test_a_broken_piece_is_seen(mutant, monkeypatch):
    row, module, function, old, new = mutant
    broken = mutate(function, old, new)
    monkeypatch.setattr(module, function.__name__, broken)
    for method, (taken, order) in supreme_methods.METHODS.items():
        if taken is function:
            monkeypatch.setitem(supreme_methods.METHODS, method, (broken, order))
    assert not survives(row)


def test_nothing_broken_survives_by_accident():
    for row in ("euler", "uni_pc", "supreme"):
        assert survives(row)


def test_every_estimator_and_every_rule_has_a_mutant():
    assert {row.estimator for row in SAMPLERS.values()} - {None} == {mutant[1] for mutant in ESTIMATORS}
    assert {row.noise_rule for row in SAMPLERS.values()} == {mutant[1] for mutant in RULES}
    loops = {row.own_loop for row in SAMPLERS.values()} - {None}
    assert loops - {mutant[1] for mutant in LOOPS} == {uni_pc.uni_pc, uni_pc.uni_pc_bh2}  # broken in what they share
