"""Refusals and readings of arguments that every layer shares."""

from __future__ import annotations

import torch

from course_lib import expect


def floats(name: str, value: object, shape: str, dtype: torch.dtype | None = None) -> None:
    """Refuse what is not a tensor of floats with the axes of `shape`, and of `dtype` if one is given.

    "(B, C, H, W)" asks for exactly four axes, "(B, C, ...)" for at least two, "(...)" for any.
    Example:

    >>> floats("x", torch.arange(3), "(...)")
    Traceback (most recent call last):
    ValueError: x must hold floats; got torch.int64
    >>> floats("weight", torch.zeros(3), "(C,)", torch.float64)
    Traceback (most recent call last):
    ValueError: weight must be torch.float64, like the tensor it works on; got torch.float32
    """
    if "..." not in shape or not isinstance(value, torch.Tensor):
        expect.tensor(name, value, shape)
    elif value.ndim < shape.count(","):
        raise ValueError(f"{name} must have at least the axes {shape}; got shape {tuple(value.shape)}")
    if not value.is_floating_point():
        raise ValueError(f"{name} must hold floats; got {value.dtype}")
    if dtype is not None and value.dtype != dtype:
        raise ValueError(f"{name} must be {dtype}, like the tensor it works on; got {value.dtype}")


def per_channel(name: str, value: object, channels: int, dtype: torch.dtype) -> None:
    """Refuse what is not one number for each channel, a tensor (channels,) of `dtype`.

    Example:

    >>> per_channel("bias", torch.zeros(3), 4, torch.float32)
    Traceback (most recent call last):
    ValueError: bias must have shape (4,), a number for each channel; got (3,)
    """
    floats(name, value, "(C,)", dtype)
    if value.shape[0] != channels:
        raise ValueError(f"{name} must have shape ({channels},), a number for each channel; got {tuple(value.shape)}")


def pair(name: str, value: object, at_least: int) -> tuple[int, int]:
    """Read an int, meant for both axes, or a pair (vertical, horizontal).

    Raises ValueError unless each is a whole number of at least `at_least`.

    Example:

    >>> pair("stride", 2, 1), pair("padding", (0, 1), 0)
    ((2, 2), (0, 1))
    >>> pair("padding", "same", 0)
    Traceback (most recent call last):
    ValueError: padding must be a whole number or a pair of them, at least 0; got 'same'
    """
    both = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    try:
        first, second = (expect.whole(name, each, at_least) for each in both)
    except ValueError:
        raise ValueError(
            f"{name} must be a whole number or a pair of them, at least {at_least}; got {value!r}"
        ) from None
    return first, second
