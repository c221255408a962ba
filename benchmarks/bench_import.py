"""What importing the library costs on top of PyTorch, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

from benchmarks.rows import Row, alternate

REPEATS = 5


def rows() -> list[Row]:
    """All parts that the package offers, together with PyTorch."""
    return [
        Row(
            "import course_lib",
            alternate(
                _fresh("import torch; from course_lib import *"), _fresh("import torch"), REPEATS, clock=perf_counter
            ),
            "import torch",
            "every part, with torch, in a new process",
            1.05,
            reason="the files of the course are read and the tables of its samplers made",
        )
    ]


def _fresh(code: str) -> Callable[[], object]:
    """A call that runs `code` in a new interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)
