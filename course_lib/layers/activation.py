"""Activations: the bends between two linear layers, each with its slope.

Every function here works on each number alone: x may have any shape, and the result has the same.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib.layers._inputs import floats


def relu(x: Tensor) -> Tensor:
    """Rectified linear unit: max(x, 0).

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.
    Source: Nair and Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines.

    Example:

    >>> relu(torch.tensor([[1.0, 2.0, -1.0], [0.0, 1.0, 2.0], [1.0, -1.0, 3.0]]))
    tensor([[1., 2., 0.],
            [0., 1., 2.],
            [1., 0., 3.]])
    """
    floats("x", x, "(...)")
    return torch.where(x <= 0, 0.0, x)  # not x > 0: a NaN must stay a NaN


def relu_gradient(x: Tensor) -> Tensor:
    """Slope of `relu`: 1 where x > 0, else 0. At 0 there is no slope; 0 is taken, as PyTorch does.

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.

    Example:

    >>> relu_gradient(torch.tensor([-2.0, 0.0, 2.0]))
    tensor([0., 0., 1.])
    """
    floats("x", x, "(...)")
    return torch.where(x <= 0, 0.0, torch.ones_like(x))


def silu(x: Tensor) -> Tensor:
    """Sigmoid linear unit, also called swish: x * sigmoid(x). Stable Diffusion's U-Net and VAE use it.

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.
    Source: Elfwing et al. 2017, arXiv 1702.03118.

    Example:

    >>> silu(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2689,  0.0000,  0.7311])
    """
    floats("x", x, "(...)")
    return x * torch.sigmoid(x)


def silu_gradient(x: Tensor) -> Tensor:
    """Slope of `silu`: s * (1 + x * (1 - s)) with s = sigmoid(x).

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.
    Source: Elfwing et al. 2017, arXiv 1702.03118.

    Example:

    >>> silu_gradient(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([0.0723, 0.5000, 0.9277])
    """
    floats("x", x, "(...)")
    s = torch.sigmoid(x)
    return s * (1 + x * (1 - s))


def gelu(x: Tensor) -> Tensor:
    """Gaussian error linear unit, exact: x * Phi(x).

        Phi(x) = (1 + erf(x / sqrt(2))) / 2       the chance that a standard normal number is below x

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.
    Source: Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2.

    Example:

    >>> gelu(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.0000,  0.8413])
    """
    floats("x", x, "(...)")
    return x * _Phi(x)


def gelu_gradient(x: Tensor) -> Tensor:
    """Slope of `gelu`: Phi(x) + x * phi(x), where phi(x) = exp(-x**2 / 2) / sqrt(2 * pi) is the slope of Phi.

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.

    Example:

    >>> gelu_gradient(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.0833,  0.5000,  1.0833])
    """
    floats("x", x, "(...)")
    phi = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return _Phi(x) + x * phi


def quick_gelu(x: Tensor) -> Tensor:
    """A cheaper curve near `gelu`: x * sigmoid(1.702 * x). The text encoder of Stable Diffusion 1.x uses it.

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.
    Source: Hendrycks and Gimpel 2016, arXiv 1606.08415, section 2.

    Example:

    >>> quick_gelu(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1542,  0.0000,  0.8458])
    """
    floats("x", x, "(...)")
    return x * torch.sigmoid(1.702 * x)


def quick_gelu_gradient(x: Tensor) -> Tensor:
    """Slope of `quick_gelu`: s * (1 + 1.702 * x * (1 - s)) with s = sigmoid(1.702 * x).

    x (...) holds floats; the result has the same shape.
    Raises ValueError if x is not a tensor of floats.

    Example:

    >>> quick_gelu_gradient(torch.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.0678,  0.5000,  1.0678])
    """
    floats("x", x, "(...)")
    s = torch.sigmoid(1.702 * x)
    return s * (1 + 1.702 * x * (1 - s))


def _Phi(x: Tensor) -> Tensor:
    """The standard normal distribution function."""
    return (1 + torch.erf(x / math.sqrt(2))) / 2
