"""One checklist for every row of the table: shape, dtype, chaining, seeds, calls, bad input."""

import math

import pytest
import torch

from course_lib.diffusion import GaussianDenoiser, NoiseTable
from course_lib.samplers import SAMPLERS, sample, steps
from course_lib.schedulers import make_sigmas

SIGMAS = make_sigmas("karras", 6, NoiseTable.scaled_linear())
DENOISE = GaussianDenoiser(0.3, 0.5)
ROWS = pytest.mark.parametrize("name", SAMPLERS)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def start(*shape, dtype=torch.float64):
    return SIGMAS[0].item() * torch.randn(*shape, generator=generator(7), dtype=dtype)


@ROWS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 2), (1, 4)])
def test_shape_and_dtype_are_kept(name, dtype, shape):
    seen = []

    def denoise(x, sigma):
        seen.append((x.shape, x.dtype, sigma.shape))
        return DENOISE(x, sigma)

    for step in steps(name, denoise, start(*shape, dtype=dtype), SIGMAS, generator=generator()):
        for state in (step.x, step.denoised, step.target, step.x_next):
            assert state.shape == shape and state.dtype == dtype
    assert set(seen) == {(torch.Size(shape), dtype, torch.Size([]))}


@ROWS
def test_float32_follows_float64(name):
    # Noise is injected: the two precisions would draw different numbers.
    draws = [torch.randn(2, 3, generator=generator(i), dtype=torch.float64) for i in range(40)]
    results = []
    for dtype in (torch.float32, torch.float64):
        pool = iter(draws)
        noise = lambda sigma, sigma_next, pool=pool, dtype=dtype: next(pool).to(dtype)  # noqa: E731
        results.append(sample(name, DENOISE, start(2, 3).to(dtype), SIGMAS, noise_sampler=noise).double())
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-4)


@ROWS
def test_steps_chain_and_follow_the_levels(name):
    walked = list(steps(name, DENOISE, start(2, 3), SIGMAS, generator=generator()))
    assert [step.index for step in walked] == list(range(len(walked)))
    assert walked[0].sigma == SIGMAS[0] and walked[-1].sigma_next == SIGMAS[-1]
    for before, after in zip(walked, walked[1:], strict=False):
        assert before.sigma_next == after.sigma
        assert torch.equal(before.x_next, after.x)
    assert torch.equal(walked[-1].x_next, sample(name, DENOISE, start(2, 3), SIGMAS, generator=generator()))


@ROWS
def test_same_seed_same_picture(name):
    first, again, other = (sample(name, DENOISE, start(2, 3), SIGMAS, generator=generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) != SAMPLERS[name].stochastic


@ROWS
def test_global_seed_is_left_alone(name):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    sample(name, DENOISE, start(2, 3), SIGMAS, generator=generator())
    assert torch.equal(torch.get_rng_state(), before)


@ROWS
def test_calls_per_step(name):
    count = 0

    def denoise(x, sigma):
        nonlocal count
        count += 1
        return DENOISE(x, sigma)

    calls = []
    for _ in steps(name, denoise, start(2, 3), SIGMAS, generator=generator()):
        calls.append(count)
        count = 0
    assert calls == [SAMPLERS[name].calls_per_step] * 5 + [1]


@ROWS
def test_steps_are_made_only_when_asked_for(name):
    def denoise(x, sigma):
        raise AssertionError("called too early")

    steps(name, denoise, start(2, 3), SIGMAS, generator=generator())


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
        steps(name, DENOISE, start(2, 3), sigmas, generator=generator())


@ROWS
def test_bad_states_and_options_are_refused(name):
    with pytest.raises(ValueError, match=r"floating-point tensor \(B, ...\); got \(2, 3\) of torch.int64"):
        steps(name, DENOISE, torch.zeros(2, 3, dtype=torch.int64), SIGMAS, generator=generator())
    with pytest.raises(ValueError, match="has no option 'etta'"):
        steps(name, DENOISE, start(2, 3), SIGMAS, generator=generator(), etta=1)
    for option in SAMPLERS[name].options.keys() & {"eta", "s_noise", "s_churn"}:
        for bad in (-0.5, math.nan, "much"):
            with pytest.raises(ValueError, match=f"{option} must be a number"):
                steps(name, DENOISE, start(2, 3), SIGMAS, generator=generator(), **{option: bad})
    with pytest.raises(ValueError, match=r"shape of x, \(2, 3\); got \(2, 1\)"):
        sample(name, lambda x, sigma: x[:, :1], start(2, 3), SIGMAS, generator=generator())


@ROWS
def test_noise_needs_a_source(name):
    if SAMPLERS[name].stochastic:
        with pytest.raises(ValueError, match="got neither"):
            steps(name, DENOISE, start(2, 3), SIGMAS)
    else:
        sample(name, DENOISE, start(2, 3), SIGMAS)
    for option in SAMPLERS[name].options.keys() & {"eta", "s_churn"}:
        with pytest.raises(ValueError, match="got neither"):
            steps(name, DENOISE, start(2, 3), SIGMAS, **{option: 0.5})


@ROWS
def test_every_row_knows_itself(name):
    row = SAMPLERS[name]
    assert row.name == name and row.label and row.source
    assert row.family in {"single-step ODE", "multistep ODE", "stochastic", "distilled or experimental"}


def test_an_unknown_name_lists_the_near_ones():
    with pytest.raises(ValueError, match="unknown sampler 'hune'; did you mean heun"):
        steps("hune", DENOISE, start(2, 3), SIGMAS)
