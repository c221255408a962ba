"""DPM adaptive: which levels it visits for an easy particle and for a hard one."""

from __future__ import annotations

from functools import cache

from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.lesson_13.race import ALLOWED
from course_lib.lessons.plane.blobs import BLOBS, LOWEST, START, levels
from course_lib.samplers import steps
from course_lib.texts import ngettext, tr

EASY, HARD = (3.2, 2.9), (-0.28, 3.5)


@cache
def visits(x: float, y: float, tolerance: float = 0.05) -> tuple[list[float], int]:
    """The levels that DPM adaptive visits with one particle from (x, y) at level 3, and how many calls it makes.

    Raises ValueError where the tolerance is not above 0. Example:

    >>> sigmas, calls = visits(3.2, 2.9)
    >>> calls, [f"{sigma:.2f}" for sigma in sigmas]
    (21, ['3.00', '2.85', '2.51', '1.82', '0.84', '0.32', '0.05', '0.03'])
    """
    calls = 0

    def counting(state: Tensor, sigma: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return BLOBS(state, sigma)

    tolerance = expect.positive("tolerance", tolerance)
    start = BLOBS.means.new_tensor([[x, y]])
    way = list(steps("dpm_adaptive", counting, start, levels(2)[:-1], rtol=tolerance, atol=ALLOWED * tolerance))
    return [START, *(step.sigma_next for step in way)], calls


def draw_visits() -> Shown:
    """The visited levels of an easy and of a hard particle, at three tolerances.

    Example:

    >>> draw_visits().width
    860
    """
    rows = [(place, tolerance) for place in (EASY, HARD) for tolerance in (0.2, 0.05, 0.01)]
    with subplots(width=8.6, height=3.2) as (fig, axis):
        labels = []
        for row, (place, tolerance) in enumerate(rows):
            sigmas, calls = visits(*place, tolerance)
            easy = place == EASY
            axis.plot(
                sigmas, [-row] * len(sigmas), "o-" if easy else "s-", color=COLOURS["signal" if easy else "noise"]
            )
            who = tr("easy, tolerance {tolerance}") if easy else tr("hard, tolerance {tolerance}")
            labels.append(who.format(tolerance=tolerance))
            said = ngettext("{count} call", "{count} calls", calls).format(count=calls)
            axis.annotate(said, (LOWEST, -row), (10, -4), textcoords="offset points", fontsize=10)
        axis.set(xscale="log", xlim=(3.5, 0.017), ylim=(-5.6, 0.6), xlabel=tr("noise level"))
        axis.set_yticks([-row for row in range(len(rows))], labels)
        axis.set_xticks([3, 1, 0.3, 0.1, 0.03], ["3", "1", "0.3", "0.1", "0.03"])
        axis.minorticks_off()
        axis.set_title(tr("The levels that DPM adaptive visits"))
    return show(fig, ALT_VISITS)


ALT_VISITS = (
    "Six rows of dots on an axis of noise levels from 3 down to 0.03. For the easy particle DPM adaptive visits few "
    "levels: as its tolerance shrinks from 0.2 to 0.01, there are 6, 7 and 8 gaps between dots, and 18, 21 and 27 "
    "calls. For the hard one the dots lie closer together, most of all below level 1: 8, 9 and 14 gaps, and 27, 30 "
    "and 51 calls. The first four dots lie at nearly the same levels in all rows."
)
