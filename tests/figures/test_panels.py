"""Panels: drawings are read back, pixel by pixel where that says most."""

import numpy as np
import pytest
import torch

from course_lib.figures import (
    COLOURS,
    beside,
    histogram_panel,
    line_panel,
    numbers_panel,
    picture_panel,
    stack,
    text_panel,
)
from course_lib.figures.drawing import number_text


def colour(name):
    return tuple(int(COLOURS[name][place : place + 2], 16) for place in (1, 3, 5))


def where(pixels, name):
    return np.argwhere((pixels == colour(name)).all(axis=-1))


def test_pictures_keep_crisp_pixels():
    image = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
    panel = picture_panel(image, 64)
    assert np.array_equal(panel[1:-1, 1:-1, 0], np.kron([[0, 255], [255, 0]], np.ones((32, 32))))


def test_a_white_picture_has_a_line_round_it():
    panel = picture_panel(torch.ones(4, 4), 64)
    rim = np.ones(panel.shape[:2], bool)
    rim[1:-1, 1:-1] = False
    assert panel.shape == (66, 66, 3) and (panel[rim] < 200).all() and (panel[~rim] == 255).all()


@pytest.mark.parametrize("row", range(-1, 7))
@pytest.mark.parametrize("column", range(-1, 7))
def test_the_frame_goes_round_its_window(row, column):
    """Over all places of a 3x3 window, also those that reach over the edge: the outline moves with it."""
    found = where(picture_panel(torch.zeros(8, 8), 160, frame=(row, column, 3, 3)), "noise")
    assert found[:, 0].min() == max(1, 20 * row)
    assert found[:, 1].max() == min(160, 20 * (column + 3) + 1)


def test_a_frame_of_other_form_is_refused():
    with pytest.raises(ValueError, match="whole pixels"):
        picture_panel(torch.zeros(8, 8), frame=(0, 0.5, 3, 3))


@pytest.mark.parametrize("frame", [(row, column, 1, 1) for row in range(3) for column in range(2)] + [(1, 0, 2, 2)])
def test_the_frame_is_on_its_cells(frame):
    found = where(numbers_panel(torch.zeros(3, 2), frame=frame, cell=40), "noise")
    top, left, high, wide = (40 * side for side in frame)
    assert found.min(axis=0).tolist() == [top, left]
    assert found.max(axis=0).tolist() == [top + high, left + wide]


def test_shaded_cells_stand_on_grey():
    shaded = torch.tensor([[True, False], [False, False]])
    panel = numbers_panel(torch.zeros(2, 2), cell=40, shaded=shaded)
    assert (panel[4:10, 4:37] == 0xD9).all() and (panel[4:10, 44:77] == 255).all() and (panel[44:50, 4:37] == 255).all()


@pytest.mark.parametrize(
    ("matrix", "options"),
    [
        (torch.zeros(3), {}),
        (torch.zeros(30, 30), {}),
        (torch.zeros(2, 2), {"frame": (2, 0, 1, 1)}),
        (torch.zeros(2, 2), {"frame": (0, 1, 1, 2)}),
        (torch.zeros(2, 2), {"frame": (0, 0, 0, 1)}),
        (torch.zeros(2, 2), {"shaded": torch.zeros(3, 2)}),
    ],
)
def test_numbers_are_refused_where_they_do_not_fit(matrix, options):
    with pytest.raises(ValueError):
        numbers_panel(matrix, **options)


def test_numbers_read_well():
    values = (0.0, -2.0, 0.5, 1 / 3, float("inf"), float("nan"))
    assert [number_text(value) for value in values] == ["0", "−2", "0.50", "0.33", "inf", "nan"]


def test_histogram_bars_have_the_density_of_their_values():
    """Uniform values over [0, 2) have density 0.5: the bars reach half of an axis that ends at 1."""
    panel = histogram_panel(torch.linspace(0, 1.999, 4000), 320, 200, range=(-4, 4), bins=8, top=1.0)
    pale = np.argwhere(panel[..., 0].astype(int) - panel[..., 2] > 80)  # the bars' pale orange
    assert abs(pale[:, 0].min() - (8 + 0.5 * (200 - 8 - 22))) <= 2
    assert abs(pale[:, 1].min() - (40 + 4 / 8 * (320 - 52))) <= 2
    assert abs(pale[:, 1].max() - (40 + 6 / 8 * (320 - 52))) <= 2


def test_histogram_curve_is_drawn_at_its_height():
    panel = histogram_panel(torch.full((9,), 3.99), curve=lambda x: torch.full_like(x, 0.25), top=1.0)
    assert abs(where(panel, "target")[:, 0].mean() - (8 + 0.75 * 170)) < 1


