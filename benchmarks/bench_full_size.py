"""Stable Diffusion 1.5's U-Net and VAE at their full size, with random weights: both sides hold the same ones."""

from __future__ import annotations

import gc

import diffusers
import torch

from benchmarks.memory import peaks
from benchmarks.rows import Row, alternate, close
from course_lib.models.configs import STABLE_DIFFUSION_15, unet_settings, vae_settings
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE

SIDES = (64, 32)  # of the latent
KINDS = {
    "unet": (diffusers.UNet2DConditionModel, UNet, unet_settings),
    "vae": (diffusers.AutoencoderKL, VAE, vae_settings),
}
DECODE = "with torch.no_grad(): network.decode(torch.ones(1, 4, 64, 64))"
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
    generator = torch.Generator().manual_seed(0)
    found = []
    ours, peer = both("unet")
    for side in SIDES:
        x, context = (torch.randn(shape, generator=generator) for shape in ((2, 4, side, side), (2, 77, 768)))
        t = torch.full((2,), 500.0)
        found.append(
            Row(
                f"U-Net, full size, (2, 4, {side}, {side})",
                alternate(
                    lambda x=x, c=context, t=t: ours(x, t, c), lambda x=x, c=context, t=t: peer(x, t, c).sample,
                    3, close(1e-3),
                ),
                "UNet2DConditionModel", "random weights, float32", 0.95,
            )  # fmt: skip
        )
    del ours, peer
    gc.collect()
    latent = torch.randn(1, 4, 64, 64, generator=generator)
    ours, peer = both("vae")
    decoding = alternate(lambda: ours.decode(latent), lambda: peer.decode(latent).sample, 3, close(1e-3))
    found.append(Row("VAE decoder, 512 x 512", decoding, "AutoencoderKL", "random weights, float32", 0.95))
    del ours, peer
    gc.collect()
    for kind, name, run, goal in (
        ("unet", "U-Net, full size, (2, 4, 64, 64)", ASK, 0.9), ("vae", "VAE decoder, 512 x 512", DECODE, 0.6),
    ):  # fmt: skip
        programs = [(OPEN.format(kind=kind, whose=whose), run) for whose in (1, 0)]
        found.append(
            Row(f"{name}, peak memory", peaks(*programs, grown=True), KINDS[kind][0].__name__,
                "beyond the weights", goal, "bytes")
        )  # fmt: skip
    return found
