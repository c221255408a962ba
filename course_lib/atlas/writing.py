"""Put what was measured into data/atlas: the table, the contact sheets and the README's figures.

python -m course_lib.atlas.writing
"""

from __future__ import annotations

import argparse
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_lib import files
from course_lib.atlas.__main__ import BUILD
from course_lib.atlas.cells import BUDGETS, SAME_AS, cell
from course_lib.atlas.exact import mixture_error, spread_of
from course_lib.atlas.pictures import COUNT, MEASURES, OTHERS
from course_lib.atlas.table import FOLDER, PICTURES, Atlas, measured_before, sheet, weights_of_the_model
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from course_lib.training.readme import files_table, fill

QUALITY = 60  # of the contact sheets' WebP
SHOWN = (0, 3)  # of the pictures that are kept of a cell, those on the sheets: a face, and a heart
SIDE = 64


def kernel_distance(features: Tensor, others: Tensor) -> tuple[float, float]:
    """KID x 1000 of pictures of N captions from other pictures of the same captions, and its standard error.

    features : (N, F), one picture a caption; others : (M, N, F). The squared maximum mean discrepancy, averaged over
    all pairs of captions. The plain formula takes all pictures for independent; but here each caption occurs once in
    the one set and M times in the other. So a caption is compared with itself only across different pictures. 0 on
    average for sets that are made alike, by chance often below 0. The standard error is the jackknife's, over captions.
    Source: arXiv 1801.01401, section 4; kernel (x.y / F + 1)^3, features scaled so that x.x / F is about 1.
    """
    size = others.square().mean().sqrt()
    own, other = features / size, others / size
    theirs = torch.stack([torch.stack([_kernel(one, another) for another in other]) for one in other])
    crossed = torch.stack([_kernel(own, another) for another in other]).mean(0)
    excess = _kernel(own, own) + theirs.mean((0, 1)) - crossed - crossed.T
    diagonals = theirs.diagonal(dim1=2, dim2=3)  # (M, M, N): pictures of one caption
    alone = diagonals.diagonal(dim1=0, dim2=1).mean(1)  # a picture with itself
    pairs = len(others) * (len(others) - 1)
    same = (diagonals.sum((0, 1)) - alone * len(others)) / pairs  # two pictures of one caption
    itself = _kernel(own, own).diagonal() - alone + 2 * (same - crossed.diagonal())
    excess = 1000 * (excess - torch.diag(excess.diagonal()) + torch.diag(itself))
    count, total = len(own), excess.sum()
    without_one = (total - 2 * excess.sum(1) + excess.diagonal()) / (count - 1) ** 2
    error = ((count - 1) / count * (without_one - without_one.mean()).square().sum()).sqrt()
    return (total / count**2).item(), error.item()


def _kernel(one: Tensor, other: Tensor) -> Tensor:
    return (one @ other.T / one.shape[-1] + 1) ** 3


def distances(features: Tensor, others: Tensor) -> list[float]:
    """KID of all pictures (N, F), its standard error, and KID of the two halves, against others (M, N, F)."""
    halves = [kernel_distance(features[first::2], others[:, first::2])[0] for first in (0, 1)]
    return [*kernel_distance(features, others), *halves]


