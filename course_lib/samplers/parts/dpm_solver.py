"""DPM-Solver's steps of order 1, 2 and 3 in log sigma, which dpm_fast, dpm_adaptive and supreme share.

With lambda = -log(sigma) and h the step in lambda, a slope eps that does not change moves x by -sigma_to * h * phi_1(h)
* eps, which is the Euler step; higher orders add what the slope's change moves it by.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from course_lib.samplers.here import evaluate
from course_lib.samplers.mathematics import phi
from course_lib.samplers.noise import ancestral


class Solver:
    """DPM-Solver's steps from x (B, ...) at sigma, where the slope is eps; each evaluation is kept for the next order.

    denoise(x, sigma) -> denoised; x : (B, ...); denoised : (B, ...), the guess there.

    Example:

    >>> solver = Solver(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0)
    >>> [f"{solver.step(order, 1.0).item():.4f}" for order in (1, 2, 3)]
    ['0.5000', '0.5000', '0.5000']
    """

    def __init__(self, denoise: Callable, x: torch.Tensor, denoised: torch.Tensor, sigma: float):
        self.denoise, self.x, self.sigma = denoise, x, sigma
        self.eps = (x - denoised) / sigma
        self._first_stage = None

    def step(self, order: int, sigma_to: float) -> torch.Tensor:
        """The state (B, ...) at sigma_to after a step of order 1, 2 or 3, at as many evaluations in all.

        Source: Lu et al. 2022, arXiv 2206.00927, Algorithm 1 (r_1 = 1/2), Algorithm 2 (r_1 = 1/3, r_2 = 2/3).
        """
        if order == 1:
            return self._euler(sigma_to)
        return self.second(sigma_to, 1 / 2) if order == 2 else self.third(sigma_to)

    def second(self, sigma_to: float, r: float) -> torch.Tensor:
        """The step of order 2 with its stage a part r of the way down in log sigma, (B, ...). Source: Algorithm 1."""
        h = math.log(self.sigma / sigma_to)
        change = self._stage(h, r) - self.eps
        return torch.add(self._euler(sigma_to), change, alpha=-sigma_to * h * phi(1, h) / (2 * r))

    def third(self, sigma_to: float) -> torch.Tensor:
        """The step of order 3, (B, ...). Source: Algorithm 2."""
        h, r_1, r_2 = math.log(self.sigma / sigma_to), 1 / 3, 2 / 3
        change = self._stage(h, r_1) - self.eps
        sigma_2 = self.sigma * math.exp(-r_2 * h)
        x_2 = torch.add(self._euler(sigma_2), change, alpha=-sigma_2 * r_2 / r_1 * r_2 * h * phi(2, r_2 * h))
        change = (x_2 - evaluate(self.denoise, x_2, sigma_2)) / sigma_2 - self.eps
        return torch.add(self._euler(sigma_to), change, alpha=-sigma_to / r_2 * h * phi(2, h))

    def _euler(self, sigma_to: float) -> torch.Tensor:
        return torch.add(self.x, self.eps, alpha=sigma_to - self.sigma)

    def _stage(self, h: float, r: float) -> torch.Tensor:
        if self._first_stage is None or self._first_stage[0] != (h, r):
            sigma_1 = self.sigma * math.exp(-r * h)
            x_1 = self._euler(sigma_1)
            self._first_stage = (h, r), (x_1 - evaluate(self.denoise, x_1, sigma_1)) / sigma_1
        return self._first_stage[1]


def split(sigma: float, sigma_next: float, lowest: float, eta: float) -> tuple[float, float]:
    """The ancestral split, but never below the lowest level; the noise makes up for what is missing then.

    Example:

    >>> split(2.0, 1.0, 0.5, eta=1.0) == split(2.0, 1.0, 0.1, eta=1.0)
    True
    """
    if eta == 0:
        return sigma_next, 0.0
    sigma_to = max(lowest, ancestral(sigma, sigma_next, eta=eta)[0])
    return sigma_to, math.sqrt(sigma_next**2 - sigma_to**2)
