"""The cells of the atlas: budgets that are kept, calls that are counted, rows that are the same mathematics."""

import pytest
import torch

from course_lib.atlas.cells import BUDGETS, SAME_AS, TABLE, cell, measured
from course_lib.samplers import SAMPLERS, sample
from course_lib.schedulers import SCHEDULERS, make_sigmas


@pytest.mark.parametrize("name", [name for name, row in SAMPLERS.items() if row.calls_per_step])
def test_a_cell_makes_the_calls_that_it_says_and_one_step_more_would_be_too_many(name):
    row = SAMPLERS[name]
    one = cell(name, "karras", 20)
    options = {"table": TABLE} if "table" in row.options else {}

    def made(steps):
        calls = 0

        def count(x, sigma):
            nonlocal calls
            calls += 1
            return x * 0

        x = torch.ones(1, 1, 4, 4)
        sigmas = make_sigmas("karras", steps, TABLE)
        sample(name, count, x, sigmas, noise_sampler=lambda *pair: torch.zeros_like(x), **options)
        return calls

    assert made(one.steps) == one.calls <= 20 < made(one.steps + 1)


@pytest.mark.parametrize("name", SAME_AS)
def test_rows_that_are_measured_once_are_the_same_mathematics(name):
    sigmas = make_sigmas("normal", 6, TABLE)
    x = 14 * torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def run(row):
        draws = torch.Generator().manual_seed(1)
        noise = lambda *pair: torch.randn(x.shape, generator=draws, dtype=x.dtype)  # noqa: E731
        return sample(row, lambda x, sigma: x / (1 + sigma**2), x, sigmas, noise_sampler=noise)

    torch.testing.assert_close(run(name), run(SAME_AS[name]), rtol=1e-12, atol=1e-12)


def test_every_cell_is_measured_or_says_why_not():
    named = {(one.sampler, one.scheduler, one.budget) for one in measured()}
    for name in SAMPLERS:
        for scheduler in SCHEDULERS:
            for budget in BUDGETS:
                one = cell(name, scheduler, budget)
                known = (name, scheduler, budget) in named
                assert known == (not one.reason and name not in SAME_AS)
                assert bool(one.reason) == (one.steps == 0)


def test_lists_with_more_or_fewer_levels_than_steps_keep_the_budget():
    for scheduler in ("ddim_uniform", "beta"):
        one = cell("euler", scheduler, 20)
        assert len(make_sigmas(scheduler, one.steps, TABLE)) - 1 == one.calls == 20


@pytest.mark.parametrize(
    ("given", "says"),
    [(("eular", "karras", 5), "euler"), (("euler", "karas", 5), "karras"), (("euler", "karras", 0), "0")],
)
def test_bad_cells_are_refused(given, says):
    with pytest.raises(ValueError, match=says):
        cell(*given)
