"""What the command line lists: every name that a prompt may hold, in lines that fit, or those that a model knows."""

import pytest

from course_lib.datasets import open_emoji_artwork
from course_lib.datasets.names import EXAMPLES, list_names, names_by_group
from course_lib.datasets.scenes import COLOURS, RELATIONS
from course_lib.datasets.shapes import SHAPES


@pytest.fixture(scope="module")
def listed():
    return list_names()


def unwrapped(text):
    """name -> what stands behind it, each entry of a list."""
    lines = [line for paragraph in text.split("\n\n") for line in paragraph.replace("\n  ", " ").split("\n")]
    return {name: entries.split(", ") for name, entries in (line.split(": ", 1) for line in lines)}


def test_every_picture_is_named_in_its_group():
    artwork, groups = open_emoji_artwork("noto"), names_by_group()
    for group, caption in zip(artwork.groups, artwork.captions, strict=True):
        assert groups[group].count(caption) == 1
    assert sum(map(len, groups.values())) == len(artwork.captions)
    assert list(groups) == list(dict.fromkeys(artwork.groups))


def test_all_that_a_prompt_may_name_is_listed(listed):
    first, words, examples = listed.split("\n\n")
    assert unwrapped(first) == names_by_group()
    assert unwrapped(words) == {
        "colours": list(COLOURS),
        "shapes": list(SHAPES),
        "sizes": ["small", "large"],
        "relations": list(RELATIONS),
        "styles": ["noto", "fluent", "flat", "twemoji"],
    }
    assert " ".join(examples.split()) == "for example: " + ", ".join(f'"{example}"' for example in EXAMPLES)


def test_lines_fit_and_go_on_indented(listed):
    assert 70 < max(map(len, listed.split("\n"))) <= 80
    narrow = list_names(width=40)
    assert 30 < max(map(len, narrow.split("\n"))) <= 40 and unwrapped(narrow) == unwrapped(listed)
    assert any(line.startswith("  ") and not line.startswith("   ") for line in narrow.split("\n"))
    assert "\n" not in list_names(width=100_000).split("\n\n")[2]
    # A hyphen ends no line: "T-Rex" stays whole.
    assert not any(line.endswith("-") for width in (31, 40, 47) for line in list_names(width=width).split("\n"))


def test_of_a_model_only_what_it_knows():
    known = unwrapped(list_names({"a", "panda", "on", "blue", "background", "noto", "style", "left", "8"}))
    assert known.pop(next(group for group, names in names_by_group().items() if "panda" in names)) == ["panda"]
    assert known == {
        "colours": ["blue"],
        "styles": ["noto"],
        "for example": ['"a panda on a blue background', 'noto style"'],
    }
    words = {"t", "rex", "left"}
    assert unwrapped(list_names(words)).popitem()[1] == ["T-Rex"] and list_names(set()) == ""
