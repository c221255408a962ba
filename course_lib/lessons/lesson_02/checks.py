"""Lesson 02, convolution: the checks of its exercises."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.layers import output_size

_ROUND = "round() goes to the nearest whole number, so it sometimes goes up. // always rounds down."

check_size = FunctionCheck(
    "my_size",
    output_size,
    [(5, 3, 1, 0), (64, 3, 2, 1), (28, 5, 3, 2), (20, 3, 2, 1), (28, 5, 3, 1), (10, 4, 2, 1), (9, 4, 1, 1), (7, 3, 1, 1), (8, 3, 2, 0)],
    [
        Mistake("The + 1 belongs after the division: (...) // stride + 1.", lambda n, k, s, p: (n + 2 * p - k + 1) // s),
        Mistake("The + 1 stands there twice: it belongs after the division only.", lambda n, k, s, p: (n + 2 * p - k + 1) // s + 1),
        Mistake("The + 1 is missing: the position where the window starts counts.", lambda n, k, s, p: output_size(n, k, s, p) - 1),
        Mistake("The + 1 is taken away: the position where the window starts is added.", lambda n, k, s, p: output_size(n, k, s, p) - 2),
        Mistake("You divide by stride + 1: divide by stride first, then add 1.", lambda n, k, s, p: (n + 2 * p - k) // (s + 1)),
        Mistake("Padding stands at both ends: it counts twice.", lambda n, k, s, p: (n + p - k) // s + 1),
        Mistake("The zeros lengthen the side before the window moves: 2 * padding belongs inside the brackets.", lambda n, k, s, p: (n - k) // s + 1 + 2 * p),
        Mistake("The zeros lengthen the side before the window moves: padding belongs inside the brackets, and twice.", lambda n, k, s, p: (n - k) // s + 1 + p),
        Mistake("Padding counts twice, and the + 1 belongs after the division.", lambda n, k, s, p: (n + p - k + 1) // s),
        Mistake("Stride and padding are missing.", lambda n, k, s, p: n - k + 1),
        Mistake("The kernel isn't always 3: take away `kernel`.", lambda n, k, s, p: output_size(n, 3, s, p)),
        Mistake("Padding is missing.", lambda n, k, s, p: output_size(n, k, s, 0)),
        Mistake("The zeros make the side longer: + 2 * padding.", lambda n, k, s, p: (n - 2 * p - k) // s + 1),
        Mistake("The kernel is added: take it away, because the window covers that many numbers before it moves.", lambda n, k, s, p: (n + 2 * p + k) // s + 1),
        Mistake("The kernel's size and the + 1 are missing: take the kernel away, divide, and add 1.", lambda n, k, s, p: (n + 2 * p) // s),
        Mistake("The kernel's size is missing: the window covers that many numbers before it moves at all.", lambda n, k, s, p: (n + 2 * p) // s + 1),
        Mistake("The window covers `kernel` numbers before it moves, not kernel + 1: there is a 1 too much in the brackets. Or you rounded up: round down, then add 1.", lambda n, k, s, p: (n + 2 * p - k - 1) // s + 1),
        Mistake("2 * (kernel // 2) is kernel - 1 for odd kernels only: take away kernel itself.", lambda n, k, s, p: (n + 2 * p - 2 * (k // 2) - 1) // s + 1),
        Mistake("2 * (kernel // 2) is kernel - 1 for odd kernels only: take away kernel itself.", lambda n, k, s, p: (n + 2 * p - 2 * (k // 2)) // s + 1),
        Mistake("2 * (kernel // 2) is kernel - 1 for odd kernels only: take away kernel itself, divide, and then add 1.", lambda n, k, s, p: (n + 2 * p - 2 * (k // 2)) // s),
        Mistake("Round down: a window that does not fit whole is left out.", lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1),
        Mistake("Only the kernel is divided: put brackets around size + 2 * padding - kernel, then divide.", lambda n, k, s, p: n + 2 * p - k // s + 1),
        Mistake("The stride is missing: divide by it before you add 1.", lambda n, k, s, p: output_size(n, k, 1, p)),
        Mistake(_ROUND, lambda n, k, s, p: round((n + 2 * p - k) / s) + 1),
        Mistake(_ROUND, lambda n, k, s, p: round((n + 2 * p - k) / s + 1)),
        Mistake("That is not rounded: // divides and rounds down, / does not.", lambda n, k, s, p: (n + 2 * p - k) / s + 1),
    ],
    ready=("output_size",),
)  # fmt: skip


def _only(row: int, column: int) -> torch.Tensor:
    return torch.eye(9)[3 * row + column].reshape(3, 3)


check_shift = ValueCheck(
    "the kernel",
    _only(1, 0),
    [
        Mistake("That one moves the picture to the left: each result takes its right neighbour.", _only(1, 2)),
        Mistake("That one moves the picture down: rows and columns are exchanged.", _only(0, 1)),
        Mistake("That one moves the picture up.", _only(2, 1)),
        *(Mistake(f"That one moves the picture {side}, and {way} as well. To move it to the right alone, the 1 belongs in the middle row.", _only(row, column)) for row, way in ((0, "down"), (2, "up")) for column, side in ((0, "to the right"), (2, "to the left"))),
        Mistake("The numbers are right; here the kernel is 3 by 3, without the two axes in front.", _only(1, 0)[None, None]),
        Mistake("That one leaves the picture where it is.", _only(1, 1)),
        Mistake("Nine equal numbers blur the picture; a single 1 moves it.", torch.full((3, 3), 1 / 9)),
        Mistake("Nine ones add up nine pixels, which blurs the picture; a single 1 moves it.", torch.ones(3, 3)),
        Mistake("Nine zeros make every result 0.", torch.zeros(3, 3)),
        Mistake("A column of ones adds up three pixels. The picture moves, but it is smeared as well: a single 1 moves it.", torch.tensor([[1.0, 0, 0]] * 3)),
        Mistake("A column of ones adds up three pixels, and on the right it moves them to the left: a single 1 on the other side is right.", torch.tensor([[0.0, 0, 1]] * 3)),
        Mistake("A column of ones adds up three pixels, and in the middle it moves nothing to the side: a single 1 moves the picture.", torch.tensor([[0.0, 1, 0]] * 3)),
        *(Mistake("A column of thirds takes the mean of three pixels, which blurs the picture: a single 1 moves it.", torch.tensor([row] * 3)) for row in ([1 / 3, 0, 0], [0, 0, 1 / 3])),
        *(Mistake("Two entries lay two copies of the picture over each other, one moved and one not: a single 1 moves it.", torch.tensor([[0.0, 0, 0], row, [0, 0, 0]])) for row in ([1, 1, 0], [0.5, 0.5, 0], [0, 1, 1])),
        Mistake("A row of ones adds up three pixels and smears the picture sideways: a single 1 moves it.", torch.tensor([[0.0, 0, 0], [1, 1, 1], [0, 0, 0]])),
        Mistake("That is the kernel of the beginning: right minus left. A kernel that moves the picture has a single 1.", torch.tensor([[-1.0, 0, 1]] * 3)),
        Mistake("That is left minus right, which measures edges. A kernel that moves the picture has a single 1.", torch.tensor([[1.0, 0, -1]] * 3)),
        Mistake("A diagonal of ones adds up three pixels and smears the picture: a single 1 moves it.", torch.eye(3)),
        Mistake("A diagonal of ones adds up three pixels and smears the picture: a single 1 moves it.", torch.eye(3).flip(0)),
        Mistake("The place is right. But -1 also turns bright into dark: the entry must be 1.", -_only(1, 0)),
        Mistake("-1 turns bright into dark, and on the right it moves the picture to the left: a 1 belongs on the other side.", -_only(1, 2)),
        Mistake("The place is right. But 2 doubles every number: the entry must be 1.", 2 * _only(1, 0)),
        Mistake("The place is right. But 0.5 halves every number: the entry must be 1.", 0.5 * _only(1, 0)),
        Mistake("That measures edges; it doesn't move the picture. A kernel that moves it has a single 1.", torch.tensor([[0.0, 0, 0], [-1, 0, 1], [0, 0, 0]])),
        Mistake("That is the kernel for vertical edges. A kernel that moves the picture has a single 1.", torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])),
        Mistake("That is the kernel for vertical edges, turned round. A kernel that moves the picture has a single 1.", torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])),
    ],
    hint="It has three rows of three numbers: one of them must be 1, the other eight 0.",
)  # fmt: skip
