"""The first U-Net, of 2015: it marks cells in pictures from a microscope. Stable Diffusion's has its shape and name.

Source: Ronneberger, Fischer and Brox 2015, arXiv 1505.04597, section 2 and figure 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import expect


class TwoConvolutions(nn.Module):
    """Twice a 3 x 3 convolution without padding, and ReLU: (B, C, H, W) -> (B, out_channels, H - 4, W - 4).

    Example:

    >>> TwoConvolutions(1, 8)(torch.zeros(1, 1, 12, 10)).shape
    torch.Size([1, 8, 8, 6])
    """

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, H - 4, W - 4)."""
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class Up(nn.Module):
    """Twice as large with half the channels, what was kept put beside it, two convolutions.

    x (B, C, H, W) and kept (B, C / 2, at least 2 H, at least 2 W) give (B, C / 2, 2 H - 4, 2 W - 4).

    Example:

    >>> Up(8)(torch.zeros(1, 8, 6, 5), torch.zeros(1, 4, 20, 20)).shape
    torch.Size([1, 4, 8, 6])
    """

    def __init__(self, channels: int):
        super().__init__()
        self.grow = nn.ConvTranspose2d(channels, channels // 2, 2, stride=2)
        self.convolutions = TwoConvolutions(channels, channels // 2)

    def forward(self, x: Tensor, kept: Tensor) -> Tensor:
        """x (B, C, H, W), kept (B, C / 2, ...) -> (B, C / 2, 2 H - 4, 2 W - 4)."""
        x = self.grow(x)
        return self.convolutions(torch.cat([crop(kept, x.shape[-2:]), x], dim=1))


class UNet2015(nn.Module):
    """Down four times by max pooling, up four times, and each time what the way down had at this level is put beside.

    in_channels, out_channels : of the picture, and one for each kind of thing to mark; channels : for each level, twice
    as many as on the level above. Without padding every convolution takes a rim off, so the result is smaller than the
    picture. The dropout that the paper uses in training, at the end of the way down, is left out.

    Raises ValueError for channels that do not double.

    Example:

    >>> with torch.device("meta"):
    ...     network = UNet2015()
    >>> network(torch.empty(1, 1, 572, 572, device="meta")).shape
    torch.Size([1, 2, 388, 388])
    >>> sum(parameter.numel() for parameter in network.parameters())
    31030658
    """

    def __init__(
        self, *, in_channels: int = 1, out_channels: int = 2, channels: Sequence[int] = (64, 128, 256, 512, 1024)
    ):
        super().__init__()
        for above, below in zip(channels, channels[1:], strict=False):
            if below != 2 * above:
                raise ValueError(f"each level must have twice the channels of the one above; got {list(channels)}")
        *upper, lowest = channels
        self.in_channels = in_channels
        self.down_blocks = nn.ModuleList(map(TwoConvolutions, [in_channels, *upper], upper))
        self.pool = nn.MaxPool2d(2)
        self.bottom = TwoConvolutions(lowest // 2, lowest)
        self.up_blocks = nn.ModuleList(Up(2 * width) for width in reversed(upper))
        self.conv_out = nn.Conv2d(channels[0], out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, H, W) -> (B, out_channels, H', W'); after four poolings H' = H - 184, W' = W - 184.

        Raises ValueError where a pooling would meet an odd side, or nothing would be left.
        """
        expect.tensor("x", x, "(B, C, H, W)")
        if x.shape[1] != self.in_channels:
            raise ValueError(f"x must be (B, {self.in_channels}, H, W); got {tuple(x.shape)}")
        for side in x.shape[2:]:
            output_side(side, len(self.up_blocks))
        kept = []
        for block in self.down_blocks:
            x = block(x)
            kept.append(x)
            x = self.pool(x)
        x = self.bottom(x)
        for block in self.up_blocks:
            x = block(x, kept.pop())
        return self.conv_out(x)


def crop(x: Tensor, size: tuple[int, int]) -> Tensor:
    """The middle of a table: x (B, C, H, W) -> (B, C, *size); what is left over must be even.

    Raises ValueError for a size that is larger, or has no middle.

    Example:

    >>> crop(torch.arange(16.0).reshape(1, 1, 4, 4), (2, 2))
    tensor([[[[ 5.,  6.],
              [ 9., 10.]]]])
    """
    expect.tensor("x", x, "(B, C, H, W)")
    over = [side - wanted for side, wanted in zip(x.shape[-2:], size, strict=True)]
    if any(rest < 0 or rest % 2 for rest in over):
        raise ValueError(f"{tuple(size)} must be smaller than {tuple(x.shape[-2:])} by even numbers")
    top, left = (rest // 2 for rest in over)
    return x[..., top : top + size[0], left : left + size[1]]


def output_side(side: int, poolings: int = 4) -> int:
    """How long a side of the result is, for a side of the picture.

    Raises ValueError where a pooling would meet an odd side, or nothing would be left.

    Example:

    >>> output_side(572), output_side(188)
    (388, 4)
    >>> output_side(570)
    Traceback (most recent call last):
    ValueError: every pooling must meet an even side; got 570, which is 279 at pooling 2
    """
    now = expect.whole("side", side)
    for pooling in range(1, poolings + 1):
        now -= 4
        if now % 2 and now > 0:
            raise ValueError(f"every pooling must meet an even side; got {side}, which is {now} at pooling {pooling}")
        now //= 2
    now -= 4
    for _ in range(poolings):
        now = 2 * now - 4
    if now < 1:
        raise ValueError(f"nothing would be left of a side of {side} after {poolings} poolings")
    return now
