"""The cells of the atlas: every sampler with every scheduler, at four budgets of calls, and why some cannot exist."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import torch

from course_lib.diffusion import NoiseTable
from course_lib.samplers import SAMPLERS, sample
from course_lib.schedulers import SCHEDULERS, make_sigmas

BUDGETS = (5, 10, 20, 50)  # calls of the denoiser
#: Rows that are the same mathematics under another name: measured once.
SAME_AS = {"ddim": "euler", "dpmpp_3m_sde_gpu": "dpmpp_3m_sde", "lcm_custom_noise": "lcm"}
FIRST = ("karras", "normal", "ays", "exponential", "gits", "beta")  # the schedulers that are measured first
#: The tolerance with which DPM adaptive makes about so many calls on the small model's pictures.
TOLERANCES = {50: 0.02}
TABLE = NoiseTable.scaled_linear()


class Cell(NamedTuple):
    """One sampler with one scheduler and a budget.

    steps : the most steps that the budget allows; 0 where there are none; calls : what these steps make, 0 likewise;
    reason : why the cell cannot exist, "" where it can.
    """

    sampler: str
    scheduler: str
    budget: int
    steps: int
    calls: int
    reason: str = ""

    @property
    def name(self) -> str:
        """A name for a file."""
        return f"{self.sampler}__{self.scheduler}__{self.budget}"


@cache
def cell(sampler: str, scheduler: str, budget: int) -> Cell:
    """The cell of these three. Raises ValueError for an unknown name, and for a budget below 1.

    Example:

    >>> cell("heun", "karras", 10)
    Cell(sampler='heun', scheduler='karras', budget=10, steps=5, calls=9, reason='')
    >>> cell("pndm", "karras", 5).reason
    'PNDM makes 13 calls at least'
    """
    row = SAMPLERS[sampler]
    SCHEDULERS[scheduler]
    if budget < 1:
        raise ValueError(f"budget must be 1 call at least; got {budget}")
    if row.calls_per_step is None:
        return _adaptive(sampler, scheduler, budget)
    fewest = None
    best = Cell(sampler, scheduler, budget, 0, 0)
    for steps in range(1, budget + 2):
        levels = levels_of(scheduler, steps)
        if levels < max(1, row.min_steps):
            continue
        calls = calls_of(sampler, levels)
        fewest = calls if fewest is None else min(fewest, calls)
        if best.calls < calls <= budget:
            best = best._replace(steps=steps, calls=calls)
    if not best.steps:
        why = (
            f"{row.label} makes {fewest} calls at least"
            if fewest
            else f"{SCHEDULERS[scheduler].label} has no such list"
        )
        best = best._replace(reason=why)
    return best


@cache
def levels_of(scheduler: str, steps: int) -> int:
    """How many levels above 0 a scheduler gives for a number of steps; 0 where it has no such list.

    Example:

    >>> levels_of("karras", 10), levels_of("beta", 10)
    (10, 10)
    """
    try:
        return len(make_sigmas(scheduler, steps, TABLE)) - 1
    except ValueError:
        return 0


@cache
def calls_of(sampler: str, levels: int) -> int:
    """How many calls a sampler makes over so many levels above 0, with its own settings; counted where they depend.

    Example:

    >>> calls_of("heun", 5), calls_of("pndm", 4), calls_of("supreme", 2)
    (9, 13, 8)
    """
    row, calls = SAMPLERS[sampler], 0
    if not row.joint:
        return row.calls(levels)

    def count(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return x * 0

    x = torch.ones(1, 1, 4, 4)
    sample(sampler, count, x, make_sigmas("karras", levels, TABLE), noise_sampler=lambda *pair: torch.zeros_like(x))
    return calls


def _adaptive(sampler: str, scheduler: str, budget: int) -> Cell:
    """DPM adaptive takes its own steps between the two ends: one scheduler, and a tolerance for each budget."""
    empty = Cell(sampler, scheduler, budget, 0, 0)
    if scheduler != "karras":
        return empty._replace(reason="DPM adaptive chooses its own levels; see Karras")
    if budget not in TOLERANCES:
        return empty._replace(reason="DPM adaptive makes 21 calls at least")
    return empty._replace(steps=2, calls=budget)  # two levels: the ends


def measured() -> Iterator[Cell]:
    """Every cell that is measured: those that exist, of rows that are not the same mathematics as another.

    Those with fewer calls come first, and among them those of the schedulers that are used most.
    """
    for budget in BUDGETS:
        for scheduler in [*FIRST, *(name for name in SCHEDULERS if name not in FIRST)]:
            for sampler in SAMPLERS:
                if sampler not in SAME_AS and not (found := cell(sampler, scheduler, budget)).reason:
                    yield found
