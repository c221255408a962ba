"""Schedules: the published programs' levels, the shape of every list, and bad input."""

import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.diffusion import NoiseTable
from course_lib.schedulers import SCHEDULERS, make_sigmas

TABLE = NoiseTable.scaled_linear()
REFERENCE = json.loads((Path(__file__).parents[1] / "references/schedulers/schedulers.json").read_text())
# The programs' own names for what are options here.
SAME_AS = {
    **{f"ays_node_{model}": ("align_your_steps", {"model": model}) for model in ("sd1", "sdxl", "svd")},
    "ays_sd1": ("ays", {"model": "sd1"}),
    "ays_sd1+": ("ays+", {"model": "sd1"}),
    "ays_sd1_30": ("ays_30", {"model": "sd1"}),
    "ays_sd1_30+": ("ays_30+", {"model": "sd1"}),
}
NEEDS_TWO = {"gits", "ays+", "ays_30+"}
NAMES = pytest.mark.parametrize("name", SCHEDULERS)


def read(case):
    name, options = SAME_AS.get(case["scheduler"], (case["scheduler"], {}))
    return name, case["steps"], options | case.get("params", {})


def is_refused(case):
    """The programs' answers to one step are only a record where the method needs two."""
    return case["steps"] == 1 and read(case)[0] in NEEDS_TWO


def levels(case, key="sigmas_f64"):
    return torch.tensor(case[key], dtype=torch.float64)


