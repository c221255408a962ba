"""Lesson 06's exercises: blocks to build a U-Net from, and Stable Diffusion's parameters counted by formulas."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection

import torch
from torch import Tensor, nn

from course_lib.models.anatomy import stable_diffusion
from course_lib.models.blocks import Downsample, ResidualBlock, Upsample
from course_lib.texts import tr

CHANNELS, ATTENTION, TIME, TEXT = (320, 640, 1280, 1280), (True, True, True, False), 1280, 768
TOLD = ("down", "middle", "up_1", "up_2")  # exercise 1's blocks that read the time


class Blocks(nn.Module):
    """The blocks of exercise 1, with random numbers, as attributes; all tables between them have 8 channels.

    conv_in(x), down(h, time), shrink(h), middle(h, time), grow(h), up_1(h, time), up_2(h, time), conv_out(h); the two
    on the way up read 16 channels and give 8. time is (B, 16). Another seed gives other random numbers.

    Example:

    >>> blocks = Blocks()
    >>> h = blocks.conv_in(torch.zeros(1, 3, 8, 8))
    >>> blocks.shrink(blocks.down(h, torch.zeros(1, 16))).shape
    torch.Size([1, 8, 4, 4])
    """

    def __init__(self, seed: int = 6):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.conv_in = nn.Conv2d(3, 8, 3, padding=1)
            self.down, self.middle = (ResidualBlock(8, 8, groups=4, time_channels=16) for _ in range(2))
            self.shrink, self.grow = Downsample(8), Upsample(8)
            self.up_1, self.up_2 = (ResidualBlock(16, 8, groups=4, time_channels=16) for _ in range(2))
            self.conv_out = nn.Conv2d(8, 3, 3, padding=1)
        self.requires_grad_(False)

    def __repr__(self) -> str:
        return "blocks"


class _Patient(nn.Module):
    """A residual block that goes on with too few channels, or without a time, so that the mistake can be named."""

    def __init__(self, block: ResidualBlock):
        super().__init__()
        self.block = block

    def forward(self, h: Tensor, time: Tensor | None = None) -> Tensor:
        missing = self.block.conv1.in_channels - h.shape[1]
        if missing > 0:
            h = torch.cat([h, h.new_zeros(len(h), missing, *h.shape[2:])], dim=1)
        return self.block(h, h.new_zeros(len(h), 16) if time is None else time)


def _patient(seed: int) -> Blocks:
    blocks = Blocks(seed)
    for name in TOLD:
        setattr(blocks, name, _Patient(getattr(blocks, name)))
    return blocks


def build(
    x: Tensor, time: Tensor, blocks: Blocks, *, join: Callable | None = None, join_2: Callable | None = None,
    first: str = "down", second: str = "conv_in", middle: str = "low", untold: Collection[str] = (), last: bool = True,
    moves: Collection[str] = ("shrink", "grow"), ways: tuple[str, str] = ("up_1", "up_2"), passed: bool = True,
    around: bool = False,
) -> Tensor:  # fmt: skip
    """The U-Net of exercise 1, x (B, 3, H, W) and time (B, 16) -> (B, 3, H, W); other options are usual mistakes.

    join, join_2 : how a table is put beside for up_1 and up_2; first, second : which one, "" for none; middle : where
    it stands, "low", "before" shrink, "after" grow or "" for nowhere; untold : blocks without the time; moves : which
    of shrink and grow are there; passed : up_2 reads what up_1 gives; ways : the two on the way up; around : x is
    added at the end.

    Example:

    >>> build(torch.zeros(1, 3, 8, 4), torch.zeros(1, 16), Blocks()).shape
    torch.Size([1, 3, 8, 4])
    """
    join = join or (lambda h, kept: torch.cat([h, kept], dim=1))
    join_2 = join_2 or join

    def run(name: str, h: Tensor) -> Tensor:
        return getattr(blocks, name)(h, None if name in untold else time)

    kept = {"x": x, "conv_in": blocks.conv_in(x)}
    kept["down"] = h = run("down", kept["conv_in"])
    h = run("middle", h) if middle == "before" else h
    kept["shrink"] = h = blocks.shrink(h) if "shrink" in moves else h
    h = run("middle", h) if middle == "low" else h
    below = blocks.grow(h) if "grow" in moves else h
    below = run("middle", below) if middle == "after" else below
    h = run(ways[0], join(below, kept[first]) if first else below)
    h = h if passed else below
    h = run(ways[1], join_2(h, kept[second]) if second else h)
    h = blocks.conv_out(h) if last else h
    return x + h if around else h


def cases() -> list[tuple]:
    """What exercise 1 is tried on: pictures, times, and blocks that go on where a learner's own would stop.

    The second blocks have other numbers than `Blocks()`, so that an answer with blocks of its own is noticed.

    Example:

    >>> [tuple(x.shape) for x, time, blocks in cases()]
    [(2, 3, 8, 8), (1, 3, 12, 4)]
    """
    draw_from = torch.Generator().manual_seed(7)
    shapes = {6: ((2, 3, 8, 8), (2, 16)), 7: ((1, 3, 12, 4), (1, 16))}
    return [
        (*(torch.randn(shape, generator=draw_from) for shape in both), _patient(seed)) for seed, both in shapes.items()
    ]


def residual_numbers(
    a: int, b: int, *, biases: int = 1, norms: int = 1, time: bool = True, shortcut: str = "if", way: int = 1
) -> int:
    """The parameters of Stable Diffusion's residual block from a to b channels; the options leave something out.

    Example:

    >>> residual_numbers(320, 320)
    2255040
    """
    norm = norms * 2 * (a + b)
    convolutions = 9 * a * b + 9 * b * b + biases * 2 * b
    told = (TIME * b + biases * b) if time else 0
    around = way * a * b + biases * b if shortcut == "always" or (shortcut == "if" and a != b) else 0
    return norm + convolutions + told + around


def transformer_numbers(c: int) -> int:
    """The parameters of a transformer over c channels, with cross-attention to text states of 768 numbers.

    Example:

    >>> transformer_numbers(320)
    2546240
    """
    outside = 2 * c + 2 * (c * c + c)
    self_attention, cross_attention = 4 * c * c + c, 2 * c * c + 2 * TEXT * c + c
    feed_forward = (8 * c * c + 8 * c) + (4 * c * c + c)
    return outside + 6 * c + self_attention + cross_attention + feed_forward


def kept_channels() -> list[int]:
    """The channels of the tables that Stable Diffusion's way down keeps, oldest first.

    Example:

    >>> kept_channels()
    [320, 320, 320, 320, 640, 640, 640, 1280, 1280, 1280, 1280, 1280]
    """
    kept = [CHANNELS[0]]
    for level, width in enumerate(CHANNELS):
        kept += [width] * (3 if level < 3 else 2)
    return kept


def reads(
    *, oldest_first: bool = False, equal: bool = False, beside: bool = True, below: bool = False
) -> list[list[int]]:
    """For each block on the way up, from the lowest, the channels that its three residual blocks read.

    Example:

    >>> reads()[2]
    [1920, 1280, 960]
    """
    kept, before, rows = kept_channels(), CHANNELS[-1], []
    for width in reversed(CHANNELS):
        row = []
        for own in (before,) * 3 if below else (before, width, width):
            other = width if equal else kept.pop(0 if oldest_first else -1)
            row.append(own + other if beside else own)
        rows.append(row)
        before = width
    return rows


def first_wrong_row(answer: object) -> str:
    """What to say to an answer to exercise 2 that is no usual mistake: which row is the first to differ from `reads`.

    Example:

    >>> first_wrong_row([[2560, 2560, 2560], [2560, 2560, 2560], [1920, 1280, 960], [960, 640, 640]])
    'The first row that differs is that of up_blocks.1.'
    """
    shape = tr("The right list has four rows of three numbers; the first row is [2560, 2560, 2560].")
    try:
        rows = torch.as_tensor(answer).tolist()
    except (TypeError, ValueError, RuntimeError):
        return shape
    if not isinstance(rows, list) or [len(row) if isinstance(row, list) else 0 for row in rows] != [3] * 4:
        return shape
    differ = [index for index, (row, right) in enumerate(zip(rows, reads(), strict=True)) if row != right]
    return tr("The first row that differs is that of up_blocks.{row}.").format(row=differ[0]) if differ else ""


def total(
    *, rows: list[list[int]] | None = None, attention: tuple[bool, ...] = ATTENTION, layers_up: int = 3,
    ends: bool = True, time: bool = True, middle: bool = True, halves: bool = True, doubles: bool = True,
) -> int:  # fmt: skip
    """The parameters of Stable Diffusion 1.5's U-Net by formulas; the options leave something out.

    Example:

    >>> total()
    859520964
    """
    rows = rows or reads()
    found = (9 * 4 * 320 + 320) + 2 * 320 + (9 * 320 * 4 + 4) if ends else 0
    found += (320 * TIME + TIME) + (TIME * TIME + TIME) if time else 0
    found += 2 * residual_numbers(1280, 1280) + transformer_numbers(1280) if middle else 0
    for level, width in enumerate(CHANNELS):
        before = CHANNELS[max(0, level - 1)]
        found += residual_numbers(before, width) + residual_numbers(width, width)
        found += sum(residual_numbers(wide, width) for wide in rows[3 - level][:layers_up])
        found += (2 + layers_up) * transformer_numbers(width) * attention[level]
        convolution = 9 * width * width + width
        found += convolution * (halves and level < 3) + convolution * (doubles and level > 0)
    return found


def way_up_total(rows: list[list[int]] | None = None) -> int:
    """The parameters of the twelve residual blocks on Stable Diffusion 1.5's way up, which read rows of channels.

    Example:

    >>> way_up_total()
    338128000
    """
    widths = CHANNELS[::-1]
    return sum(
        residual_numbers(wide, width) for row, width in zip(rows or reads(), widths, strict=True) for wide in row
    )


def block_to_blame(answer: object) -> str:
    """What to say to a count that is no usual mistake: which block is missing in it or counted twice, if one is.

    Example:

    >>> block_to_blame(total() - 12_164)[:56]
    'conv_out with its group norm is missing: 12,164 numbers.'
    """
    advice = tr(
        "Count each block on a line of its own, and compare with the list above: the first that differs shows where."
    )
    try:
        off = round(float(answer)) - total()
    except (TypeError, ValueError, OverflowError):
        return advice
    blocks = {name: block.numbers for name, block in stable_diffusion().items()}
    blocks[tr("conv_out with its group norm")] = blocks["conv_norm_out"] + blocks["conv_out"]
    same = [name for name, numbers in blocks.items() if numbers == abs(off)]
    if not same:
        return advice
    says = tr("{block} is missing: {count} numbers.") if off < 0 else tr("{block} is counted twice: {count} numbers.")
    one_of = functools.reduce(lambda one, other: tr("{one} or {other}").format(one=one, other=other), same)
    return f"{says.format(block=one_of, count=f'{abs(off):,}')} {advice}"
