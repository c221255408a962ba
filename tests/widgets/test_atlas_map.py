"""The map of the atlas: every cell of it, its best and its ties, its pictures, and bad input."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.atlas import open_atlas, sheet
from course_lib.widgets import atlas_map
from course_lib.widgets.atlas_map import QUESTIONS, shades_of
from course_lib.widgets.page import WIDGET_VIEW


@pytest.fixture(scope="module")
def made():
    return atlas_map(open_atlas(), "latent_error", 10)


def test_every_cell_shows_what_the_atlas_says(made):
    atlas = open_atlas()
    for (name, question), measure in zip(QUESTIONS.items(), made.about["measures"], strict=True):
        assert measure["question"] == question
        for column, table in enumerate(measure["tables"]):
            values = atlas.all(name)[0][..., column]
            for place, value in np.ndenumerate(values):
                cell = table["cells"][place[0]][place[1]]
                assert (cell is None) == np.isnan(value)
                if cell:
                    assert float(cell[0]) == pytest.approx(value, abs=0.51 * 10 ** -len(cell[0].partition(".")[2]))
                    assert 0 <= cell[2] <= 9


def test_it_begins_at_the_best_cell_of_the_measure_and_the_budget(made):
    sampler, scheduler, _ = open_atlas().ranking("latent_error", 10)[0]
    assert open_atlas().samplers[made.row] == sampler
    assert open_atlas().schedulers[made.column] == scheduler
    table = made.about["measures"][made.measure]["tables"][made.budget]
    assert [made.row, made.column] == table["ties"][0]
    assert table["cells"][made.row][made.column][2] == 0


def test_its_pictures_are_the_contact_sheets(made):
    pictures = Image.open(io.BytesIO(made.sprite)).convert("RGB")
    sheets = [np.asarray(sheet(budget)) for budget in made.about["budgets"]]
    together = np.concatenate(sheets)
    assert pictures.size == together.shape[1::-1]
    assert abs(np.asarray(pictures, float) - together).mean() < 6  # compressed once more


def test_it_is_kept_whole_and_has_a_still_form(made):
    data, metadata = made._repr_mimebundle_()
    assert set(metadata[WIDGET_VIEW]["course_lib"]["state"]) >= {
        "sprite",
        "about",
        "measure",
        "budget",
        "row",
        "column",
    }
    assert "30 samplers and 14 schedulers at 10 calls" in made.still().alt
    assert data["image/png"]


def test_shades_are_tenths_of_the_cells():
    shades = shades_of(np.array([[5.0, 1.0], [np.nan, 3.0]]))
    assert shades.tolist() == [[6, 0], [-1, 3]]


@pytest.mark.parametrize(("given", "says"), [(("beauty", 10), "latent_error"), (("right", 11), "5, 10, 20, 50")])
def test_bad_input_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        atlas_map(open_atlas(), *given)
