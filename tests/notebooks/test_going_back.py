"""Going back: a cell that is run again after the end of its page finds its names as they were."""

import ast
import symtable

import nbformat
import pytest

from tests.notebooks.execute import all_notebooks

SIMPLE = (ast.Assign, ast.AnnAssign)  # they read first, and bind then


def names(statement):
    """What a statement reads and what it binds among the names of the page, by Python's own tables of names."""
    page = symtable.symtable(ast.unparse(statement), "cell", "exec")
    read, inner = {name.get_name() for name in page.get_symbols() if name.is_referenced()}, page.get_children()
    bound = {name.get_name() for name in page.get_symbols() if name.is_assigned() or name.is_imported()}
    while inner:
        function, *inner = [*inner, *inner[0].get_children()]
        read |= {name.get_name() for name in function.get_symbols() if name.is_global() and name.is_referenced()}
    if isinstance(statement, ast.Delete):
        return read, set()  # what a page gives back on purpose, for room, is an error that says its name
    if isinstance(statement, ast.AugAssign):
        return read | bound, bound
    return read if isinstance(statement, SIMPLE) else read - bound, bound


def reused(sources):
    """The names that a cell reads from above, and that it or a cell below binds to something else: (cell, name)."""
    reads, binds = [], []
    for source in sources:
        read, bound = set(), {}
        for statement in ast.parse(source).body:
            mine, new = names(statement)
            read |= mine - bound.keys()
            bound |= dict.fromkeys(new, ast.unparse(statement))
        reads.append(read)
        binds.append(bound)
    found, above = [], {}
    for cell, read in enumerate(reads):
        for name in read & above.keys():
            later = {bound[name] for bound in binds[cell:] if name in bound}
            if later - {above[name]}:
                found.append((cell, name))
        above |= binds[cell]
    return found


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_name_that_a_page_reuses_is_two_names(path):
    sources = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [(name, sources[cell]) for cell, name in reused(sources)] == []


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["x = 1", "x + 1", "x = 2"], [(1, "x")]),
        (["x = 1", "x = x + 1"], [(1, "x")]),
        (["x = 1", "x += 1"], [(1, "x")]),
        (["x = 1", "def f():\n    return x", "for x in [2]:\n    f()"], [(1, "x")]),
        (["x = 1", "f'{x}'", "y, (x, z) = 1, (2, 3)"], [(1, "x")]),
        (["x = 1", "[x for _ in 'ab']", "import math as x"], [(1, "x")]),
        (["x = 1", "x + 1", "def x():\n    pass"], [(1, "x")]),
        (["x = 1\nx + 1", "x = 2\nx + 1"], []),  # each cell reads its own
        (["x = 1", "x + 1", "x = 1"], []),  # bound to the same again
        (["x = 1", "x + 1", "def f(x):\n    x = 2\n    return [x for x in 'ab']"], []),  # other names
        (["x = 1", "x + 1", "del x"], []),
        (["for x in [1]:\n    print(x)", "for x in [2]:\n    print(x)"], []),
    ],
)
def test_what_counts_as_reused(sources, found):
    assert reused(sources) == found
