"""What a live drawing is: pixels, and the sentence that says what they show."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Drawing(NamedTuple):
    """What a `draw` function of an explorer returns: pixels (H, W, 3) uint8 and one sentence that says what they show.

    `grid` (left, top, width, height), in pixels of the drawing, is where the cells of a cursor lie; by default the
    whole drawing. `cell` (row, column) moves the cursor there, once the drawing is made; by default it stays.
    """

    pixels: np.ndarray
    sentence: str
    grid: tuple[int, int, int, int] | None = None
    cell: tuple[int, int] | None = None
