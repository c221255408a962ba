"""Lesson 15, schedulers: the check of exercise 3, ten calls of the learner's own."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from course_lib.exercises.checks import not_yet
from course_lib.lessons.lesson_15.bend import by_price
from course_lib.lessons.lesson_15.scoring import CALLS, NAMES, TABLE, checked, levels, score, step_costs
from course_lib.lessons.lesson_15.search import found
from course_lib.lessons.lesson_15.sketch import Sketch
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr

BAR = 0.08  # no scheduler of the library gets there


def check_ten(answer: object) -> None:
    """Print the verdict on ten calls that the learner has laid: eleven levels whose error is below BAR.

    Example:

    >>> check_ten(levels("karras"))
    [not yet] That list is ready-made, or nearly so: Karras. Move at least one of its levels by a tenth.
    """
    print(verdict_on_ten(answer))


def verdict_on_ten(answer: object) -> str:
    """The verdict as one sentence; it never raises.

    Example:

    >>> verdict_on_ten([14.6, 8, 5, 3, 2, 1, 0])
    '[not yet] Those are 6 calls. Spend ten: eleven levels, and the last one is 0.'
    """
    if answer is None or answer is ...:
        return not_yet("my_levels is still missing.")
    if isinstance(answer, Sketch):
        return not_yet("That is the whole sketch. Hand in its levels: sketch.sigmas.")
    try:
        sigmas = checked(answer)
    except ValueError as error:
        return not_yet(str(error)[:1].upper() + str(error)[1:] + ".")
    if len(sigmas) != CALLS + 1:
        says = tr("Those are {calls} calls. Spend ten: eleven levels, and the last one is 0.")
        return not_yet(says.format(calls=len(sigmas) - 1))
    if abs(sigmas[0].item() - TABLE.sigma_max) > 0.02:
        says = tr("The first level must be 14.61, where the noise begins; yours is {first}.")
        return not_yet(says.format(first=f"{sigmas[0].item():.2f}"))
    for name, ready in _ready_made():
        if len(ready) == len(sigmas) and _is_nearly(sigmas, ready):
            says = tr("That list is ready-made, or nearly so: {name}. Move at least one of its levels by a tenth.")
            return not_yet(says.format(name=name))
    return _measured(sigmas)


def _ready_made() -> Iterator[tuple[str, torch.Tensor]]:
    """The lists that nobody has to find: those of the library, and those that the page computes."""
    yield from ((SCHEDULERS[name].label, levels(name)) for name in NAMES)
    yield from ((tr("a power of the price"), by_price(CALLS, power)) for power in (0.25, 0.5, 0.75))
    yield from ((tr("the search for GITS"), found(percent / 100)) for percent in range(80, 151, 5))


def _is_nearly(sigmas: torch.Tensor, ready: torch.Tensor) -> bool:
    """No level is moved by a tenth (0.095: a reader rounds), neither from the list nor from its two decimals."""
    typed = ready.round(decimals=2)
    kept = [(sigmas - level).abs() <= 0.095 * level for level in (ready, typed)]
    return bool((((sigmas - typed).abs() < 1e-9) | (kept[0] & kept[1])).all())


def _measured(sigmas: torch.Tensor) -> str:
    error = round(score(sigmas), 3)
    if error < BAR:
        return tr("[OK] Your error is {error}. No scheduler of the library does better.").format(error=f"{error:.3f}")
    costs, values = step_costs(sigmas), [f"{sigma:.3g}" for sigma in sigmas.tolist()]
    most, least = costs.index(max(costs)), costs.index(min(costs))
    words = {"error": f"{error:.3f}", "first": values[most], "last": values[most + 1], "cost": f"{costs[most]:.3f}"}
    says = tr(
        "Your error is {error}. The step from {first} to {last} misses most, {cost} by itself: move levels there. "
        "The step from {high} to {low} misses least."
    )
    return not_yet(says.format(**words, high=values[least], low=values[least + 1]))
