"""Explicit Runge-Kutta rules, each written as its tableau."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from course_lib.samplers.mathematics import combine


@dataclass(frozen=True)
class Tableau:
    """A Butcher tableau: where each later stage stands, how it gets there, and how the result weighs all stages.

    nodes : for each stage after the first, the part of the step at which it stands; rows : for each, the weights of the
    increments before it; weights : of all increments in the result. consistent : whether each row sums to its node.
    Raises ValueError where the lengths do not fit, the weights do not sum to 1, or a row not to its node.

    Example:

    >>> midpoint = Tableau(nodes=(1 / 2,), rows=((1 / 2,),), weights=(0, 1))
    >>> midpoint.step(lambda x, part: x, torch.ones(1), torch.ones(1), 0.5)
    (tensor([1.6250]), [tensor([0.5000]), tensor([0.6250])])
    """

    nodes: Sequence[float]
    rows: Sequence[Sequence[float]]
    weights: Sequence[float]
    consistent: bool = True

    def __post_init__(self):
        if not len(self.nodes) == len(self.rows) == len(self.weights) - 1:
            raise ValueError(
                f"a tableau of {len(self.weights)} weights has {len(self.weights) - 1} nodes and as many rows; "
                f"got {len(self.nodes)} and {len(self.rows)}"
            )
        for node, row in zip(self.nodes, self.rows, strict=True):
            if self.consistent and not math.isclose(sum(row), node):
                raise ValueError(f"the row {tuple(row)} must sum to its node {node}")
        if not math.isclose(sum(self.weights), 1):
            raise ValueError(f"the weights {tuple(self.weights)} must sum to 1")

    def step(
        self, slope_at: Callable, x: torch.Tensor, slope: torch.Tensor, h: float
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The state (B, ...) after a step of length h, and the increments, h times the slope of each stage.

        slope_at(x, c) -> the slope at a state x, a part c of the step further; slope : that at x (B, ...) itself.
        """
        increments = [h * slope]
        for node, row in zip(self.nodes, self.rows, strict=True):
            increments.append(h * slope_at(x + combine(row, increments[: len(row)]), node))
        return x + combine(self.weights, increments), increments


CLASSICAL = Tableau((1 / 2, 1 / 2, 1), ((1 / 2,), (0, 1 / 2), (0, 0, 1)), (1 / 6, 2 / 6, 2 / 6, 1 / 6))
FEHLBERG = Tableau(
    nodes=(1 / 4, 3 / 8, 12 / 13, 1),
    rows=(
        (1 / 4,),
        (3 / 32, 9 / 32),
        (1932 / 2197, -7200 / 2197, 7296 / 2197),
        (439 / 216, -8, 3680 / 513, -845 / 4104),
    ),
    weights=(25 / 216, 0, 1408 / 2565, 2197 / 4104, -1 / 5),
)
BOGACKI_SHAMPINE = Tableau((1 / 2, 3 / 4), ((1 / 2,), (0, 3 / 4)), (2 / 9, 3 / 9, 4 / 9))
