"""Does a change of the U-Net's training help? One change at a time, each for as many samples, of the same scenes.

    python -m course_lib.training.compare_changes --fast      # all of them, one after the other
    python -m course_lib.training.compare_changes --only middle --samples 6400

A first group begins with random weights, a second one with the shipped ones; each has a row without a change. The
result is written to changes.json. The shipped model is left alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from course_lib import files
from course_lib.datasets.scenes import Scene, Scenes
from course_lib.device import choose_device
from course_lib.models import load
from course_lib.training import compare_guidance, unet
from course_lib.training.loop import Learner, rate_factor
from course_lib.training.on_device import Latents, half_precision
from course_lib.training.recogniser import Recogniser, open_recogniser
from course_lib.training.small_model import FOLDER, STYLES, UNET_CONFIG, WEIGHTS, make_tokenizer
from course_lib.training.vae import open_vae

FILE = WEIGHTS / "changes.json"
SEED = 11  # of scenes and noise; no training of the shipped weights had it
DECAY, WEIGHT_DECAY = 0.9985, 1e-2


def everywhere(part: Tensor) -> Tensor:
    """Timesteps spread evenly: numbers (B,), spread evenly over 0..1 -> where in 0..1 timesteps lie, (B,)."""
    return part


def middle(part: Tensor) -> Tensor:
    """More in the middle, numbers (B,) -> (B,): the sigmoid of a normal variable (arXiv 2403.03206, section 3.1)."""
    return torch.special.ndtri(part.clamp(1e-6, 1 - 1e-6)).sigmoid()


def alike(alpha: Tensor) -> Tensor:
    """Each sample's error counts as much; alpha : the alpha-bar of its timestep, shape (B,)."""
    return torch.ones_like(alpha)


def min_snr(alpha: Tensor) -> Tensor:
    """Errors of v weighted by min(SNR, 5) / (SNR + 1), SNR being alpha / (1 - alpha) (arXiv 2303.09556)."""
    return torch.minimum(alpha, 5 * (1 - alpha))


class Muon(torch.optim.Optimizer):
    """Muon (arXiv 2502.16982) for the matrices of a network, AdamW for all else; both with one rate."""

    def __init__(self, network: nn.Module, rate: float):
        matrices, others = [], []
        for name, parameter in network.named_parameters():
            (matrices if parameter.ndim == 2 and "embedding" not in name else others).append(parameter)
        self.parts = (
            torch.optim.Muon(matrices, rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, rate, betas=(0.9, 0.99), weight_decay=WEIGHT_DECAY),
        )
        super().__init__([group for part in self.parts for group in part.param_groups], {})

    def step(self, closure: None = None) -> None:
        """One update of all weights."""
        for part in self.parts:
            part.step()


def all_scenes(scenes: list[Scene]) -> list[Scene]:
    """The scenes as they are: half of the captions of lone emoji name a style."""
    return scenes


def with_styles(scenes: list[Scene]) -> list[Scene]:
    """Without the lone emoji whose caption names no style."""
    return [scene for scene in scenes if scene.kind != "emoji" or scene.caption.endswith(" style")]


@dataclass(frozen=True)
class Training:
    """One training, of which `words` say what is changed; timesteps and weight : functions (B,) -> (B,), see above."""

    words: str
    shipped: bool = False  # begins with the shipped weights
    rate: float = 1.4e-3
    batch: int = 64
    width: int = 64
    timesteps: Callable[[Tensor], Tensor] = everywhere
    weight: Callable[[Tensor], Tensor] = alike
    optimizer: Callable[[nn.Module, float], torch.optim.Optimizer] | None = None  # AdamW
    scenes: Callable[[list[Scene]], list[Scene]] = all_scenes


GOES_ON = {"shipped": True, "rate": 1e-3}
TRAININGS = {
    "nothing": Training("nothing"),
    "muon": Training("Muon for the matrices", optimizer=Muon),
    "min_snr": Training("min-SNR weights", weight=min_snr),
    "middle": Training("more timesteps in the middle", timesteps=middle),
    "wide": Training("96 and 192 channels", width=96),
    "large": Training("256 samples an update, twice the rate", batch=256, rate=2.8e-3),
    "on": Training("nothing", **GOES_ON),
    "on_muon": Training("Muon for the matrices", optimizer=Muon, **GOES_ON),
    "on_large": Training("256 samples an update, twice the rate", shipped=True, batch=256, rate=2e-3),
    "on_middle": Training("more timesteps in the middle", timesteps=middle, **GOES_ON),
    "on_styles": Training("each lone emoji's caption names its style", scenes=with_styles, **GOES_ON),
}


def train(training: Training, samples: Latents, count: int, fast: bool) -> unet.Trained:
    """Train for `count` samples; returns the networks with averaged weights."""
    torch.manual_seed(SEED)
    config = UNET_CONFIG | {"block_out_channels": [training.width, 2 * training.width]}
    network = unet.Trained(len(make_tokenizer().vocabulary), config)
    if training.shipped:
        unet.read(network, FOLDER)
    network.to(samples.device)
    steps = max(1, count // training.batch)
    learner = Learner(
        network,
        training.rate,
        lambda step: rate_factor(step / steps),
        DECAY,
        WEIGHT_DECAY,
        training.optimizer and training.optimizer(network, training.rate),
    )
    for step in range(steps):
        x, timesteps, tokens, v = samples.batch(step, training.batch, training.timesteps)
        with half_precision(samples.device, fast):
            error = (network(x, timesteps, tokens).float() - v).square().mean((1, 2, 3))
        learner.learn((training.weight(samples.table[timesteps].float()) * error).mean())
        if step % 200 == 0:
            print(f"{step}/{steps} {error.mean().item():.4f}", flush=True)
    return learner.average.module


def measure(network: unet.Trained, judge: Recogniser, count: int) -> dict[str, float]:
    """The error on scenes kept out of training, and what `compare_guidance` measures, with the shipped guidance."""
    model = load(FOLDER)
    unseen = unet.Samples(Scenes(0, styles=STYLES, held_out=True), open_vae(), model.tokenizer, 0)
    found = unet.quality(network, unseen, 2048)
    model = replace(model, unet=network.unet, text_encoder=network.text_encoder)
    return found | compare_guidance.measure(model, judge, count)


def main(arguments: list[str] | None = None) -> None:
    """Train each way, measure, and add what was found to what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=TRAININGS, default=list(TRAININGS), help="one change or a few")
    parser.add_argument("--samples", type=int, default=128_000, help="of each training")
    parser.add_argument("--scenes", type=int, default=60_000, help="to learn from")
    parser.add_argument("--count", type=int, default=240, help="pictures for each measured number")
    parser.add_argument("--fast", action="store_true", help="in bfloat16 on a CPU, too")
    options = parser.parse_args(arguments)
    device, judge, scenes = choose_device(), open_recogniser(), Scenes(SEED, styles=STYLES)
    scenes = [scenes[number] for number in range(options.scenes)]
    samples = {
        chosen: Latents(chosen(scenes), open_vae(), SEED, device)
        for chosen in dict.fromkeys(TRAININGS[name].scenes for name in options.only)
    }
    for name in options.only:
        training, began = TRAININGS[name], time.process_time()
        network = train(training, samples[training.scenes], options.samples, options.fast).cpu()
        numbers = {"samples": options.samples, "processor minutes": round((time.process_time() - began) / 60, 1)}
        numbers |= measure(network, judge, options.count)
        print(name, numbers, flush=True)
        files.write_json(FILE, (files.read_json(FILE) if FILE.is_file() else {}) | {name: numbers})


if __name__ == "__main__":
    main()
