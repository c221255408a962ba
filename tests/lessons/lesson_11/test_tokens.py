"""Lesson 11's tokens: what its page counts, and texts of every kind."""

import pytest

from course_lib.lessons import lesson_11 as lesson
from course_lib.lessons.lesson_11 import tokens
from course_lib.models import clip_tokenizer

CLIP, SMALL = lesson.VOCABULARIES
ODD = {
    "empty": "",
    "long": "red heart " * 1000,
    "one long word": "x" * 10_000,
    "HTML": '<img src=x onerror="alert(1)"> &amp; <b>bold</b>',
    "emoji": "😀👩‍👩‍👧❤️",
    "Thai": "หัวใจสีแดงบนพื้นหลังสีน้ำเงิน",
    "control": "a\0b\x1b[31m\x07\r\n\t\u202e",
    "unknown": "qwrtzp Ξέρω",
}


def test_the_counts_of_the_page():
    english, thai = "a red heart on a blue background", ODD["Thai"]
    assert [len(clip_tokenizer().tokens(text)) for text in (english, thai)] == [7, 32]
    joined = [
        tokens.as_bytes(token).decode("utf-8", "ignore") for token in clip_tokenizer().vocabulary if token[0] != "<"
    ]
    assert sum(sum("\u0e00" <= letter <= "\u0e7f" for letter in text) > 1 for text in joined) <= 3, "hardly ever"
    assert len(thai.encode()) == 3 * len(thai) == 87
    assert 48_894 + 2 * 256 + 2 == 49_408 == len(clip_tokenizer().vocabulary)
    assert [len(clip_tokenizer().tokens(word)) for word in ("th", "the", "astronaut")] == [1, 1, 1]
    assert len(clip_tokenizer().tokens("(red:1.3)")) > 3, "brackets are tokens like any other"
    assert len(clip_tokenizer().tokens("hippopotamus")) == 3 and clip_tokenizer().tokens("a") == ["a</w>"]


@pytest.mark.parametrize("vocabulary", [CLIP, SMALL])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_every_text_can_be_drawn_or_says_what_was_dropped(text, vocabulary):
    drawing = lesson.draw_tokens(text, vocabulary)
    tokenizer = lesson.VOCABULARIES[vocabulary]()
    count, room = len(tokenizer.tokens(text)), tokenizer.length - 2
    assert drawing.sentence.startswith(f"{count} tokens of at most {room} for {len(text)} characters")
    assert ("tokens were cut, from" in drawing.sentence) == (count > room)
    assert ("positions hold the end mark" in drawing.sentence) == (count < room)
    assert drawing.sentence.isprintable() and drawing.pixels.shape[0] < 1200 and drawing.pixels.shape[1] < 700


def test_what_was_cut_is_counted_and_quoted():
    said = tokens.what_was_cut("red " * 22 + "under the frog", clip_tokenizer())
    assert said == ""
    said = tokens.what_was_cut("red " * 75 + "under the frog", clip_tokenizer())
    assert said == "3 of 78 tokens were cut, from “under the frog” on."
    assert tokens.what_was_cut("red " * 22, lesson.model().tokenizer) == ""


def test_a_quoted_text_is_one_short_line_that_can_be_printed():
    for text in ODD.values():
        said = tokens.shortened(text)
        assert said.isprintable() and len(said) <= 43


def test_boxes_hold_latin_letters_and_bytes_of_others():
    assert tokens.readable("heart</w>") == "heart"
    pieces = clip_tokenizer().tokens("ก")
    assert " ".join(tokens.readable(piece) for piece in pieces) == "E0 B8 81"


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown vocabulary 'T5'"):
        lesson.draw_tokens("a", "T5")
    with pytest.raises(ValueError, match="half a letter"):
        lesson.draw_tokens("\ud800", CLIP)
