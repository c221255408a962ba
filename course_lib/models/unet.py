"""Stable Diffusion's U-Net: looks at a noisy latent, the time and the words, and predicts the noise, or v.

Parameters have the names of diffusers' UNet2DConditionModel. Source: Rombach et al. 2022, arXiv 2112.10752;
CompVis/stable-diffusion, ldm/modules/diffusionmodules/openaimodel.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import expect
from course_lib.layers import timestep_embedding
from course_lib.models.blocks import Downsample, ResidualBlock, Upsample, stack
from course_lib.models.transformer import SpatialTransformer


class TimeEmbedding(nn.Module):
    """A timestep as waves, then through two linear layers: (B,) -> (B, 4 * channels).

    Example:

    >>> TimeEmbedding(8)(torch.tensor([5.0])).shape
    torch.Size([1, 32])
    """

    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels
        self.linear_1 = nn.Linear(channels, 4 * channels)
        self.linear_2 = nn.Linear(4 * channels, 4 * channels)

    def forward(self, timestep: Tensor) -> Tensor:
        """timestep (B,) -> (B, 4 * channels)."""
        waves = timestep_embedding(timestep, self.channels).to(self.linear_1.weight.dtype)
        return self.linear_2(F.silu(self.linear_1(waves)))


class DownBlock(nn.Module):
    """Residual blocks, each followed by a transformer where there are any, then a way down.

    It keeps what the way up needs.

    in_channels, out_channels; layers : residual blocks; down : whether a way down follows; transformer : the settings
    of its transformers, or None.

    Example:

    >>> block = DownBlock(4, 8, layers=2, time_channels=16, groups=2, eps=1e-5, down=True, transformer=None)
    >>> x, kept = block(torch.zeros(1, 4, 6, 4), torch.zeros(1, 16), None)
    >>> x.shape, len(kept)
    (torch.Size([1, 8, 3, 2]), 3)
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, layers: int, time_channels: int, groups: int, eps: float,
        down: bool, transformer: dict | None,
    ):  # fmt: skip
        super().__init__()
        channels = [in_channels] + [out_channels] * layers
        self.resnets = nn.ModuleList(
            [
                ResidualBlock(a, b, groups=groups, eps=eps, time_channels=time_channels)
                for a, b in zip(channels, channels[1:], strict=False)
            ]
        )
        self.attentions = stack([SpatialTransformer(out_channels, **transformer) for _ in range(layers) if transformer])
        self.downsamplers = stack([Downsample(out_channels)] if down else [])

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> tuple[Tensor, list[Tensor]]:
        """x (B, in_channels, H, W), time (B, time_channels), context (B, M, D) ->
        the result, and the states on the way."""
        kept = []
        for index, resnet in enumerate(self.resnets):
            x = resnet(x, time)
            if self.attentions:
                x = self.attentions[index](x, context)
            kept.append(x)
        for downsample in self.downsamplers or []:
            x = downsample(x)
            kept.append(x)
        return x, kept


class MiddleBlock(nn.Module):
    """Residual, transformer, residual, at the smallest size: (B, C, H, W) -> (B, C, H, W).

    Example:

    >>> transformer = {"heads": 2, "context_channels": 6, "groups": 2}
    >>> block = MiddleBlock(8, time_channels=16, groups=2, eps=1e-5, transformer=transformer)
    >>> block(torch.zeros(1, 8, 3, 2), torch.zeros(1, 16), torch.zeros(1, 5, 6)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(self, channels: int, *, time_channels: int, groups: int, eps: float, transformer: dict):
        super().__init__()
        self.resnets = nn.ModuleList(
            [ResidualBlock(channels, channels, groups=groups, eps=eps, time_channels=time_channels) for _ in range(2)]
        )
        self.attentions = nn.ModuleList([SpatialTransformer(channels, **transformer)])

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        """x (B, C, H, W), time (B, time_channels), context (B, M, D) -> (B, C, H, W)."""
        x = self.attentions[0](self.resnets[0](x, time), context)
        return self.resnets[1](x, time)


class UpBlock(nn.Module):
    """As `DownBlock`, on the way up: each residual block also reads a state kept on the way down, beside its own.

    kept_channels : the channels of those states, in the order in which they are taken.

    Example:

    >>> block = UpBlock(8, 4, kept_channels=[8, 4], time_channels=16, groups=2, eps=1e-5, up=True, transformer=None)
    >>> kept = [torch.zeros(1, 4, 3, 2), torch.zeros(1, 8, 3, 2)]
    >>> block(torch.zeros(1, 8, 3, 2), torch.zeros(1, 16), None, kept, (6, 4)).shape, len(kept)
    (torch.Size([1, 4, 6, 4]), 0)
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, kept_channels: Sequence[int], time_channels: int, groups: int,
        eps: float, up: bool, transformer: dict | None,
    ):  # fmt: skip
        super().__init__()
        layers = len(kept_channels)
        incoming = [in_channels] + [out_channels] * (layers - 1)
        self.resnets = nn.ModuleList(
            [
                ResidualBlock(a + kept, out_channels, groups=groups, eps=eps, time_channels=time_channels)
                for a, kept in zip(incoming, kept_channels, strict=True)
            ]
        )
        self.attentions = stack([SpatialTransformer(out_channels, **transformer) for _ in range(layers) if transformer])
        self.upsamplers = stack([Upsample(out_channels)] if up else [])

    def forward(
        self, x: Tensor, time: Tensor, context: Tensor, kept: list[Tensor], size: tuple[int, int] | None
    ) -> Tensor:
        """x (B, in_channels, H, W); kept : states, of which the last are taken away; size : to grow to ->
        (B, out_channels, ...)."""
        for index, resnet in enumerate(self.resnets):
            x = resnet(torch.cat([x, kept.pop()], dim=1), time)
            if self.attentions:
                x = self.attentions[index](x, context)
        for upsample in self.upsamplers or []:
            x = upsample(x, size)
        return x


