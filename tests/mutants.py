"""Break the library a little, many times, and see whether its tests notice.

python tests/mutants.py course_lib/datasets/search.py               # one file: minutes; a folder, or nothing: hours
python tests/mutants.py --sample 40 course_lib/models               # 40 mutants of each file, drawn at random
python tests/mutants.py --sample 40 --seed 1 --children 1 ...       # 40 others, one after the other

mutmut makes the mutants; it leaves alone what stands outside of functions, and functions with a decorator. A mutant
that changes the words of a sentence, and nothing else, does not count; nor does one of zip's `strict`, or of the
encoding of a file. Each is tried by those that pass through the broken function, of the tests that mutants.toml names
for its file and of the file's own examples, and by those that start a program, the quickest first, in a process that
has read them already; where all of these pass and the function runs while they are read, once more by all tests in one
that has not. Tests that try everything there is are left out. What a test takes from a cache that an earlier test
filled does not count as passed through: the share is rather too low than too high. Where it works: build/mutants.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import importlib
import json
import math
import os
import random
import re
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from unittest import mock

from pytest import hookimpl

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "mutants"
TESTS = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))
SWEEPS = (  # tests that try everything there is: long, and no sharper than the ones beside them
    "test_every_sampler", "test_every_scheduler", "test_a_run_is_the_same_each_time", "test_guidance_that_leaves",
    "test_each_is_as_it_would_be_alone",
)  # fmt: skip
# mutmut wraps each function; its example stands with the copy that is left as it was.
CHOSEN = f"(mutmut_orig or not mutmut) and not ({' or '.join(SWEEPS)})"
OPTIONS = ["-x", "-q", "--rootdir=.", "-p", "no:cacheprovider", "--doctest-modules", "-k", CHOSEN]
# What a mutant may write over is a copy.
COPIED, LINKED = ("course_lib", "tests", "data", "conftest.py", "pyproject.toml"), ("notebooks",)
# Read once for all: nothing of the course, which is to be read anew. The long ones only where tests need them.
READ_FIRST = ("numpy", "torch", "PIL.Image", "scipy.ndimage", "safetensors.torch", "hypothesis", "pytest")
READ_IF_NAMED = ("diffusers", "transformers", "matplotlib")
AS_IT_IS = ""  # the name of no mutant
PROGRAM, STARTS = "a program", {"subprocess.Popen", "os.posix_spawn", "os.fork"}
TEXT = re.compile(r"\"[^\"]*\"|'[^']*'")  # a sentence, if it has a blank
# zip's `strict` guards against what does not happen; a file's encoding differs on other systems only; help is words.
GUARD, EMPTY = re.compile(r'(, *)?\b(strict|encoding|help)=(\w+|"[^"]*")'), re.compile(r", *\)")


def tests_of(file: Path) -> list[str]:
    """The tests that should notice what is broken in a file. Raises ValueError where none are named."""
    for pattern, tests in TESTS.items():
        if file.match(pattern):
            return [*tests, str(file)]
    raise ValueError(f"expected a file that tests/mutants.toml names; got {file}")


def prepare(files: Sequence[Path]) -> dict[Path, dict[str, str]]:
    """A copy of the course in which all mutants of the files sleep; what each mutant of each, by its name, changes."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    (WORK / ".git").touch()  # tests read that they run in a checkout
    for name in LINKED:
        (WORK / name).symlink_to(ROOT / name)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, WORK / name)
    return {file: put_to_sleep(file) for file in files}


def put_to_sleep(file: Path) -> dict[str, str]:
    """Put all mutants of a file into the copy."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    broken = mutate_file_contents(str(file), (ROOT / file).read_text(encoding="utf-8"))
    (WORK / file).write_text(broken.code, encoding="utf-8")
    lines = broken.code.splitlines()
    functions = {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]).replace(node.name, "it")
        for node in ast.walk(ast.parse(broken.code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "__mutmut_" in node.name
    }
    module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    return {
        f"{module}.{name}": difference(functions[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"], text, name)
        for name, text in functions.items()
        if not name.endswith("_orig")
    }


def difference(before: str, after: str, name: str) -> str:
    """The lines in which a mutant differs."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "before", name, lineterm="")
    return "\n".join(lines)


