"""Lesson 07's explorers over all their states, and what is drawn in them."""

import itertools

import pytest
import torch
from PIL import ImageColor

from course_lib import figures
from course_lib.figures.heat import heat_panel, through
from course_lib.lessons import lesson_07 as lesson
from course_lib.lessons.lesson_07 import heat_maps
from course_lib.models import load, untrained
from tests.lessons.watched import COLOURS, PROMPT


def test_every_state_of_the_words_explorer_can_be_drawn(seen):
    states = list(itertools.product(seen.places, seen.layers, seen.heads, (1, 20)))
    states += [("red", seen.layers[0], seen.heads[0], step) for step in range(1, 21)]
    sentences, shapes = set(), set()
    for word, layer, head, step in states:
        drawing = lesson.draw_word(seen, word, layer, head, step)
        assert drawing.pixels.dtype.name == "uint8"
        assert drawing.sentence.startswith(f'Step {step} of 20, {layer}, head: {head}. The weights of "{word}"')
        shapes.add(drawing.pixels.shape)
        sentences.add(drawing.sentence)
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(sentences) == len(set(states))


def test_every_state_of_the_pixel_explorer_can_be_drawn(seen):
    cells = itertools.product(range(8), repeat=2)
    states = [(seen.layers[0], seen.heads[0], 20, *cell) for cell in cells]
    states += list(itertools.product(seen.layers, seen.heads, (1, 11, 20), (0, 7), (3,)))
    states += [(seen.layers[-1], seen.heads[-1], step, 7, 7) for step in range(1, 21)]
    shapes, grids = set(), set()
    for state in states:
        drawing = lesson.draw_pixel(seen, *state)
        shapes.add(drawing.pixels.shape)
        grids.add(drawing.grid)
        assert drawing.sentence.startswith(f"Step {state[2]} of 20, {state[0]}, head: {state[1]}. Pixel at row")
    assert len(shapes) == len(grids) == 1, "the drawing, or its cursor's place, jumps"


def test_the_cursor_lies_on_the_picture(seen):
    """What changes on the left panel when the frame moves, changes inside the grid, and at the frame's cells."""
    first, second = (lesson.draw_pixel(seen, seen.layers[0], seen.heads[0], 20, row, 1) for row in (0, 7))
    left, top, width, height = first.grid
    changed = (first.pixels[: top + height, : left + width] != second.pixels[: top + height, : left + width]).any(
        axis=2
    )
    rows, columns = changed.nonzero()
    cell = width // 8
    assert top - 3 <= rows.min() <= top + 3 and top + height - 4 <= rows.max() <= top + height
    assert left + cell - 4 <= columns.min() and columns.max() <= left + 2 * cell + 3
    assert (width, height) == (192, 192)


def test_every_state_of_the_swap_can_be_drawn(runs):
    shapes = set()
    for word, step in itertools.product(COLOURS, range(1, 21)):
        drawing = lesson.draw_swap(runs, "red", word, step)
        shapes.add(drawing.pixels.shape)
        assert drawing.sentence.startswith(f"Step {step} of 20.")
        assert ("nothing changes" in drawing.sentence) == (word == "red")
    assert len(shapes) == 1


def test_nonsense_is_refused_in_words(seen, runs):
    good = {"word": "red", "layer": seen.layers[0], "head": "1", "step": 3}
    for name, value, words in [
        ("word", "rde", "unknown word 'rde'; did you mean red"),
        ("layer", "up 9z", "unknown layer 'up 9z'"),
        ("head", "5", "unknown head '5'"),
        ("step", 0, "step must be a whole number, at least 1; got 0"),
        ("step", 21, "step must be a number in [1, 20]; got 21"),
        ("step", 2.5, "step must be a whole number"),
    ]:
        with pytest.raises(ValueError) as refused:
            lesson.draw_word(seen, **(good | {name: value}))
        assert words in str(refused.value)
    with pytest.raises(ValueError, match=r"row must be a number in \[0, 7\]; got 8"):
        lesson.draw_pixel(seen, seen.layers[0], "1", 3, 8, 0)
    with pytest.raises(ValueError, match="unknown word 'pink'"):
        lesson.draw_swap(runs, "red", "pink", 3)
    with pytest.raises(ValueError, match="unknown kind of attention"):
        seen.looks("letters", seen.layers[0])


