"""What a row of the benchmark table is, and how its two times are measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One comparison: seconds that ours takes, and seconds that its peer takes for the same work.

    Example:

    >>> Row("conv2d", 0.03, 0.01, "torch.nn.functional.conv2d", "3x3 kernel").ratio
    3.0
    """

    name: str
    ours_s: float
    peer_s: float
    peer: str
    note: str

    @property
    def ratio(self) -> float:
        """How many times longer ours takes; below 1, ours is faster."""
        return self.ours_s / self.peer_s


def alternate(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds of two calls, made in turn so that whatever else the computer does meets both alike.

    Each is called once before, unmeasured. Raises ValueError if repeats is below 1.

    Example:

    >>> ours_s, peer_s = alternate(lambda: sum(range(9)), lambda: sum(range(99)), repeats=3)
    >>> ours_s > 0 and peer_s > 0
    True
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1; got {repeats}")
    ours(), peer()
    times = [(_seconds(ours), _seconds(peer)) for _ in range(repeats)]
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def table(rows: list[Row]) -> str:
    """The rows as one aligned text table.

    Example:

    >>> print(table([Row("conv2d", 0.03, 0.01, "F.conv2d", "3x3 kernel")]))
    what        ours      peer  ratio  peer      note
    conv2d  30.00 ms  10.00 ms   3.00  F.conv2d  3x3 kernel
    """
    head = ("what", "ours", "peer", "ratio", "peer", "note")
    cells = [(r.name, _ms(r.ours_s), _ms(r.peer_s), f"{r.ratio:.2f}", r.peer, r.note) for r in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    to_right = (False, True, True, True, False, False)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, to_right, strict=True)
        ).rstrip()
        for line in (head, *cells)
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
