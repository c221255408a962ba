"""Run several parts of the tests one after the other, whatever fails, and sum up what failed in all of them.

python tests/parts.py lint unit notebooks-test browser     # of the Makefile
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_FAILURES = ("FAILED ", "ERROR ")  # how the lines of pytest's short summary begin


class Part(NamedTuple):
    """One command, what it is called, and the environment variables it is given."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}


class Outcome(NamedTuple):
    """How a part ended: its exit status, and pytest's lines about what failed."""

    name: str
    status: int
    seconds: float
    failures: list[str]


def run(part: Part) -> Outcome:
    """Run one part; what it prints is shown as it comes."""
    print(f"\n=== {part.name}", flush=True)
    start, failures = time.monotonic(), []
    process = subprocess.Popen(
        part.command,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | part.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith(_FAILURES):
            failures.append(line.rstrip())
    return Outcome(part.name, process.wait(), time.monotonic() - start, failures)


def sum_up(outcomes: Sequence[Outcome]) -> int:
    """Print a line for each part and what failed in it; the exit status is 1 if anything failed, else 0."""
    print("\n=== Summary")
    for outcome in outcomes:
        print(f"{'FAILED' if outcome.status else 'passed'}  {outcome.name} ({outcome.seconds:.0f} s)")
        for failure in outcome.failures:
            print(f"        {failure}")
    failed = sum(outcome.status != 0 for outcome in outcomes)
    print(f"{failed} of {len(outcomes)} parts failed." if failed else f"All {len(outcomes)} parts passed.")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(sum_up([run(Part(target, ["make", "--no-print-directory", target])) for target in sys.argv[1:]]))
