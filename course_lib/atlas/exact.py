"""What a cell does on problems whose answer is known: the error on three blobs in the plane, and the spread."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_lib.atlas.cells import TABLE, Cell
from course_lib.diffusion.ideal import MixtureDenoiser
from course_lib.samplers import SAMPLERS, sample
from course_lib.samplers.passport import spread
from course_lib.schedulers import make_sigmas

STARTS = 64
FINE = 2000  # steps of the reference


def blobs() -> MixtureDenoiser:
    """Three blobs in the plane: weights 0.5, 0.3, 0.2, standard deviations 0.35, 0.25, 0.5."""
    means = torch.tensor([[-1.5, 0.5], [1.0, 1.25], [0.75, -1.75]], dtype=torch.float64)
    weights, stds = (torch.tensor(some, dtype=torch.float64) for some in ([0.5, 0.3, 0.2], [0.35, 0.25, 0.5]))
    return MixtureDenoiser(weights, means, stds)


@cache
def starts() -> Tensor:
    """Unit noise for 64 particles in the plane: (64, 2)."""
    return torch.randn(STARTS, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@cache
def ends() -> Tensor:
    """Where the ODE takes the particles, from the table's highest level to 0: (64, 2)."""
    sigmas = make_sigmas("karras", FINE, TABLE)
    return sample("heun", blobs(), sigmas[0] * starts(), sigmas)


def mixture_error(cell: Cell) -> float:
    """The median distance of the particles from where the ODE takes them; NaN for a sampler that adds noise.

    Example:

    >>> from course_lib.atlas.cells import cell
    >>> mixture_error(cell("heun", "karras", 50)) < mixture_error(cell("euler", "karras", 50))
    True
    """
    row = SAMPLERS[cell.sampler]
    if row.stochastic:
        return float("nan")
    sigmas = make_sigmas(cell.scheduler, cell.steps, TABLE)
    options = {"table": TABLE} if "table" in row.options else {}
    found = sample(cell.sampler, blobs(), sigmas[0] * starts(), sigmas, **options)
    return (found - ends()).norm(dim=1).median().item()


def spread_of(cell: Cell) -> float:
    """The standard deviation of results for data N(0, 1): 1 is right; NaN for a sampler that chooses its own steps.

    supreme is measured without what it does to pictures. Noise is independent for each step, or Brownian, as the row
    has it.
    """
    if SAMPLERS[cell.sampler].calls_per_step is None:
        return float("nan")
    return spread(cell.sampler, make_sigmas(cell.scheduler, cell.steps, TABLE).tolist())
