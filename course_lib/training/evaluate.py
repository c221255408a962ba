"""Measure the small Stable Diffusion from its committed weights, on pairs that were kept out of training.

    python -m course_lib.training.evaluate               # print the numbers, write them and the contact sheets
    python -m course_lib.training.evaluate --count 50    # quicker, rougher

Scenes of shapes are judged without a network (`reading`), emoji by one that learned from other scenes
(`recogniser`). What the VAE alone allows is measured beside both: the same scenes, drawn, encoded and decoded,
without any U-Net.
"""

from __future__ import annotations

import argparse
import json
from itertools import product

import torch

from course_lib import files
from course_lib.datasets.scenes import Scene, Scenes, emoji_scene
from course_lib.models import StableDiffusion, load
from course_lib.training.emoji_measures import measure_concepts, measure_memory, measure_set, pictures_of, through
from course_lib.training.painting import paint, write_sheet
from course_lib.training.reading import agreement
from course_lib.training.recogniser import CONCEPTS, open_recogniser
from course_lib.training.small_model import FOLDER, STYLES, WEIGHTS
from course_lib.training.vae import quality

SHEET = [
    "a panda, fluent style", "a rocket, fluent style", "red heart, fluent style", "pizza, fluent style",
    "sunflower, noto style", "octopus, noto style", "jellyfish, noto style", "ghost, noto style",
    "a fox on a blue background, noto style", "cat face on a pink background, noto style",
    "strawberry on a green background, fluent style", "a small snail, noto style",
    "a red circle", "a large blue star", "a small green square on a yellow background", "a purple heart",
    "a red circle above a blue square", "a yellow star left of a green triangle",
    "an orange diamond below a black cross on a pink background", "a brown ring right of a purple square",
]  # fmt: skip


def scenes_of(kind: str, count: int, *, held_out: bool) -> list[Scene]:
    """Scenes of one kind; those kept out of training hold a pair that it never saw."""
    scenes = Scenes(seed=2024, kind=kind, held_out=held_out)
    return [scenes[number] for number in range(count)]


@torch.no_grad()
def measure_vae(model: StableDiffusion, count: int) -> dict:
    """How near reconstructions are, and how many scenes are still read rightly after them."""
    found = quality(model.vae, Scenes(0, held_out=True, scattered=True), count=count)
    for kind in ("shape", "pair"):
        scenes = scenes_of(kind, count, held_out=True)
        found[kind] = agreement(scenes, through(model, pictures_of(scenes)))
    return found


def measure_shapes(model: StableDiffusion, count: int) -> dict:
    """How many painted scenes are read rightly: pairs seen in training, and pairs kept out of it."""
    found = {}
    for kind in ("shape", "pair"):
        for held_out in (False, True):
            scenes = scenes_of(kind, count, held_out=held_out)
            pictures = paint(model, [scene.caption for scene in scenes])
            found[f"{kind}, {'unseen' if held_out else 'seen'} pairs"] = agreement(scenes, pictures)
    return found


def main() -> None:
    """Measure, print, and write what was found beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="scenes for each number")
    options = parser.parse_args()
    model, judge = load(FOLDER), open_recogniser()
    memory, sheet = measure_memory(model, options.count)
    found = {
        "count": options.count,
        "vae": measure_vae(model, options.count),
        "shapes": measure_shapes(model, options.count),
        "emoji": measure_concepts(model, judge),
        "set": measure_set(model, judge, options.count),
        "memory": memory,
    }
    write_sheet(paint(model, SHEET, seed=1), WEIGHTS / "sheet.png", columns=5)
    write_sheet(sheet, WEIGHTS / "nearest.png", columns=10, times=2)
    everything = [emoji_scene(concept, style).caption for style, concept in product(STYLES, CONCEPTS)]
    write_sheet(paint(model, everything, seed=1), WEIGHTS / "all.webp", columns=32, times=1)
    print(json.dumps(found, indent=1))
    files.write_json(WEIGHTS / "reached.json", found)


if __name__ == "__main__":
    main()
