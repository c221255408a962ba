"""The move that all samplers share, and the check of the levels they are given."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def move(x: torch.Tensor, target: torch.Tensor, sigma: float, sigma_to: float) -> torch.Tensor:
    """From `sigma` down to `sigma_to`, straight towards a target: target + (sigma_to / sigma) * (x - target).

    x, target : (B, ...). With target = denoised this is the Euler step in sigma, and the first-order exponential
    step in log sigma: the two coincide. Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 1, line 6.

    Example:

    >>> move(torch.tensor([3.0]), torch.tensor([1.0]), 2.0, 1.0)
    tensor([2.])
    """
    return torch.lerp(target, x, sigma_to / sigma)


def check_levels(sigmas: torch.Tensor | Sequence[float]) -> list[float]:
    """The noise levels as a list of floats, at least two, finite, strictly falling, none negative.

    sigmas : (levels,), a tensor or a sequence. It is not changed. Raises ValueError otherwise, naming the level.

    Example:

    >>> check_levels([2.0, 1.0, 1.0])
    Traceback (most recent call last):
    ValueError: sigmas must fall; got 3 levels, level 2 (1) not below level 1 (1)
    """
    if not isinstance(sigmas, torch.Tensor):
        sigmas = torch.tensor(sigmas, dtype=torch.float64)
    if sigmas.ndim != 1 or len(sigmas) < 2:
        raise ValueError(f"sigmas must be a list of at least two levels; got shape {tuple(sigmas.shape)}")
    levels = sigmas.tolist()
    for index, level in enumerate(levels):
        if not 0 <= level < float("inf"):
            raise ValueError(f"sigmas must be finite and not negative; got {level:g} as level {index} of {len(levels)}")
        if index and level >= levels[index - 1]:
            raise ValueError(
                f"sigmas must fall; got {len(levels)} levels, "
                f"level {index} ({level:g}) not below level {index - 1} ({levels[index - 1]:g})"
            )
    return levels
