"""Upscaling: a picture of 16 x 16 pixels made four times as wide, by Lanczos and by denoising once more."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from course_lib import expect
from course_lib.atlas.pictures import detail
from course_lib.datasets.eight_bits import from_levels, to_levels
from course_lib.datasets.scenes import SIZE, emoji_scene
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.lessons.lesson_16.measures import decibels
from course_lib.lessons.lesson_16.running import CALLS, ODE, SDE, decoded, encoded, run, unit_noise
from course_lib.lessons.small_model import model
from course_lib.pipeline import upscale
from course_lib.texts import tr

CONCEPTS = ("panda", "rocket", "strawberry", "fox")
SMALL = 16  # pixels of a side
# How to enlarge: what is enlarged, with which row it is denoised again, and with which strength.
WAYS = {
    "Lanczos": ("pixels", None, 0.0),
    "DPM++ 2M, strength 0.1": ("pixels", ODE, 0.1),
    "DPM++ 2M, strength 0.3": ("pixels", ODE, 0.3),
    "DPM++ 2M SDE, strength 0.1": ("pixels", SDE, 0.1),
    "DPM++ 2M SDE, strength 0.3": ("pixels", SDE, 0.3),
    "enlarged latent, strength 0.5": ("latent", ODE, 0.5),
}


def drawn() -> Tensor:
    """The drawings that the small pictures were made from: (4, 3, 64, 64). Example:

    >>> drawn().shape
    torch.Size([4, 3, 64, 64])
    """
    return torch.stack([emoji_scene(concept, "fluent").draw() for concept in CONCEPTS])


def small() -> Tensor:
    """The pictures to enlarge: (4, 3, 16, 16), each pixel the mean of 4 x 4. Example:

    >>> small().shape
    torch.Size([4, 3, 16, 16])
    """
    return F.avg_pool2d(drawn(), SIZE // SMALL)


@cache
def enlarged(way: str) -> Tensor:
    """The small pictures at 64 x 64 pixels, by one of WAYS: (4, 3, 64, 64) in [-1, 1].

    Raises ValueError for a name that is not in WAYS. Example:

    >>> enlarged("Lanczos").shape
    torch.Size([4, 3, 64, 64])
    """
    expect.known("way", way, WAYS)
    what, sampler, strength = WAYS[way]
    wide = torch.stack([lanczos(picture, SIZE) for picture in small()])
    if sampler is None:
        return wide
    clean = encoded(wide) if what == "pixels" else F.interpolate(encoded(small()), scale_factor=SIZE // SMALL)
    words = [emoji_scene(concept, "fluent").caption for concept in CONCEPTS]
    noise = unit_noise(len(words), seed=1)
    return decoded(run(words, noise, sampler=sampler, clean=clean, strength=strength, seed=1))


def lanczos(picture: Tensor, side: int) -> Tensor:
    """A picture (3, H, W) in [-1, 1] at (side, side) pixels, by Lanczos' filter, as picture programs do it.

    Example:

    >>> lanczos(torch.zeros(3, 4, 4), 8).shape
    torch.Size([3, 8, 8])
    """
    pixels = Image.fromarray(to_levels(picture).permute(1, 2, 0).numpy())
    resized = np.asarray(pixels.resize((side, side), Image.Resampling.LANCZOS)).copy()
    return from_levels(torch.from_numpy(resized)).permute(2, 0, 1)


def detail_and_likeness(way: str) -> tuple[float, float]:
    """Of one of WAYS: its detail as a share of the drawings', and its likeness to them in dB; means of four.

    Detail is the atlas's measure: the mean square of what a small blur takes away.

    Raises ValueError for a name that is not in WAYS. Example:

    >>> detail_and_likeness("Lanczos")[0] < 0.2 < detail_and_likeness("DPM++ 2M, strength 0.3")[0]
    True
    """
    pictures = enlarged(way)
    share = (detail(pictures) / detail(drawn())).mean().item()
    return share, decibels(pictures, drawn()).mean().item()


def show_enlarging() -> Shown:
    """The small pictures, each way of enlarging them, and the drawings, row by row.

    Example:

    >>> show_enlarging().width
    860
    """
    rows, names = [small()], [tr("given, 16 x 16 pixels")]
    for way in ("Lanczos", "DPM++ 2M, strength 0.3", "DPM++ 2M SDE, strength 0.3", "enlarged latent, strength 0.5"):
        rows.append(enlarged(way))
        names.append(tr(way))
    rows.append(drawn())
    names.append(tr("the drawing"))
    columns = [
        stack(text_panel(name, 112), *(picture_panel(picture, 128) for picture in pictures), gap=6)
        for name, pictures in zip(names, rows, strict=True)
    ]
    high = max(column.shape[0] for column in columns)
    padded = [np.pad(one, ((high - one.shape[0], 0), (0, 0), (0, 0)), constant_values=255) for one in columns]
    return show_pixels(beside(*padded, gap=12), ALT_ENLARGED)


def draw_detail() -> Shown:
    """Detail against likeness, one marker for each of WAYS. Example:

    >>> draw_detail().width
    700
    """
    colours = {None: "ink", ODE: "signal", SDE: "noise"}
    with subplots(width=7, height=3.4) as (fig, axis):
        for (way, (what, sampler, _)), marker in zip(WAYS.items(), "XoPsD^", strict=True):
            share, near = detail_and_likeness(way)
            look = {"color": COLOURS["denoised" if what == "latent" else colours[sampler]], "markersize": 9}
            axis.plot([100 * share], [near], marker, label=tr(way), **look)
        axis.axvline(100, color=COLOURS["target"], linestyle="--")
        axis.set(xlabel=tr("detail (% of the drawing's)"), ylabel=tr("likeness to the drawing (dB)"), xlim=(0, 103))
        axis.margins(y=0.12)
        axis.legend(loc="lower right", fontsize=9, bbox_to_anchor=(0.93, 0))
    return show(fig, ALT_DETAIL)


@cache
def too_large() -> Tensor:
    """The panda's drawing, enlarged to 128 x 128 pixels, for which the model was never trained: (3, 128, 128).

    Example:

    >>> too_large().shape
    torch.Size([3, 128, 128])
    """
    settings = {"size": 2 * SIZE, "strength": 0.3, "steps": CALLS, "seed": 1}
    painted = upscale(model(), drawn()[0], emoji_scene("panda", "fluent").caption, **settings)
    return from_levels(torch.from_numpy(painted.image)).permute(2, 0, 1)


def show_too_large() -> Shown:
    """The panda at 128 x 128 pixels: by Lanczos, and by denoising again. Example:

    >>> show_too_large().width
    552
    """
    panels = (
        picture_panel(lanczos(drawn()[0], 2 * SIZE), 256, tr("Lanczos, 128 x 128")),
        picture_panel(too_large(), 256, tr("denoised again, 128 x 128")),
    )
    return show_pixels(beside(*panels), ALT_TOO_LARGE)


ALT_ENLARGED = (
    "A panda, a rocket, a strawberry and a fox in six columns. Given: 16 x 16 pixels each. Lanczos: blurred, with "
    "bent edges, no eyes. DPM++ 2M at strength 0.3: crisp, with eyes, seeds and a window. DPM++ 2M SDE: as crisp, and "
    "a little farther from the drawing. The enlarged latent at 0.5: crisp, too. The drawings."
)
ALT_DETAIL = (
    "Six markers: likeness to the drawing over detail. Lanczos has nearly no detail. Strength 0.3 brings more of it "
    "than 0.1. DPM++ 2M SDE: more detail than DPM++ 2M at the same strength, and less likeness. The enlarged latent: "
    "most detail. All of them are nearer to the drawing than Lanczos."
)
ALT_TOO_LARGE = (
    "Two pandas at 128 x 128 pixels. Lanczos: a soft panda. Denoised again: the face is gone; a pale square "
    "with a small face in each corner."
)