def counts(difference: str) -> bool:
    """Whether a mutant differs in more than the words of a sentence and what no test here can notice."""
    changed = [line for line in difference.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    before, after = (
        [EMPTY.sub(")", TEXT.sub(unless_sentence, GUARD.sub("", line[1:]))) for line in changed if line[0] == sign]
        for sign in "-+"
    )
    return before != after


def unless_sentence(text: re.Match) -> str:
    return "" if " " in text[0] else text[0]


def forked(work: Callable[[], int]) -> int:
    """Do some work in a copy of this process, in the copy of the course, in silence; the copy's number."""
    number = os.fork()
    if number:
        return number
    code = 70
    try:
        os.chdir(WORK)
        sys.path.insert(0, str(WORK))
        os.environ["PYTHONPATH"] = str(WORK)
        said = os.open(WORK / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1), os.dup2(said, 2)
        code = int(work())
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


def outcome(name: str, tests: Sequence[str], seconds: float, *plugins: object) -> int:
    """What pytest says of a mutant, 0 where all tests pass. A mutant that hangs is ended by the alarm."""
    import pytest

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(math.ceil(seconds))
    os.environ["MUTANT_UNDER_TEST"] = name
    return int(pytest.main([*OPTIONS, *tests], plugins=plugins))


def outcomes(trials: Mapping[str, Callable[[], int]], children: int, until: float = math.inf) -> dict[str, bool]:
    """Whether a test noticed each of the mutants, tried in copies of this process; those left at `until` are left out.

    children : how many at a time; until : a time of the monotonic clock.
    """
    waiting, running, noticed = list(trials), {}, {}
    while waiting or running:
        while waiting and len(running) < children and time.monotonic() < until:
            name = waiting.pop(0)
            running[forked(trials[name])] = name
        if not running:
            break
        number, status = os.wait()
        noticed[running.pop(number)] = status != 0
    return noticed


class Reached:
    """A plugin of pytest that writes down which functions a test passes through, and how many seconds it takes.

    What a fixture passes through counts for all tests that use one of its name: it may be made only once. A test that
    starts a program passes through `PROGRAM`, too.
    """

    def __init__(self):
        self.now, self.fixtures, self.tests = set(), {}, {}

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """While this holds, the functions that have mutants say when they are called."""
        from mutmut.mutation import trampoline

        sys.addaudithook(lambda event, _: self.now.add(PROGRAM) if event in STARTS else None)
        told = {"get_mutant_under_test": lambda: "stats", "record_trampoline_hit": lambda name, **_: self.now.add(name)}
        with mock.patch.multiple(trampoline, **told):
            yield

    @hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        before, self.now = self.now, set()
        try:
            return (yield)
        finally:
            self.fixtures.setdefault(fixturedef.argname, set()).update(self.now)
            self.now |= before

    @hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.now, began = set(), time.monotonic()
        try:
            return (yield)
        finally:
            made = (self.fixtures.get(name, set()) for name in getattr(item, "fixturenames", ()))
            self.tests[item.nodeid] = time.monotonic() - began, sorted(self.now.union(*made))


class Only:
    """A plugin of pytest that runs some tests, by their names, in the order of these."""

    def __init__(self, names: Sequence[str]):
        self.order = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda it: self.order[it.nodeid])


def outcomes_after_reading(
    names: Sequence[str], tests: Sequence[str], children: int, in_all: float
) -> tuple[dict[str, bool], set[str]]:
    """Whether a test that passes through the broken function noticed each mutant, the quickest test first.

    This is found in copies of a process that has read the tests already, in at most `in_all` seconds. Also returns the
    functions that run while the tests are read. Raises RuntimeError where the tests do not pass as things are.
    """
    import pytest

    answer = WORK / "outcomes.json"

    def recorded() -> int:
        reached = Reached()
        with reached.recording():
            code = outcome(AS_IT_IS, tests, 3600, reached)
        answer.write_text(json.dumps(reached.tests))
        return code

    def work() -> int:
        os.environ["MUTANT_UNDER_TEST"] = AS_IT_IS
        reading = Reached()
        with reading.recording():
            pytest.main(["--collect-only", *OPTIONS, *tests])
        if outcomes({AS_IT_IS: recorded}, 1)[AS_IT_IS]:
            return 1
        reached, trials = json.loads(answer.read_text()), {}
        for name in names:
            function = name.partition("__mutmut_")[0]
            quickest = sorted((took, test) for test, (took, by) in reached.items() if {function, PROGRAM} & {*by})
            if quickest:
                through = [test for _, test in quickest]
                files = list(dict.fromkeys(test.partition("::")[0] for test in through))
                seconds = longest_for(sum(took for took, _ in quickest))
                trials[name] = partial(outcome, name, files, seconds, Only(through))
        found = {name: False for name in names if name not in trials}
        found |= outcomes(trials, children, time.monotonic() + in_all)
        answer.write_text(json.dumps([found, sorted(reading.now)]))
        return 0

    check_as_it_is(os.waitpid(forked(work), 0)[1])
    found, while_reading = json.loads(answer.read_text())
    return found, set(while_reading)


