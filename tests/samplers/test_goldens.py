"""Every sampler gives what the published programs give: result, calls, noise pairs; inputs stay untouched."""

import pytest
import torch

from course_lib.samplers import SAMPLERS, sample
from tests.samplers.goldens import REFERENCES, Counting, Pool, denoiser, read, sigmas, tensor

CASES = [case for file in sorted((REFERENCES / "samplers").glob("*.json")) for case in read(file)["cases"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_agrees_with_the_published_program(case):
    denoise, noise = Counting(denoiser(case["denoiser"])), Pool(case)
    x, levels = tensor(case["x_T"]), sigmas(case)
    x_before, levels_before = x.clone(), levels.clone()
    result = sample(case["sampler"], denoise, x, levels, noise_sampler=noise, **case["params"])
    torch.testing.assert_close(result, tensor(case["x_final"]), rtol=1e-9, atol=1e-9)
    assert len(denoise.sigmas) == case["n_denoiser_calls"]
    assert noise.left == []
    assert torch.equal(x, x_before) and torch.equal(levels, levels_before)


def test_every_sampler_has_cases():
    assert set(SAMPLERS) == {case["sampler"] for case in CASES}
