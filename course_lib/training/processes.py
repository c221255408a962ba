"""The processes that torchrun launched on the CPU, as one group that learns together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch import distributed

if distributed.is_available():
    # Its functions keep the group that exists when it is imported, and DistributedDataParallel imports it late: such a
    # group outlives its end, and a thread of it that still runs when Python ends aborts the process.
    import torch.distributed.nn  # noqa: F401

Result = TypeVar("Result")


def launched() -> bool:
    """Whether torchrun launched this process."""
    return distributed.is_available() and distributed.is_torchelastic_launched()


def together(learn: Callable[[int, int], Result]) -> Result:
    """What learn(rank, count) returns, in the group of all launched processes; learn(0, 1) where there is no other.

    rank : the number of this process. count : of how many. What `learn` holds of the group is gone before the group
    ends: a DistributedDataParallel that goes last takes Python's lock along, for which the group's threads then wait.
    """
    if not launched():
        return learn(0, 1)
    distributed.init_process_group("gloo")
    try:
        return learn(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
