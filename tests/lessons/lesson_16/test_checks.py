"""Lesson 16: its checks accept what is right, and name the usual mistakes."""

import ast
import itertools

import numpy as np
import pytest
import torch

from course_lib.atlas import open_atlas
from course_lib.lessons import lesson_16 as lesson
from course_lib.lessons.lesson_16 import checks


@pytest.fixture(scope="module")
def atlas():
    return open_atlas()


def is_tie(first, second):
    difference = first - second
    return abs(difference.mean()) < 2 * difference.std() / len(difference) ** 0.5


def in_a_loop(first, second):
    each = [float(one - other) for one, other in zip(first, second, strict=True)]
    mean = sum(each) / len(each)
    variance = sum((one - mean) ** 2 for one in each) / (len(each) - 1)
    return -2 < mean / (variance / len(each)) ** 0.5 < 2


def of_populations(first, second):
    difference = first - second
    return abs(difference.mean()) < 2 * difference.std(correction=0) / len(difference) ** 0.5


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (is_tie, "[OK]"),
        (in_a_loop, "[OK]"),
        (of_populations, "[OK]"),
        (lambda a, b: is_tie(b, a), "[OK]"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std(), "square root of their number"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / len(a), "by the number of pictures"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / len(a) ** 1 / 2, "Write ** 0.5"),
        (lambda a, b: abs((a - b).mean()) < (a - b).std() / len(a), "Write ** 0.5"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / len(a) ** 2, "by the square of the number"),
        (lambda a, b: abs((a - b).mean()) < 0.5 * (a - b).std() / len(a) ** 0.5, "half a standard error"),
        (lambda a, b: 2 * abs((a - b).mean()) < (a - b).std() / len(a) ** 0.5, "half a standard error"),
        (lambda a, b: abs((a / b).mean() - 1) < 2 * (a / b).std() / len(a) ** 0.5, "Subtract them"),
        (lambda a, b: abs((b / a).mean() - 1) < 2 * (b / a).std() / len(a) ** 0.5, "Subtract them"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / len(a) ^ 0.5, "A power is **, not ^."),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / (len(a) ^ 0.5), "A power is **, not ^."),
        (lambda a, b: 2 * (a - b).std() > abs((a - b).mean()) * len(a) ** (1 / 2), "[OK]"),
        (lambda a, b: abs((a - b).mean()) < (a - b).std() / len(a) ** 0.5, "one standard error"),
        (lambda a, b: abs((a - b).mean()) < 3 * (a - b).std() / len(a) ** 0.5, "about three"),
        (lambda a, b: abs((a - b).mean()) < (2 * (a - b).std()) / (2 * len(a)) ** 0.5, "under the root, too"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() * len(a) ** 0.5, "multiply by the root"),
        (lambda a, b: abs((a + b).mean()) < 2 * (a + b).std() / len(a) ** 0.5, "add the two errors"),
        (lambda a, b: abs((a - b).median()) < 2 * (a - b).std() / len(a) ** 0.5, "the median"),
        (lambda a, b: abs((a - b).sum()) < 2 * (a - b).std() / len(a) ** 0.5, "the sum of the differences"),
        (lambda a, b: abs((a - b).mean()) < 0.25 * (a - b).std() / len(a) ** 0.5, "expected True"),
        (lambda a, b: abs((a - b).mean()) / ((a - b).std() / len(a) ** 0.5), "return True or False"),
        (lambda a, b: (a - b).mean() / (a - b).std() * len(a) ** 0.5, "return True or False"),
        (lambda a, b: (a - b).mean() < 2 * (a - b).std() / len(a) ** 0.5, "every mean of one sign"),
        (lambda a, b: (b - a).mean() < 2 * (b - a).std() / len(a) ** 0.5, "every mean of one sign"),
        (lambda a, b: (a - b).mean() > -2 * (a - b).std() / len(a) ** 0.5, "every mean of one sign"),
        (lambda a, b: abs(a - b).mean() < 2 * (a - b).std() / len(a) ** 0.5, "must cancel"),
        (lambda a, b: abs(a - b).mean() < 2 * abs(a - b).std() / len(a) ** 0.5, "lost their signs"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / 32**0.5, "the root of 32"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / 4**0.5, "belongs to the example"),
        (lambda a, b: abs((a - b).mean()) < (a - b).std(), "plays no part"),
        (lambda a, b: abs((a - b).mean()) < 4 * (a - b).std() / len(a) ** 0.5, "expected False"),
        (lambda a, b: abs((a - b).mean()) < 2 * (a - b).std() / 8**0.5, "gives False, expected True"),
        (lambda a, b: abs((a - b).mean()) < 2 * ((a - b).std() / len(a)) ** 0.5, "belongs under it"),
        (lambda a, b: True, "every pair a tie"),
        (lambda a, b: False, "no pair a tie"),
        (lambda a, b: abs((a - b).mean()) == 0, "both means are equal"),
        (lambda a, b: not is_tie(a, b), "Turned round"),
        (lambda a, b: abs(a.mean() - b.mean()) < 2 * ((a.var() + b.var()) / len(a)) ** 0.5, "subtract first"),
        (lambda a, b: abs(a.mean() - b.mean()) < 2 * (a.std() + b.std()) / len(a) ** 0.5, "subtract first"),
        (lambda a, b: abs((a - b).mean()) < 2 * a.std() / len(a) ** 0.5, "subtract first"),
        (lambda a, b: abs((a - b).mean()) < 2 * b.std() / len(a) ** 0.5, "subtract first"),
        (lambda a, b: abs((a - b).mean()) < 0.01, "with a fixed number"),
        (lambda a, b: abs((a - b).mean()) < 0.1, "with a fixed number"),
        (lambda a, b: -0.5 < a.mean() - b.mean() < 0.5, "with a fixed number"),
        (lambda a, b: a[:0], "Return True or False: compare the mean"),
        (lambda a, b: a - b, "Return True or False: compare the mean"),
        (lambda a, b: (a - b).std() / len(a) ** 0.5, "Return True or False: compare the mean"),
        (lambda a, b: (a - b).mean().item(), "Return True or False: compare the mean"),
        (lambda a, b: abs(a - b) < 2 * (a - b).std() / len(a) ** 0.5, "Return True or False: compare the mean"),
        (lambda a, b: (a - b) / 0 * "no number", "stops"),
        (lambda a, b: (a[::2].mean() < b[::2].mean()) != (a[1::2].mean() < b[1::2].mean()), "two halves"),
        (lambda a, b: ..., "nothing yet"),
    ],
)
def test_the_check_of_the_tie_names_mistakes(answer, says):
    assert says in lesson.check_is_tie.verdict(answer)


