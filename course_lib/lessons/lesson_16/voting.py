"""A blind vote: twelve prompts painted with two choices from the same seeds, and what a tally of votes can tell."""

from __future__ import annotations

from functools import cache

from torch import Tensor

from course_lib import expect
from course_lib.exercises.tally import found_out
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.lessons.lesson_16.running import ODE, SDE, decoded, run, unit_noise
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

PROMPTS = (
    "a panda, fluent style", "a rocket, fluent style", "sunflower, noto style", "octopus, noto style",
    "pizza, fluent style", "strawberry, fluent style", "ghost, noto style", "a fox, fluent style",
    "a koala, noto style", "red heart, fluent style", "jellyfish, noto style", "a small snail, noto style",
)  # fmt: skip
FEW = 6  # calls: so few that choices differ
VOTES = range(4, 221, 4)
SHARES = {0.6: ("noise", "o", "-"), 0.7: ("signal", "s", "--"), 0.8: ("denoised", "^", ":")}


@cache
def painted(sampler: str, calls: int = FEW) -> Tensor:
    """PROMPTS painted with one row, prompt n from seed n: (12, 3, 64, 64) in [-1, 1].

    Raises ValueError for an unknown row, and where calls are not at least 1. Example:

    >>> painted("euler").shape
    torch.Size([12, 3, 64, 64])
    """
    expect.known("sampler", sampler, SAMPLERS)
    noise = unit_noise(len(PROMPTS), seed=0)
    return decoded(run(PROMPTS, noise, sampler=sampler, calls=expect.whole("calls", calls)))


def ballot(one: str = "euler", other: str = ODE, calls: int = FEW) -> dict:
    """What the widget `vote` takes: pictures of two rows, their names, and the prompts. Raises ValueError as `painted`.

    Example:

    >>> ballot()["names"]
    ('Euler', 'DPM++ 2M')
    """
    names = SAMPLERS[one].label, SAMPLERS[other].label
    return {"one": painted(one, calls), "other": painted(other, calls), "names": names, "captions": PROMPTS}


def show_choices(columns: int = 6) -> Shown:
    """The first prompts with three rows, from the same seeds. Raises ValueError where columns is not at least 1.

    Example:

    >>> show_choices().width
    860
    """
    rows = []
    for sampler in ("euler", ODE, SDE):
        pictures = painted(sampler)[: expect.whole("columns", columns)]
        row = beside(*(picture_panel(picture, 128) for picture in pictures), gap=12)
        rows += [text_panel(SAMPLERS[sampler].label, row.shape[1]), row]
    return show_pixels(stack(*rows, gap=6), ALT_CHOICES)


def draw_votes() -> Shown:
    """How often a true share is found out, over the number of votes. Example:

    >>> draw_votes().width
    700
    """
    with subplots(width=7, height=3.3) as (fig, axis):
        for share, (colour, marker, line) in SHARES.items():
            found = [100 * found_out(share, votes) for votes in VOTES]
            label = tr("{percent} % prefer the one picture").format(percent=round(100 * share))
            axis.plot(VOTES, found, line, color=COLOURS[colour], marker=marker, markevery=5, label=label)
        axis.axhline(80, color=COLOURS["ink"], linewidth=1)
        axis.set(xlabel=tr("votes"), ylabel=tr("found out (% of all such votes)"), xlim=(0, 222), ylim=(0, 103))
        axis.legend(loc="lower right", fontsize=9)
    return show(fig, ALT_VOTES)


ALT_CHOICES = (
    "Three rows of six pictures after six calls: panda, rocket, sunflower, octopus, pizza, strawberry. Euler: soft and "
    "whole. DPM++ 2M: stronger colours and harder edges. DPM++ 2M SDE: spotted, with torn outlines."
)
ALT_VOTES = (
    "Three rising lines: how often a tally is too uneven for a coin, over 4 to 220 votes. Where 80 % prefer the one "
    "picture, the line passes the mark of 80 at 20 votes; where 70 % do, at about 50; where 60 % do, at about 200. "
    "With 12 votes the lowest line is below 10."
)
