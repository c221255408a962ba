"""The race on pictures: 256 small emoji whose exact denoiser is known, and who reaches the exact path's picture."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.layers import avg_pool2d
from course_lib.lessons.lesson_13.race import FAMILIES
from course_lib.samplers import SAMPLERS, sample
from course_lib.schedulers import make_sigmas
from course_lib.texts import tr

SIDE = 16  # pixels of a picture
BUDGETS = (5, 8, 12, 20)
STARTS = 200
TABLE = NoiseTable.scaled_linear()
RUNNERS = [name for rows in FAMILIES.values() for name in rows if name != "dpm_adaptive"]
_PARTS = 100  # steps of the run that stands for the exact path


class Ends(NamedTuple):
    """Where runs end: states (B, 3, 16, 16), the number of the picture nearest to each (B,), and the calls of a run."""

    states: Tensor
    nearest: Tensor
    calls: int


@cache
def denoiser() -> DatasetDenoiser:
    """The exact denoiser of 256 emoji of 16 x 16 pixels.

    Example:

    >>> denoiser().pictures.shape
    torch.Size([256, 3, 16, 16])
    """
    images = open_emoji("noto").images
    return DatasetDenoiser(avg_pool2d(images, images.shape[-1] // SIDE).double())


@cache
def starts() -> Tensor:
    """200 starts of pure noise at Stable Diffusion's highest level, (200, 3, 16, 16) float64.

    Example:

    >>> f"{starts().std():.1f}"
    '14.6'
    """
    generator = torch.Generator().manual_seed(1313)
    return TABLE.sigma_max * torch.randn(STARTS, 3, SIDE, SIDE, generator=generator, dtype=torch.float64)


def steps_within(name: str, calls: int) -> int | None:
    """The most steps to level 0 that so many calls allow, or None where not even the fewest are allowed.

    Raises ValueError for an unknown name, and where calls is not a whole number.

    Example:

    >>> steps_within("heun", 8), steps_within("pndm", 8)
    (4, None)
    """
    row, most = SAMPLERS[name], expect.whole("calls", calls)
    allowed = [steps for steps in range(row.min_steps, most + 1) if row.calls(steps) <= most]
    return max(allowed, default=None)


@cache
def ends(name: str, calls: int) -> Ends | None:
    """Where a row ends with so many calls, on Karras' levels down to 0; None where they are too few for it.

    Example:

    >>> ends("heun", 8).calls, ends("pndm", 8)
    (7, None)
    """
    steps = steps_within(name, calls)
    if steps is None:
        return None
    options = {"table": TABLE} if name == "pndm" else {}
    states = sample(name, denoiser(), starts(), make_sigmas("karras", steps, TABLE), **options)
    return Ends(states, _nearest(states), SAMPLERS[name].calls(steps))


@cache
def exact_ends() -> Tensor:
    """The number of the picture in which each exact path ends, (200,): UniPC with a hundred steps.

    Example:

    >>> exact_ends().shape
    torch.Size([200])
    """
    return ends("uni_pc", _PARTS).nearest


def share_right(name: str, calls: int) -> float | None:
    """Which share of 200 starts a row takes to the same picture as their exact paths, or None.

    Example:

    >>> share_right("euler", 5) < share_right("dpmpp_2m", 5)
    True
    """
    found = ends(name, calls)
    return None if found is None else (found.nearest == exact_ends()).double().mean().item()


def left_over(name: str, calls: int) -> float:
    """How far the pictures of a row are from the nearest clean ones: the median root mean square of a pixel.

    Raises ValueError where the calls are too few for the row. Example:

    >>> left_over("euler", 5) < 0.001
    True
    """
    found = ends(name, calls)
    if found is None:
        raise ValueError(f"{SAMPLERS[name].label} needs more than {calls} calls")
    distance = found.states - denoiser().pictures[found.nearest]
    return distance.flatten(1).square().mean(1).sqrt().median().item()


def draw_picture_race() -> Shown:
    """The share of starts that end in the right picture, for each row and four budgets.

    Example:

    >>> draw_picture_race().width
    860
    """
    rows = ["euler", *RUNNERS]
    with subplots(width=8.6, height=5.2) as (fig, axis):
        for calls, marker, share in zip(BUDGETS, "o^sD", (0.35, 0.55, 0.8, 1.0), strict=True):
            found = [(share_right(name, calls), -row) for row, name in enumerate(rows)]
            across, up = zip(*(pair for pair in found if pair[0] is not None), strict=True)
            label = tr("{calls} calls").format(calls=calls)
            axis.plot(across, up, marker, color=COLOURS["signal"], alpha=share, markersize=9, label=label)
        axis.set(
            xlim=(-0.03, 1.03), ylim=(-len(rows) + 0.4, 0.6), xlabel=tr("share of starts that end in the right picture")
        )
        axis.set_yticks([-row for row in range(len(rows))], [SAMPLERS[name].label for name in rows])
        axis.legend(loc="upper left", fontsize=9)
    return show(fig, ALT_PICTURE_RACE)


def show_ends(calls: int = 8, columns: int = 9) -> Shown:
    """The same starts on the exact path and with six rows; a frame marks what is another picture than the exact one.

    Example:

    >>> show_ends().width
    908
    """
    names = ("euler", "heun", "dpmpp_2m", "lms", "plms", "uni_pc")
    right = exact_ends()[:columns]
    rows = [_strip(tr("exact path"), denoiser().pictures[right], [False] * columns)]
    for name in names:
        found = ends(name, calls)
        rows.append(_strip(SAMPLERS[name].label, found.states[:columns], (found.nearest[:columns] != right).tolist()))
    return show_pixels(stack(*rows, gap=6), ALT_ENDS)


ALT_PICTURE_RACE = (
    "For each row, four markers for 5, 8, 12 and 20 calls. HeunPP2 is far behind, and so is Heun with 5 calls. Euler "
    "reaches six in ten with 5 calls and more than nine in ten with 20. DPM2, DPM fast, DPM++ 2M and both UniPC rows "
    "reach about nine in ten, or more, with 8 calls. PLMS is behind Euler with 8 calls, and among the best with 20. "
    "PNDM has a marker for 20 calls only."
)
ALT_ENDS = (
    "Seven rows of small emoji, for nine starts. The first row is where the exact paths end. Below it, with 8 calls: "
    "Euler, Heun, DPM++ 2M, LMS, PLMS and UniPC. Frames mark wrong pictures: two of Euler's, three of Heun's, one of "
    "LMS's and one of PLMS's. PLMS's pictures have wrong colours and coloured grain; all others are clean."
)


def _nearest(states: Tensor) -> Tensor:
    return torch.cdist(states.flatten(1), denoiser().pictures.flatten(1)).argmin(dim=1)


def _strip(label: str, states: Tensor, wrong: list[bool]) -> np.ndarray:
    frames = [(0, 0, SIDE, SIDE) if other else None for other in wrong]
    panels = [picture_panel(state.clamp(-1, 1), 80, frame=frame) for state, frame in zip(states, frames, strict=True)]
    return beside(_label(label, panels[0].shape[0]), *panels, gap=6)


def _label(text: str, height: int) -> np.ndarray:
    words = text_panel(text, width=96)
    above = (height - words.shape[0]) // 2
    return np.pad(words, ((above, height - words.shape[0] - above), (0, 0), (0, 0)), constant_values=255)
