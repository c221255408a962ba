"""Lesson 11, text and guidance: the checks of its exercises."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.exercises.differences import same


def _guide(without: Tensor, with_words: Tensor, w: float) -> Tensor:
    """Guidance as Ho and Salimans count it: their w is the page's scale minus 1."""
    return with_words + w * (with_words - without)


def _answers() -> list[tuple]:
    draw = torch.Generator().manual_seed(11)
    return [(*torch.randn(2, 2, 3, generator=draw), w) for w in (3.0, 0.0, 1.0, 7.5, 0.5)]


def _ignores_w(answer: Callable) -> bool:
    (a, b, _), *_ = _answers()
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        small, middle, large = (answer(a.clone(), b.clone(), w) for w in (0.5, 3.0, 7.5))
        return torch.equal(small, middle) and torch.equal(middle, large)
    return False


def _less_one(a: Tensor, b: Tensor, w: float) -> Tensor:
    return a + (w - 1) * (b - a)


def _subtracts_1(answer: Callable) -> bool:
    """Also where it is written with `guide`, which stops at a scale below 0: so only where w is 1 or more."""
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        cases = [case for case in _answers() if case[-1] >= 1]
        return all(same(answer(a.clone(), b.clone(), w), _less_one(a, b, w)) for a, b, w in cases)
    return False


_BRACKETS = "Brackets are missing: the 1 belongs to w, (1 + w). Python multiplies before it adds."
_LEFT_OUT = "The answer without the words is missing. If you wrote it, it cancels: put the difference into brackets, w * (with_words - without)."

check_guide = FunctionCheck(
    "my_guide",
    _guide,
    _answers(),
    [
        Mistake("That is the page's way of counting: your w = 0 gives the answer without the words. Theirs starts from the answer with them.", lambda a, b, w: a + w * (b - a)),
        Mistake("You subtract 1 where it must be added: our scale is their w plus 1.", _less_one, when=_subtracts_1),
        Mistake("That is one difference too far. Start from `with_words` and add w differences, or from `without` and add w + 1.", lambda a, b, w: b + (w + 1) * (b - a)),
        Mistake("The difference has the wrong sign: it leads back towards the answer without the words. Subtract `without` from `with_words`.", lambda a, b, w: b + w * (a - b)),
        Mistake("The two answers are exchanged: yours leads away from the words.", lambda a, b, w: a + w * (a - b)),
        Mistake("Only the answer with the words is multiplied. Multiply the difference.", lambda a, b, w: a + w * b),
        Mistake(_LEFT_OUT, lambda a, b, w: w * b),
        Mistake(_LEFT_OUT, lambda a, b, w: (1 + w) * b),
        Mistake("`without` is subtracted once, not w times. If you meant a difference, brackets are missing: w * (with_words - without).", lambda a, b, w: b + w * b - a),
        Mistake("`without` is subtracted once, not w times: brackets are missing, w * (with_words - without). Then start from `with_words`.", lambda a, b, w: w * b - a),
        Mistake("Only `without` is multiplied by w. Multiply the difference, with_words - without.", lambda a, b, w: b - w * a),
        Mistake("`without` is in the sum once too often. Start from `with_words` alone, and add w differences.", lambda a, b, w: a + b + w * (b - a)),
        Mistake("That is right at w = 1 alone: one difference is added, whatever w is. Multiply it by w.", lambda a, b, w: b + (b - a)),
        Mistake("That is the stretched difference alone. Add it to `with_words`.", lambda a, b, w: w * (b - a)),
        Mistake("That is the difference alone, 1 + w times as long. Add it to `without`.", lambda a, b, w: (1 + w) * (b - a)),
        Mistake("The sign of `without` is wrong: guidance stretches the difference, not the sum, so the share of `without` is −w.", lambda a, b, w: (1 + w) * b + w * a),
        Mistake("That is the difference alone. Multiply it by w, and add it to `with_words`.", lambda a, b, w: b - a),
        Mistake(_BRACKETS, lambda a, b, w: 1 + w * b - w * a),
        Mistake("You add w itself. It must multiply the difference: w * (with_words - without). If you wrote w + 1 before the difference, put it into brackets, (w + 1).", lambda a, b, w: b + w),
        Mistake(_BRACKETS, lambda a, b, w: a + 1 + w * (b - a)),
        Mistake("Brackets: w multiplies the difference alone, with_words + w * (with_words - without).", lambda a, b, w: (b + w) * (b - a)),
        Mistake("w is made a whole number. 7.5 is possible, too.", lambda a, b, w: _guide(a, b, int(w))),
        Mistake("You divide by w. A larger w must lead further away from `without`, so multiply.", lambda a, b, w: b + (b - a) / w),
        Mistake("w is cut off at 1. Beyond 1 lies what guidance is for.", lambda a, b, w: _guide(a, b, min(w, 1.0))),
        Mistake("Your result is the same for every w. Is w missing, or does a number stand in its place?", lambda a, b, w: a + 4 * (b - a), when=_ignores_w),
    ],
)  # fmt: skip


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1))


def _vectors() -> list[tuple]:
    draw = torch.Generator().manual_seed(12)
    sizes = ((3, 5, 4), (4, 4, 4), (1, 2, 7))
    return [(3 * torch.randn(n, width, generator=draw), torch.randn(m, width, generator=draw)) for n, m, width in sizes]


