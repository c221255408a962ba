"""Diagrams: every part is drawn where it is asked for, and bad parts are refused."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.figures.diagrams import Arrow, Box, Frame, diagram

BOXES = {"a": Box(1, 1, "in", width=1, height=0.6), "b": Box(4, 1, "out", "a note", role="noise", width=1, height=0.6)}


def drawn(*arguments, **options):
    shown = diagram(*arguments, 5, 2, "A test.", **options)
    return np.asarray(Image.open(io.BytesIO(shown.png)).convert("RGB")).astype(int)


def test_boxes_have_their_places_and_colours():
    pixels = drawn(BOXES, [])
    assert pixels.shape == (300, 750, 3)
    orange = np.argwhere((abs(pixels - [0xD5, 0x5E, 0x00]) < 30).all(2))
    assert orange.min(0) == pytest.approx([150 - 45, 525], abs=3)  # 150 dots an inch; b reaches from x 3.5 to 4.5
    assert orange.max(0) == pytest.approx([150 + 45, 675], abs=3)


def dark(pixels, left, right):
    return (pixels[:, int(150 * left) : int(150 * right)].sum(2) < 300).sum()


def test_arrows_run_between_boxes_and_carry_words():
    bare, arrow, words = (drawn(BOXES, arrows) for arrows in ([], [Arrow("a", "b")], [Arrow("a", "b", "numbers")]))
    assert dark(bare, 1.6, 3.4) == 0 < dark(arrow, 1.6, 3.4) < dark(words, 1.6, 3.4)


def test_a_bent_arrow_and_a_frame_are_seen():
    straight, bent = (drawn(BOXES, [Arrow("a", "b", bend=bend)]) for bend in (0.0, 0.4))
    assert (straight != bent).any()
    assert dark(drawn(BOXES, [], frames=[Frame(2, 0.5, 1, 1, "loop")]), 1.9, 3.1) > 100


@pytest.mark.parametrize(
    ("boxes", "arrows", "words"),
    [
        (BOXES, [Arrow("a", "c")], "unknown box 'c'"),
        ({"a": Box(1, 1, "in", role="pink")}, [], "unknown role 'pink'"),
    ],
)
def test_bad_parts_are_refused(boxes, arrows, words):
    with pytest.raises(ValueError, match=words):
        drawn(boxes, arrows)
