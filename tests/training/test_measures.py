"""The measures of painted emoji: the recogniser is right about drawings, and each measure moves as it should."""

import json
from dataclasses import replace
from itertools import product

import pytest
import torch

from course_lib.datasets.scenes import Scene, Scenes, Thing, emoji_scene
from course_lib.models import load
from course_lib.training import compare_guidance, recogniser, text_encoder
from course_lib.training import emoji_measures as measures
from course_lib.training.likeness import likeness, median_likeness, nearer_style
from course_lib.training.small_model import FOLDER, WEIGHTS


@pytest.fixture(scope="module")
def judge():
    return recogniser.open_recogniser()


def test_the_recogniser_is_right_about_drawings_it_never_saw(judge):
    found = recogniser.quality(judge, seed=77, count=400)
    assert found["concept"] > 0.9 and found["among five"] > 0.97 and found["style"] > 0.85


def test_drawings_as_they_are_asked_for_are_recognised_nearly_always(judge):
    asked = list(product(recogniser.CONCEPTS[::3], measures.STYLES))
    pictures = measures.pictures_of([emoji_scene(*names) for names in asked])
    found = recogniser.agreement(judge, pictures, *zip(*asked, strict=True))
    assert found["concept"] > 0.97 and found["style"] > 0.95


def test_other_concepts_and_styles_are_judged_wrong(judge):
    concepts = recogniser.CONCEPTS[:100]
    pictures = measures.pictures_of([emoji_scene(concept, "noto") for concept in concepts])
    found = recogniser.agreement(judge, pictures, concepts[1:] + concepts[:1], ["fluent"] * 100)
    assert found["concept"] < 0.05 and found["style"] < 0.1


def test_the_distance_of_sets_is_zero_on_average_and_grows_with_damage(judge):
    sets = [measures.pictures_of([Scenes(seed, kind="emoji")[n] for n in range(200)]) for seed in (50, 51)]
    one, other = (judge.features(pictures) for pictures in sets)
    soft = torch.nn.functional.avg_pool2d(sets[1], 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    alike, apart = recogniser.kernel_distance(one, other), recogniser.kernel_distance(one, judge.features(soft))
    assert abs(alike) < 25 and apart > 5 * abs(alike)


def test_the_kernel_distance_is_the_formula():
    one, other = torch.randn(3, 4, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    one, other = one / one.square().mean().sqrt(), other / one.square().mean().sqrt()

    def kernel(a, b):
        return (float(a @ b) / 4 + 1) ** 3

    same = sum(kernel(one[i], one[j]) for i in range(3) for j in range(3) if i != j) / 6 + kernel(*other)
    apart = sum(kernel(a, b) for a in one for b in other) / 6
    assert recogniser.kernel_distance(3 * one, 3 * other) == pytest.approx(1000 * (same - 2 * apart))


def test_a_training_picture_is_found_again():
    scenes = [Scenes(3, kind="emoji")[n] for n in range(50)]
    distances, which = measures.nearest(measures.pictures_of(scenes[10:13]), scenes)
    assert which.tolist() == [10, 11, 12] and distances.max() < 1e-3
    distances, _ = measures.nearest(-torch.ones(1, 3, 64, 64), [emoji_scene("panda", "noto", "white", size=1)])
    assert distances.item() == pytest.approx(1, abs=0.01)


def test_the_contrastive_loss_falls_and_an_exchange_is_another_caption():
    scenes = Scenes(0, kind="pair")
    scene = scenes[5]
    first, second = scene.things
    swapped = text_encoder.exchanged(scene)
    assert swapped != scene.caption and text_encoder.exchanged(scene).index(second.words) < swapped.rindex(first.words)
    torch.manual_seed(0)
    tokenizer = text_encoder.make_tokenizer()
    network = text_encoder.Pairs(tokenizer)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    found = []
    for _ in range(8):
        loss = text_encoder.losses(network, Scenes(0), tokenizer, list(range(16)))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    assert found[-1] < 0.8 * found[0]
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_without_guidance_words_are_ignored_and_the_measures_say_so(judge):
    model, measure = load(FOLDER), compare_guidance.measure
    ours, ignored = (measure(replace(model, cfg_scale=scale), judge, 16) for scale in (model.cfg_scale, 0.0))
    for what in ("concept", "among five", "sentence of two shapes"):
        assert 0 <= ignored[what] < 0.5 < ours[what] <= 1
    assert ignored.keys() == ours.keys() >= {"style", "KID x 1000"}


def test_no_guidance_that_was_compared_is_better_than_the_shipped_one_in_everything():
    scales = json.loads((WEIGHTS / "guidance.json").read_text())["scales"]
    ours = scales.pop(f"{load(FOLDER).cfg_scale}")
    better = {"concept": 1, "style": 1, "sentence of two shapes": 1, "KID x 1000": -1}
    for scale, found in scales.items():
        assert any(sign * found[what] < sign * ours[what] for what, sign in better.items()), f"{scale} is better"


def test_likeness_finds_the_artwork_whatever_its_size_place_and_background():
    thing = Thing("panda", None, "noto", (34, 30), 54)
    at_home, on_blue = (Scene("emoji", "", (thing,), ground).draw() for ground in ("white", "blue"))
    assert likeness(at_home, "panda", "noto") > 50 and likeness(on_blue, "panda", "noto") > 50
    noise = torch.randn(at_home.shape, generator=torch.Generator().manual_seed(0))
    # The range of a pixel is 2 here: noise of 0.2 is a tenth of it, 20 dB.
    assert likeness(at_home + 0.2 * noise, "panda", "noto") == pytest.approx(20, abs=0.3)
    assert likeness(at_home, "panda", "fluent") < 20 and likeness(at_home, "rocket", "noto") < 15


def test_a_softened_picture_is_still_nearer_to_its_own_style():
    styles = ("noto", "fluent")
    things = [Thing(name, None, style, (32, 32), 56) for name in ("panda", "ghost") for style in styles]
    pictures = measures.pictures_of([Scene("emoji", "", (thing,), "white") for thing in things])
    soft = torch.nn.functional.avg_pool2d(pictures, 3, 1, 1)
    assert nearer_style(soft, things, styles) == 1
    assert (
        nearer_style(soft[[1, 0, 2, 3]], things, styles) == 0.5
        and nearer_style(soft[[1, 0, 3, 2]], things, styles) == 0
    )


def test_the_median_likeness_is_taken_in_each_style():
    things = [Thing(name, None, style, (32, 32), 56) for name in ("panda", "ghost") for style in ("noto", "fluent")]
    pictures = measures.pictures_of([Scene("emoji", "", (thing,), "white") for thing in things])
    pictures[1] = pictures[3] = 0  # those in fluent
    found = median_likeness(pictures, things)
    assert found["likeness, noto"] > 50 > 15 > found["likeness, fluent"]
    assert found.keys() == {"likeness", "likeness, noto", "likeness, fluent"}
