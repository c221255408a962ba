"""Lesson 10, latents: pictures through the encoder and back, beside JPEG, and what does not come back."""

from __future__ import annotations

import io
import math
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from course_lib import expect
from course_lib.datasets import open_emoji, open_picture
from course_lib.figures import Drawing, Shown, beside, picture_panel, show_pixels, stack, to_pixels
from course_lib.figures.drawing import titled
from course_lib.figures.lettering import font
from course_lib.lessons.small_model import model
from course_lib.texts import tr

_SIDE = 192
_NAMES = ("panda", "rocket", "sunflower", "red apple")


@cache
def open_pictures() -> dict[str, Tensor]:
    """Four emoji and a page of small print, by name: each (1, 3, 64, 64) in [-1, 1].

    Example:

    >>> list(open_pictures())
    ['panda', 'rocket', 'sunflower', 'red apple', 'small print']
    """
    emoji = open_emoji("fluent")
    pictures = {name: emoji.select(name).images[:1] for name in _NAMES}
    return pictures | {"small print": _print("The small\nprint says\nthat it is\nlost. Sorry!\nRead it\nhere.", 8)}


def decibels(back: Tensor, picture: Tensor) -> float:
    """Peak signal-to-noise ratio of two tensors of one shape in [-1, 1]: 10 log10(2² / mean squared error), in dB.

    Example:

    >>> round(decibels(torch.full((3, 2, 2), 0.1), torch.zeros(3, 2, 2)), 2)
    26.02
    """
    return 10 * math.log10(4 / (back.clamp(-1, 1) - picture).square().mean().clamp(min=1e-12).item())


def there_and_back(picture: Tensor) -> tuple[Tensor, Tensor]:
    """The small model's latent (B, 12, 8, 8) of pictures (B, 3, 64, 64), and what its decoder makes of it.

    Example:

    >>> [tuple(tensor.shape) for tensor in there_and_back(torch.zeros(1, 3, 64, 64))]
    [(1, 12, 8, 8), (1, 3, 64, 64)]
    """
    with torch.no_grad():
        latent = model().encode(picture)
        return latent, model().decode(latent)


def latent_panel(latent: Tensor, title: str) -> np.ndarray:
    """The channels of a latent (C, h, w) as grey tiles, four in a row; black is -3, white is 3.

    Example:

    >>> latent_panel(torch.zeros(12, 8, 8), "a latent").ndim
    3
    """
    tiles = [picture_panel((channel / 3).clamp(-1, 1), 7 * channel.shape[-1]) for channel in latent]
    rows = [beside(*tiles[start : start + 4], gap=6) for start in range(0, len(tiles), 4)]
    return titled(stack(*rows, gap=6), title)


def draw_round_trip(picture: Tensor) -> Drawing:
    """A picture (1, 3, 64, 64), its latent, what comes back, and four times the difference.

    Example:

    >>> draw_round_trip(open_pictures()["red apple"]).sentence.startswith("12,288 numbers became 768")
    True
    """
    latent, back = there_and_back(picture)
    pixels = beside(
        picture_panel(picture[0], _SIDE, tr("the picture")),
        latent_panel(latent[0], tr("its latent: 12 channels")),
        picture_panel(back[0], _SIDE, tr("what comes back")),
        picture_panel((4 * (back - picture)[0]).clamp(-1, 1), _SIDE, tr("4 × the difference")),
    )
    said = tr("12,288 numbers became 768, and then 12,288 again: {decibels} dB.")
    return Drawing(pixels, said.format(decibels=f"{decibels(back, picture):.0f}"))


def show_round_trips() -> Shown:
    """Four pictures above what comes back of them.

    Example:

    >>> show_round_trips().width > 600
    True
    """
    panels = []
    for name in _NAMES:
        picture = open_pictures()[name]
        panels.append(
            stack(picture_panel(picture[0], _SIDE, name), picture_panel(there_and_back(picture)[1][0], _SIDE))
        )
    alt = "A panda, a rocket, a sunflower and an apple above what comes back of them: nearly the same, and softer."
    return show_pixels(beside(*panels), alt)


def from_jpeg(picture: Tensor, at_most: int) -> tuple[Tensor, int]:
    """A picture (1, 3, H, W) after JPEG at the best quality that needs `at_most` bytes, and the bytes of the file.

    Raises ValueError where even the worst quality needs more. Example:

    >>> back, count = from_jpeg(torch.zeros(1, 3, 64, 64), 768)
    >>> tuple(back.shape), count < 768
    ((1, 3, 64, 64), True)
    """
    at_most, found = expect.whole("at_most", at_most), None
    image = Image.fromarray(to_pixels(picture[0]))
    for quality in range(1, 96):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, optimize=True)
        if len(file.getvalue()) <= at_most:
            found = file.getvalue()
    if found is None:
        raise ValueError(f"at_most must allow JPEG's worst quality; got {at_most} bytes")
    return open_picture(found, picture.shape[-1]), len(found)


def show_draws(factors: tuple[int, ...] = (0, 1, 10, 30)) -> Shown:
    """The panda from the mean of its latent, and from draws with so many times the encoder's standard deviation.

    Example:

    >>> show_draws().alt[:9]
    'Four pand'
    """
    with torch.no_grad():
        mean, log_variance = model().vae.encode(open_pictures()["panda"])
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
        drawn = [model().vae.decode(mean + factor * (log_variance / 2).exp() * noise)[0] for factor in factors]
    titles = [tr("the mean"), tr("a draw"), *(tr("{count} × the noise").format(count=n) for n in factors[2:])]
    panels = [picture_panel(picture, _SIDE, title) for picture, title in zip(drawn, titles, strict=True)]
    alt = "Four pandas. Mean and draw look the same. With 10 times the noise it changes a little, with 30 times much."
    return show_pixels(beside(*panels), alt)


def show_lost() -> Shown:
    """Small print, large print, thin stripes and noise, above what comes back of them.

    Example:

    >>> show_lost().alt.split(",")[0]
    'Small print'
    """
    generator = torch.Generator().manual_seed(1)
    pictures = {
        tr("small print"): open_pictures()["small print"],
        tr("large print"): _print("BIG\nprint", 22),
        tr("stripes, one pixel wide"): (torch.arange(64) % 2 * 2.0 - 1).expand(1, 3, 64, 64),
        tr("noise"): torch.randint(0, 2, (1, 3, 64, 64), generator=generator) * 2.0 - 1,
    }
    panels = [
        stack(picture_panel(picture[0], _SIDE, title), picture_panel(there_and_back(picture)[1][0], _SIDE))
        for title, picture in pictures.items()
    ]
    alt = (
        "Small print, large print, thin stripes and noise above what comes back of them. Small print becomes dashes, "
        "large print can be read, the stripes are lost in a nearly even green with one faint band, and the noise "
        "becomes coloured blots."
    )
    return show_pixels(beside(*panels), alt)


def _print(text: str, size: int) -> Tensor:
    """Text on white, (1, 3, 64, 64)."""
    image = Image.new("RGB", (64, 64), "white")
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(text.split("\n")):
        pen.text((2, 2 + row * (size + 3)), line, "black", font(size))
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float()[None] / 127.5 - 1
