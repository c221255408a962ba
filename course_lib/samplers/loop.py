"""The one loop: at each level, guess the clean picture, choose a target, move down, add noise."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import torch

from course_lib.samplers.here import Here, add_noise, evaluate
from course_lib.samplers.mathematics import move
from course_lib.samplers.options import NotNegative, Strength
from course_lib.samplers.step import Step

MEMORY = 3  # the longest memory of any estimator: a long run must not hold every state


def walk(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    estimator: Callable[..., torch.Tensor],
    noise_rule: Callable[..., tuple[float, float]],
    *,
    s_noise: NotNegative = 1.0,
    s_churn: Strength = 0.0,
    s_tmin: NotNegative = 0.0,
    s_tmax: NotNegative = math.inf,
) -> Iterator[Step]:
    """Walk down the levels with one estimator and one noise rule, and yield a Step at each.

    x : (B, ...), the state at levels[0]; noise(sigma, sigma_next) -> unit noise like x.
    s_churn, s_tmin, s_tmax, s_noise : Karras et al. 2022, arXiv 2206.00364, Algorithm 2 (noise added *before* a step);
    s_noise also multiplies the noise that the rule adds after it. Raises ValueError when denoise changes the shape.

    Example:

    >>> from course_lib.samplers.estimators import denoised_itself
    >>> from course_lib.samplers.noise import none
    >>> walking = walk(lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0], None, denoised_itself, none)
    >>> [step.x_next.item() for step in walking]
    [0.5, 0.0]
    """
    steps = len(levels) - 1
    churn = min(s_churn / steps, math.sqrt(2) - 1)
    past = deque(maxlen=MEMORY)
    try:
        for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
            x_before, level = x, sigma
            if churn > 0 and s_tmin <= sigma <= s_tmax:
                level = sigma * (1 + churn)
                x = add_noise(x, noise, sigma, level, math.sqrt(level**2 - sigma**2) * s_noise)
            denoised = evaluate(denoise, x, level)
            split = partial(noise_rule, progress=index / steps)
            sigma_to, sigma_up = split(level, sigma_next)
            here = Here(denoise, x, denoised, level, sigma_to, sigma_next, index, levels, past, split, noise, s_noise)
            target = estimator(here)
            x = target if sigma_to == 0 else move(x, target, level, sigma_to)
            x = add_noise(x, noise, sigma, sigma_next, sigma_up * s_noise)
            past.append(here)
            yield Step(index, sigma, sigma_next, x_before, denoised, target, x)
    finally:
        past.clear()  # it holds what holds it: else the states would stay until Python looks for such circles
