"""Lesson 04's exercise 3: the gradient of windows that overlap, and what to say to wrong ones."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import Mistake, ValueCheck
from course_lib.texts import tr


def _at(*ones: tuple[int, int], values: tuple = ()) -> torch.Tensor:
    """A table (4, 4) of zeros, but for 1, or `values`, at the cells named."""
    table = torch.zeros(4, 4)
    for (row, column), value in zip(ones, values or [1.0] * len(ones), strict=True):
        table[row, column] = value
    return table


_WINDOWS_AT = torch.tensor([1.0, 2, 2, 1])[:, None] * torch.tensor([1.0, 2, 2, 1])  # how many windows hold a number


def _sum_up(answer: torch.Tensor) -> str:
    says = tr("Four windows add 1 each, which is 4 in all. Yours add up to {total}.")
    return says.format(total=f"{answer.sum().item():g}")


def _which_wins(answer: object) -> str:
    if isinstance(answer, torch.Tensor) and answer.shape == (4, 4):
        if torch.equal(answer.flatten().float().sort().values, _RIGHT.flatten().sort().values):
            if answer[1, 1] == 1 and answer[2, 2] == 3:
                return tr(
                    "The 8 and its 3 are right. But the 7 wins nothing: the first window is 3 × 3 and holds the 8, too. Who wins at the lower left?"
                )
            return tr(
                "The counts 3 and 1 are right, but not their positions. Which two numbers win, and in which row and column do they stand? The first row is row 0."
            )
        says = tr("Go through the four windows: which number wins each? Its position gets 1 for each window it wins.")
        return says if answer.sum() == 4 else f"{_sum_up(answer)} {says}"
    return tr("It has four rows of four numbers: for each number, the count of the windows in which it is the largest.")


_RIGHT = _at((2, 2), (3, 0), values=(3.0, 1.0))

check_gradient = ValueCheck(
    "the gradient",
    _RIGHT,
    [
        Mistake("The places are right, but the 8 wins in three windows: what comes from each of them is added up.", _at((2, 2), (3, 0))),
        Mistake("A window is left out: there are four of them, each adds 1 to the place of its winner, and the 8 wins more than two.", _at((2, 2), (3, 0), values=(2.0, 1.0))),
        Mistake("The 8 lies in all four windows, but in one of them stands a larger number.", _at((2, 2), values=(4.0,))),
        Mistake("The 8 wins three windows, that is right. Which number wins the fourth one, at the lower left? It gets 1.", _at((2, 2), values=(3.0,))),
        Mistake("The 9 lies in one window only, the one at the lower left. So the 8 wins one more.", _at((2, 2), (3, 0), values=(2.0, 2.0))),
        Mistake("The other way round: the 8 wins three windows, the 9 wins one.", _at((2, 2), (3, 0), values=(1.0, 3.0))),
        Mistake("The 7 wins no window: the first one has three rows and three columns, and so it holds the 8, too.", _at((1, 1), (2, 2), (3, 0), values=(1.0, 2.0, 1.0))),
        Mistake("That is the gradient of a single window. max_pool2d moves by its own size where no stride is given: write stride=1.", _at((2, 2))),
        Mistake("That is with padding 1, which makes sixteen windows. Without padding there are four.", _at((1, 1), (1, 2), (2, 2), (3, 0), values=(4.0, 1.0, 7.0, 4.0))),
        Mistake("That gives every number the same. Only the largest number of a window can change its result.", torch.ones(4, 4)),
        Mistake("The numbers are right; give them as one table (4, 4), without the axes for pictures and channels.", _RIGHT[None, None]),
        Mistake("Four windows add 1 each, which is 4 in all. Here are 5: in the window with the 9, the 8 does not win.", _at((2, 2), (3, 0), values=(4.0, 1.0))),
        Mistake("That is the gradient of 2x2 windows with stride 2. These are 3x3 and overlap.", _at((1, 1), (1, 2), (2, 2), (3, 0))),
        Mistake("That is the gradient of 2x2 windows with stride 1, of which there are nine. These are 3x3.", _at((1, 1), (1, 2), (2, 2), (3, 0), values=(3.0, 1.0, 4.0, 1.0))),
        Mistake("The 9 is the largest of all, but it lies in one window only. The other three have a largest number of their own.", _at((3, 0))),
        Mistake("The 9 lies in one of the four windows only, the one that starts at row 1, column 0.", _at((3, 0), values=(4.0,))),
        Mistake("Those are the winners themselves. The gradient says how much the sum changes with each: 1 for each window it wins.", _at((2, 2), (3, 0), values=(8.0, 9.0))),
        Mistake("You added up the values (3 · 8 = 24). The gradient asks how often each number wins: 3.", _at((2, 2), (3, 0), values=(24.0, 9.0))),
        Mistake("That counts the windows in which each number lies. Only the one that wins a window counts there.", _WINDOWS_AT),
        Mistake("That is the gradient of mean pooling, which gives each number of a window one ninth.", _WINDOWS_AT / 9),
        Mistake("Rows and columns are exchanged: the 9 stands in row 3, column 0.", _at((2, 2), (0, 3), values=(3.0, 1.0))),
        Mistake("That divides by the four windows, as for their mean. The gradient is that of the sum.", _at((2, 2), (3, 0), values=(0.75, 0.25))),
        Mistake("That is the result of the pooling. The gradient has a number for each of the sixteen.", torch.tensor([[8.0, 8], [9, 8]])),
    ],
    hint=_which_wins,
)  # fmt: skip
