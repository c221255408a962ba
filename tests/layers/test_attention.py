from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.layers import attention, causal_mask, join_heads, split_heads

EXACT = {"rtol": 1e-10, "atol": 1e-12}
small = st.integers(1, 4)


def numbers(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def of_pytorch(query, key, value, heads, mask=None):
    q, k, v = (t.reshape(*t.shape[:2], heads, -1).transpose(1, 2) for t in (query, key, value))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(*query.shape[:2], -1)


@given(
    B=small,
    N=small,
    M=small,
    heads=small,
    width=small,
    value_width=small,
    kind=st.sampled_from(["none", "bool", "float"]),
)
@settings(deadline=None, max_examples=80)
def test_attention_is_that_of_pytorch(B, N, M, heads, width, value_width, kind):
    query, key = numbers(0, B, N, heads * width), numbers(1, B, M, heads * width)
    value = numbers(2, B, M, heads * value_width)
    mask = {"none": None, "bool": numbers(3, B, heads, N, M) > 0, "float": numbers(3, B, heads, N, M)}[kind]
    if kind == "bool":
        mask[..., 0] = True
    inputs = [query, key, value] + ([] if mask is None else [mask])
    before = [t.clone() for t in inputs]
    out, weights = attention(query, key, value, heads=heads, mask=mask, return_weights=True)
    torch.testing.assert_close(out, of_pytorch(query, key, value, heads, mask), **EXACT)
    assert weights.shape == (B, heads, N, M)
    torch.testing.assert_close(weights.sum(-1), torch.ones(B, heads, N, dtype=torch.float64), **EXACT)
    if kind == "bool":
        assert (weights[~mask] == 0).all()
    torch.testing.assert_close(join_heads(weights @ split_heads(value, heads)), out, **EXACT)
    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))


@pytest.mark.parametrize("shape", [(3, 5), (1, 5), (2, 1, 3, 5), (4, 1, 5), (2, 1, 1, 5), (5,), ()])
def test_masks_broadcast_as_in_pytorch(shape):
    query, key, value = numbers(0, 2, 3, 8), numbers(1, 2, 5, 8), numbers(2, 2, 5, 4)
    mask = numbers(3, *shape)
    expected = of_pytorch(query, key, value, 4, mask.expand(2, 4, 3, 5))
    torch.testing.assert_close(attention(query, key, value, heads=4, mask=mask), expected, **EXACT)


def test_causal_attention_is_that_of_pytorch():
    x = numbers(0, 2, 6, 8)
    q = x.reshape(2, 6, 2, 4).transpose(1, 2)
    expected = F.scaled_dot_product_attention(q, q, q, is_causal=True).transpose(1, 2).reshape(2, 6, 8)
    torch.testing.assert_close(attention(x, x, x, heads=2, mask=causal_mask(6)), expected, **EXACT)


