"""The live drawing: it takes newer drawings, says how much is done, and has a still form."""

import numpy as np
import pytest

from course_lib.figures import Drawing
from course_lib.widgets import LiveDrawing
from course_lib.widgets.live import time_left


def drawing(level=0, sentence="A square."):
    return Drawing(np.full((8, 8, 3), level, dtype=np.uint8), sentence)


def test_it_shows_the_newest_drawing_with_the_time_left():
    live = LiveDrawing(drawing(), label="A training")
    before = live.canvas.pixels, live.canvas.drawn
    live.put(drawing(200, "A bright square."), done=0.25, seconds_left=100)
    assert live.canvas.pixels != before[0] and live.canvas.drawn == before[1] + 1
    assert live.bar.value == 0.25 and live.words.value == "25 % done, about 1 min 40 s left"
    assert repr(live.static()) == "Figure: A training. A bright square."


def test_at_the_end_no_time_is_left():
    live = LiveDrawing(drawing(), label="A training")
    live.put(drawing(), done=1.0)
    assert live.words.value == "100 % done"
    live.put(drawing(), done=0.9999, seconds_left=0.1)
    assert live.words.value == "99 % done, about 1 second left", "not done yet"


def test_the_still_form_is_the_picture_at_hand():
    live = LiveDrawing(drawing(), label="A training")
    data, metadata = live._repr_mimebundle_()
    assert data["text/plain"] == "Figure: A training. A square." and "image/png" in data
    assert metadata["image/png"]["alt"] == "A training. A square."


@pytest.mark.parametrize(
    ("seconds", "words"), [(89, "89 seconds"), (90, "1 min 30 s"), (1, "1 second"), (0, "1 second")]
)
def test_times_in_words(seconds, words):
    assert time_left(seconds) == f"about {words} left"


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="needs a label"):
        LiveDrawing(drawing(), label="")
    live = LiveDrawing(drawing(), label="A training")
    with pytest.raises(ValueError, match=r"done must be a number in \[0, 1\]; got 1.5"):
        live.put(drawing(), done=1.5)
    with pytest.raises(ValueError, match="seconds_left must be a number"):
        live.put(drawing(), done=0.5, seconds_left=-1)
    assert live.bar.value == 0, "a refused call changes nothing"
