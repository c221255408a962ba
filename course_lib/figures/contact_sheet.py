"""Rows of pictures with words: the still form of what a lesson shows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from course_lib import expect
from course_lib.figures.drawing import beside, picture_panel, stack, text_panel
from course_lib.figures.images import to_pixels
from course_lib.figures.style import Shown, show_pixels


def show_pictures(
    images: torch.Tensor | Sequence,
    titles: Sequence[str] | None = None,
    alt: str = "",
    columns: int | None = None,
    size: int = 128,
) -> Shown:
    """Show pictures in rows, each with its title, enlarged with crisp pixels.

    images: a batch (B, 3, H, W), or a list of pictures (3, H, W), (1, H, W), (H, W) in [-1, 1] or pixels (H, W, 3)
    uint8. `size` is the least width of one picture on the page, in pixels: a small picture is enlarged by the smallest
    whole number that reaches it. At most `columns` stand in a row, by default as many as fit 1000 pixels.

    Raises ValueError where `alt` is empty, there is no picture, or titles and pictures differ in number.

    Example:

    >>> show_pictures(torch.zeros(2, 3, 8, 8), titles=["one", "two"], alt="Two grey squares.")
    Figure: Two grey squares.
    """
    pixels = [to_pixels(image) for image in images]
    titles = [""] * len(pixels) if titles is None else list(titles)
    if not pixels or len(titles) != len(pixels):
        raise ValueError(f"expected at least one picture, each with a title; got {len(pixels)} and {len(titles)}")
    expect.whole("size", size)
    widths = [picture.shape[1] * math.ceil(size / picture.shape[1]) for picture in pixels]
    columns = max(1, 1000 // (max(widths) + 18)) if columns is None else expect.whole("columns", columns)
    panels = [picture_panel(*parts) for parts in zip(pixels, widths, titles, strict=True)]
    rows = [beside(*panels[start : start + columns]) for start in range(0, len(panels), columns)]
    return show_pixels(stack(*rows), alt)


def contact_sheet(frames: Sequence[Sequence], captions: Sequence[str], rows: Sequence[str]) -> np.ndarray:
    """Lay frames out as a sheet (H, W, 3) uint8: one column for each frame, one row for each of its pictures.

    frames: for each frame its pictures, (3, H, W) in [-1, 1] or pixels (H, W, 3) uint8, one for each name in `rows`.
    captions: what stands above each frame, wrapped at its width. Small pictures are enlarged by a whole number,
    large ones shrunk.

    Raises ValueError where there is no frame, captions are not as many as frames, or pictures not as many as rows.

    Example:

    >>> contact_sheet([[torch.zeros(3, 8, 8)], [torch.ones(3, 8, 8)]], ["first", "last"], ["state"]).shape
    (162, 236, 3)
    """
    if not frames or len(captions) != len(frames) or any(len(frame) != len(rows) for frame in frames):
        counts = [len(frame) for frame in frames]
        raise ValueError(
            f"expected a caption for each frame and a picture for each of {len(rows)} rows; "
            f"got {len(captions)} captions and frames of {counts} pictures"
        )
    # One width for all rows keeps the columns in line, where a latent stands above its picture.
    cell = max(_cell_width(to_pixels(picture).shape[1]) for picture in frames[0])
    parts = []
    for row, name in enumerate(rows):
        pictures = [to_pixels(frame[row]) for frame in frames]
        panels = [picture_panel(picture, cell) for picture in pictures]
        strip = beside(*panels, gap=8)
        if row == 0:
            parts.append(beside(*(text_panel(caption, panels[0].shape[1]) for caption in captions), gap=8))
        parts += [text_panel(name, strip.shape[1]), strip]
    return stack(*parts, gap=6)


def _cell_width(width: int, wanted: int = 112) -> int:
    """The width nearest to `wanted` that keeps pixels equal; a large picture is shrunk to `wanted`."""
    return width * round(wanted / width) if width < 1.5 * wanted else wanted
