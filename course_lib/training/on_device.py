"""The trainings of the VAE and of the U-Net in minutes, on a GPU: everything they learn from lies on the device.

    python -m course_lib.training.on_device vae --minutes 3
    python -m course_lib.training.on_device unet --minutes 6      # from the shipped weights; --nothing: from none

The scenes are drawn once, by all cores; their pictures, or latents and tokens, are kept on the device. A generator
there, seeded with the seed and the step, draws the noise, the timesteps, and which scenes a step learns from. The
averaged weights are written every two minutes. The same command runs, slowly, on a CPU; where that multiplies in
bfloat16 (AMX), `--fast` doubles its pace, and several cores learn best as one process each:

    torchrun --nproc_per_node 2 -m course_lib.training.on_device unet --minutes 60
"""

from __future__ import annotations

import argparse
import copy
import math
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.parallel import DistributedDataParallel

from course_lib.datasets.eight_bits import from_levels, to_levels
from course_lib.datasets.scenes import Scene, Scenes
from course_lib.device import choose_device
from course_lib.diffusion import NoiseTable
from course_lib.models.vae import VAE
from course_lib.training import processes, terminal, unet, vae
from course_lib.training.loop import Learner, rate_factor
from course_lib.training.small_model import FOLDER, STYLES, UNET_CONFIG, VAE_FILE, make_tokenizer, read_weights

WRITE_EVERY, LOG_EVERY = 120.0, 20.0  # seconds


def draw(scenes: list[Scene]) -> Tensor:
    """Pictures (N, 3, 64, 64), uint8."""
    return torch.stack([to_levels(scene.draw()) for scene in scenes])


def draw_all(scenes: list[Scene]) -> Tensor:
    """The same, by all cores."""
    parts = [scenes[first : first + 500] for first in range(0, len(scenes), 500)]
    # A forked process waits for ever for the threads that PyTorch had begun before.
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as workers:
        return torch.cat(list(workers.map(draw, parts)))


