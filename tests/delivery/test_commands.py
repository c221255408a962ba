"""What the commands of the README run, without running it; and that the README tells what is there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def dry_run(*arguments):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = ["make", "--dry-run", *arguments]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return re.sub(r"\s+", " ", result.stdout.replace("\\\n", " "))


def test_lesson_prepares_the_environment_and_starts():
    said = dry_run("lesson")
    assert said.index("make_environment.py") < said.index("-m course_lib.app.start")
    assert "--test" not in said and "--port" not in said


def test_the_options_of_lesson_arrive():
    said = dry_run("lesson", "LESSON=08", "PORT=8889", "BROWSER=no", "TORCH=cpu", "PYTHON=python3.12")
    assert '"python3.12" make_environment.py --python "python3.12" --torch "cpu"' in said
    assert '-m course_lib.app.start --port "8889" --lesson "08" --no-browser' in said


def test_a_browser_of_the_readers_own_is_kept():
    assert "--no-browser" not in dry_run("lesson", "BROWSER=firefox")


def test_reset_names_the_lesson():
    assert '-m course_lib.app.copies --reset "02"' in dry_run("reset", "LESSON=02")


def test_test_runs_every_part_whatever_fails():
    said = dry_run("test")
    assert said.index("make_environment.py --test") < said.index("tests/parts.py lint unit notebooks-test browser")


@pytest.mark.parametrize(
    ("part", "commands"),
    [
        ("lint", ["ruff check", "ruff format --check"]),
        ("unit", ['-m "not browser" --doctest-modules']),
        ("notebooks-test", ["--nbval"]),
        ("browser", ["-m browser"]),
        ("portability", ["tests/portability.py"]),
    ],
)
def test_each_part_runs_its_commands(part, commands):
    said = dry_run(part)
    places = [said.index(command) for command in ["--test", *commands]]
    assert places == sorted(places)


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
