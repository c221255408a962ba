"""Score distillation in two dimensions: one picture is bettered step by step, until every noise level approves of it.

This is how text to 3-D began: there the picture is a view of a scene, and the scene's numbers move. Here the numbers
are the picture's own latent.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib.figures import Shown, beside, picture_panel, show_pixels, stack, text_panel
from course_lib.lessons.lesson_16.running import decoded, run, seeded, unit_noise
from course_lib.lessons.small_model import model
from course_lib.texts import tr

PROMPT = "a panda"  # leaves the style open
SCALE = 30.0  # guidance: ten times the model's own
STEPS, RATE = 60, 0.07
COUNT = 3  # pictures that grow side by side
SHOWN = (0, 10, 20, 40, STEPS)


class Grown(NamedTuple):
    """Pictures that grew: after the steps of SHOWN, each (3, 3, 64, 64) in [-1, 1]."""

    steps: tuple[int, ...]
    pictures: tuple[Tensor, ...]


def push(latent: Tensor, sigma: float, eps: Tensor, denoise) -> Tensor:
    """Which way one look at one noise level pushes a latent (B, 12, h, w): SDS's gradient, to be walked against.

    Noise is added, the model says which noise it sees, and the difference to the noise that was added is the push:
    w * (eps_model - eps), which in sigma coordinates is w * (latent - denoised) / sigma, with w = 1 - alpha_bar.
    Source: Poole et al. 2022 (DreamFusion), arXiv 2209.14988, eq. 3.

    Example:

    >>> latent = torch.ones(1, 1, 1, 1)
    >>> push(latent, 2.0, torch.zeros(1, 1, 1, 1), lambda x, sigma: 0 * x)
    tensor([[[[0.4000]]]])
    """
    denoised = denoise(latent + sigma * eps, torch.tensor(sigma, dtype=latent.dtype))
    weight = sigma**2 / (1 + sigma**2)
    return weight * (latent - denoised) / sigma


@cache
@torch.no_grad()
def grown() -> Grown:
    """Three latents that begin as noise of variance 1 and follow `push` at a random noise level in each step, by Adam.

    Example:

    >>> len(grown().pictures), grown().pictures[0].shape
    (5, torch.Size([3, 3, 64, 64]))
    """
    generator = seeded(1)
    latent = unit_noise(COUNT, seed=5)
    denoise = model().guided_denoiser(PROMPT, cfg_scale=SCALE)
    optimizer = torch.optim.Adam([latent], lr=RATE, betas=(0.9, 0.99))
    kept = [latent.clone()]
    for step in range(1, STEPS + 1):
        timestep = 20 + 960 * torch.rand((), generator=generator, dtype=torch.float64)
        eps = torch.randn(latent.shape, generator=generator)
        latent.grad = push(latent, model().table.sigma(timestep).item(), eps, denoise)
        optimizer.step()
        if step in SHOWN:
            kept.append(latent.clone())
    return Grown(SHOWN, tuple(decoded(one) for one in kept))


@cache
def sampled() -> Tensor:
    """Six pictures of the same words, sampled: (6, 3, 64, 64). Example:

    >>> sampled().shape
    torch.Size([6, 3, 64, 64])
    """
    return decoded(run(PROMPT, unit_noise(6, seed=3)))


def show_distilling() -> Shown:
    """How three pictures grow, row by row, and six sampled ones below.

    Example:

    >>> show_distilling().width
    860
    """
    columns = []
    for steps, pictures in zip(*grown(), strict=True):
        title = tr("after {steps} steps").format(steps=steps)
        panels = [picture_panel(picture, 128, title if not number else "") for number, picture in enumerate(pictures)]
        columns.append(stack(*panels, gap=8))
    below = beside(*(picture_panel(picture, 128) for picture in sampled()), gap=12)
    words = [text_panel(tr(name), below.shape[1]) for name in ("distilled", "sampled")]
    return show_pixels(stack(words[0], beside(*columns, gap=12), words[1], below, gap=6), ALT_GROWN)


ALT_GROWN = (
    "Three rows of a growing picture. After 0 steps: spots of all colours. After 10 and 20: eyes and ears come out of "
    "the spots. After 40 and 60: a panda's face on nearly white, with hard, black and blue outlines and pink "
    "and yellow shades. The three have different ears, eyes and shades. Below, six sampled pandas: three lilac ones "
    "with soft shades, three black and white ones."
)
