"""The explorer: every state drawn, cursor, errors in words, still form."""

import ipywidgets
import numpy as np
import pytest

from course_lib.figures import Drawing
from course_lib.widgets import Explorer


def square(level, **cursor):
    if level == 13:
        raise ValueError("level must not be 13; got 13")
    if level == 14:
        raise ZeroDivisionError("a mistake in the lesson")
    where = f", cell {cursor['row']}, {cursor['column']}" if cursor else ""
    return Drawing(np.full((6, 8, 3), level, np.uint8), f"Level {level}{where}.", (1, 2, 4, 4) if cursor else None)


def slider():
    return ipywidgets.IntSlider(3, 0, 20)


def test_every_value_is_drawn():
    explorer = Explorer(square, {"level": slider()}, label="Grey")
    for level in [*range(13), *range(15, 21)]:
        explorer.controls["level"].value = level
        assert explorer.values == {"level": level} and explorer.sentence == f"Level {level}."
        assert explorer.canvas.size == [8, 6]
        pixels = np.frombuffer(explorer.canvas.pixels, np.uint8).reshape(6, 8, 4)
        assert (pixels[..., :3] == level).all() and (pixels[..., 3] == 255).all()


def test_the_cursor_is_two_more_values():
    explorer = Explorer(square, {"level": slider()}, label="Grey", cursor=(5, 4))
    assert explorer.sentence == "Level 3, cell 2, 2."
    explorer.canvas.set_state({"cell": [4, 0]})  # as the page sends it
    assert explorer.sentence == "Level 3, cell 4, 0." and explorer.values == {"level": 3, "row": 4, "column": 0}
    assert explorer.canvas.grid == [1, 2, 4, 4]


def test_a_drawing_may_move_the_cursor_and_is_made_once():
    made = []

    def snaps(level, row, column):
        made.append((row, column))
        return square(level)._replace(cell=(row, 1))

    explorer = Explorer(snaps, {"level": slider()}, label="Grey", cursor=(5, 4))
    made.clear()
    explorer.canvas.set_state({"cell": [4, 3]})
    assert explorer.canvas.cell == [4, 1] and made == [(4, 3)]
    assert explorer.values == {"level": 3, "row": 4, "column": 1}


def test_the_cursor_starts_where_it_is_told():
    explorer = Explorer(square, {"level": slider()}, label="Grey", cursor=(5, 4), start=(4, 3))
    assert explorer.sentence == "Level 3, cell 4, 3."
    for start in ((5, 0), (0, 4), (-1, 0)):
        with pytest.raises(ValueError, match="start"):
            Explorer(square, {"level": slider()}, label="Grey", cursor=(5, 4), start=start)


def test_a_value_error_is_said_and_the_explorer_goes_on():
    explorer = Explorer(square, {"level": slider()}, label="Grey")
    count = explorer.canvas.drawn
    explorer.controls["level"].value = 13
    assert explorer.canvas.message == "level must not be 13; got 13"
    assert explorer.sentence == "Level 3." and explorer.canvas.drawn == count + 1
    explorer.controls["level"].value = 5
    assert explorer.canvas.message == "" and explorer.sentence == "Level 5."


def test_a_coarse_drawing_comes_before_the_one_that_stays():
    seen = []

    def twice(level):
        for name in ("coarse", "fine"):
            yield square(level)._replace(sentence=f"Level {level}, {name}.")
            seen.append(explorer.sentence if level != 3 else "")

    explorer = Explorer(twice, {"level": slider()}, label="Grey")
    assert explorer.canvas.drawn == 2 and explorer.sentence == "Level 3, fine."
    explorer.controls["level"].value = 7
    assert seen[2:] == ["Level 7, coarse.", "Level 7, fine."], "the coarse one is shown before the fine one is made"
    assert explorer.draw_now().sentence == "Level 7, fine." and explorer.canvas.drawn == 4
    explorer.controls["level"].value = 13
    assert explorer.canvas.message == "level must not be 13; got 13" and explorer.sentence == "Level 7, fine."


def test_any_other_error_is_raised():
    explorer = Explorer(square, {"level": slider()}, label="Grey")
    with pytest.raises(ZeroDivisionError):
        explorer.controls["level"].value = 14


def test_the_still_form():
    explorer = Explorer(square, {"level": slider()}, label="Grey levels")
    data, metadata = explorer._repr_mimebundle_()
    assert data["text/plain"] == "Figure: Grey levels. Level 3."
    assert metadata["image/png"]["alt"] == "Grey levels. Level 3."
    assert "application/vnd.jupyter.widget-view+json" in data and "image/png" in data
    assert repr(explorer.static()) == data["text/plain"]
    assert explorer.draw_now().sentence == "Level 3."


def test_bad_parts_are_refused():
    with pytest.raises(ValueError, match="label"):
        Explorer(square, {"level": slider()}, label="")
    with pytest.raises(ValueError, match="widget with a value; got str"):
        Explorer(square, {"level": "3"}, label="Grey")
    with pytest.raises(ValueError, match="'row' and 'column' are its own"):
        Explorer(square, {"row": slider()}, label="Grey", cursor=(2, 2))
    for options in ({"cursor": (0, 3)}, {"height": 0}):
        with pytest.raises(ValueError):
            Explorer(square, {"level": slider()}, label="Grey", **options)


def test_a_drawing_that_is_none_is_a_mistake_to_be_seen():
    for drawing, words in (
        (Drawing(np.zeros((4, 4)), "x"), "uint8"),
        (Drawing(np.zeros((4, 4, 3), np.uint8), ""), "sentence"),
    ):
        with pytest.raises(ValueError, match=words):
            Explorer(lambda drawing=drawing: drawing, {}, label="Nothing")
