"""How often, how large and where: the numbers that a caption of a scene does not tell, and what is kept out."""

import collections
import re

import numpy as np
import pytest
import torch

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import (
    COLOURS,
    FULL,
    HELD_OUT_SHAPES,
    RELATIONS,
    SCATTER,
    SHAPES,
    SMALL,
    Scene,
    Scenes,
    Thing,
    emoji_scene,
    is_held_out,
)

COUNT = 2000


def scenes(**settings):
    some = Scenes(11, **settings)
    return [some[number] for number in range(COUNT)]


@pytest.fixture(scope="module")
def shapes():
    return scenes(kind="shape")


@pytest.fixture(scope="module")
def pairs():
    return scenes(kind="pair")


@pytest.fixture(scope="module")
def emoji():
    return scenes(kind="emoji")


def share(some, fits):
    return sum(map(bool, map(fits, some))) / len(some)


def test_a_shapes_size_is_as_its_word_says(shapes):
    found = collections.defaultdict(list)
    for scene in shapes:
        assert scene.kind == "shape" and scene.relation is None and scene.things[0].style is None
        words = scene.caption.split()
        found[next((word for word in ("small", "large") if word in words), "")].append(scene.things[0].size)
    for word, sizes, part in (("", (32, 40), 0.5), ("small", (20, 26), 0.25), ("large", (46, 54), 0.25)):
        assert (min(found[word]), max(found[word])) == sizes
        assert len(found[word]) / COUNT == pytest.approx(part, abs=0.03)


def test_a_shape_may_be_five_pixels_off_the_middle(shapes):
    for axis in (0, 1):
        places = collections.Counter(scene.things[0].middle[axis] for scene in shapes)
        assert sorted(places) == list(range(27, 38)) and min(places.values()) > COUNT / 11 / 2


def test_half_of_the_shapes_stand_on_a_colour_which_is_not_theirs(shapes):
    assert share(shapes, lambda scene: scene.background != "white") == pytest.approx(0.5 * 9 / 10, abs=0.03)
    assert all(scene.background != scene.things[0].colour for scene in shapes)
    assert {scene.background for scene in shapes} == set(COLOURS)
    assert {scene.things[0].colour for scene in shapes} == set(COLOURS) - {"white"}
    assert share(shapes, lambda scene: scene.caption.startswith(("a ", "an "))) == pytest.approx(0.5, abs=0.03)


def test_two_things_stand_apart_and_are_of_one_size_class(pairs):
    sizes = collections.Counter(thing.size for scene in pairs for thing in scene.things)
    assert sorted(sizes) == list(range(21, 28))
    gaps, middles, asides = set(), set(), set()
    for scene in pairs:
        (x, y), (x_2, y_2) = (thing.middle for thing in scene.things)
        across, down = RELATIONS[scene.relation]
        gaps.add((x - x_2) * across + (y - y_2) * down)
        middles.add((x - 32) * across + (y - 32) * down)
        asides.add((x - 32) * down + (y - 32) * across)
    assert gaps == set(range(30 - 4, 34 + 5)) and middles == set(range(13, 20)) and asides == set(range(-2, 3))


def test_pairs_have_all_relations_shapes_and_colours_and_stand_on_another_one(pairs):
    assert {scene.relation for scene in pairs} == set(RELATIONS)
    assert {thing.name for scene in pairs for thing in scene.things} == set(SHAPES)
    assert share(pairs, lambda scene: scene.background != "white") == pytest.approx(0.35 * 10 / 11, abs=0.03)
    for scene in pairs:
        assert scene.kind == "pair" and all(thing.colour != scene.background for thing in scene.things)
        on = "" if scene.background == "white" else f" on an? {scene.background} background"
        first, second = scene.things
        assert re.fullmatch(f"an? {first.words} {scene.relation} an? {second.words}{on}", scene.caption)
    assert any("white" in (thing.colour for thing in scene.things) for scene in pairs)


def test_the_article_is_an_before_a_vowel(shapes, pairs, emoji):
    for scene in (*shapes, *pairs, *emoji):
        for article, word in re.findall(r"\b(an?) (\w)", scene.caption):
            assert (article == "an") == (word in "aeiou"), scene.caption
    assert any(scene.caption.startswith("an ") for scene in emoji)


def test_a_lone_emoji_is_small_or_on_a_colour_as_often_as_before(emoji):
    assert share(emoji, lambda scene: scene.things[0].size == SMALL) == pytest.approx(0.15, abs=0.02)
    assert share(emoji, lambda scene: scene.background != "white") == pytest.approx(0.55, abs=0.04)
    coloured = [scene for scene in emoji if scene.background != "white"]
    assert share(coloured, lambda scene: "background" in scene.caption) == pytest.approx(0.9, abs=0.03)
    assert not any("background" in scene.caption for scene in emoji if scene.background == "white")
    assert share(emoji, lambda scene: re.match("an? ", scene.caption)) == pytest.approx(0.3, abs=0.03)
    assert share(emoji, lambda scene: scene.caption.endswith(" style")) == pytest.approx(0.5, abs=0.03)
    assert all(scene.kind == "emoji" and scene.things[0].colour is None for scene in emoji)


