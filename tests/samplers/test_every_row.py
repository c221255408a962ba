"""One checklist for every row of the table: shape, dtype, chaining, seeds, calls, bad input."""

import gc
import math
import re
from collections import deque

import pytest
import torch

from course_lib.samplers import SAMPLERS, sample, steps
from tests.samplers.problems import DENOISE, SIGMAS, Calls, generator, needs, start

ROWS = pytest.mark.parametrize("name", SAMPLERS)
ENDS = {"dpm_fast": SIGMAS[-2], "dpm_adaptive": SIGMAS[-2], "uni_pc": 0.001, "uni_pc_bh2": 0.001}
CALLS = {  # where the steps are not all alike: calls of each
    "heunpp2": [3, 3, 3, 3, 2, 1],
    "plms": [2, 1, 1, 1, 1, 1],
    "pndm": [4, 4, 4, 1, 1, 1],
    "dpm_fast": [3, 2, 1],
    "uni_pc": [2, 1, 1, 1, 1, 0],  # each step looks at the next level already
    "uni_pc_bh2": [2, 1, 1, 1, 1, 0],
    "supreme": [6, 2, 2, 2, 2, 2],
}


def walk(name, x, denoise=DENOISE, sigmas=SIGMAS, seed=0, **options):
    return steps(name, denoise, x, sigmas, generator=generator(seed), **needs(name, **options))


def result(*args, **options):
    return list(walk(*args, **options))[-1].x_next


@ROWS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 2), (1, 4), (1, 3, 4, 4)])
def test_shape_and_dtype_are_kept(name, dtype, shape):
    seen = []

    def denoise(x, sigma):
        seen.append((x.shape, x.dtype, sigma.shape))
        return DENOISE(x, sigma)

    for step in walk(name, start(*shape, dtype=dtype), denoise):
        for state in (step.x, step.denoised, step.target, step.x_next):
            assert state.shape == shape and state.dtype == dtype and state.isfinite().all()
    assert set(seen) == {(torch.Size(shape), dtype, torch.Size([]))}


@ROWS
def test_float32_follows_float64(name):
    # Noise is injected: the two precisions would draw different numbers.
    draws = [torch.randn(2, 3, generator=generator(i), dtype=torch.float64) for i in range(40)]
    results = []
    for dtype in (torch.float32, torch.float64):
        pool = iter(draws)
        noise = lambda sigma, sigma_next, pool=pool, dtype=dtype: next(pool).to(dtype)  # noqa: E731
        x = start(2, 3).to(dtype)
        results.append(sample(name, DENOISE, x, SIGMAS, noise_sampler=noise, **needs(name)).double())
    torch.testing.assert_close(*results, rtol=2e-4, atol=2e-4)


@ROWS
def test_half_precision_runs(name):
    assert result(name, start(2, 3).half()).dtype == torch.float16


@ROWS
def test_steps_chain_and_follow_the_levels(name):
    walked = list(walk(name, start(2, 3)))
    assert [step.index for step in walked] == list(range(len(walked)))
    assert walked[0].sigma == SIGMAS[0] and walked[-1].sigma_next == ENDS.get(name, SIGMAS[-1])
    for before, after in zip(walked, walked[1:], strict=False):
        assert before.sigma_next == pytest.approx(after.sigma, rel=1e-12)
        assert torch.equal(before.x_next, after.x)
    assert torch.equal(walked[0].x, start(2, 3))
    whole = sample(name, DENOISE, start(2, 3), SIGMAS, generator=generator(), **needs(name))
    assert torch.equal(walked[-1].x_next, whole)


@ROWS
def test_inputs_are_not_changed(name):
    x, sigmas = start(2, 3), SIGMAS.clone()
    kept = {}

    def denoise(x, sigma):
        denoised = DENOISE(x, sigma)
        kept[denoised] = denoised.clone()
        return denoised

    list(walk(name, x, denoise, sigmas))
    assert torch.equal(x, start(2, 3)) and torch.equal(sigmas, SIGMAS)
    assert all(torch.equal(*pair) for pair in kept.items() if not torch._C._functorch.is_gradtrackingtensor(pair[0]))


@ROWS
def test_a_step_leads_to_where_it_aims(name):
    # Without noise, the move towards the target is the whole step.
    off = {
        option: 0.0 for option in SAMPLERS[name].options if option in ("eta", "eta_max", "eta_min", "eta_dance", "ita")
    }
    for step in walk(name, start(2, 3), **off):
        if name not in ("lcm", "lcm_custom_noise"):
            reached = step.target + step.sigma_next / step.sigma * (step.x - step.target)
            torch.testing.assert_close(reached, step.x_next, rtol=1e-9, atol=1e-9)


