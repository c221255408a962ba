"""The step methods that supreme chooses among: each takes a state from one level down to another."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from course_lib.samplers.here import Here, evaluate
from course_lib.samplers.mathematics import combine, exponential_weights, move, phi
from course_lib.samplers.parts.dpm_solver import Solver
from course_lib.samplers.parts.runge_kutta import BOGACKI_SHAMPINE, CLASSICAL, FEHLBERG, Tableau


@dataclass
class Stand(Here):
    """Where supreme stands in a step: `denoise` is the enhanced denoiser, and a method goes down to sigma_to.

    down_reversible : sigma_to with reversible_eta; denoised_before, sigma_before : the guess and the level of the step
    before, or None; repaired : see `supreme`.

    Example:

    >>> stand = Stand(lambda x, sigma: x * 0, torch.ones(1), torch.zeros(1), 2.0, 1.0, 1.0)
    >>> stand.slope, stand.h
    (tensor([0.5000]), -1.0)
    """

    down_reversible: float = 0.0
    denoised_before: torch.Tensor | None = None
    sigma_before: float | None = None
    repaired: bool = False

    @property
    def h(self) -> float:
        """The step in sigma, below 0."""
        return self.sigma_to - self.sigma

    @property
    def h_reversible(self) -> float:
        """The step that the "reversible" methods use in their correction."""
        return self.down_reversible - self.sigma


def _euler(at: Stand) -> torch.Tensor:
    return torch.add(at.x, at.slope, alpha=at.h)


def _midpoint(at: Stand) -> torch.Tensor:
    middle = math.sqrt(at.sigma * at.sigma_to)
    slope = at.slope_at(torch.add(at.x, at.slope, alpha=middle - at.sigma), middle)
    return torch.add(at.x, slope, alpha=at.h)


def _third(at: Stand) -> torch.Tensor:
    return Solver(at.denoise, at.x, at.denoised, at.sigma).third(at.sigma_to)


def _trapezoidal(at: Stand) -> torch.Tensor:
    # Odd: the second slope is taken at the level to reach, not at the one that this move goes to.
    there = torch.add(at.x, at.slope, alpha=at.sigma_next - at.sigma)
    return torch.add(at.x, at.slope + at.slope_at(there, at.sigma_next), alpha=at.h / 2)


def _res(at: Stand) -> torch.Tensor:
    h = math.log(at.sigma / at.sigma_to)
    middle = at.sigma * math.exp(-h / 2)
    guess = evaluate(at.denoise, move(at.x, at.denoised, at.sigma, middle), middle)
    first, second = exponential_weights(h, 0.5)
    target = combine([first / phi(1, -h), second / phi(1, -h)], [at.denoised, guess])
    return move(at.x, target, at.sigma, at.sigma_to)


# Odd: the published program takes 3/4 and 1/4 for the third stage, and stays at 3/4: first order.
PUBLISHED_BOGACKI_SHAMPINE = replace(BOGACKI_SHAMPINE, rows=((1 / 2,), (3 / 4, 1 / 4)), consistent=False)
# The weights of adaptive_rk's rules, whose stages weigh the increments before them in the same way.
EVEN_STAGES = {1: (1,), 2: (1 / 2, 1 / 2), 3: (1 / 6, 2 / 3, 1 / 6), 4: (1 / 8, 3 / 8, 3 / 8, 1 / 8)}


def _runge_kutta(at: Stand, tableau: Tableau) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The state at sigma_to, and the increments of all stages."""
    return tableau.step(lambda x, part: at.slope_at(x, at.sigma + part * at.h), at.x, at.slope, at.h)


def _classical(at: Stand) -> torch.Tensor:
    return _runge_kutta(at, CLASSICAL)[0]


def _fehlberg(at: Stand) -> torch.Tensor:
    return _runge_kutta(at, FEHLBERG)[0]


def _bogacki_shampine_stages(at: Stand) -> tuple[torch.Tensor, list[torch.Tensor]]:
    return _runge_kutta(at, BOGACKI_SHAMPINE if at.repaired else PUBLISHED_BOGACKI_SHAMPINE)


def _bogacki_shampine(at: Stand) -> torch.Tensor:
    return _bogacki_shampine_stages(at)[0]


def _reversible_bogacki_shampine(at: Stand) -> torch.Tensor:
    x, (_, second, third) = _bogacki_shampine_stages(at)
    # Odd: a slope is wanted here and an increment is given, so that the step's length counts once too often.
    return torch.add(x, third - second, alpha=-(at.h_reversible**2) / 6)


def _reversible_heun(at: Stand) -> torch.Tensor:
    slope_there = at.slope_at(_euler(at), at.sigma_to)
    x = torch.add(at.x, at.slope + slope_there, alpha=at.h / 2)
    return torch.add(x, slope_there - at.slope, alpha=-(at.h_reversible**2) / 4)


def _reversible_heun_1s(at: Stand) -> torch.Tensor:
    before = at.denoised_before
    if before is None:
        before = evaluate(at.denoise, at.x, at.sigma)
    slope = (at.x - before) / at.sigma
    slope_there = (torch.add(at.x, slope, alpha=at.h) - at.denoised) / at.sigma_to
    x = torch.add(at.x, slope + slope_there, alpha=at.h / 2)
    return torch.add(x, slope_there - slope, alpha=-(at.h_reversible**2) / 4)


def _change(at: Stand) -> float:
    """By how much the slope is off from what the step before had foretold, as a part of it."""
    if at.denoised_before is None:
        return math.inf
    foretold = (at.x - at.denoised_before) / at.sigma_before
    there = torch.add(at.x, foretold, alpha=at.sigma - at.sigma_before)
    slope = (there - at.denoised) / at.sigma
    return ((slope - foretold).norm() / foretold.norm()).item()  # chooses the method, so the processor must know it


LIMITS = (0.01, 0.0375, 0.075, 0.15)


def _dynamic(at: Stand) -> torch.Tensor:
    methods = (_fehlberg, _classical, _bogacki_shampine, _trapezoidal, _euler)
    change = _change(at)
    return methods[sum(change >= limit for limit in LIMITS)](at)


def _adaptive_rk(at: Stand) -> torch.Tensor:
    change = _change(at)
    weights = EVEN_STAGES[(4, 4, 3, 2, 1)[sum(change >= limit for limit in LIMITS)]]
    rows = [weights[:stage] for stage in range(1, len(weights))]
    return _runge_kutta(at, Tableau([sum(row) for row in rows], rows, weights))[0]


# name: (method, what the program calls its order, by which enhancements are divided)
METHODS = {
    "euler": (_euler, 1),
    "dpm_1s": (_euler, 1),
    "dpm_2s": (_midpoint, 2),
    "dpm_3s": (_third, 3),
    "trapezoidal": (_trapezoidal, 2),
    "rk4": (_classical, 4),
    "rkf45": (_fehlberg, 6),
    "bogacki_shampine": (_bogacki_shampine, 3),
    "reversible_bogacki_shampine": (_reversible_bogacki_shampine, 2),
    "reversible_heun": (_reversible_heun, 2),
    "reversible_heun_1s": (_reversible_heun_1s, 1),
    "RES": (_res, 2),
    "dynamic": (_dynamic, 2),
    "adaptive_rk": (_adaptive_rk, 2),
}
