"""Schedules that pick timesteps from the noise table and take its sigmas there."""

from __future__ import annotations

import torch

from course_lib.diffusion.noise_table import NoiseTable


def normal(steps: int, table: NoiseTable) -> torch.Tensor:
    """Equally spaced timesteps from the table's last to its first: (steps,), falling, all above 0.

    Example:

    >>> [f"{sigma:.3f}" for sigma in normal(3, NoiseTable.scaled_linear())]
    ['14.615', '1.616', '0.029']
    """
    return table.sigma(torch.linspace(len(table) - 1, 0, steps, dtype=torch.float64))
