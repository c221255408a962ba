"""Lesson 06's own U-Net, built from the blocks of Stable Diffusion's, small enough to be trained on the page."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_lib.datasets import open_emoji
from course_lib.layers import avg_pool2d
from course_lib.models.blocks import Downsample, ResidualBlock, Upsample
from course_lib.threads import idle_cores

SIGMA = 0.2  # the noise that it learns to remove: little, so that details can be seen


class SmallUNet(nn.Module):
    """Two halvings and two doublings: (B, 3, H, W) -> (B, 3, H, W). With `skips` False zeros are handed across.

    There are 16 channels at the top and on the level below, and 48 at the bottom, so that it holds as many numbers as
    the picture. Both kinds have the same layers and as many parameters.

    Example:

    >>> SmallUNet()(torch.zeros(1, 3, 16, 12)).shape
    torch.Size([1, 3, 16, 12])
    """

    def __init__(self, skips: bool = True):
        super().__init__()
        self.skips = skips
        levels, below = (16, 16), (16, 48)
        self.conv_in = nn.Conv2d(3, levels[0], 3, padding=1)
        self.down = nn.ModuleList(ResidualBlock(a, b, groups=4) for a, b in zip(levels, below, strict=True))
        self.shrink = nn.ModuleList(map(Downsample, below))
        self.middle = ResidualBlock(below[-1], below[-1], groups=4)
        self.grow = nn.ModuleList(map(Upsample, reversed(below)))
        self.up = nn.ModuleList(
            ResidualBlock(2 * b, a, groups=4) for a, b in zip(levels[::-1], below[::-1], strict=True)
        )
        self.conv_out = nn.Conv2d(levels[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, 3, H, W), with sides that are multiples of 4 -> (B, 3, H, W)."""
        x, kept = self.conv_in(x), []
        for block, shrink in zip(self.down, self.shrink, strict=True):
            x = block(x)
            kept.append(x if self.skips else torch.zeros_like(x))
            x = shrink(x)
        x = self.middle(x)
        for grow, block in zip(self.grow, self.up, strict=True):
            x = block(torch.cat([grow(x), kept.pop()], dim=1))
        return self.conv_out(x)


def noisy_pictures(held_out: bool, sigma: float = SIGMA) -> tuple[Tensor, Tensor]:
    """Emoji of 32 x 32 pixels, clean and with noise: 16 that the training never sees, or the others. (N, 3, 32, 32).

    Example:

    >>> noisy_pictures(held_out=True)[0].shape
    torch.Size([16, 3, 32, 32])
    """
    images = avg_pool2d(open_emoji(style="fluent").images, 2)
    clean = images[::16] if held_out else images[[index for index in range(len(images)) if index % 16]]
    return clean, clean + sigma * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))


@idle_cores()
def train(skips: bool, steps: int = 80, sigma: float = SIGMA) -> SmallUNet:
    """A `SmallUNet` trained for some steps to give back clean pictures for noisy ones; always from the same start.

    Example:

    >>> train(skips=True, steps=1).skips
    True
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = SmallUNet(skips)
    clean, _ = noisy_pictures(held_out=False)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x0 = clean[torch.randint(0, len(clean), (16,), generator=generator)]
        noisy = x0 + sigma * torch.randn(x0.shape, generator=generator)
        loss = (network(noisy) - x0).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network.eval().requires_grad_(False)
