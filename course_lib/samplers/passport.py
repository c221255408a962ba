"""What a sampler really does, measured on the spot on a problem whose answer is known: data from one Gaussian.

For data N(mean, std**2) the best denoiser is D = (std**2 * x + sigma**2 * mean) / (std**2 + sigma**2), and the ODE path
through x at sigma_0 ends, at sigma, in mean + (x - mean) * sqrt((std**2 + sigma**2) / (std**2 + sigma_0**2)).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

from course_lib.samplers.registry import SAMPLERS
from course_lib.samplers.run import sample

SIGMA_MAX, SIGMA_MIN = 14.6146, 0.0291672  # Stable Diffusion's
MEAN, STD = 0.3, 0.5  # what the errors are measured on
DOUBLINGS = (32, 64, 128, 256)


class Passport(NamedTuple):
    """What was measured of a sampler; None where a row has no such number.

    deterministic : whether two seeds give the same; calls_per_step : between the first step and the last;
    order : the observed order of accuracy, with its noise off; error_10, error_20 : the largest error of three paths
    after at most 10 and 20 calls, with its noise off; spread_10, spread_20 : the standard deviation of results for data
    N(0, 1) after at most so many calls, with its own noise. The exact spread is 1.

    Example:

    >>> passport("euler").deterministic
    True
    """

    name: str
    deterministic: bool
    calls_per_step: float | None
    order: float | None
    error_10: float | None
    error_20: float | None
    spread_10: float | None
    spread_20: float | None


def passport(name: str) -> Passport:
    """Measure a sampler. Takes up to a second or two. Raises ValueError for an unknown name.

    supreme is measured without what it does to pictures; pndm with half-way levels that are geometric means.

    Example:

    >>> heun = passport("heun")
    >>> heun.calls_per_step, f"{heun.order:.1f}", f"{heun.spread_20:.2f}"
    (2.0, '2.0', '1.06')
    """
    row = SAMPLERS[name]
    x = torch.linspace(-2, 2, 5, dtype=torch.float64)[:, None]
    runs = [
        sample(name, _denoiser(), x, even_levels(8), generator=torch.Generator().manual_seed(seed), **row.bare)
        for seed in (0, 1)
    ]
    budgets = {calls: _steps_within(name, calls) for calls in (10, 20)}
    adapts = row.calls_per_step is None
    return Passport(
        name,
        deterministic=torch.equal(*runs),
        calls_per_step=None if adapts else (_calls(name, 48) - _calls(name, 24)) / 24,
        order=None if adapts else observed_order(name),
        **{f"error_{calls}": n and error(name, even_levels(n)) for calls, n in budgets.items()},
        **{f"spread_{calls}": n and spread(name, even_levels(n)) for calls, n in budgets.items()},
    )


def even_levels(steps: int, *, to_zero: bool = True, rho: float = 7.0) -> list[float]:
    """Karras' levels from Stable Diffusion's sigma_max to its sigma_min, and 0 after them: steps + 1 numbers.

    With to_zero=False the last step ends at sigma_min. Source: Karras et al. 2022, arXiv 2206.00364, eq. 5.

    Example:

    >>> [f"{level:.2f}" for level in even_levels(3)]
    ['14.61', '1.27', '0.03', '0.00']
    """
    count = steps if to_zero else steps + 1
    ends = SIGMA_MAX ** (1 / rho), SIGMA_MIN ** (1 / rho)
    levels = [(ends[0] + i / max(1, count - 1) * (ends[1] - ends[0])) ** rho for i in range(count)]
    return [*levels, 0.0] if to_zero else levels


def error(name: str, levels: Sequence[float], **options) -> float:
    """The largest error of three paths at the last level, noise off, for data N(0.3, 0.5**2).

    levels : (levels,), falling. Example:

    >>> f"{error('euler', even_levels(10)):.3f}"
    '0.101'
    """
    row = SAMPLERS[name]
    x = levels[0] * torch.tensor([[-0.7], [0.3], [1.2]], dtype=torch.float64)
    exact = MEAN + (x - MEAN) * math.sqrt((STD**2 + levels[-1] ** 2) / (STD**2 + levels[0] ** 2))
    settings = row.bare | dict.fromkeys(row.strengths, 0.0) | options
    if row.stops_before and levels[-1] > 0:
        levels, settings = [*levels, 0.0], settings | row.stops_before
    result = sample(name, _denoiser(), x, levels, noise_sampler=lambda *pair: torch.zeros_like(x), **settings)
    return (result - exact).abs().max().item()


def observed_order(name: str, **options) -> float:
    """By which power of the step the error falls: the mean over three doublings from 32 to 256 steps, noise off.

    Example:

    >>> f"{observed_order('heun'):.1f}"
    '2.0'
    """
    first, last = (error(name, even_levels(n, to_zero=False), **options) for n in (DOUBLINGS[0], DOUBLINGS[-1]))
    return math.log2(first / last) / (len(DOUBLINGS) - 1)


def spread(name: str, levels: Sequence[float], std: float = 1.0, *, brownian: bool | None = None, **options) -> float:
    """The standard deviation of the results for data N(0, std**2), divided by std: 1 would be exact.

    No random number is drawn: the denoiser is linear, so the result is a * x + b_1 * z_1 + b_2 * z_2 + ..., and a, b_k
    are found by running with one of x, z_1, z_2 ... equal to 1 and the others 0. brownian : whether draws over
    overlapping levels are correlated; the row's own source decides if it is not said.

    levels : (levels,), falling. Example:

    >>> [f"{spread('euler_ancestral', even_levels(n)):.3f}" for n in (10, 20)]
    ['0.733', '0.853']
    """
    settings = SAMPLERS[name].bare | options
    pairs = []

    def none(sigma: float, sigma_next: float) -> torch.Tensor:
        pairs.append((sigma_next, sigma))
        return torch.zeros(1, 1, dtype=torch.float64)

    one = torch.ones(1, 1, dtype=torch.float64)
    gain = sample(name, _denoiser(0.0, std), one, levels, noise_sampler=none, **settings).item()
    variance = gain**2 * (std**2 + levels[0] ** 2)
    if pairs:
        unit = iter(torch.eye(len(pairs), dtype=torch.float64))
        rest = torch.zeros(len(pairs), 1, dtype=torch.float64)
        results = sample(
            name, _denoiser(0.0, std), rest, levels, noise_sampler=lambda *pair: next(unit)[:, None], **settings
        ).flatten()
        if SAMPLERS[name].noise == "brownian" if brownian is None else brownian:
            variance += (results @ _overlaps(pairs) @ results).item()
        else:
            variance += (results @ results).item()
    return math.sqrt(variance) / std


def _overlaps(pairs: list[tuple[float, float]]) -> torch.Tensor:
    """The correlations of Brownian draws over these ranges of sigma."""
    low, high = torch.tensor(pairs, dtype=torch.float64).T
    overlap = (torch.minimum(high, high[:, None]) - torch.maximum(low, low[:, None])).clamp(min=0)
    return overlap / ((high - low) * (high - low)[:, None]).sqrt()


def _denoiser(mean: float = MEAN, std: float = STD) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    return lambda x, sigma: (std**2 * x + sigma**2 * mean) / (std**2 + sigma**2)


def _calls(name: str, steps: int) -> int:
    count = 0

    def counting(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        return _denoiser()(x, sigma)

    x = torch.ones(1, 1, dtype=torch.float64)
    sample(
        name, counting, x, even_levels(steps), noise_sampler=lambda *pair: torch.zeros_like(x), **SAMPLERS[name].bare
    )
    return count


def _steps_within(name: str, calls: int) -> int | None:
    """The most steps that so many calls allow; None where not even the fewest do."""
    row = SAMPLERS[name]
    if row.calls_per_step is None:
        return None
    allowed = [n for n in range(row.min_steps, calls + 1) if _calls(name, n) <= calls]
    return max(allowed, default=None)
