"""Lesson 01's runs over all its controls, its figure, and the numbers its text states."""

import itertools
import math

import pytest
import torch

from course_lib.lessons import lesson_01 as lesson
from course_lib.samplers import SAMPLERS


@pytest.mark.parametrize("sampler", lesson.OFFERED)
@pytest.mark.parametrize("count", [1, 5, 20])
def test_every_offered_sampler_ends_at_pictures_of_the_set(sampler, count):
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


def test_final_pictures_are_the_end_of_the_run():
    assert torch.equal(lesson.final_pictures("animal", 0, count=5), result("animal", 0, "euler", 5))


def test_heun_asks_twice_and_euler_once():
    assert (SAMPLERS["heun"].calls_per_step, SAMPLERS["euler"].calls_per_step) == (2, 1)


def leaders(seed, count=20):
    """The captions that lead at each step: one list for each of the four pictures."""
    animals = lesson.open_emoji("fluent").select("animal")
    denoise = lesson.DatasetDenoiser(animals.images)
    run = lesson.remove_noise("animal", seed, count=count)[1]
    each = [denoise.weights(step.x, step.sigma).argmax(1).tolist() for step in run]
    return [[animals.captions[best] for best in picture] for picture in zip(*each, strict=True)]


def test_who_leads_at_step_1_wins_in_36_of_60_pictures():
    pictures = [picture for seed in range(15) for picture in leaders(seed)]
    assert len(pictures) == 60 and sum(picture[0] == picture[-1] for picture in pictures) == 36


def test_in_5_steps_the_lion_is_overtaken_by_a_chick():
    assert leaders(0, count=5)[0] == ["lion", "lion", *["hatching chick"] * 3]
    assert set(leaders(0)[0]) == {"lion"}


def test_at_stable_diffusions_first_level_the_right_animal_leads_in_nearly_3_of_4_cases():
    animals, sigma = lesson.open_emoji("fluent").select("animal").images, lesson.NoiseTable.scaled_linear().sigma_max
    assert float(sigma) == pytest.approx(14.6, abs=0.05)
    generator, denoise, right = torch.Generator().manual_seed(0), lesson.DatasetDenoiser(animals), 0
    for _ in range(40):
        x = animals + float(sigma) * torch.randn(animals.shape, generator=generator)
        right += (denoise.weights(x, float(sigma)).argmax(1) == torch.arange(len(animals))).sum().item()
    assert 0.72 < right / 40 / len(animals) < 0.75


def test_the_steps_are_what_the_text_says():
    """Widths of 39 and below 0.1; the first step keeps 75 % of the noise, the nineteenth 36 %."""
    sigmas = lesson.make_sigmas("karras", 20, lesson.NoiseTable.linear())
    widths, kept = sigmas[:-1] - sigmas[1:], sigmas[1:] / sigmas[:-1]
    assert widths[0] == pytest.approx(39, abs=0.5) and (widths[16:] < 0.1).all() and (widths.diff() < 0).all()
    assert kept[0] == pytest.approx(0.75, abs=5e-3) and kept[18] == pytest.approx(0.36, abs=5e-3)
    assert (kept.diff() < 0).all()


def test_a_noisy_state_divided_as_the_player_does_has_about_strength_1():
    sigmas = lesson.make_sigmas("karras", 20, lesson.NoiseTable.linear())
    first, *_ = lesson.remove_noise("animal", 0)[1]
    assert 100 < first.x.std() < 200
    assert (first.x / (1 + sigmas[0] ** 2) ** 0.5).std() == pytest.approx(1, abs=0.02)


def test_a_guess_below_1_loses_less_than_1_does():
    share = 1 / (1 + math.exp(-2 * 3 / 2**2))
    loss = {guess: share * (guess - 1) ** 2 + (1 - share) * (guess + 1) ** 2 for guess in (0.64, 1.0, 3.0)}
    assert min(loss, key=loss.get) == 0.64 and share > 0.5


def test_the_machine_is_drawn_with_every_shape():
    shown = lesson.draw_machine()
    assert shown.png.startswith(b"\x89PNG") and "77 text states of 768" in shown.alt
    assert shown.width <= 660, "wider figures are shrunk in a window of 800 pixels"


RIGHT_ORDERS = (
    "DCG(EB)A",
    "DGC(EB)A",
    "GDC(EB)A",
    "dcg(eb)a",
    "D C G (E B) A",
    "DCG[EB]A",
    "D,C,G,(E,B),A",
    "D → C → G → (E → B) → A",
)


@pytest.mark.parametrize("order", RIGHT_ORDERS)
def test_every_way_to_write_the_right_order_is_accepted(order):
    assert lesson.check_order.verdict(order) == "[OK] the order is right."


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("CG(EB)A", "tokenizer (D) is still missing"),
        ("DCG(E)BA", "both needed in every step"),
        ("DCGE(B)A", "both needed in every step"),
        ("DCG(EB)F", "two halves of the VAE"),
        ("ACG(EB)D", "A and D have changed places"),
        ("DCG(EB", "not closed"),
        ("DC(EB)A", "scheduler (G) is still missing"),
        ("DC(GEB)A", "makes its list once"),
        ("DC(EBG)A", "makes its list once"),
    ],
)
def test_usual_wrong_orders_are_named(order, words):
    assert words in lesson.check_order.verdict(order)


def test_no_wrong_order_passes():
    """Every arrangement of the six letters, with brackets at every two places: only three are right."""
    right = set()
    for letters in itertools.permutations("ABCDEG"):
        for start, end in itertools.combinations(range(7), 2):
            order = "".join([*letters[:start], "(", *letters[start:end], ")", *letters[end:]])
            if lesson.check_order.verdict(order).startswith("[OK]"):
                right.add(order)
    assert right == {"DCG(EB)A", "DGC(EB)A", "GDC(EB)A"}


def test_another_way_to_write_the_step_is_right():
    said = lesson.check_step.verdict(lambda x, noise, sigma, sigma_next: x + (sigma_next - sigma) * noise)
    assert said == "[OK] euler_step is right."
    known = (lesson.open_emoji("fluent").select("animal")).images[:1]
    first, *_ = lesson.steps("euler", lesson.DatasetDenoiser(known), torch.zeros(1, 3, 64, 64), [2.0, 1.0])
    noise = (first.x - first.denoised) / first.sigma
    torch.testing.assert_close(lesson.euler_from_noise(first.x, noise, 2.0, 1.0), first.x_next)


def test_noise_in_the_place_of_the_guess_is_named():
    """Euler's loop of the lesson, with `noise` written where `denoised` stood."""

    def copied(x, noise, sigma, sigma_next):
        x = noise + sigma_next / sigma * (x - noise)
        return x

    assert "First make the guess: denoised = x - sigma * noise." in lesson.check_step.verdict(copied)


def test_numbers_in_the_questions_are_true():
    assert math.tanh(3 / 2**2) == pytest.approx(0.64, abs=5e-3)
    assert f"{math.tanh(1.3831 / 0.5**2):.2f}" == "1.00", "the guess after sigma 0.5"
    assert 3 * 512 * 512 == 786_432 and 4 * 64 * 64 == 16_384 and 786_432 / 16_384 == 48
