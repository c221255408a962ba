"""Opening the pictures, and removing noise with the exact denoiser of all of them."""

from __future__ import annotations

import torch
from PIL import Image

from benchmarks.rows import Row, alternate
from course_lib.datasets import EMOJI, open_emoji
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas

SIGMAS = make_sigmas("karras", 20, NoiseTable.scaled_linear())


def rows() -> list[Row]:
    """Opening against decoding alone; 20 Euler steps of 16 pictures against the same with torch.cdist."""
    pictures = open_emoji().images
    generator = torch.Generator().manual_seed(0)
    x = SIGMAS[0].item() * torch.randn(16, *pictures.shape[1:], generator=generator)
    flat = pictures.flatten(1)

    def by_distances(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        distances = torch.cdist(x.flatten(1), flat)
        return (torch.softmax(-(distances**2) / (2 * sigma**2), dim=1) @ flat).reshape(x.shape)

    exact = DatasetDenoiser(pictures)
    denoising = alternate(
        lambda: sample("euler", exact, x, SIGMAS), lambda: sample("euler", by_distances, x, SIGMAS), repeats=5
    )
    return [
        Row("open the emoji", alternate(open_emoji, _decode, repeats=5), "Pillow", "its sheets decoded, nothing else"),
        Row("exact denoiser", denoising, "torch.cdist", f"20 steps, 16 of {len(pictures)} pictures; 1 s is wanted"),
    ]


def _decode() -> None:
    for sheet in EMOJI.glob("*.png"):
        Image.open(sheet).load()
