"""Letters of drawings: English is written as it always was, Thai has letters, and lines end between words."""

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from course_lib.figures import show, subplots, text_panel
from course_lib.figures.drawing import titled
from course_lib.figures.lettering import FONTS, THAI_FONT, font, size_to_fit, thai_font, width_of, wrapped, write
from course_lib.shipped import read

ENGLISH = ["noise σ, 0.25 − ½ × ▸ “x”", "Step 3 of 20", "640 × 32²: channels × size"]
THAI = "ภาษาไทยที่มีวรรณยุกต์ กี่ ปู่ ญี่ปุ่น"


def written(draw):
    image = Image.new("RGB", (420, 60), "white")
    draw(ImageDraw.Draw(image))
    return np.asarray(image)


@pytest.mark.parametrize("anchor", ["la", "lm", "mm", "rm", "mt"])
@pytest.mark.parametrize("text", ENGLISH)
@pytest.mark.parametrize("size", [11, 13])
def test_english_is_the_same_pixel_for_pixel(text, anchor, size):
    place = (200.5, 30)
    ours = written(lambda pen: write(pen, place, text, "#262626", size, anchor=anchor))
    pillows = written(lambda pen: pen.text(place, text, fill="#262626", font=font(size), anchor=anchor))
    assert np.array_equal(ours, pillows) and width_of(text, size) == font(size).getlength(text)


def test_thai_letters_are_those_of_the_thai_font_and_no_boxes():
    cmap = {letter for letter in THAI if letter != " "}
    missing = np.asarray(font(20).getmask("\ufffe"))
    for letter in cmap:
        mask = np.asarray(thai_font(20).getmask(letter))
        assert mask.any() and not np.array_equal(mask, missing)
    boxes = written(lambda pen: pen.text((5, 5), THAI, fill="black", font=font(16)))
    assert not np.array_equal(boxes, written(lambda pen: write(pen, (5, 5), THAI, "black", 16)))


@pytest.mark.parametrize("anchor", ["la", "lm", "mm", "rm"])
def test_a_mixed_line_stands_where_its_anchor_says_and_latin_letters_keep_their_height(anchor):
    mixed = written(lambda pen: write(pen, (200, 30), f"x {THAI[:7]} x", "black", 13, anchor=anchor))
    columns = np.flatnonzero((mixed < 128).any(axis=(0, 2)))
    wide = width_of(f"x {THAI[:7]} x")
    start = {"l": 200, "m": 200 - wide / 2, "r": 200 - wide}[anchor[0]]
    assert abs(columns[0] - start) <= 2 and abs(columns[-1] - (start + wide)) <= 2
    alone = written(lambda pen: write(pen, (start, 30), "x", "black", 13, anchor="l" + anchor[1]))
    rows = np.flatnonzero((alone < 128).any(axis=(1, 2)))
    first = mixed[:, : columns[0] + 7]
    assert np.array_equal(np.flatnonzero((first < 128).any(axis=(1, 2))), rows)


def test_thai_lines_end_between_words_and_fit():
    text = "[the guess ภาษาไทยอ่านจากซ้ายไปขวา of the picture]"
    lines = wrapped(text, 110, lambda line: width_of(line, 13))
    assert max(width_of(line, 13) for line in lines) <= 110 and len(lines) > 2
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    words = ["ภาษาไทย", "อ่าน", "จาก", "ซ้าย", "ไป", "ขวา"]
    assert all(any(word in line for line in lines) for word in words), "a word was cut"
    assert text_panel(text, 110).shape[1] == 110


def test_a_title_with_thai_has_the_room_it_needs():
    pixels = titled(np.zeros((8, 20, 3), np.uint8), THAI)
    assert pixels.shape[1] >= width_of(THAI) and (pixels[:22, -12:] < 255).any(), "its end is cut off"


def test_without_a_segmenter_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pythainlp.tokenize", None)
    with pytest.raises(ModuleNotFoundError, match="^Thai lines need PyThaiNLP, .* pip install pythainlp$"):
        wrapped(THAI, 20)
    assert wrapped("a guess of it", 8) == ["a guess", "of it"], "English needs none"


def test_letters_shrink_to_their_room_and_no_further():
    assert size_to_fit("noise", 1000, 15) == 15 and size_to_fit("a very long line of words" * 9, 50) == 6
    fits = size_to_fit("a very long line of words", 120)
    assert width_of("a very long line of words", fits) <= 120 < width_of("a very long line of words", fits + 1)


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_matplotlib_has_thai_letters(recwarn, caplog, weight):
    with subplots(width=3, height=2) as (fig, axis):
        axis.set_title(THAI, weight=weight)
    show(fig, "A title.")
    assert not caplog.messages
    assert not [warning for warning in recwarn if "missing from" in str(warning.message)]


def test_the_font_is_whole_and_its_licence_is_beside_it():
    assert len(read(FONTS, THAI_FONT)) < 30_000
    assert b"SIL OPEN FONT LICENSE Version 1.1" in read(FONTS, "OFL.txt")
    assert read(FONTS, "prepare.py")
