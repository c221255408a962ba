"""The layers against PyTorch's own, on the CPU in float32."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from benchmarks.rows import Row, alternate, close
from course_lib import layers


def rows() -> list[Row]:
    """Convolution (as a product and as loops), its transpose, pooling, attention and group norm."""
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

    transposed, shape = normal(32, 32, 4, 4), tuple(x.shape)

    picture = f"{shape}, 32 kernels"
    comparisons = {
        "conv2d": (
            lambda: layers.conv2d(x, weight, bias, padding=1), lambda: F.conv2d(x, weight, bias, padding=1), 20,
            f"{picture} 3x3, padding 1", 2.5,
        ),
        "conv_transpose2d": (
            lambda: layers.conv_transpose2d(x, transposed, stride=2, padding=1),
            lambda: F.conv_transpose2d(x, transposed, stride=2, padding=1), 10, f"{picture} 4x4, stride 2", 3,
        ),
        "max_pool2d": (
            lambda: layers.max_pool2d(x, 2), lambda: F.max_pool2d(x, 2), 20, f"{shape}, 2x2", 3,
        ),
        "avg_pool2d": (
            lambda: layers.avg_pool2d(x, 2), lambda: F.avg_pool2d(x, 2), 20, f"{shape}, 2x2", 3,
        ),
        "conv2d_loops": (
            lambda: layers.conv2d_loops(tiny, tiny_weight, padding=1), lambda: F.conv2d(tiny, tiny_weight, padding=1),
            5, "(1, 2, 8, 8), 2 kernels 3x3, padding 1: slow, and meant to be", None,
        ),
        "scaled_dot_product_attention": (
            lambda: layers.attention(query, key, value, heads=4), sdpa, 20, "(2, 1024, 64), 4 heads", 1.5,
        ),
        "group_norm": (
            lambda: layers.group_norm(x, 8, scale, offset), lambda: F.group_norm(x, 8, scale, offset), 30,
            f"{shape}, 8 groups", None,
        ),
    }  # fmt: skip
    reasons = {
        "conv2d": "written as patches and one product, to be read; PyTorch's compiled loops copy no patches",
        "scaled_dot_product_attention": "all scores are written out, to be looked at; PyTorch never holds them",
    }
    return [
        Row(
            name,
            alternate(ours, peer, repeats, close()),
            f"F.{name.removesuffix('_loops')}",
            note,
            goal,
            reason=reasons.get(name, ""),
        )
        for name, (ours, peer, repeats, note, goal) in comparisons.items()
    ]
