"""Lesson 16: the small model beside what others measured on large ones."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from course_lib import shipped
from course_lib.atlas import open_atlas
from course_lib.atlas.table import FOLDER
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

#: FID (less is better) on FFHQ, 64 x 64 pixels, without guidance: zju-pi/diff-sampler, diff-solvers-main/README.md.
#: Our scheduler for each row is the one that was used there: Karras, or even steps of log sigma.
FFHQ = {
    "euler": ("karras", {5: 43.93, 10: 18.37}),
    "heun": ("karras", {10: 29.54}),
    "dpm_2": ("karras", {10: 9.46}),
    "ipndm": ("karras", {5: 17.17, 10: 3.98}),
    "uni_pc_bh2": ("exponential", {5: 21.40, 10: 3.84}),
}


@cache
def convergence() -> dict:
    """What `python -m course_lib.atlas.convergence` measured. Raises as `shipped.read` does."""
    return shipped.read(FOLDER, "convergence.json", json.loads)


def exponents() -> list[str]:
    """One line a sampler: by which power of the calls its error falls, here and on Stable Diffusion 1.x.

    Example:

    >>> len(exponents())
    4
    """
    lines = []
    for name, found in convergence()["samplers"].items():
        (ours, sure), (theirs, unsure) = found["exponent"], found["published"]
        pair = f"here {ours:5.1f} ± {sure:.1f}    Stable Diffusion {theirs:5.1f} ± {unsure:.1f}"
        lines.append(f"{SAMPLERS[name].label:6s} {pair}")
    return lines


def draw_convergence() -> Shown:
    """Left: error against calls of four samplers on the small model. Right: the exponents, with those published."""
    found = convergence()
    calls = np.array(found["calls"])
    with subplots(1, 2, width=9, height=3.6) as (figure, (left, right)):
        for index, (name, row) in enumerate(found["samplers"].items()):
            colour = COLOURS[("signal", "noise", "denoised", "target")[index]]
            left.loglog(calls, row["errors"], f"{'osD^'[index]}-", color=colour, label=SAMPLERS[name].label)
            for x, (value, error), marker in (
                (index - 0.12, row["exponent"], "o"),
                (index + 0.12, row["published"], "s"),
            ):
                fill = colour if marker == "o" else COLOURS["paper"]
                right.errorbar(x, value, error, fmt=marker, color=colour, mfc=fill, capsize=4, markersize=8)
        left.set(xlabel=tr("calls of the network"), ylabel=tr("error of the picture"))
        left.set_xticks(calls[::2], [str(one) for one in calls[::2]])
        left.minorticks_off()
        left.legend(fontsize=9)
        right.set_xticks(range(len(found["samplers"])), [SAMPLERS[name].label for name in found["samplers"]])
        right.set(ylabel=tr("exponent"), title=tr("full: the small model; empty: Stable Diffusion 1"))
        alt = tr(
            "Left: the errors of {names} against calls, both axes logarithmic; all fall, as nearly straight lines. "
            "Right: the exponent of each, of the small model as a full dot, and as published for Stable Diffusion 1 "
            "as an empty square, with error bars."
        )
        return show(figure, alt.format(names=", ".join(SAMPLERS[name].label for name in found["samplers"])))


def beside_ffhq(budget: int = 10) -> list[str]:
    """One line a sampler: its FID on a large model, and its error here, from the best FID on.

    Raises ValueError for a budget other than 5 or 10. Example:

    >>> [line.split()[0] for line in beside_ffhq(10)][-1]
    'Heun'
    """
    if budget not in (5, 10):
        raise ValueError(f"budget must be 5 or 10, of which both numbers are known; got {budget}")
    atlas = open_atlas()
    rows = [(name, scheduler, fid[budget]) for name, (scheduler, fid) in FFHQ.items() if budget in fid]
    lines = []
    for name, scheduler, fid in sorted(rows, key=lambda row: row[2]):
        found = atlas.found("latent_error", name, scheduler, budget)
        lines.append(f"{SAMPLERS[name].label:10s} FID {fid:5.1f}   error here {found.value:.2f} ± {found.error:.2f}")
    return lines
