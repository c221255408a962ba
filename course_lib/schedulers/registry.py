"""The table of schedulers, and the one call that makes a list of noise levels."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable
from course_lib.schedulers import tabulated, timesteps, warped


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


AYS = "Sabour, Fidler, Kreis 2024, arXiv 2404.14507"

_ROWS = [
    # Which timesteps to pick from the table.
    Scheduler("normal", "Normal", "even timesteps, as in k-diffusion's get_sigmas", timesteps.normal),
    Scheduler("simple", "Simple", "whole timesteps, as in ComfyUI", timesteps.simple),
    Scheduler(
        "sgm_uniform", "SGM uniform", "Stability AI's generative-models; cf. arXiv 2305.08891", timesteps.sgm_uniform
    ),
    Scheduler("ddim_uniform", "DDIM uniform", "Song, Meng, Ermon 2020, arXiv 2010.02502", timesteps.ddim_uniform),
    Scheduler("beta", "Beta", "Lee et al. 2024, arXiv 2407.12173", timesteps.beta),
    # Even steps on a warped axis.
    Scheduler("karras", "Karras", "Karras et al. 2022, arXiv 2206.00364, eq. 5", warped.karras),
    Scheduler("exponential", "Exponential", "even steps in log sigma, as in k-diffusion", warped.exponential),
    Scheduler("linear_quadratic", "Linear quadratic", "Polyak et al. 2024, arXiv 2410.13720", warped.linear_quadratic),
    # Levels that somebody found and published.
    Scheduler("ays", "AYS", f"{AYS}, as training steps", tabulated.ays),
    Scheduler("ays+", "AYS+", f"{AYS}, as training steps, with sigma_min", tabulated.ays_plus),
    Scheduler("ays_30", "AYS 30", f"{AYS}, made finer by users", tabulated.ays_30),
    Scheduler("ays_30+", "AYS 30+", f"{AYS}, made finer by users, with sigma_min", tabulated.ays_30_plus),
    Scheduler("align_your_steps", "Align Your Steps", f"{AYS}, as levels", tabulated.align_your_steps),
    Scheduler("gits", "GITS", "Chen et al. 2024, arXiv 2405.11326, coefficient 1.20", tabulated.gits),
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
