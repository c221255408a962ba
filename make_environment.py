"""Build the environment of the course in .venv, or do nothing when it is there and up to date.

    python make_environment.py [--test] [--torch cpu] [--python python3.12]

It needs nothing but Python, and starts on an old one too (3.6), to say which one the course needs.
Every failure that a reader can mend ends in one sentence that says how.
"""

import argparse
import ast
import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 14)  # what the packages in constraints.txt are made for
PYTHONS = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python", sys.executable]
TORCH_INDEX = {"cpu": "https://download.pytorch.org/whl/cpu"}
INDEXES = ("no-index", "index-url", "extra-index-url", "find-links")
# What a reader has told pip about the way to the packages is kept. What pip does with them is for the course to say.
KEPT = (*INDEXES, "trusted-host", "proxy", "cert", "client-cert", "keyring-provider", "cache-dir", "no-cache-dir",
        "timeout", "default-timeout", "retries")  # fmt: skip
SECTIONS = ("global", "install", ":env:")  # of pip's settings; the later ones win
TRIAL = """
import importlib
for name in "{}".split():
    importlib.import_module(name)
"""
MODULES = (
    "torch numpy PIL matplotlib jupyterlab ipykernel ipywidgets anywidget safetensors huggingface_hub accelerate tqdm "
    "diffusers transformers psutil scipy torchsde course_lib"
)
PROBE = """
import sys
print(*sys.version_info[:2])
import ensurepip, venv
print("venv")
"""


class Mendable(Exception):
    """A failure whose text tells the reader what to do."""


def surroundings(**changes):
    """The variables that Python and pip are started with: the reader's, without those for either."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    return {**kept, **changes}


def ask(command, **options):
    """Run a command and keep what it says."""
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        errors="replace",
        **options,
    )


@contextlib.contextmanager
def alone(root):
    """Let one process at a time build here; the next one waits for it."""
    with open(str(root / "constraints.txt")) as file:
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("The packages are being installed by another start: waiting for it to end.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks
        yield


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
        if subprocess.call([python, "-m", "venv", "--clear", str(self.folder)], env=surroundings()) != 0:
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
        self.try_imports()
        for finished in {"lesson", kind}:
            self.stamp(finished).write_text(self.wanted())

    def try_imports(self):
        """Only what can be imported counts as installed."""
        print("Trying what was installed.", flush=True)
        said = ask([str(self.python), "-c", TRIAL.format(MODULES)], cwd=str(self.folder), env=surroundings())
        if said.returncode != 0:
            sys.stderr.write(said.stderr)
            raise Mendable(
                "The packages are in .venv, but Python cannot load them ({}): remove the folder .venv and run this "
                "again.".format((said.stderr.split("\n")[-2:] or [""])[0])
            )

    def pip_settings(self):
        """What the reader has set for pip, in files or in variables, and is kept: name -> (value, where)."""
        own = {name: os.environ[name] for name in map(variable, ["config-file", *KEPT]) if name in os.environ}
        all_of_them = {"PIP_QUIET": "0", "PIP_USER": "0"}  # either in a file would leave out a part of the list
        command = [str(self.python), "-m", "pip", "config", "list"]
        said = ask(command, env=surroundings(**all_of_them, **own))
        if said.returncode != 0:
            sys.stderr.write(said.stderr)
            raise Mendable("pip cannot read its own settings: see above, mend them, and run this again.")
        lines = [line.partition("=") for line in said.stdout.splitlines()]
        return {
            name: (ast.literal_eval(value), variable(name) if section == ":env:" else name + " in pip's configuration")
            for section in SECTIONS
            for key, _, value in lines
            for name in KEPT
            if key == section + "." + name
        }

    def pip(self, *arguments):
        """Run pip install under the constraints; what it says is shown, and read when it fails."""
        settings = self.pip_settings()
        kept = {variable(name): value for name, (value, _) in settings.items()}
        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check"]
        process = subprocess.Popen(
            [*command, "--constraint", "constraints.txt", *arguments],
            cwd=str(self.root),
            env=surroundings(PIP_CONFIG_FILE=os.devnull, **kept),
            stderr=subprocess.PIPE,
            universal_newlines=True,
            errors="replace",
        )
        said = []
        for line in process.stderr:
            sys.stderr.write(line)
            said.append(line)
        if process.wait() != 0:
            raise Mendable(explain("".join(said), settings))


def variable(name):
    """The variable of the system that holds a setting of pip."""
    return "PIP_" + name.upper().replace("-", "_")


def explain(said, settings):
    """What a reader can do about a pip that failed with these words, under these settings of their own."""
    if "No space left" in said or "Errno 28" in said:
        return (
            "The disk is full: make room here and in the temporary folder (10 GB, or 4 GB with TORCH=cpu), "
            "and run this again."
        )
    if "Permission denied" in said or "Errno 13" in said:
        return "The folder .venv cannot be written, perhaps because sudo made it: remove it, and run this again."
    unreachable = any(sign in said for sign in ("Retrying", "NewConnectionError", "ConnectionError", "timed out"))
    missing = any(sign in said for sign in ("No matching distribution", "Could not find a version", "adapters"))
    own = ["{} = {}".format(settings[name][1], settings[name][0].strip()) for name in INDEXES if name in settings]
    if own and (unreachable or missing):
        return (
            "The packages were not found where pip is told to look ({}): take that setting away or mend it, or "
            "connect if it is right, and run this again.".format("; ".join(own))
        )
    if unreachable:
        return (
            "The packages could not be fetched: the first run needs the network; after that it never does. "
            "Connect, and run this again."
        )
    if missing:
        return "There is no package for this system ({}, {}): the README says what is supported.".format(
            platform.system(), platform.machine()
        )
    return "pip could not install the packages: see above, mend that, and run this again; it goes on from there."


def probe(python):
    """The version of a Python, such as (3, 12), and whether it can make virtual environments; (None, False) if none."""
    try:
        said = ask([python, "-c", PROBE], env=surroundings()).stdout.split()
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


def build(environment, kind, options):
    """Make what is missing of the environment, once nobody else does."""
    if environment.is_ready(kind):
        return
    if not os.access(str(environment.root), os.W_OK):
        raise Mendable(
            "The folder {} cannot be written: copy the course to a folder of your own, and run this there.".format(
                environment.root
            )
        )
    version, _ = probe(str(environment.python))
    has_pip = version and ask([str(environment.python), "-m", "pip", "--version"], env=surroundings()).returncode == 0
    if not (has_pip and OLDEST <= version <= NEWEST):
        names = [options.python] if options.python else PYTHONS
        environment.create(choose_python(names, avoid=environment.folder))
    environment.install(kind, options.torch)


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
            with alone(environment.root):
                build(environment, kind, options)
    except Mendable as mendable:
        print("\n{}".format(mendable), file=sys.stderr)
        return 1
    except OSError as error:
        print("\nThe folder .venv cannot be filled: {}. Mend that, and run this again.".format(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run this again; it goes on from there.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
