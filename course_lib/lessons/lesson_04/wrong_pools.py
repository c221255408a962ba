"""Lesson 04's exercise 1: pictures to pool, what is right, and what learners write in its place."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from course_lib.layers import max_pool2d, output_size, unfold


def cases() -> list[tuple]:
    """Pictures (channels, rows, columns), mostly negative; windows that overlap, that touch, and that leave gaps.

    The numbers of the last one are so low that no fixed number will do as padding.
    """
    draw_from = torch.Generator().manual_seed(4)
    sizes = [
        ((2, 6, 8), 3, 2, 1), ((3, 4, 6), 2, 2, 0), ((2, 7, 5), 3, 1, 1), ((2, 9, 7), 2, 3, 1), ((2, 9, 8), 4, 3, 2),
    ]  # fmt: skip
    low = -1e30 - 1e30 * torch.rand((2, 5, 6), generator=draw_from)
    return [*((torch.randn(shape, generator=draw_from) - 1, *setting) for shape, *setting in sizes), (low, 3, 2, 1)]


def pool(x, kernel, stride, padding) -> torch.Tensor:
    return max_pool2d(x[None], kernel, stride, padding)[0]


def windows(x, kernel, stride, padding, value=-math.inf) -> torch.Tensor:
    """(channels, kernel * kernel, rows, columns)."""
    return unfold(x[None], kernel, stride=stride, padding=padding, value=value)[0]


def zeros_around(x, k, s, p) -> torch.Tensor:
    return windows(x, k, s, p, value=0.0).amax(dim=1)


def farthest_from_zero(x, k, s, p) -> torch.Tensor:
    seen = windows(x, k, s, p, value=0.0)
    return seen.gather(1, seen.abs().argmax(dim=1, keepdim=True))[:, 0]


def pads_with_a_number(answer) -> bool:
    """Whether one and the same number stands at all places that are wrong, and windows without padding are right."""
    x, k, s, p = cases()[-1]
    try:
        given = answer(x.clone(), k, s, p)
        wrong = given != pool(x, k, s, p)
    except Exception:
        return False
    at_rim = windows(torch.zeros_like(x), k, s, p).isinf().any(dim=1)
    return isinstance(given, torch.Tensor) and torch.equal(wrong, at_rim) and len(given[wrong].unique()) == 1


def starts_at_a_number(answer) -> bool:
    """Whether one and the same number is everywhere the least that comes out."""
    try:
        start = answer(*cases()[-1]).unique()
        return len(start) == 1 and all(torch.equal(answer(*case), pool(*case).clamp(min=start)) for case in cases())
    except Exception:
        return False


def right_on_squares(answer) -> bool:
    """Whether it is right wherever a picture has as many rows as columns."""
    try:
        sides = [min(x.shape[1:]) for x, *_ in cases()]
        squares = [(x[:, :side, :side], *setting) for side, (x, *setting) in zip(sides, cases(), strict=True)]
        return all(torch.equal(answer(x.clone(), *setting), pool(x, *setting)) for x, *setting in squares)
    except Exception:
        return False


def as_many_as_before(answer) -> bool:
    """Whether a result has as many rows and columns as its picture, even where a window has no room for that."""
    try:
        return answer(torch.zeros(1, 5, 4), 4, 1, 0).shape == (1, 5, 4)
    except Exception:
        return False


def counted_before_padding(x, k, s, p) -> torch.Tensor:
    rows, columns = (output_size(side, k, s) for side in x.shape[1:])
    return pool(x, k, s, p)[:, :rows, :columns]


def not_whole(x, k, s, p) -> torch.Tensor:
    """rows // stride by columns // stride places of the padded picture; the last windows are cut off at its rim."""
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    rows, columns = (side // s for side in x.shape[1:])
    padded = F.pad(x, (0, k, 0, k), value=-math.inf)
    return windows(padded, k, s, 0).amax(dim=1)[:, :rows, :columns]


def steps(x, k, s, p, down, right, side) -> torch.Tensor:
    """The places are right, but windows begin at i * down, j * right and have `side` rows and columns."""
    rows, columns = (output_size(length, k, s, p) for length in x.shape[1:])
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    out = torch.zeros(len(x), rows, columns)
    for i in range(rows):
        for j in range(columns):
            out[:, i, j] = x[:, i * down : i * down + side, j * right : j * right + side].amax(dim=(1, 2))
    return out


def only(out: torch.Tensor, rows: int | None, columns: int | None = None, filled: float = 0.0) -> torch.Tensor:
    """What is left of a result, filled with one number before, where a loop ends too early."""
    kept = torch.full_like(out, filled)
    kept[:, :rows, :columns] = out[:, :rows, :columns]
    return kept


def one_place_after_the_other(x, k, s, p) -> torch.Tensor:
    rows, columns = pool(x, k, s, p).shape[1:]
    return pool(x, k, 1, p)[:, :rows, :columns]


def window_of_two(x, k, s, p) -> torch.Tensor:
    """The places of a window of size k, but each window is two by two."""
    rows, columns = (output_size(side, k, s, p) for side in x.shape[1:])
    padded = F.pad(x, (p, p, p, p), value=-math.inf)
    return windows(padded, 2, s, 0).amax(dim=1)[:, :rows, :columns]


def too_many_places(x, k, s, p) -> torch.Tensor:
    """With one more row of places than there is room for."""
    rows, columns = pool(x, k, s, p).shape[1:]
    return at_places(x, k, s, p, rows + 1, columns)


def at_places(x, k, s, p, rows, columns) -> torch.Tensor:
    """So many rows and columns of places, though a window may hang over the edge."""
    x = F.pad(x, (p, p, p, p), value=-math.inf)
    tops, lefts = range(0, rows * s, s), range(0, columns * s, s)
    found = [x[:, top : top + k, left : left + k].amax(dim=(1, 2)) for top in tops for left in lefts]
    return torch.stack(found, dim=1).reshape(len(x), rows, columns)


def sides_of_a_table(x, k, s, p) -> torch.Tensor:
    """`pool_with_loops` copied: it takes the channels for the rows, and has one axis too many."""
    rows, columns = (output_size(side, k, s, p) for side in x.shape)
    return torch.zeros(rows, columns)


def written(x, k, s, p, take) -> torch.Tensor:
    """`take` makes of the first window what does not fit into a place of the result; PyTorch stops."""
    out = pool(x, k, s, p)
    out[:, 0, 0] = take(x[:, :k, :k])
    return out


def with_a_batch(x, k, s, p) -> torch.Tensor:
    _, channels, rows, columns = x.shape
    return torch.zeros(channels, rows, columns)