@ROWS
def test_same_seed_same_picture(name):
    first, again, other = (result(name, start(2, 3), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) != SAMPLERS[name].stochastic


@ROWS
def test_pictures_of_a_batch_are_as_they_would_be_alone_unless_the_row_says_so(name):
    options = {"table": needs(name)["table"]} if name == "pndm" else {}
    x = start(2, 3, 4, 4)
    x[1] *= 3  # far from the other: what looks at both finds something else

    def last(x, *seeds):
        walked = steps(name, DENOISE, x, SIGMAS, generator=[generator(seed) for seed in seeds], **options)
        return list(walked)[-1].x_next

    both, alone = last(x, 1, 2), torch.cat([last(x[:1], 1), last(x[1:], 2)])
    assert torch.allclose(both, alone, rtol=1e-9, atol=1e-9) == (not SAMPLERS[name].joint)


def test_as_many_generators_as_pictures():
    for wrong, said in [([generator()], "each of the 2 rows of x; got 1"), (5, "or a list of them; got 5")]:
        with pytest.raises(ValueError, match=said):
            steps("euler_ancestral", DENOISE, start(2, 3), SIGMAS, generator=wrong)


@ROWS
def test_global_seed_is_left_alone(name):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    result(name, start(2, 3))
    assert torch.equal(torch.get_rng_state(), before)


@ROWS
def test_calls(name):
    row, denoise, calls = SAMPLERS[name], Calls(), []
    for _ in walk(name, start(2, 3), denoise):
        calls.append(denoise.count)
        denoise.count = 0
    if row.calls_per_step is None:
        assert all(call % 3 == 0 for call in calls) and row.calls(6) is None  # three an attempt, refused ones too
    else:
        assert calls == CALLS.get(name, [row.calls_per_step] * 5 + [1])
        assert sum(calls) == row.calls(6)


@ROWS
def test_one_step_and_the_fewest_steps(name):
    row = SAMPLERS[name]
    for count in {row.min_steps, row.min_steps + 1}:
        levels = [8.0 / 2**i for i in range(count)] + [0.0]
        denoise = Calls()
        whole = sample(name, denoise, start(2, 3), levels, generator=generator(), **needs(name))
        assert whole.isfinite().all()
        if row.calls_per_step:
            assert denoise.count == row.calls(count)
    with pytest.raises(ValueError, match="at least"):
        walk(name, start(2, 3), sigmas=[8.0 / 2**i for i in range(row.min_steps)])


@ROWS
def test_steps_are_made_only_when_asked_for(name):
    def denoise(x, sigma):
        raise AssertionError("called too early")

    walk(name, start(2, 3), denoise)


@ROWS
@pytest.mark.parametrize(
    ("sigmas", "said"),
    [
        ([1.0], "at least two levels"),
        ([[2.0, 1.0]], "at least two levels"),
        ([1.0, 2.0, 0.0], r"level 1 \(2\) not below level 0 \(1\)"),
        ([2.0, 1.0, 1.0], r"level 2 \(1\) not below level 1 \(1\)"),
        ([1.0, 0.5, -0.1], "not negative; got -0.1 as level 2"),
        ([2.0, math.nan, 0.0], "finite and not negative; got nan as level 1"),
        ([math.inf, 1.0, 0.0], "finite and not negative; got inf as level 0"),
    ],
)
def test_bad_levels_are_refused(name, sigmas, said):
    with pytest.raises(ValueError, match=said):
        walk(name, start(2, 3), sigmas=sigmas)


@ROWS
def test_bad_states_are_refused(name):
    with pytest.raises(ValueError, match=r"floating-point tensor \(B, ...\); got \(2, 3\) of torch.int64"):
        walk(name, torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match="has no option 'etta'"):
        walk(name, start(2, 3), etta=1)
    with pytest.raises(ValueError, match=r"shape of x, \(2, 3\); got \(2, 1\)"):
        result(name, start(2, 3), lambda x, sigma: x[:, :1])


NOT_NEGATIVE = {
    "eta",
    "eta_max",
    "eta_min",
    "eta_dance",
    "s_noise",
    "s_churn",
    "s_tmin",
    "s_tmax",
    "ita",
    "reversible_eta",
}
BAD = dict.fromkeys(NOT_NEGATIVE, (-0.5, math.nan, "much")) | {
    "r": (0, 1.5, -0.5, math.nan),
    "c2": (0, 1.5, math.nan),
    "rtol": (0, -1e-3, math.nan, math.inf),
    "atol": (0, -1e-3),
    "h_init": (0, -0.1),
    "accept_safety": (0, "safe"),
    "pcoeff": (math.nan,),
    "icoeff": ("one",),
    "dcoeff": (None,),
    "momentum": (-1.5, 1.5, math.nan),
    "order": (0, 5, 2.5, True, "two"),
    "max_order": (0, 5),
    "leap": (0, 1.5),
    "substeps": (0, 1.5),
    "max_attempts": (0,),
    "modulation_dims": (0, 4),
    "solver_type": ("euler", 1),
    "step_method": ("eulr",),
    "substep_method": ("",),
    "noise_modulation": (True, "loud"),
    "fixed_r": (1, "no"),
    "denoise_to_zero": (0,),
    "consistent_end": (None,),
    "repaired": ("yes",),
    "noise_type": ("gausian",),
    "table": (None, 3),
    **dict.fromkeys(["centralization", "normalization", "edge_enhancement", "perphist"], (math.nan, "a bit")),
    "modulation_strength": (math.nan,),
}


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name, row in SAMPLERS.items() for option in row.options]
)
def test_options_out_of_range_are_refused(name, option):
    for bad in BAD[option]:
        with pytest.raises(
            ValueError, match=f"{option}=?,? ?(must|the NoiseTable)|unknown noise 'gausian'; did you mean gaussian"
        ):
            walk(name, start(2, 3), **{option: bad})


