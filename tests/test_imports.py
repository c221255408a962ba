"""Arrows point one way: what each part may import, read from the source of every file."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "course_lib"
MATHEMATICS = {"layers", "models", "diffusion", "schedulers", "samplers", "pipeline", "datasets"}
MATHEMATICS |= {"expect", "device", "files", "shipped", "texts", "threads"}

# part: (what it may import of course_lib, what it may import from outside the standard library)
ALLOWED = {
    "__init__": (MATHEMATICS, set()),
    "expect": (set(), {"torch"}),
    "files": (set(), set()),
    "shipped": (set(), set()),
    "texts": (set(), set()),
    "device": ({"expect"}, {"torch"}),
    "threads": (set(), {"torch", "psutil"}),
    "layers": ({"expect"}, {"torch"}),
    "diffusion": ({"expect"}, {"torch"}),
    "schedulers": ({"expect", "diffusion"}, {"torch", "scipy"}),
    "samplers": ({"expect"}, {"torch", "torchsde"}),
    "datasets": ({"expect", "shipped", "texts"}, {"torch", "numpy", "PIL"}),
    "models": (
        {"device", "expect", "files", "shipped", "texts", "layers", "diffusion"},
        {"torch", "safetensors", "huggingface_hub", "psutil"},
    ),
    "pipeline": ({"datasets", "expect", "texts", "diffusion", "models", "samplers", "schedulers"}, {"torch", "numpy"}),
    "command_line": ({"files"}, {"PIL"}),
    "__main__": ({"command_line", "datasets", "device", "models", "pipeline", "threads"}, {"tqdm"}),
    "training": (MATHEMATICS, {"torch", "numpy", "PIL", "scipy", "safetensors", "tqdm"}),
    "atlas": (MATHEMATICS | {"training"}, {"torch", "numpy", "PIL"}),
    "exercises": ({"texts"}, {"torch"}),
    "app": (MATHEMATICS, {"torch", "psutil", "jupyter_core"}),
    "figures": (MATHEMATICS, {"torch", "numpy", "PIL", "matplotlib", "IPython", "pythainlp"}),
    "lessons": (
        MATHEMATICS | {"atlas", "figures", "exercises", "training"},
        {"torch", "numpy", "PIL", "safetensors"},
    ),
    "widgets": (
        MATHEMATICS | {"atlas", "figures", "exercises"},
        {"torch", "numpy", "PIL", "matplotlib", "anywidget", "ipywidgets", "traitlets"},
    ),
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; write the full name"
            if node.module == "course_lib":
                yield from (f"course_lib.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_arrows_point_one_way(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    own, outside = ALLOWED[part]
    for name in imported(path):
        top, *rest = name.split(".")
        if top == "course_lib":
            assert rest and rest[0] in own | {part}, f"{part} must not import {name}"
        elif top not in sys.stdlib_module_names:
            assert top in outside, f"{part} must not import {name}"


SHARED = ("plane", "small_model")  # what several lessons stand on


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("lessons/lesson_*/*.py")), ids=lambda path: path.parts[-2][-2:] + path.name
)
def test_no_lesson_imports_another(path):
    for name in imported(path):
        if name.startswith("course_lib.lessons"):
            assert name.removeprefix("course_lib.lessons.").partition(".")[0] in (path.parent.name, *SHARED)


@pytest.mark.parametrize("lesson", sorted(PACKAGE.glob("lessons/lesson_*")), ids=lambda path: path.name)
def test_every_lesson_is_laid_out_alike(lesson):
    assert {"__init__.py", "questions.py", "checks.py"} <= {path.name for path in lesson.iterdir()}
    for node in ast.parse((lesson / "questions.py").read_text()).body:
        assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.For | ast.If), "questions are data"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_small(path):
    """In characters, since the sentences of a check make long lines."""
    assert len(path.read_text(encoding="utf-8")) <= 15_000


def test_importing_the_library_loads_nothing_heavy_and_draws_no_random_number():
    code = (
        "import torch, sys; before = torch.get_rng_state(); from course_lib import *;"
        "heavy = {'matplotlib', 'ipywidgets', 'anywidget', 'diffusers', 'transformers', 'torchsde', 'scipy'};"
        "heavy &= set(sys.modules);"
        "assert not heavy, heavy; assert torch.equal(before, torch.get_rng_state())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_itself_loads_on_demand():
    code = "import sys, course_lib; assert 'torch' not in sys.modules; assert course_lib.samplers.SAMPLERS"
    subprocess.run([sys.executable, "-c", code], check=True)
