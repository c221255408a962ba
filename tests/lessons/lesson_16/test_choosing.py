"""Lesson 16: its checks name the usual mistakes, and what its pages say of the atlas is in the atlas."""

import numpy as np
import pytest
import torch

from course_lib.atlas import open_atlas
from course_lib.lessons import lesson_16 as lesson
from course_lib.lessons.lesson_16 import checks, published


@pytest.fixture(scope="module")
def atlas():
    return open_atlas()


def compare(first, second):
    wins = [bool(first[half::2].mean() < second[half::2].mean()) for half in (0, 1)]
    return "tie" if wins[0] != wins[1] else "first" if wins[0] else "second"


def in_the_middle(first, second):
    count = len(first) // 2
    wins = {bool(first[part].mean() < second[part].mean()) for part in (slice(0, count), slice(count, None))}
    return "tie" if len(wins) == 2 else "first" if wins == {True} else "second"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (compare, "[OK]"),
        (lambda a, b: "first" if a.mean() < b.mean() else "second", "mean of all pictures"),
        (in_the_middle, "cut the list in the middle"),
        (lambda a, b: {"first": "second", "second": "first"}.get(compare(a, b), "tie"), "Turned round"),
        (lambda a, b: "first" if (a < b).all() else "second" if (b < a).all() else "tie", "all pictures agree"),
        (lambda a, b: "first" if a[::2].mean() < b[::2].mean() else "second", "Only the first half"),
        (lambda a, b: ..., "nothing yet"),
    ],
)
def test_the_check_of_the_tie_names_mistakes(answer, says):
    assert says in lesson.check_compare.verdict(answer)


def test_the_check_of_the_tie_agrees_with_the_atlas(atlas):
    values = atlas.arrays["pictures"][..., 0].astype(float)
    cells = [("dpmpp_2m", "karras", 10), ("euler", "karras", 10), ("heun", "karras", 10), ("lms", "ays", 10)]
    for one in cells:
        for other in cells:
            pair = [torch.tensor(values[atlas.place(*cell)]) for cell in (one, other)]
            if one != other:
                said = {True: "first", False: "second", None: "tie"}[atlas.better("latent_error", one, other)]
                assert compare(*pair) == said


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., "still missing"),
        ("dpmpp_2m", "write it as"),
        (("dpm++ 2m", "karras"), "did you mean 'dpmpp_2m'"),
        (("lms", "Karas"), "did you mean 'karras'"),
        (("euler_ancestral", "karras"), "fresh noise"),
        (("heun", "linear_quadratic"), "the baseline's"),
        (("lms", "karras"), "[OK]"),
    ],
)
def test_the_check_of_twenty_calls_says_what_is_wrong(answer, says, capsys):
    lesson.check_beat(answer)
    assert says in capsys.readouterr().out


@pytest.mark.parametrize(
    ("task", "answer", "says"),
    [
        ("preview", ..., "still missing"),
        ("preview", ("dpmpp_2m", "ays"), "write it as"),
        ("preview", ("euler_ancestral", "ays", 0.1), "another picture"),
        ("film", ("dpmpp_sde", "karras", 0.1), "flickers"),
        ("film", ("heun", "karras", 0.1), "the best cell has"),
        ("film", ("pndm", "karras", 0.1), "13 calls at least"),
        ("preview", ("dpmpp_2m", "ays", 7.0), "defend it"),
    ],
)
def test_the_check_of_choices_says_what_is_wrong(task, answer, says, capsys):
    lesson.check_choices({name: answer if name == task else ... for name in checks.TASKS})
    lines = dict(zip(checks.TASKS, capsys.readouterr().out.splitlines(), strict=True))
    assert says in lines[task] and lines[task].startswith("[not yet]")


def test_the_best_cells_are_good_choices(atlas, capsys):
    answer = {}
    for task, (measure, budget) in checks.TASKS.items():
        sampler, scheduler, _ = next(row for row in atlas.ranking(measure, budget) if row[0] != "ddim")
        answer[task] = (sampler, scheduler, atlas.found(measure, sampler, scheduler, budget).value)
    lesson.check_choices(answer)
    assert capsys.readouterr().out.count("[OK]") == 3
    lesson.check_choices({"preview": ...})
    assert "must have the keys" in capsys.readouterr().out


