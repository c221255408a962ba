"""Building .venv, with Pythons and a pip that are small shell scripts: what is run, and what a beginner is told."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "make_environment.py"
spec = importlib.util.spec_from_file_location("make_environment", SCRIPT)
make_environment = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_environment)

# A Python that answers the probe, tries imports, makes .venv with a copy of itself, and lets pip do what the file `pip`
# says.
PYTHON = """#!/bin/sh
case "$*" in
  -c*importlib*) . ../trial ;;
  -c*) echo "{version}"; {venv} ;;
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo "venv $*" >> log ;;
  "-m pip --version") {pip_version} ;;
  "-m pip install"*) echo "$*" >> log; [ -f installed ] && ls .venv/lib/site-packages >> log; . ./pip ;;
esac
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course with nothing in it but the two files that matter here; it is also the current folder."""
    folder = tmp_path / "a course with spaces"
    folder.mkdir()
    for name in ("pyproject.toml", "constraints.txt", "pip", "trial"):
        (folder / name).write_text("# nothing\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(make_environment, "PYTHONS", ["python3.13", "python3.12", "python3.11", "python3"])
    return folder


@pytest.fixture
def pythons(root, monkeypatch):
    """Put these Pythons on PATH and no other: pythons(python3="3 8", ...)."""
    binaries = root / "bin"
    binaries.mkdir()
    monkeypatch.setenv("PATH", f"{binaries}:/usr/bin:/bin")

    def install(venv=True, pip=True, **versions):
        for name, version in versions.items():
            file = binaries / name.replace("_", ".")
            answers = {"venv": "echo venv" if venv else "exit 1", "pip_version": "exit 0" if pip else "exit 1"}
            file.write_text(PYTHON.format(version=version, **answers))
            file.chmod(0o755)

    monkeypatch.setattr(
        make_environment.shutil,
        "which",
        lambda name: next((str(file) for file in binaries.iterdir() if file.name == name), None),
    )
    return install


def log(root):
    file = root / "log"
    return file.read_text().splitlines() if file.exists() else []


def build(root, *arguments):
    return make_environment.main(list(arguments), root=root)


def last_words(capfd):
    return capfd.readouterr().err.strip().splitlines()[-1]


def test_the_first_run_builds_and_the_second_does_nothing(root, pythons):
    pythons(python3_12="3 12")
    assert build(root) == 0
    venv, pip = log(root)
    assert venv == f"venv -m venv --clear {root}/.venv"
    assert pip == "-m pip install --disable-pip-version-check --constraint constraints.txt --editable ."
    assert build(root) == 0
    assert len(log(root)) == 2


def test_the_tools_of_the_tests_come_on_top_and_bring_the_lessons(root, pythons):
    pythons(python3="3 11")
    build(root, "--test")
    assert log(root)[-1].endswith("--editable .[test]")
    build(root)
    assert len(log(root)) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_installs_again_into_the_same_venv(root, pythons, name):
    pythons(python3="3 11")
    build(root)
    (root / name).write_text("# changed\n")
    build(root)
    assert ["venv" in line.split()[0] for line in log(root)] == [True, False, False]


def test_a_moved_course_installs_again(root, pythons, tmp_path, monkeypatch):
    pythons(python3="3 11")
    build(root)
    moved = root.rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    assert not make_environment.Environment(moved).is_ready("lesson")


def test_torch_can_come_from_the_index_of_cpu_builds(root, pythons):
    pythons(python3="3 11")
    build(root, "--torch", "cpu")
    _, torch, course = log(root)
    assert torch.endswith("--no-deps --index-url https://download.pytorch.org/whl/cpu torch")
    assert "index" not in course


def test_a_pip_that_was_killed_is_made_good_by_the_next_run(root, pythons):
    pythons(python3="3 11")
    packages = root / ".venv" / "lib" / "site-packages"
    (root / "pip").write_text(f"mkdir -p '{packages}/half-1.0.dist-info' '{packages}/whole-1.0.dist-info'\nkill -9 $$")
    assert build(root) == 1
    (packages / "whole-1.0.dist-info" / "INSTALLER").write_text("pip")
    (root / "pip").write_text("# pip works\n")
    (root / "installed").touch()
    assert build(root) == 0
    assert log(root)[-1] == "whole-1.0.dist-info"
    assert make_environment.Environment(root).is_ready("lesson")


def test_a_venv_without_pip_is_made_anew(root, pythons):
    pythons(python3="3 11", pip=False)
    build(root)
    pythons(python3="3 11")
    (root / "constraints.txt").write_text("# changed\n")
    build(root)
    assert [line.split()[0] for line in log(root)] == ["venv", "-m", "venv", "-m"]


@pytest.mark.parametrize(
    ("versions", "best"),
    [
        ({"python3": "3 11", "python3_13": "3 13", "python3_12": "3 12"}, "python3.13"),
        ({"python3": "3 9", "python3_12": "3 12"}, "python3.12"),
        ({"python3": "3 12", "python3_13": "this shim runs nothing"}, "python3"),
    ],
)
def test_the_best_python_is_found(root, pythons, versions, best):
    pythons(**versions)
    assert Path(make_environment.choose_python(make_environment.PYTHONS)).name == best


def test_the_python_of_the_broken_venv_is_not_taken(root, pythons):
    pythons(python3="3 12")
    with pytest.raises(make_environment.Mendable, match="none was found"):
        make_environment.choose_python(["python3"], avoid=root)


@pytest.mark.parametrize(
    ("versions", "options", "words"),
    [
        ({"python3": "3 8"}, {}, "Python 3.11 or newer is needed (up to 3.14); {bin}/python3 is 3.8. Install one from"),
        ({"python3": "3 15"}, {}, "Python 3.11 or newer is needed (up to 3.14); {bin}/python3 is 3.15. Install one"),
        ({}, {}, "Python 3.11 or newer is needed (up to 3.14); none was found. Install one from"),
        (
            {"python3_12": "3 12", "python3": "3 9"},
            {"venv": False},
            "{bin}/python3.12 cannot make virtual environments; on Debian or Ubuntu: sudo apt install python3.12-venv",
        ),
    ],
)
def test_a_python_that_will_not_do_is_one_sentence(root, pythons, capfd, versions, options, words):
    pythons(**versions, **options)
    assert build(root) == 1
    assert last_words(capfd).startswith(words.format(bin=root / "bin"))
    assert not (root / ".venv").exists()


def test_a_chosen_python_is_the_only_one_tried(root, pythons, capfd):
    pythons(python3="3 12", python3_10="3 10")
    assert build(root, "--python", "python3.10") == 1
    assert "python3.10 is 3.10." in last_words(capfd)


PIP_SAYS = {
    "WARNING: Retrying (Retry(total=4)) after connection broken by NewConnectionError: name resolution\n"
    "ERROR: No matching distribution found for torch": "the first run needs the network; after that it never does.",
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "The disk is full",
    "ERROR: No matching distribution found for torch==2.13.0": "There is no package for this system",
    "error: [Errno 13] Permission denied: .venv/lib": "The folder .venv cannot be written, perhaps because sudo made",
    "error: something else": "mend that, and run this again; it goes on from there.",
}


@pytest.mark.parametrize("said", PIP_SAYS)
def test_a_failing_pip_ends_in_one_sentence_and_is_run_again(root, pythons, capfd, said):
    pythons(python3="3 11")
    (root / "pip").write_text(f"echo '{said}' >&2; exit 1")
    assert build(root) == 1
    error = capfd.readouterr().err
    assert said in error and PIP_SAYS[said] in error.strip().splitlines()[-1]
    (root / "pip").write_text("# pip works\n")
    assert build(root) == 0
    assert len(log(root)) == 3


def test_what_cannot_be_imported_does_not_count_as_installed(root, pythons, capfd):
    pythons(python3="3 11")
    (root / "trial").write_text("echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1")
    for _ in range(2):
        assert build(root) == 1
        assert last_words(capfd) == (
            "The packages are in .venv, but Python cannot load them (ModuleNotFoundError: No module named 'torch'): "
            "remove the folder .venv and run this again."
        )
    (root / "trial").write_text("# all is there\n")
    assert build(root) == 0


def test_every_dependency_is_tried():
    lines = tomllib.loads((SCRIPT.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = {re.match(r"[\w-]+", line)[0] for line in lines}
    assert set(make_environment.MODULES.split()) == needed - {"pillow"} | {"PIL", "course_lib"}


HOSTILE = {"TARGET": "elsewhere", "NO_DEPS": "1", "USER": "1", "REQUIRE_HASHES": "1", "DRY_RUN": "1", "QUIET": "3"}


@pytest.fixture
def real(root, tmp_path, monkeypatch):
    """A real environment, and two packages as wheels in the folder above: `one` needs `two`."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(root / "pip.conf"))
    environment = make_environment.Environment(root)
    environment.create(make_environment.choose_python([sys.executable]))
    for name, needs in (("one", "Requires-Dist: two\n"), ("two", "")):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            about = f"{name}-1.0.dist-info"
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
    return environment


