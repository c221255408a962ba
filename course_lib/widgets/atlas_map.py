"""The atlas as a map: samplers downwards, schedulers across; each cell shows its number, its pictures, and the best."""

from __future__ import annotations

import io

import numpy as np
import traitlets
from matplotlib.colors import to_hex
from PIL import Image

from course_lib.atlas import MEASURES, Atlas, sheet
from course_lib.figures import Shown
from course_lib.figures.number_map import RAMP, number_map
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, kept_whole, module, static_bundle

QUALITY = 55  # of the pictures, as WebP
SHADES = 10
#: What a reader may care about, in words, with the measure that tells it.
QUESTIONS = {
    "latent_error": "the answer of many calls, with few",
    "distance": "a set of pictures like the model's own",
    "right": "what the caption says",
    "detail": "fine detail",
    "spread": "as much variety as there should be",
    "mixture_error": "the exact answer on three blobs",
    "failed": "no failed pictures",
    "seconds": "time",
}


class AtlasMap(CourseWidget):
    """A map of the whole table; `atlas_map` makes it. It is sent once, and needs no kernel from then on.

    measure, budget, row, column : what is chosen, positions in the lists of `about`.

    Example:

    >>> AtlasMap.sprite.default_value
    b''
    """

    _esm = module("atlas_map.js")
    sprite = traitlets.Bytes().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    measure = traitlets.Int().tag(sync=True)
    budget = traitlets.Int(1).tag(sync=True)
    row = traitlets.Int().tag(sync=True)
    column = traitlets.Int().tag(sync=True)

    def still(self) -> Shown:
        """The map as a figure, for the measure and the budget that the widget begins with."""
        return self._still

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), self.still(), kept_whole(self))


def atlas_map(atlas: Atlas, measure: str = "latent_error", budget: int = 10) -> AtlasMap:
    """A map of the atlas that begins with a measure (a name of MEASURES) and a number of calls.

    Raises ValueError for a measure that the map does not have, and a budget that the atlas does not have.

    Example:

    >>> from course_lib.atlas import open_atlas
    >>> made = atlas_map(open_atlas(), "right", 5)
    >>> made.budget, len(made.about["rows"])
    (0, 30)
    """
    if measure not in QUESTIONS:
        raise ValueError(f"measure must be one of {', '.join(QUESTIONS)}; got {measure!r}")
    if budget not in atlas.budgets:
        raise ValueError(f"budget must be one of {', '.join(map(str, atlas.budgets))}; got {budget!r}")
    names = list(QUESTIONS)
    first, *_ = atlas.ranking(measure, budget)
    made = AtlasMap(
        sprite=_pictures(atlas),
        about=about(atlas, names),
        measure=names.index(measure),
        budget=atlas.budgets.index(budget),
        row=atlas.samplers.index(first[0]),
        column=atlas.schedulers.index(first[1]),
    )
    made._still = atlas_figure(atlas, measure, budget)
    return made


def about(atlas: Atlas, names: list[str]) -> dict:
    """All that the page needs: names, and of each measure and budget a table of cells [text, error, shade].

    names : of QUESTIONS. Example:

    >>> from course_lib.atlas import open_atlas
    >>> about(open_atlas(), ["right"])["budgets"]
    [5, 10, 20, 50]
    """
    measures = []
    for name in names:
        tables = [_cells(atlas, name, budget) for budget in atlas.budgets]
        measures.append({"question": tr(QUESTIONS[name]), "label": tr(MEASURES[name].label), "tables": tables})
    strange = sorted({str(reason) for reason in atlas.arrays["reasons"].flat})
    return {
        "rows": [SAMPLERS[name].label for name in atlas.samplers],
        "columns": [SCHEDULERS[name].label for name in atlas.schedulers],
        "budgets": list(atlas.budgets),
        "ramp": [to_hex(RAMP(shade / (SHADES - 1))) for shade in range(SHADES)],
        "measures": measures,
        "reasons": [tr(reason) for reason in strange],
        "reason": np.searchsorted(strange, atlas.arrays["reasons"]).transpose(2, 0, 1).tolist(),
        "steps": atlas.arrays["steps"].transpose(2, 0, 1).tolist(),
        "calls": np.nan_to_num(atlas.arrays["calls"]).round().astype(int).transpose(2, 0, 1).tolist(),
    }


