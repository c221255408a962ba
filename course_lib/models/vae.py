"""The VAE: an encoder that turns a picture into a small latent, and a decoder that turns it back.

Parameters have the names of diffusers' AutoencoderKL. Source: Rombach et al. 2022, arXiv 2112.10752, section 3.1;
CompVis/stable-diffusion, ldm/modules/diffusionmodules/model.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import expect
from course_lib.models.bands import decode_in_bands
from course_lib.models.blocks import Downsample, ResidualBlock, Upsample, attend, picture_of, stack, tokens_of

EPS = 1e-6


class PixelAttention(nn.Module):
    """Self-attention among all pixels of a picture with one head, beside a way around: (B, C, H, W) -> (B, C, H, W).

    Source: CompVis/stable-diffusion, AttnBlock.

    Example:

    >>> PixelAttention(8, groups=2)(torch.zeros(1, 8, 3, 2)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(self, channels: int, *, groups: int):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, EPS)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, C, H, W)."""
        tokens = tokens_of(self.group_norm(x))
        mixed = attend(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens), heads=1)
        return x + picture_of(self.to_out[0](mixed), x.shape[-2:])


class Middle(nn.Module):
    """The block in the middle of encoder and decoder: residual, attention, residual. (B, C, H, W) -> (B, C, H, W).

    Example:

    >>> Middle(8, groups=2)(torch.zeros(1, 8, 3, 2)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(self, channels: int, *, groups: int, attention: bool = True):
        super().__init__()
        self.resnets = nn.ModuleList([ResidualBlock(channels, channels, groups=groups, eps=EPS) for _ in range(2)])
        self.attentions = stack([PixelAttention(channels, groups=groups)] if attention else [])

    def forward(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, C, H, W)."""
        x = self.resnets[0](x)
        for layer in self.attentions or []:
            x = layer(x)
        return self.resnets[1](x)


class Level(nn.Module):
    """Residual blocks at one size, then a way down or up, or none. (B, in_channels, H, W) -> (B, out_channels, ...).

    Example:

    >>> Level(4, 8, layers=2, groups=2, way="down")(torch.zeros(1, 4, 6, 4)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(self, in_channels: int, out_channels: int, *, layers: int, groups: int, way: str | None):
        super().__init__()
        channels = [in_channels] + [out_channels] * layers
        self.resnets = nn.ModuleList(
            [ResidualBlock(a, b, groups=groups, eps=EPS) for a, b in zip(channels, channels[1:], strict=False)]
        )
        self.downsamplers = stack([Downsample(out_channels, even=False)] if way == "down" else [])
        self.upsamplers = stack([Upsample(out_channels)] if way == "up" else [])

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, H, W), or half or twice as large."""
        for layer in [*self.resnets, *(self.downsamplers or []), *(self.upsamplers or [])]:
            x = layer(x)
        return x


class Encoder(nn.Module):
    """A picture, level by level half as large: (B, in_channels, H, W) -> (B, out_channels, H / f, W / f).

    Example:

    >>> Encoder(3, 8, (4, 8), layers=1, groups=2)(torch.zeros(1, 3, 6, 4)).shape
    torch.Size([1, 8, 3, 2])
    """

    def __init__(
        self, in_channels: int, out_channels: int, channels: Sequence[int], *, layers: int, groups: int,
        attention: bool = True,
    ):  # fmt: skip
        super().__init__()
        self.conv_in = nn.Conv2d(in_channels, channels[0], 3, padding=1)
        ways = ["down"] * (len(channels) - 1) + [None]
        self.down_blocks = nn.ModuleList(
            [
                Level(a, b, layers=layers, groups=groups, way=way)
                for a, b, way in zip([channels[0], *channels], channels, ways, strict=False)
            ]
        )
        self.mid_block = Middle(channels[-1], groups=groups, attention=attention)
        self.conv_norm_out = nn.GroupNorm(groups, channels[-1], EPS)
        self.conv_out = nn.Conv2d(channels[-1], out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, H / f, W / f)."""
        x = self.conv_in(x)
        for block in [*self.down_blocks, self.mid_block]:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Decoder(nn.Module):
    """The way back, level by level twice as large: (B, in_channels, h, w) -> (B, out_channels, f * h, f * w).

    Each level has one residual block more than in the encoder.

    Example:

    >>> Decoder(4, 3, (4, 8), layers=1, groups=2)(torch.zeros(1, 4, 3, 2)).shape
    torch.Size([1, 3, 6, 4])
    """

    def __init__(
        self, in_channels: int, out_channels: int, channels: Sequence[int], *, layers: int, groups: int,
        attention: bool = True,
    ):  # fmt: skip
        super().__init__()
        upwards = channels[::-1]
        self.conv_in = nn.Conv2d(in_channels, upwards[0], 3, padding=1)
        self.mid_block = Middle(upwards[0], groups=groups, attention=attention)
        ways = ["up"] * (len(channels) - 1) + [None]
        self.up_blocks = nn.ModuleList(
            [
                Level(a, b, layers=layers + 1, groups=groups, way=way)
                for a, b, way in zip([upwards[0], *upwards], upwards, ways, strict=False)
            ]
        )
        self.conv_norm_out = nn.GroupNorm(groups, channels[0], EPS)
        self.conv_out = nn.Conv2d(channels[0], out_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, h, w) -> (B, out_channels, f * h, f * w)."""
        x = self.conv_in(x)
        for block in [self.mid_block, *self.up_blocks]:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class VAE(nn.Module):
    """Encoder and decoder, and the two 1 x 1 convolutions between them and the latent.

    channels : one number a level, each level half as large as the one before; layers : residual blocks a level;
    groups : of the group norms. The picture's sides must be multiples of `factor`.

    Example:

    >>> vae = VAE(channels=(4, 8), layers=1, groups=2)
    >>> mean, log_variance = vae.encode(torch.zeros(1, 3, 6, 4))
    >>> mean.shape, vae.decode(mean).shape, vae.factor
    (torch.Size([1, 4, 3, 2]), torch.Size([1, 3, 6, 4]), 2)
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        out_channels: int = 3,
        latent_channels: int = 4,
        channels: Sequence[int] = (64,),
        layers: int = 1,
        groups: int = 32,
        attention: bool = True,
        quantise: bool = True,
        post_quantise: bool = True,
    ):
        super().__init__()
        settings = {"layers": layers, "groups": groups, "attention": attention}
        self.encoder = Encoder(in_channels, 2 * latent_channels, channels, **settings)
        self.decoder = Decoder(latent_channels, out_channels, channels, **settings)
        self.quant_conv = nn.Conv2d(2 * latent_channels, 2 * latent_channels, 1) if quantise else None
        self.post_quant_conv = nn.Conv2d(latent_channels, latent_channels, 1) if post_quantise else None
        self.in_channels, self.latent_channels = in_channels, latent_channels
        self.factor = 2 ** (len(channels) - 1)

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, 3, H, W) in [-1, 1] -> mean and log variance of its latent, each (B, latent_channels, h, w).

        Raises ValueError for another number of channels, and for sides that are no multiples of `factor`.
        """
        expect.tensor("image", image, "(B, C, H, W)")
        if image.shape[1] != self.in_channels or any(side % self.factor or side == 0 for side in image.shape[2:]):
            raise ValueError(
                f"image must be (B, {self.in_channels}, H, W) with H and W multiples of {self.factor}; "
                f"got {tuple(image.shape)}"
            )
        moments = self.encoder(image)
        if self.quant_conv is not None:
            moments = self.quant_conv(moments)
        mean, log_variance = moments.chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def decode(self, latent: Tensor, rows: int | None = None) -> Tensor:
        """latent (B, latent_channels, h, w), unscaled -> image (B, 3, factor * h, factor * w), about in [-1, 1].

        rows : where memory is scarce, how many rows of a layer are computed at a time, such as 64; the picture is the
        same but for rounding. None for all at once.
        Raises ValueError for another number of channels, and for rows below 1.
        """
        expect.tensor("latent", latent, "(B, C, h, w)")
        if latent.shape[1] != self.latent_channels:
            raise ValueError(f"latent must be (B, {self.latent_channels}, h, w); got {tuple(latent.shape)}")
        latent = latent if self.post_quant_conv is None else self.post_quant_conv(latent)
        return self.decoder(latent) if rows is None else decode_in_bands(self.decoder, latent, rows)

    def sample(self, image: Tensor, generator: torch.Generator) -> Tensor:
        """A latent drawn from what the encoder says of an image: (B, 3, H, W) -> (B, latent_channels, h, w)."""
        mean, log_variance = self.encode(image)
        noise = torch.randn(mean.shape, generator=generator, dtype=torch.float32, device=generator.device).to(mean)
        return mean + (log_variance / 2).exp() * noise
