"""Stable Diffusion 1.5's U-Net and VAE at their full size, with random weights: both sides hold the same ones."""

from __future__ import annotations

import gc
from functools import partial

import diffusers
import torch

from benchmarks.memory import peaks
from benchmarks.rows import Row, alternate, close
from course_lib.models.configs import STABLE_DIFFUSION_15, unet_settings, vae_settings
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE

KEPT = "the maps that the skips keep, and the largest block's input and output, are in both"
SAME = "nearly all of it is convolutions and products, and both leave these to the same routines of PyTorch"
SIDES = (64, 32)  # of the latent
KINDS = {
    "unet": (diffusers.UNet2DConditionModel, UNet, unet_settings),
    "vae": (diffusers.AutoencoderKL, VAE, vae_settings),
}
DECODE = "with torch.no_grad(): network.decode(torch.ones(1, 4, 64, 64))"
DECODE_IN_BANDS = "with torch.no_grad(): network.decode(torch.ones(1, 4, 64, 64), rows=32)"
ASK = "with torch.no_grad(): network(torch.ones(2, 4, 64, 64), torch.ones(2), torch.ones(2, 77, 768))"
OPEN = "import torch; from benchmarks import bench_full_size as bench; network = bench.empty('{kind}', {whose})"


def filled(network: torch.nn.Module) -> torch.nn.Module:
    """A network, made on the meta device, with numbers that keep what goes through it in range; without a copy."""
    network = network.to_empty(device="cpu").eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for name, weight in network.named_parameters():
        if "norm" in name and name.endswith("weight"):
            weight.fill_(1)
        elif weight.ndim == 1:
            weight.zero_()
        else:
            width = 1 / weight[0].numel() ** 0.5
            weight.uniform_(-width, width, generator=generator)
    return network


def empty(kind: str, whose: int) -> torch.nn.Module:
    """The peer's network (0) or ours (1), with weights."""
    config = STABLE_DIFFUSION_15[kind]
    peer, ours, settings = KINDS[kind]
    with torch.device("meta"):
        network = ours(**settings(config)) if whose else peer.from_config(config)
    return filled(network)


def both(kind: str) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Ours and the peer's, with the same weights, held once."""
    peer = empty(kind, 0)
    with torch.device("meta"):
        ours = KINDS[kind][1](**KINDS[kind][2](STABLE_DIFFUSION_15[kind]))
    ours.load_state_dict(peer.state_dict(), assign=True)
    return ours.eval().requires_grad_(False), peer


@torch.no_grad()
def rows() -> list[Row]:
    """Time and peak memory of one guided call of the U-Net, and of decoding one picture of 512 x 512."""
    found = asking()
    gc.collect()
    found += decoding()
    gc.collect()
    memories = [
        ("unet", "U-Net, full size, (2, 4, 64, 64), peak memory", ASK, ASK, "", 0.9),
        ("vae", "VAE decoder, 512 x 512, peak memory", DECODE_IN_BANDS, DECODE, "in bands of 32 rows, ", 0.6),
    ]
    for kind, name, ours, peer, how, goal in memories:
        programs = [(OPEN.format(kind=kind, whose=whose), run) for whose, run in ((1, ours), (0, peer))]
        measured = peaks(*programs, grown=True)
        note = f"{how}beyond the weights"
        found.append(Row(name, measured, KINDS[kind][0].__name__, note, goal, "bytes", reason=KEPT))
    return found


def asking() -> list[Row]:
    """The U-Net, with the timestep that both halves of a guided pass share."""
    ours, peer = both("unet")
    generator, found = torch.Generator().manual_seed(0), []
    t = torch.full((2,), 500.0)
    for side in SIDES:
        x, context = (torch.randn(shape, generator=generator) for shape in ((2, 4, side, side), (2, 77, 768)))
        sides = partial(ours, x, t, context), partial(peer, x, t, context, return_dict=False)
        times = alternate(*sides, 3, lambda one, other: close(1e-3)(one, other[0]))
        name = f"U-Net, full size, {tuple(x.shape)}"
        found.append(Row(name, times, "UNet2DConditionModel", "random weights, float32", 0.95, reason=SAME))
    return found


def decoding() -> list[Row]:
    """The VAE's decoder, at once and in bands."""
    ours, peer = both("vae")
    latent, found = torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0)), []
    for how, settings in {"at once": {}, "in bands of 32 rows": {"rows": 32}}.items():
        sides = partial(ours.decode, latent, **settings), partial(peer.decode, latent, return_dict=False)
        times = alternate(*sides, 3, lambda one, other: close(1e-3)(one, other[0]))
        found.append(
            Row(f"VAE decoder, 512 x 512, {how}", times, "AutoencoderKL", "random weights, float32", 0.95, reason=SAME)
        )
    return found
