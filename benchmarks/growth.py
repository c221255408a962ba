"""How cost grows: a curve of measured points, and the slope that they follow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.rows import shown


class Curve(NamedTuple):
    """What something costs as one thing grows. xs, costs : as many numbers; what : that which grows.

    Example:

    >>> print(Curve("a picture", "steps", [5, 10, 20], [1.0, 2.0, 4.0], "s"))
    a picture: 5, 10, 20 steps take 1.00 s, 2.00 s, 4.00 s: 200 ms each, and growth as steps^1.00
    """

    name: str
    what: str
    xs: list[float]
    costs: list[float]
    unit: str

    @property
    def slope(self) -> float:
        """The power with which the cost grows: the slope of the logarithms, by least squares."""
        return float(np.polyfit(np.log(self.xs), np.log(self.costs), 1)[0])

    @property
    def each(self) -> float:
        """What one more costs: the slope of the straight line, by least squares."""
        return float(np.polyfit(self.xs, self.costs, 1)[0])

    def __str__(self) -> str:
        xs, costs = ", ".join(f"{x:g}" for x in self.xs), ", ".join(shown(cost, self.unit) for cost in self.costs)
        each = shown(self.each, self.unit)
        return f"{self.name}: {xs} {self.what} take {costs}: {each} each, and growth as {self.what}^{self.slope:.2f}"
