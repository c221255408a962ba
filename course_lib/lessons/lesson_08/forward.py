"""Lesson 08, forward diffusion: what its page calls."""

from __future__ import annotations

import math

import torch

from course_lib.diffusion import NoiseTable, q_sample
from course_lib.figures import COLOURS, Drawing, beside, histogram_panel, picture_panel
from course_lib.texts import tr

TABLES = {
    "scaled linear (Stable Diffusion)": NoiseTable.scaled_linear(),
    "linear (DDPM)": NoiseTable.linear(),
    "cosine": NoiseTable.cosine(),
}


def draw(picture: torch.Tensor, table: str, t: int) -> Drawing:
    """The picture (1, 3, S, S) at timestep `t` of a table of TABLES, beside the histogram of its numbers.

    The noise is the same for every t, so that only its share changes. Raises ValueError for an unknown table.

    Example:

    >>> draw(torch.zeros(1, 3, 8, 8), "cosine", 500).sentence
    'Step 500 of 999, cosine: 0.70 × picture + 0.71 × noise; SNR 0.97, sigma 1.02.'
    """
    if table not in TABLES:
        raise ValueError(f"unknown table {table!r}; there are: {', '.join(TABLES)}")
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(8))
    x = q_sample(picture, t, TABLES[table], noise)
    alphas_cumprod = TABLES[table].alphas_cumprod[t].item()
    signal, spread = math.sqrt(alphas_cumprod), math.sqrt(1 - alphas_cumprod)
    histogram = histogram_panel(
        x,
        width=420,
        height=298,
        curve=lambda value: torch.exp(-(value**2) / 2) / math.sqrt(2 * math.pi),
        colour=COLOURS["noise"],
        top=1.2,
        title="its numbers (bars), and pure noise (line)",
        y_name="how often (density)",
    )
    pixels = beside(picture_panel(x[0], width=320, title=tr("x at step {step}").format(step=t)), histogram)
    says = tr("Step {step} of {last}, {table}: {signal} × picture + {spread} × noise; SNR {ratio}, sigma {sigma}.")
    numbers = {"step": t, "last": len(TABLES[table]) - 1, "signal": f"{signal:.2f}", "spread": f"{spread:.2f}"}
    levels = {"ratio": _plain(signal**2 / spread**2), "sigma": _plain(spread / signal)}
    return Drawing(pixels, says.format(table=tr(table), **numbers, **levels))


def _plain(value: float) -> str:
    """A number with three digits, and never with a power of ten."""
    if value < 1e-4:
        return tr("below 0.0001")
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
