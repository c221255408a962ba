"""Lesson 01's runs over all its controls, its figure, and the numbers its text states."""

import math

import pytest
import torch

from course_lib.lessons import lesson_01 as lesson
from course_lib.samplers import SAMPLERS


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("count", [1, 5, 20])
def test_every_sampler_ends_at_pictures_of_the_set(sampler, count):
    title, run = lesson.remove_noise("fruit", 3, sampler, count)
    *_, last = run
    assert title.startswith('"fruit": 14 pictures fit.') and f"{count} step" in title and title.endswith("seed 3")
    assert last.index == count - 1 and last.sigma_next == 0
    assert last.x_next.shape == (4, 3, 64, 64) and last.x_next.isfinite().all()


@pytest.mark.parametrize("words", lesson.EXAMPLES)
def test_every_example_has_pictures(words):
    title, run = lesson.remove_noise(words, 0, count=20)
    *_, last = run
    known = lesson.open_emoji("fluent").select(words).images
    apart = (last.x_next[:, None] - known[None]).square().sum((2, 3, 4)).sqrt().min(1).values
    assert len(known) > 3 and (apart < 0.1).all(), title


def result(*arguments):
    *_, last = lesson.remove_noise(*arguments)[1]
    return last.x_next


def test_the_same_settings_give_the_same_pictures_and_others_do_not():
    settings = ("animal", 0, "euler", 20)
    first = result(*settings)
    assert torch.equal(first, result(*settings))
    changes = {0: "fruit", 1: 1, 2: "euler_ancestral"}
    for place, value in changes.items():
        changed = result(*settings[:place], value, *settings[place + 1 :])
        assert (changed - first).abs().flatten(1).max(1).values.min() > 0.1, f"a picture stays with {value}"


def test_more_steps_than_20_change_nothing_and_5_are_too_few():
    assert (result("animal", 0, "euler", 50) - result("animal", 0, "euler", 20)).abs().max() < 0.05
    changed = (result("animal", 0, "euler", 5) - result("animal", 0, "euler", 20)).flatten(1).abs().max(1).values
    assert (changed > 0.1).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dolfin", 0), "Near captions: dolphin"),
        (("", 0), "Type at least one word, such as animal"),
        (("cat", -1), "seed must be a whole number, at least 0; got -1"),
        (("cat", 0, "eulre"), "did you mean euler"),
        (("cat", 0, "euler", 0), "steps must be a whole number"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        lesson.remove_noise(*arguments)


def test_the_machine_is_drawn_with_every_shape():
    shown = lesson.draw_machine()
    assert shown.png.startswith(b"\x89PNG") and "77 states of 768" in shown.alt


def test_numbers_in_the_questions_are_true():
    assert math.tanh(3 / 2**2) == pytest.approx(0.64, abs=5e-3)
    assert 3 * 512 * 512 == 786_432 and 4 * 64 * 64 == 16_384 and 786_432 / 16_384 == 48
