"""A training from a terminal: its options, a progress bar, a log, and several processes where they were launched."""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from tqdm.auto import tqdm

from course_lib.device import choose_device
from course_lib.training import loop, processes
from course_lib.training.loop import Progress
from course_lib.training.small_model import WEIGHTS

LOGS, CHECKPOINTS = WEIGHTS / "logs", WEIGHTS / "checkpoints"
LOG_EVERY = 60.0  # seconds
JUDGE_EVERY = 300.0


def arguments(description: str, **defaults) -> argparse.ArgumentParser:
    """The options that every training has; `defaults` are those of this one."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop after so many minutes; run again to go on"
    )
    parser.add_argument("--samples", type=int, help="samples in the whole training, over all sittings")
    parser.add_argument("--batch", type=int, help="samples an update, over all processes together")
    parser.add_argument("--rate", type=float, help="the highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path, help="the file to go on from and to write")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first sample; with --fresh, where the log ends"
    )
    parser.add_argument("--fresh", action="store_true", help="begin with the shipped weights and a new optimiser")
    parser.set_defaults(**defaults)
    return parser


def train(
    network: nn.Module,
    loss: Callable,
    options: argparse.Namespace,
    *,
    log: Path,
    judge: Callable[[nn.Module], dict[str, float]] = lambda network: {},
    **settings,
) -> nn.Module:
    """Train as the options say, and as `loop.train` does; returns the averaged network, on the CPU.

    judge(network) -> numbers for the log, every five minutes. settings : of `loop.train`. Under torchrun several
    processes, on the CPU, each learn from their part of the samples of an update.
    """
    names = ("samples", "batch", "rate", "seed", "first", "checkpoint", "fresh")
    settings |= {name: getattr(options, name) for name in names}
    report = Report(log, judge, options.minutes)
    if processes.launched():
        return processes.together(lambda *which: _train_one_of(*which, network, loss, report, settings))
    return loop.train(network.to(choose_device()), loss, watch=report, **settings).cpu()


def _train_one_of(
    rank: int, count: int, network: nn.Module, loss: Callable, report: Report, settings: dict
) -> nn.Module:
    """One of the processes that torchrun launched; the first one reports and writes."""
    report.shown = rank == 0
    together = DistributedDataParallel(network)  # its backward pass takes the mean of all processes' gradients

    def watch(now: Progress) -> bool:
        over = torch.tensor(float(report(now)))
        distributed.all_reduce(over)  # all stop when one does
        return bool(over)

    def share(network: nn.Module, numbers: list[int]) -> dict:
        return loss(together, numbers[rank::count])

    return loop.train(network, share, watch=watch, writes=rank == 0, **settings)


class Report:
    """Shows a training's progress and writes its log; says when the minutes of this sitting are over."""

    def __init__(self, log: Path, judge: Callable[[nn.Module], dict[str, float]], minutes: float, shown: bool = True):
        self.log, self.judge, self.minutes, self.shown = log, judge, minutes, shown
        self.began = self.logged = self.judged = time.monotonic()
        self.bar = None

    def __call__(self, now: Progress) -> bool:
        is_last, clock = now.step == now.steps, time.monotonic()
        if self.shown:
            self.bar = self.bar or tqdm(total=now.steps, initial=now.step - 1, desc=self.log.stem)
            self.bar.update()
            if clock - self.logged > LOG_EVERY or is_last:
                self.bar.set_postfix(loss=now.parts["loss"])
                write_line(self.log, self._line(now, judged=clock - self.judged > JUDGE_EVERY or is_last))
                self.logged = clock
            if is_last:
                self.bar.close()
        return clock - self.began > 60 * self.minutes

    def _line(self, now: Progress, judged: bool) -> dict:
        line = {"step": now.step, "samples": now.samples, "minutes": round(now.minutes, 1), "rate": round(now.rate, 7)}
        line |= {name: round(part, 5) for name, part in now.parts.items()}
        if judged:
            line |= {name: round(value, 3) for name, value in self.judge(copy.deepcopy(now.average).cpu()).items()}
            self.judged = time.monotonic()
        return line


def write_line(log: Path, line: dict) -> None:
    """Add one line to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
