"""Normalization: mean 0 and variance 1, then a scale and an offset that the network chooses."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import expect
from course_lib.layers._inputs import floats, per_channel


def group_norm(
    x: Tensor, groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Group normalization: each group of channels of each picture gets mean 0 and variance 1.

        mean, variance = over the channels of the group and over all pixels
        out = (x - mean) / sqrt(variance + eps) * weight + bias

    x (B, C, ...) gives out of the same shape; weight (C,) and bias (C,) hold one number for each channel. The
    variance divides by the count n, not n - 1. `eps`, in [0, inf], keeps a group of equal numbers from
    dividing by 0.
    Raises ValueError if x does not hold floats or has less than two axes, if groups does not divide the
    channels, or if weight, bias or eps do not fit.
    Source: Wu and He 2018, arXiv 1803.08494, section 3.

    Example:

    >>> x = torch.tensor([[[1.0, 3.0], [1.0, 3.0], [10.0, 10.0], [30.0, 30.0]]])
    >>> group_norm(x, groups=2)
    tensor([[[-1.0000,  1.0000],
             [-1.0000,  1.0000],
             [-1.0000, -1.0000],
             [ 1.0000,  1.0000]]])
    >>> group_norm(x, groups=3)
    Traceback (most recent call last):
    ValueError: groups must divide the 4 channels of x; got 3
    """
    floats("x", x, "(B, C, ...)")
    C = x.shape[1]
    if C % expect.whole("groups", groups):
        raise ValueError(f"groups must divide the {C} channels of x; got {groups}")
    out = _standardize(x.unflatten(1, (groups, C // groups)).flatten(2), eps).reshape(x.shape)
    along_channels = (C, *[1] * (x.ndim - 2))
    return _scale_and_offset(out, weight, bias, along_channels)


def layer_norm(x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """Layer normalization: every vector along the last axis gets mean 0 and variance 1.

        mean, variance = over the last axis
        out = (x - mean) / sqrt(variance + eps) * weight + bias

    x (..., C) gives out of the same shape; weight (C,) and bias (C,) hold one number for each channel. The
    variance divides by the count n, not n - 1. `eps`, in [0, inf], keeps a vector of equal numbers from
    dividing by 0.
    Raises ValueError if x does not hold floats or has no axis, or if weight, bias or eps do not fit.
    Source: Ba et al. 2016, arXiv 1607.06450, section 3.

    Example:

    >>> layer_norm(torch.tensor([[1.0, 3.0], [10.0, 30.0]]), weight=torch.tensor([1.0, 5.0]))
    tensor([[-1.0000,  5.0000],
            [-1.0000,  5.0000]])
    """
    floats("x", x, "(..., C)")
    out = _standardize(x, eps)
    return _scale_and_offset(out, weight, bias, (x.shape[-1],))


def _standardize(x: Tensor, eps: float) -> Tensor:
    """Bring the last axis to mean 0 and variance 1."""
    eps = expect.number("eps", eps, low=0)
    deviation = x - x.mean(dim=-1, keepdim=True)
    variance = (deviation**2).mean(dim=-1, keepdim=True)
    return deviation / torch.sqrt(variance + eps)


def _scale_and_offset(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: tuple) -> Tensor:
    """Multiply by weight and add bias, each (C,), laid along the axes of `shape`."""
    if weight is not None:
        per_channel("weight", weight, shape[0], out.dtype)
        out = out * weight.reshape(shape)
    if bias is not None:
        per_channel("bias", bias, shape[0], out.dtype)
        out = out + bias.reshape(shape)
    return out
