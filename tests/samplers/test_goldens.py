"""Every sampler gives what the published programs give: result, calls, noise pairs; inputs stay untouched."""

import pytest
import torch

from course_lib.samplers import SAMPLERS
from tests.samplers.goldens import REFERENCES, is_refused, read, run, sigmas, tensor, tolerance

ALL = [case for file in sorted((REFERENCES / "samplers").glob("*.json")) for case in read(file)["cases"]]
CASES = [case for case in ALL if not is_refused(case)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_published_program(case):
    result, calls, left = run(case)
    torch.testing.assert_close(result, tensor(case["x_final"]), rtol=tolerance(case), atol=tolerance(case))
    assert calls == case["n_denoiser_calls"]
    assert left == []


@pytest.mark.parametrize("case", [case for case in ALL if is_refused(case)], ids=lambda case: case["id"])
def test_one_step_is_refused_where_the_method_has_none(case):
    with pytest.raises(ValueError, match="needs at least 2 steps, which are 3 levels; got 2 levels"):
        run(case)


def test_every_sampler_has_cases():
    assert set(SAMPLERS) == {case["sampler"].removesuffix("_fixed_r") for case in CASES}
    assert len(ALL) == 603  # no case is lost on the way


@pytest.mark.parametrize("name", SAMPLERS)
def test_inputs_are_left_alone(name, monkeypatch):
    case = next(case for case in CASES if case["sampler"] == name and case["steps"] > 4)
    x, levels = tensor(case["x_T"]), sigmas(case)
    monkeypatch.setattr("tests.samplers.goldens.tensor", lambda value: x if value is case["x_T"] else tensor(value))
    monkeypatch.setattr("tests.samplers.goldens.sigmas", lambda case: levels)
    run(case)
    assert torch.equal(x, tensor(case["x_T"])) and torch.equal(levels, sigmas(case))
