"""CLIP's real vocabulary: our tokenizer gives what transformers' gives, on thousands of texts in many scripts."""

import time
import unicodedata
import warnings

import pytest
import torch
import transformers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.datasets import open_emoji
from course_lib.models import clip_tokenizer

EMOJI = open_emoji("noto")
WORDS = sorted({word for text in [*EMOJI.captions, *(w for ws in EMOJI.keywords for w in ws)] for word in text.split()})
THAI = "".join(map(chr, [*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C)]))
MANY = settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def peer():
    ours = clip_tokenizer()
    merges = [pair for pair, _ in sorted(ours._order.items(), key=lambda item: item[1])]
    return transformers.CLIPTokenizer(vocab=ours.vocabulary, merges=merges, model_max_length=77)


def agree(peer, texts):
    theirs = peer(texts, padding="max_length", truncation=True)["input_ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mine = clip_tokenizer()(texts).tolist()
    assert [text for text, a, b in zip(texts, theirs, mine, strict=True) if a != b] == []


def known(text):
    """Letters that this Python's Unicode tables do not know yet may be known to the other library."""
    return all(unicodedata.category(letter) != "Cn" for letter in text)


def test_the_numbers_that_everybody_knows():
    tokenizer = clip_tokenizer()
    assert len(tokenizer.vocabulary) == 49_408 and tokenizer.length == 77
    row = tokenizer(["a photo of a cat"])
    assert row.shape == (1, 77) and row.dtype == torch.int64
    assert row[0, :7].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407] and (row[0, 6:] == 49407).all()


def test_captions_in_two_languages(peer):
    agree(peer, [*EMOJI.captions, *EMOJI.captions_thai, *(" ".join(words) for words in EMOJI.keywords_thai)])


@MANY
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_english(peer, text):
    agree(peer, [text])


@MANY
@given(st.text(alphabet=THAI + " ", max_size=60))
def test_thai(peer, text):
    agree(peer, [text])


@MANY
@given(st.text(max_size=40).filter(known))
def test_every_script_and_sign(peer, text):
    agree(peer, [text])


@MANY
@given(st.text(alphabet="aeiounrstlhd'<>&;/ 01é€😀", max_size=60))
def test_few_letters_in_long_words(peer, text):
    agree(peer, [text])


@pytest.mark.parametrize("text", ["a" * 10_000, "ก" * 10_000, "😀" * 10_000, "<b>&amp;</b>" * 900, "\0\x1b" * 5_000])
def test_ten_thousand_letters_take_no_time(text):
    start = time.perf_counter()
    with pytest.warns(UserWarning, match="and the model takes 75; cut off: "):
        assert clip_tokenizer()([text]).shape == (1, 77)
    assert time.perf_counter() - start < 5


def test_what_thai_costs():
    """Three bytes for each Thai letter, and hardly a pair of the list joins more than one letter."""
    tokenizer = clip_tokenizer()
    pieces = [piece for text in EMOJI.captions_thai for piece in tokenizer.tokens(text)]
    letters = sum(len(text.replace(" ", "")) for text in EMOJI.captions_thai)
    english = [piece for text in EMOJI.captions for piece in tokenizer.tokens(text)]
    assert len(pieces) > 3 * len(english)
    assert len(pieces) > 0.8 * letters
