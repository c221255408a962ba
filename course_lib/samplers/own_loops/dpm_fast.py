"""DPM-Fast: a given number of calls, spent on large steps of order 3 and what is left over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import target_of
from course_lib.samplers.options import NotNegative, Strength
from course_lib.samplers.parts.dpm_solver import Solver, split
from course_lib.samplers.step import Step


def dpm_fast(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    eta: Strength = 0.0,
    s_noise: NotNegative = 1.0,
) -> Iterator[Step]:
    """Blocks of even length in log sigma, each a step of order 3, the last ones of order 2 and 1.

    x : (B, ...), the state at levels[0]. Only the highest and the lowest level above 0 count, and how many steps there
    are: so many calls are made. The result stands at the lowest level and keeps its noise; it is not taken to 0.
    Raises ValueError when denoise changes the shape.
    Source: Lu et al. 2022, arXiv 2206.00927 (DPM-Solver-fast).

    Example:

    >>> levels = [8.0, 4.0, 2.0, 1.0, 0.0]
    >>> walking = dpm_fast(lambda x, sigma: x * 0, torch.ones(1), levels, None)
    >>> [f"{step.sigma:.2f} to {step.sigma_next:.2f}" for step in walking]
    ['8.00 to 2.83', '2.83 to 1.00']
    """
    calls = len(levels) - 1
    highest, lowest = levels[0], [level for level in levels if level > 0][-1]
    left = calls % 3
    orders = [3] * (calls // 3) + [left] if left else [3] * (calls // 3 - 1) + [2, 1]
    # The last level is exact: rounding must not leave a draw of size 1e-9 in the last block.
    stops = [highest * (lowest / highest) ** (i / len(orders)) for i in range(len(orders))] + [lowest]
    for index, (order, (sigma, sigma_next)) in enumerate(zip(orders, pairwise(stops), strict=True)):
        denoised = evaluate(denoise, x, sigma)
        sigma_to, sigma_up = split(sigma, sigma_next, lowest, eta)
        x_to = Solver(denoise, x, denoised, sigma).step(order, sigma_to)
        target = target_of(x, x_to, sigma, sigma_to) if sigma_to < sigma else denoised  # one level only: no way to go
        x_next = add_noise(x_to, noise, sigma, sigma_next, sigma_up * s_noise)
        yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
        x = x_next
