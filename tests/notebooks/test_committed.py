"""What stands in every committed notebook: executed, normalised, short cells led by prose, links, solutions."""

import copy
import re
import statistics
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from tests.notebooks.execute import NOTEBOOKS, all_notebooks, lessons, normalise

CHECKED = ("[OK]", "[not yet]")


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tagged(notebook, tag):
    return [cell for cell in code(notebook) if tag in cell.metadata.get("tags", [])]


def lines(cell):
    return len([line for line in cell.source.splitlines() if line.strip()])


def printed(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


EVERY = pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: f"{path.parent.name}/{path.stem}")
LESSON = pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)


@EVERY
def test_is_executed_from_top_to_bottom(path):
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert not errors or "raises-exception" in cell.metadata.get("tags", [])
        assert not any(output.get("name") == "stderr" for output in cell.outputs)


@EVERY
def test_is_normalised(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert normalise(copy.deepcopy(notebook)) == notebook
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@EVERY
def test_cells_are_short_and_led_by_prose(path):
    notebook = read(path)
    lengths = sorted(lines(cell) for cell in code(notebook))
    assert min(lengths) > 0, "an empty code cell"
    assert statistics.median(lengths) <= 5
    assert lengths[-1] <= 25
    assert lengths[int(0.9 * (len(lengths) - 1))] <= 12
    kinds = [cell.cell_type for cell in notebook.cells]
    led = sum(pair == ("markdown", "code") for pair in zip(kinds, kinds[1:], strict=False))
    assert led >= 0.8 * len(lengths)


@EVERY
def test_defines_its_own_names_only(path):
    for cell in code(read(path)):
        assert not re.search(r"sys\.path|^\s*%run|^\s*!", cell.source, re.MULTILINE), cell.source


@EVERY
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(read(path))):
        if not re.match(r"[a-z]+:", target):
            name, _, anchor = unquote(target).partition("#")
            assert not name or (path.parent / name).exists(), f"{path.name} links to {target}"
            if name.endswith("glossary.md") and anchor:
                assert f'id="{anchor}"' in (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8"), (
                    f"no {anchor} in the glossary"
                )


def test_nothing_is_defined_twice():
    """A learner must not meet two versions of one thing; exercises are solved in solutions, and there only."""
    seen = {}
    for path in lessons():
        for name in re.findall(r"^(?:def|class) (\w+)", "\n".join(c.source for c in code(read(path))), re.MULTILINE):
            assert seen.setdefault(name, path.name) == path.name, f"{name} in {seen[name]} and {path.name}"


@LESSON
def test_has_the_parts_of_a_lesson(path):
    text = prose(read(path)).lower()
    for part in ("what you will see", "check yourself", "exercise", "quiz", "sources"):
        assert part in text, f"{path.name} has no part '{part}'"
    assert "glossary.md" in text


@LESSON
def test_links_to_its_neighbours(path):
    names = [lesson.name for lesson in lessons()]
    here = names.index(path.name)
    first, last = (read(path).cells[index].source for index in (0, -1))
    for neighbour in names[max(here - 1, 0) : here] + names[here + 1 : here + 2]:
        assert f"({neighbour})" in first and f"({neighbour})" in last


def test_the_list_of_lessons_has_each_with_its_question():
    first, *others = lessons()
    rows = re.findall(r"^\| (\d\d) \| (.*) \|$", prose(read(first)), re.MULTILINE)
    titles = [re.match(r"# (\d\d) · (.*)", read(path).cells[0].source).groups() for path in (first, *others)]
    assert rows[0] == (titles[0][0], f"{titles[0][1]} (this page)")
    assert rows[1:] == [
        (number, f"[{ask}]({path.name})") for (number, ask), path in zip(titles[1:], others, strict=True)
    ]


@LESSON
def test_exercises_are_unsolved_here_and_solved_in_the_solutions(path):
    solutions = NOTEBOOKS / "solutions" / path.name
    unsolved, solved = tagged(read(path), "check"), tagged(read(solutions), "check")
    assert len(unsolved) >= 1
    assert [cell.source for cell in unsolved] == [cell.source for cell in solved]
    for cell in unsolved:
        assert printed(cell).startswith("[not yet]") and "[OK]" not in printed(cell), cell.source
    for cell in solved:
        assert printed(cell).startswith("[OK]") and "[not yet]" not in printed(cell), cell.source


@LESSON
def test_has_three_quiz_questions_and_keeps_the_answers(path):
    notebook = read(path)
    assert len(tagged(notebook, "quiz")) >= (1 if path.name.startswith("00") else 3)
    for cell in tagged(notebook, "quiz") + tagged(notebook, "predict"):
        assert "ask(" in cell.source
        assert not any("answer" in output.get("metadata", {}) for output in cell.outputs)


@LESSON
def test_the_glossary_has_grown_with_the_lesson(path):
    rows = [row for row in (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8").splitlines() if row.startswith("|")]
    assert any(f"({path.name})" in row for row in rows), f"no word of {path.name} in the glossary"


def test_every_solution_belongs_to_a_lesson():
    assert {p.name for p in (NOTEBOOKS / "solutions").glob("*.ipynb")} == {p.name for p in lessons()}


def test_pages_are_small_enough_to_load():
    for path in all_notebooks():
        assert Path(path).stat().st_size < 3_000_000, f"{path.name} is larger than 3 MB"


WORDS, CELLS = 3000, 36  # of the main road, from the title to "Take along"


@LESSON
def test_the_main_road_is_short_enough(path):
    cells = read(path).cells
    end = next(i for i, cell in enumerate(cells) if cell.source.startswith("## Take along"))
    texts = (cell.source for cell in cells[:end] if cell.cell_type == "markdown")
    words = len(re.findall(r"\w+", "\n".join(texts)))
    assert words <= WORDS and sum(cell.cell_type == "code" for cell in cells[:end]) <= CELLS
