"""The two calls that run a sampler: `steps` yields every step, `sample` returns the last state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch

from course_lib import expect
from course_lib.samplers.mathematics import check_levels
from course_lib.samplers.registry import SAMPLERS
from course_lib.samplers.sampler import Sampler
from course_lib.samplers.sources import MISSING, NOISES, Generators, make_noise
from course_lib.samplers.step import Step


def steps(
    name: str,
    denoise: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    sigmas: torch.Tensor | Sequence[float],
    *,
    noise_sampler: Callable[[float, float], torch.Tensor] | None = None,
    generator: Generators = None,
    **options,
) -> Iterator[Step]:
    """Run a sampler and yield a Step at each level: ask for the next one, or stop asking.

    denoise(x, sigma) -> denoised, sigma as a 0-dim tensor; x : (B, ...), floating point, the state at sigmas[0],
    already scaled; sigmas : (levels,), strictly falling, not negative, at least two. Neither is modified.
    noise_sampler(sigma, sigma_next) -> unit noise like x; without it the row has its own source, Gaussian or Brownian,
    seeded by `generator`, or by a list of them, one for each of the B. options : those of the row, see
    SAMPLERS[name].options.

    Raises ValueError, before anything runs, for an unknown name, an unknown option or one out of range, bad sigmas,
    fewer steps than the row needs, an x that is not floating point, and a sampler that draws noise with neither
    noise_sampler nor generator.

    Example:

    >>> for step in steps("euler", lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0]):
    ...     print(step.index, step.sigma, step.sigma_next, step.x_next.item())
    0 2.0 1.0 0.5
    1 1.0 0.0 0.0
    """
    row = SAMPLERS[name]
    levels = check_levels(sigmas)
    if len(levels) <= row.min_steps:
        raise ValueError(
            f"sampler {name!r} needs at least {row.min_steps} steps, which are {row.min_steps + 1} levels; "
            f"got {len(levels)} levels"
        )
    if not isinstance(x, torch.Tensor) or not x.is_floating_point() or x.ndim == 0:
        got = f"{tuple(x.shape)} of {x.dtype}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"x must be a floating-point tensor (B, ...); got {got}")
    options = _checked(row, options)
    if row.draws(options) and noise_sampler is None and generator is None:
        raise ValueError(MISSING)
    kind = options.pop("noise_type", row.noise)
    source = noise_sampler or make_noise(kind, x, levels, generator)
    return row.start(denoise, x, levels, source, **options)


def _checked(row: Sampler, options: dict) -> dict:
    """All options of the row, with these in place of their defaults, or a ValueError."""
    for option, value in options.items():
        if option not in row.options:
            takes = f"it takes {', '.join(row.options)}" if row.options else "it takes none"
            raise ValueError(f"sampler {row.name!r} has no option {option!r}; {takes}")
        if option in row.checks:
            row.checks[option](option, value)
    options = row.options | options
    if "noise_type" in options:
        expect.known("noise", options["noise_type"], NOISES)
    if "table" in options and not all(hasattr(options["table"], part) for part in ("sigma", "timestep")):
        raise ValueError(
            f"sampler {row.name!r} needs table=, the NoiseTable in which its half-way levels lie; "
            f"got {options['table']!r}"
        )
    return options


def sample(
    name: str,
    denoise: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    sigmas: torch.Tensor | Sequence[float],
    *,
    noise_sampler: Callable[[float, float], torch.Tensor] | None = None,
    generator: Generators = None,
    **options,
) -> torch.Tensor:
    """Run a sampler to its end and return the last state, (B, ...) like x. Takes and raises what `steps` does.

    Example:

    >>> sample("heun", lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.5])
    tensor([[0.2500]])
    """
    walking = steps(name, denoise, x, sigmas, noise_sampler=noise_sampler, generator=generator, **options)
    last = deque(walking, maxlen=1)
    return last[0].x_next if last else x.clone()  # dpm_adaptive has nothing to do where one level is above 0
