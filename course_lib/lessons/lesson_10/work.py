"""Lesson 10, latents: the work of a U-Net on latents and on pixels, counted; and a run of the small model."""

from __future__ import annotations

import warnings

import torch

from course_lib.lessons.small_model import model
from course_lib.models import UNet
from course_lib.models.anatomy import multiply_adds
from course_lib.models.configs import unet_settings
from course_lib.models.model import configs_of
from course_lib.models.sources import find
from course_lib.pipeline import Denoising, prepare
from course_lib.texts import tr


def unet_work(which: str, channels: int, side: int) -> int:
    """Multiply-adds of one call of a U-Net on (channels, side, side), counted on the meta device.

    which : "small", the course's own, or "1.5", Stable Diffusion's. Raises ValueError for another one. Example:

    >>> unet_work("small", 12, 8)
    104595456
    """
    if which not in ("small", "1.5"):
        raise ValueError(f'which must be "small" or "1.5"; got {which!r}')
    small = which == "small"
    settings = unet_settings(configs_of(find("small-stable-diffusion"))["unet"]) if small else {}
    with torch.device("meta"), torch.no_grad():
        network = UNet(**(settings | {"in_channels": channels, "out_channels": channels}))
        done = []
        for part in network.modules():
            part.register_forward_hook(lambda *call: done.append(multiply_adds(*call)))
        words = torch.empty(1, 24, 128) if small else torch.empty(1, 77, 768)
        network(torch.empty(1, channels, side, side), torch.empty(1), words)
    return sum(done)


def paint(prompt: str, seed: int) -> tuple[str, Denoising]:
    """The title of a run of the small model, and the run. Raises ValueError as `prepare` does. Example:

    >>> paint("a red heart", 1)[0]
    '"a red heart", seed 1'
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        run = prepare(model(), prompt, seed=seed, steps=20)
    return tr('"{prompt}", seed {seed}').format(prompt=prompt.strip(), seed=seed), run
