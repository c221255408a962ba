"""Why a cell may have failed though the course is whole: a copy older than the library, or a file that hides one.

An IPython extension: `make lesson` loads it into its kernels, where it speaks after a cell that has failed.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from course_lib.app.copies import MY_LESSONS, ROOT, older


def hiding(folder: Path) -> Iterator[tuple[str, Path]]:
    """The names of libraries that a file in `folder` hides from Python, each with that file.

    Example:

    >>> list(hiding(Path(__file__).parent))
    []
    """
    libraries = [sysconfig.get_path(kind) for kind in ("purelib", "platlib")]
    standard = (
        set() if folder == Path(site.getusersitepackages()) else sys.stdlib_module_names
    )  # that comes after these
    for path in sorted(folder.glob("*.py")) + sorted(path.parent for path in folder.glob("*/__init__.py")):
        name = path.stem
        spec = PathFinder.find_spec(name, libraries)
        if name in standard or (spec and spec.origin):
            yield name, path


def foreign() -> list[Path]:
    """The folders from which Python would take a library before it looks into its own.

    Example:

    >>> ROOT in foreign()
    False
    """
    own = {Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders = [Path(entry).resolve() for entry in sys.path]
    first = next((place for place, folder in enumerate(folders) if folder in own), 0)
    others = [folder for folder in folders[:first] if folder.is_dir() and folder not in (ROOT, MY_LESSONS)]
    users = Path(site.getusersitepackages())
    return others + [users] * (users.is_dir() and users in folders and users not in others)


def hidden(lessons: Path = MY_LESSONS, folders: Iterable[Path] | None = None) -> list[str]:
    """What hides a library from the lessons, one sentence each; `folders` : as in `foreign`, which is the default.

    Example:

    >>> hidden(Path("nowhere"), [])
    []
    """
    said = [
        f"{path.parent.name}/{path.name} hides the library {name}: give it another name, and restart the kernel."
        for name, path in hiding(lessons)
    ]
    named = {Path(entry).resolve() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    for folder in foreign() if folders is None else folders:
        names = [name for name, _ in hiding(folder)]
        if names and folder != lessons.resolve():
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} others" if len(names) > 3 else "")
            way = "unset PYTHONPATH" if folder in named else "take it from Python's path"
            said.append(f"{folder} hides the course's own {shown}: {way}, and start the course again.")
    return said


def load_ipython_extension(shell) -> None:
    """Let the kernel say, after a cell that has failed, what may be behind it.

    Example: in IPython, or as the course's own kernels do it, by their settings:

    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> load_ipython_extension(InteractiveShell())
    """
    here = Path.cwd()  # where the page lies

    def speak(result) -> None:
        if not result.success:
            page = Path(os.environ.get("JPY_SESSION_NAME", "")).name
            aged = [sentence for sentence in older(here) if sentence.startswith(page or sentence)]
            for sentence in hidden(here) + aged:
                print(sentence)

    shell.events.register("post_run_cell", speak)
