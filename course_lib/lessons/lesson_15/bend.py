"""What one halving of the noise level costs, where everything else is exact."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch

from course_lib import expect
from course_lib.diffusion import GaussianDenoiser
from course_lib.figures import COLOURS, Shown, settled, show, subplots
from course_lib.lessons.lesson_15.scoring import TABLE
from course_lib.lessons.plane.blobs import exact_path, noisy, slope
from course_lib.texts import tr

_TICKS = (10, 3, 1, 0.3, 0.1, 0.03)
_HALF = 2**0.5  # from the first level of a halving to its middle, as a factor


def halving_price(sigma: float, std: float = 1.0) -> float:
    """By which share Euler's step from sigma to sigma / 2 misses the exact one, for a Gaussian of this std.

    The equation is linear there, so the end of the path is off by the same share. Raises ValueError where sigma
    or std is not above 0. Example:

    >>> [round(halving_price(sigma), 3) for sigma in (16.0, 2.0, 0.2)]
    [0.002, 0.051, 0.005]
    """
    world = GaussianDenoiser(0.0, expect.positive("std", std))
    x, sigma = torch.ones(1, dtype=torch.float64), expect.positive("sigma", sigma)
    euler = x - sigma / 2 * (x - world(x, sigma)) / sigma
    return (1 - euler / world.solve(x, sigma, sigma / 2)).item()


@cache
def prices(parts: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Levels sigma (parts,), and the price (parts,) of the halving that has sigma in its middle.

    That is one Euler step from sigma * sqrt(2) to sigma / sqrt(2); the price is the mean distance at the end, where 200
    particles of the three blobs follow their exact paths before it and after it. Example:

    >>> sigmas, price = prices(8)
    >>> sigmas.shape, bool(price.argmax() in (2, 3))
    ((8,), True)
    """
    sigmas = torch.logspace(math.log10(TABLE.sigma_max), math.log10(TABLE.sigma_min), parts, dtype=torch.float64)
    before, found = TABLE.sigma_max * _HALF, []
    x = noisy(200, before, seed=1502)
    end = exact_path(x, before, 0.0, parts=64)[1][-1]
    for sigma in sigmas.tolist():
        first, last = sigma * _HALF, sigma / _HALF
        if first < before:
            x = exact_path(x, before, first, parts=4)[1][-1]
        landed = x - (first - last) * slope(x, first)
        reached = exact_path(landed, last, 0.0, parts=24)[1][-1]
        found.append(settled((reached - end).norm(dim=1).mean()).item())
        before = first
    return sigmas.numpy(), np.array(found)


def draw_bend() -> Shown:
    """The price of a halving against the level in its middle: one Gaussian of std 1, and the three blobs.

    Example:

    >>> draw_bend().width
    820
    """
    sigmas, price = prices()
    line = [100 * halving_price(sigma * _HALF) for sigma in sigmas.tolist()]
    with subplots(1, 2, width=8.2, height=2.9) as (fig, axes):
        axes[0].fill_between(sigmas, line, color=COLOURS["target"], alpha=0.25)
        axes[0].plot(sigmas, line, color=COLOURS["target"])
        begins = np.array([16, 2, 0.2])
        axes[0].plot(begins / _HALF, [100 * halving_price(sigma) for sigma in begins], "o", color=COLOURS["noise"])
        axes[0].set(title=tr("one Gaussian, s = 1"), ylabel=tr("off by, in %"), ylim=(0, None))
        axes[1].fill_between(sigmas, price, color=COLOURS["target"], alpha=0.25)
        axes[1].plot(sigmas, price, color=COLOURS["target"])
        axes[1].set(title=tr("the three blobs"), ylabel=tr("mean distance at the end"), ylim=(0, None))
        for axis in axes:
            _noise_axis(axis)
    return show(fig, ALT)


ALT = (
    "Two hills over the noise level, from 15 on the left to 0.03 on the right. One Gaussian: the halving from 16 to 8 "
    "costs 0.2 %, the one from 2 to 1 costs 5 %, the top is near 6 % at level 1, and from 0.2 to 0.1 it is 0.5 %. "
    "Three blobs: the top lies at about level 1, and both sides are low."
)


def _noise_axis(axis) -> None:
    axis.set(xscale="log", xlim=(18, 0.027), xlabel=tr("noise level σ in the middle of the halving"))
    axis.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    axis.minorticks_off()


def by_price(calls: int = 10, power: float = 0.5) -> torch.Tensor:
    """Levels whose steps are as dense as the root of the price of a halving on the blobs: (calls + 1,), the last is 0.

    power : 0.5 is the root; 0 makes steps that are even in log sigma. Why the root: see the page, "Going further".
    Raises ValueError where calls is not a whole number. Example:

    >>> [round(sigma, 1) for sigma in by_price(4).tolist()]
    [14.6, 2.3, 1.0, 0.3, 0.0]
    """
    sigmas, price = prices()
    along, dense = np.log(sigmas), price ** expect.number("power", power, 0, 2)
    filled = np.concatenate([[0.0], np.cumsum((dense[1:] + dense[:-1]) / 2 * -np.diff(along))])
    reached = np.linspace(0, filled[-1], expect.whole("calls", calls) + 1)[:-1]
    levels = np.exp(np.interp(reached, filled, along))
    return torch.tensor([TABLE.sigma_max, *levels[1:], 0.0], dtype=torch.float64)
