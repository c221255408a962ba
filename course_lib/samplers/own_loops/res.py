"""RES, the refined exponential solver: a little noise up, then an exponential step of second order down."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import combine, exponential_weights, target_of
from course_lib.samplers.options import Flag, Fraction, Momentum, Strength
from course_lib.samplers.parts.momentum import Velocity
from course_lib.samplers.step import Step


def res(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    ita: Strength = 0.25,
    c2: Fraction = 0.5,
    momentum: Momentum = 0.0,
    denoise_to_zero: Flag = True,
    consistent_end: Flag = False,
) -> Iterator[Step]:
    """Each step first raises the noise by the factor 1 + ita, then goes down with two calls; the last step is one call.

    x : (B, ...), the state at levels[0]. The last level of the list is never stepped to: the last step is a call of the
    denoiser, and with denoise_to_zero=False there is none, and the result stands at the level before.
    ita : how much noise; c2 : where on the way the second call is made; momentum : averages what is added;
    consistent_end : make the last call at the level where the state is, without noise.
    Raises ValueError when denoise changes the shape. Source: Zhang et al. 2023, arXiv 2308.02157, Algorithms 1 and 2;
    with momentum as in Clybius/ComfyUI-Extra-Samplers.

    Example:

    >>> [step.x_next.item() for step in res(lambda x, sigma: x * 0, torch.ones(1), [2.0, 1.0, 0.0], None, ita=0.0)]
    [0.5, 0.0]
    """
    to_middle, towards = Velocity(momentum), Velocity(momentum)
    *pairs, last = pairwise(levels)
    for index, (sigma, sigma_next) in enumerate(pairs):
        raised, tau = sigma * (1 + ita), sigma / levels[0]
        x_raised = add_noise(x, noise, sigma, sigma_next, math.sqrt(raised**2 - sigma**2))
        h = math.log(raised / sigma_next)
        denoised = evaluate(denoise, x_raised, raised)
        middle = raised * math.exp(-c2 * h)
        increment = -math.expm1(-c2 * h) * denoised
        x_middle = math.exp(-c2 * h) * x_raised + to_middle(increment, tau)
        guess = evaluate(denoise, x_middle, middle)
        increment = combine([h * weight for weight in exponential_weights(h, c2)], [denoised, guess])
        x_next = math.exp(-h) * x_raised + towards(increment, tau)
        yield Step(index, sigma, sigma_next, x, denoised, target_of(x_raised, x_next, raised, sigma_next), x_next)
        x = x_next
    if denoise_to_zero:
        sigma, sigma_next = last
        x_raised, level = x, sigma
        if not consistent_end:
            # Odd: the last call adds the noise of the pair before once more, and names that pair's upper level.
            level = levels[-3]
            x_raised = add_noise(x, noise, level, sigma, level * math.sqrt((1 + ita) ** 2 - 1))
        denoised = evaluate(denoise, x_raised, level)
        yield Step(len(pairs), sigma, sigma_next, x, denoised, denoised, denoised)
