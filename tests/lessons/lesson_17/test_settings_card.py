"""Lesson 17's exercises: the card and what stands above its picture, and why a picture is black."""

import math

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_17 as lesson
from course_lib.lessons.lesson_17 import settings_card
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


def test_the_picture_of_the_card_agrees_with_its_words():
    small = load("small-stable-diffusion")
    star, around = {}, {}
    for words in ("green", ""):
        image = text_to_image(small, **settings_card.SETTINGS | {"negative_prompt": words}).image.astype(float)
        star[words], around[words] = image[28:36, 28:36].mean(axis=(0, 1)), image[:4].mean(axis=(0, 1))
    red, green, blue = star["green"]
    assert red > green + 100 and red > blue + 100
    red, green, blue = around["green"]
    assert blue > red + 60 and blue > green + 20
    assert star["green"][0] > star[""][0] + 20  # driven away from green: a stronger red


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
        ({"size": "64x64"}, "without an x"),
        ({"size": "64 × 64"}, "without an x"),
        ({"size": np.array([64, 64])}, "size is a plain number or a text"),
        ({"steps": torch.tensor(12.0)}, "steps is a plain number or a text"),
        ({"scheduler": "Karras"}, "small letters: karras"),
        ({"sampler": "DPM_2"}, "small letters: dpm_2"),
        ({"negative_prompt": "green."}, "no full stop"),
        ({"prompt": "a red large star on a blue background"}, 'is "red", and the card has "large" there'),
        ({"prompt": "a large red star on a blue"}, 'on the card "background" comes next'),
        ({"prompt": "a large red star on a blue background."}, 'is "background.", and the card has "background" there'),
        ({"prompt": "a large red star on a blue background in space"}, 'goes on with "in"'),
        ({"prompt": 3}, "put quotes around it"),
        ({"sampler": "euler"}, "look for the label DPM2 in the table"),
        ({"sampler": None}, "look for the label DPM2 in the table"),
        ({"sampler": "dpmpp_2m"}, "are two samplers"),
        ({"sampler": "DPM2 "}, "DPM2 is the sampler's label"),
        ({"negative_prompt": "Negative prompt green"}, "no label"),
        ({"negative_prompt": "blue"}, 'behind "Negative prompt:" stands "green"'),
        ({"negative_prompt": "gren"}, 'behind "Negative prompt:" stands "green"'),
        ({"scheduler": "Karras "}, "A space stands in the quotes"),
        ({"sampler": " dpm_2"}, "A space stands in the quotes"),
        ({"steps": 12.0}, "steps is a whole number: 12, without a point"),
        ({"seed": 1717.0}, "seed is a whole number: 1717, without a point"),
        ({"size": 64.0}, "size is a whole number: 64, without a point"),
        ({"size": (64.0, 64.0)}, "size is a whole number: 64, without a point"),
        ({"steps": 12.5}, "The number of steps is not the card's"),
        ({"negative_prompt": ["green"]}, "negative_prompt is one text: quotes around it, and no brackets"),
        ({"prompt": [settings_card.SETTINGS["prompt"]]}, "] prompt is one text"),
    ],
)
def test_other_mistakes_on_the_card_get_a_sentence(changed, said):
    assert said in lesson.check_settings.verdict(settings_card.SETTINGS | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"cfg_scale": 4.0},
        {"prompt": "A large RED star on a blue background "},
        {"negative_prompt": "Green"},
        {"size": (64, 64)},
        {"size": [64, 64]},
    ],
)
def test_another_way_to_write_the_same_is_right_and_paints_the_same(changed):
    """Capital letters and spaces at the end are nothing to the tokenizer."""
    small, settings = load("small-stable-diffusion"), settings_card.SETTINGS | changed
    assert lesson.check_settings.verdict(settings).startswith("[OK]")
    assert np.array_equal(settings_card._target(small), text_to_image(small, **settings).image)


