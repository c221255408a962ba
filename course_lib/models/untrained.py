"""A tiny Stable Diffusion that has learned nothing: the same parts with random weights, made in an instant."""

from __future__ import annotations

import torch

from course_lib.diffusion.noise_table import NoiseTable
from course_lib.models.model import StableDiffusion
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import BEGIN, END, END_OF_WORD, Tokenizer, byte_letters
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE


def untrained(seed: int = 0) -> StableDiffusion:
    """A model for trying things out: its pictures, 16 x 16 pixels, are noise, but everything runs.

    Its tokenizer has a token for each byte. The same seed gives the same weights, and the global seed is left alone.

    Example:

    >>> model = untrained()
    >>> model.encode_text(["a panda"]).shape, model.size
    (torch.Size([1, 16, 24]), 16)
    """
    letters = list(byte_letters().values())
    words = [*letters, *(letter + END_OF_WORD for letter in letters), BEGIN, END]
    tokenizer = Tokenizer({word: number for number, word in enumerate(words)}, [], length=16)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        text_encoder = TextEncoder(words=len(words), places=16, width=24, layers=1, heads=2, inner=48)
        unet = UNet(channels=(8, 16), attention=(True, True), layers=1, heads=2, context_channels=24, groups=4)
        vae = VAE(channels=(8, 8), layers=1, groups=4)
    for network in (text_encoder, unet, vae):
        network.eval().requires_grad_(False)
    return StableDiffusion(
        tokenizer, text_encoder, unet, vae, NoiseTable.scaled_linear(), "eps", latent_scale=1.0, cfg_scale=3.0, size=16
    )
