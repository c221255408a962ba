"""Peak memory, each time in a program of its own, and what processes hold for themselves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.rows import Measured

ROOT = Path(__file__).parents[1]
PEAK = """
from benchmarks.memory import own_peak
{prepare}
_before = own_peak()
{run}
print("peak", _before, own_peak())
"""


def peak(prepare: str, run: str) -> tuple[int, int]:
    """Bytes: the most that a new program held after `prepare`, and after `run`; both are Python."""
    code = PEAK.format(prepare=prepare, run=run)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    before, after = done.stdout.split("peak")[-1].split()
    return int(before), int(after)


def peaks(ours: tuple[str, str], peer: tuple[str, str], *, grown: bool = False, repeats: int = 3) -> Measured:
    """The peaks of two programs, each as (prepare, run), in turn; grown : only by how much `run` raised it.

    Where memory that was freed lies between what is held, a program takes more: no two runs are alike.
    """
    found = [[peak(*program) for program in (ours, peer)] for _ in range(repeats)]
    (one, other) = ([after - before * grown for before, after in side] for side in zip(*found, strict=True))
    return Measured.of(one, other)


def shares(pid: int) -> dict[str, int]:
    """What a process holds, in bytes: all of it, what only it holds, and its part of what several hold.

    Read from /proc/PID/smaps_rollup, which Linux has. Raises FileNotFoundError elsewhere.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    numbers = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    own = numbers["Private_Clean"] + numbers["Private_Dirty"]
    return {"whole": numbers["Rss"], "own": own, "share": numbers["Pss"]}


def own_peak() -> int:
    """The most that this process has held so far, in bytes."""
    if Path("/proc/self/status").exists():
        return peak_of("self")  # what getrusage says there begins with the peak of the program that started this one
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # on a Mac in bytes


def peak_of(pid: int | str) -> int:
    """The most that a running process has held so far, in bytes (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
