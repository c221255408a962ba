"""The one loop: at each level, guess the clean picture, choose a target, move down, add noise."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.estimators import Here, evaluate
from course_lib.samplers.mathematics import move
from course_lib.samplers.step import Step

MEMORY = 4  # the longest memory of any estimator: a long run must not hold every state


def walk(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    estimator: Callable[..., torch.Tensor],
    noise_rule: Callable[..., tuple[float, float]],
    estimator_options: dict,
    noise_options: dict,
    s_noise: float = 1.0,
    s_churn: float = 0.0,
    s_tmin: float = 0.0,
    s_tmax: float = math.inf,
) -> Iterator[Step]:
    """Walk down the levels with one estimator and one noise rule, and yield a Step at each.

    x : (B, ...), the state at levels[0]; noise(sigma, sigma_next) -> unit noise like x.
    s_churn, s_tmin, s_tmax, s_noise : Karras et al. 2022, arXiv 2206.00364, Algorithm 2 (noise added *before* a step);
    s_noise also multiplies the noise that the rule adds after it. Raises ValueError when denoise changes the shape.

    Example:

    >>> from course_lib.samplers.estimators import denoised_itself
    >>> from course_lib.samplers.noise import none
    >>> walking = walk(lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0], None, estimator=denoised_itself,
    ...                noise_rule=none, estimator_options={}, noise_options={})
    >>> [step.x_next.item() for step in walking]
    [0.5, 0.0]
    """
    churn = min(s_churn / (len(levels) - 1), math.sqrt(2) - 1)
    past = deque(maxlen=MEMORY)
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        x_before, level = x, sigma
        if churn > 0 and s_tmin <= sigma <= s_tmax:
            level = sigma * (1 + churn)
            x = x + math.sqrt(level**2 - sigma**2) * s_noise * noise(sigma, level)
        denoised = evaluate(denoise, x, level)
        sigma_to, sigma_up = noise_rule(level, sigma_next, **noise_options)
        here = Here(denoise, x, denoised, level, sigma_to, sigma_next, noise, past)
        target = estimator(here, **estimator_options)
        x = target if sigma_to == 0 else move(x, target, level, sigma_to)
        if sigma_up * s_noise > 0:  # noise that changes nothing is not drawn
            x = x + sigma_up * s_noise * noise(sigma, sigma_next)
        past.append(Step(index, sigma, sigma_next, x_before, denoised, target, x))
        yield past[-1]
