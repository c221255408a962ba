"""Lesson 12's problem: the exact paths are exact, and crowds stay what the equation promises."""

import math

import pytest
import torch
from scipy.integrate import solve_ivp

from course_lib.lessons import lesson_12 as lesson
from course_lib.lessons.plane import blobs
from course_lib.lessons.plane.board import mesh


def test_the_exact_path_is_that_of_another_solver():
    x = torch.tensor([[3.0, 2.0], [-0.28, 3.5], [-4.0, -3.0]], dtype=torch.float64)

    def right_side(sigma, flat):
        points = torch.from_numpy(flat.reshape(-1, 2))
        return blobs.slope(points, sigma).numpy().ravel()

    other = solve_ivp(right_side, (3.0, 0.05), x.numpy().ravel(), method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
    torch.testing.assert_close(
        lesson.exact_end(x, 3.0, 0.05), torch.from_numpy(other).reshape(-1, 2), rtol=0, atol=1e-6
    )


def test_the_errors_of_the_exact_path_are_as_small_as_it_says():
    """On every second cell of the plane, the borders among them."""
    x = mesh(20)
    right = lesson.exact_path(x, parts=256)[1][-1]
    far = {parts: (lesson.exact_path(x, parts=parts)[1][-1] - right).norm(dim=1).max() for parts in (24, 48)}
    assert far[24] < 1e-3 and far[24] / far[48] == pytest.approx(16, rel=0.5)
    assert (lesson.exact_end(x) - right).norm(dim=1).max() < 1e-6


def test_a_path_goes_up_and_down_again():
    x = lesson.data(20, seed=3)
    torch.testing.assert_close(lesson.exact_end(lesson.exact_end(x, 0.0, 3.0), 3.0, 0.0), x, rtol=0, atol=1e-5)


def test_the_density_is_that_of_the_denoiser():
    """The slope is -sigma times the gradient of its logarithm: Tweedie's formula, as the page says."""
    x = lesson.noisy(50, 0.8, seed=1).requires_grad_()
    (score,) = torch.autograd.grad(blobs.density(x, 0.8).log().sum(), x)
    torch.testing.assert_close(blobs.slope(x.detach(), 0.8), -0.8 * score)


@pytest.mark.parametrize("sigma", [1.0, 0.3, 0.0])
def test_a_crowd_on_exact_paths_is_data_with_less_noise(sigma):
    """Mean and standard deviation of each coordinate, within what 8000 draws allow."""
    moved = lesson.exact_end(lesson.noisy(8000, 3.0, seed=5), 3.0, sigma)
    mean = (blobs.SHARES[:, None] * blobs.MEANS).sum(0)
    second = (blobs.SHARES[:, None] * (blobs.STDS[:, None] ** 2 + sigma**2 + blobs.MEANS**2)).sum(0)
    std = (second - mean**2).sqrt()
    assert ((moved.mean(0) - mean).abs() < 4 * std / math.sqrt(8000)).all()
    assert ((moved.std(0) / std - 1).abs() < 0.04).all()


def test_fresh_noise_has_nothing_in_common_with_the_start():
    """One seed for both would widen every crowd, and nobody would see why."""
    from course_lib.lessons.lesson_12 import walks

    for cloud in lesson.down_and_up(0.0, 1.0)[:2]:
        noise = lesson.down_and_up(0.0, 1.0)[2] - lesson.down_and_up(0.0, 0.0)[2]
        assert torch.corrcoef(torch.stack([cloud.ravel(), noise.ravel()]))[0, 1].abs() < 0.05
    for particles in (lesson.CLOSE, lesson.ALL_OVER):
        x = walks._start(particles, 20, 30)
        fresh = lesson.walk("lcm", x, [3.0, 1.0]).states[-1] - lesson.BLOBS(x, 3.0)
        assert torch.corrcoef(torch.stack([x.ravel(), fresh.ravel()]))[0, 1].abs() < 0.2


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="start must be above 0.03.*got 0.01"):
        lesson.levels(5, start=0.01)
    with pytest.raises(ValueError, match="sigma must be a number in"):
        lesson.noisy(5, sigma=-1.0)
    with pytest.raises(ValueError, match="level must be a number in"):
        lesson.exact_path(torch.zeros(1, 2), -1.0, 0.0)
    with pytest.raises(ValueError, match="count must be a whole number"):
        lesson.data(0)