def _cells(atlas: Atlas, measure: str, budget: int) -> dict:
    """One table: cells[row][column], each [text, error, shade] or null, and ties, [row, column] from the best on."""
    column = atlas.budgets.index(budget)
    values, errors, _ = (part[:, :, column] for part in atlas.all(measure))
    shades = shades_of(atlas.badness(measure)[0][..., column])
    unit, digits = MEASURES[measure].unit, MEASURES[measure].digits
    cells = [
        [
            None if np.isnan(value) else [f"{value:.{digits}f}", f"{error:.{digits}f}", int(shade)]
            for value, error, shade in zip(*row, strict=True)
        ]
        for row in zip(values, errors, shades, strict=True)
    ]
    ranking = atlas.ranking(measure, budget) if np.isfinite(values).any() else []
    ties = [[atlas.samplers.index(s), atlas.schedulers.index(k)] for s, k, tie in ranking if tie]
    return {"cells": cells, "ties": ties, "unit": tr(unit) if unit.strip() else unit}


def shades_of(badness: np.ndarray) -> np.ndarray:
    """0 for the best tenth of the cells, 9 for the worst; -1 where there is no number.

    Example:

    >>> shades_of(np.array([3.0, 1.0, np.nan])).tolist()
    [5, 0, -1]
    """
    there = np.isfinite(badness)
    below = (badness[..., None] > badness[there]).sum(-1)
    return np.where(there, SHADES * below // max(1, there.sum()), -1)


def atlas_figure(atlas: Atlas, measure: str, budget: int) -> Shown:
    """One table of the atlas as a still figure.

    Raises ValueError for an unknown measure or budget. Example:

    >>> from course_lib.atlas import open_atlas
    >>> atlas_figure(open_atlas(), "right", 5).width > 500
    True
    """
    column = atlas.budgets.index(budget)
    values, ranking = atlas.all(measure)[0][:, :, column], atlas.ranking(measure, budget)
    ties = [(atlas.samplers.index(s), atlas.schedulers.index(k)) for s, k, tie in ranking if tie]
    best = ranking[0]
    says = tr(
        "A map of {rows} samplers and {columns} schedulers at {budget} calls: {measure}. The best cell is {sampler} "
        "with {scheduler}; {ties} more cells are a tie with it."
    )
    alt = says.format(
        rows=len(atlas.samplers),
        columns=len(atlas.schedulers),
        budget=budget,
        measure=tr(MEASURES[measure].label),
        sampler=SAMPLERS[best[0]].label,
        scheduler=SCHEDULERS[best[1]].label,
        ties=len(ties) - 1,
    )
    return number_map(
        values,
        [SAMPLERS[name].label for name in atlas.samplers],
        [SCHEDULERS[name].label for name in atlas.schedulers],
        shades_of(atlas.badness(measure)[0][..., column]) / (SHADES - 1),
        marked=ties,
        digits=MEASURES[measure].digits,
        title=tr("{measure}, {budget} calls").format(measure=tr(MEASURES[measure].label), budget=budget),
        alt=alt,
    )


def _pictures(atlas: Atlas) -> bytes:
    """The contact sheets of all budgets, one below the other, as WebP."""
    sheets = [np.asarray(sheet(budget)) for budget in atlas.budgets]
    stream = io.BytesIO()
    Image.fromarray(np.concatenate(sheets)).save(stream, "WEBP", quality=QUALITY, method=1)
    return stream.getvalue()
