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
CASES = [case for case in REFERENCE["schedules"] if case["scheduler"] in SCHEDULERS]
DISCARDED = [case for case in REFERENCE["discard_penultimate"] if case["scheduler"] in SCHEDULERS]
NAMES = pytest.mark.parametrize("name", SCHEDULERS)


def levels(case, key="sigmas_f64"):
    return torch.tensor(case[key], dtype=torch.float64)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['scheduler']}-{c['steps']}-{c['params']}")
def test_agrees_with_the_published_program(case):
    sigmas = make_sigmas(case["scheduler"], case["steps"], TABLE, **case["params"])
    torch.testing.assert_close(sigmas, levels(case), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", DISCARDED, ids=lambda c: f"{c['scheduler']}-{c['steps']}")
def test_discarding_the_penultimate_level(case):
    sigmas = make_sigmas(case["scheduler"], case["steps"], TABLE, discard_penultimate=True)
    torch.testing.assert_close(sigmas, levels(case), rtol=1e-9, atol=1e-9)


def test_every_scheduler_has_cases():
    assert {case["scheduler"] for case in CASES} == set(SCHEDULERS)
    assert DISCARDED


@NAMES
@given(steps=st.integers(1, 200), discard=st.booleans())
@settings(deadline=None, max_examples=30)
def test_every_list_falls_to_zero(name, steps, discard):
    sigmas = make_sigmas(name, steps, TABLE, discard_penultimate=discard)
    assert sigmas.dtype == torch.float64 and sigmas.shape == (steps + 1,)
    assert (sigmas[1:] < sigmas[:-1]).all() and sigmas[-1] == 0
    assert sigmas[0] == pytest.approx(TABLE.sigma_max)


def test_karras_is_even_in_its_own_axis_and_exponential_in_the_logarithm():
    for rho in (1.0, 3.0, 7.0):
        warped = make_sigmas("karras", 12, TABLE, rho=rho)[:-1] ** (1 / rho)
        torch.testing.assert_close(warped.diff(), warped.diff()[:1].expand(11))
    logs = make_sigmas("exponential", 12, TABLE)[:-1].log()
    torch.testing.assert_close(logs.diff(), logs.diff()[:1].expand(11))


@NAMES
@pytest.mark.parametrize("steps", [0, -3, 2.5, "ten", None, True])
def test_bad_step_counts_are_refused(name, steps):
    with pytest.raises(ValueError, match="steps must be a whole number, at least 1; got"):
        make_sigmas(name, steps, TABLE)


@pytest.mark.parametrize("rho", [0, -1, math.nan, math.inf])
def test_bad_rho_is_refused(rho):
    with pytest.raises(ValueError, match="rho must be"):
        make_sigmas("karras", 5, TABLE, rho=rho)


def test_unknown_names_and_options_are_refused():
    with pytest.raises(ValueError, match="unknown scheduler 'karas'; did you mean karras"):
        make_sigmas("karas", 5, TABLE)
    with pytest.raises(ValueError, match="has no option 'rho'; it takes discard_penultimate"):
        make_sigmas("normal", 5, TABLE, rho=7)
