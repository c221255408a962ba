"""Composed scenes: the same for a seed and number, true to their captions, and with pairs that training never sees."""

import collections

import pytest
import torch

from course_lib.datasets.scenes import (
    COLOURS,
    FULL,
    HELD_OUT_SHAPES,
    KINDS,
    RELATIONS,
    SHAPES,
    SMALL,
    Scenes,
    is_held_out,
)

TRAIN, UNSEEN = Scenes(seed=0), Scenes(seed=0, held_out=True)
SOME = [TRAIN[number] for number in range(1500)]


def colour_at(picture, point):
    rgb = tuple(int(value) for value in (picture[:, point[1], point[0]] + 1) * 127.5 + 0.5)
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLOURS[name], rgb, strict=True)))


def test_a_scene_depends_on_seed_and_number_alone():
    later = Scenes(seed=0)
    assert [later[number] for number in (7, 3, 7)] == [TRAIN[7], TRAIN[3], TRAIN[7]]
    assert torch.equal(TRAIN[5].draw(), TRAIN[5].draw())
    assert Scenes(seed=1)[5] != TRAIN[5]


def test_pictures_are_pictures():
    pictures, captions = TRAIN.batch(range(20))
    assert pictures.shape == (20, 3, 64, 64) and pictures.dtype == torch.float32 and len(captions) == 20
    assert pictures.min() >= -1 and pictures.max() <= 1


def test_nothing_held_out_is_in_training_and_everything_unseen_is():
    assert not any(is_held_out(scene) for scene in SOME)
    unseen = [UNSEEN[number] for number in range(600)]
    assert all(is_held_out(scene) for scene in unseen)
    shapes = {(scene.things[0].colour, scene.things[0].name) for scene in unseen if scene.kind == "shape"}
    assert shapes == HELD_OUT_SHAPES
    assert not any(thing.name == "green heart" for scene in SOME for thing in scene.things)
    pairs = {(thing.colour, thing.name) for scene in SOME for thing in scene.things if thing.colour}
    assert not pairs & HELD_OUT_SHAPES


def test_every_concept_is_trained_in_three_styles_at_least():
    from course_lib.datasets import open_emoji
    from course_lib.datasets.scenes import _emoji_held_out

    held = collections.Counter()
    for caption, style in zip(open_emoji().captions, open_emoji().styles, strict=True):
        held[caption] += _emoji_held_out(caption, style, "white")
    assert max(count for caption, count in held.items() if caption not in ("green heart", "yellow square")) == 1
    assert 50 < sum(held.values()) < 80


def test_kinds_come_as_often_as_said():
    kinds = collections.Counter(scene.kind for scene in SOME)
    for kind, share in KINDS.items():
        assert kinds[kind] / len(SOME) == pytest.approx(share, abs=0.05)


def test_captions_say_what_is_in_the_picture():
    for scene in SOME:
        for thing in scene.things:
            assert thing.words in scene.caption
        assert "background" not in scene.caption or f"{scene.background} background" in scene.caption
        assert scene.kind == "emoji" or ("background" in scene.caption) == (scene.background != "white")
        if scene.relation:
            first, second = scene.caption.split(f" {scene.relation} ")
            assert first.endswith(scene.things[0].words) and scene.things[1].words in second
        assert " a o" not in f" {scene.caption}" and " an b" not in f" {scene.caption}"


def test_a_lone_emoji_stands_in_the_middle_in_one_of_two_sizes():
    lone = [scene.things[0] for scene in SOME if scene.kind == "emoji"]
    assert {(thing.size, thing.middle) for thing in lone} == {(FULL, (32, 32)), (SMALL, (32, 32))}
    assert all(
        (thing.size == SMALL) == ("small" in scene.caption.split())
        for scene in SOME
        if scene.kind == "emoji"
        for thing in scene.things
    )
    scattered = [Scenes(seed=0, kind="emoji", scattered=True)[number].things[0] for number in range(200)]
    assert len({thing.size for thing in scattered}) > 10 and len({thing.middle for thing in scattered}) > 50


def test_what_a_caption_leaves_open_varies():
    lone = [scene for scene in SOME if scene.kind == "emoji"]
    open_style = [scene.things[0].style for scene in lone if "style" not in scene.caption]
    assert len(open_style) / len(lone) == pytest.approx(0.5, abs=0.06)
    assert all(open_style.count(style) > len(open_style) / 6 for style in ("noto", "fluent", "flat", "twemoji"))
    assert all(f"{scene.things[0].style} style" in scene.caption for scene in lone if "style" in scene.caption)
    open_background = [scene.background for scene in lone if "background" not in scene.caption]
    coloured = [background for background in open_background if background != "white"]
    assert 0.05 < len(coloured) / len(open_background) < 0.2 and len(set(coloured)) > 5


def test_colours_are_where_the_caption_says():
    for scene in (scene for scene in SOME[:600] if scene.kind != "emoji"):
        picture = scene.draw()
        assert colour_at(picture, (0, 0)) == scene.background or scene.kind == "shape"  # a large one may reach a corner
        for thing in scene.things:
            if thing.name != "ring":
                assert colour_at(picture, thing.middle) == thing.colour


def test_things_stand_as_their_relation_says():
    for scene in (scene for scene in SOME if scene.kind == "pair"):
        (x, y), (x_2, y_2) = (thing.middle for thing in scene.things)
        across, down = RELATIONS[scene.relation]
        assert (x - x_2) * across + (y - y_2) * down > 20 and abs((x - x_2) * down + (y - y_2) * across) < 6


def test_all_shapes_and_colours_occur():
    things = [thing for scene in SOME for thing in scene.things if thing.colour]
    assert {thing.name for thing in things} == set(SHAPES) and {thing.colour for thing in things} == set(COLOURS)
    assert {thing.style for scene in SOME for thing in scene.things if thing.style} == {
        "noto",
        "fluent",
        "flat",
        "twemoji",
    }


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: TRAIN[-1], "number must be a whole number, at least 0"),
        (lambda: Scenes(kind="pairs"), "unknown kind 'pairs'; did you mean pair"),
        (lambda: Scenes(styles=("notto",)), "unknown style 'notto'; did you mean noto"),
        (lambda: Scenes(seed=-1), "seed must be a whole number"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
