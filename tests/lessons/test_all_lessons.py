"""Every check of every lesson: the right answer passes, each named mistake is recognised, a stub is 'not yet'."""

import importlib
import itertools
import pkgutil

import pytest

import course_lib.lessons
from course_lib.exercises import checks
from course_lib.exercises.checks import NOT_YET, RIGHT, FunctionCheck, ValueCheck
from course_lib.exercises.quiz import Question

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


@CHECKS
def test_the_right_answer_passes(check):
    assert check.verdict(check.right) == f"{RIGHT} {check.name} is right."


@CHECKS
def test_every_mistake_gets_its_own_sentence(check):
    assert len(check.mistakes) >= 2
    for mistake in check.mistakes:
        assert check.verdict(mistake.wrong) == f"{NOT_YET} {mistake.says}"


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
        assert capsys.readouterr().out.startswith(NOT_YET)


@pytest.mark.parametrize("question", found(Question))
def test_every_choice_has_a_reply(question):
    for choice in question.choices:
        assert len(choice.reply) > 15, f"{choice.text!r} needs a reply that explains"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__[-9:])
def test_every_lesson_has_a_quiz(module):
    assert all(isinstance(question, Question) for question in module.quiz)
    assert len(module.quiz) >= (1 if module.__name__.endswith("00") else 3)
