"""Schedules of even steps on a warped axis, between the table's highest and lowest sigma."""

from __future__ import annotations

import math

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable


def karras(steps: int, table: NoiseTable, *, rho: float = 7.0) -> torch.Tensor:
    """Even steps in sigma**(1 / rho): (steps,), falling. A larger rho spends more steps at low noise.

    Raises ValueError for a rho that is not above 0.
    Source: Karras et al. 2022, arXiv 2206.00364, eq. 5.

    Example:

    >>> [f"{sigma:.3f}" for sigma in karras(3, NoiseTable.scaled_linear())]
    ['14.615', '1.274', '0.029']
    """
    if expect.number("rho", rho, low=0) == 0 or math.isinf(rho):
        raise ValueError(f"rho must be above 0 and finite; got {rho}; for even steps in log sigma use 'exponential'")
    ends = torch.tensor([table.sigma_max, table.sigma_min], dtype=torch.float64) ** (1 / rho)
    return _even(ends, steps) ** rho


def exponential(steps: int, table: NoiseTable) -> torch.Tensor:
    """Even steps in log sigma: (steps,), falling; each level is the same fraction of the one before.

    Source: the limit of Karras et al. 2022, arXiv 2206.00364, eq. 5, for a large rho.

    Example:

    >>> [f"{sigma:.3f}" for sigma in exponential(3, NoiseTable.scaled_linear())]
    ['14.615', '0.653', '0.029']
    """
    ends = torch.tensor([table.sigma_max, table.sigma_min], dtype=torch.float64).log()
    return _even(ends, steps).exp()


def _even(ends: torch.Tensor, steps: int) -> torch.Tensor:
    return ends[0] + torch.linspace(0, 1, steps, dtype=torch.float64) * (ends[1] - ends[0])


def linear_quadratic(
    steps: int, table: NoiseTable, *, threshold_noise: float = 0.025, linear_steps: int | None = None
) -> torch.Tensor:
    """Small even steps in sigma first, then steps that grow as a parabola: (steps,), from sigma_max.

    In the first `linear_steps` (half of all, if not said) the noise falls by the part `threshold_noise` of sigma_max.
    Made for video models whose noise level is the share of noise; on Stable Diffusion's table half of the steps stay
    near sigma_max. Raises ValueError for a threshold outside (0, 1) and for linear_steps that leave no step on either
    side. Source: Polyak et al. 2024 (Movie Gen), arXiv 2410.13720; genmo's Mochi, as in ComfyUI.

    Example:

    >>> [f"{sigma:.3f}" for sigma in linear_quadratic(4, NoiseTable.scaled_linear())]
    ['14.615', '14.432', '14.249', '10.596']
    """
    expect.positive("threshold_noise", threshold_noise, high=1)
    if steps == 1:
        return torch.tensor([table.sigma_max], dtype=torch.float64)
    linear = expect.whole("linear_steps", steps // 2 if linear_steps is None else linear_steps)
    if linear >= steps:
        raise ValueError(f"linear_steps must be below the number of steps, {steps}; got {linear}")
    quadratic = steps - linear
    lag = linear - threshold_noise * steps
    square = lag / (linear * quadratic**2)
    slope = threshold_noise / linear - 2 * lag / quadratic**2
    offset = square * linear**2
    gone = [threshold_noise * i / linear if i < linear else square * i**2 + slope * i + offset for i in range(steps)]
    return table.sigma_max * (1 - torch.tensor(gone, dtype=torch.float64))
