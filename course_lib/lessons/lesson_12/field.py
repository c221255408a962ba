"""The field at a noise level: where each place of the plane would move, with a crowd of particles and one to move."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing
from course_lib.figures.drawing import number_text, titled
from course_lib.lessons.plane.blobs import BLOBS, START, exact_path, noisy
from course_lib.lessons.plane.board import Plane, noise_colour, place
from course_lib.texts import tr

ALT_FIELD = (
    "The plane at noise levels 3, 1.5, 0.7 and 0.2. At 3 all comets swim towards the middle, and the dots are spread "
    "over the whole plane. At 1.5 the cloud is smaller. At 0.7 the comets part into three basins around three clouds. "
    "At 0.2 there are three dense blobs, and each comet swims straight to one of them."
)
CROWD = 300
_STEP = 0.05  # of the slider


def draw_field(sigma: float, row: int, column: int) -> Drawing:
    """The field at level `sigma` (0.05 to 3, in steps of 0.05), and what it says at the cell of the cursor.

    Raises ValueError for another level. Example:

    >>> draw_field(1.0, 10, 40).sentence
    'Noise level 1. At x = (1.90, 2.50) the guess D is (1.04, 1.32), and the slope is (0.86, 1.18).'
    """
    steps = round(expect.number("sigma", sigma, _STEP, START) / _STEP)
    sigma, x = steps * _STEP, place(row, column)
    guess = BLOBS(x, sigma)
    plane = Plane(sigma)
    plane.field(sigma)
    plane.dots(_crowd()[steps], noise_colour(sigma, darker=0.3), radius=2.0, alpha=0.8)
    path = exact_path(x, sigma, parts=16)[1][:, 0]
    plane.line(torch.cat([x, guess]), COLOURS["denoised"], width=2.0)
    plane.line(path, COLOURS["target"], width=2.5, dashed=True)
    plane.dots(path[-1:], COLOURS["target"], radius=4.5, rim=True)
    plane.rings(guess, COLOURS["denoised"], radius=6.0, width=2.5)
    plane.dots(x, COLOURS["noise"], radius=6.0, rim=True)
    words = {"sigma": number_text(sigma), "x": _pair(x), "guess": _pair(guess), "slope": _pair((x - guess) / sigma)}
    said = tr("Noise level {sigma}. At x = {x} the guess D is {guess}, and the slope is {slope}.")
    return Drawing(plane.pixels(), said.format(**words))


def field_panel(sigma: float) -> np.ndarray:
    """The field and the crowd alone, with the level above, as pixels (329, 414, 3) uint8.

    Example:

    >>> field_panel(1.0).shape
    (329, 414, 3)
    """
    plane = Plane(sigma)
    plane.field(sigma)
    plane.dots(_crowd()[round(sigma / _STEP)], noise_colour(sigma, darker=0.3), radius=2.0, alpha=0.8)
    return titled(plane.pixels(shrink=3), tr("noise level {sigma}").format(sigma=number_text(sigma)))


@cache
def _crowd() -> Tensor:
    """Where a crowd that starts at START is at each level of the slider, on its exact paths: (steps + 1, CROWD, 2)."""
    x = noisy(CROWD, START, seed=12)
    states = [x]
    for steps in range(round(START / _STEP), 0, -1):
        x = exact_path(x, steps * _STEP, (steps - 1) * _STEP, parts=1)[1][-1]
        states.append(x)
    return torch.stack(states[::-1])


def _pair(x: Tensor) -> str:
    return "({}, {})".format(*(number_text(value) for value in x[0].tolist()))
