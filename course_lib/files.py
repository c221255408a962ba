"""Files written whole or not at all, and JSON read with an error that says what is wrong."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a new, empty file beside `path` to write to; at the end of the block it takes the place of `path`.

    Whatever ends the block early, and whenever the process is killed, `path` holds what it held before. Folders that
    are missing are made. Raises OSError where the file cannot be written.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_whole(Path(folder) / "a.txt") as unfinished:
    ...         _ = unfinished.write_text("all of it")
    ...     [(path.name, path.read_text()) for path in Path(folder).iterdir()]
    [('a.txt', 'all of it')]
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".unfinished", dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(path.stat().st_mode if path.exists() else _usual_mode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _usual_mode() -> int:
    """What a new file may be used for, as the user has set it: a temporary one is the user's alone."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_json(path: Path, content: object, *, indent: int = 1, sort_keys: bool = False) -> None:
    """Write one JSON file, whole or not at all, its folder included. Raises OSError where it cannot be written.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder) / "new" / "a.json", {"ไทย": [1, 2]})
    ...     read_json(Path(folder) / "new" / "a.json")
    {'ไทย': [1, 2]}
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, sort_keys=sort_keys)
    with written_whole(path) as unfinished:
        unfinished.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path, otherwise: str = "there is no such file") -> dict:
    """The JSON object in a file. otherwise : what to say of a file that is missing.

    Raises FileNotFoundError where there is none, ValueError where it is no JSON or holds no object.

    Example:

    >>> read_json(Path("nowhere.json"), "make it first")
    Traceback (most recent call last):
    FileNotFoundError: nowhere.json is missing: make it first
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: {otherwise}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of JSON, or of UTF-8
        raise ValueError(f"{path} must be a JSON file; it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} must hold a JSON object; it holds a {type(found).__name__}")
    return found
