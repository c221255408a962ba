"""Tensors as pictures: one, or a batch tiled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from course_lib import expect
from course_lib.datasets.eight_bits import to_levels
from course_lib.figures.style import check_pixels


def to_pixels(image: torch.Tensor) -> np.ndarray:
    """Turn a picture (3, H, W), (1, H, W) or (H, W) with values in [-1, 1] into pixels (H, W, 3) uint8.

    -1 becomes 0 and 1 becomes 255. Values outside are shown as the nearest end. Pixels (H, W, 3) uint8 are returned as
    they are.

    Raises ValueError for another shape, and for NaN.

    Example:

    >>> to_pixels(torch.tensor([[-1.0, 0.0, 1.0]]))[0, :, 0].tolist()
    [0, 128, 255]
    """
    if isinstance(image, np.ndarray) and image.dtype == np.uint8:
        check_pixels(image)
        return image
    image = torch.as_tensor(image).detach().cpu()
    image = image[None] if image.ndim == 2 else image
    if image.ndim != 3 or image.shape[0] not in (1, 3) or image.numel() == 0:
        raise ValueError(f"a picture must have shape (3, H, W), (1, H, W) or (H, W); got {tuple(image.shape)}")
    if image.isnan().any():
        raise ValueError(f"a picture must hold numbers; got {int(image.isnan().sum())} NaN of {image.numel()}")
    return np.ascontiguousarray(to_levels(image).expand(3, -1, -1).permute(1, 2, 0).numpy())


def tile(images: torch.Tensor | Sequence, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Put a batch of pictures (B, 3, H, W) or (B, 1, H, W) in one near-square picture (H', W', 3) uint8.

    A list of pictures of one size works too. They run row by row; `gap` white pixels stand between them.

    Raises ValueError where there is no picture, where sizes differ, or columns < 1.

    Example:

    >>> tile(torch.zeros(4, 3, 8, 8)).shape
    (18, 18, 3)
    """
    pixels = [to_pixels(image) for image in images]
    sizes = {picture.shape for picture in pixels}
    if len(sizes) != 1:
        raise ValueError(f"pictures must be at least one and of one size; got sizes {sorted(sizes)}")
    height, width, _ = sizes.pop()
    columns = math.ceil(math.sqrt(len(pixels))) if columns is None else expect.whole("columns", columns)
    columns = min(columns, len(pixels))
    rows = math.ceil(len(pixels) / columns)
    gap = expect.whole("gap", gap, at_least=0)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8)
    for index, picture in enumerate(pixels):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet
