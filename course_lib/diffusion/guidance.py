"""Classifier-free guidance: go further in the direction in which the words pull."""

from __future__ import annotations

from collections.abc import Callable

import torch

from course_lib import expect


def guide(unconditional: torch.Tensor, conditional: torch.Tensor, cfg_scale: float) -> torch.Tensor:
    """unconditional + cfg_scale * (conditional - unconditional).

    cfg_scale 0 ignores the words, 1 takes them as they are, above 1 exaggerates them. The formula is the same
    for eps, for v and for denoised pictures, since these differ by what both terms share.

    unconditional, conditional : the same shape (B, ...); cfg_scale at least 0. Returns (B, ...).
    Raises ValueError for a scale that is negative, NaN or too large for the precision, and for two shapes.
    Source: Ho, Salimans 2022, arXiv 2207.12598, eq. 6, with w = cfg_scale - 1.

    Example:

    >>> guide(torch.tensor([1.0]), torch.tensor([3.0]), 1.5)
    tensor([4.])
    """
    if unconditional.shape != conditional.shape:
        raise ValueError(
            "both predictions must have one shape; "
            f"got {tuple(unconditional.shape)} without the words and {tuple(conditional.shape)} with them"
        )
    return torch.lerp(unconditional, conditional, check_scale(cfg_scale, unconditional.dtype))


def guided(denoise_without: Callable, denoise_with: Callable, cfg_scale: float) -> Callable:
    """Wrap two denoisers, without and with the condition, into one that is guided: two calls for each of its own.

    Both are denoise(x, sigma) -> (B, ...). Raises ValueError as `guide` does.

    Example:

    >>> denoise = guided(lambda x, sigma: x * 0, lambda x, sigma: x * 0 + 1, 7.5)
    >>> denoise(torch.zeros(1, 1), 1.0)
    tensor([[7.5000]])
    """
    check_scale(cfg_scale)
    return lambda x, sigma: guide(denoise_without(x, sigma), denoise_with(x, sigma), cfg_scale)


def check_scale(cfg_scale: float, dtype: torch.dtype = torch.float32) -> float:
    """Refuse what is not a number from 0 to the largest that `dtype` holds; return it as float.

    Example:

    >>> check_scale(float("inf"))
    Traceback (most recent call last):
    ValueError: cfg_scale must be a number in [0, 3.40282e+38]; got inf
    """
    return expect.number("cfg_scale", cfg_scale, low=0, high=torch.finfo(dtype).max)
