"""The one object that flows from the samplers to everything a learner sees."""

from __future__ import annotations

from typing import NamedTuple

import torch


class Step(NamedTuple):
    """One step of a sampler, from the noise level `sigma` to `sigma_next`.

    index : 0, 1, ...; sigma, sigma_next : float.
    x : (B, ...), the state before the step; denoised : the same shape, the guess of the clean picture there;
    target : what the step aimed at (equal to `denoised` for Euler, a better guess for higher orders);
    x_next : the state after the step, which is the next step's x.
    """

    index: int
    sigma: float
    sigma_next: float
    x: torch.Tensor
    denoised: torch.Tensor
    target: torch.Tensor
    x_next: torch.Tensor
