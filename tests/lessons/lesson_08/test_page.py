"""Lesson 08's explorer over all its tables and many steps, and the numbers its text states."""

import math

import pytest
import torch

from course_lib.diffusion import forward_step
from course_lib.lessons import lesson_08 as lesson

PICTURE = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)


@pytest.mark.parametrize("table", lesson.TABLES)
def test_every_state_can_be_drawn(table):
    shapes, sentences = set(), set()
    for t in [*range(0, 1000, 37), 999]:
        drawing = lesson.draw(PICTURE, table, t)
        shapes.add(drawing.pixels.shape)
        sentences.add(drawing.sentence)
        assert drawing.pixels.dtype.name == "uint8" and drawing.sentence.startswith(f"Step {t} of 999, {table}")
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(sentences) == 28


def test_the_drawing_goes_from_the_picture_to_noise():
    name = "scaled linear (Stable Diffusion)"
    first, last = (lesson.draw(PICTURE, name, t) for t in (0, 999))
    assert "1.00 × picture + 0.03 × noise; SNR 1,175, sigma 0.0292." in first.sentence
    assert "0.07 × picture + 1.00 × noise" in last.sentence
    assert "sigma 14.6" in last.sentence
    assert "SNR below 0.0001, sigma 20,291." in lesson.draw(PICTURE, "cosine", 999).sentence
    assert not (first.pixels == last.pixels).all()


def test_numbers_in_the_questions_are_true():
    table = lesson.TABLES["scaled linear (Stable Diffusion)"]
    assert table.alphas_cumprod[500].item() == pytest.approx(0.2763, abs=5e-5)
    assert table.alphas_cumprod[500].sqrt().item() == pytest.approx(0.53, abs=5e-3)
    assert (1 - table.alphas_cumprod[500]).sqrt().item() == pytest.approx(0.85, abs=5e-3)
    assert (table.alphas_cumprod[270]).sqrt().item() == pytest.approx(0.80, abs=5e-3)
    assert round(table.timestep(2.0).item()) == 562
    assert 1 / math.sqrt(1 + 2**2) == pytest.approx(0.45, abs=5e-3)


def test_what_is_said_about_the_three_curves_is_true():
    """Where they cross, how long less than a tenth is left, and which falls most evenly."""
    crossings = {"scaled": 0.35, "linear": 0.26, "cosine": 0.5}
    uneven = {}
    for name, table in lesson.TABLES.items():
        amplitude = table.alphas_cumprod.sqrt()
        crossing = int((table.snr < 1).nonzero()[0]) / 1000
        assert crossing == pytest.approx(crossings[name.split()[0]], abs=0.005)
        straight = torch.linspace(1, 0, 1000, dtype=torch.float64)
        uneven[name.split()[0]] = (amplitude - straight).abs().max().item()
        assert (amplitude[-1] > 0.05) == ("Stable" in name)
    assert uneven["scaled"] < 0.1 < min(uneven["linear"], uneven["cosine"])
    assert (lesson.TABLES["linear (DDPM)"].alphas_cumprod[-300:].sqrt() < 0.1).all()


def test_an_answer_that_draws_its_own_noise_is_recognised():
    def own(x0, t, table, noise):
        alpha_bar = table.alphas_cumprod[t]
        return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * torch.randn_like(x0)

    assert lesson.check_jump.verdict(own) == (
        "[not yet] The noise that comes in is not used: take `noise`, and draw none of your own."
    )
    assert "largest difference" in lesson.check_jump.verdict(lambda x0, t, table, noise: x0 + noise)


def test_a_chain_with_one_and_the_same_noise_is_recognised():
    def chain(x0, t, table, noise):
        for beta in table.betas[: t + 1]:
            x0 = forward_step(x0, beta.item(), noise)
        return x0

    assert "the same noise each time" in lesson.check_jump.verdict(chain)


def test_a_step_in_a_tensor_is_right():
    assert (
        lesson.check_even.verdict(torch.tensor([354])) == lesson.check_even.verdict(354) == "[OK] your step is right."
    )


def test_other_places_are_told_what_they_are():
    table = lesson.TABLES["scaled linear (Stable Diffusion)"]
    assert int((table.alphas_cumprod < table.betas).nonzero()[0]) == 926
    said = [lesson.check_even.verdict(answer) for answer in (926, 999, "354")]
    parts = ("You compared alpha-bar with beta", "That is the last step", "without quotes")
    assert all(part in sentence for part, sentence in zip(parts, said, strict=True))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown table 'quadratic'"):
        lesson.draw(PICTURE, "quadratic", 3)
    with pytest.raises(ValueError, match="0 to 999; got 1000"):
        lesson.draw(PICTURE, "cosine", 1000)
