"""The layers against PyTorch's own, on the CPU in float32."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from benchmarks.rows import Row, alternate
from course_lib import layers


def rows() -> list[Row]:
    """Convolution (as a product and as loops), attention and group norm."""
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    x, weight, bias = normal(8, 32, 64, 64), normal(32, 32, 3, 3), normal(32)
    tiny, tiny_weight = normal(1, 2, 8, 8), normal(2, 2, 3, 3)
    query, key, value = normal(2, 1024, 64), normal(2, 1024, 64), normal(2, 1024, 64)
    scale, offset = normal(32), normal(32)

    def sdpa() -> torch.Tensor:
        q, k, v = (t.view(2, 1024, 4, 16).transpose(1, 2) for t in (query, key, value))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(2, 1024, 64)

    comparisons = [
        (
            "conv2d",
            lambda: layers.conv2d(x, weight, bias, padding=1),
            lambda: F.conv2d(x, weight, bias, padding=1),
            30,
            "F.conv2d",
            "(8, 32, 64, 64), 32 kernels 3x3, padding 1; at most 4 is wanted",
        ),
        (
            "conv2d_loops",
            lambda: layers.conv2d_loops(tiny, tiny_weight, padding=1),
            lambda: F.conv2d(tiny, tiny_weight, padding=1),
            5,
            "F.conv2d",
            "(1, 2, 8, 8), 2 kernels 3x3, padding 1: slow, and meant to be",
        ),
        (
            "attention",
            lambda: layers.attention(query, key, value, heads=4),
            sdpa,
            20,
            "F.scaled_dot_product_attention",
            "(2, 1024, 64), 4 heads",
        ),
        (
            "group_norm",
            lambda: layers.group_norm(x, 8, scale, offset),
            lambda: F.group_norm(x, 8, scale, offset),
            30,
            "F.group_norm",
            "(8, 32, 64, 64), 8 groups",
        ),
    ]
    return [
        Row(name, alternate(ours, peer, repeats), peer_name, note)
        for name, ours, peer, repeats, peer_name, note in comparisons
    ]
