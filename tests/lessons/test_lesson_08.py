"""Lesson 08's explorer over all its tables and many steps, and the numbers its text states."""

import math

import pytest
import torch

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
    assert "100 % of the picture, 3 % of the noise" in first.sentence
    assert "7 % of the picture, 100 % of the noise" in last.sentence
    assert "sigma 14.6" in last.sentence
    assert not (first.pixels == last.pixels).all()


def test_numbers_in_the_questions_are_true():
    table = lesson.TABLES["scaled linear (Stable Diffusion)"]
    assert table.alphas_cumprod[500].item() == pytest.approx(0.2763, abs=5e-5)
    assert table.alphas_cumprod[500].sqrt().item() == pytest.approx(0.53, abs=5e-3)
    assert round(table.timestep(2.0).item()) == 562
    assert 1 / math.sqrt(1 + 2**2) == pytest.approx(0.45, abs=5e-3)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown table 'quadratic'"):
        lesson.draw(PICTURE, "quadratic", 3)
    with pytest.raises(ValueError, match="0 to 999; got 1000"):
        lesson.draw(PICTURE, "cosine", 1000)
