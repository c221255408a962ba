"""Lesson 10, latents: two pictures mixed in pixels and in latents, and latents at a wrong scale."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.figures import Drawing, Shown, beside, picture_panel, show_pixels, stack
from course_lib.lessons.lesson_10.round_trip import open_pictures
from course_lib.lessons.small_model import model
from course_lib.texts import tr

PAIRS = {
    "rocket and sunflower": ("rocket", "sunflower"),
    "panda and koala": ("panda", "koala"),
    "apple and lemon": ("red apple", "lemon"),
    "red and blue heart": ("red heart", "blue heart"),
}
ALT_MIXES = (
    "A rocket becomes a sunflower in five pictures, twice. Above, in pixels: halfway both are seen through each other. "
    "Below, in latents: halfway the head of the flower covers the rocket's body, and what is left of both is blurred."
)


def mixed(pair: str, share: float) -> tuple[Tensor, Tensor]:
    """A mix of two pictures in pixels, and the decoded mix of their latents: each (3, 64, 64).

    share : of the second one, 0 to 1. Raises ValueError for another pair or share. Example:

    >>> [tuple(picture.shape) for picture in mixed("panda and koala", 0.5)]
    [(3, 64, 64), (3, 64, 64)]
    """
    expect.known("pair", pair, PAIRS)
    share, emoji = expect.number("share", share, 0, 1), open_emoji("fluent")
    one, other = (emoji.select(name).images[:1] for name in PAIRS[pair])
    with torch.no_grad():
        latents = torch.lerp(model().encode(one), model().encode(other), share)
        return torch.lerp(one, other, share)[0], model().decode(latents)[0]


def draw_mix(pair: str, share: float) -> Drawing:
    """Both mixes side by side. Raises ValueError as `mixed` does. Example:

    >>> draw_mix("panda and koala", 0.25).sentence
    'panda and koala: 25 % of the second one, mixed in pixels and in latents.'
    """
    pixels, latents = mixed(pair, share)
    panels = picture_panel(pixels, 256, tr("mixed in pixels")), picture_panel(latents, 256, tr("mixed in latents"))
    said = tr("{pair}: {percent} % of the second one, mixed in pixels and in latents.")
    return Drawing(beside(*panels), said.format(pair=tr(pair), percent=round(100 * share)))


def show_mixes(pair: str = "rocket and sunflower", alt: str = ALT_MIXES) -> Shown:
    """Five mixes in pixels above those in latents. Example:

    >>> show_mixes().width > 600
    True
    """
    mixes = [mixed(pair, share) for share in (0, 0.25, 0.5, 0.75, 1)]
    return show_pixels(stack(*(beside(*(picture_panel(mix[n], 128) for mix in mixes)) for n in (0, 1))), alt)


def show_scales() -> Shown:
    """The panda's latent, decoded at the right scale, and after the factor 0.18215 was forgotten on either side.

    Example:

    >>> show_scales().alt[:6]
    'Three '
    """
    with torch.no_grad():
        latent = model().encode(open_pictures()["panda"])
        scales = {tr("as it should be"): 1.0, tr("5.49 times too small"): 0.18215, tr("5.49 times too large"): 5.49}
        panels = [picture_panel(model().decode(scale * latent)[0], 192, title) for title, scale in scales.items()]
    alt = (
        "Three decoded pandas: as it should be; from a latent 5.49 times too small, nearly gone in pink; from one 5.49 "
        "times too large, with hard contrasts and a blurred face."
    )
    return show_pixels(beside(*panels), alt)
