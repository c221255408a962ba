"""A table of numbers as a map: every cell with its number, and a colour for how good it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from course_lib.figures.style import COLOURS, Shown, show, subplots

RAMP = LinearSegmentedColormap.from_list("good to bad", ["#08415c", "#3f8cb1", "#b3d3e4", "#f4f4f2"])


def number_map(
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    shades: np.ndarray,
    *,
    alt: str,
    marked: Sequence[tuple[int, int]] = (),
    digits: int = 2,
    title: str = "",
) -> Shown:
    """A figure of values (R, C), NaN for a dash, on shades (R, C) from 0, dark, to 1, pale; `marked` cells are framed.

    rows, columns : R and C names. Raises ValueError where the shapes differ.

    Example:

    >>> number_map(np.eye(2), ["a", "b"], ["c", "d"], np.eye(2), alt="Two by two.")
    Figure: Two by two.
    """
    if values.shape != (len(rows), len(columns)) or shades.shape != values.shape:
        raise ValueError(
            f"values and shades must be ({len(rows)}, {len(columns)}); got {values.shape} and {shades.shape}"
        )
    with subplots(width=1.6 + 0.5 * len(columns), height=1.3 + 0.2 * len(rows)) as (figure, axis):
        shown = np.where(np.isnan(values), np.nan, shades)
        axis.imshow(shown, cmap=RAMP, vmin=0, vmax=1, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            there = not np.isnan(value)
            dark = there and shades[row, column] < 0.5
            text = f"{value:.{digits}f}" if there else "–"
            colour = COLOURS["paper"] if dark else COLOURS["ink"]
            axis.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
        for row, column in marked:
            frame = Rectangle((column - 0.46, row - 0.44), 0.92, 0.88, fill=False, lw=1.6, edgecolor=COLOURS["noise"])
            axis.add_patch(frame)
        axis.set_xticks(range(len(columns)), columns, rotation=40, ha="left", fontsize=8)
        axis.set_yticks(range(len(rows)), rows, fontsize=8)
        axis.xaxis.tick_top()
        axis.grid(visible=False)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        axis.set_xlabel(title)
        return show(figure, alt)