def test_the_check_of_the_tie_agrees_with_the_atlas(atlas):
    values = atlas.arrays["pictures"][..., 0].astype(float)
    names = (("dpmpp_2m", "karras"), ("euler", "karras"), ("lms", "karras"), ("lms", "ays"), ("lms", "ays+"))
    cells = [(*name, 10) for name in names]
    for one, other in itertools.permutations(cells, 2):
        pair = [torch.tensor(values[atlas.place(*cell)]) for cell in (one, other)]
        assert bool(is_tie(*pair)) == (atlas.better("latent_error", one, other) is None)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., "still missing"),
        ("dpmpp_2m", "write it as"),
        (("dpm++ 2m", "karras"), "did you mean 'dpmpp_2m'"),
        (("lms", "Karas"), "did you mean 'karras'"),
        (("euler_a", "karras"), "did you mean 'euler_ancestral'"),
        (("Euler a", "karras"), "did you mean 'euler_ancestral'"),
        (("DPM++ 2S a", "karras"), "did you mean 'dpmpp_2s_ancestral'"),
        (("dpmpp_2m_karras", "karras"), 'the second entry: "dpmpp_2m", "karras".'),
        (("DPM++ 2M Karras", ...), 'the second entry: "dpmpp_2m", "karras".'),
        (("euler_sgm_uniform", "normal"), 'the second entry: "euler", "sgm_uniform".'),
        (("karras", "lms"), "'karras' is a scheduler. Name the sampler first"),
        (("lms", "euler"), "'euler' is a sampler. Name the sampler first"),
        (("euler_ancestral", "karras"), "isn't the one that this error compares with"),
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
        ("preview", ("dpmpp_2m",), "write it as"),
        ("preview", ("dpmpp_2m", "exponential"), "the third entry, the number, is missing."),
        ("preview", ("dpmpp_2m", "ays_30", 0.173), "the best cell without Euler has 0.156, yours 0.173"),
        ("preview", ("euler", "ays", 0.12), "neither Euler nor DDIM"),
        ("preview", ("ddim", "ays", 0.12), "neither Euler nor DDIM"),
        ("preview", ("euler_ancestral", "ays", 0.1), "another picture"),
        ("film", ("dpmpp_sde", "karras", 0.1), "so the map can't tell its error"),
        ("film", ("heun", "karras", 0.1), "that is no tie. The map frames the ties."),
        ("film", ("pndm", "karras", 0.1), "13 calls at least"),
        ("preview", ("lms", "karras", 0.2), "At 5 calls look at the AYS columns."),
        ("preview", ("dpmpp_2m", "ays", 20.0), "defend it"),
        ("preview", ("dpmpp_2m", "ays", 10.1), "is the error of the picture"),
        ("preview", ("ays", "euler", 0.1), "'ays' is a scheduler. Name the sampler first"),
        ("film", ("lms", "karras", 2.0), "is the error of the picture"),
        ("gallery", ("ttm", "karras", 573), "not less than twice its ±."),
        ("gallery", ("dpmpp_2m_sde", "karras", 70), "defend it"),
        ("gallery", ("dpmpp_2m_sde", "karras", "3"), "without quotes"),
        ("gallery", ("dpmpp_2m_sde", "karras", True), "defend it"),
        ("gallery", ("dpmpp_2m_sde", "karras", ...), "defend it"),
        ("gallery", ("dpmpp_2m_sde", ..., 3), "the name of the scheduler is still missing"),
        ("gallery", (["dpmpp_2m_sde"], "karras", 3), "the name of the sampler in quotes, such as 'euler'"),
    ],
)
def test_the_check_of_choices_says_what_is_wrong(task, answer, says, capsys):
    lesson.check_choices({name: answer if name == task else ... for name in checks.TASKS})
    lines = dict(zip(checks.TASKS, capsys.readouterr().out.splitlines(), strict=True))
    assert says in lines[task] and lines[task].startswith("[not yet]")


