"""Lesson 07, attention: the check of its exercise 2, on tables of weights."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake


def _sums(weights, dim=1, exact=False, within=1e-5) -> torch.Tensor:
    """Which rows (dim 1) or columns (dim 0) sum to 1."""
    sums = weights.sum(dim=dim)
    return sums == 1 if exact else (sums - 1).abs() < within


def _are_weights(weights) -> bool:
    return bool((weights >= 0).all() and _sums(weights).all())


def _tables() -> list[tuple]:
    """Tables of weights, right ones and wrong ones; which mistake falls for which is in the tests."""
    scores = torch.randn(40, 7, generator=torch.Generator().manual_seed(3))
    small = [
        [[0.5, 0.5], [0.25, 0.75]], [[0.502, 0.5], [0.5, 0.5]], [[1 + 2**-18, -(2**-18)], [0.5, 0.5]],
        [[1.5, -0.5], [0.5, 0.5]], [[0.6, 0.6], [0.4, 0.4]], [[0.5, 0.5], [0.9, 0.3]], [[0.9, 0.3], [0.5, 0.5]],
        [[1.0, 0.0], [1.0, 0.0]], [[1.25, -0.25], [-0.25, 1.25]], [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5]],
        [[0.5, 0.25], [0.125, 0.125]], [[0.51, 0.5], [0.5, 0.5]], [[1.005, -0.005], [0.5, 0.5]],
        [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]], [[0.5, 0.5 - 2**-24], [0.5, 0.5]],
        [[0.6, 0.6, -0.2], [0.2, 0.3, 0.5]], [[0.75, -0.25], [0.5, 0.5]], [[0.0, 0.0], [0.5, 0.5]],
        [[0.75, 0.25], [0.25, 0.75]], [[2.0, -0.5, -0.5], [0.2, 0.3, 0.5]],
        [[0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0], [1.0, 1.0]],
    ]  # fmt: skip
    return [(scores.softmax(dim=1),), (scores.softmax(dim=0),), *((torch.tensor(table),) for table in small)]


_TALL, _BROAD = [[0.5, 0.5], [0.25, 0.75], [0.75, 0.5]], [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]]


def _given(answer, table) -> object:
    """What an answer gives on a table: True or False, several answers, `.all` not called, or the error that stops it."""
    try:
        given = answer(torch.tensor(table))
        return given if callable(given) or _count(given) > 1 else bool(given)
    except Exception as error:
        return error


def _count(given) -> int:
    return given.numel() if isinstance(given, torch.Tensor) else len(given) if isinstance(given, list) else 1


def _looks_at_the_first_row(answer) -> bool:
    good_first, good_last = [[0.5, 0.5], [0.75, 0.5]], [[0.75, 0.5], [0.5, 0.5]]
    return _given(answer, good_first) is True and _given(answer, good_last) is False


def _adds_up_columns(answer) -> bool:
    """Though it stops where there are more rows than columns."""
    square, tall = [[0.75, 0.75], [0.25, 0.25]], [[0.5, 0.5], [0.25, 0.25], [0.25, 0.25]]
    return _given(answer, square) is True and isinstance(_given(answer, tall), Exception)


def _counts_columns(answer) -> bool:
    """A loop over rows that ends after as many as there are columns."""
    return _given(answer, _TALL) is True and isinstance(_given(answer, _BROAD), IndexError)


def _answers(count: int):
    """Whether there are so many answers on the table with three rows and two columns."""
    return lambda answer: _count(_given(answer, _TALL)) == count


_NEGATIVE = "A row such as 1.5 and -0.5 sums to 1, and still holds no weights: ask for `weights >= 0`, too."

_COMPARED = f"{_NEGATIVE} (If you did: compare first, then take .all(), with its brackets: `(weights >= 0).all()`.)"

_EARLY = (
    ".all() comes too early: it only asks whether no sum is 0. Compare first: `((sums - 1).abs() < 0.00001).all()`."
)

_EXACT = "That is too strict: rounding makes a sum 0.9999999, and `== 1`, math.isclose or a leeway of 0.00000001 refuses it. Allow 0.00001."

_NARROW = "That is too strict: a sum of rounded weights may miss 1 by more than 0.0000001. Allow 0.00001."

_WIDE = "That is not strict enough: 1.01 is no rounded 1. Rounding errs by less than 0.00001 here: allow that much."

_ONE_SIDE = "Only one side is looked at: a sum may be too large or too small. Take its distance from 1, with .abs()."

_WHOLE = "You look at the sum of the whole table. It can be right while rows have too much or too little."

_COLUMNS = "You add up the columns. A row belongs to one query, and it is the row that must sum to 1: dim=1."

check_weights = FunctionCheck(
    "are_weights",
    _are_weights,
    _tables(),
    [
        Mistake(_COLUMNS, lambda w: bool((w >= 0).all() and _sums(w, 0).all())),
        Mistake(f"{_COLUMNS} And ask for `weights >= 0`.", lambda w: bool(_sums(w, 0).all())),
        Mistake(f"{_COLUMNS} And rounded sums need a leeway of 0.00001.", lambda w: bool((w >= 0).all() and _sums(w, 0, True).all())),
        Mistake(_COMPARED, lambda w: bool(_sums(w).all())),
        Mistake(_EXACT, lambda w: bool((w >= 0).all() and _sums(w, exact=True).all())),
        Mistake(f"{_EXACT} And ask for `weights >= 0`.", lambda w: bool(_sums(w, exact=True).all())),
        Mistake(f"{_COLUMNS} And ask for close to 1, and for `weights >= 0`.", lambda w: bool(_sums(w, 0, True).all())),
        Mistake(_NARROW, lambda w: bool((w >= 0).all() and _sums(w, within=1e-7).all())),
        Mistake(f"{_NARROW} And ask for `weights >= 0`.", lambda w: bool(_sums(w, within=1e-7).all())),
        Mistake(_ONE_SIDE, lambda w: bool((w >= 0).all() and (w.sum(dim=1) < 1.0001).all())),
        Mistake(_ONE_SIDE, lambda w: bool((w >= 0).all() and (w.sum(dim=1) > 0.9999).all())),
        *(Mistake(f"{_ONE_SIDE} And ask for `weights >= 0`.", lambda w, way=way: bool((way * (w.sum(dim=1) - 1) < 1e-4).all())) for way in (1, -1)),
        Mistake("A weight of 0 is allowed: no power of e is 0, but the computer rounds a tiny one to 0. Ask for `>= 0`, not for `> 0`.", lambda w: bool((w > 0).all() and _sums(w).all())),
        Mistake("A weight of 1 is allowed: beside a score far above the others, their powers of e are rounded to 0.", lambda w: bool((w >= 0).all() and (w < 1).all() and _sums(w).all())),
        Mistake("A table need not be square: N queries may look at any number M of keys.", lambda w: bool(w.shape[0] == w.shape[1] and (w >= 0).all() and _sums(w).all())),
        Mistake("One good row is not enough: every row must sum to 1.", lambda w: bool((w >= 0).all() and _sums(w).any())),
        Mistake(f"One good row is not enough. {_NEGATIVE}", lambda w: bool(_sums(w).any())),
        Mistake("Only the first row is looked at: every row must sum to 1. (A `return True` inside a loop ends it.)", lambda w: bool((w >= 0).all() and _sums(w)[0]), when=_looks_at_the_first_row),
        Mistake("The loop counts the columns. Take each row: for row in weights.", lambda w: all(bool(_sums(w)[i]) for i in range(w.shape[1])), when=_counts_columns),
        Mistake(_WIDE, lambda w: bool((w >= 0).all() and _sums(w, within=0.1).all())),
        Mistake(f"{_WIDE} And ask for `weights >= 0`.", lambda w: bool(_sums(w, within=0.1).all())),
        *(Mistake(_WIDE, lambda w, within=within: bool((w >= 0).all() and _sums(w, within=within).all())) for within in (0.005, 0.4)),
        Mistake(f"{_WIDE} And ask for `weights >= 0`.", lambda w: bool(_sums(w, within=0.005).all())),
        *(Mistake("-0.000004 is negative, too: softmax gives nothing below 0, so `weights >= 0` needs no leeway.", lambda w, low=low: bool((w >= low).all() and _sums(w).all())) for low in (-0.01, -0.001)),
        Mistake("The columns need not sum to 1, only the rows: each belongs to one query.", lambda w: bool((w >= 0).all() and _sums(w).all() and _sums(w, 0).all())),
        Mistake("Both must hold: `and`, not `or`.", lambda w: bool((w >= 0).all() or _sums(w).all())),
        Mistake("The second half is still one answer for each row: apply .all() to it, too.", lambda w: (w >= 0).all() and _sums(w)),
        Mistake("The second half is still one answer for each row: apply .all() to it, too. And rounded sums need a leeway of 0.00001.", lambda w: (w >= 0).all() and _sums(w, exact=True)),
        Mistake("A method is not called: .all needs its brackets, `.all()`.", lambda w: (w >= 0).all and _sums(w).all, when=lambda answer: callable(_given(answer, _TALL))),
        Mistake("Python's round() takes one number, and there are several sums. Ask for their distance from 1: `((sums - 1).abs() < 0.00001).all()`.", lambda w: round(w.sum(dim=1)) == 1, stops="__round__"),
        *(Mistake("That compares the table with its own softmax. Softmax changes weights, too: of 1 and 0 it makes 0.73 and 0.27. Look at the sums of the rows.", lambda w, same=same: bool(same(w, w.softmax(dim=1)))) for same in (torch.allclose, torch.equal)),
        Mistake("The mean of each row is compared with 1. It is the sum that must be 1: weights.sum(dim=1).", lambda w: bool(((w.mean(dim=1) - 1).abs() < 1e-4).all())),
        Mistake("A weight of 0 is allowed (`>= 0`), and rounded sums need a leeway of 0.00001.", lambda w: bool((w > 0).all() and _sums(w, exact=True).all())),
        Mistake("torch.allclose and torch.isclose compare two tensors: torch.allclose(sums, torch.ones_like(sums)).", lambda w: (w >= 0).all() and torch.allclose(w.sum(dim=1), 1.0), stops=r"(all|is)close\(\): argument 'other'"),
        Mistake(_COLUMNS, lambda w: torch.allclose(w.sum(dim=0), torch.ones(len(w))), when=_adds_up_columns),
        Mistake("Something with one number for each row meets something with one for each column. Comparing with ones, make as many ones as rows: torch.ones_like(sums). Joining with `&`, apply .all() to each side first.", lambda w: torch.allclose(w.sum(dim=1), torch.ones(w.shape[1])), stops="must match the size of tensor b"),
        Mistake(_WHOLE, lambda w: bool((w >= 0).all() and abs(float(w.sum()) - len(w)) < 1e-4)),
        Mistake(f"{_WHOLE} And ask for `weights >= 0`.", lambda w: abs(float(w.sum()) - len(w)) < 1e-4),
        Mistake("`and`, `not`, `if` and Python's all(...) want single answers, True or False. A compared row or table has many: apply .all() to each table first.", lambda w: w.sum(dim=1) == 1 and w >= 0, stops="Boolean value of Tensor"),
        Mistake("The whole table sums to the number of rows, not to 1. And it is each row that counts.", lambda w: bool((w >= 0).all() and abs(float(w.sum()) - 1) < 1e-4)),
        Mistake(_EARLY, lambda w: bool((w >= 0).all() and w.sum(dim=1).all() == 1)),
        Mistake(f"{_EARLY} And ask for `weights >= 0`.", lambda w: bool(w.sum(dim=1).all() == 1)),
        Mistake("Nothing is added up yet: each row must sum to 1.", lambda w: bool((w >= 0).all())),
        Mistake("Every weight below 1 is not enough: 0.6, 0.6 and -0.2 sum to 1, and one of them is negative. Ask for `weights >= 0`.", lambda w: bool((w <= 1).all() and _sums(w).all())),
        Mistake(".abs() before the sum hides negative numbers: 0.75 and -0.25 would pass. Sum the weights themselves, and ask for `weights >= 0`.", lambda w: bool(_sums(w.abs()).all())),
        Mistake("The product of a row hides two minus signs: 2, -0.5 and -0.5 would pass. Compare each weight: `(weights >= 0).all()`.", lambda w: bool((w.prod(dim=1) >= 0).all() and _sums(w).all())),
        Mistake("It says True to everything.", lambda w: True),
        Mistake("It says False to everything. (`.all() is True` always does: .all() gives a tensor. Leave `is True` out.)", lambda w: False),
        Mistake("That is one answer for each row. Put them together: with .all() for a tensor, with all(...) for a list.", lambda w: (w >= 0).all(dim=1) & _sums(w)),
        Mistake("That is one answer for each row. Put them together with .all(), and ask for `weights >= 0`.", lambda w: _sums(w)),
        Mistake("That is one answer for each row. Put them together with .all(); and rounded sums need a leeway of 0.00001.", lambda w: _sums(w, exact=True)),
        Mistake("That is one answer for each row. Put them together with .all().", lambda w: (w >= 0).all() & _sums(w, exact=True), when=_answers(3)),
        Mistake("That is one answer for each column. Rows must sum to 1: weights.sum(dim=1), and then one answer for all of them, with .all().", lambda w: sum(w) == 1, when=_answers(2)),
        Mistake("That is one answer for each number of the table. Put them together with .all().", lambda w: w >= 0, when=_answers(6)),
    ],
)  # fmt: skip
