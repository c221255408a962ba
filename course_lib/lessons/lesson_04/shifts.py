"""Lesson 04's ways down, what a small shift does to each of them, and the drawing that shows it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, line_panel, picture_panel, stack, text_panel
from course_lib.figures.drawing import TITLE_HEIGHT
from course_lib.layers import avg_pool2d, conv2d, max_pool2d
from course_lib.texts import ngettext, tr

LARGEST_SHIFT = 8
MIDDLE = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
BLUR = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
_SIDE = 128  # a picture's width in the drawing
_SHOWN = {"max": "max 2×2", "mean": "mean 2×2", "middle": "convolution: middle", "1 2 1": "convolution: 1 2 1"}


def _strided(kernel: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    """A 3x3 convolution with stride 2 on a picture that is wrapped round; each channel alone."""

    def way(x: torch.Tensor) -> torch.Tensor:
        wrapped = F.pad(x, (1, 1, 1, 1), mode="circular")
        return conv2d(wrapped, kernel.expand(x.shape[1], 1, 3, 3).to(x), stride=2, groups=x.shape[1])

    return way


def _max_then_blur(x: torch.Tensor) -> torch.Tensor:
    """The maximum at every place, and a blur before every other one is dropped (Zhang 2019)."""
    everywhere = max_pool2d(F.pad(x, (0, 1, 0, 1), mode="circular"), kernel=2, stride=1)
    return _strided(BLUR)(everywhere)


# Each takes (B, C, H, W) with even sides to (B, C, H / 2, W / 2). None looks beyond the rim: the picture wraps round.
WAYS = {
    "max": lambda x: max_pool2d(x, 2),
    "mean": lambda x: avg_pool2d(x, 2),
    "middle": _strided(MIDDLE),
    "1 2 1": _strided(BLUR),
    "max, 1 2 1": _max_then_blur,
}


def rings(size: int = 64) -> torch.Tensor:
    """Rings round the middle that get finer outwards, cos(pi r^2 / (1.4 size)), as a grey picture (1, 3, size, size).

    Raises ValueError where size is not a whole number.

    Example:

    >>> rings(8)[0, 0, 4, 4].item()
    1.0
    """
    across = torch.arange(expect.whole("size", size)) - size // 2
    squared = across[:, None] ** 2 + across**2
    return torch.cos(torch.pi * squared / (1.4 * size)).expand(1, 3, size, size).contiguous()


def perfect(x: torch.Tensor) -> torch.Tensor:
    """Half as large, with every wave that the small picture can hold and no other: no aliasing, nothing weakened.

    x (B, C, H, W), its sides multiples of 4, gives (B, C, H / 2, W / 2). Raises ValueError for others.
    Source: Shannon 1949, the sampling theorem; the picture is wrapped round.

    Example:

    >>> perfect(torch.tensor([1.0, 0, -1, 0]).repeat(4, 2)[None, None])[0, 0, 0].abs().max() < 1e-6
    tensor(True)
    """
    expect.tensor("x", x, "(B, C, H, W)")
    height, width = x.shape[2:]
    if height % 4 or width % 4:
        raise ValueError(f"the picture's sides must be multiples of 4; got {(height, width)}")
    waves = torch.fft.fftshift(torch.fft.fft2(x), dim=(2, 3))
    kept = waves[..., height // 4 : -height // 4, width // 4 : -width // 4].clone()
    # The finest wave, one sample for each crest and trough, has no place of its own.
    kept[..., 0, :] = kept[..., :, 0] = 0
    return torch.fft.ifft2(torch.fft.ifftshift(kept, dim=(2, 3))).real / 4


def differences(way: str, picture: torch.Tensor, shifts: torch.Tensor, times: int = 1) -> torch.Tensor:
    """What a way of WAYS, taken `times` times, makes of shifted pictures, minus what was to be expected.

    picture (1, C, H, W), moved to the right by each of `shifts` (N,), whole pixels; what leaves comes back on the left.
    Expected is the small picture moved by shift / 2^times of its pixels: between two whole moves, the mean of the two,
    each weighted by its nearness. Gives (N, C, H / 2^times, W / 2^times).
    Raises ValueError for an unknown way, and where the sides cannot be halved so often.

    Example:

    >>> stripes = torch.tensor([0.0, 1, 0, 1]).expand(1, 1, 4, 4)
    >>> differences("middle", stripes, torch.tensor([1]))[0, 0, 0]
    tensor([1., 1.])
    """
    expect.known("way", way, WAYS)
    step = 2 ** expect.whole("times", times)
    expect.tensor("picture", picture, "(1, C, H, W)")
    if any(side % step for side in picture.shape[2:]):
        raise ValueError(f"the picture's sides must be multiples of {step}; got {tuple(picture.shape[2:])}")
    shifts = [expect.whole("shift", shift, at_least=0) for shift in shifts.tolist()]
    small = _down(way, torch.cat([picture.roll(shift, dims=3) for shift in [0, *shifts]]), times)
    expected = []
    for shift in shifts:
        whole, part = shift // step, shift % step / step
        expected.append((1 - part) * small[:1].roll(whole, dims=3) + part * small[:1].roll(whole + 1, dims=3))
    return small[1:] - torch.cat(expected)


def shimmer(way: str, picture: torch.Tensor, shift: int = 1, times: int = 1) -> float:
    """How far off `differences` are for one shift: the root of the mean of their squares.

    picture (1, C, H, W). Raises ValueError where `differences` does.

    Example:

    >>> stripes = torch.tensor([0.0, 1, 0, 1]).expand(1, 1, 4, 4)
    >>> [shimmer(way, stripes) for way in WAYS]
    [0.0, 0.0, 1.0, 0.0, 0.0]
    """
    return _root_mean_square(differences(way, picture, torch.tensor([shift]), times))[0].item()


def draw(picture: torch.Tensor, shift: int, times: int) -> Drawing:
    """A picture (1, 3, S, S), moved to the right by `shift` pixels and halved `times` times in four ways of WAYS.

    Below each small picture stands its difference from what was to be expected, where 0 is grey, and below that the
    size of this difference for every shift from 0 to LARGEST_SHIFT.
    Raises ValueError where shift is not in this range, or `differences` does.

    Example:

    >>> draw(torch.zeros(1, 3, 8, 8), 2, 1).sentence
    'Moved by 2 pixels, halved 1 time: 1 small pixel. Off by max: 0.000, mean: 0.000, middle: 0.000, 1 2 1: 0.000.'
    """
    expect.number("shift", shift, 0, LARGEST_SHIFT)
    every = torch.arange(LARGEST_SHIFT + 1)
    off = {way: differences(way, picture, every, times) for way in _SHOWN}
    sizes = {way: _root_mean_square(difference) for way, difference in off.items()}
    top = 1.1 * max(size.max().item() for size in sizes.values()) or 1.0
    moved = picture.roll(shift, dims=3)
    small = shift / 2**times
    how_far = ngettext("{count} small pixel", "{count} small pixels", 1 if small == 1 else 2).format(count=f"{small:g}")
    expected = tr("The small picture, minus what was expected: that of shift 0, moved by {how_far}. Grey: equal.")
    sizes_are = tr("Size of the difference, for shifts from 0 to {largest}; the line marks this one.")
    columns = [
        stack(
            picture_panel(moved[0], _SIDE, tr("moved by {shift}").format(shift=shift)),
            _beside_the_row(expected.format(how_far=how_far)),
            text_panel(sizes_are.format(largest=LARGEST_SHIFT), _SIDE + 2, 12),
        )
    ]
    for way, title in _SHOWN.items():
        size = sizes[way]
        picture = picture_panel(_down(way, moved, times)[0], _SIDE, title)
        difference = picture_panel(off[way][shift], _SIDE, tr("off by {size}").format(size=f"{size[shift]:.3f}"))
        look = {"y_range": (0, top), "colours": [COLOURS["ink"]], "mark": shift}
        columns.append(stack(picture, difference, line_panel(every, {way: size}, _SIDE + 2, 110, **look)))
    said = ", ".join(f"{tr(way)}: {size[shift]:.3f}" for way, size in sizes.items())
    moves = ngettext("Moved by {count} pixel", "Moved by {count} pixels", shift).format(count=shift)
    says = ngettext(
        "{moves}, halved {times} time: {how_far}. Off by {off}.",
        "{moves}, halved {times} times: {how_far}. Off by {off}.",
        times,
    )
    return Drawing(beside(*columns, gap=10), says.format(moves=moves, times=times, how_far=how_far, off=said))


def _down(way: str, x: torch.Tensor, times: int) -> torch.Tensor:
    for _ in range(times):
        x = WAYS[way](x)
    return x


def _root_mean_square(differences: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N,)."""
    return differences.square().mean(dim=(1, 2, 3)).sqrt()


def _beside_the_row(text: str) -> np.ndarray:
    """Words in the first column, as high as a titled picture."""
    words = text_panel(text, _SIDE + 2, 12)
    below = max(0, TITLE_HEIGHT + _SIDE + 2 - len(words))
    return np.pad(words, ((0, below), (0, 0), (0, 0)), constant_values=255)
