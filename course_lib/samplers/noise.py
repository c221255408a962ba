"""How far a step goes down, and how much fresh noise it then adds.

A noise rule takes (sigma, sigma_next, progress) and its options, and returns (sigma_to, sigma_up): the step moves down
to sigma_to and adds sigma_up of noise. With sigma_to**2 + sigma_up**2 == sigma_next**2 the state has the noise level
that it should have. progress is the share of the steps that is done, for rules that change on the way.
Where the noise comes from stands in `sources.py`.
"""

from __future__ import annotations

import math

from course_lib.samplers.options import Strength


def none(sigma: float, sigma_next: float, progress: float = 0.0) -> tuple[float, float]:
    """No fresh noise: straight to sigma_next. This makes a solver of the ODE.

    Example:

    >>> none(2.0, 1.0)
    (1.0, 0.0)
    """
    return sigma_next, 0.0


def ancestral(sigma: float, sigma_next: float, progress: float = 0.0, *, eta: Strength = 1.0) -> tuple[float, float]:
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
    return math.sqrt(sigma_next**2 - up**2), up


def ancestral_or_nothing(
    sigma: float, sigma_next: float, progress: float = 0.0, *, eta: Strength = 1.0
) -> tuple[float, float]:
    """As `ancestral`; but where eta is so large that nothing is left below, no noise is added either.

    Example:

    >>> ancestral(2.0, 1.0, eta=2.0), ancestral_or_nothing(2.0, 1.0, eta=2.0)
    ((0.0, 1.0), (0.0, 0.0))
    """
    down, up = ancestral(sigma, sigma_next, eta=eta)
    # Odd: the published euler_ancestral and dpm_2_ancestral return the guess then, without the noise that is due.
    return (down, up) if down > 0 else (0.0, 0.0)


def diffusive(sigma: float, sigma_next: float, progress: float = 0.0, *, eta: Strength = 1.0) -> tuple[float, float]:
    """The exact split of the reverse SDE in log sigma: sigma_to = sigma_next * (sigma_next / sigma)**eta.

    With h = log(sigma / sigma_next): the move shrinks by exp(-(1 + eta) h), and the noise has the strength
    sigma_next * sqrt(1 - exp(-2 eta h)). Source: Lu et al. 2022, arXiv 2211.01095.

    Example:

    >>> sigma_to, sigma_up = diffusive(2.0, 1.0)
    >>> f"{sigma_to:.3f}", f"{sigma_to**2 + sigma_up**2:.3f}"
    ('0.500', '1.000')
    """
    if sigma_next == 0 or eta == 0:
        return sigma_next, 0.0
    h = math.log(sigma / sigma_next)
    return sigma_next * math.exp(-eta * h), sigma_next * math.sqrt(-math.expm1(-2 * eta * h))


def diffusive_fading(
    sigma: float, sigma_next: float, progress: float = 0.0, *, eta_max: Strength = 1.0, eta_min: Strength = 0.0
) -> tuple[float, float]:
    """As `diffusive`, with an eta that falls along half a cosine, from eta_max at the first step towards eta_min.

    Source: no paper; Clybius/ComfyUI-Extra-Samplers, dynamic eta.

    Example:

    >>> diffusive_fading(2.0, 1.0, progress=0.0) == diffusive(2.0, 1.0, eta=1.0)
    True
    """
    eta = eta_min + (eta_max - eta_min) * (1 + math.cos(math.pi * progress)) / 2
    return diffusive(sigma, sigma_next, eta=eta)


def renoise(sigma: float, sigma_next: float, progress: float = 0.0) -> tuple[float, float]:
    """All the way down to the target, then all of sigma_next as fresh noise: what a consistency model wants.

    Source: Song et al. 2023, arXiv 2303.01469, Algorithm 1; Luo et al. 2023, arXiv 2310.04378.

    Example:

    >>> renoise(2.0, 1.0)
    (0.0, 1.0)
    """
    return 0.0, sigma_next
