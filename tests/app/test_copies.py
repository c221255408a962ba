"""The learner's copies: filled, never overwritten, renewed one at a time."""

import errno
import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from course_lib.app import copies


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    (folder / ".ipynb_checkpoints").mkdir()
    for name in ("00_start.ipynb", "02_convolution.ipynb", "solutions/02_convolution.ipynb", "glossary.md"):
        (folder / name).write_text(f"original {name}")
    (folder / ".ipynb_checkpoints" / "00_start-checkpoint.ipynb").write_text("not part of the course")
    return folder


@pytest.fixture
def target(tmp_path):
    return tmp_path / "my_lessons"


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_copies_have_the_same_layout_so_that_links_work(source, target):
    said = copies.fill(source, target)
    assert sorted(everything(target)) == [
        ".copied.json",
        "00_start.ipynb",
        "02_convolution.ipynb",
        "glossary.md",
        "solutions/02_convolution.ipynb",
    ]
    assert said == ["4 files copied to my_lessons, for you to change as you like."]


def test_a_second_filling_changes_nothing_and_says_nothing(source, target):
    copies.fill(source, target)
    (target / "02_convolution.ipynb").write_text("mine")
    before = everything(target)
    assert copies.fill(source, target) == []
    assert everything(target) == before


def test_a_deleted_copy_and_a_new_lesson_are_added(source, target):
    copies.fill(source, target)
    (target / "00_start.ipynb").unlink()
    (source / "03_relu.ipynb").write_text("new")
    assert copies.fill(source, target)[0].startswith("2 files copied")
    assert (target / "00_start.ipynb").exists() and (target / "03_relu.ipynb").read_text() == "new"


@pytest.mark.parametrize("touched", [True, False])
def test_a_lesson_that_changed_is_mentioned_and_never_overwritten(source, target, touched):
    copies.fill(source, target)
    if touched:
        (target / "02_convolution.ipynb").write_text("mine")
    before = (target / "02_convolution.ipynb").read_text()
    (source / "02_convolution.ipynb").write_text("better")
    for _ in range(2):
        (sentence,) = copies.fill(source, target)
        assert "02_convolution.ipynb has changed" in sentence and "make reset LESSON=02" in sentence
    assert (target / "02_convolution.ipynb").read_text() == before


@pytest.mark.parametrize("name", ["glossary.md", "solutions/02_convolution.ipynb"])
def test_a_page_follows_its_original_until_the_learner_changes_it(source, target, name):
    copies.fill(source, target)
    (source / name).write_text("second edition")
    assert copies.fill(source, target) == []
    assert (target / name).read_text() == "second edition"
    (target / name).write_text("with my notes")
    (source / name).write_text("third edition")
    (sentence,) = copies.fill(source, target)
    assert name in sentence and "delete your copy" in sentence
    assert (target / name).read_text() == "with my notes"


@pytest.mark.parametrize("damaged", ["{", "[1]", '{"00_start.ipynb": 3}', "\0"])
def test_a_damaged_record_is_said_and_made_anew(source, target, damaged):
    copies.fill(source, target)
    (target / "00_start.ipynb").write_text("mine")
    (target / ".copied.json").write_text(damaged)
    (sentence,) = copies.fill(source, target)
    assert ".copied.json could not be read" in sentence
    assert (target / "00_start.ipynb").read_text() == "mine"
    assert len(json.loads((target / ".copied.json").read_text())) == 4


def test_a_copy_that_is_cut_off_leaves_nothing_half_written(source, target, monkeypatch):
    whole = shutil.copyfile

    def breaks_off(original, part):
        if original.name == "02_convolution.ipynb":
            part.write_text("orig")
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(original, part)

    monkeypatch.setattr(shutil, "copyfile", breaks_off)
    with pytest.raises(OSError, match="The disk is full: "):
        copies.fill(source, target)
    assert sorted(everything(target)) == [".copied.json", "00_start.ipynb"]
    monkeypatch.undo()
    assert copies.fill(source, target)[0].startswith("3 files copied")
    assert (target / "02_convolution.ipynb").read_text() == "original 02_convolution.ipynb"


def test_reset_keeps_every_old_copy(source, target):
    copies.fill(source, target)
    for text in ("first try", "second try"):
        (target / "02_convolution.ipynb").write_text(text)
        said = copies.reset("02", source, target)
        assert "my_lessons/old/02_convolution-" in said
        assert (target / "02_convolution.ipynb").read_text() == "original 02_convolution.ipynb"
    assert sorted(path.read_text() for path in (target / "old").iterdir()) == ["first try", "second try"]


def test_reset_takes_the_new_original_and_ends_its_mention(source, target):
    copies.fill(source, target)
    (source / "02_convolution.ipynb").write_text("better")
    copies.reset("02_convolution", source, target)
    assert (target / "02_convolution.ipynb").read_text() == "better"
    assert copies.fill(source, target) == []


def executed(path):
    """A page as it is kept in notebooks/: its one code cell has been run."""
    printed = nbformat.v4.new_output("stream", name="stdout", text="หัวใจ: the answer\n")
    code = nbformat.v4.new_code_cell("ask()", execution_count=1, outputs=[printed], metadata={"tags": ["predict"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("หัวใจ?"), code]), path)
    return path


