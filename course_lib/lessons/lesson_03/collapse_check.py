"""Lesson 03, ReLU: the check of exercise 2, which makes one linear layer of two."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.exercises.stops import names_in


def _collapse(weight1: Tensor, bias1: Tensor, weight2: Tensor, bias2: Tensor) -> tuple[Tensor, Tensor]:
    return weight2 @ weight1, weight2 @ bias1 + bias2


def _layers() -> list[tuple]:
    generator = torch.Generator().manual_seed(4)
    return [
        tuple(torch.randn(shape, generator=generator) for shape in ((middle, inputs), (middle,), (outputs, middle), (outputs,)))
        for inputs, middle, outputs in ((3, 3, 3), (3, 4, 2), (5, 3, 4))
    ]  # fmt: skip


def _part_is(answer: Callable, index: int, wrong: Callable) -> bool:
    """Whether one of the two that an answer gives is this, whatever the other is; here all sizes fit in any order."""
    layers = _layers()[0]
    try:
        given, expected = answer(*layers), wrong(*layers)
        return len(given) == 2 and given[index].shape == expected.shape and torch.allclose(given[index], expected)
    except Exception:
        return False


def _weight(says: str, wrong: Callable) -> Mistake:
    return Mistake(
        says, lambda *layers: (wrong(*layers), _collapse(*layers)[1]), lambda answer: _part_is(answer, 0, wrong)
    )


def _bias(says: str, wrong: Callable) -> Mistake:
    return Mistake(
        says, lambda *layers: (_collapse(*layers)[0], wrong(*layers)), lambda answer: _part_is(answer, 1, wrong)
    )


x = torch.ones(2)  # the page has one, too, and a learner's function can read it

_EXAMPLE = torch.tensor([[5.0, 3.0], [-3.0, 1.0]]), torch.tensor([2.0, 5.0])

_ONE_AXIS = "The bias has one axis, (outputs,). Yours has two: use bias1 and bias2 as they come."

check_collapse = FunctionCheck(
    "collapse",
    _collapse,
    _layers(),
    [
        Mistake("collapse reads x, which it is not given. Return the weight and the bias of the one layer: they are the same for every x.", lambda w1, b1, w2, b2: w2 @ (w1 @ x + b1) + b2, lambda answer: "x" in names_in(answer)),
        Mistake("That is the weight alone; return it together with the bias: weight, bias.", lambda w1, b1, w2, b2: w2 @ w1),
        Mistake("Weight and bias have changed places: return weight, bias.", lambda w1, b1, w2, b2: (w2 @ b1 + b2, w2 @ w1)),
        Mistake("Weight and bias are added up. They are two results: return weight, bias.", lambda w1, b1, w2, b2: w2 @ w1 + (w2 @ b1 + b2)),
        Mistake("Those are the numbers of the lesson's example. Write the rule, with the four that collapse is given.", lambda *layers: _EXAMPLE),
        _weight("The tables are multiplied in the wrong order. Which layer works on the result of the other?", lambda w1, b1, w2, b2: w1 @ w2),
        _weight("Both tables are transposed, which is not needed here, and so they are multiplied in the wrong order: weight2 @ weight1.", lambda w1, b1, w2, b2: w2.T @ w1.T),
        _weight("Rows and columns of the weight are exchanged: that is the weight for x on the left. Here x stands on the right, and needs no .T: weight2 @ weight1.", lambda w1, b1, w2, b2: (w2 @ w1).T),
        _weight("weight2 is transposed. Here x stands on the right, and no table needs .T: weight2 @ weight1.", lambda w1, b1, w2, b2: w2.T @ w1),
        _weight("weight1 is transposed. Here x stands on the right, and no table needs .T: weight2 @ weight1.", lambda w1, b1, w2, b2: w2 @ w1.T),
        _weight("The tables are multiplied number by number. A matrix product (@) is needed.", lambda w1, b1, w2, b2: w2 * w1),
        _weight("The tables are added. One layer works on the result of the other: multiply them.", lambda w1, b1, w2, b2: w1 + w2),
        _weight("bias2 is added to the weight. It belongs to the bias, the second of the two results.", lambda w1, b1, w2, b2: w2 @ w1 + b2),
        _bias("bias1 is added as it is. It goes through the second layer, too.", lambda w1, b1, w2, b2: b1 + b2),
        _bias("bias1 is missing. It goes through the second layer.", lambda w1, b1, w2, b2: b2),
        _bias("bias2 is missing: it is added at the end.", lambda w1, b1, w2, b2: w2 @ b1),
        _bias("bias2 is taken away. It is added, at the end.", lambda w1, b1, w2, b2: w2 @ b1 - b2),
        _bias(_ONE_AXIS, lambda w1, b1, w2, b2: (w2 @ b1 + b2)[:, None]),
        _bias(_ONE_AXIS, lambda w1, b1, w2, b2: w2 @ b1[:, None] + b2),
        _bias("bias2 is added after the second layer, so weight2 does not multiply it.", lambda w1, b1, w2, b2: w2 @ (b1 + b2)),
        _bias("weight1 multiplies bias1. But bias1 is added after the first layer: only weight2 multiplies it.", lambda w1, b1, w2, b2: w1 @ b1 + b2),
        _bias("bias1 is multiplied by weight2 number by number. A matrix product (@) is needed.", lambda w1, b1, w2, b2: w2 * b1 + b2),
        _bias("The biases are multiplied. bias1 goes through the second layer, and bias2 is added.", lambda w1, b1, w2, b2: b1 * b2),
        _bias("bias1 and bias2 have changed places: bias1 is the one that goes on through another layer.", lambda w1, b1, w2, b2: w1 @ b2 + b1),
        _bias("That multiplies bias1 with the columns of weight2. Each row of weight2 is one unit of layer 2: write `weight2 @ bias1`, with the table first and without .T.", lambda w1, b1, w2, b2: b1 @ w2 + b2),
    ],
)  # fmt: skip
