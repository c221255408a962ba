"""Schedules that somebody found by optimisation and published as a table, resampled to any number of steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable
from course_lib.schedulers.tables import ALIGNED_LEVELS, ALIGNED_STEPS, GITS


def resample(levels: Sequence[float] | torch.Tensor, count: int) -> torch.Tensor:
    """`count` levels read off a list, (levels,), as if it were a curve: log sigma linear between its points.

    Example:

    >>> resample([8.0, 2.0], 3)
    tensor([8.0000, 4.0000, 2.0000], dtype=torch.float64)
    """
    logs = torch.as_tensor(levels, dtype=torch.float64).log()
    at = torch.linspace(0, len(logs) - 1, count, dtype=torch.float64)
    below = at.floor().long().clamp(max=len(logs) - 2)
    return torch.lerp(logs[below], logs[below + 1], at - below).exp()


def align_your_steps(steps: int, table: NoiseTable, *, model: str = "sd1", denoise: float = 1.0) -> torch.Tensor:
    """The published levels of Align Your Steps, made for a model: (steps,), or the last part of them.

    The table is not used. The last level, sigma_min, is replaced by 0. model : "sd1", "sdxl" or "svd"; denoise : the
    part of the steps that is kept, in (0, 1]. Raises ValueError for another model, and a denoise that keeps no step.
    Source: Sabour, Fidler, Kreis 2024, arXiv 2404.14507; ComfyUI, nodes_align_your_steps.py.

    Example:

    >>> [f"{sigma:.3f}" for sigma in align_your_steps(3, NoiseTable.scaled_linear())]
    ['14.615', '2.392', '0.743']
    """
    expect.one_of("model", model, ALIGNED_LEVELS)
    published = ALIGNED_LEVELS[model]
    levels = torch.tensor(published, dtype=torch.float64) if steps == 10 else resample(published, steps + 1)
    return _last_part(levels[:-1], denoise)


def ays(steps: int, table: NoiseTable, *, model: str = "sdxl") -> torch.Tensor:
    """Align Your Steps as training steps, whose levels are taken from the noise table: (steps,). No sigma_min.

    model : "sdxl" or "sd1". Odd: the add-on takes SDXL's steps for every model, so that is the default.
    Raises ValueError for another model and for a table that has not 1000 steps.
    Source: Sabour, Fidler, Kreis 2024, arXiv 2404.14507; pamparamm/ComfyUI-ppm.

    Example:

    >>> [f"{sigma:.3f}" for sigma in ays(3, NoiseTable.scaled_linear())]
    ['14.615', '1.854', '0.431']
    """
    return resample(_aligned(table, model, 10), steps + 1)[:-1]


def ays_plus(steps: int, table: NoiseTable, *, model: str = "sdxl") -> torch.Tensor:
    """As `ays`, with sigma_min as the last level: (steps,). Raises ValueError as `ays` does, and for one step.

    Example:

    >>> [f"{sigma:.3f}" for sigma in ays_plus(3, NoiseTable.scaled_linear())]
    ['14.615', '0.862', '0.029']
    """
    return resample(_aligned(table, model, 10), _at_least_two("ays+", steps))


def ays_30(steps: int, table: NoiseTable, *, model: str = "sdxl") -> torch.Tensor:
    """As `ays`, from a table of 31 points that users made from the one of 11: (steps,). The name counts its points.

    Raises ValueError as `ays` does. Source: a comment on AUTOMATIC1111/stable-diffusion-webui, pull request 15751.

    Example:

    >>> [f"{sigma:.3f}" for sigma in ays_30(3, NoiseTable.scaled_linear())]
    ['14.615', '1.957', '0.467']
    """
    return resample(_aligned(table, model, 30), steps + 1)[:-1]


def ays_30_plus(steps: int, table: NoiseTable, *, model: str = "sdxl") -> torch.Tensor:
    """As `ays_30`, with sigma_min as the last level: (steps,). Raises ValueError as `ays` does, and for one step.

    Example:

    >>> [f"{sigma:.3f}" for sigma in ays_30_plus(3, NoiseTable.scaled_linear())]
    ['14.615', '0.926', '0.029']
    """
    return resample(_aligned(table, model, 30), _at_least_two("ays_30+", steps))


def gits(steps: int, table: NoiseTable, *, denoise: float = 1.0) -> torch.Tensor:
    """The published levels of GITS for the coefficient 1.20: (steps,), or the last part of them. Needs 2 steps.

    The noise table is not used. Above 20 steps the row for 20 is resampled. The last level is replaced by 0.
    denoise : the part of the steps that is kept, in (0, 1]. `search_gits` makes such levels for any denoiser.
    Raises ValueError for one step, and for a denoise that keeps no step.
    Source: Chen et al. 2024, arXiv 2405.11326; ComfyUI, nodes_gits.py.

    Example:

    >>> [f"{sigma:.3f}" for sigma in gits(3, NoiseTable.scaled_linear())]
    ['14.615', '1.563', '0.524']
    """
    _at_least_two("gits", steps)
    levels = torch.tensor(GITS[min(steps, 20)], dtype=torch.float64)
    if steps > 20:
        levels = resample(levels, steps + 1)
    return _last_part(levels[:-1], denoise)


def _aligned(table: NoiseTable, model: str, points: int) -> torch.Tensor:
    expect.one_of("model", model, ("sdxl", "sd1"))
    if len(table) != 1000:
        raise ValueError(f"these training steps belong to a noise table of 1000; got one of {len(table)}")
    return table.sigmas[list(ALIGNED_STEPS[model, points])]


def _at_least_two(name: str, steps: int) -> int:
    if steps < 2:
        raise ValueError(f"scheduler {name!r} needs at least 2 steps; got {steps}")
    return steps


def _last_part(levels: torch.Tensor, denoise: float) -> torch.Tensor:
    kept = round(len(levels) * expect.positive("denoise", denoise, high=1))
    if kept == 0:
        raise ValueError(f"denoise must keep at least one of {len(levels)} steps; got {denoise}")
    return levels[-kept:]