def error(atlas, *cell):
    return atlas.found("latent_error", *cell).value


def test_ten_calls(atlas):
    """LMS leads with Karras' levels; Euler and DPM++ 2M are a tie; Heun and UniPC are far behind."""
    karras = {
        name: error(atlas, name, "karras", 10) for name in ("lms", "dpmpp_2m", "euler", "ipndm", "uni_pc", "heun")
    }
    assert karras["lms"] < 0.6 * karras["dpmpp_2m"]
    assert atlas.better("latent_error", ("lms", "karras", 10), ("dpmpp_2m", "karras", 10)) is True
    assert abs(karras["euler"] - karras["dpmpp_2m"]) < 0.01
    assert min(karras["heun"], karras["uni_pc"]) > 3 * karras["euler"]


def test_few_calls_decide_much_and_many_little(atlas):
    def spread(budget):
        column = atlas.budgets.index(budget)
        errors = atlas.all("latent_error")[0][..., column]
        return np.nanquantile(errors, [0.1, 0.9])

    (low, high), (_, later) = spread(5), spread(20)
    assert high > 5 * low and later < 0.5 * high


def test_powers_carry_over_except_heuns():
    samplers = published.convergence()["samplers"]
    off = {}
    for name, found in samplers.items():
        (ours, sure), (theirs, unsure) = found["exponent"], found["published"]
        off[name] = (ours - theirs) / (sure**2 + unsure**2) ** 0.5
    assert max(abs(off[name]) for name in ("euler", "dpm_2", "lms")) < 2
    assert off["heun"] < -4
    errors = {name: found["errors"] for name, found in samplers.items()}
    assert all(a < b for a, b in zip(errors["euler"][:4], errors["lms"][:4], strict=True))
    assert errors["lms"][4] < errors["euler"][4]


def test_what_is_recommended_beside_what_was_measured(atlas):
    """The rows of the page's table of advice, and of the page to print."""
    pixels = lambda name, budget: atlas.found("pixel_error", name, "karras", budget).value  # noqa: E731
    distance = lambda name, budget: atlas.found("distance", name, "karras", budget).value  # noqa: E731
    assert f"{pixels('dpmpp_2m', 20):.1f}" == "0.6" and pixels("lms", 20) < 1 and 2 < pixels("heun", 20) < 3
    assert distance("euler_ancestral", 5) > 20 > 3 > max(distance("euler_ancestral", calls) for calls in (10, 20))
    assert atlas.better("latent_error", ("heun", "karras", 20), ("euler", "karras", 20)) is False
    for calls in (5, 10):
        assert atlas.better("latent_error", ("uni_pc", "karras", calls), ("euler", "karras", calls)) is False
    assert atlas.better("detail", ("dpmpp_3m_sde", "karras", 20), ("euler", "karras", 20)) is None
    assert error(atlas, "dpm_fast", "karras", 10) > 5 * error(atlas, "euler", "karras", 10)
    assert error(atlas, "dpm_fast", "karras", 20) < 1.3 * error(atlas, "euler", "karras", 20)
    assert atlas.better("latent_error", ("dpmpp_2m", "ays", 5), ("euler", "ays", 5)) is None
    first, *_ = atlas.ranking("latent_error", 20)
    assert first[0] == "lms"


def test_which_sets_are_broken_at_twenty_calls(atlas):
    """TTM and DPM2 ancestral with Karras' levels, and everything with linear quadratic."""
    values = atlas.all("distance")[0][..., atlas.budgets.index(20)]
    karras, linear = (values[:, atlas.schedulers.index(name)] for name in ("karras", "linear_quadratic"))
    broken = {name for name, value in zip(atlas.samplers, karras, strict=True) if value > 100}
    assert broken == {"ttm", "dpm_2_ancestral"}
    assert np.nanmedian(karras) < 3 and np.nanmin(linear) > 10
