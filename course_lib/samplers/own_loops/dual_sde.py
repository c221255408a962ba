"""DPM++ Dual SDE: the two-call step of DPM++ SDE, plus the correction from up to four guesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import target_of
from course_lib.samplers.noise import ancestral
from course_lib.samplers.options import Flag, Fraction, Momentum, NotNegative, Strength
from course_lib.samplers.parts.momentum import Velocity, four_point_correction, steps_back
from course_lib.samplers.step import Step


def dual_sde(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    eta: Strength = 1.0,
    s_noise: NotNegative = 1.0,
    r: Fraction = 0.5,
    momentum: Momentum = 0.0,
    fixed_r: Flag = False,
) -> Iterator[Step]:
    """Two calls a step. The step is of second order already; the correction counts it twice: first order in all.

    x : (B, ...), the state at levels[0]. r : where on the way, in log sigma, the second call is made; fixed_r : keep it
    there; momentum : averages what is added, with 0, the default, it does nothing.
    Raises ValueError when denoise changes the shape. Source: no paper; Clybius/ComfyUI-Extra-Samplers.

    Example:

    >>> walking = dual_sde(lambda x, sigma: x * 0, torch.ones(1), [2.0, 1.0, 0.0], None, eta=0.0)
    >>> [f"{step.x_next.item():.1f}" for step in walking]
    ['0.5', '0.0']
    """
    to_middle, towards, bending = (Velocity(momentum) for _ in range(3))
    guesses = []
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        denoised = evaluate(denoise, x, sigma)
        x_next = target = denoised
        if sigma_next > 0:
            steps, tau = steps_back(levels, index), sigma / levels[0]
            if index == 2 and not fixed_r:
                # Odd: the published program overwrites r by the ratio of the first two steps, and goes on with that.
                r = steps[2] / steps[1]
            middle = sigma ** (1 - r) * sigma_next**r

            sigma_to, sigma_up = ancestral(sigma, middle, eta=eta)
            kept = sigma_to / sigma
            x_middle = kept * x + to_middle((1 - kept) * denoised, tau)
            x_middle = add_noise(x_middle, noise, sigma, middle, sigma_up * s_noise)
            guess = torch.lerp(denoised, evaluate(denoise, x_middle, middle), 1 / (2 * r))

            sigma_to, sigma_up = ancestral(sigma, sigma_next, eta=eta)
            kept = sigma_to / sigma
            x_to = kept * x + towards((1 - kept) * guess, tau)
            guesses = [guess, *guesses][:4]
            if len(guesses) > 1:
                x_to = x_to + bending(four_point_correction(guesses, steps, (1 + eta) * steps[0]), tau)
            target = target_of(x, x_to, sigma, sigma_to)
            x_next = add_noise(x_to, noise, sigma, sigma_next, sigma_up * s_noise)
        yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
        x = x_next
