"""The shipped table: numbers with their uncertainty, ties, rankings, and what happens to a damaged file."""

import shutil

import numpy as np
import pytest

from course_lib.atlas import MEASURES, Atlas, open_atlas, sheet
from course_lib.atlas.cells import BUDGETS, SAME_AS
from course_lib.atlas.table import FOLDER, PICTURES
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS


def made(*, errors, right=None):
    """An atlas of one scheduler and one budget from errors (S, N)."""
    errors = np.asarray(errors, float)
    pictures = np.full((*errors.shape[:1], 1, 1, errors.shape[1], len(PICTURES)), np.nan)
    pictures[..., PICTURES.index("latent_error")] = errors[:, None, None]
    pictures[..., PICTURES.index("right")] = 1 if right is None else np.asarray(right, float)[:, None, None]
    pictures[..., PICTURES.index("detail")] = errors[:, None, None]
    shape = pictures.shape[:3]
    reasons = np.where(np.isnan(errors).all(1), "it cannot be", "")[:, None, None]
    arrays = {"pictures": pictures, "reasons": reasons, "converged": np.full((errors.shape[1], len(PICTURES)), 0.5)}
    arrays |= {name: np.ones(shape) for name in ("calls", "seconds", "steps", "mixture_error")}
    arrays |= {"distance": np.tile([3.0, 0.5, 2.0, 4.0], (*shape, 1)), "spread": np.full(shape, 0.9)}
    return Atlas(tuple("abcdef"[: len(errors)]), ("karras",), (10,), arrays)


def test_a_number_comes_with_its_standard_error_and_its_halves():
    found = made(errors=[[1, 2, 3, 4]]).found("latent_error", "a", "karras", 10)
    assert found.value == 2.5 and found.halves == (2.0, 3.0)  # even and odd pictures
    assert found.error == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)


def ask(atlas, question, one, other, measure="latent_error"):
    return getattr(atlas, question)(measure, (one, "karras", 10), (other, "karras", 10))


def test_what_differs_by_less_than_two_standard_errors_is_a_tie():
    atlas = made(errors=[[1, 1, 1, 1], [2, 2, 2, 2], [0, 3, 0, 3], [np.nan] * 4])
    assert ask(atlas, "better", "a", "b") is True and ask(atlas, "better", "b", "a") is False
    assert ask(atlas, "better", "a", "c") is None and ask(atlas, "better", "a", "a") is None
    with pytest.raises(ValueError, match="it cannot be"):
        ask(atlas, "better", "a", "d")


def test_differences_are_taken_picture_by_picture():
    """Pictures differ much from one another, and the two cells by little on each of them."""
    one = np.array([1.0, 9.0, 2.0, 7.0, 4.0, 5.0])
    atlas = made(errors=[one, one + [0.1, 0.2, 0.1, 0.2, 0.1, 0.2], one + [0.1, 0.1, 0.1, 0.1, 0.1, -0.3]])
    mean, error = ask(atlas, "difference", "a", "b")
    assert mean == pytest.approx(-0.15) and error == pytest.approx(np.std([0.1, 0.2] * 3, ddof=1) / 6**0.5)
    assert ask(atlas, "better", "a", "b") is True
    assert ask(atlas, "better", "a", "c") is None  # 0.03 with a standard error of 0.07


def test_two_halves_may_agree_by_chance_where_the_difference_is_a_tie():
    atlas = made(errors=[[1, 1, 1, 1], [0, 0, 4, 4]])
    assert ask(atlas, "agreed", "a", "b") is True and ask(atlas, "better", "a", "b") is None
    flips = made(errors=[[1, 1, 1, 1], [0, 3, 0, 3]])
    assert ask(flips, "agreed", "a", "b") is None


@pytest.mark.parametrize(("second", "said"), [(4.5, True), (3.5, None)])
def test_sets_of_pictures_are_compared_by_their_halves(second, said):
    atlas = made(errors=np.ones((2, 4)))
    atlas.arrays["distance"][1] = [5, 0.5, 6, second]
    assert ask(atlas, "better", "a", "b", "distance") is said
    with pytest.raises(ValueError, match="latent_error"):
        ask(atlas, "difference", "a", "b", "distance")