def code_of(path):
    return nbformat.read(path, as_version=4).cells[1]


def test_a_copy_of_a_lesson_has_no_results_and_is_otherwise_the_same(source, target):
    original = executed(source / "03_relu.ipynb")
    kept = original.read_bytes()
    copies.fill(source, target)
    assert original.read_bytes() == kept and "the answer" not in (target / "03_relu.ipynb").read_text("utf-8")
    assert code_of(target / "03_relu.ipynb").execution_count is None
    whole, copy = (nbformat.read(folder / "03_relu.ipynb", as_version=4) for folder in (source, target))
    whole.cells[1] |= {"execution_count": None, "outputs": []}
    assert copy == whole


def test_the_learners_own_results_stay_until_a_reset(source, target):
    executed(source / "03_relu.ipynb")
    copies.fill(source, target)
    executed(target / "03_relu.ipynb")
    assert copies.fill(source, target) == []
    assert code_of(target / "03_relu.ipynb").outputs
    copies.reset("03", source, target)
    assert not code_of(target / "03_relu.ipynb").outputs
    (old,) = (target / "old").iterdir()
    assert code_of(old).outputs
    assert copies.fill(source, target) == [], "a copy without results counts as unchanged"


def test_solutions_keep_their_results_and_still_follow_their_originals(source, target):
    original = executed(source / "solutions" / "02_convolution.ipynb")
    copies.fill(source, target)
    assert (target / "solutions" / "02_convolution.ipynb").read_bytes() == original.read_bytes()
    original.write_text(original.read_text("utf-8").replace("ask()", "ask(1)"), "utf-8")
    assert copies.fill(source, target) == []
    assert code_of(target / "solutions" / "02_convolution.ipynb").source == "ask(1)"


@pytest.mark.parametrize("name", [path.name for path in copies.NOTEBOOKS.glob("[0-9]*.ipynb")])
def test_no_lesson_comes_with_an_answer(tmp_path, name):
    copies.reset(name[:2], target=tmp_path)
    copy = nbformat.read(tmp_path / name, as_version=4)
    nbformat.validate(copy)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy.cells)
    sources = [cell.source for cell in nbformat.read(copies.NOTEBOOKS / name, as_version=4).cells]
    assert [cell.source for cell in copy.cells] == sources


@pytest.mark.parametrize("lesson", ["", "1", "99", "convolution", "../02", "glossary.md", "2_"])
def test_an_unknown_lesson_is_refused_with_the_list(source, target, lesson):
    with pytest.raises(ValueError, match="LESSON must be .* There are: 00_start, 02_convolution$"):
        copies.reset(lesson, source, target)
    assert not target.exists()


@pytest.mark.parametrize("lesson", ["02", "2", "02_convolution"])
def test_a_lesson_is_found_by_number_and_by_name(source, lesson):
    assert copies.find_lesson(lesson, source) == "02_convolution.ipynb"


def test_a_course_without_its_lessons_says_how_to_get_them_back(tmp_path):
    with pytest.raises(FileNotFoundError, match="git restore notebooks"):
        copies.fill(tmp_path / "notebooks", tmp_path / "my_lessons")


def test_the_command_ends_in_one_sentence():
    command = [sys.executable, "-m", "course_lib.app.copies", "--reset", ""]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith("LESSON must be the number of a lesson") and result.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("what", ["fill", "reset"])
def test_a_folder_that_cannot_be_written_is_one_sentence(source, target, monkeypatch, number, what):
    """Root may write everywhere, so the refusal is made."""
    copies.fill(source, target)
    (source / "03_relu.ipynb").write_text("new")
    before = everything(target)

    def refuse(original, part):
        raise OSError(number, os.strerror(number), str(part))

    monkeypatch.setattr(shutil, "copyfile", refuse)
    with pytest.raises(
        OSError, match=r"my_lessons/.* cannot be written, .*: give yourself the right to write in"
    ) as caught:
        copies.fill(source, target) if what == "fill" else copies.reset("02", source, target)
    assert "Errno" not in str(caught.value)
    assert everything(target) == before


@pytest.mark.parametrize("step", ["copyfile", "_write_record"])
def test_a_reset_on_a_full_disk_changes_nothing(source, target, monkeypatch, step):
    copies.fill(source, target)
    (target / "02_convolution.ipynb").write_text("mine")
    before = everything(target)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil if step == "copyfile" else copies, step, full)
    with pytest.raises(
        OSError, match=r"The disk is full: .*my_lessons cannot be written. Make room, and run this again.$"
    ):
        copies.reset("02", source, target)
    assert everything(target) == before


def test_a_copy_older_than_its_lesson_is_known_by_its_record(source, target, monkeypatch):
    monkeypatch.setattr(copies, "NOTEBOOKS", source)
    copies.fill(source, target)
    assert copies.older(target) == []
    for name in ("02_convolution.ipynb", "glossary.md"):
        (source / name).write_text("second edition")
    (sentence,) = copies.older(target)
    assert sentence.startswith("02_convolution.ipynb has changed") and "make reset LESSON=02" in sentence
    copies.reset("02", source, target)
    assert copies.older(target) == []
