"""Lesson 00, start here: what its page calls."""

from __future__ import annotations

import torch


def noise_picture(seed: int) -> torch.Tensor:
    """Noise (1, 3, 8, 8) that a seed brings back every time.

    Example:

    >>> bool((noise_picture(1) == noise_picture(1)).all())
    True
    """
    return torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
