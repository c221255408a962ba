"""A picture from the command line, its settings in the file, and every mistake in one sentence."""

import errno
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_lib.__main__ import main, read_settings
from course_lib.command_line import picture_file
from course_lib.command_line.picture_file import check_target, save
from course_lib.datasets import open_emoji
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


def test_several_pictures_each_with_its_own_seed(here, capsys):
    assert main(["a red", *here, "--seed", "3", "--out", "one.v2.png"]) == 0
    assert main(["--from", "one.v2.png", "--count", "3", "--out", "some.v2.png"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == [f"some.v2-{number}.png: a red, seed {2 + number}" for number in (1, 2, 3)]
    settings = read_settings_of("one.v2.png")
    assert [read_settings_of(f"some.v2-{n}.png") for n in (1, 2, 3)] == [settings | {"seed": n + 2} for n in (1, 2, 3)]
    assert main(["--from", "some.v2-3.png", "--out", "three.png"]) == 0
    for alone, together in (("one.v2.png", "some.v2-1.png"), ("three.png", "some.v2-3.png")):
        assert abs(pixels(alone).astype(int) - pixels(together).astype(int)).max() <= 1
    assert not Path("some.v2.png").exists() and pixels("some.v2-2.png").shape == (16, 16, 3)


def test_where_one_of_several_cannot_be_written_the_others_are(here, tmp_path, monkeypatch, capsys):
    def write(image, settings, path):
        if path.name == "some-2.png":
            raise OSError(f"{path} cannot be written")
        save(image, settings, path)

    monkeypatch.setattr(picture_file, "save", write)
    assert main(["a red", *here, "--count", "3", "--out", "some.png"]) == 1
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["some-1.png", "some-3.png"]
    assert "some-2.png cannot be written" in capsys.readouterr().err


def test_the_most_pictures_are_those_of_the_pipeline():
    from course_lib.pipeline.preparing import MOST_PICTURES

    assert picture_file.MOST == MOST_PICTURES


def test_everything_that_a_prompt_may_name_is_listed_in_80_columns(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["--list"]) == 0
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80 and list(tmp_path.iterdir()) == []
    as_one = " ".join(said.split())
    emoji = open_emoji("noto")
    for group, name in zip(emoji.groups, emoji.captions, strict=True):
        line = as_one[as_one.index(f"{group}: ") :]
        assert re.search(rf"[:,] {re.escape(name)}(,| [a-z ]+:)", line), name
    assert "styles: noto, fluent for example: " in as_one and "twemoji" not in said and "relations: above" in as_one


def test_without_a_prompt(here, capsys):
    assert main([*here]) == 0
    assert "picture.png: nothing in particular" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sampler", "eulr"], "unknown sampler 'eulr'; did you mean euler"),
        (["--steps", "0"], "steps must be a whole number, at least 1, at most 10000; got 0"),
        (["--size", "15"], "size must be a multiple of 4 pixels; got 15"),
        (["--cfg-scale", "nan"], "cfg_scale must be a number in [0, 3.40282e+38]; got nan"),
        (["--cfg-scale", "inf"], "cfg_scale must be a number in [0, 3.40282e+38]; got inf"),
        (["--cfg-scale", "1e300"], "cfg_scale must be a number in [0, 3.40282e+38]; got 1e+300"),
        (["--cfg-scale", "1e30"], "the latent of step 1, at sigma 14.6, is not finite"),
        (["--cfg-scale", "-1"], "cfg_scale must be a number in [0, 3.40282e+38]; got -1.0"),
        (["--size", "8000000"], "size must be a whole number, at least 1, at most 65535; got 8000000"),
        (["--steps", "10000000000000"], "steps must be a whole number, at least 1, at most 10000; got"),
        (["--seed", "18446744073709551616"], "seed must be a whole number, at least 0, at most 4294967295; got"),
        (["--negative-prompt", os.fsdecode(b"red \xff")], "negative_prompt must be a text in Unicode"),
        (["--out", "."], "must end in .png, .webp, .jpg, .jpeg"),
        (["--out", "folder.png"], "folder.png must be a file to write; it is a folder"),
        (["--out", "one.bmp"], "must end in .png, .webp, .jpg, .jpeg; got one.bmp"),
        (["--count", "0"], "count must be a whole number, at least 1, at most 1000; got 0"),
        (["--count", "9999999999999"], "at most 1000; got 9999999999999"),
        (["--count", "2", "--seed", "4294967295"], "seed must be a whole number, at least 0, at most 4294967294"),
        (["--count", "2", "--sampler", "supreme"], "sampler 'supreme' must paint one picture at a time"),
        (["--count", "2", "--out", "some.png"], "some-2.png must be a file to write; it is a folder"),
        (["--out", "one"], "must end in .png, .webp, .jpg, .jpeg; got one"),
        (["--out", "1" * 300 + ".png"], "File name too long"),
        (["--from", "five.png"], "its model must be str; got 5"),
        (["--from", "true.png"], "its seed must be int; got True"),
        (["--from", "huge.png"], "it has more than 89,478,485 pixels"),
        (["--from", "broken.png"], "must be a picture that this program made; it cannot be read"),
        (["--seed", "-1"], "seed must be a whole number, at least 0, at most 4294967295; got -1"),
        (["--model", "nowhere"], "nowhere is not a folder, nor a name"),
        (["--out", "nowhere/one.png"], "there is no folder"),
        (["--from", "nowhere.png"], "there is no file nowhere.png"),
        (["--from", "text.png"], "must be a picture that this program made; it cannot be read"),
        (["--from", "plain.png"], "must be a picture that this program made; it holds no settings"),
    ],
)
def test_mistakes_are_one_sentence(here, arguments, said, capsys):
    Path("text.png").write_text("no picture")
    Image.new("RGB", (8, 8)).save("plain.png")
    Path("folder.png").mkdir()
    Path("some-2.png").mkdir()
    save(np.zeros((8, 8, 3), np.uint8), {"model": 5}, Path("five.png"))
    save(np.zeros((8, 8, 3), np.uint8), {"seed": True}, Path("true.png"))
    Path("broken.png").write_bytes(Path("five.png").read_bytes()[:60])
    head = struct.pack(">4sIIBBBBB", b"IHDR", 20_000, 20_000, 8, 2, 0, 0, 0)
    Path("huge.png").write_bytes(
        b"\x89PNG\r\n\x1a\n\0\0\0\r" + head + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\0IDAT"
    )
    before = set(Path.cwd().iterdir())
    assert main(["a", *here, *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error and error.startswith("python -m course_lib: ") and error.count("\n") == 1
    assert set(Path.cwd().iterdir()) == before


@pytest.fixture
def full_folder(tmp_path, monkeypatch):
    """Where nothing can be written: making a file there fails."""
    folder, make = tmp_path / "full", tempfile.mkstemp
    folder.mkdir()

    def mkstemp(*given, dir=None, **options):
        if Path(dir) == folder:
            raise OSError(errno.ENOSPC, "No space left on device")
        return make(*given, dir=dir, **options)

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)
    return folder


def test_what_cannot_be_written_is_kept_elsewhere_and_the_place_is_said(
    here, full_folder, tmp_path, monkeypatch, capsys
):
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    monkeypatch.setattr(picture_file, "check_target", lambda path, settings: None)
    assert main(["a red", *here, "--out", "full/one.png"]) == 1
    (kept,) = spare.iterdir()
    assert f"(No space left on device); the picture is kept as {kept}" in capsys.readouterr().err.replace(
        "[Errno 28] ", ""
    )
    assert read_settings(kept)["prompt"] == "a red" and pixels(kept).shape == (16, 16, 3)
    assert list(full_folder.iterdir()) == []


def test_where_nothing_can_be_written_the_settings_are_said(full_folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(full_folder))
    monkeypatch.setenv("HOME", str(full_folder))
    with pytest.raises(OSError, match=r"nor can another file; its settings: {'seed': 3}"):
        save(np.zeros((8, 8, 3), np.uint8), {"seed": 3}, full_folder / "one.png")


def test_a_file_half_written_is_never_left_behind(tmp_path, monkeypatch):
    def full(self, file, **options):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "one.png").write_bytes(b"an older picture")
    monkeypatch.setattr(Image.Image, "save", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(OSError, match="No space left"):
        save(np.zeros((8, 8, 3), np.uint8), {}, tmp_path / "one.png")
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]
    assert (tmp_path / "one.png").read_bytes() == b"an older picture"


