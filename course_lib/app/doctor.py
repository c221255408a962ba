"""Is everything here that the lessons need? One line for each part: python -m course_lib.app.doctor"""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course_lib.app.advice import hidden
from course_lib.app.copies import ROOT

GIB = 2**30
LABEXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
PACKAGES = ("jupyterlab", "ipywidgets", "anywidget", "matplotlib", "diffusers")
INSTALL = "Remove the folder .venv and run `make lesson` again (without make: python make_environment.py)."


@dataclass(frozen=True)
class Check:
    """One part of the environment: what was found, and what to do if it is not all right.

    Example:

    >>> print(Check("free disk", False, "0.2 GiB", "Make room."))
    [FAIL] free disk: 0.2 GiB. Make room.
    """

    name: str
    ok: bool
    said: str
    remedy: str

    def __str__(self) -> str:
        return f"[OK]   {self.name}: {self.said}" if self.ok else f"[FAIL] {self.name}: {self.said}. {self.remedy}"


def examine() -> list[Check]:
    """Look at every part the lessons need; a part that cannot even be looked at is a failed one.

    Example:

    >>> [check.name for check in examine()][:3]
    ['Python', 'names', 'torch']
    """
    parts: list[tuple[str, Callable[[], tuple[bool, str]], str]] = [
        ("Python", _python, "Install Python 3.11 or newer, remove the folder .venv, and run `make lesson` again."),
        ("names", _names, "Python takes the first file of a name that it finds."),
        ("torch", lambda: (True, importlib.import_module("torch").__version__), INSTALL),
        ("numpy", lambda: (True, importlib.import_module("numpy").__version__), INSTALL),
        *((name, lambda name=name: (True, importlib.metadata.version(name)), INSTALL) for name in PACKAGES),
        ("widgets", _widgets, INSTALL),
        ("device", _device, "Unset COURSE_DEVICE, or set it to cpu."),
        ("memory", _memory, "Close other programs: a lesson needs up to 1.2 GiB."),
        ("free disk", _disk, "Make room, so that your lessons can be saved."),
        ("pictures", _pictures, "The lessons need them."),
        ("small model", _small_model, "The lessons need it."),
    ]
    return [_check(*part) for part in parts]


def verdict(checks: list[Check]) -> str:
    """The last line of the examination.

    Example:

    >>> verdict([Check("Python", True, "3.12.1", "")])
    'Everything works.'
    """
    failed = sum(not check.ok for check in checks)
    return f"{failed} of {len(checks)} checks failed." if failed else "Everything works."


def _check(name: str, look: Callable[[], tuple[bool, str]], remedy: str) -> Check:
    try:
        ok, said = look()
    except importlib.metadata.PackageNotFoundError:
        ok, said = False, "not installed"
    except (ValueError, FileNotFoundError) as error:  # ours: they say what is wrong with this part
        ok, said = False, f"{error}".rstrip(".")
    except Exception as error:  # whatever is broken here must become a line, not end the examination
        ok, said = False, (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        remedy = " ".join(hidden()) or INSTALL  # a library that cannot be loaded, whichever part asked for it
    return Check(name, ok, said, remedy)


def _python() -> tuple[bool, str]:
    return sys.version_info >= (3, 11), platform.python_version()


def _names() -> tuple[bool, str]:
    return not (found := hidden()), " ".join(found).rstrip(".") or "no file hides a library"


def _device() -> tuple[bool, str]:
    import torch

    from course_lib.device import choose_device, choose_dtype

    device = choose_device()
    said = f"{device.type}, {str(choose_dtype(device)).removeprefix('torch.')}"
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        said += f", {torch.cuda.get_device_name(device)}, {free / GIB:.1f} of {total / GIB:.1f} GiB free"
    return True, said


def _widgets() -> tuple[bool, str]:
    from jupyter_core.paths import jupyter_path

    folders = [Path(folder) for folder in jupyter_path("labextensions")]  # wherever JupyterLab looks
    missing = [
        name for name in LABEXTENSIONS if not any((folder / name / "package.json").is_file() for folder in folders)
    ]
    if missing:
        places = " or ".join(map(str, folders))
        return False, f"JupyterLab's parts of {' and '.join(missing)} are not in {places}"
    return True, "JupyterLab's parts are in place"


def _memory() -> tuple[bool, str]:
    import psutil

    memory = psutil.virtual_memory()
    return memory.available >= 1.5 * GIB, f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free"


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(ROOT).free
    return free >= 0.5 * GIB, f"{free / GIB:.1f} GiB"


def _pictures() -> tuple[bool, str]:
    from course_lib.datasets import open_emoji

    return True, f"{len(open_emoji())} emoji, each file whole"


def _small_model() -> tuple[bool, str]:
    from course_lib.models.sources import find

    return True, f"{find('small-stable-diffusion').name}, each file whole"


if __name__ == "__main__":
    found = examine()
    print(*found, verdict(found), sep="\n")
    sys.exit(not all(check.ok for check in found))
