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


def _compare(first: Tensor, second: Tensor, halves=((0, 2), (1, 2)), wins=lambda a, b: a < b) -> str:
    """Which of two cells is better, from the errors of the same pictures (N,): "first", "second" or "tie"."""
    won = {bool(wins(first[begin::step].mean(), second[begin::step].mean())) for begin, step in halves}
    return "tie" if len(won) == 2 else ("first" if won == {True} else "second")


def _cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(16)
    base = torch.rand(8, generator=generator) + 1
    flip = torch.tensor([0.5, -0.4] * 4)
    late = torch.tensor([0.5] * 4 + [-0.4] * 4)
    return [(base, base + 0.3), (base + 0.3, base), (base, base + flip), (base, base + late), (base + flip, base)]


check_compare = FunctionCheck(
    "compare",
    _compare,
    _cases(),
    [
        Mistake(
            "You took the mean of all pictures. That never gives a tie: take the mean of each half.",
            lambda a, b: _compare(a, b, ((0, 1),)),
        ),
        Mistake(
            "You cut the list in the middle. Here the halves are the even and the odd positions: [0::2] and [1::2].",
            lambda a, b: "tie" if (a[:4].mean() < b[:4].mean()) != (a[4:].mean() < b[4:].mean()) else _compare(a, b),
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
            lambda a, b: _compare(a, b, ((0, 2),)),
        ),
        Mistake(
            'Your words are right, but the case of a tie is missing: return "tie" where the halves do not agree.',
            lambda a, b: "first" if (a[0::2].mean() < b[0::2].mean() and a[1::2].mean() < b[1::2].mean()) else "second",
        ),
    ],
)


def check_beat(answer: object) -> None:
    """Print whether (sampler, scheduler) with 20 calls beats Euler with 50 calls in the atlas."""
    print(_beat(answer))


def _beat(answer: object) -> str:
    wrong = _names_wrong(answer, 2)
    if wrong:
        return wrong
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


#: Task -> measure, budget, and the sentence for a choice that is worse than the best.
TASKS: Mapping[str, tuple[str, int]] = {
    "preview": ("latent_error", 5),
    "gallery": ("distance", 20),
    "film": ("latent_error", 10),
}


def check_choices(answer: object) -> None:
    """Print what to say of {task: (sampler, scheduler, number)} for the three tasks."""
    if not isinstance(answer, dict) or set(answer) != set(TASKS):
        print(not_yet(tr("choices must have the keys {names}.").format(names=", ".join(TASKS))))
        return
    for task in TASKS:
        print(f"{task}: {_choice(task, answer[task])}")


def _choice(task: str, answer: object) -> str:
    if answer is ... or answer is None:
        return not_yet("This choice is still missing.")
    wrong = _names_wrong(answer, 3)
    if wrong:
        return wrong
    (sampler, scheduler, number), (measure, budget) = answer, TASKS[task]
    atlas = open_atlas()
    if SAMPLERS[sampler].stochastic and task != "gallery":
        why = {
            "preview": "{sampler} adds fresh noise: with many calls it paints another picture than the one you previewed.",
            "film": "{sampler} adds fresh noise: each frame draws its own, and the film flickers.",
        }[task]
        return not_yet(tr(why).format(sampler=SAMPLERS[sampler].label))
    if reason := atlas.reason(sampler, scheduler, budget):
        return not_yet(tr("There is no such cell: {reason}.").format(reason=tr(reason)))
    found = atlas.found(measure, sampler, scheduler, budget)
    best = atlas.ranking(measure, budget)[0]
    tie = next(tie for one, other, tie in atlas.ranking(measure, budget) if (one, other) == (sampler, scheduler))
    digits = MEASURES[measure].digits
    if not tie:
        says = "The best cell has {best}, yours {found}, and both halves of the pictures say so."
        value = atlas.found(measure, *best[:2], budget).value
        return not_yet(tr(says).format(best=f"{value:.{digits}f}", found=f"{found.value:.{digits}f}"))
    if not isinstance(number, int | float) or abs(number - found.value) > max(
        0.1 * abs(found.value), 0.6 * 10**-digits
    ):
        says = "The choice is good. Now defend it: the third entry is the number {label} from the atlas, at {budget} calls."
        return not_yet(tr(says).format(label=tr(MEASURES[measure].label), budget=budget))
    return right("your choice")


def _names_wrong(answer: object, count: int) -> str:
    """What to say of an answer that does not begin with the names of a sampler and a scheduler; "" where it does."""
    if answer is ... or answer is None:
        return not_yet("your choice is still missing.")
    if not isinstance(answer, tuple | list) or len(answer) != count or ... in answer:
        shape = '("dpmpp_2m", "karras")' if count == 2 else '("dpmpp_2m", "karras", 0.05)'
        return not_yet(tr("Write it as {shape}.").format(shape=shape))
    for kind, name, known in (("sampler", answer[0], SAMPLERS), ("scheduler", answer[1], SCHEDULERS)):
        if name not in known:
            labels = {row.label.lower(): key for key, row in known.items()}
            near = difflib.get_close_matches(str(name).lower(), [*known, *labels], 1)
            meant = labels.get(near[0], near[0]) if near else None
            says = "There is no {kind} {name}." if meant is None else "There is no {kind} {name}; did you mean {meant}?"
            return not_yet(tr(says).format(kind=tr(kind), name=repr(name), meant=repr(meant)))
    return ""
