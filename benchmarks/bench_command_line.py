"""From a command to a picture's file: the course's command line against a short script with diffusers."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks.memory import ROOT
from benchmarks.rows import Row, alternate
from course_lib.models.sources import find

PROMPT = "a red circle above a blue square"
SCRIPT = """
import sys, torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline
folder, prompt, target = sys.argv[1:]
pipe = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, safety_checker=None)
pipe.scheduler = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config, use_karras_sigmas=True)
noise = torch.Generator().manual_seed(0)
picture = pipe(prompt, num_inference_steps=20, guidance_scale=3.0, height=64, width=64, generator=noise).images[0]
picture.save(target)
"""


def rows() -> list[Row]:
    """The same words, seed, sampler and number of steps, from start to file."""
    with tempfile.TemporaryDirectory() as folder:
        targets = [Path(folder) / name for name in ("ours.png", "peer.png")]
        commands = [
            ["-m", "course_lib", PROMPT, "--out", str(targets[0])],
            ["-c", SCRIPT, str(find("small-stable-diffusion")), PROMPT, str(targets[1])],
        ]

        def paint(number: int) -> np.ndarray:
            command = [sys.executable, *commands[number]]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return np.asarray(Image.open(targets[number]), dtype=int)

        def agree(ours: np.ndarray, peer: np.ndarray) -> None:
            # The levels of the two differ a little at the end, so that the pictures are alike, not the same.
            if ours.shape != peer.shape or abs(ours - peer).mean() > 12:
                raise AssertionError(f"both must paint the same; they differ by {abs(ours - peer).mean():.1f} of 255")

        times = alternate(lambda: paint(0), lambda: paint(1), 3, agree, clock=perf_counter)
    note = "20 steps of DPM++ 2M, Karras levels, start to file"
    return [Row("the command line", times, "a ten-line script with diffusers", note, 0.4)]
