"""The move that all samplers share, the functions of exponential integrators, and the check of the levels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch


def move(x: torch.Tensor, target: torch.Tensor, sigma: float, sigma_to: float) -> torch.Tensor:
    """From `sigma` down to `sigma_to`, straight towards a target: target + (sigma_to / sigma) * (x - target).

    x, target : (B, ...). With target = denoised this is the Euler step in sigma, and the first-order exponential
    step in log sigma: the two coincide. Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 1.

    Example:

    >>> move(torch.tensor([3.0]), torch.tensor([1.0]), 2.0, 1.0)
    tensor([2.])
    """
    return torch.lerp(target, x, sigma_to / sigma)


def target_of(x: torch.Tensor, x_to: torch.Tensor, sigma: float, sigma_to: float) -> torch.Tensor:
    """What a move from x at `sigma` to x_to at `sigma_to` aimed at: the inverse of `move`.

    x, x_to : (B, ...); sigma_to below sigma.

    Example:

    >>> target_of(torch.tensor([3.0]), torch.tensor([2.0]), 2.0, 1.0)
    tensor([1.])
    """
    return torch.lerp(x_to, x, -sigma_to / (sigma - sigma_to))


def phi(order: int, z: float) -> float:
    """The functions of exponential integrators: phi_0 = exp(z), phi_1 = (exp(z) - 1) / z, phi_2 = (phi_1 - 1) / z ...

    In general phi_k(z) = (phi_(k-1)(z) - 1 / (k-1)!) / z, and phi_k(0) = 1 / k!. Near 0 that loses digits, so the
    series sum_n z**n / (n + k)! is used there. With h = log(sigma / sigma_to), the exact integral of a denoised picture
    that does not change is h * phi_1(-h), of one that grows linearly h**2 * phi_2(-h), and so on.
    Source: Hochbruck, Ostermann 2010, Exponential integrators, Acta Numerica 19.

    Example:

    >>> [f"{phi(order, -1.0):.4f}" for order in range(4)]
    ['0.3679', '0.6321', '0.3679', '0.1321']
    """
    if abs(z) < 1:
        return math.fsum(z**n / math.factorial(n + order) for n in range(20))
    value = math.exp(z)
    for k in range(order):
        value = (value - 1 / math.factorial(k)) / z
    return value


def combine(weights: Sequence[float], tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """The weighted sum of tensors (B, ...), as many as there are weights.

    Example:

    >>> combine([1.5, -0.5], [torch.tensor([2.0]), torch.tensor([4.0])])
    tensor([1.])
    """
    total = weights[0] * tensors[0]
    for weight, tensor in zip(weights[1:], tensors[1:], strict=True):
        total = torch.add(total, tensor, alpha=weight)
    return total


def exponential_weights(h: float, c2: float) -> tuple[float, float]:
    """The weights of the guess at the start and of the guess c2 of the way down, for a step h in log sigma.

    They sum to phi_1(-h). Source: Zhang et al. 2023, arXiv 2308.02157, Algorithm 1.

    Example:

    >>> [f"{weight:.4f}" for weight in exponential_weights(1.0, 0.5)]
    ['-0.1036', '0.7358']
    """
    second = phi(2, -h) / c2
    return phi(1, -h) - second, second


def check_levels(sigmas: torch.Tensor | Sequence[float]) -> list[float]:
    """The noise levels as a list of floats, at least two, finite, strictly falling, none negative.

    sigmas : (levels,), a tensor or a sequence. It is not changed. Raises ValueError otherwise, naming the level.

    Example:

    >>> check_levels([2.0, 1.0, 1.0])
    Traceback (most recent call last):
    ValueError: sigmas must fall; got 3 levels, level 2 (1) not below level 1 (1)
    """
    if not isinstance(sigmas, torch.Tensor):
        sigmas = torch.tensor(sigmas, dtype=torch.float64)
    if sigmas.ndim != 1 or len(sigmas) < 2:
        raise ValueError(f"sigmas must be a list of at least two levels; got shape {tuple(sigmas.shape)}")
    levels = sigmas.tolist()
    for index, level in enumerate(levels):
        if not 0 <= level < float("inf"):
            raise ValueError(f"sigmas must be finite and not negative; got {level:g} as level {index} of {len(levels)}")
        if index and level >= levels[index - 1]:
            raise ValueError(
                f"sigmas must fall; got {len(levels)} levels, "
                f"level {index} ({level:g}) not below level {index - 1} ({levels[index - 1]:g})"
            )
    return levels
