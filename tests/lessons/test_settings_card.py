"""Lesson 17's exercises: the card and what stands above its picture, and why a picture is black."""

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_17 as lesson
from course_lib.lessons import settings_card
from course_lib.models import load, untrained
from course_lib.pipeline import prepare, text_to_image
from course_lib.samplers import SAMPLERS


def test_the_card_is_painted_again_and_each_setting_matters():
    small = load("small-stable-diffusion")
    right = settings_card.SETTINGS
    target = text_to_image(small, **right).image
    assert np.array_equal(target, text_to_image(small, **right).image)
    changes = {"prompt": "a large red star", "negative_prompt": "", "sampler": "dpmpp_2m", "scheduler": "normal",
               "steps": 24, "cfg_scale": 7.5, "seed": 0}  # fmt: skip
    for name, value in changes.items():
        assert not np.array_equal(target, text_to_image(small, **right | {name: value}).image), name
    assert SAMPLERS["dpm_2"].label == "DPM2" and len(prepare(small, **right).sigmas) == 13
    for name in ("prompt", "negative_prompt"):
        assert right[name] in lesson.CARD
    for words in ("Steps: 12", "DPM2 Karras", "CFG scale: 4", "Seed: 1717", "64x64"):
        assert words in lesson.CARD


def test_the_negative_prompt_drives_the_background_away_from_green():
    small = load("small-stable-diffusion")
    top = {
        words: text_to_image(small, **settings_card.SETTINGS | {"negative_prompt": words}).image[:4].mean(axis=(0, 1))
        for words in ("green", "")
    }
    red, green, _ = top["green"]
    assert green < top[""][1] - 20 and green < red - 50


def test_dpm_2_asks_twice_in_each_step_but_the_last():
    model, calls = untrained(), []
    run = prepare(model, "a", sampler="dpm_2", steps=12)
    denoise = run.denoise
    run.denoise = lambda x, sigma: calls.append(float(sigma)) or denoise(x, sigma)
    list(run)
    assert len(calls) == 23


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": ...}, "seed is still missing"),
        ({"guidance": 4}, "'guidance' is not one of the settings"),
        ({"steps": 20}, "The number of steps is not the card's"),
        ({"size": 512}, "The size is not the card's"),
        ({"size": (64, 64)}, "The size is one number"),
        ({"sampler": "euler"}, "are two samplers"),
        ({"negative_prompt": "blue"}, "what is to be avoided"),
    ],
)
def test_other_mistakes_on_the_card_get_a_sentence(changed, said):
    assert said in lesson.check_settings.verdict(settings_card.SETTINGS | changed)


def test_a_card_as_numbers_of_another_type_is_right():
    assert lesson.check_settings.verdict(settings_card.SETTINGS | {"cfg_scale": 4.0}).startswith("[OK]")


def test_what_is_said_above_the_card(capsys):
    small = load("small-stable-diffusion")

    def said(*settings):
        shown = repr(lesson.show_card(small, *settings))
        return capsys.readouterr().out, shown

    alone, both = "Figure: The picture of the card.", "Figure: The picture of the card, and yours."
    assert said() == ("", alone)
    assert said(settings_card.SETTINGS) == ("Yours is the same in every pixel.\n", both)
    words, shown = said(settings_card.SETTINGS | {"scheduler": "normal"})
    assert words.startswith("Yours is another picture: ") and "of its 4,096 pixels" in words and shown == both
    assert said(settings_card.SETTINGS | {"size": 32}) == ("Yours is of another size, 32 x 32 pixels.\n", both)
    for unfinished in ({}, {"prompt": ...}, ..., {"prompts": "a"}):
        assert said(unfinished) == ("Yours is still missing.\n", alone)
    for wrong, why in (({"sampler": "DPM2"}, "unknown sampler 'DPM2'"), ({"size": "64x64"}, "size must be")):
        words, shown = said(settings_card.SETTINGS | wrong)
        assert words.startswith("Yours is still missing, because") and why in words and shown == alone


def test_a_list_with_false_in_it_is_recognised():
    def naive(picture, flagged):
        if flagged:
            return "checker"
        return "painted" if picture.isfinite().all() else "overflow"

    assert "even [False]" in lesson.check_why_black.verdict(naive)


def test_a_threshold_and_a_question_to_the_whole_tensor_are_named():
    threshold = lambda picture, flagged: "overflow" if picture.abs().max() > 65504 else "painted"  # noqa: E731
    with_checker = lambda picture, flagged: "checker" if flagged and any(flagged) else threshold(picture, flagged)  # noqa: E731
    assert "neither larger nor smaller" in lesson.check_why_black.verdict(with_checker)
    whole = lambda picture, flagged: "painted" if torch.isfinite(picture) else "overflow"  # noqa: E731
    assert "add .all() or .any()" in lesson.check_why_black.verdict(whole)
