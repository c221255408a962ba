"""What an option of a sampler may be. Each is said where the option stands, as its annotation."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Annotated, get_args, get_origin, get_type_hints

from course_lib import expect

Number = Annotated[float, expect.number]
NotNegative = Annotated[float, partial(expect.number, low=0)]
Strength = Annotated[float, partial(expect.number, low=0), "brings noise"]  # where it is above 0
Positive = Annotated[float, expect.positive]
Fraction = Annotated[float, partial(expect.positive, high=1)]
Momentum = Annotated[float, partial(expect.number, low=-1, high=1)]
Count = Annotated[int, expect.whole]
Flag = Annotated[bool, expect.flag]


def options_of(function: Callable) -> dict[str, object]:
    """The keyword-only arguments of a function, with their defaults: the options that it takes.

    Example:

    >>> def estimator(here, *, r: Fraction = 0.5): ...
    >>> options_of(estimator)
    {'r': 0.5}
    """
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def checks_of(function: Callable) -> dict[str, Callable[[str, object], object]]:
    """For each option of a function, what refuses a wrong value: check(name, value) raises ValueError.

    Example:

    >>> def estimator(here, *, r: Fraction = 0.5): ...
    >>> checks_of(estimator)["r"]("r", 0)
    Traceback (most recent call last):
    ValueError: r must be a number above 0, at most 1; got 0
    """
    hints = get_type_hints(function, include_extras=True)
    return {name: _check(hints[name]) for name in options_of(function) if name in hints}


def strengths_of(function: Callable) -> set[str]:
    """The options of a function that bring noise where they are above 0.

    Example:

    >>> def rule(sigma, *, eta: Strength = 1.0, r: Fraction = 0.5): ...
    >>> strengths_of(rule)
    {'eta'}
    """
    hints = get_type_hints(function, include_extras=True)
    return {name for name in options_of(function) if "brings noise" in getattr(hints.get(name), "__metadata__", ())}


def _check(hint: object) -> Callable[[str, object], object]:
    if get_origin(hint) is Annotated:
        return hint.__metadata__[0]
    return partial(expect.one_of, choices=get_args(hint))  # a Literal
