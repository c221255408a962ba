"""Exact denoisers: against numerical integration, against each other, and against their own paths."""

import math

import pytest
import torch

from course_lib.diffusion import DatasetDenoiser, GaussianDenoiser, MixtureDenoiser

F64 = torch.float64


def posterior_mean(x, sigma, density):
    """By brute force: the mean of x0 weighted by density(x0) * N(x; x0, sigma**2), on a fine grid."""
    grid = torch.linspace(-8, 8, 40_001, dtype=F64)
    weights = density(grid) * torch.exp(-((x - grid) ** 2) / (2 * sigma**2))
    return (weights * grid).sum() / weights.sum()


def normal(grid, mean, std):
    return torch.exp(-((grid - mean) ** 2) / (2 * std**2)) / std


@pytest.mark.parametrize("sigma", [0.1, 0.7, 5.0])
@pytest.mark.parametrize("x", [-2.0, 0.1, 3.0])
def test_against_the_integral(x, sigma):
    one = GaussianDenoiser(0.4, 0.6)(torch.tensor([[x]], dtype=F64), sigma)
    assert one.item() == pytest.approx(posterior_mean(x, sigma, lambda g: normal(g, 0.4, 0.6)).item(), abs=1e-6)
    mixture = MixtureDenoiser(*(torch.tensor(v, dtype=F64) for v in ([1.0, 3.0], [[-1.0], [1.5]], [0.3, 0.5])))
    expected = posterior_mean(x, sigma, lambda g: normal(g, -1, 0.3) + 3 * normal(g, 1.5, 0.5))
    assert mixture(torch.tensor([[x]], dtype=F64), sigma).item() == pytest.approx(expected.item(), abs=1e-6)


def test_a_mixture_of_one_is_the_gaussian_in_many_dimensions():
    x = torch.randn(4, 2, 3, dtype=F64)
    mean = torch.randn(2, 3, dtype=F64)
    mixture = MixtureDenoiser(torch.ones(1, dtype=F64), mean[None], torch.tensor([0.5], dtype=F64))
    torch.testing.assert_close(mixture(x, 0.8), GaussianDenoiser(mean, 0.5)(x, 0.8))


@pytest.mark.parametrize("sigma", [0.05, 1.0, 12.0])
def test_a_data_set_is_a_mixture_of_points(sigma):
    pictures, x = torch.randn(7, 3, 4, 4, dtype=F64), torch.randn(5, 3, 4, 4, dtype=F64)
    points = MixtureDenoiser(torch.ones(7, dtype=F64), pictures, torch.zeros(7, dtype=F64))
    exact = DatasetDenoiser(pictures)
    torch.testing.assert_close(exact(x, sigma), points(x, sigma))
    torch.testing.assert_close(exact.weights(x, sigma), points.responsibilities(x, sigma))
    distances = (x[:, None] - pictures[None]).square().flatten(2).sum(-1)
    torch.testing.assert_close(exact.weights(x, sigma), torch.softmax(-distances / (2 * sigma**2), dim=1))


def test_at_low_noise_a_data_set_recalls_and_at_high_noise_it_averages():
    pictures = torch.randn(7, 12)
    exact = DatasetDenoiser(pictures)
    torch.testing.assert_close(exact(pictures + 0.01 * torch.randn(7, 12), 0.03), pictures)
    torch.testing.assert_close(exact(torch.randn(2, 12), 1e4), pictures.mean(0).expand(2, -1), rtol=1e-2, atol=1e-2)


def test_the_gaussians_path_obeys_the_ode():
    exact, x, sigma, h = GaussianDenoiser(0.3, 0.5), torch.tensor([[2.0]], dtype=F64), 1.3, 1e-5
    slope = (exact.solve(x, sigma, sigma + h) - exact.solve(x, sigma, sigma - h)) / (2 * h)
    torch.testing.assert_close(slope, (x - exact(x, sigma)) / sigma)
    there = exact.solve(x, sigma, 0.2)
    torch.testing.assert_close(exact.solve(there, 0.2, sigma), x)


@pytest.mark.parametrize("denoise", [GaussianDenoiser(0.1, 0.5), DatasetDenoiser(torch.randn(5, 3, dtype=F64))])
def test_forward_mode_differentiation(denoise):
    x, sigma = torch.randn(2, 3, dtype=F64), torch.tensor(0.9, dtype=F64)
    direction = (torch.randn(2, 3, dtype=F64), torch.tensor(0.4, dtype=F64))
    _, derivative = torch.func.jvp(denoise, (x, sigma), direction)
    h = 1e-6
    ahead, behind = (denoise(x + s * h * direction[0], sigma + s * h * direction[1]) for s in (1, -1))
    torch.testing.assert_close(derivative, (ahead - behind) / (2 * h), rtol=1e-5, atol=1e-7)


def test_bad_input_is_refused():
    for std in (0.0, -1.0, torch.tensor([1.0, 0.0]), math.nan):
        with pytest.raises(ValueError, match="std must be above 0"):
            GaussianDenoiser(0.0, std)
    with pytest.raises(ValueError, match=r"weights and stds must be \(K,\) and means \(K, ...\)"):
        MixtureDenoiser(torch.ones(2), torch.zeros(3, 1), torch.ones(2))
    with pytest.raises(ValueError, match="weights must be above 0"):
        MixtureDenoiser(torch.tensor([1.0, -1.0]), torch.zeros(2, 1), torch.ones(2))
    with pytest.raises(ValueError, match="at least one; got shape"):
        DatasetDenoiser(torch.zeros(0, 3))
    for denoise in (
        DatasetDenoiser(torch.zeros(2, 3)),
        MixtureDenoiser(torch.ones(2), torch.zeros(2, 3), torch.ones(2)),
    ):
        with pytest.raises(ValueError, match=r"a batch of \(3,\), like the data; got shape \(1, 4\)"):
            denoise(torch.zeros(1, 4), 1.0)
