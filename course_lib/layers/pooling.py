"""Pooling: one number for each window of a picture, with nothing to learn."""

from __future__ import annotations

import math

from torch import Tensor

from course_lib.layers._inputs import pair
from course_lib.layers.convolution import Pair, unfold


def max_pool2d(x: Tensor, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> Tensor:
    """Max pooling: the largest number of each window.

        out[b, c, i, j] = max over u, v of padded[b, c, i * stride + u, j * stride + v]

    x (B, C, H, W) gives (B, C, OH, OW), the `output_size` of each axis. The padding is minus infinity, so
    that it is never the largest. Kernel, stride (the kernel's size if None) and padding (at most half the
    kernel) are ints or pairs.
    Raises ValueError if x does not hold floats or has other axes, if a number is out of its range, or if the
    kernel does not fit in the padded picture.
    Source: Ronneberger et al. 2015, arXiv 1505.04597, section 2, where it halves the picture.

    Example:

    >>> import torch
    >>> x = [[2.0, 3.0, 1.0, 0.0], [5.0, 7.0, 6.0, 1.0], [4.0, 6.0, 8.0, 5.0], [9.0, 2.0, 3.0, 6.0]]
    >>> max_pool2d(torch.tensor([[x]]), kernel=2)
    tensor([[[[7., 6.],
              [9., 8.]]]])
    """
    windows = _windows(x, kernel, stride, padding, value=-math.inf)
    return windows.max(dim=2).values


def avg_pool2d(x: Tensor, kernel: Pair, stride: Pair | None = None, padding: Pair = 0) -> Tensor:
    """Average pooling: the mean of each window.

        out[b, c, i, j] = mean over u, v of padded[b, c, i * stride + u, j * stride + v]

    x (B, C, H, W) gives (B, C, OH, OW), the `output_size` of each axis. The padding is 0 and counts in the
    mean, as it does in PyTorch. Kernel, stride (the kernel's size if None) and padding (at most half the
    kernel) are ints or pairs.
    Raises ValueError if x does not hold floats or has other axes, if a number is out of its range, or if the
    kernel does not fit in the padded picture.
    Source: Dumoulin and Visin 2016, arXiv 1603.07285, section 3.

    Example:

    >>> import torch
    >>> avg_pool2d(torch.tensor([[[[1.0, 3.0, 0.0, 1.0], [5.0, 7.0, 2.0, 1.0]]]]), kernel=2)
    tensor([[[[4., 1.]]]])
    >>> avg_pool2d(torch.zeros(1, 1, 4, 4), kernel=2, padding=2)
    Traceback (most recent call last):
    ValueError: padding must be at most half the kernel (2, 2); got (2, 2)
    """
    windows = _windows(x, kernel, stride, padding, value=0.0)
    return windows.mean(dim=2)


def _windows(x, kernel, stride, padding, value):
    """Lay out the windows (B, C, KH * KW, OH, OW); refuse padding that could fill a window alone."""
    kernel, padding = pair("kernel", kernel, 1), pair("padding", padding, 0)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(f"padding must be at most half the kernel {kernel}; got {padding}")
    return unfold(x, kernel, stride=kernel if stride is None else stride, padding=padding, value=value)
