"""Train the U-Net of the small Stable Diffusion, and its text encoder with it, on latents of the trained VAE.

    python -m course_lib.training.unet --minutes 60      # go on from the last checkpoint, for an hour

The U-Net sees a latent with noise of a random timestep and the caption's text states, and learns v (arXiv 2202.00512,
appendix D). One caption in ten is left out, so that it also learns what pictures look like without words (2207.12598).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.datasets.scenes import Scenes
from course_lib.diffusion import NoiseTable, q_sample
from course_lib.diffusion.prediction import prediction_from
from course_lib.models.configs import text_settings, unet_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import Tokenizer
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE
from course_lib.training import terminal
from course_lib.training.loop import seeded
from course_lib.training.small_model import (
    FOLDER,
    STYLES,
    TEXT_CONFIG,
    TEXT_FILE,
    UNET_CONFIG,
    UNET_FILE,
    make_tokenizer,
    read_weights,
    write_configs,
    write_weights,
)
from course_lib.training.text_encoder import open_pairs
from course_lib.training.vae import open_vae

LEFT_OUT = 0.1
WAYS = ("along", "kept", "both")
POOL = 30_000  # scenes; the same ones come back with other noise, and their latents are kept
GOLDEN = (5**0.5 - 1) / 2


class Trained(torch.nn.Module):
    """The two networks as the loop sees them: noisy latents, timesteps and tokens in, v out."""

    def __init__(self, words: int, config: dict = UNET_CONFIG):
        super().__init__()
        self.text_encoder = TextEncoder(**text_settings(TEXT_CONFIG | {"vocab_size": words}))
        self.unet = UNet(**unet_settings(config))

    def forward(self, x: Tensor, timesteps: Tensor, tokens: Tensor) -> Tensor:
        """x (B, 12, 8, 8), timesteps (B,), tokens (B, N) -> v (B, 12, 8, 8)."""
        return self.unet(x, timesteps, self.text_encoder(tokens))


class Samples:
    """What the U-Net learns from: sample n's latent, caption, noise, timestep and whether its caption is left out.

    Multiples of the golden ratio spread the timesteps evenly: every few samples see all amounts of noise.
    """

    def __init__(self, scenes: Scenes, vae: VAE, tokenizer: Tokenizer, seed: int):
        self.scenes, self.vae, self.tokenizer, self.seed = scenes, vae, tokenizer, seed
        self.table, self.kept, self.captions = NoiseTable.scaled_linear(), {}, {}

    @torch.no_grad()
    def batch(self, numbers: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The noisy latents, timesteps, tokens, and the v to be learned."""
        latents, captions = self.encoded([number % POOL for number in numbers])
        noise, timesteps, texts = [], [], []
        for number, caption in zip(numbers, captions, strict=True):
            random = seeded(self.seed, number, stream=1)
            noise.append(random.standard_normal(latents.shape[1:], np.float32))
            timesteps.append(int(len(self.table) * (number * GOLDEN % 1)))
            texts.append("" if random.random() < LEFT_OUT else caption)
        noise, timesteps = torch.from_numpy(np.stack(noise)), torch.tensor(timesteps)
        x = q_sample(latents, timesteps, self.table, noise)
        alphas = self.table.alphas_cumprod[timesteps][:, None, None, None]
        v = prediction_from("v", latents, x, alphas)
        return x.float(), timesteps, self.tokenizer(texts), v.float()

    def encoded(self, numbers: list[int]) -> tuple[Tensor, list[str]]:
        """The latents (in half precision, as they are kept) and captions of some scenes."""
        for number in set(numbers) - self.captions.keys():
            scene = self.scenes[number]
            self.captions[number] = scene.caption, (scene.things, scene.background)
        pictures = {number: self.captions[number][1] for number in numbers}
        # Scenes that differ in their captions alone are one picture, encoded once.
        if new := {seen: number for number, seen in pictures.items() if seen not in self.kept}:
            latents, _ = self.vae.encode(self.scenes.batch(new.values())[0])
            self.kept.update(zip(new, latents.half(), strict=True))
        latents = torch.stack([self.kept[pictures[number]] for number in numbers])
        return latents.float(), [self.captions[number][0] for number in numbers]


