"""Lesson 09, reverse diffusion: the network beside the exact denoiser, at their best and at their worst."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.figures import Shown, beside, picture_panel, show_pixels, stack, text_panel
from course_lib.lessons.lesson_09.faces import SIDE, TABLE, exact_denoiser, nearest, open_faces
from course_lib.lessons.lesson_09.live import paint
from course_lib.texts import tr

_WIDTH, _MANY, _T = 5 * SIDE, 64, 400


def show_painted(denoise: Callable, alt: str) -> Shown:
    """Eight faces that `denoise` paints, eight of the exact denoiser, and below each the nearest face of the set.

    denoise(x, sigma) as samplers want it, for x (B, 3, 16, 16). Example:

    >>> show_painted(exact_denoiser(), "Four rows of faces.")
    Figure: Four rows of faces.
    """
    network, perfect = paint(denoise), paint(exact_denoiser())
    rows = {
        tr("the network paints"): network,
        tr("the nearest known face of each"): nearest(network),
        tr("the exact denoiser paints"): perfect,
        tr("the nearest known face of each") + " ": nearest(perfect),
    }
    return _show_rows(rows, alt)


def show_worst(denoise: Callable, alt: str) -> Shown:
    """What each guesses for faces that neither knows, at step 400; and of 64 paintings the eight farthest from them.

    denoise : as in `show_painted`. Example:

    >>> show_worst(exact_denoiser(), "Five rows of faces.")
    Figure: Five rows of faces.
    """
    unseen = open_faces(unseen=True)
    sigma = TABLE.sigmas[_T].float()
    x = unseen + sigma * torch.randn(unseen.shape, generator=torch.Generator().manual_seed(4))
    rows = {
        tr("faces that neither knows, with the noise of step {t}").format(t=_T): x / (1 + sigma**2) ** 0.5,
        tr("what they were"): unseen,
        tr("the exact denoiser guesses"): exact_denoiser()(x, sigma),
        tr("the network guesses"): denoise(x, sigma),
        tr("of {count} faces that the network paints, those farthest from any known face").format(
            count=_MANY
        ): farthest(paint(denoise, _MANY)),
    }
    return _show_rows(rows, alt)


def farthest(pictures: Tensor, count: int = 8) -> Tensor:
    """Of pictures (B, 3, 16, 16) the `count` that differ most from their nearest known face: (count, 3, 16, 16).

    Example:

    >>> farthest(torch.cat([open_faces()[:2], torch.zeros(1, 3, 16, 16)]), 1).abs().max().item()
    0.0
    """
    errors = (pictures - nearest(pictures)).square().mean(dim=(1, 2, 3))
    return pictures[errors.topk(count).indices]


def _show_rows(rows: dict[str, Tensor], alt: str) -> Shown:
    width = 8 * (_WIDTH + 8)
    strips = [
        stack(text_panel(name, width), beside(*(picture_panel(picture, _WIDTH) for picture in pictures), gap=6), gap=2)
        for name, pictures in rows.items()
    ]
    return show_pixels(stack(*strips), alt)
