"""Attention: every query looks at all keys and takes home a weighted mean of their values."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import expect
from course_lib.layers._inputs import floats


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    heads: int = 1,
    mask: Tensor | None = None,
    return_weights: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    """Scaled dot-product attention with several heads.

        q, k, v = the heads' parts of query, key, value
        scores  = q @ k.T / sqrt(width of a head)
        weights = softmax(scores) over the keys; each row sums to 1
        out     = weights @ v, the heads side by side again

    query (B, N, C), key (B, M, C), value (B, M, V) give out (B, N, V), and with `return_weights` also the
    weights (B, heads, N, M). Self-attention: all three come from the same N places. Cross-attention: key and
    value come from elsewhere, as from the M words of a prompt.
    `mask` is of a shape that broadcasts to (B, heads, N, M): bool, where True means "may look", or floats
    added to the scores, where minus infinity means "may not look". A query that may look at nothing has no
    mean to take; it is refused, where other programs answer NaN or 0.
    Raises ValueError if axes, widths, dtypes or the mask's shape do not fit together, if heads does not
    divide the widths, or if a query may look at nothing.
    Source: Vaswani et al. 2017, arXiv 1706.03762, eq. 1 and section 3.2.2.

    Example:

    >>> key = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> value = torch.tensor([[[10.0], [20.0]]])
    >>> query = torch.tensor([[[9.0, 0.0], [0.0, 0.0]]])    # close to the first key; as far from both
    >>> attention(query, key, value)
    tensor([[[10.0172],
             [15.0000]]])
    >>> out, weights = attention(query, key, value, mask=causal_mask(2), return_weights=True)
    >>> weights
    tensor([[[[1.0000, 0.0000],
              [0.5000, 0.5000]]]])
    """
    _check(query, key, value)
    q, k, v = split_heads(query, heads), split_heads(key, heads), split_heads(value, heads)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores + _as_scores(mask, scores)
    weights = torch.softmax(scores, dim=-1)
    out = join_heads(weights @ v)
    return (out, weights) if return_weights else out


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Cut the last axis into equal parts, one for each head: x (B, N, C) gives (B, heads, N, C / heads).

    Raises ValueError if x does not hold floats or has other axes, or if heads does not divide C.

    Example:

    >>> split_heads(torch.tensor([[[1.0, 2.0, 3.0, 4.0]]]), heads=2)
    tensor([[[[1., 2.]],
             [[3., 4.]]]])
    >>> split_heads(torch.zeros(1, 1, 4), heads=3)
    Traceback (most recent call last):
    ValueError: heads must divide the width 4; got 3
    """
    floats("x", x, "(B, N, C)")
    if x.shape[-1] % expect.whole("heads", heads):
        raise ValueError(f"heads must divide the width {x.shape[-1]}; got {heads}")
    return x.unflatten(-1, (heads, x.shape[-1] // heads)).transpose(1, 2)


def join_heads(x: Tensor) -> Tensor:
    """Put the heads side by side again: x (B, heads, N, D) gives (B, N, heads * D). It undoes `split_heads`.

    Raises ValueError if x does not hold floats or has other axes.

    Example:

    >>> join_heads(torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]]))
    tensor([[[1., 2., 3., 4.]]])
    """
    floats("x", x, "(B, heads, N, D)")
    return x.transpose(1, 2).flatten(2)


def causal_mask(n: int) -> Tensor:
    """Who may look at whom if nobody may look ahead: (n, n) bool, True where the key is not after the query.

    Stable Diffusion's text encoder uses it.
    Raises ValueError if n is not a whole number of at least 1.

    Example:

    >>> causal_mask(3)
    tensor([[ True, False, False],
            [ True,  True, False],
            [ True,  True,  True]])
    """
    places = torch.arange(expect.whole("n", n))
    return places[None, :] <= places[:, None]


def _as_scores(mask: Tensor, scores: Tensor) -> Tensor:
    """Turn the mask into numbers to add to the scores (B, heads, N, M); refuse one that does not fit."""
    if not isinstance(mask, Tensor) or mask.dtype not in (torch.bool, scores.dtype):
        came = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
        raise ValueError(f"mask must be a tensor of bool or of {scores.dtype}, like the query; got {came}")
    wanted = tuple(scores.shape)
    try:
        fits = torch.broadcast_shapes(mask.shape, wanted) == wanted
    except RuntimeError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask must have a shape that broadcasts to (B, heads, N, M) = {wanted}; got {tuple(mask.shape)}"
        )
    if mask.dtype == torch.bool:
        mask = torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -math.inf)
    if not (mask < math.inf).all():
        raise ValueError("mask must hold finite numbers or minus infinity; got NaN or plus infinity")
    if (mask == -math.inf).all(dim=-1).any():
        raise ValueError("mask must let every query look at one key at least; got a row that may look at nothing")
    return mask


def _check(query, key, value):
    """Refuse tensors whose axes, dtypes, batches, counts or widths do not fit together."""
    floats("query", query, "(B, N, C)")
    floats("key", key, "(B, M, C)", query.dtype)
    floats("value", value, "(B, M, V)", query.dtype)
    (B, _, C), M = query.shape, key.shape[1]
    if M == 0 or C == 0:
        raise ValueError(f"there must be one key at least, of width 1 at least; got key {tuple(key.shape)}")
    if key.shape != (B, M, C):
        raise ValueError(
            f"key (B, M, C) must have the batch and the width of query {tuple(query.shape)}; got {tuple(key.shape)}"
        )
    if value.shape[:2] != (B, M):
        raise ValueError(
            f"value (B, M, V) must have the batch and the count of key {tuple(key.shape)}; got {tuple(value.shape)}"
        )
