"""The whole course, each notebook run and compared as `make test` does, two at a time: how long, and what memory.

The peer is what no notebook can do without: as many kernels that import PyTorch, two at a time.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.kernels import kernel_below, kernels
from benchmarks.lessons import is_wanted
from benchmarks.memory import ROOT, peak_of
from benchmarks.rows import Measured, Row

AT_ONCE = 2
WORK = "the rest is what lessons are for: they train networks, and paint and measure pictures"
# Why a lesson holds more than it should.
HELD = {
    "07": "its last section holds tables of 4096 x 4096 scores, to measure what they cost",
}
NBVAL = [
    "-q",
    "-p",
    "no:cacheprovider",
    "--nbval",
    "--nbval-current-env",
    "--nbval-sanitize-with",
    "tests/sanitize.cfg",
]


def notebooks() -> list[Path]:
    """The lessons, or those that are asked for."""
    return [path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")) if is_wanted(path.name[:2])]


def check(notebook: Path) -> int:
    """Run one under nbval, and give the most memory that its kernel held, in bytes. Raises RuntimeError if it fails."""
    command = [sys.executable, "-m", "pytest", *NBVAL, str(notebook)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    most = 0
    while running.poll() is None:
        kernel = kernel_below(running.pid)
        with contextlib.suppress(OSError, StopIteration):  # it has just ended
            most = max(most, peak_of(kernel.pid)) if kernel else most
        time.sleep(0.5)
    if running.returncode:
        raise RuntimeError(f"{notebook.name} failed:\n{running.stdout.read()[-2000:]}")
    return most


def with_torch(_: object = None) -> int:
    """Start a kernel and import PyTorch in it; the most memory that it held, in bytes."""
    with kernels(1) as (kernel,):
        kernel.wait(kernel.ask("import torch"))
        return peak_of(kernel.pid)


def rows() -> list[Row]:
    """The time of all, and the memory of each."""
    lessons, spent, most = notebooks(), [], []
    for run in (with_torch, check):
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            most.append(list(pool.map(run, lessons)))
        spent.append(time.perf_counter() - began)
    whole = Measured.of([spent[1]], [spent[0]])
    peer = "a kernel that imports torch"
    found = [
        Row(
            f"{len(lessons)} lessons under nbval",
            whole,
            f"{peer}, as many times",
            "two at a time, once",
            4,
            reason=WORK,
        )
    ]
    for lesson, empty, ours in zip(lessons, *most, strict=True):
        number, measured = lesson.name[:2], Measured.of([ours], [empty])
        found.append(
            Row(f"memory of lesson {number}", measured, peer, "peak", 2.5, "bytes", reason=HELD.get(number, ""))
        )
    return found
