"""Read the published programs' results, and run a case of them."""

import json
from pathlib import Path

import torch

from course_lib.diffusion import GaussianDenoiser, MixtureDenoiser

REFERENCES = Path(__file__).parents[1] / "references"


def tensor(value):
    return torch.tensor(value, dtype=torch.float64)


def read(name):
    return json.loads((REFERENCES / name).read_text())


def denoiser(name):
    fields = read("denoisers.json")[name]
    if "weights" in fields:
        return MixtureDenoiser(*(tensor(fields[key]) for key in ("weights", "means", "stds")))
    return GaussianDenoiser(tensor(fields["mean"]), tensor(fields["std"]))


class Counting:
    """A denoiser that counts its calls."""

    def __init__(self, denoise):
        self.denoise, self.sigmas = denoise, []

    def __call__(self, x, sigma):
        assert sigma.ndim == 0
        self.sigmas.append(sigma.item())
        return self.denoise(x, sigma)


class Pool:
    """The draws of a case that count, in order; every one must be asked for with its pair of levels."""

    def __init__(self, case):
        draws = list(zip(read("noise_pools.json")[case["noise_pool"]], case["noise_sigma_pairs"], strict=False))
        counts = case.get("noise_draw_affects_output")
        if counts is None:  # ddim: with eta 0 no draw counts; the last one does not when it ends at 0
            counts = [case["params"]["eta"] > 0] * len(draws)
            if counts and case["final_sigma"] == 0:
                counts[-1] = False
        self.left = [draw for draw, counted in zip(draws, counts, strict=True) if counted]

    def __call__(self, sigma, sigma_next):
        noise, pair = self.left.pop(0)
        if pair != [None, None]:
            torch.testing.assert_close([sigma, sigma_next], pair, rtol=1e-9, atol=1e-9)
        return tensor(noise)


def sigmas(case):
    return tensor(case["sigmas"] if "sigmas" in case else [*case["timestep_sigmas"], case["final_sigma"]])
