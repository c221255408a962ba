"""Lesson 00's check looks at how the noise was made, and leaves torch's global generator alone."""

import torch

from course_lib.lessons import lesson_00 as lesson


def test_the_check_leaves_the_global_generator_as_it_was():
    before = torch.get_rng_state()
    for mistake in lesson.check_noise.mistakes:
        lesson.check_noise.verdict(mistake.wrong)
    assert torch.equal(before, torch.get_rng_state())


def test_a_generator_reused_is_named_whatever_its_seed():
    for seed in (0, 7, 123):
        generator = torch.Generator().manual_seed(seed)
        said = lesson.check_noise.verdict(lambda _, g=generator: torch.randn(1, 3, 8, 8, generator=g))
        assert said == f"[not yet] {lesson.REUSED}"


def test_a_default_generator_seeded_once_is_named():
    def forgetful(seed, generator=torch.Generator().manual_seed(1)):  # noqa: B008
        return torch.randn(1, 3, 8, 8, generator=generator)

    assert lesson.check_noise.verdict(forgetful) == f"[not yet] {lesson.REUSED}"


def test_other_wrong_numbers_are_said():
    double = lesson.check_noise.verdict(lambda seed: 2 * lesson.noise_picture(seed))
    assert "other numbers than expected" in double
    assert "shape (1, 3, 4, 4), expected (1, 3, 8, 8)" in lesson.check_noise.verdict(
        lambda seed: lesson.noise_picture(seed)[..., :4, :4]
    )
