"""Keep what was measured: a JSON file, and the tables of the READMEs that are made from it.

python -m benchmarks.results fills the tables from results.json, without measuring anything.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import statistics
from itertools import groupby
from pathlib import Path

import torch

from benchmarks.growth import Curve
from benchmarks.rows import Measured, Row, cells
from course_lib import files
from course_lib.training.readme import fill

HERE = Path(__file__).parent
FILE = HERE / "results.json"
IN_SHORT = ("pipeline", "models", "full_size", "command_line", "browser", "notebooks", "training")
LESSON = re.compile(r"\blesson \d\d\b")
HEAD = """| what | ours | peer | ratio | quartiles | goal | against | |
| --- | ---: | ---: | ---: | ---: | --- | --- | --- |"""


def machine() -> str:
    """This machine in words: its processor, cores, system and PyTorch."""
    names = [line for line in _cpu_lines() if line.startswith("model name")]
    processor = names[0].split(":", 1)[1].strip() if names else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    return f"{processor}, {cores} cores, {platform.system()}, {versions}"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def keep(name: str, rows: list[Row], curves: list[Curve], threads: int, path: Path = FILE) -> None:
    """Put what one file of benchmarks measured into the JSON file, with machine and date; the others' stay."""
    found = read(path)
    measured = {"machine": machine(), "date": datetime.date.today().isoformat(), "threads": threads}
    measured["rows"] = [row._asdict() | {"measured": row.measured._asdict(), "reached": row.reached} for row in rows]
    measured["curves"] = [curve._asdict() | {"slope": curve.slope} for curve in curves]
    with files.written_whole(path) as unfinished:
        unfinished.write_text(json.dumps(dict(sorted((found | {name: measured}).items())), indent=1) + "\n")


def read(path: Path = FILE) -> dict[str, dict]:
    """What was measured so far, by the names of the files of benchmarks; nothing where nothing was."""
    return json.loads(path.read_text()) if path.is_file() else {}


def rows_of(section: dict) -> list[Row]:
    """The rows of one file's results.

    Example:

    >>> measured = {"ours": 1.0, "peer": 2.0, "ratio": 0.5, "low": 0.4, "high": 0.6}
    >>> rows_of({"rows": [{"name": "a", "peer": "b", "measured": measured, "reached": None}]})[0].ratio
    0.5
    """
    found = []
    for entry in section["rows"]:
        rest = {name: value for name, value in entry.items() if name not in ("measured", "reached")}
        found.append(Row(measured=Measured(**entry["measured"]), **rest))
    return found


def curves_of(section: dict) -> list[Curve]:
    """The curves of one file's results."""
    return [Curve(*(entry[name] for name in Curve._fields)) for entry in section["curves"]]


def rows_table(rows: list[Row]) -> str:
    """Rows as a table of Markdown."""
    return "\n".join([HEAD, *(f"| {' | '.join(cells(row))} |" for row in rows)])


def filled(text: str, found: dict[str, dict], names: list[str]) -> str:
    """A README with the tables of these files of benchmarks between its marks."""
    parts = []
    for name in [name for name in names if name in found]:
        section = found[name]
        parts.append(
            f"**{name.replace('_', ' ')}**, {section['date']}, {section['machine']}, threads: {section['threads']}:"
        )
        parts += [rows_table(rows_of(section))] if section["rows"] else []
        parts += ["\n".join(f"- {curve}" for curve in curves_of(section))] if section["curves"] else []
    return fill(text, "benchmarks", "\n\n".join(parts))


def filled_in_short(text: str, found: dict[str, dict]) -> str:
    """The course's README with one short table: the rows that a learner would ask for, and where they were measured.

    What was measured for each lesson is one row, with the median, the least and the greatest of them.
    """
    rows, places = ["| what | against | ratio | quartiles |", "| --- | --- | ---: | ---: |"], {}
    for name in [name for name in IN_SHORT if name in found]:
        section = found[name]
        place = f"{section['date']}, {section['machine']}, threads: {section['threads']}"
        places.setdefault(place, []).append(name.replace("_", " "))
        for name, alike in groupby(rows_of(section), lambda row: LESSON.sub("each lesson", row.name)):
            first, *others = alike
            ratios = sorted(row.ratio for row in (first, *others))
            low, high = (ratios[0], ratios[-1]) if others else (first.measured.low, first.measured.high)
            shown = statistics.median(ratios)
            rows.append(f"| {name} | {first.peer} | {shown:.2f} | {low:.2f} to {high:.2f} |")
    where = [f"Measured: {place} ({', '.join(names)})." for place, names in places.items()]
    return fill(text, "benchmarks", "\n\n".join(["\n".join(rows), *where]))


def main() -> None:
    """Fill the tables of both READMEs."""
    found = read()
    whole, short = HERE / "README.md", HERE.parent / "README.md"
    texts = {whole: filled(whole.read_text(encoding="utf-8"), found, sorted(found))}
    texts[short] = filled_in_short(short.read_text(encoding="utf-8"), found)
    for path, text in texts.items():
        with files.written_whole(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
