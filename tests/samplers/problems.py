"""The problems that the tests of samplers share, and what some rows need besides them."""

import torch

from course_lib.diffusion import GaussianDenoiser, NoiseTable
from course_lib.samplers.own_loops.supreme import PLAIN
from course_lib.schedulers import make_sigmas

TABLE = NoiseTable.scaled_linear()
SIGMAS = make_sigmas("karras", 6, TABLE)
DENOISE = GaussianDenoiser(0.3, 0.5)
NEEDS = {"pndm": {"table": TABLE}, "supreme": PLAIN}


def needs(name, **options):
    """The options without which a row does not take states of any shape, and these."""
    return NEEDS.get(name, {}) | options


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def start(*shape, dtype=torch.float64):
    return SIGMAS[0].item() * torch.randn(*shape, generator=generator(7), dtype=dtype)


class Calls:
    """A denoiser that notes the levels at which it is called."""

    def __init__(self, denoise=DENOISE):
        self.denoise, self.count = denoise, 0

    def __call__(self, x, sigma):
        self.count += 1
        return self.denoise(x, sigma)
