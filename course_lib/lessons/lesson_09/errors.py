"""Lesson 09, reverse diffusion: what one and the same small error does to the clean picture."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.diffusion import prediction_from, q_sample, x0_from
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.lessons.lesson_09.exact import open_row
from course_lib.lessons.lesson_09.faces import TABLE
from course_lib.texts import tr

ERROR = 0.1  # the error of the network's prediction: its standard deviation, for each number
KINDS = {"eps": "the noise", "x0": "the clean picture", "v": "v"}
_COLOURS = {"eps": COLOURS["noise"], "x0": COLOURS["signal"], "v": COLOURS["denoised"]}
_LINES = {"eps": "-", "x0": ":", "v": "--"}


def error_of_picture(kind: str, t: int, error: float = ERROR) -> float:
    """The error of the clean picture at step t, where a prediction of this kind is wrong by `error`.

    kind : "eps", "x0" or "v". Raises ValueError for another kind.

    Example:

    >>> [round(error_of_picture(kind, 999), 2) for kind in KINDS]
    [1.46, 0.1, 0.1]
    """
    alphas_cumprod = TABLE.alphas_cumprod[t]
    wrong, right = (x0_from(kind, torch.tensor([said]).double(), torch.zeros(1), alphas_cumprod) for said in (error, 0))
    return (wrong - right).abs().item()


def show_errors() -> Shown:
    """The error of the clean picture at each step, for the three kinds of prediction, as curves.

    Example:

    >>> show_errors().width
    700
    """
    with subplots(width=7, height=3) as (fig, axis):
        for kind, name in KINDS.items():
            curve = [error_of_picture(kind, t) for t in range(len(TABLE))]
            axis.semilogy(
                curve, _LINES[kind], color=_COLOURS[kind], label=tr("it predicts {name}").format(name=tr(name))
            )
        axis.set(title="The network is wrong by 0.1. How wrong is the clean picture?", xlabel="step t", ylabel="error")
        axis.legend()
    return show(
        fig,
        "Three curves over the step t. Predicting the clean picture: always 0.1. Predicting the noise: the error rises "
        "from 0.003 to 1.5. Predicting v: it rises from 0.003 to nearly 0.1.",
    )


def guess_with_error(kind: str, t: int) -> Tensor:
    """A face as it is computed from a prediction that is wrong by ERROR: (3, 16, 16).

    kind : "eps", "x0" or "v". Raises ValueError for another kind.

    Example:

    >>> guess_with_error("eps", 999).shape
    torch.Size([3, 16, 16])
    """
    x0 = open_row()[:1]
    noise, error = torch.randn(2, *x0.shape, generator=torch.Generator().manual_seed(0))
    x, alphas_cumprod = q_sample(x0, t, TABLE, noise), TABLE.alphas_cumprod[t]
    return x0_from(kind, prediction_from(kind, x0, x, alphas_cumprod) + ERROR * error, x, alphas_cumprod)[0]


def show_guesses() -> Shown:
    """The same face, computed from three predictions that are equally wrong, at five steps.

    Example:

    >>> show_guesses().alt[:36]
    'A face, computed at five steps from '
    """
    width = 6 * open_row().shape[-1]
    rows = []
    for kind, name in KINDS.items():
        panels = [picture_panel(guess_with_error(kind, t), width, f"t = {t}") for t in (0, 250, 500, 750, 999)]
        rows.append(
            stack(
                text_panel(tr("from a prediction of {name}").format(name=tr(name)), 500), beside(*panels, gap=8), gap=2
            )
        )
    return show_pixels(
        stack(*rows),
        "A face, computed at five steps from three predictions with the same error. From the clean picture: a little "
        "grain everywhere. From the noise: clean at first, and drowned in grain at t = 999. From v: clean at "
        "first, then a little grain.",
    )
