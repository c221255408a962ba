"""The two calls that run a sampler: `steps` yields every step, `sample` returns the last state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch

from course_lib import expect
from course_lib.samplers import noise
from course_lib.samplers.mathematics import check_levels
from course_lib.samplers.registry import SAMPLERS
from course_lib.samplers.step import Step

_NOT_NEGATIVE = ("eta", "s_noise", "s_churn", "s_tmin", "s_tmax")


def steps(
    name: str,
    denoise: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    sigmas: torch.Tensor | Sequence[float],
    *,
    noise_sampler: Callable[[float, float], torch.Tensor] | None = None,
    generator: torch.Generator | None = None,
    **options,
) -> Iterator[Step]:
    """Run a sampler and yield a Step at each level: ask for the next one, or stop asking.

    denoise(x, sigma) -> denoised, sigma as a 0-dim tensor; x : (B, ...), floating point, the state at sigmas[0],
    already scaled; sigmas : (levels,), strictly falling, not negative, at least two. Neither is modified.
    noise_sampler(sigma, sigma_next) -> unit noise like x; without it noise is Gaussian and seeded by `generator`.
    options : those of the row, see SAMPLERS[name].options.

    Raises ValueError, before anything runs, for an unknown name or option, bad sigmas, an x that is not floating point,
    and a sampler that draws noise with neither noise_sampler nor generator.

    Example:

    >>> for step in steps("euler", lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0]):
    ...     print(step.index, step.sigma, step.sigma_next, step.x_next.item())
    0 2.0 1.0 0.5
    1 1.0 0.0 0.0
    """
    row = SAMPLERS[name]
    levels = check_levels(sigmas)
    if not isinstance(x, torch.Tensor) or not x.is_floating_point() or x.ndim == 0:
        got = f"{tuple(x.shape)} of {x.dtype}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"x must be a floating-point tensor (B, ...); got {got}")
    for option, value in options.items():
        if option not in row.options:
            takes = f"it takes {', '.join(row.options)}" if row.options else "it takes none"
            raise ValueError(f"sampler {name!r} has no option {option!r}; {takes}")
        if option in _NOT_NEGATIVE:
            expect.number(option, value, low=0)
    draws = row.stochastic or any(options.get(strength, 0) > 0 for strength in ("eta", "s_churn"))
    if draws and noise_sampler is None and generator is None:
        raise ValueError(noise.MISSING)
    source = noise_sampler or noise.gaussian(x, generator)
    return row.start(denoise, x, levels, source, **{**row.options, **options})


def sample(
    name: str,
    denoise: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    x: torch.Tensor,
    sigmas: torch.Tensor | Sequence[float],
    *,
    noise_sampler: Callable[[float, float], torch.Tensor] | None = None,
    generator: torch.Generator | None = None,
    **options,
) -> torch.Tensor:
    """Run a sampler to its end and return the last state, (B, ...) like x. Takes and raises what `steps` does.

    Raises ValueError. Example:

    >>> sample("heun", lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.5])
    tensor([[0.2500]])
    """
    walking = steps(name, denoise, x, sigmas, noise_sampler=noise_sampler, generator=generator, **options)
    return deque(walking, maxlen=1).pop().x_next
