"""Move every explorer and runner of the lessons through its states in the pseudo-language, and tell what they showed.

python -m tests.texts.sweep FOLDER 02 03     # lessons 02 and 03, with the catalogues in FOLDER; prints JSON
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import course_lib
from course_lib.figures import lettering
from tests.texts.excerpts import excerpt, makes_widget
from tests.texts.pseudo import speak

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
drawn: set[str] = set()
pieces: set[str] = set()  # lines of a text that was drawn whole


def watch_the_letters() -> None:
    """From now on, note what is written into drawings, whichever module writes it."""
    write, wrapped = lettering.write, lettering.wrapped

    def noting_write(pen, place, text, *others, **options):
        drawn.add(text)
        return write(pen, place, text, *others, **options)

    def noting_wrapped(text, *others):
        lines = wrapped(text, *others)
        drawn.add(text)
        pieces.update(lines)
        return lines

    for info in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
        if info.name.startswith(("course_lib.figures", "course_lib.lessons", "course_lib.widgets")):
            module = importlib.import_module(info.name)
            for name, noting in (("write", noting_write), ("wrapped", noting_wrapped)):
                if hasattr(module, name):
                    setattr(module, name, noting)


def widgets_of(path: Path) -> Iterator[object]:
    """The explorers and runners of a notebook, made one after the other."""
    names = {}
    for source in excerpt(path):
        *before, last = ast.parse(source).body
        shown = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(ast.Module(before if shown else [*before, last], []), path.name, "exec"), names)
            value = eval(compile(shown, path.name, "eval"), names) if shown else None
        if makes_widget(source):
            yield value


def values_of(control) -> list:
    """The values that a control is moved through: all of a list, the ends and the middle of a range."""
    if control.has_trait("index"):
        return [value for _, value in control.options] if isinstance(control.options[0], tuple) else control.options
    if control.has_trait("max"):
        return [control.min, control.max, control.value]
    return [not control.value, control.value] if isinstance(control.value, bool) else []


def sweep(widget) -> dict[str, list[str]]:
    """What a widget shows, by where it shows it."""
    from course_lib.widgets import Explorer

    shown = {"label": [widget.label], "controls": [], "sentences": []}
    for control in widget.controls.values():
        for part in (control, *getattr(control, "children", ())):
            shown["controls"] += [getattr(part, "description", ""), *getattr(part, "_options_labels", ())]
            shown["controls"] += [getattr(part, "label", "") or "", *getattr(part, "presets", {}).values()]
    if not isinstance(widget, Explorer):
        about = widget.player.about
        panes = [pane[name] for pane in about["panes"] for name in ("label", "note")]
        shown["sentences"] += [about["title"], *about["sentences"], *panes, widget.button.description]
        return shown
    canvas = widget.canvas

    def look():
        shown["sentences"].append(canvas.message or canvas.sentence)

    look()
    for control in widget.controls.values():
        for value in values_of(control) if control.has_trait("value") and not hasattr(control, "children") else []:
            control.value = value
            look()
    if canvas.cells:
        rows, columns = canvas.cells
        for row in sorted({0, rows - 1, *range(min(rows, 8))}):
            for column in sorted({0, columns - 1, *range(min(columns, 6))}):
                canvas.cell = [row, column]
                look()
    shown["words"] = list(canvas.words.values())
    return shown


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:]
    speak(Path(folder))
    watch_the_letters()
    report = {}
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        if path.name[:2] in numbers:
            for widget in widgets_of(path):
                drawn.clear()
                shown = {place: sorted(set(said)) for place, said in sweep(widget).items()}
                report[f"{path.name[:2]} {widget.label}"] = shown | {"drawn": sorted(drawn - pieces)}
    json.dump(report, sys.stdout)
