"""Schedules that pick timesteps from the noise table and take its sigmas there.

Each returns its levels above 0, falling; `make_sigmas` appends the 0.
"""

from __future__ import annotations

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable


def normal(steps: int, table: NoiseTable) -> torch.Tensor:
    """Equally spaced timesteps from the table's last to its first: (steps,), falling, all above 0.

    Example:

    >>> [f"{sigma:.3f}" for sigma in normal(3, NoiseTable.scaled_linear())]
    ['14.615', '1.616', '0.029']
    """
    return table.sigma(torch.linspace(len(table) - 1, 0, steps, dtype=torch.float64))


def sgm_uniform(steps: int, table: NoiseTable) -> torch.Tensor:
    """As `normal` with one timestep more, of which the lowest is left out: (steps,). sigma_min is not visited.

    Also called "trailing" spacing. Source: Stability AI's generative-models; discussed in Lin et al. 2023,
    arXiv 2305.08891, section 3.3.

    Example:

    >>> [f"{sigma:.3f}" for sigma in sgm_uniform(3, NoiseTable.scaled_linear())]
    ['14.615', '2.918', '0.932']
    """
    return table.sigma(torch.linspace(len(table) - 1, 0, steps + 1, dtype=torch.float64)[:-1])


def simple(steps: int, table: NoiseTable) -> torch.Tensor:
    """Whole timesteps, a fixed stride apart, from the last one down: (steps,).

    Source: ComfyUI, simple_scheduler.

    Example:

    >>> [f"{sigma:.3f}" for sigma in simple(3, NoiseTable.scaled_linear())]
    ['14.615', '2.918', '0.932']
    """
    count = len(table)
    # Odd: rounded down from floating point in this order of operations; it differs from exact fractions at 38 steps.
    picked = [count - 1 - int(i * (count / steps)) for i in range(steps)]
    return table.sigmas[picked]


def ddim_uniform(steps: int, table: NoiseTable) -> torch.Tensor:
    """Every (table length // steps)-th timestep from 1 up: about `steps` levels, sometimes more. (levels,).

    The highest level is not sigma_max. Source: Song, Meng, Ermon 2020, arXiv 2010.02502, appendix D.2 ("linear");
    ComfyUI, ddim_scheduler.

    Example:

    >>> table = NoiseTable.scaled_linear()
    >>> [f"{sigma:.3f}" for sigma in ddim_uniform(3, table)], len(ddim_uniform(30, table))
    (['2.930', '0.936', '0.041'], 31)
    """
    stride = max(1, len(table) // steps)
    # Odd: it starts at 1, not at 0, and so ends with as many levels as fit.
    return table.sigmas[1::stride].flip(0)


def beta(steps: int, table: NoiseTable, *, alpha: float = 0.6, beta: float = 0.6) -> torch.Tensor:
    """Timesteps at the quantiles of a Beta(alpha, beta) distribution: dense at both ends for numbers below 1.

    Timesteps are rounded, and those that occur twice are taken once: (levels,), at most `steps`. Nothing to do with the
    betas of the noise table. Raises ValueError for an alpha or beta that is not above 0.
    Source: Lee et al. 2024, arXiv 2407.12173; ComfyUI, beta_scheduler.

    Example:

    >>> [f"{sigma:.3f}" for sigma in beta(3, NoiseTable.scaled_linear())]
    ['14.615', '3.676', '0.762']
    """
    last = len(table) - 1
    picked = []
    for i in range(steps):
        timestep = round(last * beta_quantile(1 - i / steps, alpha, beta))
        if not picked or timestep != picked[-1]:
            picked.append(timestep)
    return table.sigmas[picked]


def beta_quantile(share: float, alpha: float = 0.6, beta: float = 0.6) -> float:
    """The number from 0 to 1 below which this share of a Beta(alpha, beta) distribution lies.

    Raises ValueError for a share outside [0, 1], and an alpha or beta that is not above 0. Example:

    >>> [round(beta_quantile(share), 3) for share in (0.0, 0.25, 0.5, 1.0)]
    [0.0, 0.176, 0.5, 1.0]
    """
    from scipy.special import betaincinv  # brings scipy along, which only this schedule needs

    expect.number("share", share, 0, 1), expect.positive("alpha", alpha), expect.positive("beta", beta)
    # At the middle of an even distribution the quantile is 1/2; the inverse finds it only nearly.
    return 0.5 if share == 0.5 and alpha == beta else float(betaincinv(alpha, beta, share))
