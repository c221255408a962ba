"""The loop that the trainings of this folder share: seeded, logged, and resumed where it was stopped.

Sample number n of a training is the same whatever the number of processes and however often it was stopped: everything
random about it comes from the seed and n. Step s learns from the samples s * batch ... (s + 1) * batch - 1. Checkpoints
are written each minute, outside git, in one go: a kill at any moment loses the last minute at most.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from accelerate import Accelerator
from tqdm.auto import tqdm

HERE = Path(__file__).parent
CHECKPOINT_EVERY, LOG_EVERY = 60.0, 60.0  # seconds


def arguments(description: str, **defaults) -> argparse.ArgumentParser:
    """The options that every training has; `defaults` are those of this one."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop after so many minutes; run again to go on"
    )
    parser.add_argument("--samples", type=int, help="samples in the whole training, over all sittings")
    parser.add_argument("--batch", type=int, help="samples a step, over all processes together")
    parser.add_argument("--rate", type=float, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="the file to go on from and to write")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first sample; with --fresh, where the log ends"
    )
    parser.add_argument("--fresh", action="store_true", help="begin with the shipped weights and a new optimiser")
    parser.set_defaults(**defaults)
    return parser


def rate_factor(done: float, warm_up: float = 0.02) -> float:
    """The learning rate as a part of its highest, when a part `done` of the training is over: up, then a cosine."""
    if done < warm_up:
        return (done + 1e-4) / (warm_up + 1e-4)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, (done - warm_up) / (1 - warm_up)))) / 2


def seeded(seed: int, number: int, stream: int = 0) -> torch.Generator:
    """The generator of sample `number`: the same for one seed, number and stream, whoever asks."""
    mixed = (seed * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + stream * 0x94D049BB133111EB) % 2**63
    return torch.Generator().manual_seed(mixed)


class Average:
    """An exponential moving average of a network's weights, which is what is shipped."""

    def __init__(self, network: torch.nn.Module, decay: float):
        self.network, self.decay = copy.deepcopy(network).eval().requires_grad_(False), decay

    @torch.no_grad()
    def update(self, network: torch.nn.Module, step: int) -> None:
        """Move towards the network; faster in the first steps, when there is little to remember."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for mean, now in zip(self.network.parameters(), network.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)


def train(
    network: torch.nn.Module,
    loss: Callable[[torch.nn.Module, list[int]], dict[str, torch.Tensor]],
    options: argparse.Namespace,
    *,
    log: Path,
    decay: float,
    judge: Callable[[torch.nn.Module], dict[str, float]] = lambda network: {},
    weight_decay: float = 0.0,
    betas: tuple[float, float] = (0.9, 0.99),
) -> Average:
    """Train until the samples or the minutes are used up, and return the averaged weights.

    loss(network, numbers) -> parts of the loss of these samples, of which "loss" is the whole; judge(network) ->
    numbers for the log, every five minutes.
    """
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    settings = {"betas": betas, "weight_decay": weight_decay, "fused": True}
    optimizer = torch.optim.AdamW(network.parameters(), options.rate, **settings)
    average, step, minutes = Average(network, decay), 0, 0.0
    if options.checkpoint.exists() and not options.fresh:
        state = torch.load(options.checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.network.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, minutes = state["step"], state["minutes"]
    average.network.to(accelerator.device)
    wrapped, optimizer = accelerator.prepare(network, optimizer)
    last_step = options.samples // options.batch
    started, saved, logged, judged = time.monotonic(), time.monotonic(), time.monotonic(), time.monotonic()
    bar = tqdm(
        total=last_step,
        initial=step,
        disable=not accelerator.is_main_process or "TQDM_DISABLE" in os.environ,
        desc=log.stem,
    )

    def minutes_now() -> float:
        return minutes + (time.monotonic() - started) / 60

    def save() -> None:
        if accelerator.is_main_process:
            state = {
                "network": accelerator.unwrap_model(wrapped).state_dict(),
                "average": average.network.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "minutes": minutes_now(),
            }
            options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
            unfinished = options.checkpoint.with_suffix(".unfinished")
            torch.save(state, unfinished)
            os.replace(unfinished, options.checkpoint)

    try:
        while step < last_step and time.monotonic() - started < 60 * options.minutes:
            factor = rate_factor(step / last_step)
            for group in optimizer.param_groups:
                group["lr"] = options.rate * factor
            first, end = (options.first + s * options.batch for s in (step, step + 1))
            numbers = list(range(first + accelerator.process_index, end, accelerator.num_processes))
            parts = loss(wrapped, numbers)
            optimizer.zero_grad(set_to_none=True)
            accelerator.backward(parts["loss"])
            accelerator.clip_grad_norm_(wrapped.parameters(), 1.0)
            optimizer.step()
            step += 1
            average.update(accelerator.unwrap_model(wrapped), step)
            bar.update()
            now = time.monotonic()
            if now - saved > CHECKPOINT_EVERY:
                save()
                saved = now
            if accelerator.is_main_process and (now - logged > LOG_EVERY or step == last_step):
                line = {
                    "step": step,
                    "samples": options.first + step * options.batch,
                    "minutes": round(minutes_now(), 1),
                }
                line |= {"rate": round(options.rate * factor, 7)}
                line |= {name: round(part.item(), 5) for name, part in parts.items()}
                if now - judged > 5 * LOG_EVERY or step == last_step:
                    line |= {name: round(value, 3) for name, value in judge(average.network).items()}
                    judged = time.monotonic()
                write_line(log, line)
                bar.set_postfix(loss=line["loss"])
                logged = now
    finally:
        save()
        bar.close()
    return average


def write_line(log: Path, line: dict) -> None:
    """Add one line to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def batches(numbers: Iterable[int], size: int) -> Iterable[list[int]]:
    """Numbers in lists of at most `size`."""
    numbers = list(numbers)
    return (numbers[i : i + size] for i in range(0, len(numbers), size))
