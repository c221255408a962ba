"""Lesson 09, reverse diffusion: the drawing of what can be known exactly."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion import DatasetDenoiser
from course_lib.figures import COLOURS, Drawing, beside, picture_panel, settled, stack
from course_lib.figures.drawing import canvas, font
from course_lib.lessons.lesson_09.faces import SIDE, TABLE, open_faces
from course_lib.texts import tr

ROW = {
    "grinning face": 0, "winking face": 2, "heart eyes": 4, "face with a mask": 8, "cold face": 10,
    "face in sunglasses": 13, "angry face": 16, "skull": 18,
}  # fmt: skip
_LARGE, _SMALL, _BAR = 13 * SIDE, 5 * SIDE, 60


def open_row() -> Tensor:
    """The faces of ROW, in its order: (8, 3, 16, 16) in [-1, 1].

    Example:

    >>> open_row().shape
    torch.Size([8, 3, 16, 16])
    """
    return open_faces()[list(ROW.values())]


def make_noisy(number: int, t: int) -> Tensor:
    """Face `number` of the row in sigma coordinates, x0 + sigma * eps: (1, 3, 16, 16). The noise is the same for all t.

    Example:

    >>> (make_noisy(0, 0) - open_row()[:1]).std().item() < 0.04
    True
    """
    row = open_row()
    noise = torch.randn(row[:1].shape, generator=torch.Generator().manual_seed(2))
    return row[number : number + 1] + TABLE.sigmas[t].item() * noise


def draw_guess(face: str, t: int) -> Drawing:
    """A face of ROW with the noise of step t, the best guess of the clean one, and the share of each face in it.

    Raises ValueError for another face, and for a t outside the table.

    Example:

    >>> draw_guess("skull", 0).sentence
    'Step 0 of 999, sigma 0.03: the best guess is the skull, with a share of 100 %.'
    """
    expect.known("face", face, ROW)
    t = expect.whole("t", t, at_least=0, at_most=len(TABLE) - 1)
    sigma, x = TABLE.sigmas[t].item(), make_noisy(list(ROW).index(face), t)
    denoise = DatasetDenoiser(open_row())
    shares = settled(denoise.weights(x, sigma)[0])
    top = beside(
        picture_panel(x[0] / (1 + sigma**2) ** 0.5, _LARGE, tr("what we see")),
        picture_panel(denoise(x, sigma)[0], _LARGE, tr("the best guess")),
        picture_panel(open_row()[list(ROW).index(face)], _LARGE, tr("what it was")),
    )
    pixels = stack(top, _draw_shares(shares))
    best = int(shares.argmax())
    share = round(100 * shares[best].item())
    words = {"t": t, "sigma": f"{sigma:.2f}", "name": list(ROW)[best], "share": share}
    said = tr("Step {t} of 999, sigma {sigma}: the best guess is the {name}, with a share of {share} %.")
    if share < 99:
        said = tr(
            "Step {t} of 999, sigma {sigma}: the best guess is a mix; the {name} has the largest share, {share} %."
        )
    return Drawing(pixels, said.format(**words))


def _draw_shares(shares: Tensor) -> np.ndarray:
    """The faces of the row, a bar over each, and its share in percent below."""
    panels = []
    for picture, share in zip(open_row(), shares.tolist(), strict=True):
        below = picture_panel(picture, _SMALL)
        image, pen = canvas(below.shape[1], _BAR + 18)
        height = round(_BAR * share)
        pen.rectangle([8, _BAR - height, below.shape[1] - 9, _BAR], fill=COLOURS["denoised"])
        pen.text((below.shape[1] / 2, _BAR + 3), f"{100 * share:.0f} %", COLOURS["ink"], font(12), anchor="mt")
        panels.append(stack(np.asarray(image), below, gap=2))
    return beside(*panels, gap=6)
