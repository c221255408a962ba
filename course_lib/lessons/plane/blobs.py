"""Three blobs in the plane: data whose exact denoiser is known, what noise makes of them, and the exact paths back."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion import MixtureDenoiser
from course_lib.schedulers import make_sigmas

START = 3.0  # the noise level at which the lesson's particles begin
LOWEST = 0.03  # the last level above 0
SHARES = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
MEANS = torch.tensor([[-1.5, 0.5], [1.0, 1.25], [0.75, -1.75]], dtype=torch.float64)
STDS = torch.tensor([0.35, 0.25, 0.5], dtype=torch.float64)
NAMES = ("left", "upper", "lower")

BLOBS = MixtureDenoiser(SHARES, MEANS, STDS)


class _Span(NamedTuple):
    """What a scheduler of even steps asks of a noise table."""

    sigma_max: float
    sigma_min: float


def levels(steps: int, start: float = START) -> Tensor:
    """Noise levels from `start` down to 0: (steps + 1,), float64, short steps where the noise is low.

    Raises ValueError where steps is not a whole number, or start is not above 0.03, the last level before 0.
    Source: Karras et al. 2022, arXiv 2206.00364, eq. 5.

    Example:

    >>> levels(4)
    tensor([3.0000, 0.8802, 0.1989, 0.0300, 0.0000], dtype=torch.float64)
    """
    if expect.positive("start", start) <= LOWEST:
        raise ValueError(f"start must be above {LOWEST}, the last level before 0; got {start}")
    return make_sigmas("karras", steps, _Span(start, LOWEST))


def data(count: int, seed: int = 0) -> Tensor:
    """Points of the three blobs, (count, 2) float64. Raises ValueError where count or seed is not a whole number.

    Example:

    >>> data(1000).mean(dim=0).round(decimals=1) + 0.0
    tensor([-0.3000,  0.3000], dtype=torch.float64)
    """
    return noisy(count, 0.0, seed)


def noisy(count: int, sigma: float = START, seed: int = 0) -> Tensor:
    """Points of the blobs with noise of level `sigma`: x = x0 + sigma * eps, (count, 2) float64.

    Raises ValueError where sigma is below 0, or count or seed is not a whole number.

    Example:

    >>> noisy(5, sigma=0.0).equal(data(5))
    True
    """
    generator = torch.Generator().manual_seed(expect.whole("seed", seed, at_least=0))
    chosen = torch.multinomial(SHARES, expect.whole("count", count), replacement=True, generator=generator)
    inside, noise = torch.randn(2, count, 2, generator=generator, dtype=torch.float64)
    return MEANS[chosen] + STDS[chosen, None] * inside + expect.number("sigma", sigma, low=0, high=1e6) * noise


def slope(x: Tensor, sigma: float) -> Tensor:
    """By how much x (B, 2) changes where the noise level grows by 1: (x - D(x, sigma)) / sigma, and 0 at sigma = 0.

    Example:

    >>> slope(MEANS[:1] + 3, 0.0)
    tensor([[0., 0.]], dtype=torch.float64)
    """
    return (x - BLOBS(x, sigma)) / sigma if sigma > 0 else torch.zeros_like(x)


_BEND = 0.25  # about the smallest blob: below this level the paths hardly move


def exact_path(x: Tensor, start: float = START, end: float = 0.0, parts: int = 24) -> tuple[Tensor, Tensor]:
    """The exact path of each x (B, 2) from level `start` to `end`: levels (parts + 1,), and states (parts + 1, B, 2).

    A Runge-Kutta method of fourth order, with steps that are even in asinh(sigma / 0.25). With 24 parts, from level 3,
    the error is below 0.001; with twice as many, 16 times smaller. It goes upwards, too, where end is above start.
    Raises ValueError where a level is below 0, or parts is not a whole number.

    Example:

    >>> sigmas, states = exact_path(torch.tensor([[3.0, 2.0]], dtype=torch.float64))
    >>> states[-1].round(decimals=2)
    tensor([[1.1000, 1.2600]], dtype=torch.float64)
    """
    ends = [math.asinh(expect.number("level", sigma, low=0, high=1e6) / _BEND) for sigma in (start, end)]
    along = torch.linspace(*ends, expect.whole("parts", parts) + 1, dtype=torch.float64).tolist()
    states = [x]
    for here, there in zip(along[:-1], along[1:], strict=True):
        h, middle = there - here, (here + there) / 2
        k1 = _change(x, here)
        k2 = _change(x + h / 2 * k1, middle)
        k3 = _change(x + h / 2 * k2, middle)
        k4 = _change(x + h * k3, there)
        x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(x)
    return _BEND * torch.tensor(along, dtype=torch.float64).sinh(), torch.stack(states)


def exact_end(x: Tensor, start: float = START, end: float = 0.0) -> Tensor:
    """Where the exact path of each x (B, 2) is at level `end`, to six decimals: (B, 2).

    Example:

    >>> exact_end(torch.tensor([[3.0, 2.0]], dtype=torch.float64)).round(decimals=2)
    tensor([[1.1000, 1.2600]], dtype=torch.float64)
    """
    return exact_path(x, start, end, parts=128)[1][-1]


def owner(x: Tensor) -> Tensor:
    """For clean points x (B, 2), the number of the blob that most probably made each: (B,), 0, 1 or 2.

    Example:

    >>> owner(MEANS)
    tensor([0, 1, 2])
    """
    return BLOBS.responsibilities(x, 0.0).argmax(dim=1)


def density(x: Tensor, sigma: float) -> Tensor:
    """How densely points of the blobs with noise of level sigma lie at x (B, 2): (B,).

    Example:

    >>> density(MEANS, 0.0).round(decimals=2)
    tensor([0.6500, 0.7600, 0.1300], dtype=torch.float64)
    """
    variance = STDS**2 + sigma**2
    distance = (x[:, None] - MEANS).square().sum(-1)
    return (SHARES / (2 * math.pi * variance) * torch.exp(-distance / (2 * variance))).sum(1)


def circle(middle: Tensor, radius: float) -> Tensor:
    """The points of a circle round `middle` (2,), for drawing: (2, 73).

    Example:

    >>> circle(MEANS[0], 0.0)[:, 0]
    tensor([-1.5000,  0.5000], dtype=torch.float64)
    """
    turn = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)
    return middle[:, None] + radius * torch.stack([turn.cos(), turn.sin()])


def _change(x: Tensor, along: float) -> Tensor:
    """The slope in asinh(sigma / _BEND), from which the exact path is made."""
    sigma = max(0.0, _BEND * math.sinh(along))
    return slope(x, sigma) * _BEND * math.cosh(along)
