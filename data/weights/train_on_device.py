"""The trainings of the VAE and of the U-Net in minutes, on a GPU: everything they learn from lies on the device.

    python data/weights/train_on_device.py vae --minutes 3
    python data/weights/train_on_device.py unet --minutes 6      # from the shipped weights; --nothing: from none

The scenes are drawn once, by all cores; their pictures, or latents and tokens, are kept on the device. A generator
there, seeded with the seed and the step, draws the noise, the timesteps, and which scenes a step learns from. The
averaged weights are written every two minutes. The same command runs, slowly, on a CPU.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
import train_unet
import train_vae
from safetensors.torch import load_file
from small import FOLDER, STYLES, UNET_CONFIG, make_tokenizer, write_configs, write_weights
from torch import Tensor
from trainer import HERE, rate_factor, write_line

from course_lib.datasets.scenes import Scene, Scenes
from course_lib.device import choose_device
from course_lib.diffusion import NoiseTable
from course_lib.models.vae import VAE

WRITE_EVERY, LOG_EVERY = 120.0, 10.0  # seconds


def draw(scenes: list[Scene]) -> Tensor:
    """Pictures (N, 3, 64, 64), uint8."""
    return torch.stack([((scene.draw() + 1) * 127.5).round().byte() for scene in scenes])


def draw_all(scenes: list[Scene]) -> Tensor:
    """The same, by all cores."""
    parts = [scenes[first : first + 500] for first in range(0, len(scenes), 500)]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        return torch.cat(list(workers.map(draw, parts)))


def floats(pictures: Tensor) -> Tensor:
    """uint8 -> [-1, 1]."""
    return pictures.float() / 127.5 - 1


class Latents:
    """What the U-Net learns from: the latents and tokens of some scenes, on the device."""

    def __init__(self, scenes: list[Scene], vae: VAE, seed: int, device: torch.device):
        different = {(scene.things, scene.background): scene for scene in scenes}  # scenes may differ in words alone
        numbers = {seen: number for number, seen in enumerate(different)}
        pictures = draw_all(list(different.values()))
        with torch.no_grad():
            encoded = [vae.to(device).encode(floats(part.to(device)))[0] for part in pictures.split(256)]
        self.latents = torch.cat(encoded)
        self.which = torch.tensor([numbers[scene.things, scene.background] for scene in scenes], device=device)
        tokenizer = make_tokenizer()
        self.tokens = tokenizer([scene.caption for scene in scenes]).to(device)
        self.no_words, self.table = tokenizer([""]).to(device), NoiseTable.scaled_linear().alphas_cumprod.to(device)
        self.seed, self.device = seed, device

    def batch(self, step: int, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Noisy latents, timesteps, tokens, and the v to be learned; timesteps are spread evenly over a batch."""
        generator = torch.Generator(self.device).manual_seed(self.seed * 2**32 + step)
        settings = {"device": self.device, "generator": generator}
        scenes = torch.randint(len(self.which), (size,), **settings)
        spread = (torch.arange(size, device=self.device) + torch.rand(size, **settings)) / size
        timesteps = (spread * len(self.table)).long().clamp(max=len(self.table) - 1)
        noise = torch.randn((size, *self.latents.shape[1:]), **settings)
        left_out = torch.rand(size, **settings) < train_unet.LEFT_OUT
        tokens = torch.where(left_out[:, None], self.no_words, self.tokens[scenes])
        clean, alpha = self.latents[self.which[scenes]], self.table[timesteps].float()[:, None, None, None]
        return (
            alpha.sqrt() * clean + (1 - alpha).sqrt() * noise,
            timesteps,
            tokens,
            alpha.sqrt() * noise - (1 - alpha).sqrt() * clean,
        )


def unet_training(options: argparse.Namespace, device: torch.device) -> tuple[torch.nn.Module, Callable, Callable]:
    """The networks, the loss of a step, and what writes averaged weights."""
    config = UNET_CONFIG | {"block_out_channels": [options.width, 2 * options.width]}
    network = train_unet.Trained(len(make_tokenizer().vocabulary), config)
    if not options.nothing:
        for part, file in ((network.unet, train_unet.UNET_FILE), (network.text_encoder, train_unet.TEXT_FILE)):
            part.load_state_dict({name: tensor.float() for name, tensor in load_file(options.start / file).items()})
    scenes = Scenes(options.seed, styles=STYLES)
    samples = Latents([scenes[n] for n in range(options.scenes)], train_unet.open_vae(), options.seed, device)

    def loss(network: torch.nn.Module, step: int) -> Tensor:
        x, timesteps, tokens, v = samples.batch(step, options.batch)
        return F.mse_loss(network(x, timesteps, tokens).float(), v)

    def write(average: torch.nn.Module) -> None:
        write_configs(options.out, config)
        write_weights(average.unet, options.out / train_unet.UNET_FILE)
        write_weights(average.text_encoder, options.out / train_unet.TEXT_FILE)

    return network, loss, write


