"""What guidance does to the ranking of samplers: the same ten calls, without it and with it.

    python -m course_lib.atlas.guided       # minutes; writes data/atlas/guided.json

The scheduler of each sampler is the one that diff-sampler used when it measured FID on FFHQ, without guidance.
"""

from __future__ import annotations

import dataclasses

import torch

from course_lib import files
from course_lib.atlas.cells import cell
from course_lib.atlas.pictures import Studio
from course_lib.atlas.table import FOLDER
from course_lib.models import load
from course_lib.training.small_model import FOLDER as MODEL

FILE = FOLDER / "guided.json"
CALLS, PICTURES = 10, 16
SCALES = (1.0, 3.0)  # 1 is without guidance
CONVERGED = ("dpmpp_2m", "karras", 120)
ROWS = {
    "euler": "karras",
    "heun": "karras",
    "dpm_2": "karras",
    "lms": "karras",
    "dpmpp_2m": "karras",
    "ipndm": "karras",
    "uni_pc_bh2": "exponential",
}


def main() -> None:
    """Measure and write: of each scale and sampler the mean error of the latent, and its standard error."""
    torch.set_num_threads(1)
    model, found = load(MODEL), {}
    for scale in SCALES:
        studio = Studio(dataclasses.replace(model, cfg_scale=scale), None, count=PICTURES)
        clean = studio.run(*CONVERGED).latents
        found[str(scale)] = {}
        for sampler, scheduler in ROWS.items():
            painted = studio.paint(cell(sampler, scheduler, CALLS))
            errors = (painted.latents - clean).square().mean((1, 2, 3)).sqrt()
            pair = errors.mean().item(), errors.std().item() / PICTURES**0.5
            found[str(scale)][sampler] = [round(number, 4) for number in pair]
            print(f"guidance {scale:g}, {sampler}: {pair[0]:.3f} ± {pair[1]:.3f}", flush=True)
    files.write_json(FILE, {"calls": CALLS, "pictures": PICTURES, "scales": found})


if __name__ == "__main__":
    main()
