"""What the "momentumized" samplers share: a running average of increments, and a correction from four guesses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from course_lib.samplers.mathematics import phi


class Velocity:
    """A running average of increments: v <- kappa * v + (1 - kappa) * u, with kappa = momentum * (tau - momentum / 2).

    tau = sigma / sigma_0 fades from 1 to 0. With momentum 0 the average is the increment itself; any other momentum
    lowers the order of the sampler to 1. Source: Clybius/ComfyUI-Extra-Samplers; on the order: Wizadwongsa et al. 2023,
    arXiv 2307.11118.

    Example:

    >>> velocity = Velocity(0.5)
    >>> velocity(torch.tensor([1.0]), 1.0), velocity(torch.tensor([0.0]), 0.5)
    (tensor([1.]), tensor([0.1250]))
    """

    def __init__(self, momentum: float):
        self.momentum, self.average = momentum, None

    def __call__(self, increment: torch.Tensor, tau: float) -> torch.Tensor:
        """The average (B, ...) after one more increment (B, ...)."""
        if self.momentum == 0:
            return increment
        kappa = self.momentum * (tau - self.momentum / 2)
        self.average = increment if self.average is None else torch.lerp(increment, self.average, kappa)
        return self.average


def four_point_correction(guesses: Sequence[torch.Tensor], steps: Sequence[float], stretched: float) -> torch.Tensor:
    """What the change of the last guesses adds to an exponential step: from two, three or four of them, (B, ...).

    guesses : up to four, newest first, each (B, ...); steps : the steps in log sigma, this one first, then those
    before, one for each guess; stretched : this step times (1 + eta).
    Source: no paper; Clybius/ComfyUI-Extra-Samplers. Odd: from four guesses the ratios of steps are not those of a
    Taylor expansion; they agree with it only where all steps are equal.

    Example:

    >>> f"{four_point_correction([torch.ones(1), torch.zeros(1)], [1.0, 1.0], 1.0).item():.4f}"
    '0.3679'
    """
    psi_2, psi_3 = stretched * phi(2, -stretched), -stretched * phi(3, -stretched)
    if len(guesses) == 2:
        return (guesses[0] - guesses[1]) * (psi_2 * steps[0] / steps[1])
    if len(guesses) == 3:
        r_0, r_1 = steps[1] / steps[0], steps[2] / steps[0]
        a, b = (guesses[0] - guesses[1]) / r_0, (guesses[1] - guesses[2]) / r_1
        bend = (a - b) / (r_0 + r_1)
        return psi_2 * (a + bend * r_0) - psi_3 * bend
    r_0, r_1, r_2 = steps[3] / steps[2], steps[2] / steps[0], steps[0] / steps[1]
    a, b, c = ((guesses[k] - guesses[k + 1]) / r for k, r in enumerate((r_2, r_1, r_0)))
    bend = (a - b) / (r_2 + r_1)
    twist = (bend * r_2 - (b - c) * r_1 / (r_0 + r_1)) / ((r_2 + r_1) * (r_0 + r_1))
    return psi_2 * (a + bend * r_2 + twist * r_2) - psi_3 * (bend + twist)


def steps_back(levels: Sequence[float], index: int) -> list[float]:
    """The steps in log sigma, this one first, then up to three before it.

    Example:

    >>> [f"{h:.3f}" for h in steps_back([8.0, 4.0, 2.0, 1.0, 0.5, 0.0], 1)]
    ['0.693', '0.693']
    """
    return [math.log(levels[i] / levels[i + 1]) for i in range(index, max(-1, index - 4), -1)]