def _ignores_both(answer: Callable) -> bool:
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        first, *others = (answer(a.clone(), b.clone()) for a, b in _vectors())
        return all(same(other, first) for other in others)
    return False


_COLUMNS = "dim=0 gives a length for each column. The vectors are the rows: dim=1."
_SUMS = "You divide by sums of numbers. A length is the root of a sum of squares: .norm(dim=1)."

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
        Mistake("len counts the vectors. The length of a vector is the root of its sum of squares: .norm(dim=1).", lambda a, b: a @ b.T / (len(a) * len(b))),
        Mistake("In .norm(1) the 1 isn't the axis: it asks for the sum of all absolute values in the table. Write .norm(dim=1).", lambda a, b: a @ b.T / (a.norm(1) * b.norm(1))),
        Mistake("One number cannot become a column. Without dim=1, .norm gives one for the whole table; .norm(dim=1) gives one for each row.", lambda a, b: a @ b.T / a.norm()[:, None], stops="too many indices for tensor of dimension 0"),
        Mistake(_COLUMNS, lambda a, b: a @ b.T / (a.norm(dim=0)[:, None] * b.norm(dim=0))),
        Mistake(_COLUMNS, lambda a, b: a @ b.T / (a.norm(dim=0) * b.norm(dim=0))),
        Mistake("Your result is the same for every `a` and `b`. If the page's `captions` and `pictures` stand in it, put `a` and `b` there.", lambda a, b: torch.ones(2, 3), when=_ignores_both),
        Mistake("The table is transposed: a row for each vector of `a`, a column for each of `b`.", lambda a, b: _cosine(b, a)),
        Mistake("Each column is brought to length 1. The vectors are the rows: dim=1.", lambda a, b: torch.nn.functional.normalize(a, dim=0) @ torch.nn.functional.normalize(b, dim=0).T),
        Mistake("Only some pairs are compared. Every vector of `a` meets every vector of `b`: a matrix product, a @ b.T.", lambda a, b: torch.nn.functional.cosine_similarity(a, b, dim=1)),
        Mistake("The lengths of `a` must stand in a column, so that each divides its row: .norm(dim=1)[:, None].", lambda a, b: a @ b.T / (a.norm(dim=1) * b.norm(dim=1))),
        Mistake("The two tables do not fit: transpose the second and not the first, a @ b.T.", lambda a, b: a @ b / 0, stops="shapes cannot be multiplied"),
        Mistake("Brackets are missing: a / b * c divides by b and multiplies by c. Put both lengths into one pair of brackets.", lambda a, b: a @ b.T / a.norm(dim=1)[:, None] * b.norm(dim=1)),
        Mistake("You add the two lengths. The cosine divides by their product.", lambda a, b: a @ b.T / (a.norm(dim=1)[:, None] + b.norm(dim=1))),
        Mistake("You brought the rows of the product to length 1. Bring `a` and `b` to length 1 before you multiply.", lambda a, b: torch.nn.functional.normalize(a @ b.T, dim=1)),
        Mistake(_SUMS, lambda a, b: a @ b.T / (a.sum(1)[:, None] * b.sum(1))),
        Mistake(_SUMS, lambda a, b: a @ b.T / (a.abs().sum(1)[:, None] * b.abs().sum(1))),
        Mistake("Two shapes do not fit. The products a @ b.T are (N, M); divide them by the lengths of `a` as a column, .norm(dim=1)[:, None], and by those of `b` as a row, .norm(dim=1). Or bring the rows to length 1 first: a / a.norm(dim=1, keepdim=True), and b likewise.", lambda a, b: a * b / 0, stops="must match the size"),
        Mistake("That is a distance, 1 minus the cosine. Leave the 1 out.", lambda a, b: 1 - _cosine(a, b)),
        Mistake("That is the angle. Its cosine is asked, so leave acos out.", lambda a, b: torch.acos(_cosine(a, b))),
        Mistake("You multiply by the lengths. Divide by them.", lambda a, b: a @ b.T * (a.norm(dim=1)[:, None] * b.norm(dim=1))),
        Mistake("The signs are lost. Vectors that point opposite ways have a cosine of −1, so leave abs out.", lambda a, b: _cosine(a, b).abs()),
        Mistake("Softmax makes shares of them. A cosine lies between −1 and 1, and needs none.", lambda a, b: torch.softmax(_cosine(a, b), dim=1)),
        Mistake("Softmax makes shares of the dot products. Divide by the two lengths instead.", lambda a, b: torch.softmax(a @ b.T, dim=1)),
    ],
    ready=("normalize", "cosine_similarity", "CosineSimilarity"),
)  # fmt: skip

check_passes = ValueCheck(
    "the number of passes",
    28,
    [
        Mistake("That would be guidance in all 20 steps. Outside the interval one pass is enough.", 40),
        Mistake("That is one pass a step. The 8 guided steps need two.", 20),
        Mistake("That is how many steps are guided. Each of them takes two passes, and each of the 12 others takes one.", 8),
        Mistake("Those are the guided steps alone: two passes each. Add one for each of the others.", 16),
        Mistake("Those are the other steps alone. Add two passes for each of the 8 guided ones.", 12),
        Mistake("The number is right, but in quotes it is a text. Leave the quotes out.", "28"),
        Mistake("The two kinds are mixed up: the 8 steps inside take two passes, the 12 outside take one.", 32),
    ],
    hint="Count two passes for a step inside the interval, one for a step outside.",
)  # fmt: skip
