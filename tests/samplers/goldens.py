"""Read the published programs' results, and run a case of them."""

import json
from pathlib import Path

import torch

from course_lib.diffusion import GaussianDenoiser, MixtureDenoiser, NoiseTable
from course_lib.samplers import sample

REFERENCES = Path(__file__).parents[1] / "references"
TABLE = NoiseTable.scaled_linear()


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
        if counts is None and not draws:
            counts = []
        elif counts is None:  # ddim: with eta 0 no draw counts; the last one does not when it ends at 0
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
    """The levels of a case, as the library's row wants them."""
    if "sigmas" in case:
        return tensor(case["sigmas"])
    if case["sampler"] == "plms":  # the program names the second level twice: it is called twice
        first, second, _, *others = case["timestep_sigmas"]
        return tensor([first, second, *others, case["final_sigma"]])
    if case["sampler"] == "pndm":
        spacing = 1000 // case["steps"]
        return tensor(
            [*(TABLE.sigmas[case["timesteps"][0] - k * spacing] for k in range(case["steps"])), case["final_sigma"]]
        )
    return tensor([*case["timestep_sigmas"], case["final_sigma"]])


def run(case, **changes):
    """The result of a case, how often the denoiser was called, and which draws are left."""
    name, denoise, noise = case["sampler"].removesuffix("_fixed_r"), Counting(denoiser(case["denoiser"])), Pool(case)
    options = case["params"] | ({"fixed_r": True} if case["sampler"].endswith("_fixed_r") else {})
    options |= {"table": TABLE} if name == "pndm" else {}
    result = sample(name, denoise, tensor(case["x_T"]), sigmas(case), noise_sampler=noise, **options, **changes)
    return result, len(denoise.sigmas), noise.left


def is_refused(case):
    """Whether the program's answer is only a record: with one step these methods are not defined."""
    return case["steps"] == 1 and case["sampler"] in ("uni_pc", "uni_pc_bh2", "res_momentumized")


def tolerance(case):
    return 1e-8 if case["params"].get("step_method") in ("RES", "dynamic") else 1e-9
