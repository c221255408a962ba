"""Where the lessons compute, and with how many digits: the one place that chooses."""

from __future__ import annotations

import os

import torch

from course_lib import expect

DEVICES = ("cpu", "cuda", "mps")


def choose_device() -> torch.device:
    """The device to compute on: COURSE_DEVICE if that is set, otherwise the first there is of cuda, mps, cpu.

    Raises ValueError when COURSE_DEVICE is not one of cpu, cuda, mps, or is not on this machine.

    Example:

    >>> choose_device().type in ("cpu", "cuda", "mps")
    True
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    wanted = os.environ.get("COURSE_DEVICE")
    if not wanted:
        return torch.device(next(name for name, is_there in there.items() if is_there))
    expect.known("COURSE_DEVICE", wanted, DEVICES)
    if not there[wanted]:
        raise ValueError(f"COURSE_DEVICE must be a device of this machine; got {wanted}, which torch does not find")
    return torch.device(wanted)


def check_device(device: torch.device | str) -> torch.device:
    """Refuse what is not a device, or not one of this machine; return it as torch.device.

    Example:

    >>> check_device("gpu")
    Traceback (most recent call last):
    ValueError: device must be cpu, cuda or mps, maybe with a number as in cuda:1; got 'gpu'
    """
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError):
        found = None
    if found is None or found.type not in DEVICES:
        raise ValueError(f"device must be cpu, cuda or mps, maybe with a number as in cuda:1; got {device!r}")
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if (found.index or 0) >= counts[found.type]:
        raise ValueError(f"device must be one of this machine; got {device}, which torch does not find")
    return found


def choose_dtype(device: torch.device | str) -> torch.dtype:
    """The floating-point type for a device: float16 on cuda, float32 on mps and cpu.

    Half precision halves the memory of a GPU and is fast there. On a CPU it is slow. On mps it saves
    memory too, but some of its operations overflow in float16, and the picture turns black.

    Raises ValueError for another device.

    Example:

    >>> choose_dtype("cpu")
    torch.float32
    """
    kind = torch.device(device).type if isinstance(device, torch.device) else str(device)
    expect.known("device", kind, DEVICES)
    return torch.float16 if kind == "cuda" else torch.float32