def vae_training(options: argparse.Namespace, device: torch.device) -> tuple[torch.nn.Module, Callable, Callable]:
    """The same for the VAE, which learns from scattered emoji, too."""
    vae = VAE(**train_vae.SETTINGS)
    if not options.nothing:
        weights = load_file(options.start / "vae" / train_vae.FILE)
        vae.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    both = [Scenes(options.seed, scattered=scattered) for scattered in (False, True)]
    pictures = draw_all([both[n % 2][n] for n in range(options.scenes)]).to(device)

    def loss(network: torch.nn.Module, step: int) -> Tensor:
        settings = {"device": device, "generator": torch.Generator(device).manual_seed(options.seed * 2**32 + step)}
        chosen = floats(pictures[torch.randint(len(pictures), (options.batch,), **settings)])
        noise = torch.randn(options.batch, train_vae.LATENT_CHANNELS, 8, 8, **settings)
        return train_vae.losses(network, chosen, noise)["loss"]

    def write(average: torch.nn.Module) -> None:
        vae = copy.deepcopy(average.vae).cpu()
        train_vae.write(train_vae.with_unit_latents(vae, both[0]), options.out / "vae")

    return train_vae.Trained(vae), loss, write


def train(network: torch.nn.Module, loss: Callable, write: Callable, options: argparse.Namespace) -> None:
    """Train for the minutes, or steps, that were asked for; the rate falls with the time that is left."""
    device = choose_device()
    network = network.to(device).train()
    average = copy.deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(
        network.parameters(), options.rate, betas=(0.9, 0.99), weight_decay=options.weight_decay, fused=True
    )
    began, written, logged = time.monotonic(), time.monotonic(), time.monotonic()
    step, done = 0, 0.0
    while done < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.rate * rate_factor(done)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            error = loss(network, step)
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        decay = min(options.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
        now = time.monotonic()
        done = max((now - began) / (60 * options.minutes), step / options.steps if options.steps else 0)
        if now - logged > LOG_EVERY or done >= 1:
            line = {"step": step, "samples": step * options.batch, "minutes": round((now - began) / 60, 2)}
            line |= {"rate": optimizer.param_groups[0]["lr"], "loss": round(error.item(), 5)}
            print(line, flush=True)
            write_line(options.log or HERE / "logs" / f"{options.part}_on_device.jsonl", line)
            logged = now
        if now - written > WRITE_EVERY or done >= 1:
            write(average)
            written = now


PARTS = {
    "unet": (unet_training, {"batch": 2048, "rate": 1.5e-3, "decay": 0.9995, "weight_decay": 1e-2}),
    "vae": (vae_training, {"batch": 256, "rate": 1e-3, "decay": 0.999, "weight_decay": 0.0}),
}


def main(arguments: list[str] | None = None) -> None:
    """Read the options, train, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--minutes", type=float, default=8.0, help="stop after so many, preparations not counted")
    parser.add_argument("--steps", type=int, help="stop after so many steps, too")
    parser.add_argument("--scenes", type=int, default=100_000, help="to learn from")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float, help="the highest learning rate")
    parser.add_argument("--width", type=int, default=UNET_CONFIG["block_out_channels"][0], help="of the U-Net")
    parser.add_argument("--nothing", action="store_true", help="begin with random weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, default=FOLDER, help="the folder of the weights to begin with")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder to write")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args(arguments)
    make, defaults = PARTS[options.part]
    options = argparse.Namespace(
        **defaults | {name: value for name, value in vars(options).items() if value is not None}
    )
    options.steps, options.log = getattr(options, "steps", None), getattr(options, "log", None)
    torch.manual_seed(options.seed)
    train(*make(options, choose_device()), options)


if __name__ == "__main__":
    main()
