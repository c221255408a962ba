"""The table of schedulers, and the one call that makes a list of noise levels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable
from course_lib.schedulers import timesteps, warped


@dataclass(frozen=True)
class Scheduler:
    """One row of the table. levels(steps, table, **options) -> the positive levels only, (levels,), falling.

    Example:

    >>> SCHEDULERS["karras"].options
    {'rho': 7.0}
    """

    name: str
    label: str
    source: str
    levels: Callable[..., torch.Tensor] = field(repr=False)

    @property
    def options(self) -> dict:
        """The options that the row takes, with their defaults."""
        parameters = inspect.signature(self.levels).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


_ROWS = [
    Scheduler("normal", "Normal", "even timesteps, as in k-diffusion's get_sigmas", timesteps.normal),
    Scheduler("karras", "Karras", "Karras et al. 2022, arXiv 2206.00364, eq. 5", warped.karras),
    Scheduler("exponential", "Exponential", "even steps in log sigma, as in k-diffusion", warped.exponential),
]

SCHEDULERS = expect.Registry("scheduler", {row.name: row for row in _ROWS})


def make_sigmas(
    name: str, steps: int, table: NoiseTable, *, discard_penultimate: bool = False, **options
) -> torch.Tensor:
    """The noise levels that a sampler is to visit: (levels + 1,), float64, strictly falling, the last is 0.

    steps : at least 1; most schedulers give as many levels. options : those of the row, see SCHEDULERS[name].options.
    discard_penultimate : make one level more and leave out the lowest, a front end's habit for some samplers.
    Raises ValueError for an unknown name or option, for steps below 1, and where the levels would not fall.

    Example:

    >>> [f"{sigma:.2f}" for sigma in make_sigmas("karras", 3, NoiseTable.scaled_linear())]
    ['14.61', '1.27', '0.03', '0.00']
    """
    row = SCHEDULERS[name]
    steps = expect.whole("steps", steps)
    for option in options:
        if option not in row.options:
            takes = ", ".join([*row.options, "discard_penultimate"])
            raise ValueError(f"scheduler {name!r} has no option {option!r}; it takes {takes}")
    levels = row.levels(steps + discard_penultimate, table, **options)
    if discard_penultimate:
        levels = levels[:-1]
    if not bool((levels[1:] < levels[:-1]).all() and (levels > 0).all()):
        raise ValueError(f"the levels of {name!r} do not fall with {steps} steps and {options}; take fewer steps")
    return torch.cat([levels, levels.new_zeros(1)])