def test_scores_are_divided_by_the_root_of_the_head_width_by_hand():
    query = torch.tensor([[[2.0, 0.0, 0.0, 0.0]]], dtype=torch.float64)
    key = torch.tensor([[[3.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]], dtype=torch.float64)
    value = torch.tensor([[[1.0], [0.0]]], dtype=torch.float64)
    assert attention(query, key, value).item() == pytest.approx(math.exp(3) / (math.exp(3) + 1), rel=1e-12)


def test_large_scores_do_not_overflow():
    x = torch.tensor([[[1e4], [-1e4]]])
    assert attention(x, x, x).tolist() == [[[1e4], [-1e4]]]


def test_derivatives_forward_and_backward():
    query, key, value = numbers(0, 1, 3, 4), numbers(1, 1, 2, 4), numbers(2, 1, 2, 2)
    mask = torch.tensor([[True, False], [True, True], [False, True]])

    def run(query, key, value):
        return attention(query, key, value, heads=2, mask=mask)

    inputs = [t.clone().requires_grad_() for t in (query, key, value)]
    assert torch.autograd.gradcheck(run, inputs, check_forward_ad=True)
    direction, h = numbers(4, 1, 3, 4), 1e-6
    slope = torch.func.jvp(lambda q: run(q, key, value), (query,), (direction,))[1]
    difference = (run(query + h * direction, key, value) - run(query - h * direction, key, value)) / (2 * h)
    torch.testing.assert_close(slope, difference, rtol=1e-6, atol=1e-8)


def test_heads_are_split_and_joined():
    x = numbers(0, 2, 3, 8)
    parts = split_heads(x, 4)
    assert parts.shape == (2, 4, 3, 2)
    assert torch.equal(parts[:, 1], x[..., 2:4])
    assert torch.equal(join_heads(parts), x)
    assert split_heads(torch.zeros(0, 3, 8), 2).shape == (0, 2, 3, 4)


x, m = torch.zeros(2, 3, 8), torch.ones(3, 3, dtype=torch.bool)
nothing = torch.tensor([[True, True, True], [False, False, False], [True, True, True]])


@pytest.mark.parametrize(
    "change, message",
    [
        ({"query": torch.zeros(3, 8)}, r"query must have the 3 axes \(B, N, C\); got shape \(3, 8\)"),
        ({"query": x.long()}, "query must hold floats; got torch.int64"),
        ({"key": x.double()}, "key must be torch.float32, .*; got torch.float64"),
        ({"value": x.double()}, "value must be torch.float32, .*; got torch.float64"),
        ({"key": torch.zeros(2, 3, 7)}, r"key .* width of query \(2, 3, 8\); got \(2, 3, 7\)"),
        ({"key": torch.zeros(1, 3, 8)}, r"key .* must have the batch .*; got \(1, 3, 8\)"),
        ({"value": torch.zeros(2, 4, 8)}, r"value .* count of key \(2, 3, 8\); got \(2, 4, 8\)"),
        ({"key": x[:, :0], "value": x[:, :0]}, r"one key at least.*; got key \(2, 0, 8\)"),
        ({"heads": 3}, "heads must divide the width 8; got 3"),
        ({"heads": 4, "value": torch.zeros(2, 3, 6)}, "heads must divide the width 6; got 4"),
        ({"heads": 0}, "heads must be a whole number, at least 1; got 0"),
        ({"mask": [True]}, "mask must be a tensor of bool or of torch.float32, .*; got list"),
        ({"mask": m.long()}, "mask must be a tensor of bool or of torch.float32, .*; got torch.int64"),
        ({"mask": m.double()}, "mask .* torch.float32, .*; got torch.float64"),
        ({"mask": m[:, :2]}, r"mask must have a shape .* = \(2, 1, 3, 3\); got \(3, 2\)"),
        ({"mask": m.expand(5, 2, 1, 3, 3)}, r"mask must have a shape .*; got \(5, 2, 1, 3, 3\)"),
        ({"mask": m.expand(2, 3, 3, 3)}, r"mask must have a shape .* = \(2, 1, 3, 3\); got \(2, 3, 3, 3\)"),
        ({"mask": nothing}, "every query look at one key at least; got a row that may look at nothing"),
        ({"mask": torch.full((3, 3), -math.inf)}, "got a row that may look at nothing"),
        ({"mask": torch.tensor(False)}, "got a row that may look at nothing"),
        ({"mask": torch.full((3, 3), math.nan)}, "finite numbers or minus infinity; got NaN or plus infinity"),
        ({"mask": torch.full((3, 3), math.inf)}, "finite numbers or minus infinity; got NaN or plus infinity"),
    ],
)
def test_attention_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        attention(**{"query": x, "key": x, "value": x} | change)


def test_helpers_refuse():
    with pytest.raises(ValueError, match="n must be a whole number, at least 1; got 0"):
        causal_mask(0)
    with pytest.raises(ValueError, match=r"x must have the 4 axes \(B, heads, N, D\); got shape \(2, 3, 8\)"):
        join_heads(x)
    with pytest.raises(ValueError, match=r"x must have the 3 axes \(B, N, C\); got shape \(3, 8\)"):
        split_heads(x[0], 2)