def test_watching_changes_no_picture(seen):
    """The same as `text_to_image` without any recorder."""
    from course_lib.pipeline import text_to_image

    painted = text_to_image(load("small-stable-diffusion"), PROMPT, seed=2)
    last = ((seen.pictures[-1] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    assert (last == painted.image).all()


def test_what_is_shown_are_the_recorded_weights(seen):
    """Rows sum to 1, also where end places are added up; a head and a layer are picked out, and a mean is a mean."""
    for layer, head in itertools.product(seen.layers, seen.heads):
        for kind in ("words", "pixels"):
            rows = seen.looks(kind, layer, head).sum(dim=-1)
            torch.testing.assert_close(rows, torch.ones_like(rows))
    name = seen.layers[-1]
    torch.testing.assert_close(seen.looks("words", name, "2"), seen.words[name][:, 1])
    large = [weights for name, weights in seen.pixels.items() if name.endswith("8 x 8")]
    assert len(large) == 3
    torch.testing.assert_close(seen.looks("pixels", seen.layers[0]), torch.stack(large).mean(dim=(0, 2)))
    assert len(seen.places) == 9 and seen.places[2] == "red" and seen.places[5] == "a (2)"


def test_a_map_is_black_for_0_and_white_for_its_largest_weight():
    panel = heat_panel(torch.tensor([[0.0, 0.1], [0.2, 0.4]]), "")
    assert [panel[row, column, 0] for row in (48, 144) for column in (48, 144)] == [0, 64, 128, 255]


def test_the_map_of_a_word_is_drawn_beside_the_guess(seen, maps):
    drawing = lesson.draw_word(seen, "blue", seen.layers[0], seen.heads[0], 7)
    panel = heat_panel(maps[6, ..., seen.places.index("blue")], 'map of "blue"')
    high, wide, _ = panel.shape
    assert (drawing.pixels[:high, wide + 16 : 2 * wide + 16] == panel).all()


def test_a_bar_is_as_long_as_its_share():
    panel = heat_maps.bars_panel(["a", "b"], torch.tensor([0.25, 0.75]), "b", "")
    for line, share, colour in ((4, 0.25, "grid"), (23, 0.75, "ink")):
        bar = (panel[line, 96 : 97 + int(420 * share)] == ImageColor.getrgb(figures.COLOURS[colour])).all(axis=-1)
        assert bar.all()
        assert (panel[line, 98 + int(420 * share) : 101 + int(420 * share)] == 255).all()


@pytest.mark.parametrize(("cell", "own"), [((7, 0), (3, 0)), ((2, 3), (1, 1)), ((4, 5), (2, 2))])
def test_in_a_smaller_layer_the_pixel_that_holds_the_place_is_framed(seen, cell, own):
    layer = "middle, 4 x 4"
    drawing = lesson.draw_pixel(seen, layer, seen.heads[0], 20, *cell)
    row, column = divmod(int(seen.looks("pixels", layer)[-1][own].argmax()), 4)
    word = seen.places[1 + int(seen.looks("words", layer)[-1][own][1:-1].argmax())]
    assert f"Pixel at row {own[0]}, column {own[1]} looks most at row {row}, column {column} (" in drawing.sentence
    assert f'of the words at "{word}"' in drawing.sentence


def test_the_swap_looks_at_the_steps_so_far(runs, maps, seen):
    for step in (3, 12, 20):
        heat = maps[:step, ..., seen.places.index("red")].mean(dim=0)
        share = lesson.share_in_top_quarter(lesson.change(seen, runs["black"], step), heat)
        assert f"holds {100 * share:.0f} % of the change" in lesson.draw_swap(runs, "red", "black", step).sentence


def test_the_map_through_which_the_picture_is_seen():
    picture, heat = torch.rand(3, 8, 8), torch.tensor([[1.0, 0.0], [0.5, 0.25]])
    lit = through(picture, heat)
    torch.testing.assert_close(lit[:, :4, :4], picture[:, :4, :4])
    assert (lit[:, :4, 4:] == -1).all()
    torch.testing.assert_close(lit[:, 4:, :4] + 1, (picture[:, 4:, :4] + 1) / 2)


def test_a_share_in_the_top_quarter():
    heat = torch.arange(16.0).reshape(4, 4)
    assert heat_maps.share_in_top_quarter(torch.ones(4, 4), heat) == 0.25
    assert heat_maps.share_in_top_quarter((heat == 15).float(), heat) == 1
    assert heat_maps.share_in_top_quarter((heat == 3).float(), heat) == 0


def test_a_nearly_empty_map_is_said_to_be_one(seen):
    sentences = [
        (heat_maps.draw_word(seen, "red", layer, "1", 20).sentence, seen.looks("words", layer, "1")[-1, ..., 2].max())
        for layer in seen.layers
    ]
    assert {"nearly empty" in sentence for sentence, _ in sentences} == {True, False}
    assert all(("nearly empty" in sentence) == bool(largest < 0.01) for sentence, largest in sentences)


def test_a_prompt_of_several_pieces_a_word_can_be_watched():
    seen = lesson.watch(untrained(), "a panda", steps=2)
    assert seen.places == ("(begin)", "a (1)", "p", "a (2)", "n", "d", "a (3)", "(end)")
    assert lesson.draw_word(seen, "p", "middle, 4 x 4", "2", 2).sentence.startswith("Step 2 of 2, middle, 4 x 4")


def test_of_a_prompt_that_is_too_long_the_places_that_it_has_are_watched():
    with pytest.warns(UserWarning, match="cut off: 'opqrst'"):
        seen = lesson.watch(untrained(), "abcdefghijklmnopqrst", steps=1)
    assert seen.places == ("(begin)", *"abcdefghijklmn", "(end)")
    rows = seen.looks("words", seen.layers[0])
    assert rows.shape[-1] == 16 and (rows > 0).all()
    assert "its share is" in lesson.draw_word(seen, "(end)", seen.layers[0], seen.heads[0], 1).sentence
