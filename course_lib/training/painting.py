"""Paint with the small Stable Diffusion, many captions at a time, and put the pictures on a sheet."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from course_lib.datasets.eight_bits import to_levels
from course_lib.diffusion import guide
from course_lib.models import StableDiffusion
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas


@torch.no_grad()
def paint(model: StableDiffusion, captions: list[str], *, steps: int = 20, seed: int = 0, batch: int = 32) -> Tensor:
    """Pictures (N, 3, 64, 64) for captions, with the model's own guidance, DPM++ 2M on Karras' levels."""
    sigmas, pictures = make_sigmas("karras", steps, model.table), []
    generator = torch.Generator().manual_seed(seed)
    for first in range(0, len(captions), batch):
        texts = captions[first : first + batch]
        context = model.encode_text(["", *texts])
        context = torch.cat([context[:1].expand(len(texts), -1, -1), context[1:]])

        def denoise(x: Tensor, sigma: Tensor, context: Tensor = context) -> Tensor:
            return guide(*model.denoiser(context)(torch.cat([x, x]), sigma).chunk(2), model.cfg_scale)

        side = model.size // model.vae.factor
        x = sigmas[0].item() * torch.randn(len(texts), model.vae.latent_channels, side, side, generator=generator)
        pictures.append(model.decode(sample("dpmpp_2m", denoise, x, sigmas)).clamp(-1, 1))
    return torch.cat(pictures)


def write_sheet(pictures: Tensor, path: Path, *, columns: int, times: int = 3) -> None:
    """Write pictures (N, 3, H, W) in [-1, 1], N a multiple of `columns`, as one picture, enlarged."""
    rows = pictures.unflatten(0, (-1, columns)).permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
    sheet = Image.fromarray(to_levels(rows).numpy())
    sheet.resize((times * sheet.width, times * sheet.height), Image.Resampling.LANCZOS).save(path)
