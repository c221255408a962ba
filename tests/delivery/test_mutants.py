"""The measurement of how many mutants are noticed: what it counts, and that it knows a test for every file."""

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
