from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.layers import group_norm, layer_norm


def numbers(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) * 3 + 2


@given(
    groups=st.integers(1, 4),
    width=st.integers(1, 3),
    batch=st.integers(1, 3),
    rest=st.lists(st.integers(2, 4), min_size=1, max_size=3),
    affine=st.booleans(),
    eps=st.sampled_from([1e-6, 1e-5, 0.1]),
)
@settings(deadline=None, max_examples=60)
def test_group_norm_is_that_of_pytorch(groups, width, batch, rest, affine, eps):
    C = groups * width
    x, weight, bias = numbers(0, batch, C, *rest), numbers(1, C), numbers(2, C)
    options = {"weight": weight, "bias": bias} if affine else {}
    out = group_norm(x, groups, eps=eps, **options)
    torch.testing.assert_close(out, F.group_norm(x, groups, eps=eps, **options), rtol=1e-10, atol=1e-12)


@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    affine=st.booleans(),
    eps=st.sampled_from([1e-6, 1e-5, 0.1]),
)
@settings(deadline=None, max_examples=60)
def test_layer_norm_is_that_of_pytorch(shape, affine, eps):
    x, weight, bias = numbers(0, *shape), numbers(1, shape[-1]), numbers(2, shape[-1])
    options = {"weight": weight, "bias": bias} if affine else {}
    expected = F.layer_norm(x, shape[-1:], eps=eps, **options)
    torch.testing.assert_close(layer_norm(x, eps=eps, **options), expected, rtol=1e-10, atol=1e-12)


def test_eps_is_that_of_pytorch_unless_told():
    x = numbers(0, 2, 4, 3) * 1e-3
    torch.testing.assert_close(group_norm(x, 2), F.group_norm(x, 2), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(layer_norm(x), F.layer_norm(x, (3,)), rtol=1e-10, atol=1e-12)


def test_an_empty_batch_stays_empty():
    assert group_norm(torch.zeros(0, 4, 2, 2), 2).shape == (0, 4, 2, 2)


def test_gradients_dtype_and_unmodified_inputs():
    x, weight, bias = (numbers(n, *shape).requires_grad_() for n, shape in enumerate([(2, 4, 3), (4,), (4,)]))
    assert torch.autograd.gradcheck(lambda *a: group_norm(a[0], 2, *a[1:]), (x, weight, bias), check_forward_ad=True)
    assert torch.autograd.gradcheck(lambda *a: layer_norm(a[0].mT, *a[1:]), (x, weight, bias), check_forward_ad=True)
    half = [t.detach().to(torch.float16) for t in (x, weight, bias)]
    before = [t.clone() for t in half]
    assert group_norm(half[0], 2, *half[1:]).dtype == torch.float16 == layer_norm(half[0]).dtype
    assert all(torch.equal(a, b) for a, b in zip(half, before, strict=True))


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": torch.zeros(4)}, r"x must have at least the axes \(B, C, ...\); got shape \(4,\)"),
        ({"x": torch.zeros(2, 4, 3).long()}, "x must hold floats; got torch.int64"),
        ({"x": 3.0}, "x must be a tensor .*; got float"),
        ({"groups": 3}, "groups must divide the 4 channels of x; got 3"),
        ({"groups": 0}, "groups must be a whole number, at least 1; got 0"),
        ({"weight": torch.zeros(3)}, r"weight must have shape \(4,\), .*; got \(3,\)"),
        ({"bias": torch.zeros(2, 2)}, r"bias must have the 1 axes \(C,\); got shape \(2, 2\)"),
        ({"weight": torch.zeros(4).double()}, "weight must be torch.float32, .*; got torch.float64"),
        ({"eps": -1e-5}, r"eps must be a number in \[0, inf\]; got -1e-05"),
    ],
)
def test_group_norm_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        group_norm(**{"x": torch.zeros(2, 4, 3), "groups": 2} | change)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"x": torch.tensor(1.0)}, r"x must have at least the axes \(..., C\); got shape \(\)"),
        ({"x": torch.zeros(4).bool()}, "x must hold floats; got torch.bool"),
        ({"weight": torch.zeros(2)}, r"weight must have shape \(3,\), .*; got \(2,\)"),
        ({"bias": torch.zeros(2)}, r"bias must have shape \(3,\), .*; got \(2,\)"),
        ({"eps": float("nan")}, "eps must be a number .*; got nan"),
    ],
)
def test_layer_norm_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        layer_norm(**{"x": torch.zeros(2, 4, 3)} | change)
