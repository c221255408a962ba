"""Words that the small model has never seen are named, with a near one; of other models nothing is said."""

import warnings

import pytest

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import Scenes
from course_lib.models import load, untrained
from course_lib.models.words import never_seen, unknown_words
from course_lib.pipeline import prepare, remarks


@pytest.fixture(scope="module")
def small():
    return load("small-stable-diffusion")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("A  PANDA,\ta panda", []),
        ("a giraffe-ish panda", ["giraffe-ish"]),
        ("'giraffe-ish', pandda. pandda", ["giraffe-ish", "pandda"]),
        ("a panda!", ["!"]),
        ("panda's", ["panda's"]),
        ("8 7", ["7"]),
        ("แพนด้า 🐼", ["แพนด้า", "🐼"]),
    ],
)
def test_what_is_unknown_is_named_as_it_stands(text, found):
    assert unknown_words(text, {"a", "panda", ",", "-", "8"}) == found


def test_only_a_near_word_that_is_long_enough_is_suggested():
    words = {"a", "an", "panda", "blue"}
    assert never_seen("a pandda bleu and xylophone", words) == (
        "The model has never seen: 'pandda' (did you mean panda?), 'bleu' (did you mean blue?), 'and', 'xylophone'"
    )


def test_every_caption_is_known_and_no_word_is_known_without_one(small):
    captions = [scene.caption for scene in map(Scenes(seed=3, styles=("noto", "fluent")).__getitem__, range(4000))]
    captions += open_emoji().captions
    assert not any(never_seen(caption, small.words) for caption in captions)
    there = {word for caption in captions for word in caption.lower().replace("-", " - ").replace(",", " , ").split()}
    assert small.words == there
    assert unknown_words("flat twemoji art", small.words) == [
        "flat",
        "twemoji",
        "art",
    ]  # art: a token, of heart


def test_a_warning_names_them_wherever_words_go_in(small):
    with pytest.warns(UserWarning, match=r"The model has never seen: 'pandda' \(did you mean panda\?\)$") as caught:
        prepare(small, "a pandda", steps=1)
    assert len(caught) == 1
    with pytest.warns(UserWarning, match="never seen: 'blurry'"):
        prepare(small, "a panda", negative_prompt="blurry", steps=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prepare(small, "a panda on a blue background, noto style", steps=1)
        untrained().encode_text(["xyzzy"])


def test_titles_say_what_the_model_makes_nothing_of(small):
    assert remarks(small, "a panda") == [] and remarks(untrained(), "xyzzy") == []
    said = remarks(small, "a panda " * 11 + "a rockett", "blurry")
    assert said == [
        'No position was left for: "a rockett"',
        "The model has never seen: 'rockett' (did you mean rocket?)",
        "The model has never seen: 'blurry'",
    ]
