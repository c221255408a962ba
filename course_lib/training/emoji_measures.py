"""Measures of the emoji that the small Stable Diffusion paints: recognised, in their style, near to real ones."""

from __future__ import annotations

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.datasets.scenes import Scene, Scenes, emoji_scene, is_held_out
from course_lib.models import StableDiffusion
from course_lib.training.likeness import median_likeness, nearer_style
from course_lib.training.painting import paint
from course_lib.training.recogniser import CONCEPTS, Recogniser, agreement, kernel_distance
from course_lib.training.small_model import STYLES

UNSEEN_TIMES = 6


def pictures_of(scenes: list[Scene]) -> Tensor:
    """The drawings: (N, 3, 64, 64)."""
    return torch.stack([scene.draw() for scene in scenes])


def through(model: StableDiffusion, pictures: Tensor) -> Tensor:
    """Pictures (N, 3, 64, 64) encoded and decoded again."""
    parts = [model.vae.decode(model.vae.encode(part)[0]) for part in pictures.split(32)]
    return torch.cat(parts).clamp(-1, 1)


def recognised(judge: Recogniser, pictures: Tensor, scenes: list[Scene]) -> dict[str, float]:
    """How many of the pictures (N, 3, 64, 64) show their scene's emoji, and in its style; see `agreement`."""
    things = [scene.things[0] for scene in scenes]
    return agreement(judge, pictures, [thing.name for thing in things], [thing.style for thing in things])


@torch.no_grad()
def measure_concepts(model: StableDiffusion, judge: Recogniser) -> dict:
    """How many emoji are recognised, and in the style that was asked for: every concept in each style.

    Pairs that were seen are painted once each; those kept out are few, so each is painted several times. Beside it
    what the same recogniser says of the drawings themselves, and of drawings that went through the VAE; and how many
    are nearer to the artwork in the style that was asked for than in the other one that was learned.
    """
    asked = [emoji_scene(concept, style) for concept, style in product(CONCEPTS, STYLES)]
    pairs = {
        "seen pairs": [scene for scene in asked if not is_held_out(scene)],
        "unseen pairs": [scene for scene in asked if is_held_out(scene)],
    }
    kinds = {
        "drawings": pictures_of,
        "through the VAE": lambda scenes: through(model, pictures_of(scenes)),
        "painted": lambda scenes: paint(model, [scene.caption for scene in scenes]),
    }
    found = {}
    for (kind, make), (which, scenes) in product(kinds.items(), pairs.items()):
        if (kind, which) == ("painted", "unseen pairs"):
            scenes = scenes * UNSEEN_TIMES
        pictures, things = make(scenes), [scene.things[0] for scene in scenes]
        found[f"{kind}, {which}"] = {"pictures": len(scenes)} | recognised(judge, pictures, scenes)
        if kind != "drawings":
            found[f"{kind}, {which}"]["nearer style"] = nearer_style(pictures, things, STYLES)
            found[f"{kind}, {which}"] |= median_likeness(pictures, things) if which == "seen pairs" else {}
    return found


@torch.no_grad()
def measure_set(model: StableDiffusion, judge: Recogniser, count: int) -> dict[str, float]:
    """How far a set of painted pictures is from a set of real ones, as KID x 1000: of pairs seen in training, and not.

    Beside it: other drawings, whose captions are the ones that are painted, and these after the VAE. Half of the
    captions name no style. Where the drawings are of pairs kept out of training, they are in the style in which their
    concept was never shown, which no model can know: even a perfect one would be some way off.
    """
    found = {}
    for which, held_out in (("seen pairs", False), ("unseen pairs", True)):
        scenes, others = (Scenes(seed, kind="emoji", held_out=held_out, styles=STYLES) for seed in (2024, 2025))
        real, other = ([some[number] for number in range(count)] for some in (scenes, others))
        drawings = pictures_of(other)
        sets = {"drawings": drawings, "through the VAE": through(model, drawings)}
        sets["painted"] = paint(model, [scene.caption for scene in other])
        features = judge.features(pictures_of(real))
        for name, pictures in sets.items():
            found[f"{name}, {which}"] = kernel_distance(features, judge.features(pictures))
    return found


@torch.no_grad()
def nearest(pictures: Tensor, scenes: list[Scene]) -> tuple[Tensor, Tensor]:
    """For each picture the scene that is nearest in its pixels (at 32 x 32): distances (N,), and which scene (N,).

    The distance is the root of the mean squared difference, in parts of the range from black to white.
    """

    def rows(some: Tensor) -> Tensor:
        return F.avg_pool2d(some, 2).flatten(1) / 2

    bank = torch.cat([rows(pictures_of(scenes[first : first + 500])) for first in range(0, len(scenes), 500)])
    own = rows(pictures)
    distances, which = torch.cdist(own, bank).min(1)
    return distances / own.shape[1] ** 0.5, which


@torch.no_grad()
def measure_memory(model: StableDiffusion, count: int, among: int = 20_000) -> tuple[dict[str, float], Tensor]:
    """How near painted emoji are to the nearest of some training pictures, and how near real ones are; and a sheet.

    The sheet has ten painted pictures above their nearest training pictures.
    """
    bank = [scene for scene in (Scenes(0, styles=STYLES)[number] for number in range(among)) if scene.kind == "emoji"]
    fresh = Scenes(2024, kind="emoji", styles=STYLES)
    scenes = [fresh[number] for number in range(count)]
    painted = paint(model, [scene.caption for scene in scenes])
    distances, which = nearest(painted, bank)
    real, _ = nearest(pictures_of(scenes), bank)
    same = [bank[i].things[0].name == scene.things[0].name for i, scene in zip(which.tolist(), scenes, strict=True)]
    found = {"painted": distances.median().item(), "drawings": real.median().item(), "same concept": sum(same) / count}
    sheet = torch.cat([painted[:10], pictures_of([bank[i] for i in which[:10].tolist()])])
    return found | {"among": len(bank)}, sheet
