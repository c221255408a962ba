"""The U-Net's transformer: pixels attend to each other, then to the words, then each is worked on by itself.

Parameters have the names of the diffusers files. Source: Rombach et al. 2022, arXiv 2112.10752, appendix E.2.1;
CompVis/stable-diffusion, ldm/modules/attention.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_lib import expect
from course_lib.models.blocks import attend, picture_of, tokens_of


class Attention(nn.Module):
    """Queries from x, keys and values from `context`, or from x itself: (B, N, channels) -> (B, N, channels).

    Example:

    >>> Attention(8, heads=2, context_channels=6)(torch.zeros(1, 5, 8), torch.zeros(1, 3, 6)).shape
    torch.Size([1, 5, 8])
    """

    def __init__(self, channels: int, *, heads: int, context_channels: int | None = None):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context_channels or channels, channels, bias=False)
        self.to_v = nn.Linear(context_channels or channels, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """x (B, N, channels), context (B, M, context_channels) or None -> (B, N, channels)."""
        context = x if context is None else context
        return self.to_out[0](attend(self.to_q(x), self.to_k(context), self.to_v(context), self.heads))


class GEGLU(nn.Module):
    """One half of a projection, gated by the GELU of the other: (B, N, channels) -> (B, N, inner).

    Source: Shazeer 2020, arXiv 2002.05202.

    Example:

    >>> GEGLU(4, 16)(torch.zeros(1, 5, 4)).shape
    torch.Size([1, 5, 16])
    """

    def __init__(self, channels: int, inner: int):
        super().__init__()
        self.proj = nn.Linear(channels, 2 * inner)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, channels) -> (B, N, inner)."""
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * torch.nn.functional.gelu(gate)


class FeedForward(nn.Module):
    """GEGLU to four times as many channels, and back: (B, N, channels) -> (B, N, channels).

    Example:

    >>> FeedForward(4)(torch.zeros(1, 5, 4)).shape
    torch.Size([1, 5, 4])
    """

    def __init__(self, channels: int):
        super().__init__()
        # The dropout of the published network, which is 0, keeps its place in the numbering.
        self.net = nn.ModuleList([GEGLU(channels, 4 * channels), nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, channels) -> (B, N, channels)."""
        for layer in self.net:
            x = layer(x)
        return x


class TransformerBlock(nn.Module):
    """Self-attention, cross-attention, feed-forward; each after a layer norm and beside a way around. (B, N, channels).

    Example:

    >>> TransformerBlock(8, heads=2, context_channels=6)(torch.zeros(1, 5, 8), torch.zeros(1, 3, 6)).shape
    torch.Size([1, 5, 8])
    """

    def __init__(self, channels: int, *, heads: int, context_channels: int):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.attn1 = Attention(channels, heads=heads)
        self.attn2 = Attention(channels, heads=heads, context_channels=context_channels)
        self.ff = FeedForward(channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x (B, N, channels), context (B, M, context_channels) -> (B, N, channels)."""
        x = x + self.attn1(self.norm1(x))
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class PointConvolution(nn.Conv2d):
    """A 1 x 1 convolution on tokens, where it is what it always was, a linear layer: (B, N, in) -> (B, N, out).

    Example:

    >>> PointConvolution(4, 6, 1)(torch.zeros(1, 5, 4)).shape
    torch.Size([1, 5, 6])
    """

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, N, in_channels) -> (B, N, out_channels)."""
        return nn.functional.linear(tokens, self.weight.flatten(1), self.bias)


class SpatialTransformer(nn.Module):
    """Transformer blocks over the pixels of a feature map, beside a way around: (B, C, H, W) -> (B, C, H, W).

    linear : whether the projections before and after are linear layers on pixels, or 1 x 1 convolutions; the same
    mathematics, other shapes of weights. Raises ValueError if heads does not divide the channels.

    Example:

    >>> transformer = SpatialTransformer(8, heads=2, context_channels=6, groups=4)
    >>> transformer(torch.zeros(1, 8, 3, 2), torch.zeros(1, 5, 6)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(
        self, channels: int, *, heads: int, context_channels: int, groups: int, depth: int = 1, linear: bool = False
    ):
        super().__init__()
        if channels % expect.whole("heads", heads):
            raise ValueError(f"heads must divide the {channels} channels; got {heads}")
        self.norm = nn.GroupNorm(groups, channels, eps=1e-6)
        self.proj_in, self.proj_out = (
            nn.Linear(channels, channels) if linear else PointConvolution(channels, channels, 1) for _ in range(2)
        )
        self.transformer_blocks = nn.ModuleList(
            [TransformerBlock(channels, heads=heads, context_channels=context_channels) for _ in range(depth)]
        )

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x (B, C, H, W), context (B, M, context_channels) -> (B, C, H, W)."""
        tokens = self.proj_in(tokens_of(self.norm(x)))
        for block in self.transformer_blocks:
            tokens = block(tokens, context)
        return x + picture_of(self.proj_out(tokens), x.shape[-2:])
