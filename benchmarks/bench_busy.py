"""The worst time of a picture beside other programs: with the lessons' number of threads, and with PyTorch's own.

Each kernel is a process of its own, as a learner's is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack

from benchmarks.rows import Measured, Row
from course_lib.threads import CHOSEN

SECONDS = 10  # of painting in each kernel
KERNEL = f"""
import time, torch
from course_lib.models import load
from course_lib.pipeline import text_to_image
{{setting}}
model, times = load("small-stable-diffusion"), []
text_to_image(model, "a panda")
begin = time.monotonic()
while time.monotonic() - begin < {SECONDS} or len(times) < 2:
    start = time.monotonic()
    text_to_image(model, "a panda", seed=len(times))
    times.append(time.monotonic() - start)
print(sorted(times)[len(times) // 2], max(times))
"""
SETTINGS = {"lessons": "from course_lib.threads import share_cores; share_cores()", "PyTorch": ""}


def paint(setting: str, *, busy: int = 0, kernels: int = 1) -> tuple[float, float]:
    """The median and the longest seconds of a picture: of `kernels` at once, beside `busy` programs that never wait."""
    environment = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    with ExitStack() as ended:
        for _ in range(busy):
            program = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            ended.callback(program.wait)
            ended.callback(program.kill)
        command = [sys.executable, "-c", KERNEL.format(setting=SETTINGS[setting])]
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(kernels)
        ]
        found = [[float(number) for number in kernel.communicate()[0].split()] for kernel in running]
    medians, longest = zip(*found, strict=True)
    return sorted(medians)[len(medians) // 2], max(longest)


def rows() -> list[Row]:
    """On a quiet machine, beside one and two programs that never wait, and ten kernels at once."""
    found = []
    for beside in ({}, {"busy": 1}, {"busy": 2}, {"kernels": 10}):
        (ours, ours_longest), (peer, peer_longest) = (paint(setting, **beside) for setting in SETTINGS)
        name = " ".join(f"{count} {what}" for what, count in beside.items()) or "quiet"
        found.append(
            Row(
                f"picture, {name}, median",
                Measured.of([ours], [peer]),
                "PyTorch's threads",
                "small model, 20 steps, guidance",
            )
        )
        found.append(Row(f"picture, {name}, longest", Measured.of([ours_longest], [peer_longest]), "PyTorch's threads"))
    return found
