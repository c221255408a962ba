"""Measure and print every row: `python -m benchmarks`, or only some files: `python -m benchmarks layers import`.

On a machine with a GPU: `python -m benchmarks gpu --out FOLDER`.

What was measured is kept in results.json, and stands in the READMEs. Nothing here is asserted about times: the ratios
are to be read, on a computer that does nothing else. That ours and the peer do the same work is checked before.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import torch

from benchmarks import results
from benchmarks.rows import table
from course_lib import expect
from course_lib.threads import count_idle, is_chosen


def main(names: list[str]) -> None:
    """Run the named `bench_*.py` files, or all of them; print each one's table as it ends, and keep it."""
    there = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    for name in names:
        expect.known("benchmark", name, there)
    print(f"{results.machine()}; medians of alternating runs; ratio = ours / peer")
    for name in names or there:
        # PyTorch's threads wait for one another: beside other programs the ratios would be those of the waiting.
        threads = torch.get_num_threads() if is_chosen() else count_idle(seconds=2)
        torch.set_num_threads(threads)
        print(f"\n{name}, threads: {threads}", flush=True)
        bench = importlib.import_module(f"benchmarks.bench_{name}")
        rows = bench.rows()
        curves = bench.curves() if hasattr(bench, "curves") else []
        print("\n".join([*([table(rows)] if rows else []), *map(str, curves)]), flush=True)
        results.keep(name, rows, curves, threads)
    results.main()


if __name__ == "__main__":
    if sys.argv[1:2] == ["gpu"]:
        importlib.import_module("benchmarks.gpu.__main__").main(sys.argv[2:])
    else:
        main(sys.argv[1:])
