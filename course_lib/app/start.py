"""Open the course: look at the environment, fill my_lessons/, start JupyterLab on a lesson.

From a terminal: python -m course_lib.app.start [--port 8889] [--lesson 08] [--no-browser]
"""

from __future__ import annotations

import argparse
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from course_lib.app.copies import MY_LESSONS, NOTEBOOKS, fill, find_lesson

SETTINGS = Path(__file__).with_name("lab_settings")
PORT, MORE_PORTS = 8888, 50
OWN = {  # where the course's server and its kernels keep what is theirs, below the learner's copies
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
    "MPLCONFIGDIR": "matplotlib",
}
KERNEL_SETTINGS = 'c.InteractiveShellApp.extensions = ["course_lib.app.advice"]\n'
NOT_OURS = ("JUPYTER", "IPYTHON", "MPL", "MATPLOTLIBRC")  # how the names of others' settings begin
EXTENSIONS = Path(__file__).parents[1] / "widgets" / "labextensions"


def free_port(port: str) -> int:
    """The number of a port that JupyterLab can use.

    Raises ValueError when it is no port for a program of one's own, or is taken.

    Example:

    >>> free_port("80")
    Traceback (most recent call last):
    ValueError: PORT must be a whole number from 1024 to 65535; got 80
    """
    if not port.isdecimal() or not 1024 <= int(port) <= 65535:
        raise ValueError(f"PORT must be a whole number from 1024 to 65535; got {port}")
    try:
        socket.create_server(("127.0.0.1", int(port))).close()
    except OSError:
        raise ValueError(
            f"Port {port} is taken, perhaps by a course that is already open in your browser: use that one, "
            f"stop it with Ctrl-C in its window, or take another port: make lesson PORT={int(port) % 65535 + 1}"
        ) from None
    return int(port)


def lab_arguments(port: int, lesson: str, folder: Path, browser: bool, more_ports: int = 0) -> list[str]:
    """What JupyterLab is started with: these copies, this lesson, and nothing that asks the network.

    more_ports : how many others it may try where the port is taken.

    Example:

    >>> lab_arguments(8889, "08_forward_diffusion.ipynb", Path("my_lessons"), browser=False)[-1]
    '--ServerApp.open_browser=False'
    """
    share = Path(sys.prefix) / "share" / "jupyter"
    arguments = [
        "--ServerApp.ip=127.0.0.1",  # this machine alone
        f"--ServerApp.port={port}",
        f"--ServerApp.port_retries={more_ports}",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{lesson}",
        f"--LabApp.app_dir={share / 'lab'}",
        f"--LabApp.app_settings_dir={SETTINGS}",  # no news, no questions about updates
        f"--LabApp.labextensions_path={share / 'labextensions'}",
        f"--LabApp.extra_labextensions_path={EXTENSIONS}",  # widgets that show themselves when a lesson is reopened
        "--LabApp.extension_manager=readonly",
        "--ServerApp.answer_yes=True",  # Ctrl-C stops at once
        "--Application.log_level=WARN",
        f"--ServerApp.open_browser={browser}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.insert(0, "--ServerApp.allow_root=True")  # in a container
    return arguments


def surroundings(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables for the course's server: the learner's, without their settings for Jupyter and matplotlib.

    A server that was set up for other work need not suit the course: another folder, another way to save, an address
    that the whole network sees. So it reads no configuration at all, and keeps its own files in `folder`. Makes the
    folders. Raises OSError where they cannot be made.

    Example:

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     own = surroundings({"HOME": "/home/me", "JUPYTER_CONFIG_DIR": "/home/me/mine"}, Path(folder))
    >>> own["HOME"], own["JUPYTER_NO_CONFIG"], "JUPYTER_CONFIG_DIR" in own
    ('/home/me', '1', False)
    """
    kept = {name: value for name, value in environment.items() if not name.startswith(NOT_OURS)}
    own = {name: folder / part for name, part in OWN.items()}
    for path in own.values():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    profile = own["IPYTHONDIR"] / "profile_default"
    profile.mkdir(exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(KERNEL_SETTINGS, encoding="utf-8")
    if os.name != "nt" and own["JUPYTER_RUNTIME_DIR"].stat().st_mode & 0o077:
        # Where everybody can read, as on a disk of Windows under Linux, Jupyter refuses to keep its keys.
        own["JUPYTER_RUNTIME_DIR"] = Path(tempfile.mkdtemp(prefix="course-"))
    return {
        **kept,
        **{name: str(path) for name, path in own.items()},
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, whatever else is on the machine
    }


def main(arguments: list[str] | None = None, source: Path = NOTEBOOKS, target: Path = MY_LESSONS) -> None:
    """Open the course; returns when JupyterLab has been stopped.

    Raises SystemExit with a sentence that says what to do when the course cannot be opened.

    Example:

    >>> main(["--port", "80"])
    Traceback (most recent call last):
    SystemExit: PORT must be a whole number from 1024 to 65535; got 80
    """
    parser = argparse.ArgumentParser(description="Open the course in JupyterLab.")
    parser.add_argument("--port", help=f"where JupyterLab listens ({PORT}, or the next free one)")
    parser.add_argument("--lesson", default="00", help="the lesson to open, such as 08 (00)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    options = parser.parse_args(arguments)
    if find_spec("jupyterlab") is None:
        sys.exit("JupyterLab is not installed in this Python: run `make lesson`, or python make_environment.py")
    try:
        port = free_port(options.port) if options.port is not None else PORT
        lesson = find_lesson(options.lesson, source)
        # In a process of its own: the server need not carry what the examination loads.
        subprocess.run([sys.executable, "-m", "course_lib.app.doctor"], check=False)
        for sentence in fill(source, target):
            print(sentence)
        own = surroundings(os.environ, target / ".course")
        if options.port is not None:
            free_port(options.port)  # still: another start may have taken it meanwhile
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print(f"JupyterLab opens on {lesson}. To stop it, press Ctrl-C here.", flush=True)
    os.environ.clear()
    os.environ.update(own)
    more_ports = MORE_PORTS if options.port is None else 0
    sys.argv = ["jupyter-lab", *lab_arguments(port, lesson, target, not options.no_browser, more_ports)]
    runpy.run_module("jupyterlab", run_name="__main__")


if __name__ == "__main__":
    main()
