"""Peak memory of decoding a large picture with the small model's VAE, each side in a program of its own."""

from __future__ import annotations

from benchmarks.memory import peaks
from benchmarks.rows import Row

OPEN = """
import torch
from benchmarks import small_model
vae = small_model.{whose}().vae
latent = torch.randn(1, 12, 64, 64, generator=torch.Generator().manual_seed(0))
"""
DECODE = "with torch.no_grad(): vae.decode(latent{settings})"


def rows() -> list[Row]:
    """A picture of 512 x 512, at once and in bands of 64 rows; what is held beyond the open model."""
    found = []
    for how, settings, goal in (("at once", "", None), ("in bands of 64 rows", ", rows=64", 0.6)):
        ours = OPEN.format(whose="ours"), DECODE.format(settings=settings)
        peer = OPEN.format(whose="peer"), DECODE.format(settings="")
        measured = peaks(ours, peer, grown=True)
        name = f"small VAE's decoder, 512 x 512, {how}, peak memory"
        found.append(Row(name, measured, "AutoencoderKL", "beyond the open model", goal, "bytes"))
    return found
