"""How a network is told the time: a number written as many waves."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import expect


def timestep_embedding(timesteps: Tensor, width: int, max_period: float = 10000) -> Tensor:
    """Sinusoidal timestep embedding: the same number read off waves from fast to slow.

        half        = floor(width / 2)
        frequencies = max_period ** (-i / half)          for i = 0 ... half - 1, in radians a timestep
        embedding   = cos(t * frequencies), then sin(t * frequencies)

    timesteps (B,), whole or fractional, give (B, width) in float32, the precision that Stable Diffusion
    computes them in. If width is odd, a 0 is put at the end. The cosines come first, as in Stable Diffusion;
    the two sources put sines first. `max_period`, in [1, inf], bounds the wave lengths: they lie between 2 *
    pi and 2 * pi * max_period timesteps.
    Raises ValueError if timesteps has other axes, if width is not a whole number of at least 2, or max_period
    is below 1.
    Source: Ho et al. 2020, arXiv 2006.11239, appendix B; Vaswani et al. 2017, arXiv 1706.03762, section 3.5.

    Example:

    >>> timestep_embedding(torch.tensor([0, 2]), width=4)
    tensor([[ 1.0000,  1.0000,  0.0000,  0.0000],
            [-0.4161,  0.9998,  0.9093,  0.0200]])
    """
    expect.tensor("timesteps", timesteps, "(B,)")
    half = expect.whole("width", width, at_least=2) // 2
    exponents = -math.log(expect.number("max_period", max_period, low=1)) * torch.arange(
        half, dtype=torch.float32, device=timesteps.device
    )
    frequencies = torch.exp(exponents / half)
    angles = timesteps[:, None].float() * frequencies
    embedding = torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)
    return torch.cat([embedding, torch.zeros_like(embedding[:, : width % 2])], dim=-1)