def test_a_bar_above_the_axis_is_cut_and_says_its_height():
    """All values in one bin of width 1: a density of 1, above an axis that ends at 0.5, and not above one at 2."""
    values = torch.full((9,), 2.5)
    cut, whole = (histogram_panel(values, range=(-4, 4), bins=8, top=top) for top in (0.5, 2.0))
    dark = [(panel[8:30, 41:-1].astype(int).sum(axis=2) < 200).any() for panel in (cut, whole)]
    assert dark == [True, False], "the height of the bar is not written"
    column = int(40 + 6.5 / 8 * 268)
    assert (cut[8:30, column] == 255).all(axis=1).any() and not (cut[30:100, column] == 255).all(axis=1).any()


def test_values_beyond_the_axis_are_told():
    """Two of nine have no bar: the title says so, and where all have one, it says nothing of it."""
    values = torch.tensor([-4.1, -4.0, *[0.0] * 5, 4.0, 99.0])
    told = histogram_panel(values, title="values")
    written = histogram_panel(values[1:-1], title="values; 2 of 9 beyond")
    assert (told[:22] == written[:22]).all() and (told[22:] != written[22:]).any(), "the bars are shares of all nine"
    assert histogram_panel(values[1:-1]).shape[0] == 200 and histogram_panel(values).shape[0] == 222


def test_the_name_of_the_axis_takes_its_strip():
    plain, named = (histogram_panel(torch.zeros(9), 320, 200, y_name=name) for name in ("", "density"))
    assert plain.shape == named.shape and (named[:, :16] < 100).any() and not (plain[:, :8] < 100).any()


def test_histogram_refuses_what_has_no_place():
    for values, options in (
        (torch.tensor([]), {}),
        (torch.tensor([float("nan")]), {}),
        (torch.zeros(3), {"range": (1, 1)}),
        (torch.zeros(3), {"bins": 0}),
    ):
        with pytest.raises(ValueError):
            histogram_panel(values, **options)


@pytest.mark.parametrize("mark", [0.0, 2.5, 10.0])
def test_lines_and_mark_stand_at_their_values(mark):
    x = np.linspace(0, 10, 101)
    panel = line_panel(x, {"half": np.full(101, 0.5)}, 320, 200, y_range=(0, 1), mark=mark)
    dot = where(panel, "signal")
    dot = dot[(dot[:, 0] > 22 + 60)]  # below the line of names
    assert abs(dot[:, 0].mean() - (22 + 8 + 85)) < 1.5
    darkest = 36 + panel[60:100, 36:].astype(int).sum(axis=(0, 2)).argmin()
    assert abs(darkest - (40 + mark / 10 * 268)) <= 1.5


def test_lines_differ_not_by_their_colours_alone():
    x = np.linspace(0, 10, 101)
    lines = {name: np.full(101, height) for name, height in (("a", 0.8), ("b", 0.6), ("c", 0.4), ("d", 0.2))}
    panel = line_panel(x, lines, 320, 200, y_range=(0, 1), colours=[COLOURS["ink"]] * 4)
    breaks = []
    for height in (0.8, 0.6, 0.4, 0.2):
        row = panel[round(22 + 8 + (1 - height) * 170), 42:300, 0].astype(int)
        breaks.append(int((np.diff(row > 140) == 1).sum()))
    assert breaks[0] == 0 and len(set(breaks)) == 4
    key = panel[:22, :, 0] < 140
    assert key[10, 40:62].all() and not key[10, 40:].all()
    assert (key[:, 40:62].sum(axis=0) == 2).all(), "the first line's piece in the key is as thick as the line"


def test_lines_refuse_what_does_not_fit():
    for x, lines, options in (
        ([0, 1], {}, {}),
        ([0, 1], {"a": [1, 2, 3]}, {}),
        ([0, 1], {"a": [1, float("nan")]}, {}),
        ([0, 1], {"a": [1, 2]}, {"mark": 3}),
        ([0, 1], {"a": [1, 2]}, {"y_range": (1, 0)}),
        ([0, 1], {"a": [1, 2]}, {"width": 10}),
        ([0, 1], {letter: [1, 2] for letter in "abcde"}, {}),
    ):
        with pytest.raises(ValueError):
            line_panel(x, lines, **options)


def test_panels_join_without_touching_their_pixels():
    black, tall = np.zeros((4, 5, 3), np.uint8), np.full((9, 2, 3), 7, np.uint8)
    row, column = beside(black, tall, gap=3), stack(black, tall, gap=3)
    assert row.shape == (9, 10, 3) and column.shape == (16, 5, 3)
    assert (row[:4, :5] == 0).all() and (row[:, 8:] == 7).all() and (row[4:, :8] == 255).all()
    assert (column[:4] == 0).all() and (column[7:, :2] == 7).all() and (column[4:7] == 255).all()
    with pytest.raises(ValueError, match="got none"):
        stack()


def test_text_wraps_at_its_width():
    assert text_panel("word " * 30, 120).shape[0] > 5 * text_panel("word", 120).shape[0]
