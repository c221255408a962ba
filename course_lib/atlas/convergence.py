"""How the error of a picture falls with the number of calls: power laws of the small model, beside those published.

    python -m course_lib.atlas.convergence       # minutes; writes data/atlas/convergence.json

Published for Stable Diffusion 1.x: JohannesGaessler/stable-diffusion-insights, convergence/README.md, one prompt, 60 to
90 seeds, 10 to 226 steps. It fits a * calls**b to the difference of the mean red, with a correction for a reference
that had 1000 steps; ours is the root of the mean square of all pixels, from the converged answer.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from course_lib import files
from course_lib.atlas.__main__ import BUILD
from course_lib.atlas.measuring import converged
from course_lib.atlas.pictures import Studio
from course_lib.atlas.table import FOLDER
from course_lib.models import load
from course_lib.samplers import SAMPLERS
from course_lib.training.small_model import FOLDER as MODEL

FILE = FOLDER / "convergence.json"
CALLS = (10, 14, 20, 28, 40, 56, 80, 112)
PICTURES = 16
SCHEDULER = "normal"  # the one that the published measurements were made with
#: Of Stable Diffusion 1.x: the exponent b, and its uncertainty.
PUBLISHED = {"euler": (-0.82, 0.05), "heun": (-1.19, 0.07), "dpm_2": (-1.64, 0.09), "lms": (-1.33, 0.06)}
RESAMPLED = 1000


def errors(studio: Studio, clean: torch.Tensor, sampler: str) -> np.ndarray:
    """The error of each picture after each number of calls: (C, N), pixels from 0 to 1. clean : (N, 3, H, W)."""
    rows = []
    for calls in CALLS:
        painted = studio.run(sampler, SCHEDULER, calls // SAMPLERS[sampler].calls_per_step)
        difference = (painted.pictures.clamp(-1, 1) - clean) / 2
        rows.append(difference.square().mean((1, 2, 3)).sqrt().numpy())
        print(f"{sampler}, {calls} calls: {rows[-1].mean():.4f}", flush=True)
    return np.stack(rows)


def exponent(table: np.ndarray) -> tuple[float, float]:
    """The slope b of the mean error ~ calls**b, and its standard error from resampled pictures. table : (C, N)."""
    calls = np.log(CALLS)
    random = np.random.default_rng(0)
    draws = [np.arange(table.shape[1]), *random.integers(0, table.shape[1], (RESAMPLED, table.shape[1]))]
    slopes = [np.polyfit(calls, np.log(table[:, draw].mean(1)), 1)[0] for draw in draws]
    return float(slopes[0]), float(np.std(slopes[1:], ddof=1))


def main() -> None:
    """Measure, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=BUILD, help="where the converged pictures lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(MODEL)
    studio = Studio(model, None, count=PICTURES)
    clean = converged(Studio(model, None), options.build).pictures[:PICTURES].clamp(-1, 1)
    found = {}
    for sampler, published in PUBLISHED.items():
        table = errors(studio, clean, sampler)
        found[sampler] = {
            "errors": [round(float(value), 5) for value in table.mean(1)],
            "exponent": [round(value, 3) for value in exponent(table)],
            "published": list(published),
        }
    about = {"calls": list(CALLS), "pictures": PICTURES, "scheduler": SCHEDULER}
    files.write_json(FILE, about | {"samplers": found})


if __name__ == "__main__":
    main()
