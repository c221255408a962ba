from __future__ import annotations

import math

import pytest
import torch
from diffusers.models.embeddings import get_timestep_embedding

from course_lib.layers import timestep_embedding


@pytest.mark.parametrize("width", [2, 3, 32, 33, 320])
@pytest.mark.parametrize("max_period", [100, 10000])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32, torch.float64])
def test_embedding_is_that_of_diffusers(width, max_period, dtype):
    timesteps = torch.tensor([0, 1, 2, 17, 500, 999]).to(dtype)
    if dtype.is_floating_point:
        timesteps = timesteps + 0.25
    expected = get_timestep_embedding(
        timesteps, width, flip_sin_to_cos=True, downscale_freq_shift=0, max_period=max_period
    )
    torch.testing.assert_close(timestep_embedding(timesteps, width, max_period), expected, rtol=0, atol=0)


def test_numbers_by_hand():
    cos_fast, cos_slow, sin_fast, sin_slow, last = timestep_embedding(torch.tensor([3]), 5, max_period=100)[0].tolist()
    assert (cos_fast, sin_fast) == pytest.approx((math.cos(3), math.sin(3)), abs=1e-6)
    assert (cos_slow, sin_slow) == pytest.approx((math.cos(0.3), math.sin(0.3)), abs=1e-6)
    assert last == 0


@pytest.mark.parametrize(
    "timesteps, width, max_period, message",
    [
        (torch.tensor(3), 8, 100, r"timesteps must have the 1 axes \(B,\); got shape \(\)"),
        (3, 8, 100, r"timesteps must be a tensor \(B,\); got int"),
        (torch.tensor([3]), 1, 100, "width must be a whole number, at least 2; got 1"),
        (torch.tensor([3]), 8.0, 100, "width must be a whole number, at least 2; got 8.0"),
        (torch.tensor([3]), 8, 0, r"max_period must be a number in \[1, inf\]; got 0"),
    ],
)
def test_embedding_refuses(timesteps, width, max_period, message):
    with pytest.raises(ValueError, match=message):
        timestep_embedding(timesteps, width, max_period)
