"""Six samplers without their names: the learner runs them to find out what they do."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion import GaussianDenoiser
from course_lib.lessons.plane.blobs import levels
from course_lib.samplers import make_noise, sample

CARDS = {
    "A": "euler_ancestral_dancing",
    "B": "lms",
    "C": "dpmpp_2m_sde",
    "D": "dpm_2",
    "E": "euler_ancestral",
    "F": "lcm",
}
_COUNT, _HIGHEST = 4000, 15.0


def run_card(letter: str, steps: int = 100, seed: int = 0) -> Tensor:
    """Run the sampler on a card over one blob, N(0, 1), from the same 4000 starts at level 15: where they end, (4000,).

    seed : that of the fresh noise, if the sampler asks for any. Raises ValueError for another letter, and where steps
    or seed is not a whole number.

    Example:

    >>> run_card("B", steps=10).shape
    torch.Size([4000])
    """
    name = CARDS[expect.one_of("letter", letter, tuple(CARDS))]
    start = torch.randn(_COUNT, 1, generator=torch.Generator().manual_seed(1405), dtype=torch.float64)
    x, sigmas = start * (1 + _HIGHEST**2) ** 0.5, levels(steps, start=_HIGHEST)
    fresh = torch.Generator().manual_seed(14060 + expect.whole("seed", seed, at_least=0))
    source = make_noise("gaussian", x, sigmas, fresh)
    return sample(name, GaussianDenoiser(), x, sigmas, noise_sampler=source)[:, 0]
