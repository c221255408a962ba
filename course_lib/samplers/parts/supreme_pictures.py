"""What supreme does to pictures (B, C, H, W): it enhances the guess, and shapes the noise by the state."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

ROWS_AND_COLUMNS = (-2, -1)
DIMS = {1: (-3,), 2: (-2, -1), 3: (-3, -2, -1)}


def neighbours(picture: torch.Tensor) -> torch.Tensor:
    """The 3 x 3 neighbourhood of each pixel: (9, B, C, H, W), reflected at the edges. picture : (B, C, H, W).

    Example:

    >>> neighbours(torch.arange(4.0).reshape(1, 1, 2, 2))[:, 0, 0, 0, 0]
    tensor([3., 2., 3., 1., 0., 1., 3., 2., 3.])
    """
    padded = F.pad(picture, (1, 1, 1, 1), mode="reflect")
    height, width = picture.shape[-2:]
    return torch.stack([padded[..., i : i + height, j : j + width] for i in range(3) for j in range(3)])


def gaussian_weights(like: torch.Tensor, std: float = 1.5) -> torch.Tensor:
    """The 3 x 3 Gaussian kernel as (9, 1, 1, 1, 1), summing to 1, of the kind of a tensor (any shape).

    Example:

    >>> f"{gaussian_weights(torch.zeros(1, 1)).sum():.4f}"
    '1.0000'
    """
    squares = torch.tensor([i * i + j * j for i in (-1, 0, 1) for j in (-1, 0, 1)], dtype=torch.float64)
    weights = torch.exp(-squares / (2 * std**2))
    return (weights / weights.sum()).to(like).reshape(9, 1, 1, 1, 1)


def enhance_edges(denoised: torch.Tensor, x: torch.Tensor, strength: float) -> torch.Tensor:
    """Sharpen the guess, and add what a bilateral filter guided by it changes in the state. All (B, C, H, W).

    Example:

    >>> flat = torch.ones(1, 1, 3, 3)
    >>> torch.testing.assert_close(enhance_edges(flat, flat, 0.5), flat)
    """
    around, weights = neighbours(denoised), gaussian_weights(denoised)
    blurred = (weights * around).sum(0)
    distance = (around - denoised).abs().sum(2, keepdim=True)  # over channels
    alike = weights * torch.exp(-(distance**2) / (2 * 0.1**2))
    filtered = (alike * neighbours(x)).sum(0) / alike.sum(0)
    return denoised + strength * (denoised - blurred) + strength * (filtered - x)


def centralize(denoised: torch.Tensor, strength: float) -> torch.Tensor:
    """Take a part of each channel's mean away. denoised : (B, C, H, W).

    Example:

    >>> centralize(torch.ones(1, 1, 2, 2), 0.25).mean()
    tensor(0.7500)
    """
    return torch.sub(denoised, denoised.mean(ROWS_AND_COLUMNS, keepdim=True), alpha=strength)


def normalize(denoised: torch.Tensor, strength: float) -> torch.Tensor:
    """Go a part of the way to a standard deviation of 1 in each channel. denoised : (B, C, H, W).

    Example:

    >>> normalize(torch.tensor([[[[0.0, 2.0], [0.0, 2.0]]]]), 1.0).std()
    tensor(1.)
    """
    return torch.lerp(denoised, denoised / denoised.std(ROWS_AND_COLUMNS, keepdim=True), strength)


def modulate(noise: torch.Tensor, x: torch.Tensor, kind: str, strength: float, dims: int) -> torch.Tensor:
    """Shape the noise by the state, or by its own spectrum, without changing its size much. noise, x : (B, C, H, W).

    kind : "none", "intensity", "frequency" or "spectral_signum"; dims : 1 looks along channels, 2 along rows and
    columns, 3 along all. "intensity" and "frequency" keep less noise where the state's standard deviation over dims is
    large, so that a constant added to x along dims changes nothing.

    Example:

    >>> noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(modulate(noise, noise, "none", 2.0, 3), noise)
    True
    """
    if kind == "none":
        return noise
    if kind == "spectral_signum":
        return _even_out_spectrum(noise, strength, DIMS[dims])
    calm = 1 / (1 + abs(strength) * x.std(DIMS[dims], keepdim=True))
    shaped = noise * calm + noise
    if kind == "frequency":
        shaped = _lift_high_indices(shaped, strength)
    shaped = shaped * (noise.norm() / shaped.norm())
    return strength * shaped + (1 - strength) * noise


def _lift_high_indices(noise: torch.Tensor, strength: float) -> torch.Tensor:
    height, width = noise.shape[-2:]
    rows = (torch.arange(height, device=noise.device, dtype=noise.dtype) / height)[:, None]
    columns = torch.arange(width, device=noise.device, dtype=noise.dtype) / width
    # Odd: indices are taken as they are, and the highest, which are low negative frequencies, are lifted most.
    factor = 2 - torch.exp(-(strength**2) * (rows**2 + columns**2))
    return torch.fft.ifft2(torch.fft.fft2(noise) * factor).real


def _even_out_spectrum(noise: torch.Tensor, strength: float, dims: tuple[int, ...]) -> torch.Tensor:
    spectrum = torch.fft.fftn(noise, dim=dims)
    log = spectrum.abs().log()
    at = torch.tensor([0.05, 0.95, 1.0], device=log.device, dtype=log.dtype)
    low, high, highest = torch.quantile(log.abs().flatten(), at)
    factor = torch.where(log > high, 1 - ((log - high) / (highest - high)).clamp(max=0.5), 1.0)
    factor = factor * torch.where(log < low, 1 + (1 - log / low).clamp(max=0.5), 1.0)
    return torch.fft.ifftn(spectrum * factor**strength, dim=dims).real


def remember(denoised: torch.Tensor, x: torch.Tensor, earlier: torch.Tensor, strength: float) -> torch.Tensor:
    """ "Perphist": add the part of an earlier guess's overshoot that stands square to this one's. All (B, ...).

    With a = 2 x - denoised and b = 2 x - earlier, adds strength * (b - a <a, b> / <a, a>).

    Example:

    >>> remember(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, -2.0]]), 0.5)
    tensor([[0., 1.]])
    """
    a, b = 2 * x - denoised, 2 * x - earlier
    return denoised + strength * (b - a * ((a * b).sum() / (a * a).sum()))


def step_strength(part: float, divided_by: int, sigma: float) -> float:
    """How strong an enhancement is in a step that starts at sigma: (part / divided_by) * sqrt(sigma).

    Example:

    >>> step_strength(0.5, 2, 4.0)
    0.5
    """
    return part / divided_by * math.sqrt(sigma)
