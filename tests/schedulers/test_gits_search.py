"""The search for levels: the best path is found, and its levels beat even ones on the problem they were made for."""

from itertools import combinations

import pytest
import torch

from course_lib.diffusion import MixtureDenoiser, NoiseTable
from course_lib.samplers import sample, steps
from course_lib.schedulers import jump_costs, make_sigmas, search_gits

TABLE = NoiseTable.scaled_linear()
DENOISE = MixtureDenoiser(
    torch.tensor([0.5, 0.3, 0.2]),
    torch.tensor([[-1.5, 0.5], [1.0, 1.25], [0.75, -1.75]]),
    torch.tensor([0.35, 0.25, 0.5]),
)


def start(seed=0, count=64):
    return TABLE.sigma_max * torch.randn(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def teacher(count=20, name="ipndm"):
    return list(steps(name, DENOISE, start(), make_sigmas("karras", count + 1, TABLE)[:-1]))


RUN = teacher()


@pytest.mark.parametrize("distance", ["line", "l1", "l2"])
@pytest.mark.parametrize("coefficient", [0.8, 1.0, 1.2])
def test_no_other_path_costs_less(distance, coefficient):
    costs, last, count = jump_costs(RUN, distance), len(RUN), 4

    def price(path):
        return sum(coefficient**k * costs[i, j].item() for k, (i, j) in enumerate(zip(path, path[1:], strict=False)))

    cheapest = min(combinations(range(1, last), count - 1), key=lambda middle: price((0, *middle, last)))
    levels = [RUN[0].sigma, *(step.sigma_next for step in RUN)]
    wanted = [levels[i] for i in (0, *cheapest)] + [0.0]
    found = search_gits(RUN, count, coefficient=coefficient, distance=distance)
    assert found.tolist() == pytest.approx(wanted)


def test_costs_are_those_of_one_jump_of_euler():
    costs, fifth = jump_costs(RUN, "l2"), RUN[5]
    jump = sample("euler", DENOISE, fifth.x, [fifth.sigma, RUN[8].sigma_next])
    assert costs[5, 9] == pytest.approx((jump - RUN[8].x_next).norm(dim=1).mean().item())
    assert torch.isinf(costs[5, 5]) and torch.isinf(costs[5, 2])


def test_its_levels_beat_even_ones_from_other_starts():
    x = start(seed=1)
    exact = sample("heun", DENOISE, x, make_sigmas("karras", 400, TABLE))

    def error(sigmas):
        return (sample("euler", DENOISE, x, sigmas) - exact).norm(dim=1).mean()

    run = teacher(60)
    for count in (10, 15):
        found = error(search_gits(run, count, coefficient=1.0, distance="l2"))
        for name in ("normal", "karras", "exponential"):
            assert found < error(make_sigmas(name, count, TABLE))


def test_a_larger_coefficient_spends_more_steps_late():
    early, late = (search_gits(teacher(60), 8, coefficient=c, distance="l2") for c in (0.8, 1.5))
    assert (late[1:-1] <= early[1:-1]).all() and (late[1:-1] < early[1:-1]).any()


def test_pictures_work_as_points_do():
    x = start().reshape(32, 2, 2, 1).repeat(1, 1, 1, 3)
    run = list(steps("euler", lambda x, sigma: x / (1 + sigma**2), x, make_sigmas("karras", 10, TABLE)[:-1]))
    assert len(search_gits(run, 3)) == 4


@pytest.mark.parametrize(
    ("count", "options", "said"),
    [
        (1, {}, "steps must be a whole number, at least 2; got 1"),
        (21, {}, "at most those of the run, 20; got 21"),
        (5, {"coefficient": 0}, "coefficient must be a number above 0"),
        (5, {"distance": "l3"}, "distance must be one of line, l1, l2; got 'l3'"),
    ],
)
def test_bad_input_is_refused(count, options, said):
    with pytest.raises(ValueError, match=said):
        search_gits(RUN, count, **options)