def test_a_scattered_one_stays_inside():
    found = [scene.things[0] for scene in scenes(kind="emoji", scattered=True)]
    full, small = ([thing for thing in found if abs(thing.size - size) <= SCATTER] for size in (FULL, SMALL))
    assert len(full) + len(small) == COUNT
    for some, size in ((full, FULL), (small, SMALL)):
        assert {thing.size - size for thing in some} == set(range(-SCATTER, SCATTER + 1))
    for thing in found:
        room = min(5, (64 - thing.size) // 2)
        assert all(abs(middle - 32) <= room for middle in thing.middle)
    assert {thing.middle[0] for thing in small} == set(range(27, 38))
    assert {thing.middle[1] for thing in full if thing.size == FULL + SCATTER} == set(range(30, 35))


def test_seed_and_kind_of_pairs_tell_scenes_apart():
    one, other = Scenes(4), Scenes(4, held_out=True)
    assert [one[n].caption for n in range(50)] != [other[n].caption for n in range(50)]
    assert Scenes()[3] == Scenes(seed=0)[3] != Scenes(seed=1)[3]
    assert {thing.style for n in range(300) for thing in Scenes(styles=("flat",))[n].things} == {"flat", None}


def test_what_is_kept_out_is_spread_evenly():
    """Of the backgrounds each has as many concepts to itself, and no style has more than its part."""
    concepts, styles = list(dict.fromkeys(open_emoji().captions)), ("noto", "fluent", "flat", "twemoji")
    drawn = {f"{colour} {shape}" for colour, shape in HELD_OUT_SHAPES} & set(concepts)
    assert drawn == {"green heart", "yellow square"} & set(concepts) != set()
    kept = {style: [name for name in concepts if is_held_out(emoji_scene(name, style))] for style in styles}
    lone = [set(names) - drawn for names in kept.values()]
    assert all(15 <= len(names) <= 16 for names in lone) and len(set.union(*lone)) == sum(map(len, lone))
    assert all(drawn <= set(names) for names in kept.values())
    free = [name for name in concepts if name not in set.union(*map(set, kept.values()))]
    grounds = {colour: {name for name in free if is_held_out(emoji_scene(name, "noto", colour))} for colour in COLOURS}
    assert not grounds.pop("white")
    assert all(10 <= len(names) <= 18 for names in grounds.values()), {k: len(v) for k, v in grounds.items()}
    times = collections.Counter(name for names in grounds.values() for name in names)
    assert max(times.values()) == 1, "a concept misses one background at most"


def test_any_thing_of_a_scene_may_keep_it_out():
    kept, seen = Thing("star", "red", None, (16, 32), 24), Thing("star", "blue", None, (48, 32), 24)
    for things, held in (((seen, kept), True), ((kept, seen), True), ((seen, seen), False)):
        assert is_held_out(Scene("pair", "", things, "white", "left of")) == held


def test_a_scene_of_an_emoji_is_made_as_asked():
    scene = emoji_scene("orange heart", "flat", "orange", size=20)
    assert scene.caption == "orange heart on an orange background, flat style" and scene.kind == "emoji"
    assert scene.things == (Thing("orange heart", None, "flat", (32, 32), 20),) and scene.background == "orange"
    assert emoji_scene("panda", "noto").things[0].size == FULL and emoji_scene("panda", "noto").background == "white"
    assert emoji_scene("panda", "noto").caption == "panda, noto style"
    picture = emoji_scene("red heart", "flat", "blue", size=1).draw()
    blue = torch.tensor(COLOURS["blue"]) / 127.5 - 1
    assert ((picture - blue[:, None, None]).abs().amax(0) > 1e-3).sum() <= 1
    for asked, said in [
        (("pandda", "noto"), "unknown concept 'pandda'; did you mean panda"),
        (("panda", "notto"), "unknown style 'notto'"),
        (("panda", "noto", "bleu"), "unknown background 'bleu'; did you mean blue"),
    ]:
        with pytest.raises(ValueError, match=said):
            emoji_scene(*asked)
    with pytest.raises(ValueError, match="size must be a whole number, at least 1; got 0"):
        emoji_scene("panda", "noto", size=0)


def test_what_is_drawn_later_lies_above_and_left_and_top_are_not_exchanged():
    under, over = Thing("circle", "red", None, (20, 40), 20), Thing("square", "blue", None, (26, 40), 20)
    picture = (Scene("pair", "", (under, over), "white", "left of").draw().permute(1, 2, 0).numpy() + 1) * 127.5
    for point, colour in (((13, 40), "red"), ((24, 40), "blue"), ((30, 40), "blue"), ((40, 20), "white")):
        assert np.abs(picture[point[1], point[0]] - COLOURS[colour]).max() < 10, point
    ground = Scene("shape", "", (), "pink").draw()
    assert ground.shape == (3, 64, 64) and ground.dtype == torch.float32
    assert ((ground[:, 5, 9] + 1) * 127.5).tolist() == pytest.approx(COLOURS["pink"], abs=1e-3)
