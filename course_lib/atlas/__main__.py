"""Measure the atlas: every sampler with every scheduler at four budgets. Hours; stopped at any time, it goes on later.

    python -m course_lib.atlas                       # one process
    python -m course_lib.atlas --processes 2         # several, one thread each
    python -m course_lib.atlas --minutes 30          # and stop then
    python -m course_lib.atlas --device cuda
    python -m course_lib.atlas.writing               # afterwards: from build/atlas to data/atlas

Each cell that is done is a file in build/atlas/cells, so that nothing is measured twice. Cells with fewer calls come
first.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from torch.multiprocessing import spawn

from course_lib.atlas.measuring import work

BUILD = Path(__file__).parents[2] / "build" / "atlas"
#: glibc gives the large blocks of a network's layers back to the system, and fetches them again, at each layer.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000"}


def main() -> None:
    """Read the options, start the processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so many")
    parser.add_argument("--build", type=Path, default=BUILD, help="where the measured cells lie")
    options = parser.parse_args()
    (options.build / "cells").mkdir(parents=True, exist_ok=True)
    until = time.time() + 60 * options.minutes
    os.environ.update(KEEP_MEMORY | os.environ)  # read when a process begins
    spawn(work, (options.processes, options.device, options.build, until), nprocs=options.processes)


if __name__ == "__main__":
    main()
