"""How far a step goes down, how much fresh noise it then adds, and where that noise comes from.

A noise rule takes (sigma, sigma_next) and its options, and returns (sigma_to, sigma_up): the step moves down to
sigma_to and adds sigma_up of noise. With sigma_to**2 + sigma_up**2 == sigma_next**2 the state has the noise level
that it should have.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch


def none(sigma: float, sigma_next: float) -> tuple[float, float]:
    """No fresh noise: straight to sigma_next. This makes a solver of the ODE.

    Example:

    >>> none(2.0, 1.0)
    (1.0, 0.0)
    """
    return sigma_next, 0.0


def ancestral(sigma: float, sigma_next: float, *, eta: float = 1.0) -> tuple[float, float]:
    """The split of DDPM (eta = 1), and of DDIM with its eta: some of sigma_next is made of fresh noise.

    sigma_up = eta * sqrt(sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2), never above sigma_next.
    Source: Ho et al. 2020, arXiv 2006.11239, eq. 7; Song, Meng, Ermon 2020, arXiv 2010.02502, eq. 16.

    Example:

    >>> sigma_to, sigma_up = ancestral(2.0, 1.0)
    >>> f"{sigma_to:.3f}", f"{sigma_to**2 + sigma_up**2:.3f}"
    ('0.500', '1.000')
    """
    ratio = sigma_next / sigma
    up = min(sigma_next, eta * sigma_next * math.sqrt(1 - ratio**2))
    down = math.sqrt(sigma_next**2 - up**2)
    # An eta so large that nothing is left below: the published programs then add no noise either.
    return (down, up) if down > 0 else (0.0, 0.0)


def gaussian(x: torch.Tensor, generator: torch.Generator | None) -> Callable[[float, float], torch.Tensor]:
    """A source of independent N(0, 1) noise like x (B, ...): source(sigma, sigma_next) -> noise.

    Drawn on the generator's device, so that one seed gives one picture whatever the device of x.
    Without a generator the source raises ValueError when it is asked.

    Example:

    >>> gaussian(torch.zeros(1, 3), torch.Generator().manual_seed(0))(2.0, 1.0).shape
    torch.Size([1, 3])
    """
    dtype = torch.promote_types(x.dtype, torch.float32)

    def source(sigma: float, sigma_next: float) -> torch.Tensor:
        if generator is None:
            raise ValueError(MISSING)
        noise = torch.randn(x.shape, generator=generator, dtype=dtype, device=generator.device)
        return noise.to(x.device, x.dtype)

    return source


MISSING = (
    "this sampler draws noise: expected generator=torch.Generator().manual_seed(...) "
    "or a noise_sampler(sigma, sigma_next); got neither"
)
