"""Every text that the course can show, as a catalogue for translators: `make texts` writes it to build/course.pot.

Templates are found in the code, where `tr` and `ngettext` stand. Declared texts are found in the objects themselves
(the questions, checks and constants of the lessons), and as arguments of what shows them: titles, labels, alt texts.
The file is built and not kept: it changes with every sentence, and what it holds stands in the sources already.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

import course_lib.lessons
import course_lib.pipeline
import course_lib.widgets
from course_lib.exercises.checks import FunctionCheck, Letters, Mistake, ValueCheck
from course_lib.exercises.quiz import Choice, Question
from course_lib.lessons import lesson_01
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS

ROOT = Path(__file__).parents[2]
PACKAGE, NOTEBOOKS = ROOT / "course_lib", ROOT / "notebooks"
POT = ROOT / "build" / "course.pot"

# Arguments that are shown, by their names in any call, and by their places in the calls of these functions.
KEYWORDS = {"label", "title", "titles", "alt", "description", "options", "xlabel", "ylabel", "y_name", "lines"}
PLACES = {
    "Arrow": (2,),
    "Box": (2, 3),
    "Frame": (4,),
    "PictureChooser": (0,),
    "bars_panel": (3,),
    "diagram": (4,),
    "heat_panel": (1,),
    "line_panel": (1,),
    "numbers_panel": (1,),
    "overlap_panel": (2,),
    "picture_panel": (2,),
    "set_ylabel": (0,),
    "show": (1,),
    "show_difference": (2,),
    "show_pictures": (1, 2),
    "show_pixels": (1,),
    "stamps_panel": (2,),
    "text_panel": (0,),
    "titled": (1,),
}
# Constants of the lessons that are no texts: prompts, and names of models, layers and samplers.
NO_TEXTS = {"CARD", "CHANGES", "CONCEPTS", "EXAMPLES", "ODE", "OFFERED", "PROMPT", "PROMPTS", "REAL", "SAMPLERS", "SDE"}
NO_TEXTS |= {"LOOKS", "SETTINGS", "SKIPS", "SMALL"}
# The same in every language wherever they stand: names of samplers and schedulers, and prompts, which the model reads.
SAME_EVERYWHERE = {*SAMPLERS, *SCHEDULERS, *lesson_01.EXAMPLES}
# What is shown of an object of each kind.
SHOWN = {
    Question: ("text", "choices"),
    Choice: ("text", "reply"),
    FunctionCheck: ("mistakes",),
    ValueCheck: ("name", "mistakes", "hint"),
    Mistake: ("says",),
    Letters: ("reasons",),
}


def collect() -> Catalog:
    """The catalogue of all texts."""
    catalog = Catalog(project="course", charset="utf-8")
    found = extract_from_dir(PACKAGE, method_map=[("**.py", "python")], keywords={"tr": None, "ngettext": (1, 2)})
    for file, line, message, _, _ in found:
        catalog.add(message, locations=[(f"course_lib/{file}", line)])
    for text, place in [*declared(), *shown_in_calls()]:
        if text not in SAME_EVERYWHERE and re.search("[A-Za-z]{2}", text):  # a number or a sign is the same everywhere
            catalog.add(text, locations=[place])
    return catalog


def declared() -> Iterator[tuple[str, tuple[str, int]]]:
    """The texts that objects of lessons and widgets hold, each with its file."""
    for package in (course_lib.lessons, course_lib.pipeline, course_lib.widgets):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            file = Path(inspect.getfile(module)).relative_to(ROOT).as_posix()
            for name, value in vars(module).items():
                constant = re.fullmatch("_?[A-Z][A-Z0-9_]*", name) and name not in NO_TEXTS
                for text in _texts_of(value, bool(constant)):
                    yield text, (file, 1)


def _texts_of(value: object, constant: bool) -> Iterator[str]:
    """The texts in an object; plain strings count in a constant only."""
    if isinstance(value, str):
        if constant:
            yield value
    elif fields := next((fields for kind, fields in SHOWN.items() if isinstance(value, kind)), None):
        for field in fields:
            yield from _texts_of(getattr(value, field), constant=True)
    elif isinstance(value, Mapping):
        for key, held in value.items():
            yield from _texts_of(key, constant)
            yield from _texts_of(held, constant)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _texts_of(held, constant)


def shown_in_calls() -> Iterator[tuple[str, tuple[str, int]]]:
    """The texts that code and notebooks hand to what shows them, each with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from _in_source(path.read_text(encoding="utf-8"), path)
    for path in sorted(NOTEBOOKS.rglob("[0-9]*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        yield from _in_source("\n".join(cell.source for cell in cells if cell.cell_type == "code"), path)


def _in_source(source: str, path: Path) -> Iterator[tuple[str, tuple[str, int]]]:
    tree = ast.parse(source)
    values: dict[str, list[ast.expr]] = {}  # of names, wherever in the file they are set
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
    for node in ast.walk(tree):
        given = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
            given += [node.args[place] for place in PLACES.get(name, ()) if place < len(node.args)]
        elif isinstance(node, ast.Dict):  # arguments that are handed over as **settings
            pairs = zip(node.keys, node.values, strict=True)
            given = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value in KEYWORDS]
        for argument in given:
            for text in _strings(argument, values):
                yield text, (path.relative_to(ROOT).as_posix(), node.lineno)


def _strings(node: ast.AST, values: Mapping[str, list[ast.expr]], depth: int = 3) -> Iterator[str]:
    """The plain strings in an expression, and in what its names stand for; not what an f-string is made of."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.Name) and depth:
        for value in values.get(node.id, []):
            yield from _strings(value, values, depth - 1)
    elif isinstance(node, ast.Subscript):
        yield from _strings(node.value, values, depth)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "ngettext"):
        pass  # a template
    elif not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _strings(child, values, depth)


if __name__ == "__main__":
    POT.parent.mkdir(exist_ok=True)
    with POT.open("wb") as file:
        write_po(file, collect(), sort_output=True)
    print(f"{len(collect())} texts in {POT.relative_to(ROOT)}")
