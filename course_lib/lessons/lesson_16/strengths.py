"""Image to image: how far a picture moves away from what was given, and towards the words, for each strength."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets.scenes import emoji_scene
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_16.measures import decibels, sure_of
from course_lib.lessons.lesson_16.running import ODE, SDE, decoded, encoded, run, unit_noise
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

CHANGES = (("red apple", "lemon"), ("panda", "fox"))  # what is given, and what the words ask for
STRENGTHS = (0.05, 0.1, 0.2, 0.4)
SEEDS = 2  # of each change


class Changed(NamedTuple):
    """What became of the given pictures: pictures (N, 3, 64, 64), and the means of both measures over them."""

    pictures: Tensor
    faithful: float  # PSNR to what was given, dB
    asked_for: float  # how sure the recogniser is of what the words ask for, 0 to 1


@cache
def given() -> Tensor:
    """The pictures to begin with, each as often as there are seeds: (N, 3, 64, 64).

    Example:

    >>> given().shape
    torch.Size([4, 3, 64, 64])
    """
    return torch.stack([emoji_scene(one, "fluent").draw() for one, _ in CHANGES]).repeat_interleave(SEEDS, 0)


@cache
def changed(sampler: str, strength: float) -> Changed:
    """Image to image with one row and one strength in (0, 1]. Raises ValueError as `run` does. Example:

    >>> little, much = changed("dpmpp_2m", 0.05), changed("dpmpp_2m", 0.4)
    >>> little.faithful > much.faithful, little.asked_for < much.asked_for
    (True, True)
    """
    expect.known("sampler", sampler, SAMPLERS)
    wanted = [other for _, other in CHANGES for _ in range(SEEDS)]
    words = [emoji_scene(concept, "fluent").caption for concept in wanted]
    noise = unit_noise(SEEDS, seed=1).repeat(len(CHANGES), 1, 1, 1)
    pictures = decoded(run(words, noise, sampler=sampler, clean=encoded(given()), strength=strength, seed=1))
    return Changed(pictures, decibels(pictures, given()).mean().item(), sure_of(pictures, wanted).mean().item())


def draw_exchange() -> Shown:
    """What is asked for against the likeness that it costs, for an ODE and an SDE row: a dot for each strength.

    Example:

    >>> draw_exchange().width
    600
    """
    with subplots(width=6, height=3.6) as (fig, axis):
        for sampler, (colour, marker, line) in LOOKS.items():
            found = [changed(sampler, strength) for strength in STRENGTHS]
            faithful, asked_for = [one.faithful for one in found], [one.asked_for for one in found]
            axis.plot(faithful, asked_for, marker + line, color=COLOURS[colour], label=SAMPLERS[sampler].label)
            above = sampler == SDE
            for strength, *place in zip(STRENGTHS, faithful, asked_for, strict=True):
                look = {"color": COLOURS[colour], "fontsize": 9, "ha": "left" if above else "right"}
                offset = (5, 6) if above else (-6, -12)
                axis.annotate(number_text(strength), place, offset, textcoords="offset points", **look)
        axis.set(xlabel=LIKENESS, ylabel=SURENESS, ylim=(-0.12, 1.06))
        axis.margins(x=0.08)
        axis.legend(loc="upper right", fontsize=9)
    return show(fig, ALT_EXCHANGE)


def show_strengths() -> Shown:
    """One seed of each change: the given picture, and what becomes of it with growing strength, row by row.

    Example:

    >>> show_strengths().width
    718
    """
    rows = []
    for number in range(0, len(CHANGES) * SEEDS, SEEDS):
        for sampler in (ODE, SDE):
            panels = [picture_panel(given()[number], 128, tr("given"))]
            for strength in STRENGTHS:
                title = tr("strength {strength}").format(strength=number_text(strength))
                panels.append(picture_panel(changed(sampler, strength).pictures[number], 128, title))
            row = beside(*panels, gap=12)
            rows += [text_panel(SAMPLERS[sampler].label, row.shape[1]), row]
    return show_pixels(stack(*rows, gap=6), ALT_CHANGED)


LOOKS = {ODE: ("signal", "o", "-"), SDE: ("noise", "s", "--")}  # colour, marker and line of a row, in all plots
LIKENESS, SURENESS = "likeness to the given picture (dB)", "how sure of what is asked for"
ALT_EXCHANGE = (
    "How sure the recogniser is of what the words ask for, over the likeness to the given picture, with a dot for each "
    "strength from 0.05 to 0.4. DPM++ 2M as a line with dots, DPM++ 2M SDE dashed with squares. Both rise to the left "
    "on nearly the same curve, from 0 to almost 1. At the same strength DPM++ 2M SDE is farther to the left."
)
ALT_CHANGED = (
    "Four rows of five pictures, with the strength growing from left to right. DPM++ 2M: a red apple turns "
    "yellow at one side with 0.05, and is a lemon from 0.1 on. DPM++ 2M SDE: it is a lemon with 0.05. DPM++ 2M: a "
    "panda takes the fox's colours with 0.05, and is a fox from 0.2 on. DPM++ 2M SDE: it is nearly a fox with 0.05, "
    "and a fox from 0.1 on."
)
