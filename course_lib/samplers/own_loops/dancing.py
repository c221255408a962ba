"""Euler ancestral "dancing": it steps further down than it should, and comes back up with noise."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import move
from course_lib.samplers.noise import ancestral
from course_lib.samplers.options import Count, Flag, NotNegative, Strength
from course_lib.samplers.step import Step


def dancing(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    leap: Count = 2,
    eta: Strength = 1.0,
    eta_dance: Strength = 1.0,
    s_noise: NotNegative = 1.0,
    repaired: Flag = False,
) -> Iterator[Step]:
    """Leap down over `leap` levels, then back up to the next one; near the end, plain Euler ancestral.

    x : (B, ...), the state at levels[0]. eta : noise of the leap, eta_dance : whether there is noise on the way back;
    repaired : come back by adding the variance that is missing, sqrt(sigma_next**2 - leapt_to**2).
    Raises ValueError when denoise changes the shape.
    Source: no paper; Clybius/ComfyUI-Extra-Samplers.

    Example:

    >>> walking = dancing(lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0], None, eta=0.0, eta_dance=0.0)
    >>> [step.x_next.item() for step in walking]
    [0.5, 0.0]
    """
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        denoised = evaluate(denoise, x, sigma)
        leapt_to = levels[index + leap] if index + leap < len(levels) else 0.0
        if leapt_to == 0:
            leapt_to = sigma_next  # too near the end to leap
        sigma_to, sigma_up = ancestral(sigma, leapt_to, eta=eta)
        x_next = move(x, denoised, sigma, sigma_to)
        if leapt_to == sigma_next:
            x_next = add_noise(x_next, noise, sigma, sigma_next, sigma_up * s_noise)
        elif repaired:
            x_next = add_noise(x_next, noise, sigma, leapt_to, sigma_up * s_noise)
            missing = math.sqrt(sigma_next**2 - leapt_to**2)
            x_next = add_noise(x_next, noise, leapt_to, sigma_next, missing * s_noise)
        elif eta_dance == 0:
            x_next = add_noise(x_next, noise, sigma, leapt_to, sigma_up * s_noise)
            x_next = move(x_next, denoised, leapt_to, sigma_next)
        else:
            # Odd: the split has no real value upwards, and what the program makes of it is a step of LCM.
            x_next = add_noise(denoised, noise, leapt_to, sigma_next, sigma_next * s_noise)
        yield Step(index, sigma, sigma_next, x, denoised, denoised, x_next)
        x = x_next
