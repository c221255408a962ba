"""Where a sampler stands: everything that an estimator may look at, and the two things it may do, call and draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from course_lib.samplers.mathematics import move


@dataclass
class Here:
    """Where the sampler stands, and what an estimator may look at.

    denoise : denoise(x, sigma) -> denoised; x : (B, ...), the state, at the level sigma; denoised : the guess there;
    sigma_next : the level to reach; sigma_to : how far down to go (below sigma_next when noise is added afterwards);
    index : the number of the step; levels : all levels; past : where it stood before, newest last;
    split : the row's noise rule, (sigma, sigma_next) -> (sigma_to, sigma_up); noise : the source of noise;
    s_noise : what multiplies all noise.

    Example:

    >>> x = torch.tensor([[3.0]])
    >>> here = Here(lambda x, sigma: x * 0, x, x * 0, 2.0, 1.0, 1.0)
    >>> here.move(here.denoised, 1.0), here.slope
    (tensor([[1.5000]]), tensor([[1.5000]]))
    """

    denoise: Callable
    x: torch.Tensor
    denoised: torch.Tensor
    sigma: float
    sigma_to: float
    sigma_next: float
    index: int = 0
    levels: Sequence[float] = ()
    past: Sequence[Here] = ()
    split: Callable | None = None
    noise: Callable | None = None
    s_noise: float = 1.0

    @cached_property
    def slope(self) -> torch.Tensor:
        """dx/dsigma = (x - denoised) / sigma here, (B, ...): the probability-flow ODE, arXiv 2206.00364, eq. 3."""
        return (self.x - self.denoised) / self.sigma

    def slope_at(self, x: torch.Tensor, sigma: float) -> torch.Tensor:
        """dx/dsigma at another point (B, ...): one more call of the denoiser."""
        return (x - evaluate(self.denoise, x, sigma)) / sigma

    def move(self, target: torch.Tensor, sigma_to: float) -> torch.Tensor:
        """The state (B, ...) after a straight move from here towards `target` (B, ...)."""
        return move(self.x, target, self.sigma, sigma_to)

    def along(self, slope: torch.Tensor) -> torch.Tensor:
        """The target (B, ...) of a move along a slope (B, ...): where the straight line from here reaches sigma = 0."""
        return torch.add(self.x, slope, alpha=-self.sigma)


def evaluate(denoise: Callable, x: torch.Tensor, sigma: float) -> torch.Tensor:
    """denoise(x, sigma) with sigma as a 0-dim tensor beside x (B, ...). Raises ValueError when the shape changes.

    Example:

    >>> evaluate(lambda x, sigma: x / (1 + sigma), torch.ones(1, 2), 1.0)
    tensor([[0.5000, 0.5000]])
    """
    denoised = denoise(x, level_like(x, sigma))
    if denoised.shape != x.shape:
        raise ValueError(f"denoise must return the shape of x, {tuple(x.shape)}; got {tuple(denoised.shape)}")
    return denoised


def level_like(x: torch.Tensor, sigma: float) -> torch.Tensor:
    """A noise level as a 0-dim tensor on the device of x (B, ...), in at least single precision.

    Example:

    >>> level_like(torch.ones(1, 2, dtype=torch.float16), 2.0).dtype
    torch.float32
    """
    # Half precision is too coarse for a noise level.
    return torch.full((), sigma, dtype=torch.promote_types(x.dtype, torch.float32), device=x.device)


def add_noise(x: torch.Tensor, noise: Callable, sigma: float, sigma_next: float, strength: float) -> torch.Tensor:
    """x (B, ...) with `strength` times the noise that belongs to (sigma, sigma_next).

    Noise that changes nothing is not drawn: with strength 0, x comes back as it is.

    Example:

    >>> add_noise(torch.zeros(1), lambda sigma, sigma_next: torch.ones(1), 2.0, 1.0, 0.5)
    tensor([0.5000])
    """
    return torch.add(x, noise(sigma, sigma_next), alpha=strength) if strength > 0 else x
