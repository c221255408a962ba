"""The doctor: each part it can find broken becomes one line that says what to do."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
import torch

from course_lib import datasets, device
from course_lib.lessons import doctor


def line(name):
    return next(check for check in doctor.examine() if check.name == name)


def test_everything_works_here():
    checks = doctor.examine()
    assert doctor.verdict(checks) == "Everything works.", "\n".join(map(str, checks))
    assert [check.name for check in checks] == [
        *("Python", "torch", "jupyterlab", "ipywidgets", "anywidget", "matplotlib", "diffusers"),
        *("widgets", "device", "memory", "free disk", "pictures"),
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
    "widgets": (sys, "prefix", "/nowhere", "make lesson"),
    "device": (device, "choose_device", refuse, "COURSE_DEVICE"),
    "memory": (psutil, "virtual_memory", lambda: SimpleNamespace(available=1e9, total=8e9), "Close other programs"),
    "free disk": (shutil, "disk_usage", lambda path: SimpleNamespace(free=1e8), "Make room"),
    "pictures": (datasets, "open_emoji", refuse, "git restore data"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_part_is_one_line_with_a_remedy(monkeypatch, name):
    owner, attribute, broken, remedy = FAULTS[name]
    monkeypatch.setattr(owner, attribute, broken)
    check = line(name)
    monkeypatch.undo()
    assert not check.ok
    assert str(check).startswith(f"[FAIL] {name}: ") and remedy in str(check) and "\n" not in str(check)


def test_a_device_that_is_not_there_is_a_failed_check(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    assert "unknown COURSE_DEVICE 'gpu'" in line("device").said


def test_the_verdict_counts_failures():
    checks = doctor.examine()
    checks[1:3] = [doctor.Check("torch", False, "not installed", "Install it.")] * 2
    assert doctor.verdict(checks) == f"2 of {len(checks)} checks failed."


def test_the_command_fails_when_a_check_fails(monkeypatch):
    command = [sys.executable, "-m", "course_lib.lessons.doctor"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.endswith("Everything works.\n")
    monkeypatch.setenv("COURSE_DEVICE", "gpu")
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stdout.endswith("1 of 12 checks failed.\n")


def test_a_broken_torch_is_a_line_and_no_traceback(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch is damaged')")
    command = [sys.executable, "-m", "course_lib.lessons.doctor"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "[FAIL] torch: libtorch is damaged. Run `make lesson` again" in result.stdout, result.stderr
    assert "Traceback" not in result.stderr
