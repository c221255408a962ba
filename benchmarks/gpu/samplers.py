"""Does every sampler walk the same way on a GPU, from the same start, and without waiting for it in each step?"""

from __future__ import annotations

import warnings

import torch

from course_lib.diffusion import GaussianDenoiser, NoiseTable
from course_lib.samplers import SAMPLERS, sample
from course_lib.schedulers import SCHEDULERS, make_sigmas

TABLE, STEPS = NoiseTable.scaled_linear(), 10


def measure(device: torch.device) -> dict[str, object]:
    """How far each sampler and schedule is off the CPU's result, and which samplers wait for the device in a step."""
    denoise = GaussianDenoiser(0.3, 0.5)
    sigmas = make_sigmas("karras", STEPS, TABLE)
    x = sigmas[0].item() * torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    walks: dict[str, float | str] = {}
    waiting = []
    for name, row in SAMPLERS.items():
        options = {"table": TABLE} if "table" in row.options else {}

        def walk(x: torch.Tensor, name: str = name, options: dict = options) -> torch.Tensor:
            return sample(name, denoise, x, sigmas, generator=torch.Generator().manual_seed(1), **options)

        try:
            walks[name] = (walk(x.to(device)).cpu() - walk(x)).abs().max().item()
        except ImportError as error:  # torchsde is not on every machine
            walks[name] = str(error)
            continue
        if device.type == "cuda" and waits(lambda walk=walk: walk(x.to(device))):
            waiting.append(name)
    levels = {
        name: (make_sigmas(name, STEPS, TABLE).to(device).cpu() - make_sigmas(name, STEPS, TABLE)).abs().max().item()
        for name in SCHEDULERS
    }
    return {"largest difference": walks, "levels": levels, "wait for the device": waiting}


def waits(run) -> bool:
    """Whether a run makes the processor wait for the GPU: PyTorch warns of each wait in its debug mode."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            run()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return any("synchroniz" in str(warning.message) for warning in heard)
