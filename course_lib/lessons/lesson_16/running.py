"""What the experiments of the lesson run: the small model over a batch of starts, each with words of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion import guide
from course_lib.lessons.small_model import model
from course_lib.samplers import sample
from course_lib.samplers.sources import Source
from course_lib.schedulers import begin_lower, make_sigmas

CALLS = 10  # of the model, for each picture
# The two rows that most experiments compare: the same method, without and with noise.
ODE, SDE = "dpmpp_2m", "dpmpp_2m_sde"


def unit_noise(count: int, seed: int, side: int = 8) -> Tensor:
    """Starts of pure noise, variance 1, with the seeds seed, seed + 1, ...: (count, 12, side, side).

    They are those that the pipeline draws for these seeds. Raises ValueError where count is not at least 1.

    Example:

    >>> unit_noise(2, seed=5)[1].equal(unit_noise(1, seed=6)[0])
    True
    """
    channels = model().vae.latent_channels
    seeds = range(seed, seed + expect.whole("count", count))
    return torch.cat([torch.randn(1, channels, side, side, generator=seeded(one)) for one in seeds])


def seeded(seed: int) -> torch.Generator:
    """A generator of its own. Example:

    >>> torch.rand((), generator=seeded(3)) == torch.rand((), generator=seeded(3))
    tensor(True)
    """
    return torch.Generator().manual_seed(seed)


@torch.no_grad()
def run(
    words: str | Sequence[str] | Tensor,
    noise: Tensor,
    *,
    sampler: str = ODE,
    calls: int = CALLS,
    clean: Tensor | None = None,
    strength: float = 1.0,
    seed: int = 0,
    fresh: Source | None = None,
) -> Tensor:
    """The latents (B, 12, h, w) in which a batch of runs ends, on Karras' levels and with the model's own guidance.

    words : one text, a text for each of B, or text states (B, length, width); noise : (B, 12, h, w), the starts, of
    variance 1; sampler : a row that makes one call a step; clean : (B or 1, 12, h, w), latents to begin with, for a
    strength below 1; seed : of the noise that an SDE row adds, seed + n for picture n, drawn as the pipeline draws it;
    fresh : a source of that noise to take instead.
    Raises ValueError for what the sampler, the scheduler and the strength refuse.

    Example:

    >>> run("a panda", unit_noise(2, seed=5), calls=2).shape
    torch.Size([2, 12, 8, 8])
    """
    sigmas = begin_lower(make_sigmas("karras", calls, model().table), strength, model().table)
    x = (0 if clean is None else clean) + sigmas[0].item() * noise
    denoise = _under(words) if isinstance(words, Tensor) else model().guided_denoiser(words)
    generators = [seeded(seed + number) for number in range(len(noise))]
    for generator in generators:  # the first numbers of a seed are its start
        torch.randn(noise[:1].shape, generator=generator)
    return sample(sampler, denoise, x, sigmas, generator=generators, noise_sampler=fresh)


@torch.no_grad()
def decoded(latents: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in [-1, 1] of latents (B, 12, h, w).

    Example:

    >>> decoded(unit_noise(2, seed=5)).shape
    torch.Size([2, 3, 64, 64])
    """
    return model().decode(latents)


@torch.no_grad()
def encoded(pictures: Tensor) -> Tensor:
    """Latents (B, 12, h, w) of pictures (B, 3, H, W) in [-1, 1].

    Example:

    >>> encoded(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 12, 8, 8])
    """
    return model().encode(pictures)


def _under(states: Tensor):
    """A guided denoiser under text states, one for each picture."""
    nothing = model().encode_text([""]).expand(len(states), -1, -1)
    both = model().denoiser(torch.cat([nothing, states]))

    def denoise(x: Tensor, sigma: Tensor) -> Tensor:
        return guide(*both(torch.cat([x, x]), sigma).chunk(2), model().cfg_scale)

    return denoise
