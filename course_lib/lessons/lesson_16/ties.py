"""Lesson 16: what a tie is, from the paired differences of two cells, and beside it the check by two halves."""

from __future__ import annotations

import numpy as np

from course_lib.atlas import MEASURES, open_atlas
from course_lib.atlas.cells import SAME_AS
from course_lib.atlas.table import PICTURES
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.lesson_16.measured import label_of
from course_lib.texts import tr

FIRST = 12  # cells in the picture of the two halves
BEST = 40  # cells whose pairs are counted
Cell = tuple[str, str, int]
#: What the picture of differences shows: a clear win, and a tie.
PAIRS = (
    (("lms", "karras", 10), ("dpmpp_2m", "karras", 10)),
    (("dpmpp_2m", "karras", 10), ("euler", "karras", 10)),
)


def differences(measure: str, *pairs: tuple[Cell, Cell]) -> list[str]:
    """One line for each pair of cells (sampler, scheduler, budget): by how much they differ, and what follows.

    The number is the mean of the paired differences, with its standard error; below 0 the first cell is better.
    Raises ValueError for an unknown name, and where a cell or the measure has no single pictures. Example:

    >>> differences("latent_error", (("lms", "karras", 10), ("dpmpp_2m", "karras", 10)))[0].endswith("better")
    True
    """
    atlas, digits = open_atlas(), MEASURES[measure].digits
    lines = []
    for one, other in pairs:
        mean, error = atlas.difference(measure, one, other)
        verdict = {True: tr("better"), False: tr("worse"), None: tr("a tie")}[atlas.better(measure, one, other)]
        names = tr("{one} against {other}").format(one=label_of(*one[:2]), other=label_of(*other[:2]))
        number = f"{mean:z.{digits}f} ± {error:.{digits}f}"
        lines.append(f"{names:40s} {number:>16s}  {verdict}")
    return lines


def draw_differences(measure: str = "latent_error", pairs: tuple[tuple[Cell, Cell], ...] = PAIRS) -> Shown:
    """The differences of single pictures, a dot each, with their mean and two standard errors to either side.

    Raises ValueError as `differences` does. Example:

    >>> draw_differences().width
    700
    """
    atlas, said, names = open_atlas(), [], []
    errors = atlas.arrays["pictures"][..., PICTURES.index(measure)].astype(float)
    with subplots(width=7, height=0.9 + 0.9 * len(pairs)) as (figure, axis):
        for row, (one, other) in enumerate(pairs):
            each = errors[atlas.place(*one)] - errors[atlas.place(*other)]
            mean, error = atlas.difference(measure, one, other)
            heights = row + 0.06 * (np.arange(len(each)) % 5 - 2)
            axis.plot(each, heights, "o", color=COLOURS["signal"], alpha=0.5, markersize=5)
            look = {"fmt": "D", "color": COLOURS["noise"], "capsize": 5, "markersize": 8, "zorder": 3}
            axis.errorbar(mean, row + 0.3, xerr=2 * error, **look)
            below = int((each < 0).sum())
            names.append(tr("{one}\nagainst {other}").format(one=label_of(*one[:2]), other=label_of(*other[:2])))
            says = tr("{names}: {below} of {count} dots left of 0, the bar {where}.")
            where = tr("crosses 0") if abs(mean) < 2 * error else tr("keeps clear of 0")
            said.append(says.format(names=names[-1].replace("\n", " "), below=below, count=len(each), where=where))
        axis.axvline(0, color=COLOURS["ink"], linewidth=1)
        axis.set_yticks(range(len(pairs)), names, fontsize=9)
        axis.set(ylim=(len(pairs) - 0.5, -0.5), xlabel=tr("difference; left of 0 the first one is nearer"))
        axis.grid(visible=False, axis="y")
        lead = tr("A dot for each picture: how much two cells differ on it. A diamond with a bar: the mean, and two "
                  "standard errors to either side.")  # fmt: skip
        return show(figure, " ".join([lead, *said]))


def draw_halves(measure: str = "latent_error", budget: int = 10) -> Shown:
    """The best cells, ranked twice from disjoint halves of the pictures, with a line from each rank to the other.

    Dashed are ties with the best, by their paired differences. Raises ValueError for an unknown measure or budget.

    Example:

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
        axis.set(xlim=(-1, 2), ylim=(len(chosen) + 0.5, 0.5), yticks=[])
        axis.set_xticks([0, 1], [tr("16 pictures"), tr("16 other pictures")])
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)
        turned = (places[:, None] < places[None]).astype(int)
        crossings = int((turned[..., 0] != turned[..., 1]).sum()) // 2
        says = tr(
            "The {count} best cells at {budget} calls by {measure}, ranked from 16 pictures on the left and from 16 "
            "others on the right. Lines join the two ranks, and cross {crossings} times. {ties} of them are dashed: "
            "the best one, and its ties."
        )
        numbers = {"count": len(chosen), "crossings": crossings, "ties": sum(tie for *_, tie in chosen)}
        return show(figure, says.format(budget=budget, measure=tr(MEASURES[measure].label), **numbers))


def halves_by_chance(measure: str, budget: int) -> str:
    """How often two halves agree on pairs of good cells that differ by less than one standard error.

    Raises ValueError for an unknown budget, and a measure that single pictures do not have. Example:

    >>> halves_by_chance("latent_error", 10).startswith("10 calls: ")
    True
    """
    atlas = open_atlas()
    cells = [(*row[:2], budget) for row in atlas.ranking(measure, budget) if row[0] not in SAME_AS][:BEST]
    close = wins = 0
    for number, one in enumerate(cells):
        for other in cells[number + 1 :]:
            mean, error = atlas.difference(measure, one, other)
            if abs(mean) < error:
                close += 1
                wins += atlas.agreed(measure, one, other) is not None
    says = tr("{budget} calls: {close} pairs differ by less than one standard error; the halves call {wins} a win")
    return says.format(budget=budget, close=close, wins=wins)
