"""From words to a picture, with the small model, against the pipeline of diffusers; and opening its folder."""

from __future__ import annotations

import numpy as np

from benchmarks import small_model
from benchmarks.rows import Measured, Row, alternate
from benchmarks.small_model import GUIDANCE, PROMPT, STEPS
from course_lib.models import load
from course_lib.pipeline import prepare, text_to_image

SHARED = "the arithmetic, which both share, is about 0.6 of the peer's time by itself"
MADE = "most of it is making 300 layers of PyTorch and giving them 450 tensors, which both do"
LEVELS = 2  # of 255: pictures that differ by no more are the same


def rows() -> list[Row]:
    """One picture and four, and what comes before them."""
    painting = f"text to image, {STEPS} Euler steps, guidance"
    opening = alternate(lambda: load(small_model.NAME), small_model.open_peer, repeats=7)
    pipeline = "StableDiffusionPipeline"
    return [
        Row(f"{painting}, 1 picture", paint(1, 9), pipeline, "the small model, float32", 0.6, reason=SHARED),
        Row(f"{painting}, 4 pictures", paint(4, 5), pipeline, "likewise, from four seeds", 0.7, reason=SHARED),
        Row(
            "opening the small model's folder", opening, f"{pipeline}.from_pretrained", "safetensors", 0.5, reason=MADE
        ),
    ]


def paint(count: int, repeats: int) -> Measured:
    """Paint from the same noise at the same levels, once each way to see that the pictures are the same."""
    model, pipe = small_model.ours(), small_model.peer()
    settings = {"sampler": "euler", "scheduler": "normal", "steps": STEPS, "cfg_scale": GUIDANCE, "seed": 1}
    run = prepare(model, PROMPT, count=count, **settings)

    def ours() -> np.ndarray:
        return text_to_image(model, PROMPT, count=count, **settings).images

    def peer() -> np.ndarray:
        # diffusers multiplies by the noise that it begins with; ours has it already.
        pipe.scheduler.set_timesteps(sigmas=run.sigmas.numpy())
        noise = run.x / pipe.scheduler.init_noise_sigma
        painted = pipe(
            PROMPT, latents=noise, sigmas=run.sigmas.numpy(), num_images_per_prompt=count,
            guidance_scale=GUIDANCE, height=model.size, width=model.size, output_type="np",
        )  # fmt: skip
        return np.round(painted.images * 255).astype(np.uint8)

    return alternate(ours, peer, repeats, agree=same_pictures)


def same_pictures(ours: np.ndarray, peer: np.ndarray) -> None:
    """Whether pictures (B, H, W, 3), uint8, are the same but for rounding. Raises AssertionError."""
    off = abs(ours.astype(int) - peer.astype(int)).max()
    if ours.shape != peer.shape or off > LEVELS:
        raise AssertionError(f"ours and the peer's pictures must be the same; they differ by {off} levels of 255")
