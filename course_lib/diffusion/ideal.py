"""Exact denoisers: when the data are known, the best guess of the clean picture is a formula.

Each is a denoise(x, sigma) -> denoised as the samplers want it, and needs no training. The best guess is the mean of
all clean pictures, each weighted by how likely it is to have become x (the posterior mean).
"""

from __future__ import annotations

import torch


class GaussianDenoiser:
    """Exact for data whose every coordinate is N(mean, std**2).

    D = (std**2 * x + sigma**2 * mean) / (std**2 + sigma**2).

    mean, std : numbers, or tensors that broadcast over x (B, ...). Raises ValueError for a std that is not above 0.
    Source: Karras et al. 2022, arXiv 2206.00364, appendix B.3, for one Gaussian.

    Example:

    >>> GaussianDenoiser(0.0, 1.0)(torch.tensor([[4.0]]), torch.tensor(1.0))
    tensor([[2.]])
    """

    def __init__(self, mean: float | torch.Tensor = 0.0, std: float | torch.Tensor = 1.0):
        self.mean, self.std = mean, std
        if not bool((torch.as_tensor(std) > 0).all()):
            raise ValueError(f"std must be above 0; got {std}")

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """The posterior mean at x (B, ...), of the same shape."""
        return (self.std**2 * x + sigma**2 * self.mean) / (self.std**2 + sigma**2)

    def solve(self, x: torch.Tensor, sigma: float, sigma_next: float) -> torch.Tensor:
        """The exact end, at sigma_next, of the ODE path through x (B, ...) at sigma: what a sampler tries to reach.

        Example:

        >>> GaussianDenoiser(0.0, 1.0).solve(torch.tensor([[2.0]]), 3.0**0.5, 0.0)
        tensor([[1.]])
        """
        shrink = ((self.std**2 + sigma_next**2) / (self.std**2 + sigma**2)) ** 0.5
        return self.mean + (x - self.mean) * shrink


class MixtureDenoiser:
    """Exact for a mixture of round Gaussians: sum_k weights_k * N(means_k, stds_k**2 * I).

    weights : (K,), above 0, made to sum to 1; means : (K, ...), like x without its batch; stds : (K,), at least 0.
    Raises ValueError otherwise. Source: the posterior mean of a mixture, by Bayes' rule.

    Example:

    >>> two = MixtureDenoiser(torch.tensor([0.5, 0.5]), torch.tensor([[-1.0], [1.0]]), torch.tensor([0.1, 0.1]))
    >>> two(torch.tensor([[0.0], [2.0]]), torch.tensor(0.5))
    tensor([[0.0000],
            [1.0385]])
    """

    def __init__(self, weights: torch.Tensor, means: torch.Tensor, stds: torch.Tensor):
        if weights.ndim != 1 or stds.shape != weights.shape or len(means) != len(weights):
            raise ValueError(
                "weights and stds must be (K,) and means (K, ...); "
                f"got {tuple(weights.shape)}, {tuple(stds.shape)} and {tuple(means.shape)}"
            )
        if not bool((weights > 0).all() and (stds >= 0).all()):
            raise ValueError(f"weights must be above 0 and stds at least 0; got {weights} and {stds}")
        self.weights, self.means, self.stds = weights / weights.sum(), means, stds

    def responsibilities(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """How probably each part made x: (B, K), rows sum to 1. x : (B, ...).

        Example:

        >>> two = MixtureDenoiser(torch.ones(2), torch.tensor([[-1.0], [1.0]]), torch.ones(2))
        >>> two.responsibilities(torch.tensor([[0.0]]), 1.0)
        tensor([[0.5000, 0.5000]])
        """
        means, weights, stds = (part.to(x) for part in (self.means, self.weights, self.stds))
        variance = stds**2 + sigma**2  # (K,)
        distance = (x.flatten(1)[:, None] - means.flatten(1)).square().sum(-1)  # (B, K)
        dimensions = x[0].numel()
        return torch.softmax(weights.log() - dimensions / 2 * variance.log() - distance / (2 * variance), dim=1)

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """The posterior mean at x (B, ...), of the same shape. Raises ValueError when x does not fit the means."""
        _fits(x, self.means)
        means, stds = self.means.to(x).flatten(1), self.stds.to(x)
        share = self.responsibilities(x, sigma) / (stds**2 + sigma**2)  # (B, K)
        pulled = x.flatten(1) * (share * stds**2).sum(1, keepdim=True)
        return (pulled + sigma**2 * (share @ means)).reshape(x.shape)


class DatasetDenoiser:
    """Exact for a finite set of pictures: their mean, each weighted by softmax(-|x - picture|**2 / (2 sigma**2)).

    It can only recall: as sigma falls the weights settle on one picture, and that picture comes out.
    pictures : (N, ...). Raises ValueError when it is empty or does not fit x.
    Source: Karras et al. 2022, arXiv 2206.00364, eq. 57.

    Example:

    >>> recall = DatasetDenoiser(torch.tensor([[-1.0], [1.0]]))
    >>> recall(torch.tensor([[0.0], [0.1]]), torch.tensor(0.1))
    tensor([[0.],
            [1.]])
    """

    def __init__(self, pictures: torch.Tensor):
        if pictures.ndim < 2 or len(pictures) == 0:
            raise ValueError(f"pictures must be (N, ...) with at least one; got shape {tuple(pictures.shape)}")
        self.pictures = pictures
        self._flat = pictures.flatten(1)
        self._half_norms = self._flat.square().sum(1) / 2

    def weights(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """How much each picture counts for each x (B, ...): (B, N), rows sum to 1.

        |x - p|**2 = |x|**2 - 2 x.p + |p|**2, and |x|**2 is the same for all: one matrix product does it.

        Example:

        >>> DatasetDenoiser(torch.tensor([[-1.0], [1.0]])).weights(torch.tensor([[0.0]]), 1.0)
        tensor([[0.5000, 0.5000]])
        """
        _fits(x, self.pictures)
        return torch.softmax((x.flatten(1) @ self._flat.to(x).T - self._half_norms.to(x)) / sigma**2, dim=1)

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """The posterior mean at x (B, ...), of the same shape."""
        return (self.weights(x, sigma) @ self._flat.to(x)).reshape(x.shape)


def _fits(x: torch.Tensor, examples: torch.Tensor) -> None:
    if x.shape[1:] != examples.shape[1:]:
        raise ValueError(f"x must be a batch of {tuple(examples.shape[1:])}, like the data; got shape {tuple(x.shape)}")