@pytest.mark.parametrize(("ending", "form"), [(".png", "PNG"), (".PNG", "PNG"), (".webp", "WEBP"), (".jpg", "JPEG")])
def test_the_file_is_what_its_name_says_and_holds_its_settings(here, ending, form):
    assert main(["a red ü 🐼", *here, "--seed", "3", "--out", "one.png"]) == 0
    assert main(["--from", "one.png", "--out", f"two{ending}"]) == 0
    with Image.open(f"two{ending}") as picture:
        assert picture.format == form
    assert read_settings_of(f"two{ending}") == read_settings_of("one.png")
    assert main(["--from", f"two{ending}", "--out", "three.png"]) == 0
    assert np.array_equal(pixels("one.png"), pixels("three.png"))
    far = abs(pixels("one.png").astype(int) - pixels(f"two{ending}")).max()
    assert far == 0 if form != "JPEG" else far < 60


def test_settings_too_long_for_the_format_are_found_before_painting(tmp_path):
    check_target(tmp_path / "one.png", {"prompt": "a" * 70_000})
    with pytest.raises(ValueError, match="holds at most 60,000 bytes of settings"):
        check_target(tmp_path / "one.jpg", {"prompt": "a" * 70_000})
    save(np.zeros((8, 8, 3), np.uint8), {"prompt": "a" * 59_000}, tmp_path / "one.jpg")
    assert len(read_settings_of(tmp_path / "one.jpg")["prompt"]) == 59_000


