"""Runs that leave the range of their numbers, or that a sampler breaks off: what is said, and of which step."""

import pytest
import torch

from course_lib.models import untrained
from course_lib.pipeline import NotFiniteError, prepare
from course_lib.pipeline.finite import all_finite
from course_lib.samplers import Step

MODEL = untrained()
IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_an_image_whose_latent_is_not_finite_is_refused_before_the_first_step(monkeypatch):
    monkeypatch.setattr(MODEL.vae, "encode", lambda image: (torch.full((1, 4, 8, 8), torch.inf), None))
    with pytest.raises(NotFiniteError) as caught:
        prepare(MODEL, "a", image=IMAGE, steps=1)
    assert str(caught.value) == (
        "the latent of the image is not finite: its numbers or their squares grew beyond what float32 holds. "
        "What helps: another sampler or more steps; else the model's weights are damaged"
    )
    assert caught.value.step is None


@pytest.mark.parametrize(
    ("scale", "dtype", "helps"),
    [
        (7.5, torch.float16, "single precision (dtype=torch.float32; on the command line COURSE_DEVICE=cpu), or less "
                             "guidance than 7.5"),
        (1, torch.bfloat16, "single precision (dtype=torch.float32; on the command line COURSE_DEVICE=cpu)"),
        (1.5, torch.float32, "less guidance than 1.5"),
        (1.0, torch.float64, "another sampler or more steps; else the model's weights are damaged"),
    ],
)  # fmt: skip
def test_what_helps(scale, dtype, helps):
    error = NotFiniteError("the picture", scale, dtype, step := Step(0, 1.0, 0.5, *[IMAGE] * 4))
    precision = str(dtype)[6:]
    assert str(error) == (
        f"the picture is not finite: its numbers or their squares grew beyond what {precision} holds. "
        f"What helps: {helps}"
    )
    assert error.step is step


def test_all_tensors_are_looked_at_and_their_squares():
    good = torch.ones(3)
    assert all_finite(good) is True and all_finite(good, 1e18 * good, good) is True
    for bad in (torch.nan, torch.inf, 1e20):
        for tensors in ((good * bad, good), (good, good * bad), (torch.tensor([1, bad]),)):
            assert all_finite(*tensors) is False


def test_the_last_step_is_with_an_error_of_the_picture(monkeypatch):
    run = prepare(MODEL, "a", steps=3, sampler="euler")
    steps = list(run)
    monkeypatch.setattr(MODEL.vae, "decode", lambda latent: torch.full((1, 3, 16, 16), torch.nan))
    with pytest.raises(
        NotFiniteError, match="the picture that the VAE decodes after 3 steps .*guidance than 3$"
    ) as caught:
        run.finish(steps)
    assert caught.value.step is steps[-1]
    with pytest.raises(NotFiniteError, match="after 0 steps") as caught:
        run.finish([])
    assert caught.value.step is None


def test_an_error_of_a_sampler_is_left_as_it_is_where_numbers_were_fine():
    def denoise(x, sigma):
        raise ValueError("of the sampler's own")

    run = prepare(MODEL, "a", steps=2, sampler="euler")
    run.denoise = denoise
    with pytest.raises(ValueError, match="^of the sampler's own$"):
        list(run)
    run, calls = prepare(MODEL, "a", steps=3, sampler="euler"), []
    answers = run.denoise

    def at_the_second(x, sigma):
        calls.append(sigma)
        if len(calls) == 2:
            raise ValueError("of the sampler's own")
        return answers(x, sigma)

    run.denoise = at_the_second
    with pytest.raises(ValueError, match="^of the sampler's own$"):
        list(run)


def test_where_a_sampler_breaks_off_the_step_is_the_one_it_was_in():
    run, calls = prepare(MODEL, "a", steps=6, sampler="dpm_adaptive"), []
    answers = run.denoise

    def bad_at_last(x, sigma):
        calls.append((x, sigma))
        return answers(x, sigma) * (torch.nan if len(calls) == 8 else 1)

    run.denoise = bad_at_last
    walked = []
    with pytest.raises(NotFiniteError) as caught:
        walked.extend([step.index] for step in run)
    step = caught.value.step
    assert f"the latent of step {step.index + 1}, at sigma {step.sigma:.3g}," in str(caught.value)
    assert step.index > 0 and step.sigma_next == 0 and step.sigma == pytest.approx(calls[-1][1].item(), rel=0.5)