def test_what_is_said_above_the_card(capsys):
    small = load("small-stable-diffusion")

    def said(*settings):
        shown = repr(lesson.show_card(small, *settings))
        return capsys.readouterr().out, shown

    alone, both = "Figure: The picture of the card.", "Figure: The picture of the card, and yours."
    assert said() == ("", alone)
    assert said(settings_card.SETTINGS) == ("Yours is the same in every pixel.\n", both)
    words, shown = said(settings_card.SETTINGS | {"scheduler": "normal"})
    assert words.startswith("Yours is not the card's: ") and "of its 4,096 pixels" in words and shown == both
    assert said(settings_card.SETTINGS | {"size": 32}) == ("Yours is of another size, 32 x 32 pixels.\n", both)
    for unfinished in ({}, {"prompt": ...}, ..., {"prompts": "a"}):
        assert said(unfinished) == ("Yours is still missing.\n", alone)
    for wrong, why in (({"sampler": "DPM2"}, "unknown sampler 'DPM2'"), ({"size": "64x64"}, "size must be")):
        words, shown = said(settings_card.SETTINGS | wrong)
        assert words.startswith("Your picture cannot be painted yet: ") and why in words and shown == alone


def test_a_list_with_false_in_it_is_recognised():
    def naive(picture, flagged):
        if flagged:
            return "checker"
        return "painted" if picture.isfinite().all() else "overflow"

    assert "even [False]" in lesson.check_why_black.verdict(naive)


def test_a_card_that_is_no_dictionary_is_told_so():
    assert lesson.check_settings.verdict("DPM2").startswith("[not yet] settings must be a dictionary with prompt, ")


def test_a_look_into_none_is_named_however_it_is_written():
    for look in (any, sum, len, lambda flagged: flagged[0], lambda flagged: True in flagged):
        told = lesson.check_why_black.verdict(
            lambda picture, flagged, look=look: "checker" if look(flagged) else "painted"
        )
        assert "flagged is None" in told, told


def test_isinf_is_told_from_an_equals_sign():
    def only(found):
        return lambda picture, flagged: "overflow" if found(picture) else "checker" if flagged == [True] else "painted"

    assert "isinf is made so" in lesson.check_why_black.verdict(only(lambda picture: picture.isinf().any()))
    equals = lesson.check_why_black.verdict(only(lambda picture: (picture == float("nan")).any()))
    assert "isinf" not in equals and "==, < and > never find NaN" in equals


def test_the_third_answer_forgotten_is_named_with_its_input():
    def forgets(picture, flagged):
        if not picture.isfinite().all():
            return "overflow"
        if flagged == [True]:
            return "checker"

    told = lesson.check_why_black.verdict(forgets)
    assert told.endswith("[[-0.99]]]], flagged=[False]) returns nothing: each way must end in a return.")


def test_a_threshold_and_a_question_to_the_whole_tensor_are_named():
    threshold = lambda picture, flagged: "overflow" if picture.abs().max() > 65504 else "painted"  # noqa: E731
    with_checker = lambda picture, flagged: "checker" if flagged and any(flagged) else threshold(picture, flagged)  # noqa: E731
    assert "neither larger nor smaller" in lesson.check_why_black.verdict(with_checker)
    whole = lambda picture, flagged: "painted" if torch.isfinite(picture) else "overflow"  # noqa: E731
    assert "add .all() or .any()" in lesson.check_why_black.verdict(whole)