def gather(build: Path) -> tuple[dict[str, np.ndarray], dict[tuple[int, int, int], np.ndarray]]:
    """The arrays of the table, and the pictures that are shown of each cell. build : where the measured cells lie."""
    samplers, schedulers = list(SAMPLERS), list(SCHEDULERS)
    shape = (len(samplers), len(schedulers), len(BUDGETS))
    empty = lambda *more: np.full((*shape, *more), np.nan, np.float32)  # noqa: E731
    arrays = {name: empty() for name in ("calls", "seconds", "spread", "mixture_error")}
    arrays |= {"pictures": empty(COUNT, len(PICTURES)), "distance": empty(4), "steps": np.zeros(shape, np.int16)}
    reasons = np.full(shape, "", "<U80")
    others = [np.load(build / f"others_{number}.npz") for number in range(OTHERS)]
    features = torch.from_numpy(np.stack([some["features"] for some in others])).double()
    columns = [MEASURES.index(name) for name in PICTURES]
    arrays["converged"] = np.mean([some["values"] for some in others], 0)[:, columns].astype(np.float32)
    shown, exact, before = {}, {}, measured_before()
    page_of = cache(lambda budget: np.asarray(sheet(budget)))
    for place in product(*map(range, shape)):
        sampler, scheduler, budget = samplers[place[0]], schedulers[place[1]], BUDGETS[place[2]]
        one = cell(SAME_AS.get(sampler, sampler), scheduler, budget)
        reasons[place], arrays["steps"][place] = one.reason, one.steps
        path = build / "cells" / f"{one.name}.npz"
        if one.reason:
            continue
        if not path.is_file():
            if before is None or before.reason(sampler, scheduler, budget):
                reasons[place] = "not measured yet"
            else:
                shown[place] = _taken_over(before, place, arrays, page_of(budget))
            continue
        if one not in exact:
            exact[one] = spread_of(one), mixture_error(one)
        with np.load(path) as found:
            arrays["pictures"][place] = found["values"][:, columns]
            arrays["distance"][place] = distances(torch.from_numpy(found["features"]).double(), features)
            arrays["calls"][place], arrays["seconds"][place] = found["calls"], found["seconds"]
            arrays["spread"][place], arrays["mixture_error"][place] = exact[one]
            shown[place] = found["pictures"]
    arrays["pictures"] = arrays["pictures"].astype(np.float16)
    axes = {"samplers": np.array(samplers), "schedulers": np.array(schedulers), "budgets": np.array(BUDGETS)}
    return axes | arrays | {"reasons": reasons, "weights": np.array(weights_of_the_model())}, shown


def _taken_over(before: Atlas, place: tuple[int, int, int], arrays: dict[str, np.ndarray], page: np.ndarray) -> dict:
    """Take the numbers of a cell from the shipped table, and give its pictures from its contact sheet, by number."""
    for name in ("pictures", "distance", "calls", "seconds", "spread", "mixture_error"):
        arrays[name][place] = before.arrays[name][place]
    row, column, _ = place
    pixels = page[row * SIDE : (row + 1) * SIDE]
    left = column * len(SHOWN) * SIDE
    return {number: pixels[:, left + i * SIDE : left + (i + 1) * SIDE] for i, number in enumerate(SHOWN)}


def write_sheets(shown: dict[tuple[int, int, int], np.ndarray]) -> None:
    """One WebP a budget: samplers downwards, schedulers across, and of each cell some pictures side by side."""
    for column, budget in enumerate(BUDGETS):
        wide = len(SHOWN) * SIDE
        page = np.full((len(SAMPLERS) * SIDE, len(SCHEDULERS) * wide, 3), 255, np.uint8)
        for (s, k, b), pictures in shown.items():
            if b == column:
                strip = np.concatenate([pictures[number] for number in SHOWN], 1)
                page[s * SIDE : (s + 1) * SIDE, k * wide : (k + 1) * wide] = strip
        path = FOLDER / f"pictures_{budget:02}.webp"
        Image.fromarray(page).save(path, quality=QUALITY, method=6)


def main() -> None:
    """Gather, and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=BUILD, help="where the measured cells lie")
    options = parser.parse_args()
    arrays, shown = gather(options.build)
    with files.written_whole(FOLDER / "atlas.npz") as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    write_sheets(shown)
    readme = FOLDER / "README.md"
    paths = [path for path in sorted(FOLDER.iterdir()) if path != readme]
    readme.write_text(fill(readme.read_text(encoding="utf-8"), "files", files_table(paths, FOLDER)), encoding="utf-8")
    missing = int((arrays["reasons"] == "not measured yet").sum())
    print(f"{len(shown)} cells written, {missing} not measured yet")


if __name__ == "__main__":
    main()
