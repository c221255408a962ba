"""Why HeunPP2 stays of first order: where in the step the middle of its slopes lies."""

from __future__ import annotations

from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.plane.blobs import levels
from course_lib.texts import tr


def middle_of_looks(levels: Tensor | list[float], index: int) -> float:
    """How far into a step HeunPP2's slopes were seen, on average: 0 at its beginning, 1 at its end.

    levels : (levels,), falling; index : the number of the step. A rule of second order comes to 1/2 as steps get short.
    Raises ValueError for a step that the levels do not have. Source: the weights of samplers.estimators.three_slopes.

    Example:

    >>> f"{middle_of_looks([4.0, 2.0, 1.0, 0.5], 0):.2f}"
    '0.29'
    """
    steps = len(levels) - 1
    if expect.whole("index", index, at_least=0) >= steps:
        raise ValueError(f"index must be below {steps}, the number of steps; got {index}")
    seen = [float(level) for level in levels[index : min(index + 3, steps)]]
    length = seen[0] - float(levels[index + 1])
    places = [(seen[0] - level) / length for level in seen[1:]]
    weights = [level / (len(seen) * float(levels[0])) for level in seen[1:]]
    return sum(weight * place for weight, place in zip(weights, places, strict=True))


def draw_balance(steps: int = 60) -> Shown:
    """The middle of the looks at each step of a run, for Euler, Heun and HeunPP2.

    Example:

    >>> draw_balance().width
    700
    """
    sigmas = levels(steps + 1)[:-1]
    middles = [middle_of_looks(sigmas, index) for index in range(steps - 2)]
    with subplots(width=7, height=3.1) as (fig, axis):
        at = [float(sigma) for sigma in sigmas[: steps - 2]]
        axis.axhline(0.5, color=COLOURS["denoised"], label="Heun")
        axis.plot(at, middles, "o-", color=COLOURS["noise"], markersize=4, label="HeunPP2")
        axis.axhline(0.0, color=COLOURS["ink"], linestyle="--", label="Euler")
        axis.set(xscale="log", xlim=(3.3, 0.04), ylim=(-0.08, 1.05))
        axis.set_xticks([3, 1, 0.3, 0.1], ["3", "1", "0.3", "0.1"])
        axis.minorticks_off()
        axis.set(xlabel=tr("noise level where the step begins"), ylabel=tr("middle of the looks"))
        axis.set_title(tr("How far into the step the slopes were seen, on average"))
        axis.legend(fontsize=9, loc="upper right")
    return show(fig, ALT_BALANCE)


ALT_BALANCE = (
    "The middle of the looks against the noise level. Heun's is a line at one half, Euler's a line at 0. HeunPP2's "
    "begins near 0.9 at noise level 3, falls, crosses one half once, near level 1.7, and comes close to 0 at the low "
    "levels, where it is Euler."
)
