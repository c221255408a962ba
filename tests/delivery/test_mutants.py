"""The measurement of how many mutants are noticed: what it counts, and that it knows a test for every file."""

import json
import os
import subprocess
import sys

import pytest

from course_lib.shipped import ROOT
from tests import mutants


def test_every_file_has_tests_and_they_exist():
    for folder in ("pipeline", "exercises", "datasets", "models", "training"):
        for file in (ROOT / "course_lib" / folder).glob("*.py"):
            *tests, itself = mutants.tests_of(file.relative_to(ROOT))
            assert tests and itself == f"course_lib/{folder}/{file.name}"
    for tests in mutants.TESTS.values():
        for test in tests:
            path, _, name = test.partition("::")
            assert (ROOT / path).exists() and name in ((ROOT / path).read_text("utf-8") if name else ""), test
    for pattern in mutants.TESTS:
        assert list(ROOT.glob(pattern)), f"no file is {pattern}"
    with pytest.raises(ValueError, match="mutants.toml names; got README.md"):
        mutants.tests_of(mutants.Path("README.md"))


@pytest.mark.parametrize(
    ("before", "after", "counted"),
    [
        ("x = a + b", "x = a - b", True),
        ('raise ValueError("a b")', 'raise ValueError("XXa bXX")', False),
        ('raise ValueError("a b")', "raise ValueError(None)", True),
        ('kind = "linear"', 'kind = "LINEAR"', True),
        ("zip(a, b, strict=True)", "zip(a, b, strict=False)", False),
        ("zip(a, b, strict=True)", "zip(a, b, )", False),
        ("zip(a, b, strict=True)", "zip(a, strict=True)", True),
        ('open(a, encoding="utf-8")', 'open(a, encoding="UTF-8")', False),
        ('open(a, encoding="utf-8")', "open(a, encoding=None)", False),
        ('read(encoding="utf-8")', "read(encoding=None)", False),
        ('f("a b", 1)', 'f("A B", 2)', True),
    ],
)
def test_what_counts(before, after, counted):
    lines = ("def f():", "    y = 1", "    {}", "    return y")
    texts = ("\n".join(lines).format(text) for text in (before, after))
    assert mutants.counts(mutants.difference(*texts, "f")) == counted


@pytest.mark.parametrize(
    ("caught", "tried", "low", "high"), [(38, 40, 0.835, 0.986), (40, 40, 0.912, 1.0), (0, 10, 0.0, 0.278)]
)
def test_wilsons_interval(caught, tried, low, high):
    assert mutants.interval(caught, tried) == pytest.approx((low, high), abs=1e-3)


TESTED = """
import pytest, subprocess, sys
from mutmut.mutation.trampoline import wrap_in_trampoline
def x_one__mutmut_orig(): pass
def x_two__mutmut_orig(): pass
one = wrap_in_trampoline({"_mutmut_orig": x_one__mutmut_orig})(x_one__mutmut_orig)
two = wrap_in_trampoline({"_mutmut_orig": x_two__mutmut_orig})(x_two__mutmut_orig)
@pytest.fixture(scope="module")
def made(): one()
def test_first(made): pass
def test_second(made): two()
def test_third(): pass
def test_fourth(): subprocess.run([sys.executable, "-c", ""])
"""
ASKED = """
import json, os, sys, pytest
from tests.mutants import Only, Reached
reached, only = Reached(), Only(["test_it.py::test_third", "test_it.py::test_first"])
with reached.recording():
    pytest.main(["-q", "--rootdir=.", "test_it.py"], plugins=[reached])
ran = Reached()
pytest.main(["-q", "--rootdir=.", "test_it.py"], plugins=[ran, only])
print(json.dumps([reached.tests, list(ran.tests)]))
"""


def test_what_a_test_passes_through_is_known_and_only_that_is_run(tmp_path):
    """A fixture that was made for one test counts for the others that use it."""
    (tmp_path / "test_it.py").write_text(TESTED)
    ran = subprocess.run(
        [sys.executable, "-c", ASKED], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True
    )
    reached, run = json.loads(ran.stdout.splitlines()[-1])
    functions = {
        name.partition("::")[2]: [each.rpartition(".")[2] for each in found] for name, (_, found) in reached.items()
    }
    assert functions == {
        "test_first": ["x_one"],
        "test_second": ["x_one", "x_two"],
        "test_third": [],
        "test_fourth": ["a program"],
    }
    assert run == ["test_it.py::test_third", "test_it.py::test_first"]
