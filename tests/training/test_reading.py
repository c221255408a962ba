"""The judge of composed scenes is right about real pictures, and about wrong ones."""

import dataclasses

import numpy as np
import pytest
import torch

from course_lib.datasets.scenes import COLOURS, Scenes, Thing
from course_lib.datasets.shapes import SHAPES, silhouette
from course_lib.training import reading


@pytest.mark.parametrize(("kind", "least"), [("shape", 0.98), ("pair", 0.96)])
@pytest.mark.parametrize("held_out", [False, True])
def test_real_pictures_are_read_rightly(kind, least, held_out):
    scenes = [Scenes(seed=7, kind=kind, held_out=held_out)[number] for number in range(200)]
    shares = reading.agreement(scenes, (scene.draw() for scene in scenes))
    assert shares["background"] > 0.99 and shares["sentence"] >= least


def test_a_picture_of_something_else_is_judged_wrong():
    scenes = [Scenes(seed=7, kind="pair")[number] for number in range(200)]
    others = [Scenes(seed=8, kind="pair")[number].draw() for number in range(200)]
    assert reading.agreement(scenes, others)["sentence"] < 0.05
    noise = torch.rand(200, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert reading.agreement(scenes, noise)["sentence"] == 0


def test_what_is_read_is_where_it_is_and_as_large():
    """Rows and columns differ; a patch of 39 pixels, and a line one pixel wide, are no things."""
    names = np.full((64, 64), "green")
    names[10:18, 20:25], names[40:52, 2:26], names[30:33, 40:53], names[60], names[:, 60] = (
        "red", "blue", "black", "white", "white",
    )  # fmt: skip
    colours = np.array([[COLOURS[name] for name in row] for row in names])
    picture = torch.from_numpy(colours / 127.5 - 1).permute(2, 0, 1).float()
    background, things = reading.read(picture)
    assert background == "green" and [thing.colour for thing in things] == ["blue", "red"]
    assert [thing.middle for thing in things] == [(13.5, 45.5), (22.0, 13.5)]
    assert [thing.area for thing in things] == [288, 40]
    noisy = picture + 0.1 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    assert [thing.colour for thing in reading.read(noisy).things] == ["blue", "red"]


def changed(scene, **changes):
    first, *others = scene.things
    return dataclasses.replace(scene, things=(dataclasses.replace(first, **changes), *others))


def test_each_respect_is_judged_by_itself():
    circle = Thing("circle", "red", None, (32, 32), 36)
    scene = dataclasses.replace(Scenes(kind="shape")[0], things=(circle,), background="white")
    answers = reading.judge(scene, changed(scene, colour="blue").draw())
    assert answers == {"background": True, "there": True, "colour": False, "shape": True, "sentence": False}
    answers = reading.judge(scene, changed(scene, name="star").draw())
    assert answers["colour"] and not answers["shape"]
    answers = reading.judge(scene, dataclasses.replace(scene, background="pink").draw())
    assert answers["colour"] and answers["shape"] and not answers["background"]
    empty = dataclasses.replace(scene, things=()).draw()
    assert reading.judge(scene, empty) == dict.fromkeys(answers, False) | {"background": True}


@pytest.mark.parametrize("relation", ["above", "below", "left of", "right of"])
def test_places_and_colours_swapped_are_seen(relation):
    scenes = (Scenes(seed=3, kind="pair")[number] for number in range(400))
    scene = next(s for s in scenes if s.relation == relation and len({t.colour for t in s.things}) == 2)
    assert reading.judge(scene, scene.draw())["places"]
    first, second = scene.things
    swapped = (dataclasses.replace(first, colour=second.colour), dataclasses.replace(second, colour=first.colour))
    answers = reading.judge(scene, dataclasses.replace(scene, things=swapped).draw())
    assert answers["colours"] and not answers["places"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_silhouette_is_nearest_to_itself(shape):
    assert reading.shape_of(np.asarray(silhouette(shape)) > 128) == shape
