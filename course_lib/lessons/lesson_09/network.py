"""Lesson 09, reverse diffusion: its U-Net, small enough to be trained on the page."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models.blocks import Downsample, ResidualBlock, Upsample
from course_lib.models.unet import TimeEmbedding

_TOP, _BELOW, _GROUPS = 16, 32, 4  # channels at 16 x 16, and at 8 x 8 and 4 x 4


class FaceUNet(nn.Module):
    """Two halvings, two doublings and a time embedding: x (B, 3, H, W) and t (B,) -> a prediction (B, 3, H, W).

    hears_time : whether it is told t; without it it gets t = 0 for every picture. skips : whether what the encoder has
    seen is handed across; without them zeros are. All kinds have the same layers and as many parameters.
    Source: Ho, Jain, Abbeel 2020, arXiv 2006.11239, appendix B, much smaller and without attention.

    Example:

    >>> FaceUNet()(torch.zeros(2, 3, 16, 16), torch.tensor([0.0, 999.0])).shape
    torch.Size([2, 3, 16, 16])
    """

    def __init__(self, hears_time: bool = True, skips: bool = True):
        super().__init__()
        self.hears_time, self.skips = hears_time, skips
        time = {"groups": _GROUPS, "time_channels": 4 * _TOP}
        self.time = TimeEmbedding(_TOP)
        self.conv_in = nn.Conv2d(3, _TOP, 3, padding=1)
        self.down = nn.ModuleList([ResidualBlock(_TOP, _TOP, **time), ResidualBlock(_TOP, _BELOW, **time)])
        self.shrink = nn.ModuleList([Downsample(_TOP), Downsample(_BELOW)])
        self.middle = nn.ModuleList(ResidualBlock(_BELOW, _BELOW, **time) for _ in range(2))
        self.grow = nn.ModuleList([Upsample(_BELOW), Upsample(_BELOW)])
        self.up = nn.ModuleList([ResidualBlock(2 * _BELOW, _BELOW, **time), ResidualBlock(_BELOW + _TOP, _TOP, **time)])
        self.norm = nn.GroupNorm(_GROUPS, _TOP)
        self.conv_out = nn.Conv2d(_TOP, 3, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)  # it begins by predicting 0

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """x (B, 3, H, W), with sides that are multiples of 4, and t (B,) -> (B, 3, H, W)."""
        time = self.time(t if self.hears_time else torch.zeros_like(t))
        x, kept = self.conv_in(x), []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            x = block(x, time)
            kept.append(x if self.skips else torch.zeros_like(x))
            x = shrink(x)
        for block in self.middle:
            x = block(x, time)
        for grow, block in zip(self.grow, self.up, strict=True):
            x = block(torch.cat([grow(x), kept.pop()], dim=1), time)
        return self.conv_out(F.silu(self.norm(x)))
