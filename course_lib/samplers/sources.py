"""Where noise comes from: sources that are asked for the noise between two levels, source(sigma, sigma_next) -> noise.

Each is made like a state x (B, ...), is seeded by a `torch.Generator`, and gives noise of mean 0 and variance 1. It is
drawn on the generator's device, so that one seed gives one picture whatever the device of x.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from course_lib import expect

Source = Callable[[float, float], torch.Tensor]
Generators = torch.Generator | Sequence[torch.Generator] | None

MISSING = (
    "this sampler draws noise: expected generator=torch.Generator().manual_seed(...) "
    "or a noise_sampler(sigma, sigma_next); got neither"
)


def brownian(x: torch.Tensor, levels: Sequence[float], generator: torch.Generator) -> Source:
    """One fixed random path W over the noise levels: the source gives (W(sigma) - W(sigma_next)) / sqrt(distance).

    Draws over levels that do not overlap are independent; where they overlap they agree. So one seed gives nearly the
    same picture whatever the number of steps. x : (B, ...); levels : the highest of them is where the path starts.
    Source: Li et al. 2020, arXiv 2001.01328 (the virtual Brownian tree), from the package torchsde.

    Example:

    >>> path = brownian(torch.zeros(1, 1), [4.0, 0.0], torch.Generator().manual_seed(0))
    >>> halves = (2**0.5 * path(4.0, 2.0) + 2**0.5 * path(2.0, 0.0)) / 2
    >>> torch.testing.assert_close(path(4.0, 0.0), halves)
    """
    import torchsde  # brings scipy along, and few samplers need it

    entropy = torch.randint(2**31, (), generator=generator, device=generator.device).item()
    start = torch.zeros(x.shape, dtype=torch.promote_types(x.dtype, torch.float32))
    tree = torchsde.BrownianTree(0.0, start, 1.0, entropy=entropy)  # over sigma as a part of the highest level
    highest = float(levels[0])

    def source(sigma: float, sigma_next: float) -> torch.Tensor:
        low, high = sorted((sigma / highest, sigma_next / highest))
        return (tree(low, high) / math.sqrt(high - low)).to(x.device, x.dtype)

    return source


def _independent(draw: Callable[..., torch.Tensor]) -> Callable[..., Source]:
    """A source whose every draw is new: draw(shape, normal, uniform) gives it."""

    def make(x: torch.Tensor, levels: Sequence[float], generator: torch.Generator) -> Source:
        kind = {
            "dtype": torch.promote_types(x.dtype, torch.float32),
            "device": generator.device,
            "generator": generator,
        }

        def source(sigma: float, sigma_next: float) -> torch.Tensor:
            noise = draw(x.shape, lambda *size: torch.randn(size, **kind), lambda *size: torch.rand(size, **kind))
            return noise.to(x.device, x.dtype)

        return source

    make.__doc__ = draw.__doc__
    return make


def _gaussian(shape, normal, uniform):
    """Independent numbers from N(0, 1)."""
    return normal(*shape)


def _uniform(shape, normal, uniform):
    """Independent numbers, evenly from -sqrt(3) to sqrt(3)."""
    return math.sqrt(3) * (2 * uniform(*shape) - 1)


def _laplacian(shape, normal, uniform):
    """A quarter of Gaussian noise on Laplace noise, whose large values are more frequent."""
    even = 1 - 2 * uniform(*shape)  # in (-1, 1]
    laplace = -even.sign() * torch.log1p(-even.abs().clamp(max=1 - torch.finfo(even.dtype).eps))
    return _unit(laplace + normal(*shape) / 4)


def _pyramid(shape, normal, uniform):
    """Sums of Gaussian grids 2, 4, ..., 32 times as fine, of which each pixel takes one number."""
    # Odd: numbers picked from a finer grid are as independent as the grid's, so this "pyramid" is Gaussian noise.
    _picture_shaped(shape)
    return _unit(sum(0.8**i * 0.5**i * normal(*shape) for i in range(5)))


def _pyramid_coarse(shape, normal, uniform):
    """What the name promises: Gaussian noise plus ever coarser grids of it, so that large patches vary, too."""
    _, _, height, width = _picture_shaped(shape)
    noise = normal(*shape)
    for i, scale in enumerate((2, 4, 8, 16, 32), start=1):
        coarse = normal(*shape[:2], math.ceil(height / scale), math.ceil(width / scale))
        noise = noise + 0.8**i * F.interpolate(coarse, size=(height, width), mode="nearest-exact")
    return _unit(noise)


def _highres_pyramid(shape, normal, uniform):
    """Uniform noise plus up to four Gaussian grids, finer by chance, read off between their points."""
    _, _, height, width = _picture_shaped(shape)
    noise = _uniform(shape, normal, uniform)
    fine_height, fine_width = height, width
    for i in range(4):
        scale = (2 + 2 * uniform(1).item()) ** i
        fine_height = min(15 * height, int(fine_height * scale))
        fine_width = min(15 * width, int(fine_width * scale))
        fine = normal(*shape[:2], fine_height, fine_width)
        noise = noise + 0.7**i * F.interpolate(fine, size=(height, width), mode="bilinear")
        if fine_height == 15 * height or fine_width == 15 * width:
            break
    return _unit(noise)


def _perlin(shape, normal, uniform):
    """Half of Gaussian noise plus two Perlin fields, read in the middle of cells that are one pixel large."""
    # Odd: Perlin noise is smooth within its cells. Read once a cell, neighbours do not agree, and those across a corner
    # even differ a little.
    batch, channels, height, width = _picture_shaped(shape)
    noise = normal(*shape) / 2
    for _ in range(2):
        angle = 2 * math.pi * uniform(batch, channels, height + 1, width + 1)  # a direction at each corner
        along_rows, along_columns = angle.sin(), angle.cos()
        for down in (0, 1):  # the middle of a cell lies half a cell from its corners; there all four weigh the same
            for right in (0, 1):
                corner = (..., slice(down, down + height), slice(right, right + width))
                noise = noise + (along_rows[corner] * (0.5 - down) + along_columns[corner] * (0.5 - right)) / 4
    return _unit(noise)


def _unit(noise: torch.Tensor) -> torch.Tensor:
    return noise / noise.std()


def _picture_shaped(shape: torch.Size) -> torch.Size:
    if len(shape) != 4:
        raise ValueError(f"this noise is made for pictures (B, C, H, W); got the shape {tuple(shape)}")
    return shape


NOISES = expect.Registry(
    "noise",
    {
        "gaussian": _independent(_gaussian),
        "brownian": brownian,
        "uniform": _independent(_uniform),
        "laplacian": _independent(_laplacian),
        "pyramid": _independent(_pyramid),
        "pyramid_coarse": _independent(_pyramid_coarse),
        "highres_pyramid": _independent(_highres_pyramid),
        "perlin": _independent(_perlin),
    },
)


def make_noise(name: str, x: torch.Tensor, sigmas: torch.Tensor | Sequence[float], generator: Generators) -> Source:
    """A source of noise for a state like x (B, ...), to be given to a sampler as its noise_sampler.

    name : one of NOISES; sigmas : (levels,), the first is the highest; generator : what seeds it, or a list with one
    for each row of x, which then has the noise that it would have alone.
    Without a generator the source raises ValueError when it is asked; so do, at once, an unknown name and a list of
    another length. Perlin and the pyramids are made for pictures (B, C, H, W).

    Example:

    >>> source = make_noise("uniform", torch.zeros(1, 3), [2.0, 0.0], torch.Generator().manual_seed(0))
    >>> source(2.0, 1.0).shape
    torch.Size([1, 3])
    """
    make = NOISES[name]
    if generator is None:
        return _refuse
    if isinstance(generator, torch.Generator):
        return make(x, sigmas, generator)
    if not isinstance(generator, list | tuple) or not all(isinstance(own, torch.Generator) for own in generator):
        raise ValueError(f"generator must be a torch.Generator, or a list of them; got {generator!r}")
    if len(generator) != len(x):
        raise ValueError(f"expected one generator for each of the {len(x)} rows of x; got {len(generator)}")
    sources = [make(row, sigmas, own) for row, own in zip(x.split(1), generator, strict=True)]
    return lambda sigma, sigma_next: torch.cat([source(sigma, sigma_next) for source in sources])


def _refuse(sigma: float, sigma_next: float) -> torch.Tensor:
    raise ValueError(MISSING)
