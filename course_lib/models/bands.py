"""A large picture in bands: the VAE's decoder with much less memory, and the same result, up to rounding.

A convolution of 3 x 3 reads one row above and one below. So each layer may be computed some rows at a time, if the
group norm before it knows mean and variance of the whole picture, which it does here beforehand. Results lie where what
they were made of lay: it is for decoding, and has no derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import expect
from course_lib.models.blocks import ResidualBlock, Upsample


def decode_in_bands(decoder: nn.Module, x: Tensor, rows: int) -> Tensor:
    """What a decoder of `vae` makes of x (B, C, h, w), so many rows of each layer at a time -> (B, 3, f * h, f * w).

    Raises ValueError where rows is not a whole number of at least 1. Example:

    >>> from course_lib.models import VAE
    >>> decoder = VAE(channels=(4, 8), layers=1, groups=2).decoder
    >>> decode_in_bands(decoder, torch.zeros(1, 4, 3, 2), rows=2).shape
    torch.Size([1, 3, 6, 4])
    """
    expect.whole("rows", rows)
    x = decoder.mid_block(decoder.conv_in(x))
    for level in decoder.up_blocks:
        for block in level.resnets:
            x = residual(block, x, rows)
        for layer in level.upsamplers or []:
            x = twice_as_large(layer, x, rows)
    return normed(decoder.conv_norm_out, decoder.conv_out, x, rows)


def residual(block: ResidualBlock, x: Tensor, rows: int) -> Tensor:
    """A residual block that listens to no time, in bands: x (B, C, H, W) -> (B, out_channels, H, W).

    The result lies in the memory of x, if there is room for it: nothing needs x afterwards.

    Example:

    >>> residual(ResidualBlock(4, 8, groups=2), torch.zeros(1, 4, 5, 3), rows=2).shape
    torch.Size([1, 8, 5, 3])
    """
    inside, around = normed(block.norm1, block.conv1, x, rows), x
    if block.conv_shortcut is not None:
        channels = block.conv_shortcut.out_channels
        around = x[:, :channels] if channels <= x.shape[1] else x.new_empty(len(x), channels, *x.shape[2:])
        for top, bottom in bands(x.shape[2], rows):
            around[:, :, top:bottom] = block.conv_shortcut(x[:, :, top:bottom])
    return normed(block.norm2, block.conv2, inside, rows, onto=around)


def twice_as_large(layer: Upsample, x: Tensor, rows: int) -> Tensor:
    """An upsampling layer in bands: x (B, C, H, W) -> (B, C, 2 * H, 2 * W).

    Example:

    >>> twice_as_large(Upsample(4), torch.zeros(1, 4, 3, 2), rows=2).shape
    torch.Size([1, 4, 6, 4])
    """

    def grown(above: int, below: int) -> Tensor:
        first = above // 2
        band = F.interpolate(x[:, :, first : (below + 1) // 2], scale_factor=2, mode="nearest")
        return band[:, :, above - 2 * first : below - 2 * first]

    return convolved(layer.conv, grown, x, (2 * x.shape[2], 2 * x.shape[3]), rows)


def normed(norm: nn.GroupNorm, conv: nn.Conv2d, x: Tensor, rows: int, onto: Tensor | None = None) -> Tensor:
    """conv(silu(norm(x))) in bands, added to `onto` where that is given: x (B, C, H, W) -> (B, out_channels, H, W).

    Example:

    >>> normed(nn.GroupNorm(2, 4), nn.Conv2d(4, 6, 3, padding=1), torch.zeros(1, 4, 5, 3), rows=2).shape
    torch.Size([1, 6, 5, 3])
    """
    variance, mean = torch.var_mean(x.unflatten(1, (norm.num_groups, -1)), dim=(2, 3, 4), correction=0, keepdim=True)
    # (x - mean) / deviation * weight + bias = scale * x + offset, one scale and one offset for each channel.
    scale = norm.weight.unflatten(0, (norm.num_groups, -1))[..., None, None] / (variance + norm.eps).sqrt()
    offset = norm.bias.unflatten(0, (norm.num_groups, -1))[..., None, None] - mean * scale
    scale, offset = scale.flatten(1, 2), offset.flatten(1, 2)

    def standardised(above: int, below: int) -> Tensor:
        return F.silu(torch.addcmul(offset, x[:, :, above:below], scale), inplace=True)

    return convolved(conv, standardised, x, x.shape[2:], rows, onto)


def convolved(
    conv: nn.Conv2d,
    band: Callable[[int, int], Tensor],
    like: Tensor,
    size: tuple[int, int],
    rows: int,
    onto: Tensor | None = None,
) -> Tensor:
    """A convolution of 3 x 3 with a frame of 1 over a picture (B, C, H, W) that is only ever there in bands.

    band(above, below) -> these rows of it (B, C, below - above, W); like : a tensor of the same B, kind and layout;
    size : (H, W); onto : what it is added to, in place. Returns (B, out_channels, H, W).

    Example:

    >>> x, conv = torch.ones(1, 4, 5, 3), nn.Conv2d(4, 6, 3, padding=1)
    >>> found = convolved(conv, lambda above, below: x[:, :, above:below], x, (5, 3), rows=2)
    >>> torch.allclose(found, conv(x), atol=1e-6)
    True
    """
    height, width = size
    out = like.new_zeros(len(like), conv.out_channels, height, width) if onto is None else onto
    for top, bottom in bands(height, rows):
        above, below = max(0, top - 1), min(height, bottom + 1)
        framed = F.pad(band(above, below), (1, 1, int(top == 0), int(bottom == height)))
        out[:, :, top:bottom] += F.conv2d(framed, conv.weight, conv.bias)
    return out


def bands(height: int, rows: int) -> Iterator[tuple[int, int]]:
    """First row and the one after the last of each band.

    Example:

    >>> list(bands(5, rows=2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((top, min(top + rows, height)) for top in range(0, height, rows))
