"""What a sampler's loop costs by itself: the denoiser does nothing."""

from __future__ import annotations

from collections.abc import Callable

import diffusers
import torch

from benchmarks.rows import Row, alternate
from course_lib.diffusion import NoiseTable
from course_lib.samplers import SAMPLERS, make_noise, sample
from course_lib.schedulers import make_sigmas

STEPS, SHAPE = 20, (4, 4, 64, 64)
SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
MULTISTEP = diffusers.DPMSolverMultistepScheduler
PEERS = {
    "euler": (diffusers.EulerDiscreteScheduler, {}),
    "euler_ancestral": (diffusers.EulerAncestralDiscreteScheduler, {}),
    "heun": (diffusers.HeunDiscreteScheduler, {}),
    "lms": (diffusers.LMSDiscreteScheduler, {}),
    "ipndm": (diffusers.IPNDMScheduler, None),
    "plms": (diffusers.PNDMScheduler, {"skip_prk_steps": True}),
    "pndm": (diffusers.PNDMScheduler, {}),
    "dpm_2": (diffusers.KDPM2DiscreteScheduler, {}),
    "dpm_2_ancestral": (diffusers.KDPM2AncestralDiscreteScheduler, {}),
    "ddim": (diffusers.DDIMScheduler, {"clip_sample": False}),
    "dpmpp_2m": (MULTISTEP, {}),
    "dpmpp_2m_sde": (MULTISTEP, {"algorithm_type": "sde-dpmsolver++"}),
    "dpmpp_sde": (diffusers.DPMSolverSDEScheduler, {"noise_sampler_seed": 0}),
    "uni_pc": (diffusers.UniPCMultistepScheduler, {"solver_order": 3, "solver_type": "bh1"}),
    "uni_pc_bh2": (diffusers.UniPCMultistepScheduler, {"solver_order": 3, "solver_type": "bh2"}),
    "lcm": (diffusers.LCMScheduler, {"original_inference_steps": 100}),
}


def rows() -> list[Row]:
    """Each sampler against the scheduler of diffusers that takes the same steps."""
    table = NoiseTable.scaled_linear()
    sigmas = make_sigmas("normal", STEPS, table)
    x = sigmas[0].item() * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    zero = torch.zeros_like(x)
    found = []
    for name, (kind, settings) in PEERS.items():
        peer = kind() if settings is None else kind(**SD, **settings)
        options = {"table": table} if name == "pndm" else {}

        def ours(name: str = name, options: dict = options) -> torch.Tensor:
            generator = torch.Generator().manual_seed(0)
            # diffusers draws Gaussian noise, except in its DPMSolverSDEScheduler, where both walk a Brownian path.
            source = None if name == "dpmpp_sde" else make_noise("gaussian", x, sigmas, generator)
            return sample(name, lambda x, sigma: zero, x, sigmas, noise_sampler=source, generator=generator, **options)

        times = alternate(ours, _walker(peer, x, zero), repeats=15)
        found.append(
            Row(f"{name}'s loop", times, f"diffusers.{kind.__name__}", f"{STEPS} steps of {SHAPE}, free denoiser")
        )
    assert set(PEERS) <= set(SAMPLERS)
    return found


def _walker(peer: diffusers.SchedulerMixin, x: torch.Tensor, zero: torch.Tensor) -> Callable[[], torch.Tensor]:
    def walk() -> torch.Tensor:
        peer.set_timesteps(STEPS)
        state = x
        for t in peer.timesteps:
            peer.scale_model_input(state, t)
            state = peer.step(zero, t, state).prev_sample
        return state

    return walk
