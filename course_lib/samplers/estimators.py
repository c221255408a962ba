"""What a step aims at: a target, which is a guess of the clean picture.

An estimator looks at where the sampler stands. It may call the denoiser again (Heun) or remember earlier steps;
`here` offers both. Its own options are keyword-only arguments, with the defaults of the published program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from course_lib.samplers.mathematics import move
from course_lib.samplers.step import Step


@dataclass
class Here:
    """Where the sampler stands, and what an estimator may look at.

    denoise : denoise(x, sigma) -> denoised; x : (B, ...), the state, at the level sigma; denoised : the guess there;
    sigma_next : the level to reach; sigma_to : how far down to go (below sigma_next when noise is added afterwards);
    noise : the sampler's source; past : the last steps, newest last.

    Example:

    >>> x = torch.tensor([[3.0]])
    >>> here = Here(lambda x, sigma: x * 0, x, x * 0, 2.0, 1.0, 1.0, None, [])
    >>> here.move(here.denoised, 1.0)
    tensor([[1.5000]])
    """

    denoise: Callable
    x: torch.Tensor
    denoised: torch.Tensor
    sigma: float
    sigma_to: float
    sigma_next: float
    noise: Callable
    past: Sequence[Step]

    def move(self, target: torch.Tensor, sigma_to: float) -> torch.Tensor:
        """The state (B, ...) after a straight move from here towards `target` (B, ...).

        Example: see `Here`.

        >>> Here(None, torch.ones(1), torch.zeros(1), 2.0, 0.0, 0.0, None, []).move(torch.zeros(1), 1.0)
        tensor([0.5000])
        """
        return move(self.x, target, self.sigma, sigma_to)

    def slope(self, x: torch.Tensor, sigma: float) -> torch.Tensor:
        """dx/dsigma = (x - denoised) / sigma at another point (B, ...): one more call of the denoiser.

        Example:

        >>> Here(lambda x, sigma: x * 0, None, None, 2.0, 1.0, 1.0, None, []).slope(torch.ones(1), 2.0)
        tensor([0.5000])
        """
        return (x - evaluate(self.denoise, x, sigma)) / sigma


def evaluate(denoise: Callable, x: torch.Tensor, sigma: float) -> torch.Tensor:
    """denoise(x, sigma) with sigma as a 0-dim tensor beside x (B, ...). Raises ValueError when the shape changes.

    Example:

    >>> evaluate(lambda x, sigma: x / (1 + sigma), torch.ones(1, 2), 1.0)
    tensor([[0.5000, 0.5000]])
    """
    dtype = torch.promote_types(x.dtype, torch.float32)  # half precision is too coarse for a noise level
    denoised = denoise(x, torch.full((), sigma, dtype=dtype, device=x.device))
    if denoised.shape != x.shape:
        raise ValueError(f"denoise must return the shape of x, {tuple(x.shape)}; got {tuple(denoised.shape)}")
    return denoised


def denoised_itself(here: Here) -> torch.Tensor:
    """Euler: aim at the guess (B, ...) as it is. First order.

    Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 2 without its correction.

    Example:

    >>> denoised_itself(Here(None, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0, None, []))
    tensor([0.])
    """
    return here.denoised


def trapezoid(here: Here) -> torch.Tensor:
    """Heun: try the Euler step, take the mean of the slopes at both ends, aim (B, ...) along it. Second order.

    x_next = x + (sigma_to - sigma) * slope means that the target is x - sigma * slope. At 0 there is no slope: Euler.
    Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 1.

    Example:

    >>> here = Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0, None, [])
    >>> trapezoid(here)
    tensor([0.])
    """
    if here.sigma_to == 0:
        return here.denoised
    slope = (here.x - here.denoised) / here.sigma
    slope_there = here.slope(here.move(here.denoised, here.sigma_to), here.sigma_to)
    return here.x - here.sigma * (slope + slope_there) / 2
