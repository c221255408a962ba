"""A mistake on the way: all particles are pushed aside at a noise level, and a sampler goes on from there."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, stack
from course_lib.figures.drawing import blend, canvas, number_text, titled
from course_lib.lessons.lesson_14.seeds import counts_of
from course_lib.lessons.plane.blobs import SHARES, levels, noisy
from course_lib.lessons.plane.board import Plane, noise_colour
from course_lib.lessons.plane.walking import walk
from course_lib.samplers import SAMPLERS, make_noise
from course_lib.texts import ngettext, tr

ROWS_TO_TRY = ("euler", "heun", "dpmpp_2m", "euler_ancestral", "dpmpp_2s_ancestral", "dpmpp_2m_sde", "lcm")
ALT_MISTAKE = (
    "Three clouds at level 0, over the glow of the three blobs. DPM++ 2M without a mistake: half of the dots are in "
    "the left blob. DPM++ 2M after a push to the right at level 6: few are left there, and half are in the upper blob. "
    "DPM++ 2M SDE after the same push: the left blob has got most of its dots back. Below each cloud a bar shows the "
    "shares, and marks where exact ones would end."
)
_COUNT, _DRAWN = 1000, 500
LOW, HIGH = 0.3, 10.0


def after_mistake(sampler: str, level: float, steps: int, push: float = 1.0) -> Tensor:
    """Where 1000 particles end that are an exact crowd at `level`, pushed to the right there by `push` times the level.

    sampler : a row of SAMPLERS, with independent noise; it takes its steps from there to 0 and remembers nothing of
    before. (1000, 2). Raises ValueError for an unknown name, and where level is not from 0.3 to 10.

    Example:

    >>> counts_of(after_mistake("dpmpp_2m", 6.0, 20)), counts_of(after_mistake("dpmpp_2m_sde", 6.0, 20))
    ([179, 499, 322], [410, 370, 220])
    """
    level = expect.number("level", level, LOW, HIGH)
    crowd = _crowd(level)
    x = crowd + push * level * torch.tensor([1.0, 0.0], dtype=torch.float64)
    sigmas = levels(steps, start=level)
    source = make_noise("gaussian", x, sigmas, torch.Generator().manual_seed(1402))
    return walk(sampler, x, sigmas, noise_sampler=source).states[-1]


def draw_mistake(sampler: str, level: float, steps: int) -> Drawing:
    """The crowd at level 0, without a mistake and with one at `level`, side by side.

    Raises ValueError as `after_mistake` does. Example:

    >>> said = draw_mistake("dpmpp_2m", 6.0, 20).sentence
    >>> said[said.index("53") :]
    '53, 27, 21 % without a mistake, 18, 50, 32 % after it; exact are 50, 30, 20 %.'
    """
    ends = [after_mistake(sampler, level, steps, push) for push in (0.0, 1.0)]
    titles = (tr("without a mistake"), tr("pushed by {level} at level {level}").format(level=number_text(level)))
    panels = [titled(_cloud(x), title) for x, title in zip(ends, titles, strict=True)]
    taken = ngettext("{count} step", "{count} steps", steps).format(count=steps)
    words = {"sampler": SAMPLERS[sampler].label, "steps": taken, "level": number_text(level)}
    words |= {name: _shares(x) for name, x in zip(("before", "after"), ends, strict=True)}
    says = tr(
        "{sampler}, {steps} from level {level}. Shares of the blobs left, upper, lower: {before} % without a mistake, "
        "{after} % after it; exact are 50, 30, 20 %."
    )
    return Drawing(beside(*panels), says.format(**words))


def mistake_strip(level: float = 6.0, steps: int = 20) -> np.ndarray:
    """Three clouds: DPM++ 2M without a mistake and with one, and DPM++ 2M SDE with it, as pixels (H, W, 3) uint8.

    Example:

    >>> mistake_strip(steps=3).shape
    (276, 962, 3)
    """
    panels = []
    for name, push in (("dpmpp_2m", 0.0), ("dpmpp_2m", 1.0), ("dpmpp_2m_sde", 1.0)):
        x = after_mistake(name, level, steps, push)
        title = tr("{sampler}: {shares} %") if push == 0 else tr("{sampler}, pushed: {shares} %")
        panels.append(titled(_cloud(x, 4), title.format(sampler=SAMPLERS[name].label, shares=_shares(x))))
    return beside(*panels)


@cache
def _crowd(level: float) -> Tensor:
    return noisy(_COUNT, level, seed=1401)


def _cloud(x: Tensor, shrink: int = 3) -> np.ndarray:
    plane = Plane(0.0, strength=0.4)
    plane.dots(x[:_DRAWN], noise_colour(0.5, darker=0.35), radius=2.6, alpha=0.7)
    pixels = plane.pixels(shrink)
    return stack(pixels, _bar(x, pixels.shape[1]), gap=4)


def _bar(x: Tensor, width: int) -> np.ndarray:
    """The blobs' shares as three pieces of a bar, left, upper, lower; two marks say where exact ones would end."""
    image, pen = canvas(width, 20)
    ends = [width * share for share in np.cumsum([0, *counts_of(x)]) / len(x)]
    for left, right, paler in zip(ends[:-1], ends[1:], (0.0, 0.4, 0.7), strict=True):
        if round(left) < round(right):  # an empty blob has no piece
            fill = blend(COLOURS["signal"], COLOURS["paper"], paler)
            pen.rectangle([round(left), 3, round(right) - 1, 16], fill=fill)
    for share in SHARES.cumsum(0)[:2].tolist():
        pen.rectangle([round(width * share) - 2, 0, round(width * share) + 1, 19], fill=COLOURS["target"])
    return np.asarray(image)


def _shares(x: Tensor) -> str:
    return ", ".join(f"{100 * count / len(x):.0f}" for count in counts_of(x))
