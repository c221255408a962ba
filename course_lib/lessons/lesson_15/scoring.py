"""The exact problem of lesson 15: what a schedule of so many calls costs, and where each one puts its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion import NoiseTable
from course_lib.figures import settled
from course_lib.lessons.plane.blobs import exact_end, exact_path, noisy, slope
from course_lib.lessons.plane.walking import walk
from course_lib.schedulers import make_sigmas

TABLE = NoiseTable.scaled_linear()  # Stable Diffusion's: levels from 14.61 down to 0.03
CALLS = 10
ONE_CALL = ("euler", "dpmpp_2m", "lms", "uni_pc")  # samplers with one call a step
IDEAS = {
    "timesteps picked from the table": ("normal", "simple", "sgm_uniform", "ddim_uniform", "beta"),
    "even steps on a warped axis": ("karras", "exponential", "linear_quadratic"),
    "found, and published": ("ays", "ays+", "ays_30", "ays_30+", "align_your_steps", "gits"),
}
NAMES = tuple(name for names in IDEAS.values() for name in names)
_PARTICLES, _SEED = 400, 1501


def levels(name: str, calls: int = CALLS, **options) -> Tensor:
    """The levels of a scheduler on Stable Diffusion's noise table: (levels + 1,), float64, the last is 0.

    Raises ValueError as `make_sigmas` does. Example:

    >>> levels("exponential", 3)
    tensor([14.6146,  0.6529,  0.0292,  0.0000], dtype=torch.float64)
    """
    return make_sigmas(name, calls, TABLE, **options)


def checked(sigmas: Sequence[float] | Tensor) -> Tensor:
    """Levels that can be walked, as float64: (levels,). They fall, the first is at most 100, the last is 0.

    Raises ValueError that names the first level that does not fit. Example:

    >>> checked([3, 2, 2, 0])
    Traceback (most recent call last):
    ValueError: levels must fall; got 2 at position 3, after 2
    """
    try:
        sigmas = torch.as_tensor(sigmas, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"levels must be a list of numbers; got {sigmas!r}") from None
    if sigmas.ndim != 1 or len(sigmas) < 2:
        raise ValueError(f"levels must be a list of at least two numbers; got shape {tuple(sigmas.shape)}")
    values = sigmas.tolist()
    if not all(map(math.isfinite, values)):
        raise ValueError(
            f"levels must be finite numbers; got {[value for value in values if not math.isfinite(value)]}"
        )
    if min(values) < 0:
        raise ValueError(f"no level may be below 0; got {min(values):g}")
    for position, (before, value) in enumerate(zip(values[:-1], values[1:], strict=True), start=2):
        if value >= before:
            raise ValueError(f"levels must fall; got {value:g} at position {position}, after {before:g}")
    if values[-1] != 0:
        raise ValueError(f"the last level must be 0; got {values[-1]:g}")
    expect.positive("the first level", values[0], high=100)
    return sigmas


def score(sigmas: Sequence[float] | Tensor, sampler: str = "euler") -> float:
    """How far a sampler ends from the exact paths of the three blobs, in these levels: the median of 400 particles.

    The particles begin at the first level, as data with noise of that level. Rounded to five decimals.
    sigmas : (levels,). Raises ValueError where the levels do not fall to 0, or the sampler is not one of ONE_CALL.

    Example:

    >>> f"{score(levels('karras')):.3f}"
    '0.115'
    """
    expect.one_of("sampler", sampler, ONE_CALL)
    return _far(checked(sigmas), sampler)


def far_with(sampler: str, sigmas: Sequence[float] | Tensor) -> float:
    """`score` for any row of SAMPLERS without fresh noise, also one with several calls a step; sigmas : (levels,).

    Example:

    >>> f"{far_with('dpm_2', levels('karras')):.3f}"
    '0.028'
    """
    return _far(checked(sigmas), sampler)


def step_costs(sigmas: Sequence[float] | Tensor) -> list[float]:
    """How far off the end is after each single Euler step of a list, if all before it and after it is exact.

    The median of `score`'s particles. Raises ValueError where the levels do not fall to 0. Example:

    >>> [round(cost, 3) for cost in step_costs([14.6, 1, 0.3, 0])]
    [0.203, 0.094, 0.097]
    """
    sigmas = checked(sigmas).tolist()
    (x, exact), costs = _particles(sigmas[0]), []
    for first, last in zip(sigmas[:-1], sigmas[1:], strict=True):
        landed = x - (first - last) * slope(x, first)
        reached = exact_path(landed, last, 0.0)[1][-1]
        costs.append(settled((reached - exact).norm(dim=1).median()).item())
        x = exact_path(x, first, last, parts=8)[1][-1]
    return costs


def _far(sigmas: Tensor, sampler: str) -> float:
    x, exact = _particles(sigmas[0].item())
    far = (walk(sampler, x, sigmas).states[-1] - exact).norm(dim=1)
    return settled(far.median()).item()


@cache
def scores(sampler: str = "euler", calls: int = CALLS) -> dict[str, float]:
    """The score of each scheduler, the best one first.

    Example:

    >>> list(scores())[-1]
    'linear_quadratic'
    """
    measured = {name: score(levels(name, calls), sampler) for name in NAMES}
    return dict(sorted(measured.items(), key=lambda pair: (round(pair[1], 4), pair[0])))


def thirds(sigmas: Tensor) -> tuple[int, int, int]:
    """How many calls are made in each third of the way: high noise, middle, low.

    Each third divides the level by the same number, about 8: 14.61 to 1.84, to 0.23, and below.

    Example:

    >>> thirds(levels("exponential")), thirds(levels("karras"))
    ((4, 3, 3), (4, 3, 3))
    """
    high, low = math.log(TABLE.sigma_max), math.log(TABLE.sigma_min)
    share = ((high - sigmas[:-1].log()) / (high - low) - 1e-9).clamp(0, 0.999)
    counts = torch.bincount((3 * share).long(), minlength=3).tolist()
    return tuple(counts)


def density(sigmas: Tensor) -> list[tuple[float, float, float]]:
    """For each step that ends above 0, its first level, its last, and how many such steps make a halving of the level.

    Example:

    >>> [(high, low, round(per_halving, 2)) for high, low, per_halving in density(torch.tensor([8.0, 4.0, 1.0, 0.0]))]
    [(8.0, 4.0, 1.0), (4.0, 1.0, 0.5)]
    """
    values = sigmas.tolist()[:-1]
    pairs = zip(values[:-1], values[1:], strict=True)
    return [(high, low, 1 / math.log2(high / low)) for high, low in pairs]


@cache
def _particles(start: float) -> tuple[Tensor, Tensor]:
    x = noisy(_PARTICLES, start, seed=_SEED)
    return x, exact_end(x, start)
