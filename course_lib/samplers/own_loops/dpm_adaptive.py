"""DPM-Adaptive: two steps of different order tell the error, and the error tells how long the next step may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch

from course_lib.samplers.here import add_noise, evaluate
from course_lib.samplers.mathematics import target_of
from course_lib.samplers.options import Count, NotNegative, Number, Positive, Strength
from course_lib.samplers.parts.dpm_solver import Solver, split
from course_lib.samplers.step import Step


def dpm_adaptive(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    order: Literal[2, 3] = 3,
    rtol: Positive = 0.05,
    atol: Positive = 0.0078,
    h_init: Positive = 0.05,
    pcoeff: Number = 0.0,
    icoeff: Number = 1.0,
    dcoeff: Number = 0.0,
    accept_safety: Positive = 0.81,
    eta: Strength = 0.0,
    s_noise: NotNegative = 1.0,
    max_attempts: Count = 1000,
) -> Iterator[Step]:
    """Steps of order 3 (or 2) whose length in log sigma follows from the error that they show; yields accepted steps.

    x : (B, ...), the state at levels[0]. Only the highest and the lowest level above 0 count. The error is measured
    over the whole batch, so a result depends on its neighbours. The result stands at the lowest level; not at 0.
    rtol, atol : how much error a step may make, relative to x and absolute; h_init : the first step;
    pcoeff, icoeff, dcoeff : the controller's weights; accept_safety : a step is taken when the controller does not
    want it shorter than this; eta : ancestral noise. Asks the GPU for one number an attempt.
    Raises ValueError when `max_attempts` are used up or a step is too short to be one, when the error is not a number,
    and when denoise changes the shape.
    Source: Lu et al. 2022, arXiv 2206.00927; crowsonkb/k-diffusion, sample_dpm_adaptive.

    Example:

    >>> from course_lib.samplers import sample
    >>> f"{sample('dpm_adaptive', lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0]).item():.3f}"
    '0.500'
    """
    lowest = [level for level in levels if level > 0][-1]
    controller = Controller(h_init, pcoeff, icoeff, dcoeff, order if eta == 0 else 1.5, accept_safety)
    way, gone = math.log(levels[0] / lowest), 0.0  # the whole way in log sigma, and how much of it is done
    index, x_before = 0, x
    for _ in range(max_attempts):
        if gone >= way - 1e-5:
            return
        reach = min(way, gone + controller.h)
        sigma = levels[0] * math.exp(-gone)
        sigma_next = lowest if reach == way else levels[0] * math.exp(-reach)
        if sigma_next == sigma:  # so many attempts failed that a step is too short to be one
            break
        sigma_to, sigma_up = split(sigma, sigma_next, lowest, eta)
        denoised = evaluate(denoise, x, sigma)
        solver = Solver(denoise, x, denoised, sigma)
        low = solver.step(1, sigma_to) if order == 2 else solver.second(sigma_to, 1 / 3)
        high = solver.step(order, sigma_to)
        allowed = torch.clamp(rtol * torch.maximum(low.abs(), x_before.abs()), min=atol)
        error = (((low - high) / allowed).norm() / math.sqrt(x.numel())).item()
        if not math.isfinite(error):
            raise ValueError(f"dpm_adaptive needs finite numbers; got the error {error} at sigma {sigma:g}")
        if controller.accepts(error):
            x_next = add_noise(high, noise, sigma, sigma_next, sigma_up * s_noise)
            target = target_of(x, high, sigma, sigma_to)
            yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
            x_before, x, gone, index = low, x_next, reach, index + 1
    if gone < way - 1e-5:
        raise ValueError(
            f"dpm_adaptive must reach sigma {lowest:g} within {max_attempts} attempts; "
            f"it got to {levels[0] * math.exp(-gone):g}. "
            f"The denoiser jumps, or the tolerance is too small: raise rtol ({rtol:g}), atol ({atol:g}) or max_attempts"
        )


class Controller:
    """A PID controller: how long the next step may be, from the errors of this one and of the last two accepted.

    Source: Soderlind 2003, Digital filters in adaptive time-stepping; as in crowsonkb/k-diffusion,
    PIDStepSizeController.

    Example:

    >>> controller = Controller(0.1, 0.0, 1.0, 0.0, 3, 0.81)
    >>> controller.accepts(8.0), f"{controller.h:.4f}"
    (False, '0.0536')
    """

    def __init__(self, h: float, pcoeff: float, icoeff: float, dcoeff: float, order: float, accept_safety: float):
        self.h, self.accept_safety = h, accept_safety
        self.powers = [
            (pcoeff + icoeff + dcoeff) / order,
            -(pcoeff + 2 * dcoeff) / order,
            dcoeff / order,
        ]
        self.past = None  # the inverse errors of the two last accepted steps, newest first

    def accepts(self, error: float) -> bool:
        """Whether a step with this error is taken; sets `h`, the length of the next attempt."""
        inverse = 1 / (error + 1e-8)
        if self.past is None:
            self.past = [inverse, inverse]
        factor = math.prod(q**power for q, power in zip([inverse, *self.past], self.powers, strict=True))
        factor = 1 + math.atan(factor - 1)  # neither much longer nor much shorter at once
        self.h *= factor
        if factor < self.accept_safety:
            return False
        self.past = [inverse, self.past[0]]
        return True
