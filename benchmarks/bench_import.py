"""What importing the library costs on top of PyTorch, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from benchmarks.rows import Row, alternate

REPEATS = 5


def rows() -> list[Row]:
    """The package as a notebook imports it, together with PyTorch, and all layers."""
    return [
        Row(
            f"import {name}",
            *alternate(_fresh(f"import torch, {name}"), _fresh("import torch"), REPEATS),
            "import torch",
            "with torch, in a new process; at most 1.10 is wanted",
        )
        for name in ("course_lib", "course_lib.layers")
    ]


def _fresh(code: str) -> Callable[[], object]:
    """A call that runs `code` in a new interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)
