"""What the commands of the README run, without running it; and that the README tells what is there."""

import argparse
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


RECORDER = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(any(part in {failing!r} for part in sys.argv[1:]))
"""


@pytest.fixture
def make(tmp_path):
    """Run a command of the Makefile with a Python that only notes what it is called with: (exit status, the calls)."""

    def run(*arguments, failing=()):
        log, python = tmp_path / "log", tmp_path / "python"
        log.write_text("")
        python.write_text(RECORDER.format(python=sys.executable, log=str(log), failing=list(failing)))
        python.chmod(0o755)
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        command = ["make", f"VENV_PYTHON={python}", f"ANY_PYTHON={python}", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        return done.returncode, [json.loads(line) for line in log.read_text().splitlines()]

    return run


def understood(monkeypatch, module, arguments):
    """What argparse makes of arguments in a program of the course, whose work is not done."""
    taken, parse = [], argparse.ArgumentParser.parse_args

    def take(parser, *others, **options):
        taken.append(parse(parser, *others, **options))
        raise InterruptedError

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", take)
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    with pytest.raises(InterruptedError):
        runpy.run_path(str(ROOT / module), run_name="__main__")
    monkeypatch.undo()
    return vars(taken[0])


def test_lesson_makes_the_environment_first_and_its_options_reach_both_programs(make, monkeypatch):
    asked = ("LESSON=08", "PORT=8889", "BROWSER=no", "TORCH=cpu", "PYTHON=python3.12")
    status, (environment, (_, module, *options)) = make("lesson", *asked)
    assert status == 0
    assert understood(monkeypatch, environment[0], environment[1:]) == {
        "test": False,
        "torch": "cpu",
        "python": "python3.12",
    }
    file = module.replace(".", "/") + ".py"
    assert understood(monkeypatch, file, options) == {"port": "8889", "lesson": "08", "no_browser": True}


def test_without_options_the_programs_choose(make, monkeypatch):
    for extra in ((), ("BROWSER=firefox",)):
        _, (environment, (_, module, *options)) = make("lesson", *extra)
        assert understood(monkeypatch, environment[0], environment[1:])["torch"] is None
        chosen = understood(monkeypatch, module.replace(".", "/") + ".py", options)
        assert chosen == {"port": None, "lesson": "00", "no_browser": False}


def test_reset_names_the_lesson(make, monkeypatch):
    _, (_, (_, module, *options)) = make("reset", "LESSON=02")
    assert understood(monkeypatch, module.replace(".", "/") + ".py", options) == {"reset": "02"}


def test_an_environment_that_cannot_be_made_stops_everything(make):
    status, calls = make("lesson", failing=["make_environment.py"])
    assert status != 0 and len(calls) == 1


def test_test_names_parts_that_exist_and_forgets_none(make):
    _, (environment, (program, *parts)) = make("test")
    assert "--test" in environment and (ROOT / program).is_file()
    runs = {part: make(part)[1][1:] for part in parts}
    collected = [" ".join(call) for calls in runs.values() for call in calls]
    assert (
        sum("not browser" in call for call in collected)
        == sum(call.endswith("-m browser tests") for call in collected)
        == 1
    )
    assert any("--nbval" in call for call in collected) and any("ruff" in call for call in collected)


@pytest.mark.parametrize("failing", ["check", "format", "tests/javascript.py"])
def test_lint_looks_at_everything_whatever_is_found(make, failing):
    status, calls = make("lint", failing=[failing])
    assert status != 0 and len(calls) == 1 + 3


def test_help_lists_every_command():
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^  make ([a-z-]+)", said, re.MULTILINE)) == targets - {
        "lesson-environment",
        "test-environment",
    }


def test_without_any_python_one_sentence_says_so(tmp_path):
    for name in ("sh", "make"):
        (tmp_path / name).symlink_to(shutil.which(name))
    command = [str(tmp_path / "make"), "lesson", "SHELL=" + str(tmp_path / "sh")]
    result = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert result.returncode != 0
    assert result.stdout == (
        "Python 3.11 or newer is needed; there is no python3. On Debian or Ubuntu: sudo apt install python3-venv\n"
    )


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!https?:|#)([^)#]+)", README))))
def test_links_of_the_readme_lead_somewhere(target):
    assert (ROOT / target).exists()


def test_the_readme_lists_the_lessons_that_exist():
    linked = set(re.findall(r"\]\(notebooks/(\d\d_\w+\.ipynb)\)", README))
    assert linked == {path.name for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")}


def test_the_example_of_the_readme_runs():
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "Passport(name='heunpp2', deterministic=True" in done.stdout