CASES = [case for case in REFERENCE["schedules"] if not is_refused(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['scheduler']}-{c['steps']}-{c['params']}")
def test_agrees_with_the_published_program(case):
    name, steps, options = read(case)
    sigmas = make_sigmas(name, steps, TABLE, **options)
    torch.testing.assert_close(sigmas, levels(case), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(sigmas, levels(case, "sigmas_f32_reference"), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("case", REFERENCE["discard_penultimate"], ids=lambda c: f"{c['scheduler']}-{c['steps']}")
def test_discarding_the_penultimate_level(case):
    sigmas = make_sigmas(case["scheduler"], case["steps"], TABLE, discard_penultimate=True)
    torch.testing.assert_close(sigmas, levels(case), rtol=1e-9, atol=1e-9)


def test_the_table_itself():
    torch.testing.assert_close(TABLE.sigmas, levels(REFERENCE, "sd15_sigma_table_f64"), rtol=1e-9, atol=0)


def test_every_scheduler_has_cases():
    assert {read(case)[0] for case in CASES} == set(SCHEDULERS)
    assert len(SCHEDULERS) == 14 and len(REFERENCE["schedules"]) - len(CASES) == 4  # the four "+" cases of one step


@NAMES
@given(steps=st.integers(2, 100), discard=st.booleans())
@settings(deadline=None, max_examples=30)
def test_every_list_falls_to_zero(name, steps, discard):
    sigmas = make_sigmas(name, steps, TABLE, discard_penultimate=discard)
    assert sigmas.dtype == torch.float64
    if name == "ddim_uniform":  # as many as fit
        stride = 1000 // (steps + discard)
        assert len(sigmas) == math.ceil(999 / stride) + 1 - discard
    else:
        assert sigmas.shape == (steps + 1,)
        assert sigmas[0] == pytest.approx(TABLE.sigma_max, rel=1e-8)
    assert (sigmas[1:] < sigmas[:-1]).all() and sigmas[-1] == 0


@NAMES
def test_nothing_depends_on_the_default_dtype(name):
    before = make_sigmas(name, 7, TABLE)
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.equal(make_sigmas(name, 7, TABLE), before)
    finally:
        torch.set_default_dtype(torch.float32)


@NAMES
@pytest.mark.parametrize("table", [NoiseTable.linear(), NoiseTable.cosine()], ids=["linear", "cosine"])
def test_other_noise_tables(name, table):
    sigmas = make_sigmas(name, 12, table)
    assert (sigmas[1:] < sigmas[:-1]).all()
    fixed = name in ("align_your_steps", "gits")  # levels that were found for one table, whatever is given
    assert (sigmas[0] <= table.sigma_max * (1 + 1e-9)) or fixed


def test_a_small_table():
    small = NoiseTable.scaled_linear(steps=50)
    for name in set(SCHEDULERS) - {"ays", "ays+", "ays_30", "ays_30+"}:
        assert make_sigmas(name, 10, small)[-1] == 0
    for name in ("ays", "ays+", "ays_30", "ays_30+"):
        with pytest.raises(ValueError, match="belong to a noise table of 1000; got one of 50"):
            make_sigmas(name, 10, small)


def test_which_schedules_visit_the_lowest_level():
    lowest = {name for name in SCHEDULERS if make_sigmas(name, 10, TABLE)[-2] == pytest.approx(TABLE.sigma_min)}
    assert lowest == {"normal", "karras", "exponential", "ays+", "ays_30+"}


def test_karras_is_even_in_its_own_axis_and_exponential_in_the_logarithm():
    for rho in (1.0, 3.0, 7.0):
        warped = make_sigmas("karras", 12, TABLE, rho=rho)[:-1] ** (1 / rho)
        torch.testing.assert_close(warped.diff(), warped.diff()[:1].expand(11))
    logs = make_sigmas("exponential", 12, TABLE)[:-1].log()
    torch.testing.assert_close(logs.diff(), logs.diff()[:1].expand(11))


def test_linear_quadratic_is_what_its_name_says():
    sigmas = make_sigmas("linear_quadratic", 12, TABLE)
    falls = -sigmas.diff()
    torch.testing.assert_close(falls[:6], falls[:1].expand(6))  # even steps, half of them
    bends = falls[6:].diff()
    torch.testing.assert_close(bends, bends[:1].expand(5))  # then steps that grow evenly
    assert sigmas[6] == pytest.approx(TABLE.sigma_max * (1 - 0.025))
    sigmas = make_sigmas("linear_quadratic", 12, TABLE, linear_steps=3)
    assert sigmas[3] == pytest.approx(TABLE.sigma_max * (1 - 0.025))


def test_beta_takes_repeated_timesteps_once():
    assert [len(make_sigmas("beta", steps, TABLE)) - 1 for steps in (50, 100, 333)] == [50, 100, 324]


@NAMES
@pytest.mark.parametrize("steps", [0, -3, 2.5, "ten", None, True])
def test_bad_step_counts_are_refused(name, steps):
    with pytest.raises(ValueError, match="steps must be a whole number, at least 1; got"):
        make_sigmas(name, steps, TABLE)


@pytest.mark.parametrize("name", sorted(NEEDS_TWO))
def test_one_step_is_refused_where_there_is_no_such_list(name):
    with pytest.raises(ValueError, match="needs at least 2 steps; got 1"):
        make_sigmas(name, 1, TABLE)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        *(("karras", {"rho": rho}, "rho must be") for rho in (0, -1, math.nan, math.inf)),
        *(("beta", {"alpha": value}, "alpha must be a number above 0; got") for value in (0, -1, math.nan, "x")),
        ("beta", {"beta": 0}, "beta must be a number above 0; got 0"),
        *(("linear_quadratic", {"threshold_noise": v}, "threshold_noise must be") for v in (0, 1.5, math.nan)),
        *(("linear_quadratic", {"linear_steps": v}, "linear_steps must be") for v in (0, 5, 2.5)),
        *((name, {"model": "sd3"}, "model must be one of") for name in ("ays", "ays+", "ays_30", "align_your_steps")),
        ("ays", {"model": "svd"}, "model must be one of sdxl, sd1; got 'svd'"),
        *((name, {"denoise": v}, "denoise must") for name in ("gits", "align_your_steps") for v in (0, 1.5, 0.01)),
        ("karras", {"alpha": 1}, "has no option 'alpha'; it takes rho, discard_penultimate"),
        ("normal", {"rho": 7}, "has no option 'rho'; it takes discard_penultimate"),
    ],
)
def test_bad_options_are_refused(name, options, said):
    with pytest.raises(ValueError, match=said):
        make_sigmas(name, 5, TABLE, **options)


def test_more_steps_than_there_are_levels_are_refused():
    with pytest.raises(ValueError, match="do not fall"):
        make_sigmas("simple", 1500, TABLE)
    with pytest.raises(ValueError, match="do not fall"):
        make_sigmas("linear_quadratic", 5, TABLE, threshold_noise=1.0)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="unknown scheduler 'karas'; did you mean karras"):
        make_sigmas("karas", 5, TABLE)
