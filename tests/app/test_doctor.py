"""The doctor: each part it can find broken becomes one line that says what to do."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch
from jupyter_core import paths

from course_lib import datasets, device
from course_lib.app import doctor
from course_lib.models import sources


def line(name):
    return next(check for check in doctor.examine() if check.name == name)


def test_everything_works_here():
    checks = doctor.examine()
    assert doctor.verdict(checks) == "Everything works.", "\n".join(map(str, checks))
    assert [check.name for check in checks] == [
        *("Python", "names", "torch", "numpy", "jupyterlab", "ipywidgets", "anywidget", "matplotlib", "diffusers"),
        *("widgets", "device", "memory", "free disk", "pictures", "small model"),
    ]
    assert all(str(check).startswith("[OK]   ") for check in checks)
    assert line("torch").said == torch.__version__
    assert line("device").said == "cpu, float32"


def test_each_remedy_is_one_sentence():
    for check in doctor.examine():
        assert check.remedy.endswith(".") and "\n" not in check.remedy


def refuse(*arguments, **options):
    raise ImportError("a file of torch is missing")


FAULTS = {
    "Python": (sys, "version_info", (3, 10, 4), "Install Python 3.11"),
    "diffusers": (
        importlib.metadata,
        "version",
        lambda name: importlib.metadata.distribution("nothing"),
        "make lesson",
    ),
    "widgets": (paths, "jupyter_path", lambda *folders: ["/nowhere"], "make lesson"),
    "device": (device, "choose_device", refuse, "Remove the folder .venv and run `make lesson` again"),
    "memory": (psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9, total=8e9), "Close other programs"),
    "free disk": (shutil, "disk_usage", lambda path: SimpleNamespace(free=1e8), "Make room"),
    "pictures": (datasets, "EMOJI", Path("data/nowhere"), "git restore data"),
    "small model": (sources, "SHIPPED", Path("data/nowhere"), "git restore data"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_part_is_one_line_with_a_remedy(monkeypatch, name):
    owner, attribute, broken, remedy = FAULTS[name]
    monkeypatch.setattr(owner, attribute, broken)
    check = line(name)
    monkeypatch.undo()
    assert not check.ok
    assert str(check).startswith(f"[FAIL] {name}: ") and remedy in str(check) and "\n" not in str(check)


def test_widgets_are_looked_for_wherever_jupyterlab_looks(monkeypatch, tmp_path):
    """On Debian's own Python they lie in /usr/local, and its prefix is /usr."""
    for name in doctor.LABEXTENSIONS:
        (tmp_path / "local" / name).mkdir(parents=True)
        (tmp_path / "local" / name / "package.json").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "nowhere"))
    monkeypatch.setattr(paths, "jupyter_path", lambda *folders: [str(tmp_path / "empty"), str(tmp_path / "local")])
    assert line("widgets").ok
    (tmp_path / "local" / "anywidget" / "package.json").unlink()
    assert f"anywidget are not in {tmp_path / 'empty'} or {tmp_path / 'local'}" in str(line("widgets"))


def test_a_device_that_is_not_there_is_a_failed_check(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    assert "unknown COURSE_DEVICE 'gpu'" in line("device").said


def test_the_verdict_counts_failures():
    checks = doctor.examine()
    checks[1:3] = [doctor.Check("torch", False, "not installed", "Install it.")] * 2
    assert doctor.verdict(checks) == f"2 of {len(checks)} checks failed."


def test_the_command_fails_when_a_check_fails(monkeypatch):
    command = [sys.executable, "-m", "course_lib.app.doctor"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.endswith("Everything works.\n")
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stdout.endswith("1 of 15 checks failed.\n")


def examined(folder, text, monkeypatch, name="torch.py"):
    """What the doctor says where PYTHONPATH holds a file with this text."""
    (folder / name).write_text(text)
    command = [sys.executable, "-m", "course_lib.app.doctor"]
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    result = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert "Traceback" not in result.stderr
    return result.stdout.splitlines()


def test_a_broken_library_on_pythonpath_is_named_with_its_folder_wherever_it_is_needed(tmp_path, monkeypatch):
    """Nothing else is advised: to install again, or to bring files back, would change nothing."""
    foreign = f"{tmp_path} hides the course's own torch: unset PYTHONPATH, and start the course again."
    said = examined(tmp_path, "raise ImportError('libtorch is damaged\\nin many lines')", monkeypatch)
    assert f"[FAIL] torch: libtorch is damaged. {foreign}" in said
    failed = [line for line in said if line.startswith("[FAIL]")]
    assert len(failed) == 5 and said[-1] == "5 of 15 checks failed."
    assert all(foreign.rstrip(".") in line for line in failed)
    assert not any(word in line for line in said for word in ("make lesson", "git restore", "COURSE_DEVICE"))


def test_a_broken_numpy_on_pythonpath_is_named(tmp_path, monkeypatch):
    said = examined(tmp_path, "raise ImportError('no multiarray')", monkeypatch, "numpy.py")
    assert (
        f"[FAIL] numpy: no multiarray. {tmp_path} hides the course's own numpy: unset PYTHONPATH, and start the course "
        "again." in said
    )
    assert not any(word in line for line in said for word in ("make lesson", "git restore", "COURSE_DEVICE"))


def test_a_broken_library_of_the_course_itself_must_be_installed_again(monkeypatch):
    """`make lesson` alone would find everything installed, and change nothing."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert "Remove the folder .venv and run `make lesson` again" in str(line("numpy"))
