"""Refuse bad input with a sentence that says what was expected and what came."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable

import torch


def known(kind: str, name: str, names: Iterable[str]) -> None:
    """Refuse a name that is not in `names`, and list the near ones.

    Example:

    >>> known("sampler", "huen", ["euler", "heun"])
    Traceback (most recent call last):
    ValueError: unknown sampler 'huen'; did you mean heun? There are: euler, heun
    """
    names = list(names)
    if name in names:
        return
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise ValueError(f"unknown {kind} {name!r}{hint} There are: {', '.join(names)}")


def tensor(name: str, value: object, shape: str) -> None:
    """Refuse what is not a tensor with as many axes as `shape` names, as in "(B, C, H, W)".

    Example:

    >>> tensor("x", torch.zeros(3, 8), "(B, C, H, W)")
    Traceback (most recent call last):
    ValueError: x must have the 4 axes (B, C, H, W); got shape (3, 8)
    """
    axes = shape.count(",") + 1 if not shape.endswith(",)") else 1
    if not isinstance(value, torch.Tensor):
        raise ValueError(f"{name} must be a tensor {shape}; got {type(value).__name__}")
    if value.ndim != axes:
        raise ValueError(f"{name} must have the {axes} axes {shape}; got shape {tuple(value.shape)}")


def whole(name: str, value: object, at_least: int = 1, at_most: int | None = None) -> int:
    """Refuse what is not a whole number from `at_least` to `at_most`; return it as int.

    Example:

    >>> whole("stride", 0)
    Traceback (most recent call last):
    ValueError: stride must be a whole number, at least 1; got 0
    """
    is_whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not is_whole or value.__index__() < at_least or (at_most is not None and value.__index__() > at_most):
        limit = "" if at_most is None else f", at most {at_most}"
        raise ValueError(f"{name} must be a whole number, at least {at_least}{limit}; got {value!r}")
    return value.__index__()


def number(name: str, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """Refuse what is not a number in [low, high] (NaN never is); return it as float.

    Example:

    >>> number("eta", -1.0, low=0)
    Traceback (most recent call last):
    ValueError: eta must be a number in [0, inf]; got -1.0
    """
    as_float = _as_float(value)
    if not low <= as_float <= high:
        raise ValueError(f"{name} must be a number in [{low:g}, {high:g}]; got {value!r}")
    return as_float


def _as_float(value: object) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return math.nan


def positive(name: str, value: object, high: float = math.inf) -> float:
    """Refuse what is not a finite number above 0, and at most `high`; return it as float.

    Example:

    >>> positive("r", 0, high=1)
    Traceback (most recent call last):
    ValueError: r must be a number above 0, at most 1; got 0
    """
    as_float = _as_float(value)
    if not (0 < as_float <= high and math.isfinite(as_float)):
        limit = "" if math.isinf(high) else f", at most {high:g}"
        raise ValueError(f"{name} must be a number above 0{limit}; got {value!r}")
    return as_float


def flag(name: str, value: object) -> bool:
    """Refuse what is neither True nor False.

    Example:

    >>> flag("fixed_r", "yes")
    Traceback (most recent call last):
    ValueError: fixed_r must be True or False; got 'yes'
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}")
    return value


def one_of(name: str, value: object, choices: Iterable) -> object:
    """Refuse what is not among a few choices.

    Example:

    >>> one_of("order", 0, (1, 2))
    Traceback (most recent call last):
    ValueError: order must be one of 1, 2; got 0
    """
    choices = tuple(choices)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}; got {value!r}")
    return value


class Registry(dict):
    """A table of named rows; asking for a name that is not there lists the near ones.

    Example:

    >>> Registry("sampler", {"euler": 1, "heun": 2})["eulre"]
    Traceback (most recent call last):
    ValueError: unknown sampler 'eulre'; did you mean euler? There are: euler, heun
    """

    def __init__(self, kind: str, rows: dict):
        super().__init__(rows)
        self.kind = kind

    def __missing__(self, name):
        known(self.kind, name, self)
