"""Open pictures of any depth with 8 bits a colour, as screens have, and what is transparent."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps


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
