"""The small model's networks, one by one, against those of diffusers and transformers with the same weights."""

from __future__ import annotations

import torch

from benchmarks import small_model
from benchmarks.rows import Row, alternate, close

SHARED = "the arithmetic, which both share, is about 0.6 of the peer's time, and more for larger batches"


@torch.no_grad()
def rows() -> list[Row]:
    """The U-Net for one and for four guided pictures, the VAE's two halves, the text encoder."""
    ours, peer = small_model.ours(), small_model.peer()
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    picture, latent = normal(1, 3, 64, 64).clamp(-1, 1), normal(1, 12, 8, 8)
    tokens = ours.tokenizer(["", small_model.PROMPT])
    found = []
    for batch, repeats in ((2, 40), (8, 20)):
        x, context, t = normal(batch, 12, 8, 8), normal(batch, 24, 128), torch.full((batch,), 500.0)
        sides = (lambda a=x, c=context, t=t: ours.unet(a, t, c), lambda a=x, c=context, t=t: peer.unet(a, t, c).sample)
        found.append(
            Row(
                f"U-Net {tuple(x.shape)}",
                alternate(*sides, repeats, close()),
                "UNet2DConditionModel",
                "the small model's weights",
                0.7,
                reason=SHARED,
            )
        )
    others = {
        "VAE decoder": (
            lambda: ours.vae.decode(latent), lambda: peer.vae.decode(latent).sample, "AutoencoderKL",
            tuple(latent.shape), 0.8,
        ),
        "VAE encoder": (
            lambda: ours.vae.encode(picture)[0], lambda: peer.vae.encode(picture).latent_dist.mean, "AutoencoderKL",
            tuple(picture.shape), 0.8,
        ),
        "text encoder": (
            lambda: ours.text_encoder(tokens), lambda: peer.text_encoder(tokens)[0], "CLIPTextModel",
            tuple(tokens.shape), 0.7,
        ),
    }  # fmt: skip
    for name, (one, other, kind, shape, goal) in others.items():
        found.append(Row(f"{name} {shape}", alternate(one, other, 40, close()), kind, "likewise", goal))
    return found
