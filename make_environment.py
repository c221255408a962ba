"""Build the environment of the course in .venv, or do nothing when it is there and up to date.

    python make_environment.py [--test] [--torch cpu] [--python python3.12]

It needs nothing but Python, and starts on an old one too (3.6), to say which one the course needs.
Every failure that a reader can mend ends in one sentence that says how.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 14)  # what the packages in constraints.txt are made for
PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python", sys.executable]
TORCH_INDEX = {"cpu": "https://download.pytorch.org/whl/cpu"}
PROBE = """
import sys
print(*sys.version_info[:2])
import ensurepip, venv
print("venv")
"""


class Mendable(Exception):
    """A failure whose text tells the reader what to do."""


class Environment:
    """The folder .venv of the course in `root`."""

    def __init__(self, root):
        self.root = Path(root)
        self.folder = self.root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def wanted(self):
        """What the environment is made from; the place counts, because course_lib is used where it stands."""
        parts = [(self.root / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
        return hashlib.sha256(b"\0".join([*parts, str(self.root).encode()])).hexdigest()

    def stamp(self, kind):
        """The file that says which `kind` ("lesson" or "test") of installation has been finished."""
        return self.folder / ("installed-" + kind)

    def is_ready(self, kind):
        """Whether that installation is there, finished, and of today's files."""
        stamp = self.stamp(kind)
        return self.python.exists() and stamp.is_file() and stamp.read_text() == self.wanted()

    def create(self, python):
        """Make an empty .venv, in the place of a broken one."""
        print("Making .venv with", python, flush=True)
        if subprocess.call([python, "-m", "venv", "--clear", str(self.folder)]) != 0:
            raise Mendable("The folder .venv could not be made: see above, mend that, and run this again.")

    def drop_unfinished(self):
        """Let pip forget the packages whose installation was cut off: it writes INSTALLER after all their files."""
        for info in self.folder.glob("**/site-packages/*.dist-info"):
            if not (info / "INSTALLER").exists():
                shutil.rmtree(str(info))

    def install(self, kind, torch):
        """Install the course, and with kind "test" also the tools of its tests."""
        print("Installing the packages of the course into .venv; the first time takes minutes.", flush=True)
        for stamp in map(self.stamp, ("lesson", "test")):
            if stamp.exists():
                stamp.unlink()
        self.drop_unfinished()
        if torch:
            self.pip("--no-deps", "--index-url", TORCH_INDEX[torch], "torch")
        self.pip("--editable", ".[test]" if kind == "test" else ".")
        for finished in {"lesson", kind}:
            self.stamp(finished).write_text(self.wanted())

    def pip(self, *arguments):
        """Run pip install under the constraints; what it says is shown, and read when it fails."""
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check"]
        process = subprocess.Popen(
            [*command, "--constraint", "constraints.txt", *arguments],
            cwd=str(self.root),
            stderr=subprocess.PIPE,
            universal_newlines=True,
            errors="replace",
        )
        said = []
        for line in process.stderr:
            sys.stderr.write(line)
            said.append(line)
        if process.wait() != 0:
            raise Mendable(explain("".join(said)))


def explain(said):
    """What a reader can do about a pip that failed with these words."""
    if "No space left" in said or "Errno 28" in said:
        return (
            "The disk is full: make room here and in the temporary folder (10 GB, or 4 GB with TORCH=cpu), "
            "and run this again."
        )
    if any(sign in said for sign in ("Retrying", "NewConnectionError", "ConnectionError", "timed out")):
        return (
            "The packages could not be fetched: the first run needs the network; after that it never does. "
            "Connect, and run this again."
        )
    if "No matching distribution" in said or "Could not find a version" in said:
        return "There is no package for this system ({}, {}): the README says what is supported.".format(
            platform.system(), platform.machine()
        )
    return "pip could not install the packages: see above, mend that, and run this again; it goes on from there."


def probe(python):
    """The version of a Python, such as (3, 12), and whether it can make virtual environments; (None, False) if none."""
    try:
        said = subprocess.run(
            [python, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True
        ).stdout.split()
        return (int(said[0]), int(said[1])), said[2:] == ["venv"]
    except (OSError, ValueError, IndexError):
        return None, False


def choose_python(names, avoid=None):
    """The first of these Pythons that can carry the course; none inside the folder `avoid` is taken."""
    found = {}
    for name in names:
        path = shutil.which(name)
        if path is None or (avoid and avoid in Path(path).parents):
            continue
        version, has_venv = probe(path)
        if version and OLDEST <= version <= NEWEST and has_venv:
            return path
        if version:
            found[path] = version
    for path, version in found.items():
        if OLDEST <= version <= NEWEST:
            raise Mendable(
                "{} cannot make virtual environments; on Debian or Ubuntu: sudo apt install python{}.{}-venv".format(
                    path, *version
                )
            )
    seen = ", ".join("{} is {}.{}".format(path, *version) for path, version in found.items())
    raise Mendable(
        "Python 3.{} or newer is needed (up to 3.{}); {}. Install one from https://www.python.org/downloads "
        "or your system's packages, and run this again.".format(OLDEST[1], NEWEST[1], seen or "none was found")
    )


def main(argv=None, root=ROOT):
    """Build what is missing; 0, or 1 when the reader has something to mend."""
    parser = argparse.ArgumentParser(description="Build the environment of the course in .venv.")
    parser.add_argument("--test", action="store_true", help="install the tools of the tests, too")
    parser.add_argument("--torch", choices=sorted(TORCH_INDEX), help="where torch comes from, if not from PyPI")
    parser.add_argument("--python", help="the Python to make .venv with; without it, the best that is found")
    options = parser.parse_args(argv)
    kind = "test" if options.test else "lesson"
    environment = Environment(root)
    try:
        if not environment.is_ready(kind):
            names = [options.python] if options.python else PYTHONS
            version, _ = probe(str(environment.python))
            has_pip = version and not subprocess.call(
                [str(environment.python), "-m", "pip", "--version"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if not (has_pip and OLDEST <= version <= NEWEST):
                environment.create(choose_python(names, avoid=environment.folder))
            environment.install(kind, options.torch)
    except Mendable as mendable:
        print("\n{}".format(mendable), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run this again; it goes on from there.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
