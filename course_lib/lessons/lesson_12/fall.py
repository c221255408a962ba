"""The lesson's first picture: exact paths that fall from noise to the blobs, drawn as a curtain."""

from __future__ import annotations

import math

import numpy as np

from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.plane.blobs import exact_path, noisy
from course_lib.lessons.plane.board import noise_colour
from course_lib.texts import tr

_TOP, _LEVELS = 15.0, (15, 5, 2, 1, 0.5, 0.2, 0)
_TOGETHER = 30  # so many particles share a line, which is quicker; where lines of several cross, the ink adds up
_LEAN, _FLOOR = 0.3, 0.34  # how the plane is seen from the side: what its second coordinate adds across, and upwards


def fall(particles: int = 600) -> Shown:
    """The exact paths of particles from noise level 15 at the top to the blobs at the bottom, seen from the side.

    Each x is divided by sqrt(1 + sigma**2), so that the noise does not leave the page. Example:

    >>> fall(20).width
    860
    """
    sigmas, states = exact_path(noisy(particles, _TOP, seed=6), _TOP, 0.0, parts=72)
    seen = (states / (1 + sigmas**2).sqrt()[:, None, None]).numpy()
    height = _height(sigmas.numpy())
    across = seen[..., 0] + _LEAN * seen[..., 1]
    up = height[:, None] + _FLOOR * seen[..., 1]
    with subplots(width=8.6, height=6.6) as (fig, axis):
        for row in range(len(sigmas) - 1):
            colour = np.array(noise_colour(sigmas[row].item())) / 255
            for first in range(0, particles, _TOGETHER):
                ends = [_broken(part[row : row + 2, first : first + _TOGETHER]) for part in (across, up)]
                axis.plot(*ends, color=colour, linewidth=0.7, alpha=0.4, solid_capstyle="butt")
        for row, colour in ((0, COLOURS["noise"]), (-1, COLOURS["signal"])):
            axis.scatter(across[row], up[row], s=7, color=colour, alpha=0.7, linewidths=0, zorder=3)
        for level in _LEVELS:
            down = _height(np.array([level]))[0]
            ink = np.array(noise_colour(level, 0.25)) / 255
            axis.text(-4.85, down, f"σ = {level:g}", color=ink, fontsize=11, va="center")
        axis.text(3.5, height[0], tr("pure noise,\nnearly"), color=COLOURS["noise"], fontsize=12, va="center")
        axis.text(3.5, 0, tr("the data:\nthree blobs"), color=COLOURS["signal"], fontsize=12, va="center")
        axis.set(xlim=(-4.9, 4.9), ylim=(-1.3, height[0] + 1.3))
        axis.axis("off")
    return show(fig, ALT)


ALT = (
    "A curtain of six hundred thin lines. At the top, where the noise level is 15, they begin as one wide orange "
    "cloud. They hang straight for a while. Between noise levels 2 and 0.5 the curtain parts into three strands, "
    "turns blue, and ends at the bottom in three blobs of dots."
)


def _broken(ends: np.ndarray) -> np.ndarray:
    """Beginnings and ends (2, N) of pieces as one line with gaps: (3 * N,)."""
    return np.vstack([ends, np.full(ends.shape[1], np.nan)]).T.ravel()


def _height(sigmas: np.ndarray) -> np.ndarray:
    """Where a level is drawn: 0 at the bottom, with about the same room for each halving above 0.3."""
    return 8.0 * np.log1p(sigmas / 0.3) / math.log1p(_TOP / 0.3)
