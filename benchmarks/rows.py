"""What a row of the benchmark table is, and how its two sides are measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

UNITS = {
    "s": ((1, "s"), (1e-3, "ms"), (1e-6, "us")),
    "bytes": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")),
}


class Measured(NamedTuple):
    """Medians of ours and of the peer, and of their ratio, with its quartiles. Each run is beside one of the peer.

    Example:

    >>> Measured.of([3.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    Measured(ours=3.0, peer=1.0, ratio=3.0, low=2.5, high=3.5)
    """

    ours: float
    peer: float
    ratio: float
    low: float
    high: float

    @classmethod
    def of(cls, ours: Sequence[float], peer: Sequence[float]) -> Measured:
        """From as many numbers of each side, the first of one beside the first of the other."""
        ratios = [one / other for one, other in zip(ours, peer, strict=True)]
        low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        return cls(statistics.median(ours), statistics.median(peer), ratio, low, high)


class Row(NamedTuple):
    """One comparison: what ours takes, and what its peer takes for the same work, in seconds or bytes.

    goal : the largest ratio that is wanted, None where none is; reason : why it is not reached, where that was found.

    Example:

    >>> row = Row("conv2d", Measured(0.03, 0.01, 3.0, 2.9, 3.1), "F.conv2d", "3x3 kernel", goal=2.5)
    >>> row.ratio, row.reached
    (3.0, False)
    """

    name: str
    measured: Measured
    peer: str
    note: str = ""
    goal: float | None = None
    unit: str = "s"
    reason: str = ""

    @property
    def ratio(self) -> float:
        """How many times as much ours takes; below 1, ours takes less."""
        return self.measured.ratio

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.ratio <= self.goal


def alternate(
    ours: Callable[[], object],
    peer: Callable[[], object],
    repeats: int,
    agree: Callable[[object, object], object] | None = None,
    *,
    clock: Callable[[], float] | None = None,
) -> Measured:
    """Seconds of two calls, made in turn so that whatever else the computer does meets both alike.

    Each is called once before, unmeasured, and agree(ours, peer) may refuse what the two gave. Which of the two goes
    first changes each time. clock : what is read before and after; None for the time on the wall or, where PyTorch has
    one thread, for that of this program's processor, which other programs lengthen less. Raises ValueError if repeats
    is below 1.

    Example:

    >>> found = alternate(lambda: sum(range(9)), lambda: sum(range(99)), repeats=3)
    >>> found.low <= found.ratio <= found.high
    True
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1; got {repeats}")
    given = ours(), peer()
    if agree is not None:
        agree(*given)
    clock = clock or (time.process_time if torch.get_num_threads() == 1 else time.perf_counter)
    times: dict[Callable, list[float]] = {ours: [], peer: []}
    for number in range(repeats):
        for call in (ours, peer) if number % 2 == 0 else (peer, ours):
            times[call].append(seconds(call, clock))
    return Measured.of(times[ours], times[peer])


def close(tolerance: float = 1e-4) -> Callable[[object, object], None]:
    """What `alternate` may ask for: two tensors (...) that differ by at most a part of the peer's largest number.

    Example:

    >>> close()(torch.ones(2), torch.tensor([1.0, 1.5]))
    Traceback (most recent call last):
    AssertionError: ours and the peer's must be the same to 0.0001; they differ by 0.333
    """

    def agree(ours: object, peer: object) -> None:
        ours, peer = (torch.as_tensor(given).double() for given in (ours, peer))
        off = ((ours - peer).abs().max() / peer.abs().max()).item()
        if ours.shape != peer.shape or not off <= tolerance:
            raise AssertionError(f"ours and the peer's must be the same to {tolerance:g}; they differ by {off:.3g}")

    return agree


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """How long a call takes, by a clock."""
    start = clock()
    call()
    return clock() - start


def shown(value: float, unit: str) -> str:
    """A time or a number of bytes, with the unit in which it reads well.

    Example:

    >>> shown(0.03, "s"), shown(2.5e6, "bytes"), shown(12.0, "s")
    ('30.0 ms', '2.50 MB', '12.0 s')
    """
    size, name = next((step for step in UNITS[unit] if abs(value) >= step[0]), UNITS[unit][-1])
    return f"{value / size:#.3g} {name}".replace(". ", " ")


HEAD = ("what", "ours", "peer", "ratio", "quartiles", "goal", "peer", "note")
TO_RIGHT = (False, True, True, True, True, True, False, False)


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed, under `HEAD`."""
    found = row.measured
    goal = "" if row.goal is None else f"{row.goal:g}, {'reached' if row.reached else 'missed'}"
    note = "; ".join(filter(None, [row.note, row.reason if not row.reached else ""]))
    quartiles = f"{found.low:.2f} to {found.high:.2f}"
    ours, peer = (shown(value, row.unit) for value in (found.ours, found.peer))
    return row.name, ours, peer, f"{row.ratio:.2f}", quartiles, goal, row.peer, note


def table(rows: list[Row]) -> str:
    """The rows as one aligned text table.

    Example:

    >>> print(table([Row("conv2d", Measured(0.03, 0.01, 3.0, 2.9, 3.1), "F.conv2d", "3x3 kernel", 4)]))
    what       ours     peer  ratio     quartiles        goal  peer      note
    conv2d  30.0 ms  10.0 ms   3.00  2.90 to 3.10  4, reached  F.conv2d  3x3 kernel
    """
    lines = [HEAD, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, TO_RIGHT, strict=True)
        ).rstrip()
        for line in lines
    )
