"""The forward process: a picture becomes noise, step by step or in one jump. Nothing is learned here."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable


def forward_step(x: torch.Tensor, beta: float | torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """One Gaussian step: x_t = sqrt(1 - beta_t) * x_(t-1) + sqrt(beta_t) * noise.

    x, noise : the same shape (B, ...); beta in [0, 1]. Raises ValueError otherwise.
    Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 2.

    Example:

    >>> forward_step(torch.tensor([2.0]), 0.19, torch.tensor([1.0]))
    tensor([2.2359])
    """
    _same_shape(x, noise)
    beta = expect.number("beta", beta, 0, 1)
    return (1 - beta) ** 0.5 * x + beta**0.5 * noise


def forward_chain(x0: torch.Tensor, table: NoiseTable, *, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """The whole chain, one fresh noise a step: yields the state after each of the steps 0, 1, ... (steps - 1).

    Each has the shape of x0 (B, ...). The first already holds a little noise, so it is not x0, and the state after
    step t has the distribution of `q_sample(x0, t, ...)`.
    Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 2.

    Example:

    >>> chain = forward_chain(torch.zeros(1, 4), NoiseTable.scaled_linear(), generator=torch.Generator().manual_seed(0))
    >>> len(list(chain))
    1000
    """
    x = x0
    for beta in table.betas:
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype).to(x.device)
        x = forward_step(x, beta, noise)
        yield x


def q_sample(x0: torch.Tensor, t: int | torch.Tensor, table: NoiseTable, noise: torch.Tensor) -> torch.Tensor:
    """The closed form: x_t = sqrt(alphas_cumprod_t) * x0 + sqrt(1 - alphas_cumprod_t) * noise, in one jump.

    x0, noise : the same shape (B, ...); t : one whole number in [0, steps - 1], or (B,) of them, one a picture.
    Raises ValueError otherwise. Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 4.

    Example:

    >>> q_sample(torch.ones(1, 1), 999, NoiseTable.scaled_linear(), torch.zeros(1, 1))
    tensor([[0.0683]])
    """
    _same_shape(x0, noise)
    t = torch.as_tensor(t)
    if t.is_floating_point() or t.ndim > 1 or (t.ndim == 1 and len(t) != len(x0)):
        raise ValueError(
            f"t must be one whole number, or one for each of the {len(x0)} pictures; "
            f"got shape {tuple(t.shape)} of {t.dtype}"
        )
    wrong = t[(t < 0) | (t >= len(table))]
    if wrong.numel():
        raise ValueError(f"t must lie in the table, 0 to {len(table) - 1}; got {wrong.flatten()[0]}")
    alphas_cumprod = table.alphas_cumprod[t.cpu()].to(x0.device, x0.dtype)
    if t.ndim:
        alphas_cumprod = alphas_cumprod.reshape(-1, *[1] * (x0.ndim - 1))
    return alphas_cumprod.sqrt() * x0 + (1 - alphas_cumprod).sqrt() * noise


def _same_shape(x: torch.Tensor, noise: torch.Tensor) -> None:
    if x.shape != noise.shape:
        raise ValueError(f"the noise must have the picture's shape {tuple(x.shape)}; got {tuple(noise.shape)}")
