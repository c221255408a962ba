"""What the atlas measures of pictures, and that it goes on where it was stopped."""

import numpy as np
import pytest
import torch

from course_lib.atlas import measuring, pictures, table, writing
from course_lib.atlas.cells import cell
from course_lib.datasets.scenes import is_held_out
from course_lib.models import load
from course_lib.training.recogniser import open_recogniser
from course_lib.training.small_model import FOLDER


@pytest.fixture(scope="module")
def studio():
    return pictures.Studio(load(FOLDER), open_recogniser())


def test_the_captions_are_mixed_so_that_both_halves_hold_as_many_of_each_kind():
    kinds = [scene.kind for scene in pictures.scenes()]
    assert len(kinds) == pictures.COUNT and kinds.count("pair") == pictures.PAIRS
    assert kinds[0::2].count("pair") == kinds[1::2].count("pair")
    assert not any(is_held_out(scene) for scene in pictures.scenes())


def test_drawings_show_what_their_captions_say_and_grey_shows_nothing(studio):
    drawn = pictures.drawings()
    assert pictures.right(drawn, studio.recogniser).mean() > 0.95
    assert pictures.right(torch.zeros_like(drawn), studio.recogniser).mean() < 0.1


def test_detail_is_what_a_blur_takes_away():
    flat = torch.full((1, 3, 8, 8), 0.3)
    board = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(1, 3, 4, 4)
    assert pictures.detail(flat).item() == pytest.approx(0, abs=1e-12)
    assert pictures.detail(board).item() == pytest.approx(1)  # the blur leaves 0 of a board
    assert pictures.detail(0.5 * board).item() == pytest.approx(0.25)


def test_measures_tell_broken_pictures(studio):
    clean = pictures.Painted(torch.zeros(32, 12, 8, 8), pictures.drawings(), 0, 0)
    broken = clean.pictures.clone()
    broken[0] = torch.nan
    broken[1] = 5.0
    values, features = studio.measure(clean._replace(pictures=broken), clean)
    columns = dict(zip(pictures.MEASURES, values.T, strict=True))
    assert columns["failed"].tolist() == [1, 1] + 30 * [0]
    assert columns["latent_error"].max() == 0
    assert columns["pixel_error"][2:].max() == 0 < columns["pixel_error"][:2].min()
    assert features.isfinite().all()
    assert studio.measure(clean, None)[0][:, 0].isnan().all()


def test_a_measurement_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    (tmp_path / "cells").mkdir()
    wanted = [cell("euler", "karras", 5), cell("euler_ancestral", "karras", 5)]
    monkeypatch.setattr(measuring, "measured", lambda: iter(wanted))
    monkeypatch.setattr(measuring, "CONVERGED", ("euler", "karras", 3))
    monkeypatch.setattr(measuring, "OTHERS", 0)
    monkeypatch.setattr(measuring, "measured_before", lambda: None)
    measuring.work(0, 1, "cpu", tmp_path, until=0)  # no time: nothing but the converged answer
    assert not list((tmp_path / "cells").iterdir())
    measuring.work(0, 2, "cpu", tmp_path, until=float("inf"))  # the first of two processes: one of the two cells
    (first,) = (tmp_path / "cells").iterdir()
    written = first.stat().st_mtime_ns
    measuring.work(0, 1, "cpu", tmp_path, until=float("inf"))
    assert sorted(path.stem for path in (tmp_path / "cells").iterdir()) == sorted(one.name for one in wanted)
    assert first.stat().st_mtime_ns == written
    with np.load(first) as found:
        assert found["values"].shape == (32, len(pictures.MEASURES)) and found["calls"] == 5
        assert np.isfinite(found["values"][:, 0]).all() == (first.stem == wanted[0].name)


def test_the_distance_of_sets_is_nothing_for_sets_made_alike_and_grows_with_a_shift():
    random = torch.Generator().manual_seed(0)
    captions = torch.randn(32, 16, generator=random, dtype=torch.float64)

    def painted(count):
        return captions + 0.5 * torch.randn(count, 32, 16, generator=random, dtype=torch.float64)

    alike = [writing.kernel_distance(painted(1)[0], painted(8)) for _ in range(40)]
    values, errors = torch.tensor(alike).T
    assert abs(values.mean()) < 3 * values.std() / 40**0.5  # no bias
    assert 0.5 < errors.mean() / values.std() < 2  # the standard error says how much it varies
    assert writing.kernel_distance(painted(1)[0] + 0.5, painted(8))[0] > 5 * values.std()


def test_what_the_shipped_table_holds_is_taken_over_and_not_measured_again(tmp_path, monkeypatch):
    """On another machine there is no build folder: the table itself says what is done, for the weights it is of."""
    (tmp_path / "cells").mkdir()
    monkeypatch.setattr(measuring, "measured", lambda: iter([cell("euler", "karras", 5)]))
    monkeypatch.setattr(measuring, "CONVERGED", ("euler", "karras", 3))
    monkeypatch.setattr(measuring, "OTHERS", 0)
    measuring.work(0, 1, "cpu", tmp_path, until=float("inf"))
    assert not list((tmp_path / "cells").iterdir())
    atlas = table.open_atlas()
    for number in range(pictures.OTHERS):
        measuring.write(
            tmp_path / f"others_{number}.npz",
            values=np.zeros((32, len(pictures.MEASURES)), np.float32),
            features=np.ones((32, 4), np.float32),
        )
    arrays, shown = writing.gather(tmp_path)
    assert (arrays["reasons"] == atlas.arrays["reasons"]).all()
    for name in ("pictures", "distance", "calls", "seconds", "spread", "mixture_error"):
        assert np.array_equal(arrays[name], atlas.arrays[name], equal_nan=True), name
    assert len(shown) == (atlas.arrays["reasons"] == "").sum()
    monkeypatch.setattr(table, "weights_of_the_model", lambda: "others")
    assert table.measured_before() is None
