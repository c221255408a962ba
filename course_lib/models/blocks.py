"""The parts that Stable Diffusion's U-Net and VAE share: residual blocks, and the ways down and up.

Parameters have the names of the diffusers files, so that the networks load them as they are.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """x + conv(silu(norm( conv(silu(norm(x))) + time ))): two convolutions beside a way around them.

    x (B, in_channels, H, W), and time (B, time_channels) where the block listens to it, give (B, out_channels, H, W).
    Where the number of channels changes, the way around is a 1 x 1 convolution.
    Source: He et al. 2016, arXiv 1603.05027; Ho et al. 2020, arXiv 2006.11239, appendix B; diffusers, ResnetBlock2D.

    Example:

    >>> ResidualBlock(4, 8, groups=2, time_channels=6)(torch.zeros(1, 4, 5, 3), torch.zeros(1, 6)).shape
    torch.Size([1, 8, 5, 3])
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, groups: int, eps: float = 1e-5, time_channels: int | None = None
    ):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, in_channels, eps)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.time_emb_proj = nn.Linear(time_channels, out_channels) if time_channels else None
        self.norm2 = nn.GroupNorm(groups, out_channels, eps)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else None

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        """x (B, in_channels, H, W), time (B, time_channels) or None -> (B, out_channels, H, W)."""
        inside = self.conv1(F.silu(self.norm1(x)))
        if self.time_emb_proj is not None:
            inside = inside + self.time_emb_proj(F.silu(time))[:, :, None, None]
        inside = self.conv2(F.silu(self.norm2(inside)))
        around = x if self.conv_shortcut is None else self.conv_shortcut(x)
        return around + inside


class Downsample(nn.Module):
    """Half as large: a 3 x 3 convolution with stride 2. x (B, C, H, W) -> (B, C, ceil(H / 2), ceil(W / 2)).

    The U-Net pads by 1 on all sides; the VAE (`even=False`) by 1 at the bottom and on the right only, which gives
    floor(H / 2) and floor(W / 2). Source: CompVis/stable-diffusion, Downsample in openaimodel.py and in model.py.

    Example:

    >>> Downsample(4)(torch.zeros(1, 4, 7, 6)).shape, Downsample(4, even=False)(torch.zeros(1, 4, 7, 6)).shape
    (torch.Size([1, 4, 4, 3]), torch.Size([1, 4, 3, 3]))
    """

    def __init__(self, channels: int, *, even: bool = True):
        super().__init__()
        self.even = even
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=1 if even else 0)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> about half as large in H and W."""
        return self.conv(x if self.even else F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Twice as large, or as large as asked: each pixel repeated, then a 3 x 3 convolution. (B, C, H, W).

    Source: CompVis/stable-diffusion, Upsample; Odena et al. 2016, Deconvolution and Checkerboard Artifacts.

    Example:

    >>> Upsample(4)(torch.zeros(1, 4, 3, 2)).shape, Upsample(4)(torch.zeros(1, 4, 3, 2), (5, 4)).shape
    (torch.Size([1, 4, 6, 4]), torch.Size([1, 4, 5, 4]))
    """

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """x (B, C, H, W), and the (rows, columns) wanted where they are not twice as many -> (B, C, rows, columns)."""
        size = size or (2 * x.shape[-2], 2 * x.shape[-1])
        return self.conv(F.interpolate(x, size=tuple(size), mode="nearest"))


def stack(modules: list[nn.Module]) -> nn.ModuleList | None:
    """A list of modules, or None where there are none, so that no empty name stands in a network.

    Example:

    >>> stack([]) is None
    True
    """
    return nn.ModuleList(modules) if modules else None


def tokens_of(x: Tensor) -> Tensor:
    """The pixels of a picture one after the other: x (B, C, H, W) -> (B, H * W, C).

    Example:

    >>> tokens_of(torch.zeros(1, 4, 3, 2)).shape
    torch.Size([1, 6, 4])
    """
    return x.flatten(2).transpose(1, 2)


def picture_of(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    """The inverse of `tokens_of`: (B, H * W, C) -> (B, C, H, W), with size = (H, W).

    Example:

    >>> picture_of(torch.zeros(1, 6, 4), (3, 2)).shape
    torch.Size([1, 4, 3, 2])
    """
    return tokens.transpose(1, 2).reshape(len(tokens), tokens.shape[2], *size)


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, *, causal: bool = False) -> Tensor:
    """Attention with several heads, by PyTorch's fast routine: query (B, N, C), key and value (B, M, C) -> (B, N, C).

    The same as `course_lib.layers.attention`. The fast routine has no forward derivative: differentiate in forward mode
    within `torch.nn.attention.sdpa_kernel(SDPBackend.MATH)`.

    Example:

    >>> attend(torch.zeros(1, 5, 8), torch.zeros(1, 3, 8), torch.ones(1, 3, 8), heads=2).shape
    torch.Size([1, 5, 8])
    """
    q, k, v = (
        part.reshape(*part.shape[:-1], heads, part.shape[-1] // heads).transpose(1, 2) for part in (query, key, value)
    )
    attended = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    return attended.transpose(1, 2).flatten(2)
