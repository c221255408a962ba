"""Begin a list of levels lower: what the strength of image to image does to it."""

from __future__ import annotations

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable


def begin_lower(sigmas: torch.Tensor, strength: float, table: NoiseTable) -> torch.Tensor:
    """The same number of levels, begun at the part `strength` of the first one's timestep: (levels + 1,), falling.

    sigmas : (levels + 1,), falling, the last is 0, as from `make_sigmas`; strength : in (0, 1]. Every level moves to
    `strength` times its timestep in the noise table. So a strength of 0.5 begins halfway down the table, whatever the
    scheduler and however few the steps, and the list keeps its shape. With even timesteps it is the lower end of a
    longer list. (To cut that list just above one of its entries would leave a first step of nearly no length, from
    which samplers with a memory extrapolate wildly.)
    Raises ValueError for another strength, and where it is so small that levels are equal in single precision.

    Example:

    >>> from course_lib.schedulers import make_sigmas
    >>> table = NoiseTable.scaled_linear()
    >>> [f"{sigma:.2f}" for sigma in begin_lower(make_sigmas("normal", 3, table), 0.5, table)]
    ['1.62', '0.70', '0.03', '0.00']
    """
    strength = expect.positive("strength", strength, high=1)
    if strength == 1:
        return sigmas
    levels = sigmas[:-1]
    inside = levels.clamp(table.sigma_min, table.sigma_max)
    # Published levels may lie beyond another model's table: what is beyond shrinks along.
    lower = table.sigma(strength * table.timestep(inside)) * (levels / inside) ** strength
    single = lower.float()
    if not bool((single[1:] < single[:-1]).all()):
        raise ValueError(
            f"strength must be larger for {len(levels)} steps: with {strength:g} some of their levels, {lower[0]:g} "
            f"to {lower[-1]:g}, are equal in single precision; take more strength or one step"
        )
    return torch.cat([lower, sigmas[-1:]])
