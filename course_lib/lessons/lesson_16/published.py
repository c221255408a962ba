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


SETTLED = 14  # calls, from which on no sampler's picture is broken


def later_exponent(sampler: str) -> float:
    """By which power of the calls the error of a sampler falls here, from 14 calls on.

    Raises KeyError for a sampler that was not measured. Example:

    >>> -1.2 < later_exponent("euler") < -0.5
    True
    """
    calls = np.array(convergence()["calls"])
    errors = np.array(convergence()["samplers"][sampler]["errors"])
    there = calls >= SETTLED
    return float(np.polyfit(np.log(calls[there]), np.log(errors[there]), 1)[0])


def exponents() -> list[str]:
    """One line a sampler: by which power of the calls its error falls, here and on Stable Diffusion 1.x.

    Example:

    >>> len(exponents())
    4
    """
    lines = []
    for name, found in convergence()["samplers"].items():
        (ours, sure), (theirs, unsure) = found["exponent"], found["published"]
        here = f"here {ours:.1f} ± {sure:.1f}, from {SETTLED} calls on {later_exponent(name):.1f}"
        lines.append(f"{SAMPLERS[name].label:6s} {here}    Stable Diffusion {theirs:.1f} ± {unsure:.1f}")
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
        f"{SAMPLERS[name].label:10s} FID {FFHQ[name]:4.1f}   here without guidance {without[name][0]:.2f} ± "
        f"{without[name][1]:.2f}, with guidance {under[name][0]:.2f} ± {under[name][1]:.2f}"
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
            look = f"{'osD^vPX'[index]}{'-' if index < 5 else '--'}"  # no colour has the same line twice
            axis.errorbar([0, 1], pair[:, 0], pair[:, 1], fmt=look, color=colour, capsize=3)
        axis.set(yscale="log", xlim=(-0.6, 1.6), ylabel=tr("error of the latent, 10 calls"))
        axis.set_xticks([0, 1], [tr("no guidance"), tr("guidance 3")])
        for x, found, side, aside in ((0, without, "right", -8), (1, under, "left", 8)):
            for name, lift in _lifted({name: found[name][0] for name in found}, axis.get_ylim()).items():
                look = {"textcoords": "offset points", "va": "center", "ha": side}
                axis.annotate(SAMPLERS[name].label, (x, found[name][0]), (aside, lift), **look)
        says = tr(
            "Errors of seven samplers after 10 calls, on a logarithmic axis. Without guidance, on the left: {without}. "
            "With guidance 3, on the right: {under}."
        )
        return show(figure, says.format(without=_listed(without), under=_listed(under)))


def _listed(found: dict[str, tuple[float, float]]) -> str:
    """Samplers with their errors, the best first."""
    return ", ".join(f"{SAMPLERS[name].label} {found[name][0]:.2f}" for name in sorted(found, key=found.get))


def _lifted(values: dict[str, float], limits: tuple[float, float], height: float = 235, gap: float = 11) -> dict:
    """By how many points each name goes up so that none touches another. height : of a logarithmic axis, in points."""
    low, high = np.log10(limits)
    lifts, below = {}, -np.inf
    for name in sorted(values, key=values.get):
        place = height * (np.log10(values[name]) - low) / (high - low)
        below = max(place, below + gap)
        lifts[name] = below - place
    return lifts
