"""Train the VAE of the small Stable Diffusion: 64 x 64 pixels to a latent of 12 x 8 x 8, and back.

    python -m course_lib.training.vae --minutes 60      # go on from the last checkpoint, for an hour
    torchrun --nproc_per_node 2 -m course_lib.training.vae      # on two processes

The loss is the mean absolute error, plus 1.5 times the squared error, plus half of the absolute error of the picture's
gradients (edges), plus 1e-4 times the KL divergence of the latent from N(0, 1) for each of its numbers. At the end the
averaged weights are written, with latents brought to mean 0 and standard deviation 1 in each channel.

Three pictures in four are those that the U-Net will learn from; the others are more varied, so that pictures which the
model never paints keep their shape, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import files
from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import FULL, SIZE, Scene, Scenes, Thing
from course_lib.models.vae import VAE
from course_lib.training import terminal
from course_lib.training.loop import seeded
from course_lib.training.small_model import FOLDER, LATENT_CHANNELS, STYLES, VAE_FILE, read_weights, write_weights

CHANNELS = (16, 32, 64, 96)
SETTINGS = {"channels": CHANNELS, "latent_channels": LATENT_CHANNELS, "layers": 1, "groups": 8}
CONFIG = {
    "_class_name": "AutoencoderKL",
    "act_fn": "silu",
    "block_out_channels": list(CHANNELS),
    "down_block_types": ["DownEncoderBlock2D"] * len(CHANNELS),
    "up_block_types": ["UpDecoderBlock2D"] * len(CHANNELS),
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": LATENT_CHANNELS,
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "sample_size": 64,
    "scaling_factor": 1.0,
}


class Trained(torch.nn.Module):
    """The VAE as the loop sees it: pictures and noise in, the reconstruction and the latent's moments out."""

    def __init__(self, vae: VAE):
        super().__init__()
        self.vae = vae

    def forward(self, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """pictures (B, 3, 64, 64), noise (B, 12, 8, 8) -> the pictures again, the mean and the log variance."""
        mean, log_variance = self.vae.encode(pictures)
        return self.vae.decode(mean + (log_variance / 2).exp() * noise), mean, log_variance


def edges(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """The differences of neighbours down and across. pictures (B, C, H, W)."""
    return pictures.diff(dim=-2), pictures.diff(dim=-1)


class Pictures:
    """The scenes that the VAE learns from: of four, three are the U-Net's and one is more varied."""

    def __init__(self, seed: int):
        self.painted, self.varied = Scenes(seed, styles=STYLES), Scenes(seed, scattered=True)

    def __getitem__(self, number: int) -> Scene:
        return (self.painted if number % 4 else self.varied)[number]


def samples(scenes: Pictures, numbers: list[int], seed: int) -> tuple[Tensor, Tensor]:
    """The pictures (N, 3, 64, 64) and the noise (N, 12, 8, 8) of these samples."""
    shape = (LATENT_CHANNELS, 8, 8)
    noise = np.stack([seeded(seed, number).standard_normal(shape, np.float32) for number in numbers])
    return torch.stack([scenes[number].draw() for number in numbers]), torch.from_numpy(noise)


def losses(network: torch.nn.Module, pictures: Tensor, noise: Tensor) -> dict[str, Tensor]:
    """The loss of pictures (B, 3, 64, 64) with noise (B, 12, 8, 8), and its parts."""
    device = next(network.parameters()).device
    pictures = pictures.to(device)
    again, mean, log_variance = network(pictures, noise.to(device))
    parts = {
        "absolute": F.l1_loss(again, pictures),
        "squared": F.mse_loss(again, pictures),
        "edges": sum(F.l1_loss(a, b) for a, b in zip(edges(again), edges(pictures), strict=True)) / 2,
        "kl": (mean**2 + log_variance.exp() - 1 - log_variance).mean() / 2,
    }
    whole = parts["absolute"] + 1.5 * parts["squared"] + 0.5 * parts["edges"] + 1e-4 * parts["kl"]
    return {"loss": whole, **parts}


@torch.no_grad()
def quality(vae: VAE, scenes: Scenes, count: int = 256) -> dict[str, float]:
    """The PSNR of reconstructions in dB, 1 being the range of a pixel's values.

    "psnr" is the mean over held-out scenes; "noto" and "fluent" are medians over the style's artwork, large, on white.
    """
    vae.eval()
    found = {"psnr": _decibels(vae, [scenes[number] for number in range(count)]).mean().item()}
    for style in STYLES:
        names = dict.fromkeys(open_emoji().captions)
        things = [Thing(name, None, style, (SIZE // 2, SIZE // 2), FULL) for name in names]
        found[style] = _decibels(vae, [Scene("emoji", "", (thing,), "white") for thing in things]).median().item()
    return found


def _decibels(vae: VAE, scenes: list[Scene]) -> Tensor:
    """The PSNR of each scene's reconstruction."""
    found = []
    for numbers in batches(range(len(scenes)), 32):
        pictures = torch.stack([scenes[number].draw() for number in numbers])
        again = vae.decode(vae.encode(pictures)[0]).clamp(-1, 1)
        found.append(((again - pictures) / 2).square().mean(dim=(1, 2, 3)))
    return -10 * torch.cat(found).log10()


@torch.no_grad()
def with_unit_latents(vae: VAE, scenes: Scenes, count: int = 2048) -> VAE:
    """Bake the latents' mean and standard deviation into the two 1 x 1 convolutions, channel by channel."""
    found = [vae.encode(scenes.batch(numbers)[0])[0] for numbers in batches(range(count), 64)]
    latents = torch.cat(found).transpose(0, 1).flatten(1)
    mean, std = latents.mean(1), latents.std(1)
    half = LATENT_CHANNELS
    vae.quant_conv.weight[:half] /= std[:, None, None, None]
    vae.quant_conv.bias[:half] = (vae.quant_conv.bias[:half] - mean) / std
    vae.quant_conv.bias[half:] -= 2 * std.log()
    vae.post_quant_conv.bias += vae.post_quant_conv.weight[:, :, 0, 0] @ mean
    vae.post_quant_conv.weight *= std[None, :, None, None]
    return vae


def batches(numbers: Iterable[int], size: int) -> Iterable[list[int]]:
    """Numbers in lists of at most `size`."""
    numbers = list(numbers)
    return (numbers[i : i + size] for i in range(0, len(numbers), size))


def open_vae(folder: Path = FOLDER) -> VAE:
    """The trained VAE in the folder of a model. Raises FileNotFoundError where there is none yet.

    Example:

    >>> open_vae().latent_channels
    12
    """
    vae = VAE(**SETTINGS)
    read_weights(vae, folder / VAE_FILE, "vae")
    return vae.eval().requires_grad_(False)


def write(vae: VAE, folder: Path = FOLDER) -> None:
    """Write the weights and the config into the folder of a model."""
    write_weights(vae, folder / VAE_FILE)
    files.write_json(folder / "vae" / "config.json", CONFIG, indent=2)


def main() -> None:
    """Read the options, train, write."""
    defaults = {"samples": 200_000, "batch": 16, "rate": 2e-3, "checkpoint": terminal.CHECKPOINTS / "vae.pt"}
    options = terminal.arguments(__doc__.splitlines()[0], **defaults).parse_args()
    torch.manual_seed(options.seed)
    vae = VAE(**SETTINGS)
    if options.fresh:
        read_weights(vae, FOLDER / VAE_FILE, "vae")
    scenes, unseen = Pictures(options.seed), Scenes(options.seed, held_out=True, scattered=True)
    average = terminal.train(
        Trained(vae),
        lambda network, numbers: losses(network, *samples(scenes, numbers, options.seed)),
        options,
        log=terminal.LOGS / "vae.jsonl",
        decay=0.998,
        judge=lambda network: quality(network.vae, unseen),
    )
    print("reconstructions, dB:", quality(average.vae, unseen))
    write(with_unit_latents(average.vae, scenes.painted))


if __name__ == "__main__":
    main()
