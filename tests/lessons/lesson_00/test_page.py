"""Lesson 00's check looks at how the noise was made, and leaves torch's global generator alone."""

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_00 as lesson
from course_lib.lessons.lesson_00 import checks
from course_lib.models import load
from course_lib.pipeline import text_to_image


def test_the_check_leaves_the_global_generator_as_it_was():
    before = torch.get_rng_state()
    for mistake in lesson.check_noise.mistakes:
        lesson.check_noise.verdict(mistake.wrong)
    assert torch.equal(before, torch.get_rng_state())


def test_a_generator_reused_is_named_whatever_its_seed():
    for seed in (0, 7, 123):
        generator = torch.Generator().manual_seed(seed)
        said = lesson.check_noise.verdict(lambda _, g=generator: torch.randn(1, 3, 8, 8, generator=g))
        assert said == f"[not yet] {checks.REUSED}"


def test_a_default_generator_seeded_once_is_named():
    def forgetful(seed, generator=torch.Generator().manual_seed(1)):  # noqa: B008
        return torch.randn(1, 3, 8, 8, generator=generator)

    assert lesson.check_noise.verdict(forgetful) == f"[not yet] {checks.REUSED}"


def test_a_generator_of_the_page_that_is_seeded_again_is_named_and_left_as_it_was():
    def in_its_default(seed, generator=torch.Generator()):  # noqa: B008
        generator.manual_seed(seed)
        return torch.randn(1, 3, 8, 8, generator=generator)

    page = {"torch": torch, "dice": torch.Generator().manual_seed(7)}
    exec("def seeds_again(seed): return torch.randn(1, 3, 8, 8, generator=dice.manual_seed(seed))", page)
    for answer in (page["seeds_again"], in_its_default):
        assert lesson.check_noise.verdict(answer) == f"[not yet] {checks.FOREIGN}"
    assert page["dice"].initial_seed() == 7
    page["right"] = lesson.noise_picture
    exec("def only_looks(seed): return (dice, right(seed))[1]", page)
    assert lesson.check_noise.verdict(page["only_looks"]) == "[OK] my_noise is right."


def test_a_generator_that_stands_where_the_answer_leaves_it_is_named():
    """As after a call by hand: one draw with the seed of the check's last case."""
    page = {"torch": torch, "dice": torch.Generator()}
    exec("def seeds_again(seed): return torch.randn(1, 3, 8, 8, generator=dice.manual_seed(seed))", page)
    page["seeds_again"](1)
    assert lesson.check_noise.verdict(page["seeds_again"]) == f"[not yet] {checks.FOREIGN}"

    def of_the_global_one(seed):
        torch.manual_seed(seed)
        return torch.randn(1, 3, 8, 8)

    before = torch.get_rng_state()
    try:
        of_the_global_one(1)
        assert lesson.check_noise.verdict(of_the_global_one) == f"[not yet] {checks.GLOBAL}"
    finally:
        torch.set_rng_state(before)


def said_to(answer):
    return lesson.check_noise.verdict(answer).removeprefix("[not yet] ")


def test_a_seed_where_a_generator_belongs_is_named():
    for_a_device, for_a_generator, without_brackets, *_ = (says for _, _, says in checks.STOPS)
    assert said_to(lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator(seed))) == for_a_device
    assert said_to(lambda seed: torch.randn(1, 3, 8, 8, generator=seed)) == for_a_generator
    assert (
        said_to(lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator.manual_seed(seed))) == without_brackets
    )
    assert said_to(lambda seed: torch.randn(1, 3, 8, 8, generator=seeed)).startswith("my_noise stops with NameError")  # noqa: F821


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), ((1, 3, 8, 8),), ([1, 3, 8, 8],)], ids=str)
def test_a_generator_handed_over_without_its_name_is_named(shape):
    said = said_to(lambda seed: torch.randn(*shape, torch.Generator().manual_seed(seed)))
    assert said == "The generator must be named: `generator=torch.Generator().manual_seed(seed)`."


def test_another_stop_of_randn_is_not_taken_for_that():
    generator = torch.Generator()
    assert "failed to unpack" in said_to(lambda seed: torch.randn(1, 3, 8, "8"))
    assert "invalid combination" in said_to(lambda seed: torch.randn(1.0, 3, 8, 8, generator=generator))


def test_a_generator_without_a_seed_is_named():
    assert "without a seed always starts" in said_to(lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator()))


def test_a_seed_that_is_drawn_is_named():
    def drawn(seed):
        generator = torch.Generator()
        generator.seed()
        return torch.randn(1, 3, 8, 8, generator=generator)

    assert said_to(drawn) == checks.RANDOM_SEED


def test_a_fixed_seed_is_named_whatever_it_is():
    for fixed in (0, 1, 42):
        assert said_to(lambda seed, fixed=fixed: lesson.noise_picture(fixed)) == checks.UNUSED


