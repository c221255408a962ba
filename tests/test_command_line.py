"""A picture from the command line, its settings in the file, and every mistake in one sentence."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from course_lib.__main__ import main, read_settings, save
from tests.models.test_load import saved  # noqa: F401


@pytest.fixture
def here(saved, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    return ["--model", str(saved), "--size", "16", "--steps", "2", "--sampler", "euler"]


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_a_picture_and_the_same_again(here, capsys):
    assert main(["a red ü", "--seed", "3", *here, "--out", "one.png"]) == 0
    assert capsys.readouterr().out == "one.png: a red ü, seed 3\n"
    assert pixels("one.png").shape == (16, 16, 3)
    settings = read_settings_of("one.png")
    assert settings["prompt"] == "a red ü" and settings["seed"] == 3 and settings["cfg_scale"] == 7.5
    assert main(["--from", "one.png", "--out", "again.png"]) == 0
    assert np.array_equal(pixels("one.png"), pixels("again.png"))
    assert main(["--from", "one.png", "--seed", "4", "--out", "other.png"]) == 0
    assert not np.array_equal(pixels("one.png"), pixels("other.png"))
    assert read_settings_of("other.png") == settings | {"seed": 4}


def read_settings_of(name):
    from pathlib import Path

    return read_settings(Path(name))


def test_what_is_not_said_is_what_the_pipeline_takes():
    import inspect

    from course_lib.__main__ import DEFAULTS, SETTINGS
    from course_lib.pipeline import prepare, text_to_image

    assert DEFAULTS.keys() == SETTINGS.keys()
    for function in (text_to_image, prepare):
        taken = inspect.signature(function).parameters
        for name in DEFAULTS.keys() - {"prompt", "model"}:
            assert taken[name].default == DEFAULTS[name], name


def test_without_a_prompt(here, capsys):
    assert main([*here]) == 0
    assert "picture.png: nothing in particular" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sampler", "eulr"], "unknown sampler 'eulr'; did you mean euler"),
        (["--steps", "0"], "steps must be a whole number, at least 1; got 0"),
        (["--size", "15"], "size must be a multiple of 4 pixels; got 15"),
        (["--cfg-scale", "nan"], "cfg_scale must be a number in [0, inf]; got nan"),
        (["--cfg-scale", "-1"], "cfg_scale must be a number in [0, inf]; got -1.0"),
        (["--seed", "-1"], "seed must be a whole number, at least 0; got -1"),
        (["--model", "nowhere"], "nowhere is not a folder, nor a name"),
        (["--out", "nowhere/one.png"], "there is no folder"),
        (["--from", "nowhere.png"], "there is no file nowhere.png"),
        (["--from", "text.png"], "must be a picture that this program made; it cannot be read"),
        (["--from", "plain.png"], "must be a picture that this program made; it holds no settings"),
    ],
)
def test_mistakes_are_one_sentence(here, arguments, said, capsys):
    from pathlib import Path

    Path("text.png").write_text("no picture")
    Image.new("RGB", (8, 8)).save("plain.png")
    before = set(Path.cwd().iterdir())
    assert main(["a", *here, *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error and error.startswith("python -m course_lib: ") and error.count("\n") == 1
    assert set(Path.cwd().iterdir()) == before


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save(np.zeros((8, 8, 3), np.uint8), {}, tmp_path / "one.png")
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_run_writes_nothing(here, monkeypatch, capsys):
    from pathlib import Path

    def stop(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_lib.pipeline.prepare", stop)
    assert main(["a", *here, "--out", "one.png"]) == 130
    assert not Path("one.png").exists() and "Stopped" in capsys.readouterr().err


def test_as_a_program(here, tmp_path):
    environment = os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    command = [sys.executable, "-m", "course_lib", "a panda that does not fit", *here, "--out", "one.png"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "\nnote: the prompt has" in f"\n{done.stderr}", done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_quick_and_lists_everything(capsys):
    with pytest.raises(SystemExit), warnings.catch_warnings():
        main(["--help"])
    said = capsys.readouterr().out
    for option in (
        "--sampler",
        "--scheduler",
        "--steps",
        "--seed",
        "--out",
        "--from",
        "--negative-prompt",
        "--cfg-scale",
    ):
        assert option in said
