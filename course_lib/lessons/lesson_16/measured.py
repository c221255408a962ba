"""Lesson 16: what the atlas says, as lists and curves."""

from __future__ import annotations

import numpy as np

from course_lib import expect
from course_lib.atlas import MEASURES, open_atlas
from course_lib.atlas.cells import SAME_AS
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr


def label_of(sampler: str, scheduler: str) -> str:
    """The names of a cell.

    Example:

    >>> label_of("dpmpp_2m", "karras")
    'DPM++ 2M, Karras'
    """
    return f"{SAMPLERS[sampler].label}, {SCHEDULERS[scheduler].label}"


def best(measure: str, budget: int, count: int = 5, *, scheduler: str | None = None) -> list[str]:
    """The best cells of a budget, one line each: the number, its standard error, and "tie" for a tie with the first.

    Sets have no single pictures that could tie: for KID "good" stands there, where it is less than twice its standard
    error. Rows that are the same mathematics as another stand under its name. measure : a name of MEASURES;
    scheduler : only this one. Raises ValueError for an unknown name or budget.

    Example:

    >>> len(best("latent_error", 10, 3))
    3
    """
    atlas, digits = open_atlas(), MEASURES[measure].digits
    sets, good = MEASURES[measure].better == "least above 0", atlas.good(measure)
    ranking = [row for row in atlas.ranking(measure, budget) if row[0] not in SAME_AS and scheduler in (None, row[1])]
    lines = []
    for sampler, name, tie in ranking[: expect.whole("count", count)]:
        found = atlas.found(measure, sampler, name, budget)
        number = f"{found.value:.{digits}f} ± {found.error:.{digits}f}" if found.error else f"{found.value:.{digits}f}"
        mark = (good[atlas.place(sampler, name, budget)] and tr("good")) if sets else (tie and lines and tr("tie"))
        lines.append(f"{label_of(sampler, name):40s} {number:>14s}  {mark or ''}".rstrip())
    return lines


def line(measure: str, *cells: tuple[str, str, int]) -> list[str]:
    """One line for each cell (sampler, scheduler, budget): its number and its standard error.

    Example:

    >>> line("right", ("euler", "karras", 20))[0].startswith("Euler, Karras, 20 calls")
    True
    """
    atlas, digits = open_atlas(), MEASURES[measure].digits
    lines = []
    for sampler, scheduler, budget in cells:
        found = atlas.found(measure, sampler, scheduler, budget)
        error = f" ± {found.error:.{digits}f}" if found.error else ""
        what = f"{label_of(sampler, scheduler)}, {budget} calls"
        lines.append(f"{what:42s} {found.value:.{digits}f}{error}{MEASURES[measure].unit}")
    return lines


def draw_curves(rows: tuple[str, ...], measure: str = "pixel_error", scheduler: str = "karras") -> Shown:
    """A measure against the budget for some samplers, both axes logarithmic; bars are standard errors.

    Raises ValueError for an unknown name. Example:

    >>> draw_curves(("euler", "lms")).width
    700
    """
    atlas = open_atlas()
    values, errors, _ = atlas.all(measure)
    _, column, _ = atlas.place(rows[0], scheduler, atlas.budgets[0])
    with subplots(width=7, height=3.8) as (figure, axis):
        for index, name in enumerate(rows):
            s, k, _ = atlas.place(name, scheduler, atlas.budgets[0])
            colour = COLOURS[("signal", "noise", "denoised", "target", "ink")[index % 5]]
            look = {"fmt": ("o-", "s--", "^-", "D--", "v:", "P-.")[index % 6], "color": colour, "capsize": 3}
            axis.errorbar(atlas.budgets, values[s, k], errors[s, k], label=SAMPLERS[name].label, **look)
        label = tr(MEASURES[measure].label) + tr(MEASURES[measure].unit)
        axis.set(xscale="log", yscale="log", xlabel=tr("calls of the network"), ylabel=label)
        axis.set_xticks(atlas.budgets, [str(budget) for budget in atlas.budgets])
        axis.minorticks_off()
        axis.legend(fontsize=9)
        return show(figure, _of_curves(rows, measure, values[:, column]))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _of_curves(rows: tuple[str, ...], measure: str, values: np.ndarray) -> str:
    """The alt text of curves: who is lowest and highest at each budget. values : (S, B)."""
    atlas = open_atlas()
    says = [
        tr("{measure} against calls, both axes logarithmic, for {names}.").format(
            measure=_capital(tr(MEASURES[measure].label)), names=", ".join(SAMPLERS[name].label for name in rows)
        )
    ]
    for number, budget in enumerate(atlas.budgets):
        there = {name: values[atlas.samplers.index(name), number] for name in rows}
        there = {name: value for name, value in there.items() if np.isfinite(value)}
        if len(there) > 1:
            low, high = min(there, key=there.get), max(there, key=there.get)
            digits = MEASURES[measure].digits
            says.append(
                tr("{calls} calls: {low} is lowest with {least}, {high} highest with {most}.").format(
                    calls=budget,
                    low=SAMPLERS[low].label,
                    least=f"{there[low]:.{digits}f}",
                    high=SAMPLERS[high].label,
                    most=f"{there[high]:.{digits}f}",
                )
            )
    return " ".join(says)
