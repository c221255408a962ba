"""Lesson 16: the small model beside what others measured on large ones."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from course_lib import shipped
from course_lib.atlas.table import FOLDER
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

#: FID (less is better) after 10 calls on FFHQ, 64 x 64 pixels, no guidance: zju-pi/diff-sampler,
#: diff-solvers-main/README.md.
FFHQ = {"euler": 18.37, "heun": 29.54, "dpm_2": 9.46, "ipndm": 3.98, "uni_pc_bh2": 3.84}


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
    """Left: error against calls of four samplers on the small model. Right: the exponents, with those published.

    Example:

    >>> draw_convergence().width
    900
    """
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
        left.set(xlabel=tr("calls of the network"), ylabel=tr("error, as a share of the range"))
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


@cache
def guided() -> dict[str, dict[str, tuple[float, float]]]:
    """Guidance -> sampler -> error after 10 calls and its standard error: what `course_lib.atlas.guided` measured.

    Raises as `shipped.read` does. Example:

    >>> list(guided())
    ['1.0', '3.0']
    """
    scales = shipped.read(FOLDER, "guided.json", json.loads)["scales"]
    return {scale: {name: tuple(pair) for name, pair in found.items()} for scale, found in scales.items()}


def beside_ffhq() -> list[str]:
    """One line a sampler: its FID on a model of faces, and its error here without and with guidance, after 10 calls.

    The best FID comes first. Example:

    >>> [line.split()[0] for line in beside_ffhq()]
    ['UniPC', 'iPNDM', 'DPM2', 'Euler', 'Heun']
    """
    without, under = guided().values()
    return [
        f"{SAMPLERS[name].label:10s} FID {FFHQ[name]:4.1f}   here without guidance {without[name][0]:.2f}, "
        f"with guidance {under[name][0]:.2f}"
        for name in sorted(FFHQ, key=FFHQ.get)
    ]


def draw_guided() -> Shown:
    """The error of seven samplers after 10 calls, without guidance on the left and with it on the right.

    Example:

    >>> draw_guided().width
    700
    """
    without, under = guided().values()
    with subplots(width=7, height=4) as (figure, axis):
        for index, name in enumerate(sorted(without, key=lambda name: under[name][0])):
            pair = np.array([without[name], under[name]])
            colour = COLOURS[("signal", "noise", "denoised", "target", "ink")[index % 5]]
            axis.errorbar([0, 1], pair[:, 0], pair[:, 1], fmt=f"{'osD^vPX'[index]}-", color=colour, capsize=3)
            axis.annotate(
                SAMPLERS[name].label, (1, pair[1, 0]), (8, LIFTED.get(name, 0)), textcoords="offset points", va="center"
            )
        axis.set(yscale="log", xlim=(-0.25, 1.6), ylabel=tr("error of the latent, 10 calls"))
        axis.set_xticks([0, 1], [tr("no guidance"), tr("guidance 3")])
        return show(figure, ALT_GUIDED)


LIFTED = {"euler": -5, "dpmpp_2m": 6, "heun": -5, "dpm_2": 6}  # points, for names that would touch
ALT_GUIDED = (
    "Errors of seven samplers after 10 calls, on a logarithmic axis. Without guidance, on the left, iPNDM, UniPC BH2, "
    "DPM++ 2M and LMS lie close together at 0.02, Euler at 0.06, DPM2 and Heun above. With guidance, on the right, LMS "
    "and Euler are where they were; DPM++ 2M has risen to Euler, UniPC BH2 and iPNDM to 0.2, Heun and DPM2 to almost 1."
)