def found(picture, flagged, finite):
    """The usual answer, with this in place of the question whether the picture is finite."""
    return "overflow" if not finite else "checker" if flagged and any(flagged) else "painted"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda p, f: found(p, f, not p.isfinite().all()), 'a "not" is missing'),
        (lambda p, f: found(p, f, not (p == float("nan")).any()), "NaN equals nothing"),
        (lambda p, f: "overflow" if p == torch.nan else found(p, f, True), "NaN equals nothing"),
        (lambda p, f: "overflow" if p.isfinite().all() is False else found(p, f, True), "never *is* Python's False"),
        (lambda p, f: found(p, [f == True], p.isfinite().all()), "any(flagged)"),  # noqa: E712
        (lambda p, f: found(p, [f == "[True]"], p.isfinite().all()), "neither True nor a text"),
        (lambda p, f: found(p, f, p.isfinite().all()).capitalize(), "Capital letters count"),
        (lambda p, f: overflow if not p.isfinite().all() else found(p, f, True), "put quotes around it"),  # noqa: F821
        (lambda p, f: found(p, f, isfinite(p).all()), "belongs to the tensor or to torch"),  # noqa: F821
        (lambda p, f: "checker" if f and any(f) else "painted", "The picture is never looked at"),
        (lambda p, f: "painted" if f is None else "checker", "The picture is never looked at"),
        (lambda p, f: found(p, f, "nan" not in p), "holds numbers, not texts"),
        (lambda p, f: found(p, f, not math.isnan(p)), "take one number"),
        (lambda p, f: "checker" if f and any(f) else found(p, f, p.isfinite().all()), "ask the numbers first"),
        (lambda p, f: found(p, f, p.flatten()[0].isfinite()), "wherever it stands"),
        (lambda p, f: "painted" if p.isfinite().all() else found(p, f, f and any(f)), "not yet a painted one"),
        (lambda p, f: "painted" if p.isfinite().all() else found(p, f, False), 'No picture gets the answer "checker"'),
        (lambda p, f: found(p, f, True) if p.isfinite().all else "overflow", ".all without brackets"),
        (lambda p, f: found(p, f, not p.isnan().any), ".all without brackets"),
        (lambda p, f: found(p, f, not (p.isnan().any() and p.isinf().any())), "or, not and"),
        (lambda p, f: found(p, f, p.isfinite().all() != "False"), "no tensor equals a text"),
        (lambda p, f: found(p, f, not p.max() > math.inf), "==, < and > never find NaN"),
        (lambda p, f: found(p, f, p.nan_to_num_(0).isfinite().all()), "look, but do not write into it"),
        (lambda p, f: found(p, f and [f.pop()], not p.isnan().any()), "look, but do not write into it"),
        (lambda p, f: found(p, f, not (p.max() != p.max() or p.max() == math.inf)), "can be negative, too"),
    ],
)
def test_what_else_goes_wrong_in_explaining_a_failure(wrong, said):
    assert said in lesson.check_why_black.verdict(wrong)


@pytest.mark.parametrize(
    "right",
    [
        lambda p, f: found(p, f, p.isfinite().all() == True),  # noqa: E712
        lambda p, f: "overflow" if (~p.isfinite()).any() else "checker" if f == [True] else "painted",
        lambda p, f: "overflow" if (p - p != 0).any() else "checker" if f is not None and f[0] else "painted",
    ],
)
def test_other_right_answers(right):
    assert lesson.check_why_black.verdict(right).startswith("[OK]")


def test_an_answer_that_writes_into_its_input_leaves_the_check_as_it_was():
    def filled(picture, flagged):
        picture[~picture.isfinite()] = 0
        return found(picture, flagged, True)

    taken = lambda p, f: found(p, [f.pop()] if f else f, p.isfinite().all())  # noqa: E731
    clamped = lambda p, f: found(p.clamp_(-1, 1), f, not p.isnan().any())  # noqa: E731
    for wrong in (filled, clamped):
        assert "do not write into it" in lesson.check_why_black.verdict(wrong)
    assert lesson.check_why_black.verdict(taken).startswith("[OK]"), "right, all the same"
    only_nan = lambda p, f: found(p, f, not p.isnan().any())  # noqa: E731
    assert "An infinity is an overflow, too" in lesson.check_why_black.verdict(only_nan)
    first = lambda p, f: "overflow" if not p.isfinite().all() else "checker" if f else "painted"  # noqa: E731
    assert "even [False]" in lesson.check_why_black.verdict(first)


def test_what_an_answer_prints_is_printed_once(capsys):
    lesson.check_why_black.verdict(lambda p, f: print("looked") or "painted")
    assert capsys.readouterr().out == len(lesson.check_why_black.cases) * "looked\n"