class Latents:
    """What the U-Net learns from: the latents and tokens of some scenes, on the device."""

    def __init__(self, scenes: list[Scene], encoder: VAE, seed: int, device: torch.device):
        different = {(scene.things, scene.background): scene for scene in scenes}  # scenes may differ in words alone
        numbers = {seen: number for number, seen in enumerate(different)}
        pictures = draw_all(list(different.values()))
        with torch.no_grad():
            encoded = [encoder.to(device).encode(from_levels(part.to(device)))[0] for part in pictures.split(256)]
        self.latents = torch.cat(encoded)
        self.which = torch.tensor([numbers[scene.things, scene.background] for scene in scenes], device=device)
        tokenizer = make_tokenizer()
        self.tokens = tokenizer([scene.caption for scene in scenes]).to(device)
        self.no_words, self.table = tokenizer([""]).to(device), NoiseTable.scaled_linear().alphas_cumprod.to(device)
        self.seed, self.device = seed, device

    def batch(
        self, step: int, size: int, timesteps_at: Callable[[Tensor], Tensor] = lambda part: part
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Noisy latents, timesteps, tokens, and the v to be learned.

        Numbers (size,) are spread evenly over 0..1; timesteps_at(numbers) -> where on 0..1 the timesteps lie, (size,).
        """
        generator = torch.Generator(self.device).manual_seed(self.seed * 2**32 + step)
        settings = {"device": self.device, "generator": generator}
        scenes = torch.randint(len(self.which), (size,), **settings)
        spread = (torch.arange(size, device=self.device) + torch.rand(size, **settings)) / size
        timesteps = (timesteps_at(spread) * len(self.table)).long().clamp(max=len(self.table) - 1)
        noise = torch.randn((size, *self.latents.shape[1:]), **settings)
        left_out = torch.rand(size, **settings) < unet.LEFT_OUT
        tokens = torch.where(left_out[:, None], self.no_words, self.tokens[scenes])
        clean, alpha = self.latents[self.which[scenes]], self.table[timesteps].float()[:, None, None, None]
        return (
            alpha.sqrt() * clean + (1 - alpha).sqrt() * noise,
            timesteps,
            tokens,
            alpha.sqrt() * noise - (1 - alpha).sqrt() * clean,
        )


def unet_training(options: argparse.Namespace, device: torch.device) -> tuple[nn.Module, Callable, Callable]:
    """The networks, the loss of a step, and what writes averaged weights."""
    config = UNET_CONFIG | {"block_out_channels": [options.width, 2 * options.width]}
    network = unet.Trained(len(make_tokenizer().vocabulary), config)
    if not options.nothing:
        unet.read(network, options.start)
    scenes = Scenes(options.seed, styles=STYLES)
    samples = Latents([scenes[n] for n in range(options.scenes)], vae.open_vae(options.start), options.seed, device)

    def loss(network: nn.Module, step: int) -> Tensor:
        x, timesteps, tokens, v = samples.batch(step, options.batch)
        return F.mse_loss(network(x, timesteps, tokens).float(), v)

    return network, loss, lambda average: unet.write(average, options.out, config)


def vae_training(options: argparse.Namespace, device: torch.device) -> tuple[nn.Module, Callable, Callable]:
    """The same for the VAE, which learns from scattered emoji, too."""
    network = VAE(**vae.SETTINGS)
    if not options.nothing:
        read_weights(network, options.start / VAE_FILE, "vae")
    both = [Scenes(options.seed, scattered=scattered) for scattered in (False, True)]
    pictures = draw_all([both[n % 2][n] for n in range(options.scenes)]).to(device)

    def loss(network: nn.Module, step: int) -> Tensor:
        settings = {"device": device, "generator": torch.Generator(device).manual_seed(options.seed * 2**32 + step)}
        chosen = from_levels(pictures[torch.randint(len(pictures), (options.batch,), **settings)])
        noise = torch.randn(options.batch, vae.LATENT_CHANNELS, 8, 8, **settings)
        return vae.losses(network, chosen, noise)["loss"]

    def write(average: nn.Module) -> None:
        vae.write(vae.with_unit_latents(copy.deepcopy(average.vae).cpu(), both[0]), options.out)

    return vae.Trained(network), loss, write


@contextmanager
def half_precision(device: torch.device, fast: bool) -> Iterator[None]:
    """Multiply in bfloat16: on a GPU always, on a CPU where it is asked to be fast."""
    on_gpu = device.type == "cuda"
    # On a CPU the backward pass of PyTorch's fused attention takes longer in bfloat16 than all the rest of a step.
    attention = sdpa_kernel(SDPBackend.MATH) if fast and not on_gpu else nullcontext()
    with attention, torch.autocast(device.type, torch.bfloat16, enabled=on_gpu or fast):
        yield


def train(
    network: nn.Module, loss: Callable, write: Callable, options: argparse.Namespace, rank: int = 0, count: int = 1
) -> None:
    """Train for the minutes, or steps, that were asked for; the rate falls with the time that is left.

    Under torchrun each process learns from its own draws, and an update from all of them. The first one keeps the time.
    """
    device, began, clock = choose_device(), math.inf, torch.zeros(())

    def done(step: int) -> float:
        by_time, by_steps = (time.monotonic() - began) / (60 * options.minutes), step / (options.steps or math.inf)
        clock.fill_(max(by_time, by_steps))
        if count > 1:
            distributed.broadcast(clock, 0)  # else their rates, and then their weights, would drift apart
        return clock.item()

    learner = Learner(
        network.to(device), options.rate, lambda step: rate_factor(done(step)), options.decay, options.weight_decay
    )
    if options.fast and device.type == "cuda":  # on CPUs with AMX, PyTorch 2.13's compiled attention gives NaN
        network.compile()
        with half_precision(device, fast=True):
            loss(network, 0).backward()  # compiles
    together = DistributedDataParallel(network) if count > 1 else network
    began = written = logged = time.monotonic()
    over, errors = False, []
    while not over:
        with half_precision(device, options.fast):
            error = loss(together, learner.step * count + rank)
        rate = learner.rate
        learner.learn(error)
        errors.append(error.detach())
        now, over = time.monotonic(), done(learner.step) >= 1
        if rank == 0 and (now - logged > LOG_EVERY or over):
            line = {"step": learner.step, "samples": learner.step * count * options.batch}
            line |= {"minutes": round((now - began) / 60, 2), "rate": rate}
            line["loss"], errors = round(torch.stack(errors).mean().item(), 5), []  # of the steps since the last line
            print(line, flush=True)
            terminal.write_line(options.log or terminal.LOGS / f"{options.part}_on_device.jsonl", line)
            logged = now
        if rank == 0 and (now - written > WRITE_EVERY or over):
            write(learner.average.module)
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
    parser.add_argument("--fast", action="store_true", help="in bfloat16 on a CPU, too; compiled on a GPU")
    parser.add_argument("--decay", type=float, help="how much of the average of the weights stays in a step")
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
    processes.together(lambda rank, count: train(*make(options, choose_device()), options, rank, count))


if __name__ == "__main__":
    main()
