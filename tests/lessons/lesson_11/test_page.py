"""What lesson 11 says of the small model: of its states, of guidance, and of what tames it. With margin."""

import json
import time
from pathlib import Path

import pytest
import torch

from course_lib.diffusion import guide, guided, guided_and_rescaled, guided_in_interval
from course_lib.lessons import lesson_11 as lesson
from course_lib.pipeline import text_to_image, watch

PANDA, SHAPES = "a panda on a blue background", "a red circle above a blue square"


def apart(one, other):
    return (one - other).square().mean().sqrt().item()


def spreads(steps):
    return [step.denoised.std().item() for step in steps]


@pytest.fixture(scope="module")
def changed():
    states = lesson.encode(SHAPES)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(0))
    exchanged = lesson.encode("a blue square above a red circle")
    one_vector = states.mean(dim=1, keepdim=True).expand_as(states)
    return lesson.paint_states(torch.cat([states, states[:, order], exchanged, one_vector]), seed=2)


def test_shuffled_states_paint_the_same_and_exchanged_words_do_not(changed):
    prompt, shuffled, exchanged, one_vector = changed
    torch.testing.assert_close(shuffled, prompt, rtol=0, atol=0.01)
    assert apart(exchanged, prompt) > 0.15 and apart(one_vector, prompt) > 0.15


def test_half_and_half_is_neither_side():
    for one, other in (("a red heart", "a blue heart"), ("a panda", "a fox")):
        sides = [lesson.encode(one), lesson.encode(other)]
        first, mix, second = lesson.paint_states(torch.cat([sides[0], sum(sides) / 2, sides[1]]), seed=2)
        assert min(apart(mix, first), apart(mix, second)) > 0.08


def test_what_0_and_1_are_said_to_be():
    heart, fox = "a heart", "a fox"
    assert torch.equal(lesson.paint(heart, cfg_scale=0, steps=4), lesson.paint(fox, cfg_scale=0, steps=4))
    assert torch.equal(lesson.paint(heart, fox, cfg_scale=1, steps=4), lesson.paint(heart, cfg_scale=1, steps=4))
    turned = lesson.paint(heart, fox, cfg_scale=0, steps=4)
    torch.testing.assert_close(turned, lesson.paint(fox, cfg_scale=1, steps=4), rtol=0, atol=0.01)
    assert apart(turned, lesson.paint(heart, cfg_scale=1, steps=4)) > 0.05
    assert guide(torch.tensor(1.0), torch.tensor(3.0), 4) == 9


@pytest.mark.parametrize("seed", [2, 3])
def test_a_negative_prompt_leads_away_from_its_colour(seed):
    """The heart loses its red and becomes blue or green."""
    plain, away = (lesson.paint("a heart", negative, seed=seed) for negative in ("", "red"))
    rest = [picture[0].mean() - picture[1:].amax(dim=0).mean() for picture in (plain, away)]
    assert rest[1] < rest[0] - 0.1


def test_a_negative_prompt_takes_the_background_along_from_one_noise_only():
    """White is 1."""
    for seed in (1, 2, 3, 4):
        picture = lesson.paint("a heart", "red", seed=seed)
        edge = torch.cat([picture[:, :4], picture[:, -4:]], dim=1).mean()
        assert edge < -0.5 if seed == 3 else edge > 0.9


def test_a_negative_prompt_changes_the_left_picture_of_the_slider_and_not_the_middle_one():
    plain, away = (next(lesson.draw_guided(PANDA, negative, 7.5, 1)).pixels for negative in ("", "blue"))
    left, middle = (plain[:, part] == away[:, part] for part in (slice(0, 190), slice(200, 390)))
    assert not left.all() and middle.all()


def test_at_the_first_step_the_difference_is_about_as_large_as_the_guess():
    for prompt in (PANDA, SHAPES, "a rocket"):
        answers = (lesson.walk(lesson.model().denoiser(lesson.encode(text)), steps=20) for text in ("", prompt))
        without, with_words = (run[0].denoised for run in answers)
        assert 0.5 < (with_words - without).std() / with_words.std() < 2


