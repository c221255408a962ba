"""Open the course: look at the environment, fill my_lessons/, start JupyterLab on a lesson.

From a terminal: python -m course_lib.lessons.start [--port 8889] [--lesson 08] [--no-browser]
"""

from __future__ import annotations

import argparse
import os
import runpy
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from course_lib.lessons.copies import MY_LESSONS, NOTEBOOKS, fill, find_lesson

SETTINGS = Path(__file__).with_name("lab_settings")
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


def lab_arguments(port: int, lesson: str, folder: Path, browser: bool) -> list[str]:
    """What JupyterLab is started with: these copies, this lesson, and nothing that asks the network.

    Example:

    >>> lab_arguments(8889, "08_forward_diffusion.ipynb", Path("my_lessons"), browser=False)[-1]
    '--ServerApp.open_browser=False'
    """
    arguments = [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{lesson}",
        f"--LabApp.app_settings_dir={SETTINGS}",  # no news, no questions about updates
        f"--LabApp.extra_labextensions_path={EXTENSIONS}",  # widgets that show themselves when a lesson is reopened
        "--LabApp.extension_manager=readonly",
        "--ServerApp.answer_yes=True",  # Ctrl-C stops at once
        "--Application.log_level=WARN",
        f"--ServerApp.open_browser={browser}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.insert(0, "--ServerApp.allow_root=True")  # in a container; it listens on this machine alone
    return arguments


def main(arguments: list[str] | None = None, source: Path = NOTEBOOKS, target: Path = MY_LESSONS) -> None:
    """Open the course; returns when JupyterLab has been stopped.

    Raises SystemExit with a sentence that says what to do when the course cannot be opened.

    Example:

    >>> main(["--port", "80"])
    Traceback (most recent call last):
    SystemExit: PORT must be a whole number from 1024 to 65535; got 80
    """
    parser = argparse.ArgumentParser(description="Open the course in JupyterLab.")
    parser.add_argument("--port", default="8888", help="where JupyterLab listens (8888)")
    parser.add_argument("--lesson", default="00", help="the lesson to open, such as 08 (00)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    options = parser.parse_args(arguments)
    if find_spec("jupyterlab") is None:
        sys.exit("JupyterLab is not installed in this Python: run `make lesson`, or python make_environment.py")
    try:
        port = free_port(options.port)
        lesson = find_lesson(options.lesson, source)
        # In a process of its own: the server need not carry what the examination loads.
        subprocess.run([sys.executable, "-m", "course_lib.lessons.doctor"], check=False)
        for sentence in fill(source, target):
            print(sentence)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    print(f"JupyterLab opens on {lesson}. To stop it, press Ctrl-C here.", flush=True)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, whatever the home folder holds
    sys.argv = ["jupyter-lab", *lab_arguments(port, lesson, target, not options.no_browser)]
    runpy.run_module("jupyterlab", run_name="__main__")


if __name__ == "__main__":
    main()
