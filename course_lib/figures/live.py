"""What a live drawing is: pixels, and the sentence that says what they show."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Drawing(NamedTuple):
    """What a `draw` function of an explorer returns: pixels (H, W, 3) uint8 and one sentence that says what they show.

    `grid` (left, top, width, height), in pixels of the drawing, is where the cells of a cursor lie; by default the
    whole drawing.

    Example:

    >>> Drawing(np.zeros((8, 8, 3), dtype=np.uint8), "A black square.").sentence
    'A black square.'
    """

    pixels: np.ndarray
    sentence: str
    grid: tuple[int, int, int, int] | None = None
