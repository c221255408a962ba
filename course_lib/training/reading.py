"""What a picture of shapes shows, read without any network: the judge of composed scenes.

Every pixel gets the nearest of the eleven colours; the border's most frequent one is the background. Each patch of
another colour is a thing; its shape is the one whose silhouette overlaps its own most. On real scenes this is right
nearly always, so that what it says of a model's pictures can be believed. To measure how often:

    python -m course_lib.training.reading
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage
from torch import Tensor

from course_lib.datasets.scenes import COLOURS, RELATIONS, Scene, Scenes
from course_lib.datasets.shapes import SHAPES, silhouette

GRID = 32  # silhouettes are compared at this size
SMALLEST = 40  # pixels: a smaller patch is no thing
NAMES = list(COLOURS)
PALETTE = np.array([COLOURS[name] for name in NAMES], dtype=np.float64)


class Seen(NamedTuple):
    """One thing that was seen."""

    colour: str
    shape: str
    middle: tuple[float, float]
    area: int


class Reading(NamedTuple):
    """What a picture shows: its background's colour, and things, the largest first."""

    background: str
    things: list[Seen]


def read(picture: Tensor) -> Reading:
    """Read a picture (3, 64, 64) in [-1, 1]."""
    pixels = (picture.permute(1, 2, 0).numpy().astype(np.float64) + 1) * 127.5
    distances = np.linalg.norm(pixels[:, :, None] - PALETTE, axis=-1)
    nearest = distances.argmin(axis=-1)
    border = np.concatenate([nearest[0], nearest[-1], nearest[:, 0], nearest[:, -1]])
    background = int(np.bincount(border, minlength=len(NAMES)).argmax())
    things = []
    for colour in range(len(NAMES)):
        if colour == background:
            continue
        # Opening takes away the rims in which two colours mix to a third.
        patches, count = ndimage.label(ndimage.binary_opening(nearest == colour, np.ones((2, 2))))
        for number in range(1, count + 1):
            patch = patches == number
            if patch.sum() >= SMALLEST:
                down, across = ndimage.center_of_mass(patch)
                things.append(Seen(NAMES[colour], shape_of(patch), (across, down), int(patch.sum())))
    things.sort(key=lambda thing: -thing.area)
    return Reading(NAMES[background], things)


def shape_of(patch: np.ndarray) -> str:
    """The shape whose silhouette overlaps a patch (H, W), bool, most."""
    rows, columns = np.nonzero(patch.any(axis=1))[0], np.nonzero(patch.any(axis=0))[0]
    cut = patch[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    aspect = cut.shape[1] / cut.shape[0]
    mask = np.asarray(Image.fromarray(cut.astype(np.uint8) * 255).resize((GRID, GRID), Image.Resampling.BOX)) / 255

    def overlap(shape: str) -> float:
        template, template_aspect = _template(shape)
        together = np.minimum(mask, template).sum() / np.maximum(mask, template).sum()
        return together - 0.3 * abs(np.log(aspect / template_aspect))

    return max(SHAPES, key=overlap)


@cache
def _template(shape: str) -> tuple[np.ndarray, float]:
    box = silhouette(shape).getbbox()
    cut = silhouette(shape).crop(box)
    mask = np.asarray(cut.resize((GRID, GRID), Image.Resampling.BOX)) / 255
    return mask, (box[2] - box[0]) / (box[3] - box[1])


def judge(scene: Scene, picture: Tensor) -> dict[str, bool]:
    """Whether a picture (3, 64, 64) shows what a scene of shapes says, in each respect and as a whole.

    For one thing: background, colour, shape. For two: whether two are there, whether the right colours are, whether
    these stand as the caption says, whether the shapes are right; "sentence" is all of it.
    """
    seen = read(picture)
    things = seen.things[: len(scene.things)]
    answers = {"background": seen.background == scene.background, "there": len(seen.things) >= len(scene.things)}
    if len(scene.things) == 1:
        (wanted,) = scene.things
        answers["colour"] = bool(things) and things[0].colour == wanted.colour
        answers["shape"] = bool(things) and things[0].shape == wanted.name
    else:
        first, second = scene.things
        across, down = RELATIONS[scene.relation]
        # The one that is further in the relation's direction is the first.
        placed = sorted(things, key=lambda thing: -(thing.middle[0] * across + thing.middle[1] * down))
        answers["colours"] = sorted(thing.colour for thing in things) == sorted([first.colour, second.colour])
        answers["places"] = [thing.colour for thing in placed] == [first.colour, second.colour]
        answers["shapes"] = [thing.shape for thing in placed] == [first.name, second.name]
    answers["sentence"] = all(answers.values())
    return answers


def agreement(scenes: list[Scene], pictures) -> dict[str, float]:
    """How often pictures show what their scenes say: the share of right answers in each respect."""
    answers = [judge(scene, picture) for scene, picture in zip(scenes, pictures, strict=True)]
    return {name: sum(answer[name] for answer in answers) / len(answers) for name in answers[0]}


def main() -> None:
    """Measure how often real pictures are read rightly."""
    for kind in ("shape", "pair"):
        scenes = [Scenes(seed=99, kind=kind)[number] for number in range(500)]
        shares = agreement(scenes, (scene.draw() for scene in scenes))
        print(kind, {name: f"{share:.1%}" for name, share in shares.items()})


if __name__ == "__main__":
    main()