def check_as_it_is(failed: int) -> None:
    """Raise RuntimeError where the tests fail although nothing is broken."""
    if failed:
        raise RuntimeError(f"the tests fail as it is: {(WORK / 'said.txt').read_text(encoding='utf-8')[-3000:]}")


def longest_for(seconds: float) -> float:
    """How long tests may take with a mutant that take so long without, before it counts as noticed."""
    return 30 + 4 * seconds


def read_besides(tests: Sequence[str]) -> list[str]:
    """Which of the packages that take long the tests read, by themselves or with tests/models/peers.py."""
    named = [ROOT / test.partition("::")[0] for test in tests]
    files = [path for name in named for path in (name.rglob("*.py") if name.is_dir() else [name])]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return [name for name in READ_IF_NAMED if any(word in text for word in (name, "peers") for text in texts)]


def measure(files: Sequence[Path], options: argparse.Namespace) -> dict[Path, tuple[int, int, int, list[str]]]:
    """How many mutants of files with the same tests were noticed, of how many that were tried, of how many there are;
    what those that were not change.

    Raises RuntimeError where the tests do not pass as things are.
    """
    changes, tests = prepare(files), list(dict.fromkeys(test for file in files for test in tests_of(file)))
    counted = {file: sorted(name for name, change in changes[file].items() if counts(change)) for file in files}
    drawn = {
        file: random.Random(options.seed).sample(names, min(options.sample or len(names), len(names)))
        for file, names in counted.items()
    }
    names = [name for together in zip_longest(*drawn.values()) for name in together if name]  # of each file in turn
    found = {}
    if names:
        for module in (*READ_FIRST, *read_besides(tests)):
            importlib.import_module(module)
        found, early = outcomes_after_reading(names, tests, options.children, options.seconds * len(files))
        if missed := [name for name in found if not found[name] and name.partition("__mutmut_")[0] in early]:
            began = time.monotonic()
            check_as_it_is(outcomes({AS_IT_IS: partial(outcome, AS_IT_IS, tests, 3600)}, 1)[AS_IT_IS])
            longest = longest_for(time.monotonic() - began)
            found |= outcomes({name: partial(outcome, name, tests, longest) for name in missed}, options.children)
    numbers = {}
    for file in files:
        tried = [name for name in drawn[file] if name in found]
        missed = [changes[file][name] for name in tried if not found[name]]
        numbers[file] = len(tried) - len(missed), len(tried), len(counted[file]), missed
    return numbers


def interval(caught: int, tried: int) -> tuple[float, float]:
    """Where the share of all mutants lies with 95 % certainty, after a sample: Wilson's interval."""
    z = 1.96
    middle, square = (caught + z * z / 2) / (tried + z * z), caught * (tried - caught) / tried + z * z / 4
    half = z * math.sqrt(square) / (tried + z * z)
    return middle - half, middle + half


def told(file: Path, caught: int, tried: int, there: int) -> str:
    """One line of the report."""
    if not tried:
        return f"nothing to break  {file}"
    low, high = interval(caught, tried)
    certain = f" ({low:4.0%} to {high:4.0%})" if tried < there else ""
    return f"{caught:4} of {tried:4}, of {there:4}  {caught / tried:4.0%}{certain}  {file}"


def main() -> None:
    """Measure the files that are named, or all."""
    parser = argparse.ArgumentParser(description="Break the library, and see whether its tests notice.")
    parser.add_argument("paths", nargs="*", type=Path, help="files or folders of course_lib; all that have tests here")
    parser.add_argument("--sample", type=int, help="how many mutants of each file are tried; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--seconds", type=float, default=math.inf, help="for each file: what is left then is not tried")
    at_once = int(os.environ.get("MUTANT_CHILDREN") or os.cpu_count())
    parser.add_argument("--children", type=int, default=at_once, help="how many at a time; also MUTANT_CHILDREN")
    options = parser.parse_args()
    os.environ.update(CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1")  # before torch is read
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background would ignore; some tests ask
    os.chdir(ROOT)
    named = options.paths or sorted({Path(pattern).parent for pattern in TESTS})
    files = [file for name in named for file in (sorted(name.glob("*.py")) if name.is_dir() else [name])]
    groups, shares = {}, {}
    for file in files:
        groups.setdefault(tuple(tests_of(file)[:-1]), []).append(file)
    for group in groups.values():
        try:
            measured = measure(group, options)
        except RuntimeError as error:  # the others are measured all the same
            print(error, flush=True)
            shares |= {file: f"not measured, its tests fail as it is: {file}" for file in group}
            continue
        for file, (*numbers, missed) in measured.items():
            shares[file] = told(file, *numbers)
            print(*missed, shares[file], sep="\n", flush=True)
    print("\nNoticed, of those that were tried, of all there are; sentences not counted:", *shares.values(), sep="\n")


if __name__ == "__main__":
    main()
