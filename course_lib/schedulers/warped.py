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
