"""Measure the small Stable Diffusion from its committed weights, on pairs that were kept out of training.

    python data/weights/evaluate.py              # print the numbers, write them and the contact sheet
    python data/weights/evaluate.py --count 50   # quicker, rougher

Scenes of shapes are judged without a network (`reading.py`). What the VAE alone allows is measured beside it: the same
scenes, drawn, encoded and decoded, without any U-Net.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from PIL import Image
from reading import agreement
from small import FOLDER
from torch import Tensor
from train_unet import open_vae
from train_vae import quality

from course_lib.datasets.scenes import Scene, Scenes
from course_lib.diffusion import guide
from course_lib.models import StableDiffusion, load
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas

HERE = Path(__file__).parent
SHEET = [
    "a panda, fluent style", "a rocket, fluent style", "red heart, fluent style", "pizza, fluent style",
    "sunflower, flat style", "octopus, flat style", "jellyfish, flat style", "ghost, flat style",
    "a fox on a blue background, noto style", "cat face on a pink background, noto style",
    "strawberry on a green background, twemoji style", "a small snail, twemoji style",
    "a red circle", "a large blue star", "a small green square on a yellow background", "a purple heart",
    "a red circle above a blue square", "a yellow star left of a green triangle",
    "an orange diamond below a black cross on a pink background", "a brown ring right of a purple square",
]  # fmt: skip


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
        pictures.append(model.decode(sample("dpmpp_2m", denoise, x, sigmas)))
    return torch.cat(pictures)


def scenes_of(kind: str, count: int, *, held_out: bool) -> list[Scene]:
    """Scenes of one kind; those kept out of training hold a pair that it never saw."""
    scenes = Scenes(seed=2024, kind=kind, held_out=held_out)
    return [scenes[number] for number in range(count)]


@torch.no_grad()
def measure_vae(count: int) -> dict:
    """How near reconstructions are, and how many scenes are still read rightly after them."""
    vae = open_vae()
    found = {"psnr": quality(vae, Scenes(0, held_out=True), count=count)["psnr"]}
    for kind in ("shape", "pair"):
        scenes = scenes_of(kind, count, held_out=True)
        pictures = torch.stack([scene.draw() for scene in scenes])
        found[kind] = agreement(scenes, vae.decode(vae.encode(pictures)[0]).clamp(-1, 1))
    return found


def measure_model(model: StableDiffusion, count: int) -> dict:
    """How many painted scenes are read rightly: pairs seen in training, and pairs kept out of it."""
    found = {}
    for kind in ("shape", "pair"):
        for held_out in (False, True):
            scenes = scenes_of(kind, count, held_out=held_out)
            pictures = paint(model, [scene.caption for scene in scenes])
            found[f"{kind}, {'unseen' if held_out else 'seen'} pairs"] = agreement(scenes, pictures)
    return found


def contact_sheet(model: StableDiffusion, path: Path) -> None:
    """Write the pictures for the captions of SHEET, in five columns, three times as large."""
    pictures = paint(model, SHEET, seed=1)
    rows = pictures.unflatten(0, (-1, 5)).permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1)
    pixels = ((rows + 1) * 127.5).round().clamp(0, 255).byte().numpy()
    Image.fromarray(pixels).resize((3 * pixels.shape[1], 3 * pixels.shape[0]), Image.Resampling.LANCZOS).save(path)


def main() -> None:
    """Measure, print, and write what was found beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="scenes for each number")
    options = parser.parse_args()
    found = {"vae": measure_vae(options.count)}
    if (FOLDER / "unet").is_dir():
        model = load(FOLDER)
        found |= measure_model(model, options.count)
        contact_sheet(model, HERE / "sheet.png")
    for what, numbers in found.items():
        print(what, json.dumps(numbers, default=lambda value: round(value, 3)))
    (HERE / "reached.json").write_text(json.dumps({"count": options.count} | found, indent=1) + "\n")


if __name__ == "__main__":
    main()
