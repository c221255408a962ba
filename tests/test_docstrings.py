"""Everything public says what it is, with an example that runs, the shapes it takes and the errors it raises.

The examples themselves are run by pytest's --doctest-modules.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import re

import pytest

import course_lib
from course_lib.atlas import table
from course_lib.training import loop

SHAPE = re.compile(
    r"\((?:\.\.\.|(?:\.\.\.|[A-Za-z_0-9]+(?: [-+*/] [A-Za-z_0-9]+)*)(?:, ?(?:[A-Za-z_0-9 +*/-]+|\.\.\.)?)+)\)"
)
MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(course_lib.__path__, "course_lib.")
    if not info.name.endswith("__main__")
]


def public():
    for module in MODULES:
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) == module.__name__
            if own and not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                yield pytest.param(thing, id=f"{module.__name__}.{name}")


PUBLIC = list(public())


def methods(cls):
    for name, member in vars(cls).items():
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if inspect.isfunction(function) and function.__module__ == cls.__module__ and not name.startswith("_"):
            yield name, function


def is_plain(thing):
    """Whether it only holds fields: an example of making one teaches nothing."""
    holds_fields = dataclasses.is_dataclass(thing) or hasattr(thing, "_fields")
    return inspect.isclass(thing) and holds_fields and not list(methods(thing))


def is_of_a_program(thing):
    """Whether it belongs to the trainings and measurements, which run from a terminal; two modules serve lessons."""
    runs = thing.__module__.startswith(("course_lib.training.", "course_lib.atlas."))
    return runs and thing.__module__ not in (loop.__name__, table.__name__)


def is_a_wrong_answer(thing):
    """Whether it is a usual wrong answer to an exercise: what it does is said by the check that knows it."""
    return thing.__module__.rpartition(".")[2].startswith("wrong_")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_module_says_what_it_is_about(module):
    assert inspect.getdoc(module)


@pytest.mark.parametrize("thing", PUBLIC)
def test_every_public_name_has_a_docstring_with_an_example(thing):
    text = inspect.getdoc(thing) or ""
    assert text or is_a_wrong_answer(thing)
    with_methods = (
        [text, *(inspect.getdoc(function) or "" for _, function in methods(thing))]
        if inspect.isclass(thing)
        else [text]
    )
    has_example = any(">>>" in part for part in with_methods)
    assert has_example or is_plain(thing) or is_of_a_program(thing) or is_a_wrong_answer(thing), (
        "say with an example what it does"
    )
    if inspect.isclass(thing):
        for name, function in methods(thing):
            assert inspect.getdoc(function), f"{thing.__name__}.{name} has no docstring"


@pytest.mark.parametrize("thing", PUBLIC)
def test_shapes_and_errors_are_said(thing):
    if is_a_wrong_answer(thing):
        return
    functions = [thing] if inspect.isfunction(thing) else [function for _, function in methods(thing)]
    for function in functions:
        text = (inspect.getdoc(function) or "") + ("" if function is thing else inspect.getdoc(thing) or "")
        parameters = inspect.signature(function).parameters.values()
        if any("Tensor" in str(parameter.annotation) for parameter in parameters):
            assert SHAPE.search(text), f"{function.__qualname__} takes a tensor and does not say its shape"
        if re.search(r"^\s+raise \w+Error|expect\.\w+\(", inspect.getsource(function), re.MULTILINE):
            says = re.search(r"[Rr]aises|^Refuses? |settings and errors: those of|ends in a \w+Error", text)
            assert says, f"{function.__qualname__} does not say what it raises"
        assert not re.search(r"Raises \w+\.(\s|$)", text), f"{function.__qualname__} does not say when it raises"
