"""Lesson 11's contrastive training: it learns, the same way each time, however it is stopped."""

import pytest
import torch

from course_lib.lessons import lesson_11 as lesson
from course_lib.training.stopped import Stopped


@pytest.fixture(scope="module")
def trained():
    matching = lesson.Matching()
    matching.run()
    return matching


def test_it_learns_what_the_page_says(trained):
    """More than a third of the pictures never shown; by chance one of 256 finds its caption."""
    assert trained.found(0) < 0.03 and trained.found() > 0.36
    assert trained.found(200) > trained.found(50) > trained.found(10)
    shown = trained.cosines(style="fluent")
    assert (shown.argmax(dim=0) == torch.arange(256)).double().mean() > 0.95
    assert trained.losses[-1] < 0.1 < 3 < trained.losses[0]


def test_the_matrix_sharpens(trained):
    own, other = [], []
    for step in (0, 50, 200):
        cosines = trained.cosines(step, "fluent")
        own.append(cosines.diagonal().mean())
        other.append((cosines.sum() - cosines.diagonal().sum()) / (256 * 255))
    assert own[0] < 0.1 < 0.3 < own[1] < own[2] and max(map(abs, other)) < 0.1


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_learns_too(seed):
    matching = lesson.Matching(seed)
    matching.run(120)
    assert matching.found() > 0.25


@pytest.mark.parametrize("after", [1, 7, 19])
def test_an_interrupt_loses_nothing(monkeypatch, after):
    whole, stopped = lesson.Matching(), lesson.Matching()
    whole.run(20)
    real, calls = torch.autograd.grad, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == after:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(torch.autograd, "grad", interrupted)
    with pytest.raises(Stopped, match=f"Stopped at step {after - 1}. Run this cell again"):
        stopped.run(20)
    assert stopped.step == after - 1
    stopped.run(20)
    stopped.run(20)  # a cell that is run twice
    assert stopped.step == 20 and stopped.losses == whole.losses
    assert all(map(torch.equal, stopped.weights(), whole.weights()))


def test_every_state_of_the_matrix_can_be_drawn(trained):
    sentences, shapes = set(), set()
    for pictures in lesson.STYLES:
        for step in range(0, 201, 20):
            drawing = lesson.draw_matrix(trained, pictures, step)
            sentences.add(drawing.sentence)
            shapes.add(drawing.pixels.shape)
            assert drawing.sentence.startswith(f"Step {step} of 200. Mean cosine of a picture with its own caption ")
            assert "-" not in drawing.sentence, "a hyphen for a minus sign"
    assert len(sentences) == 22 and len(shapes) == 1


def test_the_diagonal_of_the_matrix_is_drawn_dark(trained):
    def darkness(drawing, row, column):
        return 255 - int(drawing.pixels[32 * (row + 1) + 16, 92 + 32 * column + 16, 0])

    first, last = (lesson.draw_matrix(trained, "learned from", step) for step in (0, 200))
    assert all(darkness(last, n, n) > 80 for n in range(12))
    assert sum(darkness(first, n, n) for n in range(12)) < 0.5 * sum(darkness(last, n, n) for n in range(12))


def test_what_the_caption_encoder_reads_of_the_page_s_prompts(trained):
    """Tokens that occur in no caption are left out."""
    for prompt, rest in (
        ("a red circle above a blue square", "red blue"),
        ("a panda on a blue background", "panda blue"),
    ):
        torch.testing.assert_close(*trained.of_texts([prompt, rest]))


def test_words_find_pictures(trained):
    assert lesson.draw_nearest(trained, "red heart").sentence.startswith("Nearest to “red heart”: red heart 0.")
    assert "heart" in lesson.draw_nearest(trained, "<b>heart</b> ❤ หัวใจ").sentence
    for unknown in ("", "zzz", "หัวใจ", "\0\x1b"):
        with pytest.raises(ValueError, match="No token of .* stands in a caption. Try: red heart"):
            lesson.draw_nearest(trained, unknown)
    assert len(lesson.draw_nearest(trained, "red heart " * 1000).sentence) < 300


def test_a_colour_finds_its_pictures_and_frog_does_not_find_one(trained):
    for words, found in (
        ("green", "green apple"),
        ("a red heart", "red heart"),
        ("frog", "smiling face with sunglasses"),
    ):
        assert lesson.draw_nearest(trained, words).sentence.startswith(f"Nearest to “{words}”: {found} 0.")


def test_a_score_always_picks_one_of_the_set(trained):
    prompts = ["a red circle above a blue square", "a panda on a blue background"]
    drawing = lesson.pick_and_paint(trained, prompts)
    picked = drawing.sentence.split(": ")[1].split(". Below")[0].split(", ")
    assert len(picked) == 2 and set(picked) <= set(lesson.held_out().captions)
    with pytest.raises(ValueError, match="at least one prompt"):
        lesson.pick_and_paint(trained, [])


def test_bad_steps_and_kinds_are_refused(trained):
    for step in (5, 210):
        with pytest.raises(ValueError, match="step must be a multiple of 10, at most 200"):
            lesson.draw_matrix(trained, "never shown", step)
    with pytest.raises(ValueError, match="unknown kind of pictures"):
        lesson.draw_matrix(trained, "mine", 0)
    with pytest.raises(ValueError, match="seed must be a whole number"):
        lesson.Matching(-1)