@pytest.mark.parametrize(
    ("task", "cell", "number", "says"),
    [
        ("gallery", "below 0", lambda atlas, measure, *cell: -atlas.found(measure, *cell).value, "lost its minus sign"),
        ("film", "best", lambda atlas, measure, *cell: -atlas.found(measure, *cell).value, "a minus sign too many"),
        ("film", "best", lambda atlas, measure, *cell: atlas.found(measure, *cell).error, "the one after ±"),
        ("film", "best", lambda atlas, measure, *cell: atlas.found(measure, *cell[:2], 5).value, "the one at 5 calls"),
        ("film", "best", lambda atlas, measure, *cell: str(atlas.found(measure, *cell).value), "without quotes"),
    ],
)
def test_the_check_of_choices_names_slips_of_the_number(atlas, capsys, task, cell, number, says):
    measure, budget = checks.TASKS[task]
    sampler, scheduler, _ = atlas.ranking(measure, budget)[0]
    if cell == "below 0":  # by chance, as a KID may be
        values = np.nan_to_num(atlas.all(measure)[0][..., atlas.budgets.index(budget)])
        row, column = np.unravel_index(values.argmin(), values.shape)
        sampler, scheduler = atlas.samplers[row], atlas.schedulers[column]
    given = (sampler, scheduler, number(atlas, measure, sampler, scheduler, budget))
    lesson.check_choices({name: given if name == task else ... for name in checks.TASKS})
    (line,) = (line for line in capsys.readouterr().out.splitlines() if f" {task}: " in line)
    assert line.startswith("[not yet]") and "the choice is good" in line and says in line


@pytest.mark.parametrize("made", [np.float32, torch.tensor, float])
def test_the_check_of_choices_takes_numbers_of_any_kind(atlas, capsys, made):
    measure, budget = checks.TASKS["film"]
    sampler, scheduler, _ = atlas.ranking(measure, budget)[0]
    given = (sampler, scheduler, made(atlas.found(measure, sampler, scheduler, budget).value))
    lesson.check_choices({"preview": ..., "gallery": ..., "film": given})
    assert capsys.readouterr().out.endswith("[OK] the choice for the film is right.\n")


def test_the_best_cells_are_good_choices(atlas, capsys):
    answer = {}
    for task, (measure, budget) in checks.TASKS.items():
        sampler, scheduler, _ = next(row for row in atlas.ranking(measure, budget) if row[0] not in ("euler", "ddim"))
        answer[task] = (sampler, scheduler, atlas.found(measure, sampler, scheduler, budget).value)
    lesson.check_choices(answer)
    assert capsys.readouterr().out.count("[OK]") == 3
    for name in ("dpmpp_sde", "dpmpp_2m_sde", "dpmpp_3m_sde", "euler_ancestral"):  # what the page recommends
        answer["gallery"] = (name, "karras", round(atlas.found("distance", name, "karras", 20).value, 1))
        lesson.check_choices(answer)
        assert capsys.readouterr().out.count("[OK]") == 3
    lesson.check_choices({"preview": ...})
    assert "must have the keys" in capsys.readouterr().out


def test_how_an_answer_is_written_is_no_answer(capsys):
    for length, check in (
        (2, lesson.check_beat),
        (3, lambda shape: lesson.check_choices(dict.fromkeys(checks.TASKS, shape))),
    ):
        check(ast.literal_eval(checks.SHAPES[length]))
        said = capsys.readouterr().out
        assert "[OK]" not in said and "defend it" not in said and "write it as" not in said