def test_every_option_is_checked_where_it_stands():
    for name, row in SAMPLERS.items():
        assert row.options.keys() - row.checks.keys() <= {"table", "noise_type"}, name


@ROWS
def test_noise_needs_a_source(name):
    row = SAMPLERS[name]
    if row.stochastic:
        with pytest.raises(ValueError, match="got neither"):
            steps(name, DENOISE, start(2, 3), SIGMAS, **needs(name))
    else:
        sample(name, DENOISE, start(2, 3), SIGMAS, **needs(name))
    for option in row.options.keys() & {"eta", "s_churn", "ita", "eta_max"}:
        with pytest.raises(ValueError, match="got neither"):
            steps(name, DENOISE, start(2, 3), SIGMAS, **needs(name, **{option: 0.5}))


@ROWS
def test_noise_that_changes_nothing_is_not_drawn(name):
    def forbidden(sigma, sigma_next):
        raise AssertionError("drawn for nothing")

    options = SAMPLERS[name].options
    if "s_noise" in options:
        sample(name, DENOISE, start(2, 3), SIGMAS, noise_sampler=forbidden, **needs(name, s_noise=0.0))
    off = {option: 0.0 for option in ("eta", "eta_max", "eta_dance", "ita") if option in options}
    if off:
        sample(name, DENOISE, start(2, 3), SIGMAS, noise_sampler=forbidden, **needs(name, **off))
    if SAMPLERS[name].stochastic and name != "res_momentumized":  # which draws before a step, not after it
        (step,) = steps(name, DENOISE, start(2, 3), [2.0, 0.0], noise_sampler=forbidden, **needs(name))
        torch.testing.assert_close(step.x_next, step.denoised)


@ROWS
def test_every_row_knows_itself(name):
    row = SAMPLERS[name]
    assert row.name == name and row.label
    assert re.search(r"arXiv \d{4}\.\d{5}", row.source) or "no paper" in row.source
    assert row.family in {"single-step ODE", "multistep ODE", "stochastic", "distilled or experimental"}
    assert row.chapter in {"ODE", "SDE", "implicit", "momentum", None}
    assert row.stochastic == (row.family in {"stochastic", "distilled or experimental"})


def test_the_chapter_lists_all_but_two():
    assert {name for name, row in SAMPLERS.items() if row.chapter is None} == {"ipndm", "dpmpp_sde"}
    assert len(SAMPLERS) == 30


def test_an_unknown_name_lists_the_near_ones():
    with pytest.raises(ValueError, match="unknown sampler 'hune'; did you mean heun"):
        steps("hune", DENOISE, start(2, 3), SIGMAS)


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - {"dpm_adaptive"}))  # which must know its error to go on
def test_no_step_waits_for_a_number_from_the_device(name):
    """On the meta device a tensor has no numbers: asking for one raises, as it would stall a GPU."""
    x = torch.empty(2, 3, 4, 4, device="meta")

    def denoise(x, sigma):
        assert sigma.device.type == "meta"
        return x / (1 + sigma**2)

    options = {"table": needs("pndm")["table"]} if name == "pndm" else {}
    noise = lambda sigma, sigma_next: torch.empty_like(x)  # noqa: E731
    assert sample(name, denoise, x, SIGMAS, noise_sampler=noise, **options).device.type == "meta"


def test_dpm_adaptive_says_so_where_its_steps_become_too_short_to_be_steps():
    calls = []

    def jumping(x, sigma):
        calls.append(sigma)
        return torch.full_like(x, 1e15 * (-1) ** len(calls))

    with pytest.raises(ValueError, match="dpm_adaptive must reach sigma"):
        sample("dpm_adaptive", jumping, torch.zeros(1, 1, dtype=torch.float64), [10.0, 1.0], rtol=1e-9)


# Torchsde's Brownian path is a tree whose branches know each other; ttm's derivative leaves a circle of PyTorch's.
IN_CIRCLES = {name for name, row in SAMPLERS.items() if row.noise == "brownian"} | {"ttm"}


@pytest.mark.parametrize("name", sorted(SAMPLERS.keys() - IN_CIRCLES))
@pytest.mark.parametrize("whole", [True, False], ids=["to its end", "broken off"])
def test_what_a_run_held_is_given_back_at_once(name, whole):
    """And not only when Python looks for circles: a state of a real model is large."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        walking = walk(name, start(2, 3))
        deque(walking, maxlen=0) if whole else next(walking)
        del walking
        gc.collect()
        assert not [found for found in gc.garbage if isinstance(found, torch.Tensor)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
