"""Lesson 16, which sampler for which task: the checks of the exercises that choose a cell."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from numbers import Real

from torch import Tensor

from course_lib.atlas import MEASURES, open_atlas
from course_lib.atlas.table import PICTURES
from course_lib.exercises.checks import not_yet, right
from course_lib.exercises.differences import short as _short
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr

BASELINE = ("euler", "normal", 50)
BUDGET = 20


def check_beat(answer: object) -> None:
    """Print whether (sampler, scheduler) with 20 calls beats Euler with 50 calls in the atlas.

    Example:

    >>> check_beat(("euler_ancestral", "karras"))
    [not yet] Euler ancestral adds fresh noise: its picture isn't the one that this error compares with.
    """
    print(_beat(answer))


def _beat(answer: object) -> str:
    if wrong := _names_wrong(answer, 2):
        return not_yet(wrong)
    atlas, cell = open_atlas(), (*answer, BUDGET)
    if SAMPLERS[answer[0]].stochastic:
        says = "{sampler} adds fresh noise: its picture isn't the one that this error compares with."
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
        return not_yet(tr("A tie: {mine} against {baseline}, and chance could do that.").format(**numbers))
    return not_yet(tr("Its error is {mine}, and the baseline's {baseline}.").format(**numbers))


#: Task -> measure and budget.
TASKS: Mapping[str, tuple[str, int]] = {
    "preview": ("latent_error", 5),
    "gallery": ("distance", 20),
    "film": ("latent_error", 10),
}
#: Samplers that must not be taken for a task: the table of the page names them already.
WITHOUT: Mapping[str, tuple[str, ...]] = {"preview": ("euler", "ddim")}
#: How an answer is written, by its length; neither is an answer.
SHAPES = {2: '("euler", "normal")', 3: '("ttm", "karras", 0.5)'}
#: Tasks that fresh noise spoils, and why.
STEADY = {
    "preview": "{sampler} adds fresh noise: with many calls it paints another picture than the one you previewed.",
    "film": "{sampler} adds fresh noise, so the map can't tell its error. Take a sampler without fresh noise.",
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
    if sampler in WITHOUT.get(task, ()):
        return tr("here the program has neither Euler nor DDIM. Find the best of the other samplers.")
    if SAMPLERS[sampler].stochastic and task in STEADY:
        return tr(STEADY[task]).format(sampler=SAMPLERS[sampler].label)
    if reason := atlas.reason(sampler, scheduler, budget):
        return tr("there is no such cell: {reason}.").format(reason=tr(reason))
    if says := _not_good(task, sampler, scheduler):
        return says
    says = _number_wrong(number, measure, (sampler, scheduler, budget))
    return says and tr("the choice is good. {says}").format(says=says)


def _number_wrong(number: object, measure: str, cell: tuple[str, str, int]) -> str:
    """What to say of the number with which a cell is defended; "" where it is the map's."""
    found, digits = open_atlas().found(measure, *cell), MEASURES[measure].digits
    shown = {"label": tr(MEASURES[measure].label), "budget": cell[2], "number": f"{found.value:.{digits}f}"}
    near = lambda value: abs(number - value) <= max(0.1 * abs(value), 0.6 * 10**-digits)  # noqa: E731
    if isinstance(number, str):
        return tr("Write the third entry as a number, without quotes and without its ±.")
    if isinstance(number, Tensor) and number.numel() == 1:
        number = number.item()
    if isinstance(number, bool) or not isinstance(number, Real):
        return tr("Now defend it: the third entry is the {label} at {budget} calls, from the map.").format(**shown)
    if near(found.value):
        return ""
    if near(-found.value) and found.value < 0:
        return tr("But your number has lost its minus sign: the map says {number}.").format(**shown)
    if near(-found.value):
        return tr("But your number has a minus sign too many: the map says {number}.").format(**shown)
    if near(found.error):
        return tr("But your number is the one after ±. Take the {label} itself, before it.").format(**shown)
    if measure == "latent_error" and near(open_atlas().found("pixel_error", *cell).value):
        return tr("But your number is the error of the picture. Take the {label}: the map shows it.").format(**shown)
    others = [budget for budget in open_atlas().budgets if near(open_atlas().found(measure, *cell[:2], budget).value)]
    if others:
        says = "But your number is the one at {other} calls. Set the map to {budget}."
        return tr(says).format(other=others[0], **shown)
    return tr("Now defend it: the third entry is the {label} at {budget} calls, from the map.").format(**shown)