class UNet(nn.Module):
    """The whole: down, middle, up, with the states of the way down handed across.

    in_channels, out_channels : of the latent and of the prediction; channels : one number a level; attention : for each
    level whether it has transformers; attention_up : the same on the way up, from the lowest level, if it is not the
    same; layers : residual blocks a level on the way down (a number, or one for each level; one more on the way up);
    heads : of attention (likewise); context_channels : the width of the text states; groups, eps : of the group norms;
    depth : transformer blocks in each transformer (likewise); linear : see `SpatialTransformer`; middle : whether there
    is a middle block, which some smaller models leave out.

    Example:

    >>> unet = UNet(channels=(8, 16), attention=(True, False), layers=1, heads=2, context_channels=6, groups=4)
    >>> unet(torch.zeros(1, 4, 5, 3), torch.tensor(7), torch.zeros(1, 2, 6)).shape
    torch.Size([1, 4, 5, 3])
    """

    def __init__(
        self,
        *,
        in_channels: int = 4,
        out_channels: int = 4,
        channels: Sequence[int] = (320, 640, 1280, 1280),
        attention: Sequence[bool] = (True, True, True, False),
        attention_up: Sequence[bool] | None = None,
        layers: int | Sequence[int] = 2,
        heads: int | Sequence[int] = 8,
        context_channels: int = 768,
        groups: int = 32,
        eps: float = 1e-5,
        depth: int | Sequence[int] = 1,
        linear: bool = False,
        middle: bool = True,
    ):
        super().__init__()
        levels = len(channels)
        layers, heads, depth = (
            [value] * levels if isinstance(value, int) else list(value) for value in (layers, heads, depth)
        )
        attention_up = list(attention)[::-1] if attention_up is None else list(attention_up)
        for name, values in {
            "attention": attention,
            "attention_up": attention_up,
            "layers": layers,
            "heads": heads,
            "depth": depth,
        }.items():
            if len(values) != levels:
                raise ValueError(f"{name} must have one entry for each of the {levels} levels; got {len(values)}")
        shared = {"time_channels": 4 * channels[0], "groups": groups, "eps": eps}

        def transformer(level: int) -> dict:
            return {
                "heads": heads[level], "context_channels": context_channels, "groups": groups, "depth": depth[level],
                "linear": linear,
            }  # fmt: skip

        self.in_channels, self.context_channels = in_channels, context_channels
        self.conv_in = nn.Conv2d(in_channels, channels[0], 3, padding=1)
        self.time_embedding = TimeEmbedding(channels[0])
        self.down_blocks = nn.ModuleList()
        kept = [channels[0]]  # the channels of the states that the way up will want, newest last
        for level, width in enumerate(channels):
            down = level < levels - 1
            settings = transformer(level) if attention[level] else None
            before = channels[max(0, level - 1)]
            self.down_blocks.append(
                DownBlock(before, width, layers=layers[level], down=down, transformer=settings, **shared)
            )
            kept += [width] * (layers[level] + down)
        self.mid_block = MiddleBlock(channels[-1], transformer=transformer(levels - 1), **shared) if middle else None
        self.up_blocks = nn.ModuleList()
        before = channels[-1]
        for step, level in enumerate(reversed(range(levels))):
            wanted = [kept.pop() for _ in range(layers[level] + 1)]
            settings = transformer(level) if attention_up[step] else None
            self.up_blocks.append(
                UpBlock(before, channels[level], kept_channels=wanted, up=level > 0, transformer=settings, **shared)
            )
            before = channels[level]
        self.conv_norm_out = nn.GroupNorm(groups, channels[0], eps)
        self.conv_out = nn.Conv2d(channels[0], out_channels, 3, padding=1)

    def forward(self, x: Tensor, timestep: Tensor | float, context: Tensor) -> Tensor:
        """The raw prediction, as large as x.

        x (B, in_channels, H, W), in variance-preserving coordinates; timestep : a number or (1,) for all of x, or
        (B,); context (B, M, context_channels), the text states. Raises ValueError where channels or batches do not fit.
        """
        expect.tensor("x", x, "(B, C, H, W)")
        expect.tensor("context", context, "(B, M, D)")
        if x.shape[1] != self.in_channels or context.shape[2] != self.context_channels or len(x) != len(context):
            raise ValueError(
                f"x must be (B, {self.in_channels}, H, W) and context (B, M, {self.context_channels}) of one B; "
                f"got {tuple(x.shape)} and {tuple(context.shape)}"
            )
        timesteps = torch.as_tensor(timestep, device=x.device).reshape(-1)
        if len(timesteps) not in (1, len(x)):
            raise ValueError(f"timestep must be one number, or one for each of the {len(x)} of x; got {len(timesteps)}")
        time = self.time_embedding(timesteps)
        x = self.conv_in(x)
        kept = [x]
        for block in self.down_blocks:
            x, states = block(x, time, context)
            kept += states
        if self.mid_block is not None:
            x = self.mid_block(x, time, context)
        for block in self.up_blocks:
            below = len(kept) - len(block.resnets) - 1
            x = block(x, time, context, kept, kept[below].shape[-2:] if below >= 0 else None)
        return self.conv_out(F.silu(self.conv_norm_out(x)))
