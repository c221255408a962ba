"""Measure and print every row: `python -m benchmarks`, or only some files: `python -m benchmarks layers import`.

On a machine with a GPU: `python -m benchmarks gpu --out FOLDER`.

Nothing here is asserted: the ratios are to be read, on a computer that does nothing else.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import torch

from benchmarks.rows import table
from course_lib import expect

THREADS = 2  # what a small laptop has


def main(names: list[str]) -> None:
    """Run the named `bench_*.py` files, or all of them, and print one table."""
    there = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    for name in names:
        expect.known("benchmark", name, there)
    torch.set_num_threads(THREADS)
    rows = []
    for name in names or there:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"benchmarks.bench_{name}").rows()
    print(f"torch {torch.__version__}, {THREADS} threads, medians of alternating runs; ratio = ours / peer\n")
    print(table(rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["gpu"]:
        importlib.import_module("benchmarks.gpu.__main__").main(sys.argv[2:])
    else:
        main(sys.argv[1:])
