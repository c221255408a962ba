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


def guided_in_interval(
    denoise_without: Callable, denoise_with: Callable, cfg_scale: float, low: float, high: float
) -> Callable:
    """Like `guided`, but only at noise levels with low < sigma <= high; elsewhere the words as they are, in one call.

    Raises ValueError as `guide` does, and where the two levels do not rise from 0 or more.
    Source: Kynkäänniemi et al. 2024, arXiv 2404.07724.

    Example:

    >>> denoise = guided_in_interval(lambda x, sigma: x * 0, lambda x, sigma: x * 0 + 1, 7.5, low=0.5, high=5)
    >>> [denoise(torch.zeros(1, 1), sigma).item() for sigma in (14.6, 5.0, 0.5)]
    [1.0, 7.5, 1.0]
    """
    check_scale(cfg_scale)
    low = expect.number("low", low, low=0)
    high = expect.number("high", high, low=low)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        conditional = denoise_with(x, sigma)
        return guide(denoise_without(x, sigma), conditional, cfg_scale) if low < sigma <= high else conditional

    return denoise


def guided_and_rescaled(
    denoise_without: Callable, denoise_with: Callable, cfg_scale: float, share: float = 0.7
) -> Callable:
    """Like `guided`, and then each result is brought back towards the spread that it has with the words alone.

    Both are denoise(x, sigma) -> (B, ...). share : in [0, 1], 0 for `guided` itself; see `rescale`.
    Raises ValueError as `guide` does, and for another share.

    Example:

    >>> x = torch.tensor([[1.0, -1.0]])
    >>> guided_and_rescaled(lambda x, sigma: 0 * x, lambda x, sigma: x, 3.0, share=1.0)(x, 1.0).round(decimals=3)
    tensor([[ 1., -1.]])
    """
    check_scale(cfg_scale)
    expect.number("share", share, 0, 1)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        conditional = denoise_with(x, sigma)
        return rescale(guide(denoise_without(x, sigma), conditional, cfg_scale), conditional, share)

    return denoise


def rescale(result: torch.Tensor, like: torch.Tensor, share: float) -> torch.Tensor:
    """Bring the standard deviation of each result to that of `like`, and take this much of it, the rest as it was.

    result, like : (B, ...), at least two numbers in each of B; share : in [0, 1]. Returns (B, ...).
    The paper does this to what its network predicts, v; the course to the guess of the clean picture. A result that is
    constant has no spread, and stays.
    Raises ValueError for two shapes, and for another share.
    Source: Lin, Liu, Li, Yang 2023, arXiv 2305.08891, section 3.4.

    Example:

    >>> rescale(torch.tensor([[4.0, -4.0]]), torch.tensor([[1.0, -1.0]]), share=0.5)
    tensor([[ 2.5000, -2.5000]])
    """
    expect.number("share", share, 0, 1)
    if result.shape != like.shape:
        raise ValueError(f"both must have one shape; got {tuple(result.shape)} and {tuple(like.shape)}")
    spread, wanted = (each.flatten(1).std(dim=1).view(-1, *[1] * (each.ndim - 1)) for each in (result, like))
    factor = torch.where(spread > 0, wanted / spread, 1)
    return result * (share * factor + 1 - share)


def check_scale(cfg_scale: float, dtype: torch.dtype = torch.float32) -> float:
    """Refuse what is not a number from 0 to the largest that `dtype` holds; return it as float.

    Example:

    >>> check_scale(float("inf"))
    Traceback (most recent call last):
    ValueError: cfg_scale must be a number in [0, 3.40282e+38]; got inf
    """
    return expect.number("cfg_scale", cfg_scale, low=0, high=torch.finfo(dtype).max)
