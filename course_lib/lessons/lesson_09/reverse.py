"""Lesson 09, reverse diffusion: the way back in DDPM's steps, whole and broken."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.lessons.lesson_09.faces import SIDE, TABLE

VISITED = tuple(range(999, 0, -50))  # 999, 949, ..., 49: twenty of the thousand steps


def step_back(x: Tensor, x0: Tensor, alpha_bar: float, alpha_bar_next: float, noise: Tensor) -> Tensor:
    """One DDPM step, from a state x (B, ...) to a less noisy one, with a guess x0 (B, ...) of the clean picture.

    alpha_bar, alpha_bar_next : how much of the picture is in the state and in the next one; in (0, 1], rising.
    noise : (B, ...), of strength 1. Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, eq. 6 and 7.

    Example:

    >>> one, half = torch.tensor([1.0]), torch.tensor([0.5])
    >>> step_back(one, one, 0.36, 0.64, half)
    tensor([1.2168])
    """
    alpha = alpha_bar / alpha_bar_next
    mean = (alpha_bar_next**0.5 * (1 - alpha) * x0 + alpha**0.5 * (1 - alpha_bar_next) * x) / (1 - alpha_bar)
    variance = (1 - alpha_bar_next) / (1 - alpha_bar) * (1 - alpha)
    return mean + variance**0.5 * noise


def walk_back(
    move: Callable[[Tensor, int, int | None, Tensor], Tensor], count: int, seed: int, noise_on_last: bool = False
) -> Tensor:
    """From noise to pictures (count, 3, 16, 16), over the steps of VISITED.

    move(x, t, t_next, noise) -> the next state (B, ...); t_next is None in the last step, whose noise is 0 except with
    `noise_on_last`.

    Example:

    >>> walk_back(lambda x, t, t_next, noise: 0 * x + noise, count=2, seed=0).abs().max().item()
    0.0
    """
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 3, SIDE, SIDE, generator=generator)
    for t, t_next in zip(VISITED, (*VISITED[1:], None), strict=True):
        noise = torch.randn(x.shape, generator=generator)
        x = move(x, t, t_next, noise if t_next is not None or noise_on_last else 0 * noise)
    return x


def alpha_bar_of(t: int | None) -> float:
    """How much of the picture is in the state at step t, as a share of the variance; all of it after the last step.

    Example:

    >>> alpha_bar_of(None), round(alpha_bar_of(999), 4)
    (1.0, 0.0047)
    """
    return 1.0 if t is None else TABLE.alphas_cumprod[t].item()


def spread_of(t: int, t_next: int | None) -> float:
    """The standard deviation of the noise that `step_back` adds between two steps; after the last step there is none.

    Example:

    >>> round(spread_of(999, 949), 2), spread_of(49, None)
    (0.66, 0.0)
    """
    alpha_bar, alpha_bar_next = alpha_bar_of(t), alpha_bar_of(t_next)
    return ((1 - alpha_bar_next) / (1 - alpha_bar) * (1 - alpha_bar / alpha_bar_next)) ** 0.5
