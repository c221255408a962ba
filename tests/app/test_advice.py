"""What may be behind a cell that has failed: a learner's file that hides a library, a copy older than the course."""

import json
import sys
from types import SimpleNamespace

import pytest

from course_lib.app import advice, copies


@pytest.fixture
def lessons(tmp_path):
    folder = tmp_path / "my_lessons"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["torch", "numpy", "random", "PIL", "course_lib"])
def test_a_learners_file_that_hides_a_library_is_named(lessons, name):
    (lessons / "mine.py").write_text("")
    (lessons / f"{name}.py").write_text("")
    said = f"my_lessons/{name}.py hides the library {name}: give it another name, and restart the kernel."
    assert advice.hidden(lessons, []) == ([] if name == "course_lib" else [said])


def test_a_folder_hides_a_library_only_if_it_is_one(lessons):
    for name in ("numpy", "torch"):
        (lessons / name).mkdir()
    (lessons / "numpy" / "__init__.py").write_text("")
    assert advice.hidden(lessons, []) == [
        "my_lessons/numpy hides the library numpy: give it another name, and restart the kernel."
    ]


def test_a_folder_that_comes_first_on_pythons_path_is_named(lessons, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("torch", "numpy", "scipy", "PIL"):
        (other / f"{name}.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(lessons), str(other), *sys.path])
    monkeypatch.delenv("PYTHONPATH", raising=False)
    hides = f"{other} hides the course's own PIL, numpy, scipy and 1 others"
    assert advice.hidden(lessons) == [f"{hides}: take it from Python's path, and start the course again."]
    monkeypatch.setenv("PYTHONPATH", str(other))
    assert advice.hidden(lessons) == [f"{hides}: unset PYTHONPATH, and start the course again."]


@pytest.fixture
def speak(lessons, monkeypatch, capsys):
    """Load the extension in a kernel whose page lies in `lessons`; returns what a cell makes it say."""
    monkeypatch.chdir(lessons)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    registered = {}
    advice.load_ipython_extension(SimpleNamespace(events=SimpleNamespace(register=registered.__setitem__)))

    def after(success):
        registered["post_run_cell"](SimpleNamespace(success=success))
        return capsys.readouterr().out

    return after


def copied(lessons, name, sum_of_original):
    (lessons / name).write_text("{}")
    record = {name: sum_of_original or copies._sha256(copies.NOTEBOOKS / name)}
    (lessons / copies.RECORD).write_text(json.dumps(record))


def test_after_an_error_an_old_copy_is_named_with_the_way_to_a_new_one(lessons, speak, monkeypatch):
    name = "02_convolution.ipynb"
    copied(lessons, name, "another sum")
    said = f"{name} has changed since your copy was made: `make reset LESSON=02` brings the new one and keeps yours.\n"
    assert speak(success=True) == ""
    assert speak(success=False) == said
    monkeypatch.setenv("JPY_SESSION_NAME", f"/somewhere/{name}")
    assert speak(success=False) == said
    monkeypatch.setenv("JPY_SESSION_NAME", "/somewhere/03_relu.ipynb")
    assert speak(success=False) == ""


def test_after_an_error_a_copy_of_today_is_not_blamed(lessons, speak):
    copied(lessons, "02_convolution.ipynb", None)
    assert speak(success=False) == ""


def test_after_an_error_a_file_that_hides_a_library_is_named(lessons, speak):
    (lessons / "torch.py").write_text("")
    assert speak(success=False).startswith("my_lessons/torch.py hides the library torch: give it another name")
