"""The explorers and runners of a lesson without the rest of it: the cells that make them, and what these need."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat

WIDGETS = {"Explorer", "LiveDrawing", "Runner"}


def excerpt(path: Path) -> list[str]:
    """The sources of the cells of a notebook, in order, that its explorers and runners hang on."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    wanted, needed = [], set()
    for source in reversed(cells):
        loaded, stored, changed, called = _names(source)
        if called & WIDGETS or (stored | changed) & needed:
            wanted.append(source)
            needed = (needed | loaded) - stored
    return wanted[::-1]


def makes_widget(source: str) -> bool:
    """Whether a cell makes an explorer or a runner."""
    return bool(_names(source)[-1] & WIDGETS)


def _names(source: str) -> tuple[set[str], set[str], set[str], set[str]]:
    """The names that a cell reads, sets, changes by a call of a method, and calls."""
    loaded, stored, changed, called = set(), set(), set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            stored.add(node.name)
        elif isinstance(node, ast.alias):
            stored.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            owner = getattr(node.value.func, "value", None)
            if isinstance(owner, ast.Name):
                changed.add(owner.id)
    return loaded, stored, changed, called
