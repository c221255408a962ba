"""Lesson 16, which sampler for which task: the checks of its exercises."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import torch
from torch import Tensor

from course_lib.atlas import MEASURES, open_atlas
from course_lib.exercises.checks import FunctionCheck, Mistake, not_yet, right
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr

BASELINE = ("euler", "normal", 50)
BUDGET = 20


EVEN, ODD, ALL = slice(0, None, 2), slice(1, None, 2), slice(None)


def _compare(first: Tensor, second: Tensor, parts: tuple[slice, ...] = (EVEN, ODD), wins=lambda a, b: a < b) -> str:
    """Which of two cells is better, from the errors of the same pictures (N,): "first", "second" or "tie"."""
    won = {bool(wins(first[part].mean(), second[part].mean())) for part in parts}
    return "tie" if len(won) == 2 else "first" if won == {True} else "second"


def _cases() -> list[tuple]:
    """Pairs of eight errors: clear ones, halves that disagree in both ways, and a list that changes in its middle."""
    base = torch.rand(8, generator=torch.Generator().manual_seed(16)) + 1
    flips = [[0.5, -0.4] * 4, [0.3, -0.5] * 4, [-0.4, 0.5] * 4]
    steps = [[0.3] * 8, [-0.3] * 8, *flips, [0.5] * 4 + [-0.4] * 4]
    return [(base, base + torch.tensor(step)) for step in steps]


check_compare = FunctionCheck(
    "compare",
    _compare,
    _cases(),
    [
        Mistake(
            "You took the mean of all pictures. That never gives a tie: take the mean of each half.",
            lambda a, b: _compare(a, b, (ALL,)),
        ),
        Mistake(
            "You cut the list in the middle. Here the halves are the even and the odd positions: [0::2] and [1::2].",
            lambda a, b: _compare(a, b, (slice(0, 4), slice(4, 8))),
        ),
        Mistake(
            "Turned round: these are errors, so the smaller one is better.",
            lambda a, b: _compare(a, b, wins=lambda x, y: x > y),
        ),
        Mistake(
            "You ask whether all pictures agree. The means of the two halves are enough.",
            lambda a, b: "first" if (a < b).all() else "second" if (b < a).all() else "tie",
        ),
        Mistake(
            "Only the first half decides in yours. Where the second half says something else, it is a tie.",
            lambda a, b: _compare(a, b, (EVEN,)),
        ),
        Mistake(
            "Only the second half decides in yours. Where the first half says something else, it is a tie.",
            lambda a, b: _compare(a, b, (ODD,)),
        ),
        Mistake(
            'The case of a tie is missing: return "tie" where the halves do not agree.',
            lambda a, b: "second" if _compare(a, b) == "tie" else _compare(a, b),
        ),
        Mistake(
            'Return the words "first", "second" or "tie", and not True or False.',
            lambda a, b: _compare(a, b) == "first",
        ),
    ],
)


def check_beat(answer: object) -> None:
    """Print whether (sampler, scheduler) with 20 calls beats Euler with 50 calls in the atlas.

    Example:

    >>> check_beat(("euler_ancestral", "karras"))
    [not yet] Euler ancestral adds fresh noise, so it has no error to compare. Choose a sampler that adds none.
    """
    print(_beat(answer))


def _beat(answer: object) -> str:
    if wrong := _names_wrong(answer, 2):
        return not_yet(wrong)
    atlas, cell = open_atlas(), (*answer, BUDGET)
    if SAMPLERS[answer[0]].stochastic:
        says = "{sampler} adds fresh noise, so it has no error to compare. Choose a sampler that adds none."
        return not_yet(tr(says).format(sampler=SAMPLERS[answer[0]].label))
    if reason := atlas.reason(*cell):
        return not_yet(tr("There is no such cell: {reason}.").format(reason=tr(reason)))
    verdict = atlas.better("latent_error", cell, BASELINE)
    numbers = {
        "mine": f"{atlas.found('latent_error', *cell).value:.3f}",
        "baseline": f"{atlas.found('latent_error', *BASELINE).value:.3f}",
    }
    if verdict:
        says = "{right} Error {mine} with 20 calls, against {baseline} with 50."
        return tr(says).format(right=right("your choice"), **numbers)
    if verdict is None:
        return not_yet(tr("A tie: {mine} against {baseline}, and the halves do not agree.").format(**numbers))
    return not_yet(tr("Its error is {mine}, and the baseline's {baseline}.").format(**numbers))


#: Task -> measure and budget.
TASKS: Mapping[str, tuple[str, int]] = {
    "preview": ("latent_error", 5),
    "gallery": ("distance", 20),
    "film": ("latent_error", 10),
}
#: Tasks that fresh noise spoils, and why.
STEADY = {
    "preview": "{sampler} adds fresh noise: with many calls it paints another picture than the one you previewed.",
    "film": "{sampler} adds fresh noise: each frame draws its own, and the film flickers.",
}


def check_choices(answer: object) -> None:
    """Print what to say of {task: (sampler, scheduler, number)} for the three tasks.

    Example:

    >>> check_choices({"preview": ..., "gallery": ..., "film": ...})
    [not yet] preview: your choice is still missing.
    [not yet] gallery: your choice is still missing.
    [not yet] film: your choice is still missing.
    """
    if not isinstance(answer, dict) or set(answer) != set(TASKS):
        print(not_yet(tr("choices must have the keys {names}.").format(names=", ".join(TASKS))))
        return
    for task in TASKS:
        says = _choice(task, answer[task])
        print(not_yet(f"{task}: {says}") if says else right(f"the choice for the {task}"))


def _choice(task: str, answer: object) -> str:
    """What is wrong with a choice; "" where nothing is."""
    if wrong := _names_wrong(answer, 3):
        return wrong
    (sampler, scheduler, number), (measure, budget) = answer, TASKS[task]
    atlas = open_atlas()
    if SAMPLERS[sampler].stochastic and task in STEADY:
        return tr(STEADY[task]).format(sampler=SAMPLERS[sampler].label)
    if reason := atlas.reason(sampler, scheduler, budget):
        return tr("there is no such cell: {reason}.").format(reason=tr(reason))
    found, ranking = atlas.found(measure, sampler, scheduler, budget), atlas.ranking(measure, budget)
    digits = MEASURES[measure].digits
    if not next(tie for *cell, tie in ranking if cell == [sampler, scheduler]):
        says = "the best cell has {best}, yours {found}, and both halves of the pictures say so."
        best = atlas.found(measure, *ranking[0][:2], budget)
        return tr(says).format(best=f"{best.value:.{digits}f}", found=f"{found.value:.{digits}f}")
    if not isinstance(number, int | float) or abs(number - found.value) > max(
        0.1 * abs(found.value), 0.6 * 10**-digits
    ):
        says = "the choice is good. Now defend it: the third entry is the {label} at {budget} calls, from the map."
        return tr(says).format(label=tr(MEASURES[measure].label), budget=budget)
    return ""


def _names_wrong(answer: object, count: int) -> str:
    """What to say of an answer that does not begin with the names of a sampler and a scheduler; "" where it does."""
    if answer is ... or answer is None:
        return tr("your choice is still missing.")
    if not isinstance(answer, tuple | list) or len(answer) != count:
        shape = '("dpmpp_2m", "karras")' if count == 2 else '("dpmpp_2m", "karras", 0.05)'
        return tr("write it as {shape}.").format(shape=shape)
    for kind, name, known in (("sampler", answer[0], SAMPLERS), ("scheduler", answer[1], SCHEDULERS)):
        if name not in known:
            labels = {row.label.lower(): key for key, row in known.items()}
            near = difflib.get_close_matches(str(name).lower(), [*known, *labels], 1)
            meant = labels.get(near[0], near[0]) if near else None
            says = "there is no {kind} {name}." if meant is None else "there is no {kind} {name}; did you mean {meant}?"
            return tr(says).format(kind=tr(kind), name=repr(name), meant=repr(meant))
    return ""
