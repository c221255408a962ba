"""One seed and another number of steps: what becomes of the ends with independent noise, and with a Brownian path."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from course_lib.figures import COLOURS, Shown, beside, show_pixels, stack
from course_lib.figures.drawing import titled
from course_lib.lessons.plane.blobs import levels, noisy
from course_lib.lessons.plane.board import Plane
from course_lib.lessons.plane.walking import walk
from course_lib.samplers import make_noise
from course_lib.texts import tr

_COUNT = 120


@cache
def ends_of(kind: str, steps: int, name: str = "dpmpp_2m_sde") -> Tensor:
    """Where 120 particles from level 3 end, with one seed and one kind of noise of NOISES: (120, 2).

    Raises ValueError for another kind. Example:

    >>> ends_of("gaussian", 5).shape
    torch.Size([120, 2])
    """
    x, sigmas = noisy(_COUNT, seed=1403), levels(steps)
    source = make_noise(kind, x, sigmas, torch.Generator().manual_seed(1404))
    return walk(name, x, sigmas, noise_sampler=source).states[-1]


def median_change(kind: str, steps: int) -> float:
    """How far a particle's end moves, in the median, where the steps are doubled and the seed stays.

    Example:

    >>> f"{median_change('brownian', 10):.1f}"
    '0.1'
    """
    return (ends_of(kind, steps) - ends_of(kind, 2 * steps)).norm(dim=1).median().item()


def draw_same_seed(steps: int = 20) -> Shown:
    """For each kind of noise, a line from where a particle ends with `steps` to where it ends with twice as many.

    Example:

    >>> draw_same_seed(4).width
    864
    """
    panels = []
    titles = {"gaussian": tr("independent noise"), "brownian": tr("noise from one Brownian path")}
    for kind, title in titles.items():
        plane = Plane(0.0, strength=0.3)
        before, after = ends_of(kind, steps), ends_of(kind, 2 * steps)
        for ends in zip(before, after, strict=True):
            plane.line(torch.stack(ends), COLOURS["ink"], width=1.2, alpha=0.45)
        plane.rings(before, COLOURS["target"], radius=4.0, width=2.0)
        plane.dots(after, COLOURS["noise"], radius=3.2)
        panels.append(titled(plane.pixels(3), title))
    return show_pixels(stack(beside(*panels)), ALT)


ALT = (
    "Two planes with 120 particles of DPM++ 2M SDE, whose ends with 20 steps (rings) are joined to their ends with 40 "
    "steps and the same seed (dots). With independent noise many long lines run from blob to blob. With noise from one "
    "Brownian path nearly every dot lies in its ring."
)
