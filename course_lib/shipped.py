"""The files that come with the course: whole, as the table in their folder's README says, or how to get them back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def bring_back(name: str, root: Path = ROOT) -> str:
    """How a file or folder of the course comes back; a copy without git's records, as a ZIP is, cannot restore it.

    Example:

    >>> bring_back("data/emoji", Path("unpacked"))
    'Bring it back: download the course again, and copy data/emoji from it to its place here'
    """
    if (root / ".git").exists():
        return f"Bring it back with: git restore {name}"
    return f"Bring it back: download the course again, and copy {name} from it to its place here"


def read(folder: Path, name: str, decode: Callable = bytes, otherwise: str = ""):
    """A file of a folder of data/, compared with its sha256 in the README there, and decoded.

    otherwise : another way to get the file, for the message. Raises FileNotFoundError for a missing file, ValueError
    for a damaged one.

    Example:

    >>> read(ROOT / "data" / "emoji", "captions.json")[:1]
    b'{'
    """
    shown, is_readme = f"data/{folder.name}/{name}", name == "README.md"
    back = bring_back(shown) + ("" if is_readme else otherwise)
    if not (folder / name).is_file():
        raise FileNotFoundError(f"{shown} is missing. {back}")
    data = (folder / name).read_bytes()
    if not is_readme and hashlib.sha256(data).hexdigest() != read(folder, "README.md", sums).get(name):
        raise ValueError(f"{shown} is damaged: its sha256 is not the one in README.md. {back}")
    try:
        return decode(data)
    except (OSError, SyntaxError, ValueError):
        raise ValueError(f"{shown} is damaged: it cannot be decoded. {back}") from None


@cache
def check(folder: Path, name: str) -> None:
    """Compare every file below folder/name with the README of `folder`, once in a process: 14 MB take some 10 ms.

    Raises FileNotFoundError where it is not there or not whole, ValueError for a damaged file.

    Example:

    >>> check(ROOT / "data" / "weights", "small-stable-diffusion")
    """
    if not (folder / name).is_dir():
        shown = f"data/{folder.name}/{name}"
        raise FileNotFoundError(f"{shown} comes with the course, and is missing. {bring_back(shown)}")
    for file in read(folder, "README.md", sums):
        if file.startswith(f"{name}/"):
            read(folder, file)


def sums(readme: bytes) -> dict[str, str]:
    """The sha256 of each file, from the table in a README. Raises ValueError where there is no table.

    Example:

    >>> list(sums(b"| `a.json` | 3 | `" + b"0" * 64 + b"` |"))
    ['a.json']
    """
    found = dict(re.findall(r"^\| `(.+?)` \|.*\| `([0-9a-f]{64})` \|$", readme.decode(), re.MULTILINE))
    if not found:
        raise ValueError("expected a table of files and their sha256; got none")
    return found
