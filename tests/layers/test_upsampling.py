from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import upsample_nearest


@pytest.mark.parametrize("factor", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 4, 5)])
def test_upsampling_is_that_of_pytorch(factor, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    before = x.clone()
    out = upsample_nearest(x, factor)
    torch.testing.assert_close(out, F.interpolate(x, scale_factor=factor, mode="nearest"), rtol=0, atol=0)
    out.zero_()
    assert torch.equal(x, before)


def test_the_usual_factor_is_two():
    assert upsample_nearest(torch.zeros(1, 2, 3, 4)).shape == (1, 2, 6, 8)


def test_gradient_sums_each_block():
    x = torch.zeros(1, 1, 2, 2, requires_grad=True)
    (upsample_nearest(x, 2) * torch.arange(16.0).reshape(1, 1, 4, 4)).sum().backward()
    assert x.grad[0, 0].tolist() == [[0 + 1 + 4 + 5, 2 + 3 + 6 + 7], [8 + 9 + 12 + 13, 10 + 11 + 14 + 15]]


@pytest.mark.parametrize(
    "x, factor, message",
    [
        (torch.zeros(3, 4), 2, r"x must have the 4 axes \(B, C, H, W\); got shape \(3, 4\)"),
        (torch.zeros(1, 1, 3, 4).int(), 2, "x must hold floats; got torch.int32"),
        (torch.zeros(1, 1, 3, 4), 0, "factor must be a whole number, at least 1; got 0"),
        (torch.zeros(1, 1, 3, 4), 1.5, "factor must be a whole number, at least 1; got 1.5"),
    ],
)
def test_upsampling_refuses(x, factor, message):
    with pytest.raises(ValueError, match=message):
        upsample_nearest(x, factor)