def losses(network: torch.nn.Module, samples: Samples, numbers: list[int]) -> dict[str, Tensor]:
    """The mean squared error of v."""
    x, timesteps, tokens, v = samples.batch(numbers)
    device = next(network.parameters()).device
    predicted = network(x.to(device), timesteps.to(device), tokens.to(device))
    return {"loss": F.mse_loss(predicted, v.to(device))}


@torch.no_grad()
def quality(network: Trained, samples: Samples, count: int = 512) -> dict[str, float]:
    """The same error on scenes that are kept out of training."""
    network.eval()
    found = [losses(network, samples, list(range(i, i + 64)))["loss"].item() for i in range(0, count, 64)]
    return {"unseen": sum(found) / len(found)}


def starting(way: str, *, from_nothing: bool = True) -> Trained:
    """Networks to begin with: a U-Net that has learned nothing, and a text encoder.

    way : "along", the text encoder has learned nothing either, and learns with the U-Net; "kept", it is the contrastive
    one of `text_encoder`, and stays; "both", it is that one, and learns on. from_nothing : False where other weights
    follow anyway. Raises FileNotFoundError where the contrastive text encoder is needed and not there yet.
    """
    tokenizer = make_tokenizer()
    network = Trained(len(tokenizer.vocabulary))
    if way != "along" and from_nothing:
        network.text_encoder.load_state_dict(open_pairs(tokenizer).text_encoder.state_dict())
    network.text_encoder.requires_grad_(way != "kept")
    return network


def read(network: Trained, folder: Path) -> None:
    """Fill the two networks with the weights in the folder of a model."""
    read_weights(network.unet, folder / UNET_FILE, "unet")
    read_weights(network.text_encoder, folder / TEXT_FILE, "unet")


def write(network: Trained, folder: Path, config: dict = UNET_CONFIG) -> None:
    """Write the two networks and their configs into the folder of a model."""
    write_configs(folder, config)
    write_weights(network.unet, folder / UNET_FILE)
    write_weights(network.text_encoder, folder / TEXT_FILE)


def learn(network: Trained, options: argparse.Namespace, log: Path, folder: Path = FOLDER) -> tuple[Trained, float]:
    """Train a network on latents of the VAE in `folder`.

    Returns the network with averaged weights, and its error on scenes kept out of training.
    """
    tokenizer, vae = make_tokenizer(), open_vae(folder)
    samples, unseen = (
        Samples(Scenes(options.seed, styles=STYLES, held_out=held_out), vae, tokenizer, options.seed)
        for held_out in (False, True)
    )
    average = terminal.train(
        network,
        lambda network, numbers: losses(network, samples, numbers),
        options,
        log=log,
        decay=0.9985,
        judge=lambda network: quality(network, unseen),
        weight_decay=1e-2,
    )
    return average, quality(average, unseen)["unseen"]


def main() -> None:
    """Read the options, train, write."""
    defaults = {"samples": 850_000, "batch": 64, "rate": 1.4e-3, "checkpoint": terminal.CHECKPOINTS / "unet.pt"}
    parser = terminal.arguments(__doc__.splitlines()[0], **defaults)
    parser.add_argument("--text", choices=WAYS, default="along", help="how the text encoder begins: see the README")
    parser.add_argument(
        "--start", type=Path, default=FOLDER, help="the folder of the VAE and, with --fresh, of the weights"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder to write")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    network = starting(options.text, from_nothing=not (options.fresh or options.checkpoint.exists()))
    if options.fresh:
        read(network, options.start)
    network, unseen = learn(network, options, terminal.LOGS / "unet.jsonl", options.start)
    print(f"error on scenes kept out of training: {unseen:.4f}")
    write(network, options.out)


if __name__ == "__main__":
    main()
