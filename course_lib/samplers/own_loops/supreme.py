"""Supreme: an ancestral sampler with a choice of step methods, an enhanced guess and shaped noise. No paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

import torch

from course_lib.samplers.here import evaluate
from course_lib.samplers.mathematics import target_of
from course_lib.samplers.noise import ancestral
from course_lib.samplers.options import Count, Flag, NotNegative, Number, Strength
from course_lib.samplers.parts import supreme_pictures as pictures
from course_lib.samplers.parts.supreme_methods import METHODS, Stand
from course_lib.samplers.step import Step

Method = Literal[tuple(METHODS)]
Modulation = Literal["none", "intensity", "frequency", "spectral_signum"]

#: The options that make supreme work on states of any shape.
PLAIN = {"edge_enhancement": 0.0, "centralization": 0.0, "normalization": 0.0, "noise_modulation": "none"}

#: The options that leave nothing of it but its first move, without what an earlier guess adds.
BARE = {**PLAIN, "perphist": 0.0, "substeps": 1}


def supreme(
    denoise: Callable,
    x: torch.Tensor,
    levels: list[float],
    noise: Callable,
    *,
    step_method: Method = "euler",
    substep_method: Method = "euler",
    eta: Strength = 1.0,
    s_noise: NotNegative = 1.0,
    substeps: Count = 2,
    centralization: Number = 0.05,
    normalization: Number = 0.05,
    edge_enhancement: Number = 0.25,
    perphist: Number = 0.5,
    noise_modulation: Modulation = "intensity",
    modulation_strength: Number = 2.0,
    modulation_dims: Literal[1, 2, 3] = 3,
    reversible_eta: NotNegative = 1.0,
    repaired: Flag = False,
) -> Iterator[Step]:
    """Each step is the mean of `substeps` moves from the same state, then ancestral noise.

    The first move of the first step is always rkf45, whatever was asked for; into 0 every move is Euler's.
    x : (B, C, H, W), the state at levels[0]; any shape (B, ...) once edge_enhancement, centralization, normalization
    and noise_modulation are off (0, 0, 0, "none").
    step_method, substep_method : of the first move and of the others; eta, reversible_eta : the ancestral split, and
    that in the correction of the "reversible" methods; perphist : how much an earlier guess counts;
    repaired : the true weights of Bogacki and Shampine.
    Raises ValueError for a state that is not a picture while those are on, and when denoise changes the shape.
    Source: no paper; Clybius/ComfyUI-Extra-Samplers, which says of itself that it is a heuristic.

    Example:

    >>> off = {**PLAIN, "eta": 0.0, "perphist": 0.0}
    >>> walking = supreme(lambda x, sigma: x * 0, torch.ones(1, 1), [2.0, 1.0, 0.0], None, **off)
    >>> [f"{step.x_next.item():.1f}" for step in walking]
    ['0.5', '0.0']
    """
    shaped = {
        "edge_enhancement": edge_enhancement,
        "centralization": centralization,
        "normalization": normalization,
        "noise_modulation": noise_modulation != "none",
    }
    switched_on = [name for name, value in shaped.items() if value]
    if switched_on and (x.ndim != 4 or min(x.shape[2:]) < 2):
        raise ValueError(
            f"supreme needs pictures (B, C, H, W) of at least 2 x 2 pixels for {', '.join(switched_on)}; "
            f"got the shape {tuple(x.shape)}. Switch them off: 0 for numbers, 'none' for noise_modulation"
        )
    if noise_modulation == "spectral_signum" and len(x) != 1:
        raise ValueError(f"noise_modulation='spectral_signum' takes one picture at a time; got a batch of {len(x)}")
    divided_by = METHODS[step_method][1] + METHODS[substep_method][1] * (substeps - 1)
    history = []  # the latest enhanced guess, for perphist

    def enhanced(sigma: float, sigma_next: float) -> Callable:
        """The denoiser of the step from sigma to sigma_next."""

        def denoise_enhanced(y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
            denoised = denoise(y, level)
            if edge_enhancement:
                strength = (sigma - sigma_next) * edge_enhancement / divided_by
                denoised = pictures.enhance_edges(denoised, y, strength)
            if centralization:
                denoised = pictures.centralize(denoised, pictures.step_strength(centralization, divided_by, sigma))
            if normalization:
                denoised = pictures.normalize(denoised, pictures.step_strength(normalization, divided_by, sigma))
            if perphist and history:
                denoised = pictures.remember(denoised, y, history[0], perphist / divided_by)
            history[:] = [denoised]
            return denoised

        return denoise_enhanced

    def walk(x: torch.Tensor) -> Iterator[Step]:
        denoised, sigma_before = None, None
        for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
            down, up = ancestral(sigma, sigma_next, eta=eta)
            down_reversible, _ = ancestral(sigma, sigma_next, eta=reversible_eta)
            denoise_here, denoised_before = enhanced(sigma, sigma_next), denoised
            mean = 0
            for substep in range(substeps):
                denoised = evaluate(denoise_here, x, sigma)
                at = Stand(
                    denoise_here, x, denoised, sigma, down, sigma_next,
                    down_reversible=down_reversible, denoised_before=denoised_before, sigma_before=sigma_before,
                    repaired=repaired,
                )  # fmt: skip
                asked = step_method if substep == 0 else substep_method
                first = index == 0 and substep == 0  # Odd: the program starts with rkf45
                name = "euler" if down == 0 else "rkf45" if first else asked
                # Every move starts from x again, and noise between them is drawn for nothing: none is drawn here.
                mean = mean + METHODS[name][0](at) / substeps
            target = target_of(x, mean, sigma, down)
            x_next = mean
            if sigma_next > 0 and up * s_noise > 0:
                fresh = up * s_noise * noise(sigma, sigma_next)
                x_next = mean + pictures.modulate(fresh, mean, noise_modulation, modulation_strength, modulation_dims)
            yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
            x, sigma_before = x_next, sigma

    return walk(x)
