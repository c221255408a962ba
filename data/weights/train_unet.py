"""Train the U-Net of the small Stable Diffusion, and its text encoder with it, on latents of the trained VAE.

    python data/weights/train_unet.py --minutes 60      # go on from the last checkpoint, for an hour

The U-Net sees a latent with noise of a random timestep and the caption's text states, and learns v (arXiv 2202.00512,
appendix D). One caption in ten is left out, so that it also learns what pictures look like without words (2207.12598).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from small import FOLDER, STYLES, TEXT_CONFIG, UNET_CONFIG, make_tokenizer, write_configs, write_weights
from torch import Tensor
from train_text_encoder import open_pairs
from train_vae import SETTINGS as VAE_SETTINGS
from trainer import HERE, arguments, seeded, train

from course_lib.datasets.scenes import Scenes
from course_lib.diffusion import NoiseTable, q_sample
from course_lib.diffusion.prediction import prediction_from
from course_lib.models.configs import text_settings, unet_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import Tokenizer
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE

UNET_FILE, TEXT_FILE = "unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"
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
            generator = seeded(self.seed, number, stream=1)
            noise.append(torch.randn(latents.shape[1:], generator=generator))
            timesteps.append(int(len(self.table) * (number * GOLDEN % 1)))
            texts.append("" if torch.rand((), generator=generator) < LEFT_OUT else caption)
        noise, timesteps = torch.stack(noise), torch.tensor(timesteps)
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
    """Networks that have learned nothing, but for the text encoder, which is that of train_text_encoder.py.

    way : "along", no, it begins at random, too, and learns with the U-Net; "kept", it stays as it is; "both", it goes
    on learning. from_nothing : whether other weights do not follow anyway. Raises FileNotFoundError where the
    contrastive text encoder is needed and not there yet.
    """
    tokenizer = make_tokenizer()
    network = Trained(len(tokenizer.vocabulary))
    if way != "along" and from_nothing:
        network.text_encoder.load_state_dict(open_pairs(tokenizer).text_encoder.state_dict())
    network.text_encoder.requires_grad_(way != "kept")
    return network


def open_vae() -> VAE:
    """The trained VAE. Raises FileNotFoundError where there is none yet."""
    path = FOLDER / "vae" / "diffusion_pytorch_model.safetensors"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run train_vae.py first")
    vae = VAE(**VAE_SETTINGS)
    vae.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return vae.eval().requires_grad_(False)


def learn(network: Trained, options: argparse.Namespace, log: Path) -> tuple[Trained, float]:
    """Train a network; returns its averaged weights, and their error on scenes kept out of training."""
    tokenizer, vae = make_tokenizer(), open_vae()
    samples, unseen = (
        Samples(Scenes(options.seed, styles=STYLES, held_out=held_out), vae, tokenizer, options.seed)
        for held_out in (False, True)
    )
    average = train(
        network,
        lambda network, numbers: losses(network, samples, numbers),
        options,
        log=log,
        decay=0.9985,
        judge=lambda network: quality(network, unseen),
        weight_decay=1e-2,
    )
    return average.network, quality(average.network, unseen)["unseen"]


def main() -> None:
    """Read the options, train, write."""
    parser = arguments(
        __doc__.splitlines()[0],
        samples=850_000,
        batch=64,
        rate=1.4e-3,
        checkpoint=HERE / "checkpoints" / "unet.pt",
    )
    parser.add_argument("--text", choices=WAYS, default="along", help="how the text encoder begins: see the README")
    parser.add_argument("--start", type=Path, default=FOLDER, help="with --fresh: the folder of the weights")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder to write")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    network = starting(options.text, from_nothing=not (options.fresh or options.checkpoint.exists()))
    if options.fresh:
        for part, file in ((network.unet, UNET_FILE), (network.text_encoder, TEXT_FILE)):
            part.load_state_dict({name: tensor.float() for name, tensor in load_file(options.start / file).items()})
    network, unseen = learn(network, options, HERE / "logs" / "unet.jsonl")
    print(f"error on scenes kept out of training: {unseen:.4f}")
    write_configs(options.out)
    write_weights(network.unet, options.out / UNET_FILE)
    write_weights(network.text_encoder, options.out / TEXT_FILE)


if __name__ == "__main__":
    main()
