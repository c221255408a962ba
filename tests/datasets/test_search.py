"""Finding captions by words, case by case."""

import pytest

from course_lib.datasets.search import english_words, holds, wanted_words, why_nothing

HEART, CAR, BOX = {"red", "heart"}, {"red", "car"}, {"blue", "box", "fruit"}
HELD, CAPTIONS = [HEART, CAR, BOX], ["red heart", "red car", "blue box"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red HEART", ["red", "heart"]),
        ("t-rex_2", ["t", "rex", "2"]),
        ("Straße", ["strasse"]),
        ("café!", ["café"]),
        ("", []),
    ],
)  # fmt: skip
def test_english_words(text, words):
    assert english_words(text) == words


def test_wanted_words_keep_thai_whole_and_need_one():
    assert wanted_words("Big หัวใจ-สีแดง T-Rex") == ["big", "หัวใจ-สีแดง", "t", "rex"]
    assert wanted_words("ก") == ["ก"] and wanted_words("๛x") == ["๛x"]
    for nothing in ("", " !! "):
        with pytest.raises(ValueError) as caught:
            wanted_words(nothing)
        assert str(caught.value) == f"Type at least one word, such as animal; got {nothing!r}."


@pytest.mark.parametrize(
    ("word", "held"),
    [
        ("heart", True), ("hearts", True), ("heartes", True), ("heartss", False), ("eart", False), ("hear", False),
        ("box", False), ("s", False), ("es", False), ("HEART", False),
    ],
)  # fmt: skip
def test_a_word_or_its_plural_is_held(word, held):
    assert holds(HEART, word) == held


@pytest.mark.parametrize(
    ("word", "text", "held"),
    [
        ("boxes", "box", True), ("boxs", "box", True), ("foxes", "box", False), ("buses", "bus", True),
        ("dishes", "dish", True), ("horses", "horse", True), ("box", "boxes", False), ("class", "clas", True),
        ("boxed", "box", False),
    ],
)  # fmt: skip
def test_plurals_in_s_and_in_es(word, text, held):
    assert holds({text, "other"}, word) == held


def test_thai_is_held_as_a_part():
    assert holds({"หัวใจสีแดง", "x"}, "สีแดง") and not holds({"หัวใจ"}, "หัวใจสีแดง") and not holds({"car"}, "ก")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("hart", ". Near captions: red heart."),
        ("red box", ": all words must fit the same one. Some have: red, box."),
        ("a red box", ": all words must fit the same one. None has: a. Some have: red, box."),
        ("zzz qqq", ": all words must fit the same one. None has: zzz, qqq. Nothing in the set is near. "
                    "Try: fruit, heart."),
        ("zzz", ". Nothing in the set is near. Try: fruit, heart."),
        ("red red hart", ": all words must fit the same one. None has: hart. Some have: red. "
                         "Near captions: red heart."),
        # Two letters are like too much; a style is never what is near.
        ("rx", ". Nothing in the set is near. Try: fruit, heart."),
        ("flet", ". Nothing in the set is near. Try: fruit, heart."),
        ("flat zzz", ": all words must fit the same one. None has: zzz. Some have: flat."),
        ("blue frut flat", ": all words must fit the same one. None has: frut. Some have: blue, flat. "
                           "Near captions: blue box."),
    ],
)  # fmt: skip
def test_why_nothing_fits(words, said):
    held = [texts | {"flat"} for texts in HELD]
    assert why_nothing(words, held, CAPTIONS, {"flat"}) == f"No picture fits {words!r}{said}"


def test_without_an_example_none_is_advised():
    assert why_nothing("zzz", [HEART - {"heart"}], ["red"], set()) == (
        "No picture fits 'zzz'. Nothing in the set is near."
    )
    both = why_nothing("zzz", [{"heart"}, {"animals", "fruit"}], ["heart", "fruit"], set())
    assert both.endswith("Try: fruit, heart.")


def test_at_most_five_captions_are_near_and_each_once():
    held = [{"heart", str(n % 7)} for n in range(14)]
    said = why_nothing("hart", held, [f"heart {n % 7}" for n in range(14)], set())
    assert said == "No picture fits 'hart'. Near captions: heart 0, heart 1, heart 2, heart 3, heart 4."


def test_nearest_comes_first_and_far_is_left_out():
    """rockets like rocket a little more than like pocket, which is near enough to nine tenths; packet is not."""
    held, captions = [{"pocket"}, {"rocket"}, {"packets"}], ["pocket", "rocket", "packets"]
    assert why_nothing("rokket", held, captions, set()) == "No picture fits 'rokket'. Near captions: rocket."
    # A caption of several pictures counts as its best one.
    held, captions = [{"rocket"}, {"table"}, {"bucket"}], ["rocket", "rocket", "bucket"]
    assert why_nothing("roket", held, captions, set()) == "No picture fits 'roket'. Near captions: rocket."
    # Of several known words, a caption must hold more than one.
    held = [{"red", "car"}, {"red", "box", "top"}, {"box", "lid"}]
    assert why_nothing("red box lid", held, ["a", "b", "c"], set()).endswith("Near captions: b, c.")
    assert why_nothing("car lid", held, ["a", "b", "c"], set()).endswith("Some have: car, lid.")


def test_thai_of_one_letter_finds_what_is_near():
    assert why_nothing("หัวจ", [{"หัวใจ"}, {"รถ"}], ["heart", "car"], set()).endswith("Near captions: heart.")
