"""Do the networks give the same on a GPU as on the CPU? The largest difference, as a part of the largest value."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from course_lib.models import load
from course_lib.models.model import StableDiffusion
from course_lib.pipeline import text_to_image

PRECISIONS = {
    "float32": (torch.float32, False),
    "float32 with TF32": (torch.float32, True),
    "float16": (torch.float16, False),
    "bfloat16": (torch.bfloat16, False),
}


def measure(device: torch.device) -> dict[str, dict[str, float]]:
    """For each precision: how far every network, the whole picture, and a second run with the same seed are off."""
    found = {}
    small = load("small-stable-diffusion")
    at_home = {name: call(small).float() for name, call in calls().items()}
    picture = text_to_image(small, "a red circle", seed=1).image.astype(float)
    for name, (dtype, tf32) in PRECISIONS.items():
        model = load("small-stable-diffusion", device=device, dtype=dtype)
        with matrix_precision(tf32):
            there = {part: call(model).float().cpu() for part, call in calls().items()}
            again = text_to_image(model, "a red circle", seed=1).image.astype(float)
            same = text_to_image(model, "a red circle", seed=1).image.astype(float)
        found[name] = {part: off(there[part], at_home[part]) for part in at_home}
        found[name]["picture, levels of 255"] = float(abs(again - picture).max())
        found[name]["the same seed again, levels of 255"] = float(abs(again - same).max())
    return found


def calls() -> dict[str, Callable[[StableDiffusion], Tensor]]:
    """The networks, each asked about the same numbers."""
    seeded = torch.Generator().manual_seed(0)
    latent, picture = torch.randn(2, 12, 8, 8, generator=seeded), torch.rand(2, 3, 64, 64, generator=seeded) * 2 - 1
    states = torch.randn(2, 24, 128, generator=seeded)

    def put(model: StableDiffusion, tensor: Tensor) -> Tensor:
        return tensor.to(model.device, model.dtype)

    return {
        "text encoder": lambda model: model.encode_text(["a panda", "a red star on a blue background"]),
        "U-Net": lambda model: model.unet(
            put(model, latent), torch.tensor([10.0, 900.0], device=model.device), put(model, states)
        ),
        "VAE encoder": lambda model: model.vae.encode(put(model, picture))[0],
        "VAE decoder": lambda model: model.vae.decode(put(model, latent)),
    }


@contextlib.contextmanager
def matrix_precision(tf32: bool) -> Iterator[None]:
    """Within it, float32 products are taken in TF32, or are not; nothing is differentiated."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def off(found: Tensor, wanted: Tensor) -> float:
    """The largest difference as a part of the largest value."""
    return ((found - wanted).abs().max() / wanted.abs().max()).item()
