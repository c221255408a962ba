"""Estimators that remember: the target comes from this step and from earlier ones, at one call of the denoiser a step.

Those of the Adams-Bashforth kind keep slopes and do not treat the step to 0 as special; those of the DPM-Solver++ kind
keep guesses, measure in log sigma, and aim at the guess itself in the step to 0.
"""

from __future__ import annotations

import math
from typing import Literal

import torch

from course_lib.samplers.estimators import trapezoid
from course_lib.samplers.here import Here
from course_lib.samplers.mathematics import combine, phi
from course_lib.samplers.options import Flag

# Adams-Bashforth for even steps, newest slope first: Hairer, Norsett, Wanner 1993, Solving ODEs I, section III.1.
EVEN_WEIGHTS = {
    1: (1.0,),
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}


def adams_bashforth(here: Here, *, order: Literal[1, 2, 3, 4] = 4) -> torch.Tensor:
    """LMS: aim (B, ...) along the polynomial through the last slopes, integrated exactly over the step.

    Starts with one slope and takes more as they come, up to `order`.
    Source: Adams-Bashforth with steps of any size, Hairer, Norsett, Wanner 1993, Solving ODEs I, section III.5;
    crowsonkb/k-diffusion, sample_lms.

    Example:

    >>> adams_bashforth(Here(None, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    stood = [here, *reversed(here.past)][:order]
    # In units of the step: 0 is here, 1 is the level to reach, earlier levels lie below 0.
    nodes = [(place.sigma - here.sigma) / (here.sigma_to - here.sigma) for place in stood]
    weights = [_mean_of_lagrange(nodes, j) for j in range(len(nodes))]
    return here.along(combine(weights, [place.slope for place in stood]))


def _mean_of_lagrange(nodes: list[float], j: int) -> float:
    """The mean over [0, 1] of the polynomial that is 1 at node j and 0 at the others."""
    coefficients = [1.0]  # of 1, u, u**2, ...
    for m, node in enumerate(nodes):
        if m != j:  # multiply by (u - node) / (nodes[j] - node)
            raised, kept = [0.0, *coefficients], [*coefficients, 0.0]
            coefficients = [(up - node * same) / (nodes[j] - node) for up, same in zip(raised, kept, strict=True)]
    return sum(coefficient / (power + 1) for power, coefficient in enumerate(coefficients))


def adams_bashforth_even(here: Here, *, max_order: Literal[1, 2, 3, 4] = 4) -> torch.Tensor:
    """iPNDM: aim (B, ...) along a mix of the last slopes whose weights pretend that all steps are equal.

    The levels are not evenly spaced, so the order stays near 2.
    Source: Liu et al. 2022, arXiv 2202.09778, started with fewer slopes; Zhang, Chen 2022, arXiv 2204.13902.

    Example:

    >>> adams_bashforth_even(Here(None, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    stood = [here, *reversed(here.past)][:max_order]
    return here.along(combine(EVEN_WEIGHTS[len(stood)], [place.slope for place in stood]))


def heun_then_adams_bashforth(here: Here) -> torch.Tensor:
    """PLMS: the first step as Heun does it, then the mix (B, ...) of up to four slopes.

    Source: Liu et al. 2022, arXiv 2202.09778, as in diffusers' PNDMScheduler with skip_prk_steps.

    Example:

    >>> heun_then_adams_bashforth(Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0))
    tensor([0.])
    """
    return trapezoid(here) if here.index == 0 else adams_bashforth_even(here)


class GeometricMeans:
    """Stands in for a noise table where only the level half-way between two is asked for.

    Example:

    >>> half = (GeometricMeans.timestep(4.0) + GeometricMeans.timestep(1.0)) / 2
    >>> f"{GeometricMeans.sigma(half):.1f}"
    '2.0'
    """

    @staticmethod
    def timestep(sigma: float) -> float:
        """A time whose mean belongs to the geometric mean of two levels."""
        return math.log(sigma)

    @staticmethod
    def sigma(timestep: float) -> torch.Tensor:
        """The level at that time, ()."""
        return torch.tensor(timestep, dtype=torch.float64).exp()


def runge_kutta_then_adams_bashforth(here: Here, *, table=None) -> torch.Tensor:
    """PNDM: three steps by the classical Runge-Kutta rule, then the mix (B, ...) of four slopes.

    The half-way level is that of the mean of the two ends' timesteps in `table`, a NoiseTable (or anything else with
    sigma(t) and timestep(sigma)). Raises ValueError for a level outside the table.
    Source: Liu et al. 2022, arXiv 2202.09778, Algorithm 2; diffusers' PNDMScheduler.

    Example:

    >>> from course_lib.diffusion import NoiseTable
    >>> here = Here(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0)
    >>> runge_kutta_then_adams_bashforth(here, table=NoiseTable.scaled_linear())
    tensor([0.])
    """
    if here.index >= 3:
        return adams_bashforth_even(here)
    halfway = table.sigma((table.timestep(here.sigma) + table.timestep(here.sigma_to)) / 2).item()
    slope_1 = here.slope
    slope_2 = here.slope_at(here.move(here.denoised, halfway), halfway)
    slope_3 = here.slope_at(here.move(here.along(slope_2), halfway), halfway)
    slope_4 = here.slope_at(here.move(here.along(slope_3), here.sigma_to), here.sigma_to)
    return here.along(combine([1 / 6, 2 / 6, 2 / 6, 1 / 6], [slope_1, slope_2, slope_3, slope_4]))


def _step_ratio(here: Here, back: int) -> float:
    """How long the step `back` steps ago was, in log sigma, as a multiple of this one."""
    levels = here.levels[here.index - back : here.index - back + 2]
    # History is measured with sigma_next, whatever the noise rule makes of this step.
    return math.log(levels[0] / levels[1]) / math.log(here.sigma / here.sigma_next)


def two_guesses(here: Here) -> torch.Tensor:
    """DPM-Solver++(2M): go on from the guess before this one through this one, half a step further, (B, ...).

    Second order. Source: Lu et al. 2022, arXiv 2211.01095, Algorithm 2.

    Example:

    >>> before = Here(None, torch.ones(1), torch.zeros(1), 4.0, 2.0, 2.0)
    >>> two_guesses(Here(None, torch.ones(1), torch.ones(1), 2.0, 1.0, 1.0, 1, [4.0, 2.0, 1.0], [before]))
    tensor([1.5000])
    """
    if here.sigma_next == 0 or not here.past:
        return here.denoised
    return torch.lerp(here.past[-1].denoised, here.denoised, 1 + 1 / (2 * _step_ratio(here, 1)))


def two_guesses_sde(here: Here, *, solver_type: Literal["midpoint", "heun"] = "midpoint") -> torch.Tensor:
    """SDE-DPM-Solver++(2M): as `two_guesses` with solver type "midpoint"; "heun" integrates the line exactly, (B, ...).

    Second order without noise. Source: Lu et al. 2022, arXiv 2211.01095; k-diffusion, sample_dpmpp_2m_sde.

    Example:

    >>> before = Here(None, torch.ones(1), torch.zeros(1), 4.0, 2.0, 2.0)
    >>> here = Here(None, torch.ones(1), torch.ones(1), 2.0, 1.0, 1.0, 1, [4.0, 2.0, 1.0], [before])
    >>> two_guesses_sde(here), two_guesses_sde(here, solver_type="heun")
    (tensor([1.5000]), tensor([1.5573]))
    """
    if solver_type == "midpoint" or here.sigma_next == 0 or not here.past:
        return two_guesses(here)
    h = math.log(here.sigma / here.sigma_to)
    weight = phi(2, -h) / phi(1, -h) / _step_ratio(here, 1)
    return torch.lerp(here.past[-1].denoised, here.denoised, 1 + weight)


def three_guesses(here: Here, *, repaired: Flag = False) -> torch.Tensor:
    """SDE-DPM-Solver++(3M): a parabola through the last three guesses, integrated over the step, (B, ...).

    Of second order without noise, in spite of its name, because the program counts the parabola's bend by half;
    repaired=True counts it whole, and the order is 3.
    Source: crowsonkb/k-diffusion, sample_dpmpp_3m_sde; theory in Lu et al. 2022, arXiv 2211.01095.

    Example:

    >>> before = Here(None, torch.ones(1), torch.zeros(1), 4.0, 2.0, 2.0)
    >>> three_guesses(Here(None, torch.ones(1), torch.ones(1), 2.0, 1.0, 1.0, 1, [4.0, 2.0, 1.0], [before]))
    tensor([1.5573])
    """
    if here.sigma_next == 0 or len(here.past) < 2:
        return two_guesses_sde(here, solver_type="heun")
    ratio_0, ratio_1 = _step_ratio(here, 1), _step_ratio(here, 2)
    guesses = [here.denoised, here.past[-1].denoised, here.past[-2].denoised]
    h = math.log(here.sigma / here.sigma_to)
    # Odd: s**2 integrates to 2 * phi_3, and the published program, like the paper's formula, has phi_3.
    linear, bent = phi(2, -h) / phi(1, -h), (2 if repaired else 1) * phi(3, -h) / phi(1, -h)
    # newer = (D_0 - D_1) / ratio_0 and older = (D_1 - D_2) / ratio_1 are the two slopes between the guesses.
    newer = linear + (linear * ratio_0 + bent) / (ratio_0 + ratio_1)
    older = -(linear * ratio_0 + bent) / (ratio_0 + ratio_1)
    weights = [1 + newer / ratio_0, older / ratio_1 - newer / ratio_0, -older / ratio_1]
    return combine(weights, guesses)
