"""Figures: one style, no global settings touched, and words with every picture."""

import base64
import io

import matplotlib
import matplotlib.style
import nbformat
import numpy as np
import pytest
from PIL import Image

from course_lib.figures import COLOURS, Shown, show, show_pixels, subplots
from course_lib.figures.diagrams import Arrow, Box, diagram
from tests.notebooks.execute import all_notebooks


def test_global_settings_stay_as_they_are():
    before = dict(matplotlib.rcParams)
    fig, axis = subplots()
    axis.plot([0, 1], [1, 0])
    show(fig, "A falling line.")
    assert dict(matplotlib.rcParams) == before


def drawn():
    """The pictures of a plot with all that lessons draw, and of a diagram."""
    with subplots(1, 2, width=6, height=3) as (fig, (left, right)):
        left.plot([0, 1], [1, 0], "o-", label="falling")
        left.axvline(0.5)
        left.legend()
        left.set(title="A title", xlabel="x", ylabel="$x^2$")
        right.bar([1, 2], [3, 4])
        right.loglog([1, 10], [1, 100], ":")
        right.text(1, 2, "words")
    boxes = {"a": Box(1, 0.5, "in", "note"), "b": Box(4, 0.5, "out")}
    return show(fig, "A plot.").png, diagram(boxes, [Arrow("a", "b", "numbers")], 5, 1, "A diagram.").png


SETTINGS = {
    "no LaTeX": {"text.usetex": True},
    "dark": matplotlib.style.library["dark_background"],
    "large": {"font.size": 30, "axes.titlesize": 40, "lines.linewidth": 9, "lines.markersize": 20, "figure.dpi": 30},
    "comic": {"font.family": "serif", "path.sketch": (1, 100, 2), "legend.frameon": False, "savefig.bbox": "tight"},
}


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_figure_is_the_same_pixel_for_pixel_whatever_the_user_has_set(settings):
    expected = drawn()
    with matplotlib.rc_context(SETTINGS[settings]):
        before = dict(matplotlib.rcParams)
        assert drawn() == expected
        assert dict(matplotlib.rcParams) == before


def test_the_users_settings_are_back_after_an_error():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), subplots():
        _ = 1 / 0
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("path", all_notebooks(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_lessons_draw_in_the_style(path):
    for cell in nbformat.read(path, as_version=4).cells:
        assert cell.cell_type != "code" or "= subplots(" not in cell.source, cell.source


def test_lines_have_the_course_colours():
    _, axis = subplots()
    drawn = [axis.plot([0, 1], [level, level])[0].get_color() for level in range(4)]
    assert drawn == [COLOURS[name] for name in ("signal", "noise", "denoised", "target")]


def test_colours_differ_in_lightness_too():
    """Read without colour, neighbouring roles are not the same grey."""
    greys = [Image.new("RGB", (1, 1), COLOURS[name]).convert("L").getpixel((0, 0)) for name in ("signal", "target")]
    assert abs(greys[0] - greys[1]) > 40


def test_the_bundle_holds_picture_and_words():
    shown = show(subplots(width=4, height=2)[0], "Empty axes.")
    data, metadata = shown._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == "Figure: Empty axes."
    assert metadata == {"image/png": {"alt": "Empty axes.", "width": 400}}
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (600, 300)


def test_the_page_gets_the_words_escaped(monkeypatch):
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: outputs.append(data))
    Shown(b"", 'a "quoted" <word>', 10)._ipython_display_()
    assert outputs[1]["text/html"] == '<span role="img" aria-label="a &quot;quoted&quot; &lt;word&gt;"></span>'


def test_bytes_stay_out_of_the_repr():
    shown = show_pixels(np.zeros((30, 30, 3), np.uint8), "A square.")
    assert repr(shown) == "Figure: A square."


def test_pyplot_figures_are_closed():
    import matplotlib.pyplot as plt

    matplotlib.use("agg")
    show(plt.figure(), "Nothing.")
    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_without_words_is_refused(alt):
    with pytest.raises(ValueError, match="alt text"):
        show(subplots()[0], alt)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8), [1]]
)
def test_what_is_not_pixels_is_refused(pixels):
    with pytest.raises(ValueError, match="uint8 array"):
        show_pixels(pixels, "Nothing.")


@pytest.mark.parametrize("sizes", [{"rows": 0}, {"columns": 1.5}, {"width": 0}, {"height": float("nan")}])
def test_axes_that_cannot_be_are_refused(sizes):
    with pytest.raises(ValueError):
        subplots(**sizes)
