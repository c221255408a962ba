"""What a sampler's loop costs by itself: the denoiser does nothing."""

from __future__ import annotations

import torch
from diffusers import EulerDiscreteScheduler, HeunDiscreteScheduler

from benchmarks.rows import Row, alternate
from course_lib.diffusion import NoiseTable
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas

STEPS, SHAPE = 20, (4, 4, 64, 64)
PEERS = {"euler": EulerDiscreteScheduler, "heun": HeunDiscreteScheduler}


def rows() -> list[Row]:
    """Each sampler against the scheduler of diffusers that takes the same steps."""
    sigmas = make_sigmas("karras", STEPS, NoiseTable.scaled_linear())
    x = sigmas[0].item() * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    zero = torch.zeros_like(x)
    found = []
    for name, kind in PEERS.items():
        peer = kind(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, use_karras_sigmas=True)

        def theirs(peer: EulerDiscreteScheduler | HeunDiscreteScheduler = peer) -> torch.Tensor:
            peer.set_timesteps(STEPS)
            state = x
            for t in peer.timesteps:
                peer.scale_model_input(state, t)
                state = peer.step(zero, t, state).prev_sample
            return state

        times = alternate(lambda name=name: sample(name, lambda x, sigma: zero, x, sigmas), theirs, repeats=15)
        found.append(
            Row(f"{name}'s loop", *times, f"diffusers.{kind.__name__}", f"{STEPS} steps of {SHAPE}, free denoiser")
        )
    return found
