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

FIRST = 12  # cells in the picture of the two halves


def label_of(sampler: str, scheduler: str) -> str:
    """The names of a cell.

    Example:

    >>> label_of("dpmpp_2m", "karras")
    'DPM++ 2M, Karras'
    """
    return f"{SAMPLERS[sampler].label}, {SCHEDULERS[scheduler].label}"


def best(measure: str, budget: int, count: int = 5, *, scheduler: str | None = None) -> list[str]:
    """The best cells of a budget, one line each: the number, its standard error, and "tie" for a tie with the first.

    Rows that are the same mathematics as another stand under its name. measure : a name of MEASURES; scheduler : only
    this one. Raises ValueError for an unknown name or budget.

    Example:

    >>> len(best("latent_error", 10, 3))
    3
    """
    atlas, digits = open_atlas(), MEASURES[measure].digits
    ranking = [row for row in atlas.ranking(measure, budget) if row[0] not in SAME_AS and scheduler in (None, row[1])]
    lines = []
    for sampler, name, tie in ranking[: expect.whole("count", count)]:
        found = atlas.found(measure, sampler, name, budget)
        number = f"{found.value:.{digits}f} ± {found.error:.{digits}f}" if found.error else f"{found.value:.{digits}f}"
        lines.append(f"{label_of(sampler, name):40s} {number:>14s}  {'tie' if tie and lines else ''}".rstrip())
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


def draw_halves(measure: str = "latent_error", budget: int = 10) -> Shown:
    """The best cells, ranked twice from disjoint halves of the pictures, with a line from each rank to the other.

    Raises ValueError for an unknown measure or budget. Example:

    >>> draw_halves().width
    700
    """
    atlas = open_atlas()
    chosen = [row for row in atlas.ranking(measure, budget) if row[0] not in SAME_AS][:FIRST]
    halves = np.array([atlas.found(measure, s, k, budget).halves for s, k, _ in chosen])
    places = np.argsort(np.argsort(halves, axis=0), axis=0) + 1
    with subplots(width=7, height=4.4) as (figure, axis):
        for (sampler, scheduler, tie), (one, two) in zip(chosen, places, strict=True):
            look = {"color": COLOURS["noise"], "ls": "--"} if tie else {"color": COLOURS["signal"]}
            axis.plot([0, 1], [one, two], marker="o", **look)
            axis.text(-0.04, one, label_of(sampler, scheduler), ha="right", va="center", fontsize=8)
            axis.text(1.04, two, label_of(sampler, scheduler), ha="left", va="center", fontsize=8)
        axis.set(xlim=(-1, 2), ylim=(FIRST + 0.5, 0.5), yticks=[])
        axis.set_xticks([0, 1], [tr("16 pictures"), tr("16 other pictures")])
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)
        crossed = sum(1 for *_, tie in chosen if tie) - 1
        says = tr(
            "The {count} best cells at {budget} calls by {measure}, ranked from 16 pictures on the left and from 16 "
            "others on the right. Lines join the two ranks, and many cross. {ties} cells, dashed, are ties with the "
            "best."
        )
        alt = says.format(count=FIRST, budget=budget, measure=tr(MEASURES[measure].label), ties=crossed + 1)
        return show(figure, alt)


def draw_curves(rows: tuple[str, ...], measure: str = "pixel_error", scheduler: str = "karras", alt: str = "") -> Shown:
    """A measure against the budget for some samplers, both axes logarithmic; bars are standard errors.

    Raises ValueError for an unknown name. Example:

    >>> draw_curves(("euler", "lms"), alt="Two curves that fall.")
    Figure: Two curves that fall.
    """
    atlas = open_atlas()
    with subplots(width=7, height=3.8) as (figure, axis):
        for index, name in enumerate(rows):
            values, errors, _ = atlas.all(measure)
            s, k, _ = atlas.place(name, scheduler, atlas.budgets[0])
            colour = COLOURS[("signal", "noise", "denoised", "target", "ink")[index % 5]]
            style = ("o-", "s--", "^-", "D--", "v:", "P-.")[index % 6]
            axis.errorbar(
                atlas.budgets,
                values[s, k],
                errors[s, k],
                fmt=style,
                color=colour,
                capsize=3,
                label=SAMPLERS[name].label,
            )
        axis.set(
            xscale="log",
            yscale="log",
            xlabel=tr("calls of the network"),
            ylabel=tr(MEASURES[measure].label) + tr(MEASURES[measure].unit),
        )
        axis.set_xticks(atlas.budgets, [str(budget) for budget in atlas.budgets])
        axis.minorticks_off()
        axis.legend(fontsize=9)
        return show(figure, alt)


ALT_CURVES = (
    "The error of the picture against 5, 10, 20 and 50 calls, both axes logarithmic, for five samplers with Karras' "
    "levels. All fall. With 5 calls Euler is lowest and Heun highest, beyond 100 levels; with 10 LMS is lowest; with "
    "20 LMS, DPM++ 2M and UniPC are at about one level or below."
)
