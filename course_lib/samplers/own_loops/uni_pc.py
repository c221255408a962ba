"""UniPC: predict the next state from remembered guesses, look there, and correct the prediction with what is seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch

from course_lib.samplers.here import evaluate
from course_lib.samplers.mathematics import combine, move, phi
from course_lib.samplers.step import Step

LOWEST = 0.001  # Odd: where the list ends in 0, the published program goes to this level and stays there


def uni_pc(denoise: Callable, x: torch.Tensor, levels: list[float], noise: Callable) -> Iterator[Step]:
    """UniPC of order 3 with B(h) = h, predicting the denoised picture; one call a step, no noise.

    x : (B, ...), the state at levels[0]. Where the list ends in 0 it goes to 0.001 instead.
    Raises ValueError when the level before is not above 0.001, and when denoise changes the shape.
    Source: Zhao et al. 2023, arXiv 2302.04867, Algorithms 1 and 2, as in ComfyUI's comfy/extra_samplers/uni_pc.py.

    Example:

    >>> [f"{step.x_next.item():.3f}" for step in uni_pc(lambda x, s: x * 0, torch.ones(1), [4.0, 2.0, 1.0], None)]
    ['0.500', '0.250']
    """
    return _walk(denoise, x, _stops(levels), lambda h: 1 / phi(1, -h))


def uni_pc_bh2(denoise: Callable, x: torch.Tensor, levels: list[float], noise: Callable) -> Iterator[Step]:
    """UniPC with B(h) = exp(h) - 1: the same but for one weight, see `_weights`.

    x : (B, ...), the state at levels[0]. Raises and source: see `uni_pc`.

    Example:

    >>> [f"{step.x_next.item():.3f}" for step in uni_pc_bh2(lambda x, s: x * 0, torch.ones(1), [4.0, 2.0, 1.0], None)]
    ['0.500', '0.250']
    """
    return _walk(denoise, x, _stops(levels), lambda h: 1.0)


def _stops(levels: list[float]) -> list[float]:
    if levels[-1] == 0 and levels[-2] <= LOWEST:
        raise ValueError(f"uni_pc goes to {LOWEST} in place of 0, so the level before must be higher; got {levels[-2]}")
    return [*levels[:-1], levels[-1] or LOWEST]


def _walk(denoise: Callable, x: torch.Tensor, levels: list[float], scale: Callable[[float], float]) -> Iterator[Step]:
    steps = len(levels) - 1
    highest_order = min(3, steps - 1)
    past = [(levels[0], evaluate(denoise, x, levels[0]))]  # (level, guess), newest first
    for index, (sigma, sigma_next) in enumerate(pairwise(levels)):
        order = min(index + 1, highest_order, steps - index)
        denoised, h = past[0][1], math.log(sigma / sigma_next)
        # In units of the step in log sigma, earlier guesses lie at negative nodes, and the level to reach at 1.
        nodes = [math.log(sigma / level) / h for level, _ in past[1:order]]
        guesses = [guess for _, guess in past[1:order]]

        def aim(nodes: list[float], guesses: list[torch.Tensor], denoised=denoised, h=h) -> torch.Tensor:
            weights = [w / node for w, node in zip(_weights(nodes, h, scale(h)), nodes, strict=True)]
            return combine([1 - sum(weights), *weights], [denoised, *guesses])

        target = aim(nodes, guesses)
        if index < steps - 1:
            seen = evaluate(denoise, move(x, target, sigma, sigma_next), sigma_next)
            target = aim([*nodes, 1.0], [*guesses, seen])
            past = [(sigma_next, seen), *past][:3]  # not looked at again from the corrected state
        x_next = move(x, target, sigma, sigma_next)
        yield Step(index, sigma, sigma_next, x, denoised, target, x_next)
        x = x_next


def _weights(nodes: list[float], h: float, scale: float) -> list[float]:
    """Weights c with sum_j c_j * node_j**(q - 1) = q! * phi_(q+1)(-h) / phi_1(-h) for q = 1 ... number of nodes.

    These are the paper's, times B(h) / (h * phi_1(-h)), so that B falls out of the equations. It stays only where one
    node has the weight 1/2 instead of a solution: there `scale` is that factor.
    """
    if len(nodes) <= 1:
        return [0.5 * scale] * len(nodes)
    rows = torch.tensor([[node**q for node in nodes] for q in range(len(nodes))], dtype=torch.float64)
    right = [math.factorial(q) * phi(q + 1, -h) / phi(1, -h) for q in range(1, len(nodes) + 1)]
    return torch.linalg.solve(rows, torch.tensor(right, dtype=torch.float64)).tolist()
