"""How fast the error of a sampler falls with its calls, and where in the plane it is large."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.lessons.lesson_12.blobs import LOWEST, exact_end, levels, noisy
from course_lib.lessons.lesson_12.walks import ends_by_cell, walk
from course_lib.samplers import SAMPLERS

PARTICLES = 400


def errors(name: str, steps: int) -> tuple[int, Tensor]:
    """The calls of a run without fresh noise, and how far each of 400 particles ends from its exact path: (400,).

    The run ends at level 0.03: the step from there to 0 has an error of its own, which no method makes smaller.
    Raises ValueError for an unknown name, and fewer steps than it needs.

    Example:

    >>> calls, far = errors("heun", 10)
    >>> calls, f"{far.median():.3f}"
    (20, '0.036')
    """
    row = SAMPLERS[name]
    sigmas = levels(expect.whole("steps", steps) + 1)[:-1]
    x, exact = _particles()
    way = walk(name, x, sigmas, **dict.fromkeys(row.strengths, 0.0))
    return way.calls, (way.states[-1] - exact).norm(dim=1)


def median_error(name: str, steps: int) -> float:
    """The median of `errors`: half of the particles end nearer to their exact path.

    Example:

    >>> f"{median_error('euler', 20):.3f}"
    '0.049'
    """
    return errors(name, steps)[1].median().item()


def error_map(name: str, steps: int, size: int = 10) -> np.ndarray:
    """How far a particle from each square of `size` pixels ends from its exact path, at level 0: (rows, columns).

    Example:

    >>> error_map("euler", 12, size=20).shape
    (23, 31)
    """
    far = (ends_by_cell(name, steps, size) - ends_by_cell(size=size)).norm(dim=1)
    return far.reshape(460 // size, -1).numpy()


@cache
def _particles() -> tuple[Tensor, Tensor]:
    """Particles at the first level, and where their exact paths are at the last one: (PARTICLES, 2) each."""
    x = noisy(PARTICLES, seed=21)
    return x, exact_end(x, end=LOWEST)
