"""The noise table: how much picture and how much noise there is at each training step."""

from __future__ import annotations

import math

import torch

from course_lib import expect


class NoiseTable:
    """What is fixed before a training: betas, and everything that follows from them.

    `betas`, `alphas_cumprod`, `sigmas` and `snr` are (steps,) in float64. At step t the closed form of the
    forward process is x_t = sqrt(alphas_cumprod[t]) * x0 + sqrt(1 - alphas_cumprod[t]) * eps. Divided by
    sqrt(alphas_cumprod[t]) that reads x = x0 + sigma * eps: sigma, ascending, is the noise level of the samplers.

    betas : (steps,), each above 0 and below 1. Raises ValueError for anything else.
    Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 2 and 4.

    Example:

    >>> table = NoiseTable.scaled_linear()
    >>> len(table), f"{table.sigma_min:.4f} to {table.sigma_max:.4f}"
    (1000, '0.0292 to 14.6146')
    """

    def __init__(self, betas: torch.Tensor):
        expect.tensor("betas", betas, "(steps,)")
        self.betas = betas.detach().to(torch.float64).clone()
        wrong = (~((self.betas > 0) & (self.betas < 1))).nonzero().flatten()
        if len(betas) < 2 or len(wrong):
            got = f"beta {self.betas[wrong[0]]:g} at step {wrong[0]}" if len(wrong) else f"{len(betas)} of them"
            raise ValueError(f"betas must be at least two numbers above 0 and below 1; got {got}")
        self.alphas_cumprod = torch.cumprod(1 - self.betas, dim=0)
        self.snr = self.alphas_cumprod / (1 - self.alphas_cumprod)
        self.sigmas = 1 / self.snr.sqrt()
        self._log_sigmas = self.sigmas.log()

    @classmethod
    def linear(cls, beta_start: float = 1e-4, beta_end: float = 0.02, steps: int = 1000) -> NoiseTable:
        """Betas in even steps, as in the first diffusion models of pictures. Raises ValueError on bad ends.

        Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, section 4.

        Example:

        >>> f"{NoiseTable.linear().alphas_cumprod[-1]:.6f}"
        '0.000040'
        """
        return cls(_even(beta_start, beta_end, steps))

    @classmethod
    def scaled_linear(cls, beta_start: float = 0.00085, beta_end: float = 0.012, steps: int = 1000) -> NoiseTable:
        """Square roots of the betas in even steps: Stable Diffusion 1.x. Raises ValueError on bad ends.

        Source: Rombach et al. 2022, arXiv 2112.10752; CompVis/stable-diffusion, v1-inference.yaml.

        Example:

        >>> f"{NoiseTable.scaled_linear().alphas_cumprod[-1]:.5f}"
        '0.00466'
        """
        start, end = (expect.number(n, b, 0, 1) for n, b in [("beta_start", beta_start), ("beta_end", beta_end)])
        return cls(_even(math.sqrt(start), math.sqrt(end), steps) ** 2)

    @classmethod
    def cosine(cls, steps: int = 1000, offset: float = 0.008, max_beta: float = 0.999) -> NoiseTable:
        """alphas_cumprod follows a squared cosine; no beta is above `max_beta`. Raises ValueError on bad numbers.

        Source: Nichol, Dhariwal 2021, arXiv 2102.09672, eq. 17 and the limit of 0.999 beneath it.

        Example:

        >>> f"{NoiseTable.cosine().alphas_cumprod[500]:.3f}"
        '0.492'
        """
        expect.number("offset", offset, low=0)
        expect.number("max_beta", max_beta, 0, 1)
        time = torch.linspace(0, 1, expect.whole("steps", steps, at_least=2) + 1, dtype=torch.float64)
        alphas_cumprod = torch.cos((time + offset) / (1 + offset) * math.pi / 2) ** 2
        return cls((1 - alphas_cumprod[1:] / alphas_cumprod[:-1]).clamp(max=max_beta))

    def __len__(self) -> int:
        return len(self.betas)

    def __repr__(self) -> str:
        return f"NoiseTable({len(self)} steps, sigma {self.sigma_min:.4g} to {self.sigma_max:.4g})"

    @property
    def sigma_min(self) -> float:
        """The lowest noise level, that of step 0."""
        return self.sigmas[0].item()

    @property
    def sigma_max(self) -> float:
        """The highest noise level, that of the last step."""
        return self.sigmas[-1].item()

    def sigma(self, t: float | torch.Tensor) -> torch.Tensor:
        """The noise level at timestep `t`, which may lie between two steps: log sigma is linear there.

        t : a number or a tensor of any shape, in [0, steps - 1]. Returns float64 of that shape.
        Raises ValueError outside the table, and for NaN.

        Example:

        >>> table = NoiseTable.scaled_linear()
        >>> f"{table.sigma(999):.4f}", f"{table.sigma(0.5) ** 2 / (table.sigma(0) * table.sigma(1)):.6f}"
        ('14.6146', '1.000000')
        """
        t = _float64(t)
        last = len(self) - 1
        _inside("timestep", t, 0, last)
        log_sigmas = self._log_sigmas.to(t.device)
        below = t.detach().floor().long().clamp(max=last - 1)
        return torch.lerp(log_sigmas[below], log_sigmas[below + 1], t - below).exp()

    def timestep(self, sigma: float | torch.Tensor) -> torch.Tensor:
        """The timestep at which the table has the noise level `sigma`: the inverse of `sigma(t)`.

        sigma : a number or a tensor of any shape, in [sigma_min, sigma_max] (float32's rounding is allowed for).
        Returns float64 of that shape. Raises ValueError outside the table, and for NaN.

        Example:

        >>> table = NoiseTable.scaled_linear()
        >>> f"{table.timestep(1.0):.2f}"
        '353.89'
        """
        sigma = _float64(sigma)
        slack = 1e-6  # float32 rounds sigma_max to a number just above it
        _inside("sigma", sigma, self.sigma_min * (1 - slack), self.sigma_max * (1 + slack))
        log_sigmas = self._log_sigmas.to(sigma.device)
        log_sigma = sigma.log().clamp(log_sigmas[0], log_sigmas[-1])
        above = torch.searchsorted(log_sigmas, log_sigma.detach()).clamp(min=1)
        low, high = log_sigmas[above - 1], log_sigmas[above]
        return above - 1 + (log_sigma - low) / (high - low)


def _even(start: float, end: float, steps: int) -> torch.Tensor:
    expect.number("the first beta", start, 0, 1)
    expect.number("the last beta", end, 0, 1)
    return torch.linspace(start, end, expect.whole("steps", steps, at_least=2), dtype=torch.float64)


def _float64(value: float | torch.Tensor) -> torch.Tensor:
    if isinstance(value, torch.Tensor) and value.device.type == "mps":
        value = value.cpu()  # Apple's GPUs have no float64
    return torch.as_tensor(value, dtype=torch.float64)


def _inside(name: str, value: torch.Tensor, low: float, high: float) -> None:
    wrong = value[~((value >= low) & (value <= high))]  # written so that NaN is wrong too
    if wrong.numel():
        raise ValueError(f"{name} must lie in the table, {low:g} to {high:g}; got {wrong.flatten()[0]:g}")