def test_other_numbers_that_the_seed_brings_back_are_told_why():
    assert said_to(lambda seed: np.random.default_rng(seed).standard_normal((1, 3, 8, 8))) == checks.OTHER
    assert said_to(lambda seed: 2 * lesson.noise_picture(seed)) == checks.OTHER


def test_another_shape_is_said():
    assert "shape (1, 3, 4, 4), expected (1, 3, 8, 8)" in said_to(lambda seed: lesson.noise_picture(seed)[..., :4, :4])


def test_wrong_counts_have_sentences_of_their_own():
    wrong = (
        64,
        24,
        19,
        20,
        4,
        576,
        512,
        768,
        3 * 64 * 64,
        torch.Size((1, 3, 8, 8)),
        3,
        67,
        8,
        16,
        256,
        48,
        384,
        11,
        "192",
    )
    said = [lesson.check_count.verdict(count) for count in wrong]
    assert len(set(said)) == len(wrong) and not any("the count is not" in sentence for sentence in said)
    assert 4 * lesson.noise_picture(0).numel() == lesson.noise_picture(0).numpy().nbytes == 768


def test_any_other_count_is_told_what_to_multiply():
    assert lesson.check_count.verdict(100).endswith("you have 100. Multiply the four sides of (1, 3, 8, 8).")
    for text in ("3*8*8", "1 * 3 * 8 * 8"):
        assert "Without the quotes Python computes it." in lesson.check_count.verdict(text)


def drawn_twice(generator):
    return [torch.randn(1, 3, 8, 8, generator=generator) for _ in range(2)][1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda seed: torch.Generator().manual_seed(seed), checks.RETURNED),
        (lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator), checks.BRACKETS),
        (lambda seed: torch.randn(1, 3, 8, 8, seed=seed), "takes no seed"),
        (lambda seed: torch.randn(1, 3, 8, 8, seed), checks.FIFTH),
        (lambda seed: torch.randn(1, 3, 8, 8).manual_seed(seed), "The generator is seeded, not the noise"),
        (lambda seed: setattr(torch.Generator(), "seed", seed), "The seed is set with `.manual_seed(seed)`."),
        (lambda seed: lesson.noise_picture(seed), "noise_picture is ready-made"),
        (lambda seed: seed * lesson.noise_picture(1), checks.SCALED),
        (lambda seed: seed * lesson.noise_picture(5), checks.SCALED),
        (lambda seed: lesson.noise_picture(seed).clamp(-1, 1), "cut the numbers"),
        (lambda seed: lesson.noise_picture(seed).tolist(), "return the tensor itself"),
        (lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed), "needs its brackets"),
        (lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator().seed(seed)), checks.RANDOM_SEED),
        (lambda seed: randn(1, 3, 8, 8), "write `torch.randn`"),  # noqa: F821
        (lambda seed: torch.randn(1, 3, 8, 8, generator=Generator()), "write `torch.Generator()`"),  # noqa: F821
        (lambda seed: torch.randn(1, 3, 8, 8, generator=torch.generator()), "capitals"),
        (lambda seed: torch.Generator().manual_seed(seed).randn(1, 3, 8, 8), "doesn't draw by itself"),
        (lambda seed: (lesson.noise_picture(seed), torch.Generator()), checks.SEVERAL),
        (lambda seed: drawn_twice(torch.Generator().manual_seed(seed)), "second draw"),
    ],
)
def test_more_slips_have_sentences_of_their_own(wrong, said):
    assert said in said_to(wrong)


def test_the_first_picture_comes_out_of_the_noise_that_the_seed_gives():
    words = "a panda on a blue background"
    pictures = lesson.out_of_noise(words, seed=3)
    assert len(pictures) == len(lesson.SHOWN) and all(picture.abs().max() <= 1 for picture in pictures)
    whole = text_to_image(load("small-stable-diffusion"), words, sampler="euler", steps=20, seed=3).image
    last = ((pictures[-1].permute(1, 2, 0) + 1) * 127.5).numpy()
    assert np.abs(last - whole).max() < 1
    blue = pictures[-1][:, :4].mean((1, 2))
    assert blue[2] > blue[0] + 0.2
    fox, other = lesson.out_of_noise("a fox", seed=3), lesson.out_of_noise(words, seed=4)
    assert torch.equal(fox[0], pictures[0]) and not torch.equal(other[0], pictures[0])
    assert not torch.allclose(fox[-1], pictures[-1], atol=0.1)


def test_words_that_the_model_makes_nothing_of_are_named_in_a_line_and_not_in_a_warning(capsys, recwarn):
    lesson.out_of_noise("a pandda", seed=1)
    assert capsys.readouterr().out == "The model has never seen: 'pandda' (did you mean panda?).\n" and not recwarn
    lesson.out_of_noise("a panda", seed=1)
    assert not capsys.readouterr().out


def test_noise_is_added_as_the_slider_adds_it():
    picture = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))
    clean, half, noise = (lesson.noisy(picture, share) for share in (0, 0.5, 1))
    assert torch.equal(clean, picture) and torch.allclose(half, 0.75**0.5 * picture + 0.5 * noise)
