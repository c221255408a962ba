"""What a network may predict (eps, x0 or v), and how each becomes a denoiser.

Networks live in variance-preserving coordinates: x_t = sqrt(alphas_cumprod) * x0 + sqrt(1 - alphas_cumprod) * eps.
Samplers live in sigma coordinates: x = x0 + sigma * eps. The two differ by a factor: x_t = x / sqrt(1 + sigma**2).
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable

PREDICTIONS = ("eps", "x0", "v")


def x0_from(kind: str, prediction: torch.Tensor, x: torch.Tensor, alphas_cumprod: torch.Tensor | float):
    """The clean picture that a prediction stands for, in variance-preserving coordinates.

    With a = sqrt(alphas_cumprod), b = sqrt(1 - alphas_cumprod):
    eps: x0 = (x - b * eps) / a;  v: x0 = a * x - b * v;  x0: itself.

    kind : "eps", "x0" or "v"; prediction, x : (B, ...); alphas_cumprod in (0, 1), a number or a tensor that broadcasts.
    Returns (B, ...). Raises ValueError for another kind.
    Source: Ho et al. 2020, arXiv 2006.11239, eq. 15; Salimans, Ho 2022, arXiv 2202.00512, appendix D.

    Example:

    >>> x0_from("eps", torch.tensor([1.0]), torch.tensor([1.4]), 0.64)
    tensor([1.0000])
    """
    expect.known("prediction", kind, PREDICTIONS)
    signal, noise = _amplitudes(x, alphas_cumprod)
    if kind == "eps":
        return (x - noise * prediction) / signal
    return signal * x - noise * prediction if kind == "v" else prediction


def prediction_from(kind: str, x0: torch.Tensor, x: torch.Tensor, alphas_cumprod: torch.Tensor | float):
    """The inverse of `x0_from`: what a network of this kind should say when the clean picture is x0.

    eps = (x - a * x0) / b;  v = a * eps - b * x0 = (a * x - x0) / b, with a, b as in `x0_from`.

    kind : "eps", "x0" or "v"; x0, x : (B, ...). Returns (B, ...). Raises ValueError for another kind.

    Example:

    >>> prediction_from("eps", torch.tensor([1.0]), torch.tensor([1.4]), 0.64)
    tensor([1.0000])
    """
    expect.known("prediction", kind, PREDICTIONS)
    signal, noise = _amplitudes(x, alphas_cumprod)
    if kind == "eps":
        return (x - signal * x0) / noise
    return (signal * x - x0) / noise if kind == "v" else x0


def eps_from_denoised(x: torch.Tensor, denoised: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
    """The noise that a guess of the clean picture implies: eps = (x - denoised) / sigma, which is the slope dx/dsigma.

    x, denoised : (B, ...), in sigma coordinates; sigma above 0. Returns (B, ...).
    Source: Karras et al. 2022, arXiv 2206.00364, eq. 3 with the denoiser in it.

    Example:

    >>> eps_from_denoised(torch.tensor([3.0]), torch.tensor([1.0]), 2.0)
    tensor([1.])
    """
    return (x - denoised) / sigma


def denoised_from(kind: str, prediction: torch.Tensor, x: torch.Tensor, sigma: torch.Tensor | float):
    """The guess of the clean picture that a prediction stands for, in sigma coordinates.

    eps: x - sigma * eps;  v: x / (1 + sigma**2) - sigma / sqrt(1 + sigma**2) * v;  x0: itself.

    kind : "eps", "x0" or "v"; prediction, x : (B, ...). Returns (B, ...). Raises ValueError for another kind.

    Example:

    >>> denoised_from("eps", torch.tensor([0.5]), torch.tensor([2.0]), 2.0)
    tensor([1.])
    """
    expect.known("prediction", kind, PREDICTIONS)
    if kind == "eps":
        return x - sigma * prediction
    return x / (1 + sigma**2) - sigma / (1 + sigma**2) ** 0.5 * prediction if kind == "v" else prediction


def as_denoiser(network: Callable, table: NoiseTable, kind: str = "eps") -> Callable:
    """Turn a network into denoise(x, sigma) -> denoised, the one thing that samplers know.

    network(x_t, t) takes variance-preserving states (B, ...) and the timestep as (B,), and returns its prediction
    (B, ...) of the given kind. Outside the table the network is told the nearest end's timestep;
    the scaling stays true.
    Raises ValueError for another kind.

    Example:

    >>> denoise = as_denoiser(lambda x, t: torch.zeros_like(x), NoiseTable.scaled_linear(), "eps")
    >>> denoise(torch.ones(1, 2), torch.tensor(3.0))
    tensor([[1., 1.]])
    """
    expect.known("prediction", kind, PREDICTIONS)

    def denoise(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        t = table.timestep(sigma.clamp(table.sigma_min, table.sigma_max)).to(x.device, x.dtype)
        prediction = network(x / (1 + sigma**2) ** 0.5, t.expand(len(x)))
        return denoised_from(kind, prediction, x, sigma)

    return denoise


def _amplitudes(x: torch.Tensor, alphas_cumprod: torch.Tensor | float):
    alphas_cumprod = torch.as_tensor(alphas_cumprod, dtype=torch.float64)
    return alphas_cumprod.sqrt().to(x.device, x.dtype), (1 - alphas_cumprod).sqrt().to(x.device, x.dtype)
