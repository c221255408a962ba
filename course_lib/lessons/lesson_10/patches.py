"""Lesson 10, latents: principal components of patches, beside the VAE."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import Shown, beside, picture_panel, show_pixels, stack
from course_lib.lessons.lesson_10.round_trip import open_pictures
from course_lib.lessons.small_model import model
from course_lib.texts import tr

_SIZE = 8


class PatchPCA:
    """Each patch of 8 x 8 pixels becomes `count` numbers, by the directions in which patches of `pictures` vary most.

    pictures : (N, 3, H, W). Each number is divided by its standard deviation over the pictures, as a latent's are.

    Example:

    >>> pca = PatchPCA(torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0)), count=12)
    >>> latent = pca.encode(torch.zeros(1, 3, 16, 16))
    >>> tuple(latent.shape), tuple(pca.decode(latent).shape)
    ((1, 12, 2, 2), (1, 3, 16, 16))
    """

    def __init__(self, pictures: Tensor, count: int = 12):
        patches = _patches(pictures).flatten(0, 2)
        self.mean = patches.mean(dim=0)
        count = expect.whole("count", count, at_most=patches.shape[1])
        values, directions = torch.linalg.eigh(torch.cov(patches.T))
        self.directions = directions[:, -count:].flip(1)
        self.deviation = values[-count:].flip(0).sqrt()

    def encode(self, picture: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) -> (B, count, H / 8, W / 8)."""
        return ((_patches(picture) - self.mean) @ self.directions / self.deviation).permute(0, 3, 1, 2)

    def decode(self, latent: Tensor) -> Tensor:
        """Numbers (B, count, h, w) -> pictures (B, 3, 8 h, 8 w)."""
        patches = latent.permute(0, 2, 3, 1) * self.deviation @ self.directions.T + self.mean
        patches = patches.unflatten(3, (3, _SIZE, _SIZE)).permute(0, 3, 1, 4, 2, 5)
        return patches.flatten(4, 5).flatten(2, 3)


def show_noisy(pca: PatchPCA) -> Shown:
    """The rocket through the VAE and through the patches: without noise, and with noise on the 768 numbers.

    Example:

    >>> show_noisy(PatchPCA(torch.cat(list(open_pictures().values())))).width > 500
    True
    """
    picture, rows = open_pictures()["rocket"], []
    noise = torch.randn(1, 12, 8, 8, generator=torch.Generator().manual_seed(3))
    words = (tr("VAE"), tr("patches"))
    codecs = ((model().encode, model().decode), (pca.encode, pca.decode))
    with torch.no_grad():
        for word, (encode, decode) in zip(words, codecs, strict=True):
            latents = [encode(picture), encode(picture) + 0.3 * noise, noise]
            titles = [tr("{name}: there and back"), tr("{name}: a little noise added"), tr("{name}: noise alone")]
            panels = [
                picture_panel(decode(latent)[0].clamp(-1, 1), 192, title.format(name=word))
                for latent, title in zip(latents, titles, strict=True)
            ]
            rows.append(beside(*panels))
    alt = (
        "A rocket in two rows. The VAE's is clear; with noise it gets soft blots, and noise alone becomes rounded "
        "patches of colour. The patches' rocket is blurred and blocky; with noise it becomes a mosaic of squares."
    )
    return show_pixels(stack(*rows), alt)


def _patches(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, H / 8, W / 8, 192)."""
    return pictures.unfold(2, _SIZE, _SIZE).unfold(3, _SIZE, _SIZE).permute(0, 2, 3, 1, 4, 5).flatten(3)
