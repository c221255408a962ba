"""CLyB-4M SDE: an exponential step of the reverse SDE, plus the correction from up to four guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import target_of
from course_lib.samplers.noise import diffusive
from course_lib.samplers.options import Momentum, NotNegative, Strength
from course_lib.samplers.parts.momentum import Velocity, four_point_correction, steps_back
from course_lib.samplers.step import Step


def clyb_4m_sde(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    eta: Strength = 1.0,
    s_noise: NotNegative = 1.0,
    momentum: Momentum = 0.0,
) -> Iterator[Step]:
    """One call a step; `momentum` averages what is added, with 0, the default, it does nothing.

    x : (B, ...), the state at levels[0]. Raises ValueError when denoise changes the shape.
    Source: no paper; Clybius/ComfyUI-Extra-Samplers.

    Example:

    >>> walking = clyb_4m_sde(lambda x, sigma: x * 0, torch.ones(1), [2.0, 1.0, 0.0], None, eta=0.0)
    >>> [step.x_next.item() for step in walking]
    [0.5, 0.0]
    """
    towards, bending = Velocity(momentum), Velocity(momentum)
    guesses = []
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        denoised = evaluate(denoise, x, sigma)
        guesses = [denoised, *guesses][:4]
        x_next = target = denoised
        if sigma_next > 0:
            sigma_to, sigma_up = diffusive(sigma, sigma_next, eta=eta)
            tau, kept = sigma / levels[0], sigma_to / sigma
            x_to = kept * x + towards((1 - kept) * denoised, tau)
            if len(guesses) > 1:
                steps = steps_back(levels, index)
                x_to = x_to + bending(four_point_correction(guesses, steps, (1 + eta) * steps[0]), tau)
            target = target_of(x, x_to, sigma, sigma_to)
            x_next = add_noise(x_to, noise, sigma, sigma_next, sigma_up * s_noise)
        yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
        x = x_next