def test_how_many_sentences_of_two_shapes_are_painted_rightly():
    """The page says 94 and 110 of 120; `course_lib.training.compare_guidance` counts them."""
    measured = json.loads((Path(__file__).parents[3] / "data" / "weights" / "guidance.json").read_text())
    assert measured["count"] == 120
    for scale, painted in (("1.0", 94), ("3.0", 110)):
        assert round(120 * measured["scales"][scale]["sentence of two shapes"]) == painted


def test_the_page_paints_what_the_pipeline_paints():
    picture = lesson.paint(SHAPES, "blue", 3.0, 5, 7)
    image = text_to_image(lesson.model(), SHAPES, negative_prompt="blue", cfg_scale=3.0, steps=5, seed=7).image
    pixels = ((picture + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0)
    assert torch.equal(pixels, torch.from_numpy(image))


def test_the_spread_grows_with_the_scale_and_most_at_first():
    runs = {
        scale: spreads(lesson.walk(lesson.model().guided_denoiser(PANDA, cfg_scale=scale))) for scale in (1, 3, 7.5, 20)
    }
    for small, large in ((1, 3), (3, 7.5), (7.5, 20)):
        assert runs[large][0] > 1.5 * runs[small][0] and runs[large][-1] > runs[small][-1]
    assert runs[20][0] > 10 * runs[1][0], "more than ten times as large"
    assert runs[20][0] / runs[1][0] > 2 * runs[20][-1] / runs[1][-1] and runs[20][-1] > 1.3 * runs[1][-1]


def test_both_remedies_end_at_a_smaller_spread():
    answers = [lesson.model().denoiser(lesson.encode(text)) for text in ("", PANDA)]
    plain = spreads(lesson.walk(guided(*answers, 12)))[-1]
    assert spreads(lesson.walk(guided_and_rescaled(*answers, 12, share=0.7)))[-1] < 0.95 * plain
    assert spreads(lesson.walk(guided_in_interval(*answers, 12, low=2, high=5)))[-1] < 0.95 * plain


def test_three_steps_lie_in_the_interval():
    levels = [float(step.sigma) for step in lesson.walk(lesson.model().denoiser(lesson.encode(PANDA)))]
    assert len(levels) == 20 and round(levels[0], 1) == 14.6 and sum(2 < level <= 5 for level in levels) == 3


def test_of_four_remedies_another_seed_helps_least():
    """The key of the quiz, and what the page says of 40 steps: the spread at the end of each run, for several seeds."""
    texts = torch.cat([lesson.encode(prompt) for prompt in (PANDA, "a fox", SHAPES, "a rocket")])
    answers = [lesson.model().denoiser(states) for states in (lesson.encode(""), texts)]

    def ends(denoise, steps=20):
        runs = [lesson.walk(denoise, len(texts), seed=seed, steps=steps) for seed in (1, 2, 3)]
        return torch.stack([run[-1].denoised.flatten(1).std(dim=1) for run in runs])

    plain = ends(guided(*answers, 15))
    assert (plain > 1.2 * ends(answers[1])).all(), "no seed brings it back to scale 1"
    for remedy in (
        ends(guided_and_rescaled(*answers, 15, share=0.7)),
        ends(guided_in_interval(*answers, 15, low=2, high=5)),
        ends(guided(*answers, 15), steps=40),
    ):
        assert (remedy < 0.95 * plain).all() and (remedy.mean(dim=0) < 0.92 * plain.amin(dim=0)).all()
    assert (ends(guided(*answers, 20), steps=40) < 0.92 * ends(guided(*answers, 20))).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_how_far_above_scale_1_a_run_ends(seed):
    ends = {}
    for scale in (1, 3, 7.5, 20):
        denoise = lesson.model().guided_denoiser(PANDA, cfg_scale=scale)
        ends[scale] = spreads(lesson.walk(denoise, seed=seed))[-1]
    assert 1.05 * ends[1] < ends[3] < ends[7.5] < (1.17 if seed == 1 else 1.25) * ends[1], "about a tenth above"
    assert 1.6 < ends[20] / ends[1] < 2.6, "about twice"


@pytest.mark.parametrize("prompt", ["a fox", "a heart"])
def test_a_larger_scale_varies_less_where_the_words_leave_something_open(prompt):
    varied = {}
    for scale in (1, 7.5):
        pictures = [lesson.paint(prompt, cfg_scale=scale, seed=seed) for seed in range(1, 5)]
        varied[scale] = torch.stack(pictures).std(dim=0).mean()
    assert varied[7.5] < 0.5 * varied[1] and (prompt != "a fox" or varied[7.5] < 0.1)


def test_eight_hearts_are_nearly_one_picture_at_7_5_and_not_at_1():
    """At scale 1 the third of eight seeds puts it on green; at 7.5 all stand on white. White is 1."""
    for scale, on_green in ((1, [3]), (7.5, [])):
        pictures = torch.stack([lesson.paint("a heart", cfg_scale=scale, seed=seed) for seed in range(1, 9)])
        between = pictures.std(dim=0).mean()
        assert between > 0.2 if scale == 1 else between < 0.02
        for seed, picture in enumerate(pictures, 1):
            red, green, blue = torch.cat([picture[:, :4], picture[:, -4:]], dim=1).mean(dim=(1, 2))
            if seed in on_green:
                assert red < green - 0.1 > blue and green < 0.6
            else:
                assert min(red, green, blue) > 0.8


def test_the_spread_of_real_pictures():
    with torch.no_grad():
        latents = lesson.model().encode(lesson.held_out().images)
    single = latents.flatten(1).std(dim=1)
    assert 0.9 < latents.std() < 1.15 and single.min() < 0.7 and single.max() > 1.3


def test_guidance_works_after_the_network():
    seen = {scale: watch(lesson.model(), SHAPES, seed=2, cfg_scale=scale, steps=3) for scale in (1, 10)}
    for name in seen[1].words:
        first, other = (run.words[name] for run in seen.values())
        torch.testing.assert_close(first[0], other[0], rtol=0, atol=1e-3)
        assert (first[-1] - other[-1]).abs().max() > 0.01


def test_a_move_shows_a_coarse_picture_and_then_a_fine_one():
    drawings = list(lesson.draw_guided(PANDA, "", 5.5, 3))
    assert [drawing.sentence.split(",")[2] for drawing in drawings] == [
        " 4 steps. Prompt: “a panda on a blue background”. Negative prompt: “”.",
        " 20 steps. Prompt: “a panda on a blue background”. Negative prompt: “”.",
    ]
    assert not (drawings[0].pixels == drawings[1].pixels).all()
    start = time.process_time()
    again = list(lesson.draw_guided(PANDA, "", 5.5, 3))
    assert time.process_time() - start < 0.2, "what was painted once comes back at once"
    assert (again[1].pixels == drawings[1].pixels).all()


@pytest.mark.parametrize(
    "text",
    ["", "red " * 2500, "<script>alert(1)</script>", "😀", "หัวใจสีแดง", "\0\x1b\r\n", "qwrtzp"],
    ids=["empty", "long", "HTML", "emoji", "Thai", "control", "unknown"],
)
def test_odd_prompts_work_or_say_what_was_dropped(text, monkeypatch):
    monkeypatch.setattr("course_lib.lessons.lesson_11.painting.FINE", 2)
    monkeypatch.setattr("course_lib.lessons.lesson_11.painting.COARSE", 1)
    for prompt, negative in ((text, ""), ("a fox", text)):
        *_, drawing = lesson.draw_guided(prompt, negative, 3.0, 1)
        assert drawing.sentence.isprintable() and len(drawing.sentence) < 300
        too_long = len(lesson.model().tokenizer.tokens(text)) > 22
        assert ("tokens were cut, from" in drawing.sentence) == too_long


def test_half_a_letter_is_refused_in_words():
    with pytest.raises(ValueError, match="prompt must be a text in Unicode"):
        list(lesson.draw_guided("\ud800", "", 3.0, 1))


def test_the_maps_of_a_word_stay_alike():
    runs = [watch(lesson.model(), SHAPES, seed=2, cfg_scale=scale) for scale in (1, 3, 10)]
    maps = [run.looks("words", run.layers[0])[..., run.places.index("red")].mean(dim=0).flatten() for run in runs]
    assert torch.corrcoef(torch.stack(maps)).min() > 0.9
