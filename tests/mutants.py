"""Break the library a little, many times, and see whether its tests notice: mutmut, with the tests of each part.

python tests/mutants.py course_lib/datasets/search.py     # one file: minutes; a folder, or nothing: hours

A mutant that changes the words of a sentence, and nothing else, does not count. mutmut leaves alone what stands
outside of functions, and functions with a decorator. Where it works: build/mutants.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "mutants"
# Of the patterns that fit a file the first one counts.
TESTS = {
    "course_lib/datasets/search.py": ["tests/datasets/test_search.py"],
    "course_lib/datasets/scenes.py": ["tests/data/test_scenes.py", "tests/datasets"],
    "course_lib/datasets/shapes.py": ["tests/data/test_scenes.py", "tests/datasets", "tests/training/test_reading.py"],
    "course_lib/datasets/*.py": ["tests/test_datasets.py", "tests/datasets", "tests/test_files.py"],
    "course_lib/training/loop.py": ["tests/training/test_loop.py"],
    "course_lib/training/*.py": ["tests/training"],
    "course_lib/pipeline/*.py": ["tests/test_pipeline.py"],
    "course_lib/models/*.py": ["tests/models"],
    "course_lib/exercises/*.py": ["tests/exercises"],
}
COPIED, LINKED = ("course_lib", "tests", "conftest.py", "pyproject.toml"), ("data", "notebooks")
SETTINGS = """
[tool.mutmut]
source_paths = ["course_lib"]
only_mutate = ["{file}"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
also_copy = ["conftest.py"]
process_isolation = "forkserver"
use_git_change_detection = false
track_dependencies = false
"""
SENTENCE = re.compile(r"\"[^\"]* [^\"]*\"|'[^']* [^']*'")


def tests_of(file: Path) -> list[str]:
    """The tests that should notice what is broken in a file. Raises ValueError where none are named."""
    for pattern, tests in TESTS.items():
        if file.match(pattern):
            return tests
    raise ValueError(f"expected a file that {', '.join(TESTS)} name; got {file}")


def prepare(file: Path) -> None:
    """A copy of the course to break, with the settings for one file."""
    shutil.rmtree(WORK, ignore_errors=True)
    for folder in (WORK, WORK / "mutants"):  # mutmut runs its tests in the second one
        folder.mkdir(parents=True)
        (folder / ".git").touch()  # tests read that they run in a checkout
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, WORK / name)
    with (WORK / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(file=file, tests=json.dumps(tests_of(file))))


def mutmut(*given: str) -> str:
    """What mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *given]
    return subprocess.run(command, cwd=WORK, capture_output=True, text=True).stdout


def is_of_a_text(difference: str) -> bool:
    """Whether a mutant differs in the words of a sentence alone."""
    changed = [line for line in difference.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = ([SENTENCE.sub("", line[1:]) for line in changed if line[0] == sign] for sign in "-+")
    return before == after


def measure(file: Path) -> tuple[int, int, list[str]]:
    """How many mutants of a file were noticed, of how many, and the differences of those that were not."""
    prepare(file)
    said = mutmut("run", "--max-children", str(os.cpu_count()))
    meta = WORK / "mutants" / f"{file}.meta"
    results = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"] if meta.is_file() else {}
    if not results or None in results.values():
        raise RuntimeError(f"mutmut did not come to an end for {file}: {said[-2000:]}")
    missed = [difference for name, code in results.items() if code in (0, 33) and (difference := mutmut("show", name))]
    texts = [difference for difference in missed if is_of_a_text(difference)]
    counted = len(results) - len(texts)
    return counted - (len(missed) - len(texts)), counted, [text for text in missed if text not in texts]


def main() -> None:
    """Measure the files that are named, or all."""
    named = [Path(name) for name in sys.argv[1:]] or sorted({Path(pattern).parent for pattern in TESTS})
    files = [file for name in named for file in (sorted(name.glob("*.py")) if name.is_dir() else [name])]
    shares = {}
    for file in files:
        caught, counted, missed = measure(file)
        shares[file] = f"{caught:4} of {counted:4}  {caught / counted:4.0%}  {file}" if counted else f"nothing  {file}"
        print(*missed, shares[file], sep="\n", flush=True)
    print("\nNoticed, sentences not counted:", *shares.values(), sep="\n")


if __name__ == "__main__":
    main()
