"""What a step aims at: a target, which is a guess of the clean picture. These look no further back than this step.

An estimator looks at where the sampler stands, `here`, and may call the denoiser again. Its own options are
keyword-only arguments, with the defaults of the published program. Those that remember earlier steps are in
`multistep.py`.
"""

from __future__ import annotations

import math

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from course_lib.samplers.here import Here, add_noise, evaluate, level_like
from course_lib.samplers.mathematics import combine, phi
from course_lib.samplers.options import Fraction


def denoised_itself(here: Here) -> torch.Tensor:
    """Euler: aim at the guess (B, ...) as it is. First order.

    Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 2 without its correction.

    Example:

    >>> denoised_itself(Here(None, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    return here.denoised


def trapezoid(here: Here) -> torch.Tensor:
    """Heun: try the Euler step, take the mean of the slopes at both ends, aim (B, ...) along it. Second order.

    x_next = x + (sigma_to - sigma) * slope means that the target is x - sigma * slope. At 0 there is no slope: Euler.
    Source: Karras et al. 2022, arXiv 2206.00364, Algorithm 1.

    Example:

    >>> trapezoid(Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    if here.sigma_to == 0:
        return here.denoised
    slope_there = here.slope_at(here.move(here.denoised, here.sigma_to), here.sigma_to)
    return here.along((here.slope + slope_there) / 2)


def three_slopes(here: Here) -> torch.Tensor:
    """HeunPP2: a weighted mean of the slopes here, at the next level and at the one after, (B, ...).

    The weights are sigma_next / (3 sigma_0) and so on. They sum to 1 but belong to no rule of
    second order: first order. Next to the last step two slopes are used, in the last step one.
    Source: no paper; Carzit/sd-webui-samplers-scheduler, scripts/samplers.py.

    Example:

    >>> levels = [4.0, 2.0, 1.0, 0.0]
    >>> three_slopes(Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 4.0, 2.0, 2.0, 0, levels))
    tensor([0.])
    """
    sigma_next, highest, last = here.sigma_next, here.levels[0], here.levels[-1]
    if sigma_next == last:
        return here.denoised
    x_2 = here.move(here.denoised, sigma_next)
    slope_2 = here.slope_at(x_2, sigma_next)
    sigma_after = here.levels[here.index + 2]
    if sigma_after == last:
        weight_2 = sigma_next / (2 * highest)
        return here.along(combine([1 - weight_2, weight_2], [here.slope, slope_2]))
    slope_3 = here.slope_at(torch.add(x_2, slope_2, alpha=sigma_after - sigma_next), sigma_after)
    weight_2, weight_3 = sigma_next / (3 * highest), sigma_after / (3 * highest)
    return here.along(combine([1 - weight_2 - weight_3, weight_2, weight_3], [here.slope, slope_2, slope_3]))


def slope_at_midpoint(here: Here) -> torch.Tensor:
    """DPM-Solver-2: aim (B, ...) along the slope half-way down in log sigma. Second order.

    Source: Lu et al. 2022, arXiv 2206.00927, Algorithm 1 with r_1 = 1/2.

    Example:

    >>> slope_at_midpoint(Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    if here.sigma_to == 0:
        return here.denoised
    middle = math.sqrt(here.sigma * here.sigma_to)
    return here.along(here.slope_at(here.move(here.denoised, middle), middle))


def denoised_at_midpoint(here: Here) -> torch.Tensor:
    """DPM-Solver++(2S): aim at the guess (B, ...) made half-way down in log sigma. Second order.

    Source: Lu et al. 2022, arXiv 2211.01095, Algorithm 1 with r = 1/2.

    Example:

    >>> denoised_at_midpoint(Here(lambda x, sigma: x / 2, torch.ones(1), torch.zeros(1), 4.0, 1.0, 1.0))
    tensor([0.2500])
    """
    if here.sigma_to == 0:
        return here.denoised
    middle = math.sqrt(here.sigma * here.sigma_to)
    return evaluate(here.denoise, here.move(here.denoised, middle), middle)


def denoised_on_noisy_way(here: Here, *, r: Fraction = 0.5) -> torch.Tensor:
    """DPM-Solver++ (SDE): a guess (B, ...) from here and one from a noisy point on the way. Second order without noise.

    The point lies a part `r` of the way down in log sigma, and is reached with noise by the row's own rule.
    Source: Lu et al. 2022, arXiv 2211.01095; crowsonkb/k-diffusion, sample_dpmpp_sde.

    Example:

    >>> here = Here(lambda x, sigma: x / 2, torch.ones(1), torch.zeros(1), 4.0, 1.0, 1.0,
    ...             split=lambda sigma, sigma_next: (sigma_next, 0.0))
    >>> denoised_on_noisy_way(here)
    tensor([0.2500])
    """
    if here.sigma_next == 0:
        return here.denoised
    middle = here.sigma ** (1 - r) * here.sigma_next**r
    sigma_to, sigma_up = here.split(here.sigma, middle)
    x_middle = add_noise(here.move(here.denoised, sigma_to), here.noise, here.sigma, middle, sigma_up * here.s_noise)
    return torch.lerp(here.denoised, evaluate(here.denoise, x_middle, middle), 1 / (2 * r))


def taylor(here: Here) -> torch.Tensor:
    """TTM: add to the guess (B, ...) what its own derivative along the path adds to it. Second order without noise.

    The derivative of the denoiser with respect to log(1 / sigma) comes from forward-mode differentiation through x and
    sigma, in the direction (denoised - x, -sigma); it costs about as much as a call.
    Raises what PyTorch raises when a part of `denoise` has no forward derivative.
    Source: Birch-san/sdxl-play, sample_ttm.py; the idea as in Dockhorn et al. 2022, arXiv 2210.05475.

    Example:

    >>> f"{taylor(Here(lambda x, sigma: x / 2, torch.ones(1), torch.ones(1) / 2, 2.0, 1.0, 1.0)).item():.4f}"
    '0.4034'
    """
    if here.sigma_to == 0:
        return here.denoised
    sigma = level_like(here.x, here.sigma)
    try:
        # PyTorch's fast routines for attention have no forward derivative; what they compute, written out, has one.
        with sdpa_kernel(SDPBackend.MATH):
            _, derivative = torch.func.jvp(here.denoise, (here.x, sigma), (here.denoised - here.x, -sigma))
    except (RuntimeError, NotImplementedError) as error:
        error.add_note("ttm differentiates through the denoiser in forward mode; one of its parts does not allow that")
        raise
    h = math.log(here.sigma / here.sigma_to)
    return torch.add(here.denoised, derivative, alpha=h * phi(2, -h) / phi(1, -h))
