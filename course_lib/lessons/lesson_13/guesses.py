"""One step with numbers for paper: what each method looked at, and what it aims at, beside the perfect target."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from course_lib import expect
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.samplers import SAMPLERS
from course_lib.samplers.here import Here
from course_lib.samplers.sampler import MULTISTEP
from course_lib.texts import tr

BEFORE, SIGMA, SIGMA_NEXT = 4.0, 2.0, 1.0
X = 5.0
SHOWN = ("euler", "ipndm", "dpmpp_2m", "dpm_2", "heun")  # from the lowest target to the highest


def exact(sigma: float) -> float:
    """Where the exact path through x = 5 at level 2 is at another level, for data of mean 0 and standard deviation 1.

    Example:

    >>> f"{exact(1.0):.2f}"
    '3.16'
    """
    return X * math.sqrt((1 + sigma**2) / (1 + SIGMA**2))


def best_guess(x, sigma):
    """D for data of mean 0 and standard deviation 1, x / (1 + sigma**2): numbers, or tensors (B, ...).

    Example:

    >>> best_guess(5.0, 2.0)
    1.0
    """
    return x / (1 + sigma**2)


def perfect_target() -> float:
    """What a step from level 2 to 1 must aim at, to end on the exact path.

    Example:

    >>> f"{perfect_target():.2f}"
    '1.32'
    """
    share = SIGMA_NEXT / SIGMA
    return (exact(SIGMA_NEXT) - share * X) / (1 - share)


def target(name: str) -> float:
    """What euler, heun, dpm_2, dpmpp_2m or ipndm aims at in the step from level 2 to 1.

    The two that remember have seen the exact path at level 4 before. Raises ValueError for another name.

    Example:

    >>> f"{target('heun'):.2f}", f"{target('dpmpp_2m'):.2f}"
    ('1.50', '1.23')
    """
    expect.one_of("name", name, SHOWN)
    here = Here(best_guess, _one(X), _one(best_guess(X, SIGMA)), SIGMA, SIGMA_NEXT, SIGMA_NEXT)
    before = Here(best_guess, _one(exact(BEFORE)), _one(best_guess(exact(BEFORE), BEFORE)), BEFORE, SIGMA, SIGMA)
    levels = [BEFORE, SIGMA, SIGMA_NEXT]
    remembers = SAMPLERS[name].family == MULTISTEP
    here = replace(here, index=1, levels=levels, past=[before]) if remembers else here
    return SAMPLERS[name].estimator(here).item()


def _one(value: float) -> torch.Tensor:
    return torch.tensor([[value]], dtype=torch.float64)


def draw_guesses() -> Shown:
    """The guess D along the exact path from level 4 to 1, where each method looks, and what each aims at.

    Example:

    >>> draw_guesses().width
    980
    """
    with subplots(1, 2, width=9.8, height=3.7) as (fig, (looks, targets)):
        _draw_looks(looks)
        _draw_targets(targets)
    return show(fig, ALT_GUESSES)


ALT_GUESSES = (
    "Left: the guess D rises from 0.54 at noise level 4 through 1.00 at level 2 to 1.58 at level 1. Euler sees the "
    "point at level 2 only. Heun looks again at level 1, DPM2 half-way at 1.41, a little below the curve; DPM++ 2M "
    "remembers the point at level 4. Right: their targets. Euler aims at 1.00, iPNDM at 1.17, DPM++ 2M at 1.23, "
    "DPM2 at 1.39, Heun at 1.50. A line marks the perfect target, 1.32, between DPM++ 2M and DPM2."
)


def _draw_looks(axis) -> None:
    way = [BEFORE * (SIGMA_NEXT / BEFORE) ** (n / 60) for n in range(61)]
    axis.plot(way, [best_guess(exact(sigma), sigma) for sigma in way], color=COLOURS["target"], label=tr("exact path"))
    axis.axvspan(SIGMA_NEXT, SIGMA, color=COLOURS["grid"], alpha=0.35, linewidth=0)
    middle = math.sqrt(SIGMA * SIGMA_NEXT)
    start = best_guess(X, SIGMA)
    tried = [(sigma, best_guess(start + sigma / SIGMA * (X - start), sigma)) for sigma in (SIGMA_NEXT, middle)]
    seen = [
        ((SIGMA, start), tr("all: here"), "o", "ink"),
        (tried[0], tr("Heun: at the end"), "s", "denoised"),
        (tried[1], tr("DPM2: half-way"), "D", "noise"),
        ((BEFORE, best_guess(exact(BEFORE), BEFORE)), tr("DPM++ 2M, iPNDM: before"), "^", "signal"),
    ]
    for (sigma, guess), label, marker, colour in seen:
        axis.plot(sigma, guess, marker, color=COLOURS[colour], markersize=9, label=label)
    axis.set(xscale="log", xlim=(4.4, 0.92), ylim=(0.4, 1.75), xlabel=tr("noise level"), ylabel=tr("guess D"))
    axis.set_xticks([4, 2, 1.41, 1], ["4", "2", "1.41", "1"])
    axis.minorticks_off()
    axis.set_title(tr("Where they look"))
    axis.legend(fontsize=9, loc="upper left")


def _draw_targets(axis) -> None:
    colours = ("ink", "signal", "signal", "noise", "denoised")
    for row, (name, colour, marker) in enumerate(zip(SHOWN, colours, "o^^Ds", strict=True)):
        axis.plot(target(name), -row, marker, color=COLOURS[colour], markersize=9)
        axis.annotate(f"{target(name):.2f}", (target(name), -row), (9, -4), textcoords="offset points", fontsize=10)
    axis.axvline(perfect_target(), color=COLOURS["target"])
    axis.annotate(
        f"{perfect_target():.2f}", (perfect_target(), 0.55), (4, 0), textcoords="offset points", color=COLOURS["target"]
    )
    axis.set(xlim=(0.93, 1.62), ylim=(-4.5, 0.9), xlabel=tr("target"), title=tr("What they aim at"))
    axis.set_yticks([-row for row in range(len(SHOWN))], [SAMPLERS[name].label for name in SHOWN])
