"""Lesson 11, text and guidance: the checks of its exercises."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck


def _guide(without: Tensor, with_words: Tensor, scale: float) -> Tensor:
    return without + scale * (with_words - without)


def _answers() -> list[tuple]:
    draw = torch.Generator().manual_seed(11)
    return [(*torch.randn(2, 2, 3, generator=draw), scale) for scale in (3.0, 0.0, 1.0, 7.5, 0.5)]


check_guide = FunctionCheck(
    "my_guide",
    _guide,
    _answers(),
    [
        Mistake("The wrong way round: your scale 0 gives the answer with the words. Start from `without`, and move towards `with_words`.", lambda a, b, w: b + w * (a - b)),
        Mistake("The difference has the wrong sign: it leads away from the words. Subtract `without` from `with_words`.", lambda a, b, w: a - w * (b - a)),
        Mistake("That starts from `with_words`, so your scale 0 is our scale 1. Start from `without`. (Some papers count so.)", lambda a, b, w: b + w * (b - a)),
        Mistake("Only the answer with the words is multiplied. Multiply the difference.", lambda a, b, w: a + w * b),
        Mistake("In yours only scale * with_words is left, `without` cancels. Are brackets missing? Python multiplies before it subtracts: scale * (with_words - without).", lambda a, b, w: a + w * b - a),
        Mistake("That is the stretched difference alone. Add it to `without`.", lambda a, b, w: w * (b - a)),
        Mistake("The sign of `without` is wrong: its share is 1 - scale, so it is added with (1 - scale), or subtracted with (scale - 1).", lambda a, b, w: w * b + (w - 1) * a),
        Mistake("That is the difference alone. Multiply it by the scale, and add it to `without`.", lambda a, b, w: b - a),
        Mistake("Brackets: the scale multiplies the difference alone, without + scale * (with_words - without).", lambda a, b, w: (a + w) * (b - a)),
        Mistake("The scale is made a whole number. 7.5 is a scale, too.", lambda a, b, w: _guide(a, b, int(w))),
        Mistake("The sum of the two is stretched. Guidance stretches their difference.", lambda a, b, w: a + w * (a + b)),
        Mistake("The scale is not used.", lambda a, b, w: b),
        Mistake("The scale is cut off at 1. Beyond 1 lies what guidance is for.", lambda a, b, w: _guide(a, b, min(w, 1.0))),
    ],
)  # fmt: skip


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1))


def _vectors() -> list[tuple]:
    draw = torch.Generator().manual_seed(12)
    sizes = ((3, 5, 4), (4, 4, 4), (1, 2, 7))
    return [(3 * torch.randn(n, width, generator=draw), torch.randn(m, width, generator=draw)) for n, m, width in sizes]


check_cosine = FunctionCheck(
    "my_cosines",
    _cosine,
    _vectors(),
    [
        Mistake("Those are dot products. Divide each by the lengths of its two vectors.", lambda a, b: a @ b.T),
        Mistake("You divide by the squares of the lengths: the square root is missing.", lambda a, b: a @ b.T / (a.square().sum(1)[:, None] * b.square().sum(1))),
        Mistake("You divide by the length of the first vector only.", lambda a, b: a @ b.T / a.norm(dim=1)[:, None]),
        Mistake("You divide by the length of the second vector only.", lambda a, b: a @ b.T / b.norm(dim=1)),
        Mistake("You divide by the length of the whole table. Each vector, a row, has a length of its own: .norm(dim=1).", lambda a, b: a @ b.T / (a.norm() * b.norm())),
        Mistake("The table is transposed: a row for each vector of `a`, a column for each of `b`.", lambda a, b: _cosine(b, a)),
        Mistake("Each column is brought to length 1. The vectors are the rows: dim=1.", lambda a, b: torch.nn.functional.normalize(a, dim=0) @ torch.nn.functional.normalize(b, dim=0).T),
        Mistake("Only some pairs are compared. Every vector of `a` meets every vector of `b`: a matrix product, a @ b.T.", lambda a, b: torch.nn.functional.cosine_similarity(a, b, dim=1)),
        Mistake("The lengths of `a` must stand in a column, so that each divides its row: .norm(dim=1)[:, None].", lambda a, b: a @ b.T / (a.norm(dim=1) * b.norm(dim=1))),
        Mistake("The two tables do not fit: transpose the second, a @ b.T.", lambda a, b: a @ b / 0, stops="shapes cannot be multiplied"),
        Mistake("Brackets are missing: a / b * c divides by b and multiplies by c. Put both lengths into one pair of brackets.", lambda a, b: a @ b.T / a.norm(dim=1)[:, None] * b.norm(dim=1)),
        Mistake("You add the two lengths. The cosine divides by their product.", lambda a, b: a @ b.T / (a.norm(dim=1)[:, None] + b.norm(dim=1))),
        Mistake("You brought the rows of the product to length 1. Bring `a` and `b` to length 1 before you multiply.", lambda a, b: torch.nn.functional.normalize(a @ b.T, dim=1)),
        Mistake("You divide by sums of numbers. A length is the root of a sum of squares: .norm(dim=1).", lambda a, b: a @ b.T / (a.sum(1)[:, None] * b.sum(1))),
        Mistake("Two shapes do not fit. The products a @ b.T are (N, M); divide them by the lengths of `a` as a column, .norm(dim=1)[:, None], and by those of `b` as a row, .norm(dim=1).", lambda a, b: a * b / 0, stops="must match the size"),
        Mistake("Softmax makes shares of them. A cosine lies between −1 and 1, and needs none.", lambda a, b: torch.softmax(_cosine(a, b), dim=1)),
    ],
)  # fmt: skip

check_passes = ValueCheck(
    "the number of passes",
    28,
    [
        Mistake("That would be guidance in all 20 steps. Outside the interval one pass is enough.", 40),
        Mistake("That is one pass a step. The 8 guided steps need two.", 20),
        Mistake("Those are the guided steps alone: two passes each. Add one for each of the others.", 16),
        Mistake("Those are the other steps alone. Add two passes for each of the 8 guided ones.", 12),
        Mistake("The number is right, but in quotes it is a text. Leave the quotes out.", "28"),
        Mistake("The two kinds are mixed up: the 8 steps inside take two passes, the 12 outside take one.", 32),
    ],
    hint="Count two passes for a step inside the interval, one for a step outside.",
)  # fmt: skip
