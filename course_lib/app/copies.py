"""The learner's own copies of the lessons, in my_lessons/: filled, never overwritten, renewed one at a time.

A lesson is copied without the results that its original shows, so that no answer stands under its question.

From a terminal: python -m course_lib.app.copies [--reset 02]
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from course_lib import files
from course_lib.shipped import ROOT, bring_back

NOTEBOOKS = ROOT / "notebooks"
MY_LESSONS = ROOT / "my_lessons"
RECORD = ".copied.json"  # file -> sha256 of the original when the copy was made


def find_lesson(lesson: str, source: Path = NOTEBOOKS) -> str:
    """The file name of a lesson, given as its number ("02") or its name ("02_convolution").

    Raises ValueError, listing the lessons, when there is no such lesson; FileNotFoundError without a folder of lessons.

    Example:

    >>> find_lesson("8")
    '08_forward_diffusion.ipynb'
    """
    names = [path.stem for path in _originals(source) if _is_lesson(path, source)]
    for name in names:
        if lesson in (name, name[:2], str(int(name[:2]))):
            return f"{name}.ipynb"
    came = f"got {lesson!r}" if lesson else "got none"
    raise ValueError(f"LESSON must be the number of a lesson, such as LESSON=02; {came}. There are: {', '.join(names)}")


def fill(source: Path = NOTEBOOKS, target: Path = MY_LESSONS) -> list[str]:
    """Copy what is in `source` and not yet in `target`, lessons without results; return sentences for the learner.

    A lesson that is there stays as it is. The pages around the lessons (glossary, solutions, pictures) follow their
    originals for as long as the learner has not changed them.

    Raises FileNotFoundError without a folder of lessons, OSError where `target` cannot be written.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     said = fill(target=Path(folder)), fill(target=Path(folder))
    >>> said[1]
    []
    """
    originals = _originals(source)
    record, said = _read_record(target)
    added = 0
    with _writing(target):
        try:
            for original in originals:
                name = original.relative_to(source).as_posix()
                copy, now = target / name, _sha256(original)
                if not os.path.lexists(copy):
                    with files.written_whole(copy) as part:
                        _copy(original, part, results=not _is_lesson(original, source))
                    record[name] = now
                    added += 1
                    continue
                then = record.setdefault(name, now)  # a copy of unknown origin counts as one of today's
                if then == now:
                    continue
                if _is_lesson(original, source):
                    said.append(_older(name))
                elif copy.is_file() and _sha256(copy) == then:
                    with files.written_whole(copy) as part:
                        _copy(original, part)
                    record[name] = now
                else:
                    said.append(f"{name} has changed since your copy was made: delete your copy to get the new one.")
        finally:
            _write_record(target, record)
    if added:
        said.insert(0, f"{added} files copied to {target.name}, for you to change as you like.")
    return said


def reset(lesson: str, source: Path = NOTEBOOKS, target: Path = MY_LESSONS) -> str:
    """Renew the learner's copy of one lesson; the old copy is moved to `target`/old. Returns a sentence saying so.

    The new copy has no results, as after `fill`.

    Raises ValueError, listing the lessons, when there is no such lesson; FileNotFoundError without a folder of lessons;
    OSError where `target` cannot be written: then the old copy is where it was.

    Example:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     reset("08", target=Path(folder))
    '08_forward_diffusion.ipynb is new.'
    """
    name = find_lesson(lesson, source)
    record, _ = _read_record(target)
    copy, said = target / name, f"{name} is new."
    # Whatever needs room on the disk comes first, so that a full one changes nothing.
    with _writing(target), files.written_whole(copy) as part:
        _copy(source / name, part, results=False)
        old = _free_name(target / "old", copy.stem) if os.path.lexists(copy) else None
        _write_record(target, record | {name: _sha256(source / name)})
        if old:
            copy.rename(old)
            said = f"{name} is new; your old copy is {old.relative_to(target.parent).as_posix()}."
    return said


def older(target: Path) -> list[str]:
    """What to say of the learner's copies in `target` whose lesson has changed since; nothing where none are kept.

    Example:

    >>> older(Path("nowhere"))
    []
    """
    record, _ = _read_record(target)
    originals = {name: NOTEBOOKS / name for name in record if (target / name).is_file()}
    lessons = {name: path for name, path in originals.items() if path.is_file() and _is_lesson(path, NOTEBOOKS)}
    return [_older(name) for name, path in lessons.items() if _sha256(path) != record[name]]


def _older(name: str) -> str:
    return (
        f"{name} has changed since your copy was made: "
        f"`make reset LESSON={name[:2]}` brings the new one and keeps yours."
    )


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    """Say what to do where the learner's folder cannot be written."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OSError(f"The disk is full: {target} cannot be written. Make room, and run this again.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            where = error.filename2 or error.filename or target
            raise OSError(
                f"{where} cannot be written, perhaps because somebody else made it (sudo?): give yourself the right to "
                f"write in {target}, or copy the course to a folder of your own, and run this again."
            ) from error
        raise


def _originals(source: Path) -> list[Path]:
    if not source.is_dir():
        raise FileNotFoundError(
            f"expected the lessons in {source}, and there is no such folder. {bring_back('notebooks')}"
        )
    paths = (path for path in source.rglob("*") if path.is_file())
    return sorted(path for path in paths if not any(part[0] in "._" for part in path.relative_to(source).parts))


def _is_lesson(original: Path, source: Path) -> bool:
    return original.parent == source and original.match("[0-9][0-9]_*.ipynb")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy(original: Path, copy: Path, results: bool = True) -> None:
    """Copy a file; without `results`, a notebook loses its results and execution counts. No notebook stays as it is."""
    shutil.copyfile(original, copy)
    if results:
        return
    try:
        content = files.read_json(copy)
        for cell in content["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"execution_count": None, "outputs": []}
    except (ValueError, KeyError, TypeError):
        return
    files.write_json(copy, content)


def _free_name(folder: Path, stem: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem += f"-{datetime.now():%Y-%m-%d-%H%M%S}"
    names = [f"{stem}.ipynb", *(f"{stem}-{count}.ipynb" for count in range(2, 100))]
    return next(folder / name for name in names if not os.path.lexists(folder / name))


def _read_record(target: Path) -> tuple[dict[str, str], list[str]]:
    try:
        record = files.read_json(target / RECORD)
        if all(isinstance(value, str) for value in record.values()):
            return record, []
    except FileNotFoundError:
        return {}, []
    except ValueError:
        pass
    return {}, [f"{target.name}/{RECORD} could not be read and is made anew; your lessons are as they were."]


def _write_record(target: Path, record: dict[str, str]) -> None:
    files.write_json(target / RECORD, record, sort_keys=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fill my_lessons, or renew one lesson there.")
    parser.add_argument("--reset", metavar="LESSON", help="renew your copy of this lesson, such as 02")
    wanted = parser.parse_args().reset
    try:
        for sentence in fill() if wanted is None else [reset(wanted)]:
            print(sentence)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
