"""How fast the error of a sampler falls with its calls, and where in the plane it is large."""

from __future__ import annotations

import numpy as np

from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.lesson_12.walks import ends_by_cell
from course_lib.lessons.plane.blobs import MEANS, STDS, circle
from course_lib.lessons.plane.board import HEIGHT, UNIT, WIDTH
from course_lib.lessons.plane.walking import BORDER, errors, median_error
from course_lib.samplers import SAMPLERS
from course_lib.texts import tr

COUNTS = (6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
_SIZE = 5  # pixels of a square of the map


def error_map(name: str, steps: int, size: int = 10) -> np.ndarray:
    """How far a particle from each square of `size` pixels ends from its exact path, at level 0: (rows, columns).

    Example:

    >>> error_map("euler", 12, size=20).shape
    (23, 31)
    """
    far = (ends_by_cell(name, steps, size) - ends_by_cell(size=size)).norm(dim=1)
    return far.reshape(HEIGHT // size, -1).numpy()


def draw_orders() -> Shown:
    """Median error against calls for three samplers, and for Euler close to the border; Euler's error by place.

    Example:

    >>> draw_orders().width
    980
    """
    with subplots(1, 2, width=9.8, height=4.2) as (fig, (map_axis, axis)):
        _map(map_axis)
        colours = ("noise", "denoised", "signal")
        for name, colour, marker, order in zip(("euler", "heun", "dpmpp_2m"), colours, "osD", (1, 2, 2), strict=True):
            runs = [errors(name, count) for count in COUNTS]
            calls, far = [run[0] for run in runs], [run[1].median().item() for run in runs]
            label = tr("{sampler}, order {order}").format(sampler=SAMPLERS[name].label, order=order)
            axis.loglog(calls, far, f"{marker}-", color=COLOURS[colour], markersize=5, label=label)
        far = [median_error("euler", count, BORDER) for count in COUNTS]
        axis.loglog(COUNTS, far, "o--", color=COLOURS["ink"], markersize=4, label=tr("Euler, starts close to a border"))
        ticks = [6, 12, 25, 50, 100, 200]
        axis.set(xlabel=tr("calls of the denoiser"), ylabel=tr("median error"), ylim=(1.5e-5, 2))
        axis.set_title(tr("How steeply a line falls is its order"))
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.minorticks_off()
        axis.legend(fontsize=9, loc="lower left")
    return show(fig, ALT)


ALT = (
    "Left: the plane of starting points, darker where Euler with 12 steps ends far from the exact path. Most of it "
    "is pale, and the lower region is a little darker; three thin dark lines, the borders between the blobs' regions, "
    "meet near the middle. Right, with both axes logarithmic: three lines fall as calls grow. Heun's and DPM++ 2M's "
    "fall twice as steeply as Euler's. A fourth, Euler from starts close to a border, is high and nearly flat up to 12 "
    "calls, and falls like Euler's later on."
)


def _map(axis) -> None:
    far = error_map("euler", 12, _SIZE)
    ends = [-WIDTH / 2 / UNIT, WIDTH / 2 / UNIT, -HEIGHT / 2 / UNIT, HEIGHT / 2 / UNIT]
    look = {"cmap": "Oranges", "norm": "log", "vmin": 0.03, "vmax": 1.0, "interpolation": "bilinear"}
    picture = axis.imshow(far.clip(0.03, 1), extent=ends, **look)
    for mean, std in zip(MEANS, STDS.tolist(), strict=True):
        axis.plot(*circle(mean, 2 * std), color=COLOURS["signal"], linewidth=1.5)
    axis.set(title=tr("Euler, 12 steps: error by starting point"), xticks=[], yticks=[])
    axis.grid(False)
    bar = axis.figure.colorbar(picture, ax=axis, shrink=0.75)
    bar.set_ticks([0.03, 0.1, 0.3, 1.0], labels=["0.03", "0.1", "0.3", "1"])
    bar.minorticks_off()