def _not_good(task: str, sampler: str, scheduler: str) -> str:
    """What to say of a cell that is not good enough for a task; "" where it is."""
    (measure, budget), atlas = TASKS[task], open_atlas()
    digits, found = MEASURES[measure].digits, atlas.found(measure, sampler, scheduler, budget)
    mine = {"found": f"{found.value:.{digits}f}", "error": f"{found.error:.{digits}f}"}
    if measure not in PICTURES:
        good = atlas.good(measure)[atlas.place(sampler, scheduler, budget)]
        says = "its KID is {found} ± {error}, and that is not less than twice its ±."
        return "" if good else tr(says).format(**mine)
    best = next((*row[:2], budget) for row in atlas.ranking(measure, budget) if row[0] not in WITHOUT.get(task, ()))
    if atlas.better(measure, best, (sampler, scheduler, budget)) is None:
        return ""
    mine["best"] = f"{atlas.found(measure, *best).value:.{digits}f}"
    if task in WITHOUT:
        says = tr("the best cell without Euler has {best}, yours {found}, and that is no tie.").format(**mine)
    else:
        says = tr("the best cell has {best}, yours {found}, and that is no tie. The map frames the ties.").format(
            **mine
        )
    if budget == 5 and not scheduler.startswith("ays"):
        says += " " + tr("At 5 calls look at the AYS columns.")
    return says


def _names_wrong(answer: object, count: int) -> str:
    """What to say of an answer that does not begin with the names of a sampler and a scheduler; "" where it does."""
    if answer is ... or answer is None:
        return tr("your choice is still missing.")
    if isinstance(answer, tuple | list) and len(answer) == 2 < count:
        return tr("the third entry, the number, is missing.")
    if not isinstance(answer, tuple | list) or len(answer) != count:
        return tr("write it as {shape}.").format(shape=SHAPES[count])
    for kind, name, known, other, swapped in (
        ("sampler", answer[0], SAMPLERS, "scheduler", SCHEDULERS),
        ("scheduler", answer[1], SCHEDULERS, "sampler", SAMPLERS),
    ):
        if name is ... or name is None:
            return tr("the name of the {kind} is still missing.").format(kind=tr(kind))
        if not isinstance(name, str):
            says = "write the name of the {kind} in quotes, such as {name}; you have {got}."
            return tr(says).format(kind=tr(kind), name=repr(next(iter(known))), got=_short(name))
        if str(name).lower() in swapped:
            says = "{name} is a {other}. Name the sampler first, and then the scheduler."
            return tr(says).format(name=repr(name), other=tr(other))
        if name not in known:
            labels = {row.label.lower(): key for key, row in known.items()}
            if kind == "sampler" and (both := _together(name.lower(), labels)):
                return tr("write the scheduler as the second entry: {both}.").format(both=both)
            short = re.sub(r"([_ ])a$", r"\1ancestral", name.lower())  # as in "Euler a"
            near = difflib.get_close_matches(short, [*known, *labels], 1)
            meant = labels.get(near[0], near[0]) if near else None
            says = "there is no {kind} {name}." if meant is None else "there is no {kind} {name}; did you mean {meant}?"
            return tr(says).format(kind=tr(kind), name=repr(name), meant=repr(meant))
    return ""


def _together(name: str, labels: Mapping[str, str]) -> str:
    """The two entries that somebody wrote as one, such as "dpm++ 2m karras"; "" where it is something else."""
    for key, row in SCHEDULERS.items():
        for end in (key, row.label.lower()):
            first = name[: -len(end) - 1]
            if name.endswith((f"_{end}", f" {end}")) and (first in SAMPLERS or first in labels):
                return f'"{labels.get(first, first)}", "{key}"'
    return ""
