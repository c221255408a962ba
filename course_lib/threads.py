"""On how many cores the lessons compute.

PyTorch's threads wait for one another in every layer, and keep their cores busy while they wait. If another program
needs one of these cores, a network of small layers takes five to fifteen times as long; one thread alone never waits.
On a quiet machine the small model paints about as fast with one thread as with all: `python -m benchmarks busy`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import torch

CHOSEN = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")  # a reader's own choice, which PyTorch obeys: it is never overruled
BUSY = 50.0  # percent: a core that is busier belongs to another program
LARGE = 50_000_000  # parameters: Stable Diffusion's own size


def is_chosen() -> bool:
    """Whether the number of threads was set from outside.

    Example:

    >>> is_chosen() == any(name in os.environ for name in CHOSEN)
    True
    """
    return any(name in os.environ for name in CHOSEN)


def share_cores(parameters: int = 0) -> None:
    """Compute with one thread from now on; with as many as there are idle cores where networks are large.

    parameters : of the networks that will run. A number of threads that was set from outside stays.

    Example:

    >>> share_cores()
    >>> torch.get_num_threads() == 1 or is_chosen()
    True
    """
    if not is_chosen():
        torch.set_num_threads(1 if parameters < LARGE else count_idle())


def count_idle(seconds: float = 0.2) -> int:
    """How many cores other programs leave idle, watched for some seconds; at least 1.

    Example:

    >>> 1 <= count_idle(0.01) <= os.cpu_count()
    True
    """
    usable = psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity") else range(os.cpu_count())
    busy = psutil.cpu_percent(seconds, percpu=True)
    return max(1, sum(percent < BUSY for core, percent in enumerate(busy) if core in usable))


@contextmanager
def idle_cores() -> Iterator[None]:
    """For a training: compute on all cores that are idle now, and go back afterwards.

    Example:

    >>> with idle_cores():
    ...     torch.get_num_threads() >= 1
    True
    """
    before = torch.get_num_threads()
    if not is_chosen():
        torch.set_num_threads(count_idle())
    try:
        yield
    finally:
        torch.set_num_threads(before)
