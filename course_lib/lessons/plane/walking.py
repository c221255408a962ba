"""Particles that any of the thirty samplers walks from noise to the blobs, counted and held against the exact paths."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import expect
from course_lib.lessons.plane.blobs import BLOBS, LOWEST, exact_end, levels, noisy
from course_lib.samplers import SAMPLERS, steps

EVERYWHERE, BORDER = "everywhere", "close to the border"
_FRESH = 1201  # the seed of fresh noise, which must have nothing in common with the starts


class Walk(NamedTuple):
    """states (steps + 1, B, 2), from the start to the end; targets (steps, B, 2); how many calls it made."""

    states: Tensor
    targets: Tensor
    calls: int


def walk(name: str, x: Tensor, sigmas: Tensor, **options) -> Walk:
    """Walk x (B, 2) down the levels with a row of SAMPLERS, and count its calls of the denoiser.

    A row runs without what it does to pictures alone, and its fresh noise is always the same. Raises ValueError for an
    unknown name, an unknown option, and fewer levels than the row needs.

    Example:

    >>> walk("heun", noisy(1), levels(5)).calls
    9
    """
    calls = 0

    def counting(x: Tensor, sigma: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return BLOBS(x, sigma)

    settings = SAMPLERS[name].bare | options
    generator = torch.Generator().manual_seed(_FRESH)
    way = list(steps(name, counting, x, sigmas, generator=generator, **settings))
    states = torch.stack([x, *(step.x_next for step in way)])
    return Walk(states, torch.stack([step.target for step in way]), calls)


def errors(name: str, steps: int, where: str = EVERYWHERE, **options) -> tuple[int, Tensor]:
    """The calls of a run without fresh noise, and how far each of 400 particles ends from its exact path: (400,).

    where : EVERYWHERE, particles as noise makes them; BORDER, on a short line that leads away from a border.
    options : those of the row. The run ends at level 0.03: the step from there to 0 has an error of its own, which no
    method makes smaller.
    Raises ValueError for an unknown name or place, and fewer steps than the sampler needs.

    Example:

    >>> calls, far = errors("heun", 10)
    >>> calls, f"{far.median():.3f}"
    (20, '0.012')
    """
    expect.one_of("where", where, (EVERYWHERE, BORDER))
    sigmas = levels(expect.whole("steps", steps) + 1)[:-1]
    x, exact = _particles(where)
    way = walk(name, x, sigmas, **dict.fromkeys(SAMPLERS[name].strengths, 0.0) | options)
    return way.calls, (way.states[-1] - exact).norm(dim=1)


def median_error(name: str, steps: int, where: str = EVERYWHERE) -> float:
    """The median of `errors`: half of the particles end nearer to their exact path.

    Example:

    >>> f"{median_error('euler', 20):.3f}"
    '0.033'
    """
    return errors(name, steps, where)[1].median().item()


@cache
def _particles(where: str) -> tuple[Tensor, Tensor]:
    """Particles at the first level, and where their exact paths are at the last one: (400, 2) each."""
    x = noisy(400, seed=1206)
    if where == BORDER:
        across = torch.linspace(-0.33, -0.23, 400, dtype=torch.float64)
        x = torch.stack([across, torch.full_like(across, 3.5)], dim=1)
    return x, exact_end(x, end=LOWEST)
