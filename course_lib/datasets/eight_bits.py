"""Pictures with 8 bits a colour, as screens have: opened from files of any depth, and made from tensors and back."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image, ImageOps


def to_levels(pictures: torch.Tensor) -> torch.Tensor:
    """Values in [-1, 1] as the nearest of 256 levels: (..., H, W) to the same shape, uint8; black is -1, or 0.

    Values outside are shown as the nearest end: a screen has no more than black and white. This is a display; no
    computation goes through it.

    Example:

    >>> to_levels(torch.tensor([[-1.0, 0.0, 1.0, 7.0]]))
    tensor([[  0, 128, 255, 255]], dtype=torch.uint8)
    """
    return (pictures.float().clamp(-1, 1) + 1).mul(127.5).add(0.5).to(torch.uint8)  # add and cut: rounds, and is fast


def from_levels(levels: torch.Tensor) -> torch.Tensor:
    """The way back: levels (..., H, W), uint8, as float32 in [-1, 1].

    Example:

    >>> from_levels(torch.tensor([[0, 255]], dtype=torch.uint8))
    tensor([[-1.,  1.]])
    """
    return levels.float() / 127.5 - 1


class UnknownRange(Exception):
    """A picture whose numbers do not say what is black and what is white.

    Example:

    >>> str(UnknownRange("holds whole numbers of 32 bits"))
    'holds whole numbers of 32 bits'
    """


def open_image(data: bytes) -> Image.Image:
    """The picture in the bytes of a file, turned as its EXIF data say: RGBA where something is transparent, else RGB.

    Raises UnknownRange, and whatever Pillow raises for what is no picture.

    Example:

    >>> file = io.BytesIO()
    >>> Image.new("I;16", (1, 1), 32896).save(file, "PNG")
    >>> open_image(file.getvalue()).getpixel((0, 0))
    (128, 128, 128)
    """
    picture = Image.open(io.BytesIO(data))
    if picture.mode == "F" or (picture.mode == "I" and picture.format not in ("PNG", "PPM")):
        kind = "floats" if picture.mode == "F" else "whole numbers of 32 bits, or with a sign"
        raise UnknownRange(f"holds {kind}, which do not say what is black and what is white")
    key, raw = picture.info.get("transparency"), [tile[3] for tile in picture.tile]
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip at 255
        numbers = picture.convert("I")
        shown = numbers.point(lambda value: value * (1 / 257) + 0.5).convert("L").convert("RGB")
        deep = np.asarray(numbers)[..., None]
    elif key is not None and raw == ["RGB;16B"]:  # of 16 bits a colour, Pillow keeps the high 8
        shown = picture.convert("RGB")
        deep = 256 * np.asarray(shown, np.int32) + np.asarray(_low_bytes(data))
    else:
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    shown.info.pop("transparency", None)
    if key is not None:  # a colour of 16 bits: what is near it is not transparent
        shown.putalpha(Image.fromarray((255 * (deep != key).any(-1)).astype(np.uint8)))
    return shown


def _low_bytes(data: bytes) -> Image.Image:
    """The low 8 bits of a picture with 16 bits a colour: read as if these came first."""
    picture = Image.open(io.BytesIO(data))
    picture.tile = [(codec, extents, offset, "RGB;16L") for codec, extents, offset, _ in picture.tile]
    return ImageOps.exif_transpose(picture)
