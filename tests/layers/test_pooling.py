from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.layers import avg_pool2d, max_pool2d

PEERS = {max_pool2d: F.max_pool2d, avg_pool2d: F.avg_pool2d}
sizes = st.integers(1, 9)
kernels = st.integers(1, 4)


@pytest.mark.parametrize("pool", PEERS)
@given(
    shape=st.tuples(st.integers(1, 3), st.integers(1, 3), sizes, sizes),
    kernel=st.one_of(kernels, st.tuples(kernels, kernels)),
    stride=st.one_of(st.none(), kernels, st.tuples(kernels, kernels)),
    padding=st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))),
    seed=st.integers(0, 1000),
)
@settings(deadline=None, max_examples=60)
def test_pooling_is_that_of_pytorch(pool, shape, kernel, stride, padding, seed):
    tall, wide = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    top, left = padding if isinstance(padding, tuple) else (padding, padding)
    assume(2 * top <= tall <= shape[2] + 2 * top and 2 * left <= wide <= shape[3] + 2 * left)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 3
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    out, expected = pool(ours, kernel, stride, padding), PEERS[pool](theirs, kernel, stride, padding)
    torch.testing.assert_close(out, expected, rtol=1e-10, atol=1e-12)
    (out**2).sum().backward()
    (expected**2).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-12)
    assert torch.equal(ours.detach(), x)


def test_max_pooling_of_the_lesson():
    x = torch.tensor([[[[2.0, 3, 1, 0], [5, 7, 6, 1], [4, 6, 8, 5], [9, 2, 3, 6]]]])
    assert max_pool2d(x, kernel=2, stride=2)[0, 0].tolist() == [[7, 6], [9, 8]]


def test_padding_is_never_the_largest_and_counts_in_the_mean():
    x = torch.full((1, 1, 2, 2), -1.0)
    assert max_pool2d(x, 2, padding=1).unique().tolist() == [-1]
    assert avg_pool2d(x, 2, padding=1).unique().tolist() == [-0.25]


@pytest.mark.parametrize("pool", PEERS)
@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": torch.zeros(4, 4)}, r"x must have the 4 axes \(B, C, H, W\); got shape \(4, 4\)"),
        ({"x": torch.zeros(1, 1, 4, 4).long()}, "x must hold floats; got torch.int64"),
        ({"kernel": 0}, "kernel .* at least 1; got 0"),
        ({"kernel": 5}, "must fit in the padded picture, 4 pixels; got kernel 5"),
        ({"stride": 0}, "stride .* at least 1; got 0"),
        ({"padding": -1}, "padding .* at least 0; got -1"),
        ({"kernel": 3, "padding": 2}, r"padding must be at most half the kernel \(3, 3\); got \(2, 2\)"),
        ({"kernel": (4, 2), "padding": 2}, r"padding must be at most half the kernel \(4, 2\); got \(2, 2\)"),
    ],
)
def test_pooling_refuses(pool, change, message):
    with pytest.raises(ValueError, match=message):
        pool(**{"x": torch.zeros(1, 1, 4, 4), "kernel": 2} | change)
