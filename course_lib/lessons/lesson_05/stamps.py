"""Lesson 05's stamps: how many of them meet at each position, what they add up to, and the drawing that shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, picture_panel, settled, stack
from course_lib.figures.drawing import blend, canvas, number_text, titled
from course_lib.figures.lettering import width_of, write
from course_lib.layers import conv2d, conv_transpose2d, upsample_nearest
from course_lib.texts import ngettext, tr

LARGEST_KERNEL, LARGEST_STRIDE = 8, 4
_SMALL = 24  # the small picture's side in `draw`; 24, 48, 72 and 96 pixels all fit in 288 without a remainder
_SIDE = 288
_INPUTS = 4  # how many numbers stamp in `stamps_panel`
_CELL, _ROW, _LEFT = 18, 24, 74
_PLACES = (_INPUTS - 1) * LARGEST_STRIDE + LARGEST_KERNEL

# Numbers of a kernel of any size up to LARGEST_KERNEL, along one side.
NUMBERS = {
    "all equal": lambda kernel: torch.ones(kernel),
    "a tent": lambda kernel: torch.minimum(torch.arange(1.0, kernel + 1), torch.arange(float(kernel), 0, -1)),
    "digits of pi": lambda kernel: torch.tensor([3.0, 1, 4, 1, 5, 9, 2, 6])[:kernel],
}


def overlap(kernel: int, stride: int) -> list[int]:
    """How many stamps meet at each position of a period, along one side and away from the rim.

        overlap[r] = how many u = r, r + stride, r + 2 * stride, ... are below kernel

    Position r lies r positions after one at which a stamp begins; after `stride` positions everything repeats.
    Raises ValueError where kernel or stride is not a whole number, at least 1.
    Source: Odena et al. 2016, Deconvolution and Checkerboard Artifacts, doi 10.23915/distill.00003.

    Example:

    >>> overlap(3, 2), overlap(4, 2), overlap(2, 3)
    ([2, 1], [2, 2], [1, 1, 0])
    """
    kernel, stride = expect.whole("kernel", kernel), expect.whole("stride", stride)
    return [len(range(place, kernel, stride)) for place in range(stride)]


def sums(kernel: torch.Tensor, stride: int) -> torch.Tensor:
    """What a flat row of ones becomes at each position of a period: the entries that meet there, added up.

        sums[r] = kernel[r] + kernel[r + stride] + kernel[r + 2 * stride] + ...

    kernel (K,) gives (stride,). Raises ValueError where kernel is no tensor (K,), or stride no whole number.

    Example:

    >>> sums(torch.tensor([1.0, 2.0, 1.0]), 2), sums(torch.tensor([1.0, 2.0, 3.0, 4.0]), 2)
    (tensor([2., 2.]), tensor([4., 6.]))
    """
    expect.tensor("kernel", kernel, "(K,)")
    stride = expect.whole("stride", stride)
    return torch.stack([kernel[place::stride].sum() for place in range(stride)])


def grow(picture: torch.Tensor, kernel: torch.Tensor, stride: int = 2) -> torch.Tensor:
    """A picture (B, C, H, W), `stride` times as large, by a transposed convolution; each channel alone.

    The stamp is kernel (K,) along each side, weight[u, v] = kernel[u] * kernel[v], divided so that brightness is kept
    on average. What stands over at the rim is cut off, as evenly as it can be; where stamps leave gaps, there is 0.
    Raises ValueError for other axes, a stride that is not a whole number, and entries that add up to 0.

    Example:

    >>> grow(torch.ones(1, 1, 3, 3), torch.ones(2))[0, 0, 0]
    tensor([1., 1., 1., 1., 1., 1.])
    """
    weight = _stamp(kernel, stride)
    height, width = (stride * side for side in picture.shape[-2:])
    grown = conv_transpose2d(picture.flatten(0, 1)[:, None], weight, stride=stride)
    over = len(kernel) - stride  # below 0: the last row and column of gaps is missing
    cut = max(over, 0) // 2
    grown = F.pad(grown, (0, max(-over, 0), 0, max(-over, 0)))
    return grown[:, 0, cut : cut + height, cut : cut + width].unflatten(0, picture.shape[:2])


def grow_nearest(picture: torch.Tensor, kernel: torch.Tensor, stride: int = 2) -> torch.Tensor:
    """A picture (B, C, H, W), `stride` times as large: every pixel repeated, then a convolution padded with zeros.

    The kernel is that of `grow`, divided so that its numbers add up to 1. Raises ValueError where `grow` does.

    Example:

    >>> grow_nearest(torch.ones(1, 1, 3, 3), torch.ones(1))[0, 0, 0]
    tensor([1., 1., 1., 1., 1., 1.])
    """
    weight = _stamp(kernel, stride) / stride**2
    large = upsample_nearest(picture, stride).flatten(0, 1)[:, None]
    before, after = (len(kernel) - 1) // 2, len(kernel) // 2
    return conv2d(F.pad(large, (before, after, before, after)), weight)[:, 0].unflatten(0, picture.shape[:2])


def _stamp(kernel: torch.Tensor, stride: int) -> torch.Tensor:
    """(K,) -> (1, 1, K, K), with numbers that add up to stride^2."""
    mean = sums(kernel, stride).mean()
    if settled(mean / kernel.abs().max().clamp(min=1e-30)) == 0:
        raise ValueError(f"the kernel's entries must not add up to 0; got {kernel.tolist()}")
    return (kernel[:, None] * kernel / mean**2)[None, None]


def counts_panel(counts: Sequence[Sequence[int]], title: str = "", cell: int = 24) -> np.ndarray:
    """Whole numbers (rows, columns), at least 0, in cells that are the darker the larger the number.

    The largest number has the darkest cell. Pixels (H, W, 3) uint8.
    Raises ValueError where counts are no table of such numbers.

    Example:

    >>> counts_panel([[1, 2], [2, 4]], cell=20).shape
    (41, 41, 3)
    """
    table = torch.as_tensor(counts)
    expect.tensor("counts", table, "(rows, columns)")
    if table.is_floating_point() or table.numel() == 0 or table.min() < 0:
        raise ValueError(f"counts must be whole numbers, at least 0; got {table.tolist()}")
    top = max(int(table.max()), 1)
    image, pen = canvas(table.shape[1] * cell + 1, table.shape[0] * cell + 1)
    for row, values in enumerate(table.tolist()):
        for column, value in enumerate(values):
            box = [column * cell, row * cell, (column + 1) * cell, (row + 1) * cell]
            _heat_cell(pen, box, value, value / top, min(12, cell // 2))
    return titled(np.asarray(image), title)


def _heat_cell(pen, box, value: float, share: float, size: int) -> None:
    """A number on paper (share 0) to dark blue (share 1), in ink that stands out."""
    pen.rectangle(box, fill=blend(COLOURS["paper"], COLOURS["signal"], share), outline=COLOURS["grid"])
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    write(pen, middle, number_text(value), COLOURS["paper" if share > 0.6 else "ink"], size, anchor="mm")


def overlap_panel(kernel: int, stride: int, title: str = "", cell: int = 24, places: int = 8) -> np.ndarray:
    """How many stamps meet at (places, places) places of a large picture, away from its rim, as a `counts_panel`.

    In two directions the counts of `overlap` multiply. Raises ValueError where `overlap` does.

    Example:

    >>> overlap_panel(3, 2, cell=20).shape
    (161, 161, 3)
    """
    counts = overlap(kernel, stride)
    side = torch.tensor([counts[place % len(counts)] for place in range(places)])
    return counts_panel(side[:, None] * side, title, cell)


def stamps_panel(kernel: torch.Tensor, stride: int, title: str = "") -> np.ndarray:
    """The stamps of four numbers along one side, one below the other; then how many meet, and what they add up to.

    kernel (K,). Every number is 1, so each stamp is the kernel itself. Pixels (H, W, 3) uint8, always equally large.
    Raises ValueError where the kernel has more than LARGEST_KERNEL entries, or the stride is above LARGEST_STRIDE.

    Example:

    >>> stamps_panel(torch.ones(3), 2).shape
    (155, 437, 3)
    """
    expect.number("kernel", len(kernel), 1, LARGEST_KERNEL)
    expect.number("stride", expect.whole("stride", stride), 1, LARGEST_STRIDE)
    names = [tr("stamp {number}").format(number=number) for number in range(_INPUTS)]
    names += [tr("how many"), tr("added up")]
    left = max(_LEFT, *(round(width_of(name, 11)) + 8 for name in names))
    image, pen = canvas(left + _PLACES * _CELL + 3, 6 * _ROW + 11)
    counts, totals = [0] * _PLACES, [0.0] * _PLACES

    def words(text, top):
        write(pen, (0, top + _ROW / 2), text, COLOURS["ink"], 11, anchor="lm")

    def box(place, top):
        return [left + place * _CELL, top, left + (place + 1) * _CELL, top + _ROW - 2]

    for number in range(_INPUTS):
        top = number * _ROW
        words(names[number], top)
        for entry, value in enumerate(kernel.tolist()):
            place = number * stride + entry
            counts[place] += 1
            totals[place] += value
            pen.rectangle(box(place, top), fill=COLOURS["signal"], outline=COLOURS["grid"])
            middle = (left + (place + 0.5) * _CELL, top + _ROW / 2 - 1)
            write(pen, middle, number_text(value), COLOURS["paper"], 10, anchor="mm")
    for name, values, top in [(names[-2], counts, 4 * _ROW + 6), (names[-1], totals, 5 * _ROW + 8)]:
        words(name, top)
        for place in range((_INPUTS - 1) * stride + len(kernel)):
            _heat_cell(pen, box(place, top), values[place], values[place] / max(*values, 1), 10)
    return titled(np.asarray(image), title)


def draw(picture: torch.Tensor, kernel: int, stride: int, numbers: str) -> Drawing:
    """Stamps along one side, their overlap in two directions, and a picture grown in two ways with the same kernel.

    picture (1, 3, S, S), shrunk to 24 pixels first; numbers : a name of NUMBERS.
    Raises ValueError for an unknown name, and where `stamps_panel` does.

    Example:

    >>> draw(torch.zeros(1, 3, 24, 24), 4, 2, "all equal").sentence.partition(": ")[2]
    '4 stamps meet at every position. If the mean brightness is kept, a flat picture of 1 becomes 1.00 everywhere.'
    >>> draw(torch.zeros(1, 3, 24, 24), 3, 2, "all equal").sentence.partition(": ")[2]
    '1 to 4 stamps meet. If the mean brightness is kept, a flat picture of 1 becomes 0.44 to 1.78.'
    """
    expect.tensor("picture", picture, "(1, 3, S, S)")
    expect.known("numbers", numbers, NUMBERS)
    expect.number("kernel", expect.whole("kernel", kernel), 1, LARGEST_KERNEL)
    entries = NUMBERS[numbers](kernel)
    small = F.adaptive_avg_pool2d(picture, _SMALL)
    pixels = stack(
        beside(
            stamps_panel(entries, stride, "the stamps of four ones, along one side"),
            overlap_panel(kernel, stride, "how many meet (middle)", cell=21),
            gap=12,
        ),
        beside(
            picture_panel(grow(small, entries, stride)[0], _SIDE, "transposed convolution"),
            picture_panel(grow_nearest(small, entries, stride)[0], _SIDE, "nearest, then convolution"),
        ),
    )
    counts, flat = overlap(kernel, stride), sums(entries, stride)
    flat = flat / flat.mean()
    fewest, most, low, high = min(counts) ** 2, max(counts) ** 2, flat.min() ** 2, flat.max() ** 2
    if fewest < most:
        meet = tr("{fewest} to {most} stamps meet").format(fewest=fewest, most=most)
    else:
        meet = ngettext("{count} stamp at every position", "{count} stamps meet at every position", most)
        meet = meet.format(count=most)
    if high - low > 1e-5:
        becomes = tr("If the mean brightness is kept, a flat picture of 1 becomes {low} to {high}.")
        becomes = becomes.format(low=f"{low:.2f}", high=f"{high:.2f}")
    else:
        becomes = tr("If the mean brightness is kept, a flat picture of 1 becomes {level} everywhere.")
        becomes = becomes.format(level=f"{high:.2f}")
    says = tr("Kernel {kernel}, stride {stride}, {numbers}: {meet}. {becomes}")
    sentence = says.format(kernel=kernel, stride=stride, numbers=tr(numbers), meet=meet, becomes=becomes)
    if fewest == 0:
        sentence += " " + tr("Where no stamp comes, there are gaps.")
    return Drawing(pixels, sentence)