@pytest.mark.parametrize("kind", ["variables", "file"])
def test_a_real_pip_installs_here_whatever_it_is_told(real, root, tmp_path, monkeypatch, kind):
    """The reader's way to the packages is kept; the folder that they go to, and the rest, is not."""
    ways = {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path)}  # a list with blanks between: tmp_path has none
    if kind == "variables":
        for name, value in {**HOSTILE, **ways, "PREFIX": str(root / "elsewhere")}.items():
            monkeypatch.setenv(f"PIP_{name}", value)
    else:
        lines = [f"{name.lower().replace('_', '-')} = {value}" for name, value in {**HOSTILE, **ways}.items()]
        (root / "pip.conf").write_text("\n".join(["[global]", *lines]))
    foreign = root / "foreign" / "two-1.0.dist-info"
    foreign.mkdir(parents=True)
    (foreign / "METADATA").write_text("Metadata-Version: 2.1\nName: two\nVersion: 1.0\n")
    monkeypatch.setenv("PYTHONPATH", str(foreign.parent))
    monkeypatch.setattr(make_environment, "MODULES", "one two")
    real.pip("one")
    real.try_imports()
    assert not (root / "elsewhere").exists()


def test_no_index_and_a_mistyped_one_are_named_with_their_place(real, root, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(make_environment.Mendable, match=r"where pip is told to look \(PIP_NO_INDEX = 1.*\): take that"):
        real.pip("three")
    monkeypatch.delenv("PIP_NO_INDEX")
    (root / "pip.conf").write_text("[install]\nindex-url = http://127.0.0.1:9/simple\nretries = 0\n")
    with pytest.raises(make_environment.Mendable, match=r"\(index-url in pip's configuration = http://127.0.0.1:9/s"):
        real.pip("three")


def test_settings_that_pip_cannot_read_are_said(real, monkeypatch):
    monkeypatch.setenv("PIP_TIMEOUT", "soon")
    with pytest.raises(make_environment.Mendable, match="pip cannot read its own settings: see above, mend them"):
        real.pip("one")


def test_a_folder_that_cannot_be_written_is_said_first(root, pythons, capfd, monkeypatch):
    pythons(python3="3 11")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    assert build(root) == 1
    assert last_words(capfd).startswith(f"The folder {root} cannot be written: copy the course to a folder of your own")
    assert log(root) == []


def test_a_full_disk_at_the_last_step_is_said(root, pythons, capfd, monkeypatch):
    pythons(python3="3 11")
    monkeypatch.setattr(make_environment.Environment, "wanted", lambda self: full_disk())
    assert build(root) == 1
    assert last_words(capfd).startswith("The folder .venv cannot be filled: [Errno 28] No space left on device.")


def full_disk():
    raise OSError(28, "No space left on device")


def test_two_first_starts_at_once_install_once(root, pythons):
    """The second waits for the first, and finds everything there."""
    pythons(python3="3 11")
    (root / "pip").write_text("sleep 1\n")
    code = "import runpy, sys; sys.exit(runpy.run_path(sys.argv[1])['main'](sys.argv[3:], sys.argv[2]))"
    command = [sys.executable, "-c", code, str(SCRIPT), str(root), "--python", str(root / "bin" / "python3")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(log(root)) == 2
    assert sum("being installed by another start: waiting" in text for text in said) == 1


def test_a_failed_update_leaves_what_was_there(root, pythons):
    pythons(python3="3 11")
    build(root)
    (root / "constraints.txt").write_text("# changed\n")
    (root / "pip").write_text("exit 1")
    assert build(root) == 1
    assert (root / ".venv" / "bin" / "python").exists()
    assert not make_environment.Environment(root).is_ready("lesson")


def test_it_starts_on_an_old_python():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
    names = {name for node in ast.walk(ast.parse(SCRIPT.read_text())) for name in imported(node)}
    here = {"argparse", "ast", "contextlib", "hashlib", "os", "pathlib", "platform", "shutil", "subprocess", "sys"}
    assert names - here == {"fcntl"}  # tried only: Windows has none


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) else []


def test_a_real_venv_is_made(root):
    environment = make_environment.Environment(root)
    environment.create(make_environment.choose_python([sys.executable]))
    version, has_venv = make_environment.probe(str(environment.python))
    assert version == sys.version_info[:2] and has_venv
    pip = subprocess.run([str(environment.python), "-m", "pip", "--version"], capture_output=True, text=True)
    assert str(environment.folder) in pip.stdout and os.path.lexists(environment.python)
