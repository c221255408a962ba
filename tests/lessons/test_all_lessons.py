"""Every check of every lesson: the right answer passes, each named mistake is recognised, a stub is 'not yet'."""

import importlib
import itertools
import pkgutil
import re
from pathlib import Path

import nbformat
import pytest
import torch

import course_lib.lessons
from course_lib.exercises import checks
from course_lib.exercises.checks import FunctionCheck, ValueCheck
from course_lib.exercises.quiz import Question

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
MODULES = [
    importlib.import_module(f"course_lib.lessons.{info.name}")
    for info in pkgutil.iter_modules(course_lib.lessons.__path__)
    if info.name.startswith("lesson_")
]


def found(kind):
    return [
        pytest.param(thing, id=f"{module.__name__[-9:]}.{name}")
        for module in MODULES
        for name, thing in vars(module).items()
        if isinstance(thing, kind)
    ]


CHECKS = pytest.mark.parametrize("check", found((FunctionCheck, ValueCheck)))


def nudged(value, by):
    """A value whose numbers are larger, each by the same share of itself (and 0 by the share alone); None for words."""
    if isinstance(value, list | tuple) and value and all(nudged(number, by) is not None for number in value):
        return [nudged(number, by) for number in value]
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value + by * torch.where(value == 0, 1.0, value)
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return value + by * (value or 1)
    return None


@CHECKS
def test_rounding_is_forgiven_and_an_error_of_one_percent_is_not(check):
    """Checks whose answers are words, lists of them or truth values have no tolerance, and integers no rounding."""

    def answer(by):
        if isinstance(check, ValueCheck):
            return nudged(check.right, by)

        def near(*arguments):
            value = check.right(*arguments)
            return value if (moved := nudged(value, by)) is None else moved

        return near

    if isinstance(check, ValueCheck):
        if answer(0) is not None:
            parts = check.right if isinstance(check.right, list | tuple) else [check.right]
            whole = all(isinstance(part, int) for part in parts)  # a shape may insist on whole numbers
            assert whole or check.verdict(answer(1e-9)).startswith("[OK]")
            assert check.verdict(answer(1e-2)).startswith("[not yet]")
        return
    right = [check.right(*checks._copies(case)) for case in check.cases]
    if any(nudged(value, 0) is not None for value in right):
        integers = all(isinstance(value, int) for value in right)
        assert integers or check.verdict(answer(1e-7)).startswith("[OK]")
        assert check.verdict(answer(1e-2)).startswith("[not yet]")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_the_solutions_of_a_lesson_name_every_check_of_it(module):
    """A check that no exercise cell calls is seen by nobody."""
    (notebook,) = NOTEBOOKS.glob(f"solutions/{module.__name__[-2:]}_*.ipynb")
    source = "\n".join(cell.source for cell in nbformat.read(notebook, as_version=4).cells)
    offered = [name for name, thing in vars(module).items() if isinstance(thing, FunctionCheck | ValueCheck)]
    assert not [name for name in offered if f"lesson.{name}(" not in source]


@CHECKS
def test_every_mistake_gets_its_own_sentence(check):
    assert len(check.mistakes) >= 2
    for mistake in check.mistakes:
        assert check.verdict(mistake.wrong) == f"[not yet] {mistake.says}"


@CHECKS
def test_each_mistake_differs_from_every_other(check):
    """Two wrong answers that no case tells apart would get one and the same sentence, perhaps the wrong one."""

    def outcomes(mistake):
        if isinstance(check, ValueCheck):
            return [mistake.wrong]
        given = [checks._outcome(mistake.wrong, checks._copies(case)) for case in check.cases]
        return [mistake.stops if mistake.stops and isinstance(value, Exception) else value for value in given]

    for one, other in itertools.combinations(check.mistakes, 2):
        assert not all(map(checks._same, outcomes(one), outcomes(other))), f"{one.says} / {other.says}"


@CHECKS
def test_a_stub_is_not_yet_and_nothing_raises(check, capsys):
    def raising(*arguments):
        raise RuntimeError("the learner's own")

    nonsense = [..., None, "text", object(), [], lambda *a: ..., lambda *a: None, lambda *a: "text", raising]
    for answer in nonsense:
        check(answer)
        assert capsys.readouterr().out.startswith("[not yet]")


@pytest.mark.parametrize("question", found(Question))
def test_every_choice_has_a_reply(question):
    for choice in question.choices:
        assert len(choice.reply) > 15, f"{choice.text!r} needs a reply that explains"


def every_question():
    for module in MODULES:
        for thing in vars(module).values():
            yield from (one for one in (thing if isinstance(thing, tuple) else [thing]) if isinstance(one, Question))


def test_no_reply_says_its_verdict_itself():
    """The page says "Right." or "Not yet." before it."""
    replies = [choice.reply for question in every_question() for choice in question.choices]
    assert len(replies) > 200
    assert not [reply for reply in replies if re.match(r"(right|yes|no|not yet)[:.]\s", reply, re.IGNORECASE)]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_every_lesson_has_a_quiz(module):
    assert all(isinstance(question, Question) for question in module.quiz)
    assert len(module.quiz) >= (1 if module.__name__.endswith("00") else 3)