def test_a_target_is_found_wanting_before_painting_and_left_as_it_was(here, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("course_lib.models.load", lambda *given: pytest.fail("the model was loaded"))
    os.mkfifo("pipe.png")
    assert main(["a", *here, "--out", "pipe.png"]) == 1 and "it is something else" in capsys.readouterr().err
    assert stat.S_ISFIFO(os.stat("pipe.png").st_mode)

    def refuse(self, mode):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert main(["a", *here, "--out", "one.png"]) == 1
    assert "one.png cannot be written: Permission denied" in capsys.readouterr().err
    assert not Path("one.png").exists()


def test_a_link_is_written_through_and_rights_stay(tmp_path):
    (tmp_path / "real.png").write_bytes(b"old")
    os.chmod(tmp_path / "real.png", 0o604)
    (tmp_path / "link.png").symlink_to("real.png")
    check_target(tmp_path / "link.png", {})
    assert (tmp_path / "real.png").read_bytes() == b"old"
    save(np.zeros((8, 8, 3), np.uint8), {"seed": 1}, tmp_path / "link.png")
    assert (tmp_path / "link.png").is_symlink() and read_settings_of(tmp_path / "real.png") == {"seed": 1}
    assert stat.S_IMODE((tmp_path / "real.png").stat().st_mode) == 0o604
    save(np.zeros((8, 8, 3), np.uint8), {}, tmp_path / "new.png")
    (tmp_path / "plain").touch()
    assert (tmp_path / "new.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_stopped_run_writes_nothing(here, monkeypatch, capsys):
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


def as_program(here, *arguments, **options):
    environment = os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))} | options.pop("env", {})
    command = [sys.executable, "-m", "course_lib", *arguments, *here, "--out", "one.png"]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, **options)


def test_a_console_without_the_letters_of_the_prompt(here):
    done = as_program(here, "a red 🐼", env={"PYTHONIOENCODING": "cp1252"}, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [b"one.png:", b"a", b"red", rb"\U0001f43c,", b"seed", b"0"]
    assert read_settings_of("one.png")["prompt"] == "a red 🐼"


def test_a_pipe_that_nobody_reads(here):
    for closed in ("stdout", "stderr"):
        read, write = os.pipe()
        os.close(read)
        command = [sys.executable, "-m", "course_lib", "a panda that does not fit", *here, "--out", f"{closed}.png"]
        environment = os.environ | {"PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
        other = {"stdout", "stderr"} - {closed}
        streams = {closed: write} | dict.fromkeys(other, subprocess.PIPE)
        environment.pop("TQDM_DISABLE", None)
        done = subprocess.run(command, env=environment, **streams)
        os.close(write)
        assert done.returncode == 0 and Path(f"{closed}.png").is_file(), done
        assert b"BrokenPipe" not in (done.stderr or b"")


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
        "--count",
        "--list",
    ):
        assert option in said
