"""The loop that every training shares: update after update, stopped at any moment and gone on with later.

Sample number n of a training is the same however often the training was stopped: everything random about it comes from
the seed and n. Update s learns from the samples s * batch ... (s + 1) * batch - 1. A checkpoint is written each minute
and at the end, whole or not at all: a kill at any moment loses the last minute at most.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from course_lib import expect, files

CHECKPOINT_EVERY = 60.0  # seconds
LARGEST_GRADIENT = 1.0  # its norm, over all parameters; a longer gradient is made as short as this


class Progress(NamedTuple):
    """Where a training stands after an update.

    samples and minutes : of all sittings together. rate : the learning rate of this update. parts : of its loss, "loss"
    being the whole. average : the network with averaged weights, as it is now.

    Example:

    >>> now = Progress(3, 100, samples=192, minutes=0.1, rate=1e-3, parts={"loss": 0.5}, average=nn.Linear(1, 1))
    >>> f"{now.step / now.steps:.0%}, loss {now.parts['loss']}"
    '3%, loss 0.5'
    """

    step: int
    steps: int
    samples: int
    minutes: float
    rate: float
    parts: dict[str, float]
    average: nn.Module


def train(
    network: nn.Module,
    loss: Callable[[nn.Module, list[int]], dict[str, Tensor]],
    *,
    samples: int,
    batch: int,
    rate: float,
    seed: int = 0,
    first: int = 0,
    decay: float = 0.998,
    weight_decay: float = 0.0,
    checkpoint: Path | None = None,
    fresh: bool = False,
    writes: bool = True,
    watch: Callable[[Progress], object] = lambda now: None,
) -> nn.Module:
    """Train a network until `samples` are used up; returns a copy of it with averaged weights.

    loss(network, numbers) -> parts of the loss of these samples, tensors of shape (), of which "loss" is the whole.
    watch(now) is told of every update, and stops the training with a true answer. batch : samples an update. rate : the
    highest learning rate. seed : what the samples are made with. first : number of the first sample. checkpoint : the
    file to go on from, and to write; an interrupt writes it, too. fresh : begin anew, whatever it holds. writes :
    whether this process writes it; of several that train together one does.

    Raises ValueError for a checkpoint of another training, or one that cannot be read; FloatingPointError, with the
    last good weights in the checkpoint, where the gradient is not finite.

    Example: learn to double.

    >>> _ = torch.manual_seed(0)
    >>> network = nn.Linear(1, 1)
    >>> def loss(network, numbers):
    ...     x = torch.stack([torch.from_numpy(seeded(0, number).standard_normal(1, np.float32)) for number in numbers])
    ...     return {"loss": (network(x) - 2 * x).square().mean()}
    >>> average = train(network, loss, samples=8000, batch=16, rate=0.05)
    >>> round(average.weight.item(), 2), abs(round(average.bias.item(), 2))
    (2.0, 0.0)
    """
    batch = expect.whole("batch", batch)
    steps = expect.whole("samples", samples, at_least=batch) // batch
    rate = expect.positive("rate", rate)
    learner = Learner(network, rate, lambda step: rate_factor(step / steps), decay, weight_decay)
    settings = {"samples": samples, "batch": batch, "rate": rate, "seed": seed, "first": first}
    settings |= {"decay": decay, "weight_decay": weight_decay}
    goes_on = checkpoint and checkpoint.exists() and not fresh
    earlier = _resume(learner, checkpoint, settings) if goes_on else 0.0
    began = saved = time.monotonic()
    saved_at = learner.step

    def minutes() -> float:
        return earlier + (time.monotonic() - began) / 60

    def save() -> None:
        nonlocal saved, saved_at
        if checkpoint and writes and learner.step > saved_at:
            state = {"settings": settings, "minutes": minutes(), **learner.state_dict()}
            with files.written_whole(checkpoint) as unfinished:
                torch.save(state, unfinished)
            saved, saved_at = time.monotonic(), learner.step

    try:
        stop = False
        while learner.step < steps and not stop:
            numbers = range(first + learner.step * batch, first + (learner.step + 1) * batch)
            parts, now = loss(network, list(numbers)), learner.rate
            learner.learn(parts["loss"])
            parts = {name: part.item() for name, part in parts.items()}
            seen = first + learner.step * batch
            stop = watch(Progress(learner.step, steps, seen, minutes(), now, parts, learner.average.module))
            if time.monotonic() - saved > CHECKPOINT_EVERY:
                save()
    finally:
        save()
    return learner.average.module


class Learner:
    """A network with its optimiser, its learning rate, and the running average of its weights.

    factor(step) -> the learning rate of an update as a part of the highest, `rate`. decay : how much of the average
    stays in an update. weight_decay : as in AdamW. optimizer : another one than AdamW, of the network's parameters.

    Example:

    >>> learner = Learner(nn.Linear(1, 1), rate=0.1, factor=lambda step: 1.0, decay=0.99)
    >>> learner.learn(learner.network(torch.ones(1, 1)).square().mean())
    >>> learner.step, learner.rate
    (1, 0.1)
    """

    def __init__(
        self,
        network: nn.Module,
        rate: float,
        factor: Callable[[int], float],
        decay: float,
        weight_decay: float = 0.0,
        optimizer: torch.optim.Optimizer | None = None,
    ):
        self.network = network.train()
        self.optimizer = optimizer or torch.optim.AdamW(
            network.parameters(), rate, betas=(0.9, 0.99), weight_decay=weight_decay, fused=True
        )
        self.schedule = LambdaLR(self.optimizer, factor)
        self.average = AveragedModel(network, multi_avg_fn=warmed_up_average(decay)).eval().requires_grad_(False)

    @property
    def step(self) -> int:
        """How many updates there were."""
        return self.schedule.last_epoch

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return self.schedule.get_last_lr()[0]

    def learn(self, loss: Tensor) -> None:
        """One update of the weights, and of their average; loss is a tensor ().

        Raises FloatingPointError, and changes nothing, where the gradient is not finite.
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
        if not norm.isfinite():
            raise FloatingPointError(
                f"the gradient of update {self.step + 1} must be finite; its norm is {norm.item()}, with a loss of "
                f"{loss.item():.4g} and a learning rate of {self.rate:.2g}: try a lower rate"
            )
        with uninterrupted():
            self.optimizer.step()
            self.average.update_parameters(self.network)
            self.schedule.step()

    def state_dict(self) -> dict:
        """Everything that an update changes."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict) -> None:
        """Go on from such a state. Raises RuntimeError or ValueError for that of another network."""
        self.network.load_state_dict(state["network"])
        self.average.module.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.average.n_averaged.fill_(self.step)


def rate_factor(done: float, warm_up: float = 0.02) -> float:
    """The learning rate as a part of its highest, when a part `done` of the training is over: up, then a cosine.

    Example:

    >>> [round(rate_factor(done), 2) for done in (0, 0.02, 0.51, 1)]
    [0.0, 1.0, 0.51, 0.02]
    """
    if done < warm_up:
        return (done + 1e-4) / (warm_up + 1e-4)
    return 0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, (done - warm_up) / (1 - warm_up)))) / 2


def warmed_up_average(decay: float) -> Callable:
    """An exponential moving average for PyTorch's AveragedModel that forgets faster in the first updates.

    There is little to remember then. Without this, the first weights, which know nothing, would stay in it for long.
    Update n keeps at most the part (1 + n) / (10 + n) of the average.

    Example:

    >>> average, weights = [torch.zeros(1)], [torch.ones(1)]
    >>> warmed_up_average(0.998)(average, weights, 2)
    >>> average
    [tensor([0.7500])]
    """

    def update(averaged: list[Tensor], weights: list[Tensor], count: Tensor | int) -> None:
        get_ema_multi_avg_fn(min(decay, (1 + int(count)) / (10 + int(count))))(averaged, weights, count)

    return update


def seeded(seed: int, number: int, stream: int = 0) -> np.random.Generator:
    """The generator of sample `number`: the same for one seed, number and stream, whoever asks.

    It is numpy's, which keeps all bits of what it is seeded with; PyTorch's on a CPU keeps the last 32.

    Example:

    >>> seeded(0, 7).random() == seeded(0, 7).random(), seeded(0, 7).random() == seeded(0, 8).random()
    (True, False)
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(stream, number)))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let an interrupt (Ctrl+C, or the stop button of a notebook) wait for the end of the block.

    Without this, a checkpoint could hold half an update.

    Example:

    >>> with uninterrupted():
    ...     weights = torch.ones(3)
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread is interrupted
        yield
        return
    came: list[tuple] = []
    usual = signal.signal(signal.SIGINT, lambda *interrupt: came.append(interrupt))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if came and callable(usual):
            usual(*came[0])


def _resume(learner: Learner, checkpoint: Path, settings: dict) -> float:
    """Go on from a checkpoint; returns the minutes that it took to get there."""
    way_out = f"Name another file, or delete {checkpoint.name} to begin anew."
    try:
        state = torch.load(checkpoint, weights_only=True)
    except Exception as error:  # a broken file can make the unpickler fail in any way
        raise ValueError(f"{checkpoint} must be the checkpoint of a training; it cannot be read. {way_out}") from error
    then = state.get("settings", {}) if isinstance(state, dict) else {}
    other = [f"{name} {then.get(name)}, not {value}" for name, value in settings.items() if then.get(name) != value]
    if other:
        raise ValueError(
            f"{checkpoint} is the checkpoint of another training, with {', '.join(other)}. "
            f"Give the same settings. {way_out}"
        )
    try:
        learner.load_state_dict(state)
    except (RuntimeError, ValueError, KeyError) as error:
        raise ValueError(f"{checkpoint} is the checkpoint of another network. {way_out}") from error
    return state["minutes"]
