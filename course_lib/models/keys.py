"""Config files, key by key: what each key may say, and what holds where it is absent.

A table names every key that a config may have. What a table does not name, and a value that a key may not have, is
refused: a model opens as its files say, or not at all.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """What a value must be. words : said in a refusal; fits : whether a value is of this kind.

    Example:

    >>> WHOLE.words, WHOLE.fits(0), WHOLE.fits(1)
    ('a whole number, at least 1', False, True)
    """

    words: str
    fits: Callable[[object], bool]


class Key(NamedTuple):
    """A key of a config. kind : of its values; default : where the key is absent."""

    kind: Kind
    default: object = None


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


ANYTHING = Kind("anything", lambda value: True)
TEXT = Kind("a text", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
WHOLE = Kind("a whole number, at least 1", lambda value: type(value) is int and value >= 1)
POSITIVE = Kind("a number above 0", lambda value: _is_number(value) and value > 0)
AT_LEAST_0 = Kind("a number, at least 0", lambda value: _is_number(value) and value >= 0)


def only(value: object) -> Kind:
    """The one value that a key may have.

    Example:

    >>> only(None).words, only(1).fits(1.0), only(1).fits(True)
    ('null, the only one there is', True, False)
    """
    return Kind(
        f"{shown(value)}, the only one there is",
        lambda other: other == value and isinstance(other, bool) == isinstance(value, bool),
    )


def one_of(*values: object) -> Kind:
    """One of a few values.

    Example:

    >>> one_of("gelu", None).words
    'one of "gelu", null'
    """
    return Kind(
        f"one of {', '.join(map(shown, values))}", lambda other: any(only(value).fits(other) for value in values)
    )


def listed(kind: Kind) -> Kind:
    """A list with at least one value, each of a kind.

    Example:

    >>> listed(WHOLE).fits([1, 2]), listed(WHOLE).fits(1)
    (True, False)
    """
    return Kind(
        f"a list, each entry {kind.words}",
        lambda values: isinstance(values, (list, tuple)) and len(values) > 0 and all(map(kind.fits, values)),
    )


def or_list(kind: Kind) -> Kind:
    """A value of a kind, or a list of them.

    Example:

    >>> or_list(WHOLE).fits([1, 2]), or_list(WHOLE).fits(1)
    (True, True)
    """
    return Kind(f"{kind.words}, or a list of such", lambda value: kind.fits(value) or listed(kind).fits(value))


def or_null(kind: Kind) -> Kind:
    """A value of a kind, or null.

    Example:

    >>> or_null(WHOLE).fits(None)
    True
    """
    return Kind(f"{kind.words}, or null", lambda value: value is None or kind.fits(value))


def read(where: str, config: Mapping[str, object], table: Mapping[str, Key]) -> dict[str, object]:
    """All keys of a table, from a config or by default. Keys that begin with _ are remarks, if the table lacks them.

    Raises ValueError, naming the key, for a key that the table lacks and a value that is not of its kind.

    Example:

    >>> read("a config", {"layers": 3}, {"layers": Key(WHOLE, 2), "width": Key(WHOLE, 8)})
    {'layers': 3, 'width': 8}
    >>> read("a config", {"layer": 3}, {"layers": Key(WHOLE, 2)})
    Traceback (most recent call last):
    ValueError: a config has the key "layer", which the course does not know; did you mean "layers"?
    """
    for name, value in config.items():
        if name not in table and not name.startswith("_"):
            near = difflib.get_close_matches(name, table, n=1, cutoff=0.8)
            hint = f"; did you mean {shown(near[0])}?" if near else f"; got {shown(value)}"
            raise ValueError(f"{where} has the key {shown(name)}, which the course does not know{hint}")
        if name in table and not table[name].kind.fits(value):
            refuse(where, name, table[name].kind.words, value)
    return {name: config.get(name, key.default) for name, key in table.items()}


def refuse(where: str, name: str, words: str, value: object) -> None:
    """Refuse the value of a key, which must be what the words say.

    Example:

    >>> refuse("a config", "layers", "a whole number", None)
    Traceback (most recent call last):
    ValueError: a config must have layers = a whole number; got null
    """
    raise ValueError(f"{where} must have {name} = {words}; got {shown(value)}")


def shown(value: object) -> str:
    """A value as it stands in a JSON file, cut where it is long.

    Example:

    >>> shown(None), shown(list(range(1000)))
    ('null', '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, ... (4,890 characters)')
    """
    text = json.dumps(value, default=repr, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:43]}... ({len(text):,} characters)"
