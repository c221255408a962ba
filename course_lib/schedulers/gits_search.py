"""GITS by search: from a fine run of any sampler, the few levels at which large steps stray least from its path."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from course_lib import expect

DISTANCES = ("line", "l1", "l2")


def search_gits(run: Sequence, steps: int, *, coefficient: float = 1.2, distance: str = "line") -> torch.Tensor:
    """The levels for so many steps that a fine run suggests: (steps + 1,), float64, falling, the last is 0.

    run : the steps of a fine run (21 or 61 levels, say, by ipndm), each with x and denoised, (B, ...), sigma,
    sigma_next and x_next; steps : from 2 to the length of the run; coefficient : above 1 counts errors late on the way
    more, below 1 those early; distance : what is measured of a jump by Euler's rule from one of the run's states to
    another's level: "line", how much further than the run's own state it lands from the straight line through the run's
    ends, "l1" or "l2", how far from that state. Raises ValueError for anything else.
    Source: Chen et al. 2024, arXiv 2405.11326, Algorithm 1.

    Example:

    >>> from course_lib.samplers import steps
    >>> x = 4.0 * torch.tensor([[0.5], [-1.0]])
    >>> run = list(steps("euler", lambda x, sigma: x / (1 + sigma**2), x, [4.0, 3.0, 2.0, 1.0, 0.5, 0.1]))
    >>> search_gits(run, 3)
    tensor([4., 3., 2., 0.], dtype=torch.float64)
    """
    expect.one_of("distance", distance, DISTANCES)
    expect.positive("coefficient", coefficient)
    steps = expect.whole("steps", steps, at_least=2)
    if steps > len(run):
        raise ValueError(f"steps must be at most those of the run, {len(run)}; got {steps}")
    costs = jump_costs(run, distance)
    last = len(run)
    # best[i] : the least cost of going from level i to the last one in k steps; choices[k] : where the first one leads.
    best, choices = costs[:, last], [[last] * (last + 1)]
    for _ in range(steps - 1):
        best, choice = (costs + coefficient * best).min(dim=1)
        choices.append(choice.tolist())
    path = [0]
    for choice in reversed(choices):
        path.append(choice[path[-1]])
    levels = [run[0].sigma, *(step.sigma_next for step in run)]
    return torch.tensor([*(levels[i] for i in path[:-1]), 0.0], dtype=torch.float64)


def jump_costs(run: Sequence, distance: str = "line") -> torch.Tensor:
    """What each jump costs: (levels, levels), row: from, column: to; infinite where it does not lead down.

    run, distance : see `search_gits`; the steps hold states (B, ...).

    Example:

    >>> from course_lib.samplers import steps
    >>> run = list(steps("euler", lambda x, sigma: x / (1 + sigma**2), torch.tensor([[2.0]]), [4.0, 3.0, 2.0]))
    >>> jump_costs(run, "l2").shape
    torch.Size([3, 3])
    """
    states = torch.stack([run[0].x, *(step.x_next for step in run)]).flatten(2).double()  # (levels, B, numbers)
    sigmas = torch.tensor([run[0].sigma, *(step.sigma_next for step in run)], dtype=torch.float64)
    costs = torch.full((len(sigmas), len(sigmas)), float("inf"), dtype=torch.float64)
    ends = states[0], states[-1]
    for i, step in enumerate(run):
        slope = (step.x - step.denoised).flatten(1).double() / step.sigma
        landed = states[i] + (sigmas[i + 1 :] - sigmas[i])[:, None, None] * slope  # one for each later level
        later = states[i + 1 :]
        if distance == "line":
            strayed = _from_line(landed, *ends) - _from_line(later, *ends)
        else:
            strayed = torch.linalg.vector_norm(landed - later, ord=1 if distance == "l1" else 2, dim=-1)
        costs[i, i + 1 :] = strayed.mean(dim=1)
    return costs


def _from_line(points: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """How far points (..., B, numbers) lie from the straight lines through start and end (B, numbers)."""
    along = (end - start) / torch.linalg.vector_norm(end - start, dim=-1, keepdim=True).clamp(min=1e-300)
    away = points - start
    return torch.linalg.vector_norm(away - (away * along).sum(-1, keepdim=True) * along, dim=-1)
