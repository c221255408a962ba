"""Measure cell by cell, in as many processes as wanted; what is done is a file, so that nothing is measured twice."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch

from course_lib import files
from course_lib.atlas.cells import measured
from course_lib.atlas.pictures import CONVERGED, COUNT, OTHERS, SEED, Painted, Studio
from course_lib.atlas.table import measured_before
from course_lib.datasets.eight_bits import to_levels
from course_lib.models import load
from course_lib.samplers import SAMPLERS
from course_lib.training.recogniser import open_recogniser
from course_lib.training.small_model import FOLDER

SHOWN = 4  # the pictures of a cell that are kept, for contact sheets


def write(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as one npz; whole or not at all."""
    with files.written_whole(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def converged(studio: Studio, build: Path) -> Painted:
    """What the ODE would paint: read, or computed and written."""
    path = build / "converged.npz"
    if not path.is_file():
        found = studio.run(*CONVERGED)
        write(path, latents=found.latents.numpy(), pictures=found.pictures.numpy())
    with np.load(path) as arrays:
        return Painted(torch.from_numpy(arrays["latents"]), torch.from_numpy(arrays["pictures"]), np.nan, np.nan)


def others(model, recogniser, build: Path, number: int) -> None:
    """Features of what the ODE would paint for the same captions from other seeds, and what is measured of it."""
    path = build / f"others_{number}.npz"
    if not path.is_file():
        studio = Studio(model, recogniser, SEED + COUNT * (1 + number))
        values, features = studio.measure(studio.run("dpmpp_2m", "karras", 60), None)
        write(path, values=values.numpy(), features=features.numpy())


def work(process: int, processes: int, device: str, build: Path, until: float) -> None:
    """Measure every cell whose turn it is, except those that the shipped table holds."""
    if device == "cpu":
        torch.set_num_threads(1)
    model, recogniser = load(FOLDER, device=device), open_recogniser()
    studio = Studio(model, recogniser)
    clean = converged(studio, build)
    for number in range(OTHERS):
        if number % processes == process:
            others(model, recogniser, build, number)
    before = measured_before()
    for number, cell in enumerate(measured()):
        path = build / "cells" / f"{cell.name}.npz"
        known = before is not None and not before.reason(cell.sampler, cell.scheduler, cell.budget)
        if number % processes != process or known or path.is_file():
            continue
        if time.time() > until:
            return
        painted = studio.paint(cell)
        values, features = studio.measure(painted, None if SAMPLERS[cell.sampler].stochastic else clean)
        shown = to_levels(painted.pictures[:SHOWN].nan_to_num())
        write(
            path,
            values=values.numpy(),
            features=features.numpy().astype(np.float16),
            pictures=shown.permute(0, 2, 3, 1).numpy(),
            calls=np.array(painted.calls),
            seconds=np.array(painted.seconds),
        )
        print(f"{cell.name}: {painted.calls:.1f} calls, {painted.seconds:.2f} s a picture", flush=True)
