"""The race: every row without fresh noise on the three blobs, its error against its calls."""

from __future__ import annotations

from functools import cache

from course_lib import expect
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.plane.blobs import levels
from course_lib.lessons.plane.board import place
from course_lib.lessons.plane.walking import errors, walk
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

LOOK = ("heun", "dpm_2", "dpm_fast")
SLOPES = ("lms", "ipndm", "plms", "pndm")
GUESSES = ("dpmpp_2m", "uni_pc", "uni_pc_bh2")
OTHERS = ("dpm_adaptive", "heunpp2")
FAMILIES = {
    "look once more": LOOK,
    "remember slopes": SLOPES,
    "remember guesses": GUESSES,
    "decide yourself, and the odd one": OTHERS,
}
ROWS = ("euler", *LOOK, *SLOPES, *GUESSES, *OTHERS)

BUDGETS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96)
TOLERANCES = (0.2, 0.05, 0.02, 0.01, 0.003, 0.001, 0.0002)
ALLOWED = 0.0078 / 0.05  # the program's absolute tolerance, as a share of the relative one


@cache
def calls_of(name: str, steps: int) -> int:
    """How many calls a run of so many steps makes that ends at level 0.03, as all runs of the race do.

    Raises ValueError for an unknown name and for fewer steps than the row needs. Example:

    >>> calls_of("heun", 8), calls_of("plms", 8), calls_of("dpmpp_2m", 8)
    (16, 9, 8)
    """
    return walk(name, place(0, 0), levels(expect.whole("steps", steps) + 1)[:-1]).calls


def steps_within(name: str, calls: int) -> int:
    """The most steps that so many calls allow. Raises ValueError where not even the fewest are allowed.

    Example:

    >>> steps_within("heun", 12), steps_within("euler", 12)
    (6, 12)
    """
    row, most = SAMPLERS[name], expect.whole("calls", calls)
    if calls_of(name, row.min_steps) > most:
        needed = calls_of(name, row.min_steps)
        says = tr("{sampler} needs at least {needed} calls; got {calls}")  # the explorer shows it as a sentence
        raise ValueError(says.format(sampler=row.label, needed=needed, calls=calls))
    return next(steps for steps in range(most, 0, -1) if steps >= row.min_steps and calls_of(name, steps) <= most)


@cache
def run(name: str, calls: int) -> tuple[int, float]:
    """The calls of a run within a budget, and its median error over 400 particles. Raises as `steps_within` does.

    Example:

    >>> calls, error = run("heun", 12)
    >>> calls, f"{error:.3f}"
    (12, '0.040')
    """
    calls, far = errors(name, steps_within(name, calls))
    return calls, far.median().item()


@cache
def adaptive_run(tolerance: float) -> tuple[int, float]:
    """The calls and the median error of DPM adaptive with a relative tolerance; the absolute one goes with it.

    Example:

    >>> calls, error = adaptive_run(0.05)
    >>> calls, f"{error:.4f}"
    (24, '0.0036')
    """
    calls, far = errors("dpm_adaptive", 3, rtol=tolerance, atol=ALLOWED * tolerance)
    return calls, far.median().item()


def curve(name: str) -> list[tuple[int, float]]:
    """Calls and errors of a row over all budgets that allow it, each number of calls once.

    Example:

    >>> [calls for calls, error in curve("pndm")]
    [16, 20, 24, 32, 48, 64, 96]
    """
    if name == "dpm_adaptive":
        return [adaptive_run(tolerance) for tolerance in TOLERANCES]
    fewest = calls_of(name, SAMPLERS[name].min_steps)
    return sorted({run(name, calls) for calls in BUDGETS if calls >= fewest})


def draw_race() -> Shown:
    """Error against calls of all rows, a panel for each family, with the others in grey.

    Example:

    >>> draw_race().width
    980
    """
    with subplots(2, 2, width=9.8, height=7.6) as (fig, axes):
        for axis, (family, rows) in zip(axes.flat, FAMILIES.items(), strict=True):
            for name in ROWS:
                axis.loglog(*zip(*curve(name), strict=True), color=COLOURS["grid"], linewidth=1.2)
            axis.loglog(*zip(*curve("euler"), strict=True), "--", color=COLOURS["ink"], label=SAMPLERS["euler"].label)
            for name, colour, marker in zip(rows, ("signal", "noise", "denoised", "target"), "osD^", strict=False):
                look = {"color": COLOURS[colour], "markersize": 5, "label": SAMPLERS[name].label}
                axis.loglog(*zip(*curve(name), strict=True), f"{marker}-", **look)
            ticks = [4, 8, 16, 32, 64]
            axis.set(title=family, xlim=(2.8, 110), ylim=(6e-6, 1.2))
            axis.set_xticks(ticks, [str(tick) for tick in ticks])
            axis.minorticks_off()
            axis.legend(fontsize=9, loc="lower left")
        for axis in axes[1]:
            axis.set_xlabel(tr("calls of the denoiser"))
        for axis in axes[:, 0]:
            axis.set_ylabel(tr("median error"))
    return show(fig, ALT_RACE)


ALT_RACE = (
    "Four plots of median error against calls, both axes logarithmic, with Euler as a dashed line that falls slowly. "
    "Look once more: Heun and DPM2 begin above Euler and are below it from 10 calls on; DPM fast is lower. Remember "
    "slopes: LMS, iPNDM and PLMS are below Euler from the start and fall steeply; PNDM begins at 16 calls. Remember "
    "guesses: DPM++ 2M falls as fast as Heun, far below it; the two UniPC rows are the lowest of all at 16 calls. "
    "Last: DPM adaptive begins at 21 calls and falls steeply; HeunPP2 stays a little above Euler."
)
