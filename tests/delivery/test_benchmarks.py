"""What the benchmarks print, keep and show has one shape; no time is held against a bound here."""

import doctest
import importlib
from pathlib import Path

import pytest
import torch

from benchmarks import growth, results, rows
from benchmarks.growth import Curve
from benchmarks.rows import Measured, Row, alternate, close

HERE = Path(rows.__file__).parent
FOUND = [
    Row("a", Measured(1.0, 2.0, 0.5, 0.4, 0.6), "b", "c", 0.6),
    Row("d", Measured.of([3e6], [2e6]), "e", unit="bytes"),
]


@pytest.mark.parametrize("module", [rows, results, growth], ids=lambda module: module.__name__)
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("bench_*.py")))
def test_each_file_offers_rows(name):
    pytest.importorskip("playwright")
    assert callable(importlib.import_module(f"benchmarks.{name}").rows)


def test_what_differs_is_not_timed():
    calls = []
    with pytest.raises(AssertionError, match="must be the same"):
        alternate(lambda: calls.append(1) or torch.ones(2), lambda: torch.zeros(2) + 2, 3, close())
    assert calls == [1]


def test_both_sides_are_called_as_often_and_in_turn():
    calls = []
    alternate(lambda: calls.append("ours"), lambda: calls.append("peer"), repeats=4)
    assert calls == ["ours", "peer"] + ["ours", "peer", "peer", "ours"] * 2


def test_results_are_kept_and_shown(tmp_path):
    curve = Curve("a picture", "steps", [1, 2], [1.0, 2.0], "s")
    path = tmp_path / "results.json"
    results.keep("some", FOUND, [curve], 2, path)
    results.keep("other", FOUND[:1], [], 2, path)
    found = results.read(path)
    assert list(found) == ["other", "some"] and found["some"]["date"] and found["some"]["machine"]
    assert results.rows_of(found["some"]) == FOUND and results.curves_of(found["some"]) == [curve]
    text = results.filled("<!-- benchmarks: begin --><!-- benchmarks: end -->", found, ["some", "missing"])
    assert "| a | 1.00 s | 2.00 s | 0.50 | 0.40 to 0.60 | 0.6, reached | b | c |" in text
    assert "steps^1.00" in text and "other" not in text


def test_the_readmes_show_what_is_kept():
    found = results.read()
    whole, short = (path.read_text(encoding="utf-8") for path in (HERE / "README.md", HERE.parent / "README.md"))
    assert whole == results.filled(whole, found, sorted(found)), (
        "python -m benchmarks.results makes it from the results"
    )
    assert short == results.filled_in_short(short, found), "python -m benchmarks.results makes it from the results"


def test_the_short_table_names_each_machine_once(tmp_path):
    path = tmp_path / "results.json"
    for name in ("models", "pipeline", "samplers"):
        results.keep(name, FOUND[:1], [], 2, path)
    found = results.read(path)
    text = results.filled_in_short("<!-- benchmarks: begin --><!-- benchmarks: end -->", found)
    assert text.count("| a | b | 0.50 | 0.40 to 0.60 |") == 2 and "samplers" not in text
    place = f"{found['models']['date']}, {found['models']['machine']}, threads: 2"
    assert f"Measured: {place} (pipeline, models)." in text and text.count("Measured") == 1