def test_sets_within_two_errors_of_0_are_good_and_tie():
    """Though both halves agree; a good set beats another that is behind it."""
    atlas = made(errors=np.ones((5, 4)))
    atlas.arrays["distance"][:, 0, 0] = [
        [1, 0.6, 1, 1],
        [-1, 0.1, -1, -1],
        [0.5, 0.6, 3, 3],
        [3, 0.5, 0, 4],
        [0.9, 0.4, 2, 2],
    ]
    assert atlas.good("distance")[:, 0, 0].tolist() == [True, True, True, False, False]
    assert not atlas.good("latent_error").any()
    assert ask(atlas, "better", "a", "c", "distance") is None and ask(atlas, "agreed", "a", "c", "distance") is True
    assert ask(atlas, "better", "a", "d", "distance") is True and ask(atlas, "better", "d", "a", "distance") is False
    assert ask(atlas, "agreed", "a", "d", "distance") is None
    assert ask(atlas, "better", "e", "a", "distance") is None  # ahead, and not good
    assert [name for name, _, tie in atlas.ranking("distance", 10) if tie] == ["b", "c", "a"]


@pytest.mark.parametrize("measure", ["latent_error", "right", "detail", "distance"])
def test_a_ranking_marks_the_ties_that_a_comparison_finds(measure):
    atlas = open_atlas()
    (*first, _), *rest = atlas.ranking(measure, 10)
    for sampler, scheduler, tie in rest[:150:10]:
        assert tie == (atlas.better(measure, (*first, 10), (sampler, scheduler, 10)) is None), (sampler, scheduler)


def test_a_ranking_begins_with_the_best_and_says_which_are_ties_with_it():
    atlas = made(errors=[[2, 2, 2, 2], [1, 1, 1, 1], [0.5, 2, 0.5, 2], [np.nan] * 4])
    assert atlas.ranking("latent_error", 10) == [
        ("b", "karras", True),
        ("c", "karras", True),
        ("a", "karras", False),
    ]


def test_more_is_better_for_some_measures_and_a_middle_for_others():
    right = made(errors=np.ones((2, 4)), right=[[1, 1, 0, 0], [1, 1, 1, 1]])
    assert right.ranking("right", 10)[0] == ("b", "karras", True)
    assert right.found("right", "b", "karras", 10).value == 100
    detail = made(errors=[[0.5] * 4, [0.25] * 4, [0.9] * 4])  # converged has 0.5; too little and too much are bad
    assert [name for name, *_ in detail.ranking("detail", 10)] == ["a", "c", "b"]


def test_exact_numbers_tie_only_with_themselves():
    atlas = made(errors=np.ones((2, 4)))
    atlas.arrays["spread"][1] = 1.05
    assert atlas.ranking("spread", 10) == [("b", "karras", True), ("a", "karras", False)]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda atlas: atlas.found("latent_error", "z", "karras", 10), "'z'"),
        (lambda atlas: atlas.found("latent_error", "a", "karras", 11), "11"),
        (lambda atlas: atlas.found("beauty", "a", "karras", 10), "beauty"),
    ],
)
def test_what_is_not_there_is_refused(ask, says):
    with pytest.raises(ValueError, match=says):
        ask(made(errors=np.ones((1, 4))))


def test_a_missing_or_damaged_file_is_said_in_a_sentence(tmp_path):
    folder = tmp_path / "atlas"
    shutil.copytree(FOLDER, folder)
    broken = folder / "atlas.npz"
    broken.write_bytes(broken.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"damaged.*git restore data/atlas/atlas\.npz; or measure it again"):
        open_atlas(folder)
    broken.unlink()
    with pytest.raises(FileNotFoundError, match=r"python -m course_lib\.atlas"):
        open_atlas(folder)
    with pytest.raises(FileNotFoundError, match="pictures_99"):
        sheet(99)


def test_the_shipped_table_has_every_cell_or_a_reason():
    atlas = open_atlas()
    assert atlas.samplers == tuple(SAMPLERS) and atlas.schedulers == tuple(SCHEDULERS) and atlas.budgets == BUDGETS
    there = atlas.arrays["reasons"] == ""
    for name in PICTURES:
        values = atlas.all(name)[0]
        ode = np.array([not SAMPLERS[sampler].stochastic for sampler in atlas.samplers])[:, None, None]
        wanted = there & ode if MEASURES[name].of == "ODE" else there
        assert (np.isfinite(values) == wanted).all(), name
    assert (atlas.arrays["calls"][there] <= np.broadcast_to(atlas.budgets, there.shape)[there] + 0.5).all()


@pytest.mark.parametrize("name", SAME_AS)
def test_rows_that_are_the_same_mathematics_have_the_same_numbers(name):
    atlas = open_atlas()
    for array in atlas.arrays.values():
        if array.shape[:1] == (len(atlas.samplers),):
            one, other = (array[atlas.samplers.index(row)] for row in (name, SAME_AS[name]))
            assert np.array_equal(one, other, equal_nan=array.dtype.kind == "f")


def test_the_contact_sheets_fit_the_table():
    for budget in open_atlas().budgets:
        assert sheet(budget).size == (14 * 2 * 64, 30 * 64)
