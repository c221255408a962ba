"""Lesson 07, attention: the checks of its exercises."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck


def _attend(query, key, value, scale=None, axis=1) -> torch.Tensor:
    return _weights(query, key, scale, axis) @ value


def _weights(query, key, scale=None, axis=1) -> torch.Tensor:
    return torch.softmax(query @ key.T * (query.shape[1] ** -0.5 if scale is None else scale), dim=axis)


def _cases() -> list[tuple]:
    """Five sizes (N, M, width, V): all different, all equal, and what tells roots, axes and sizes apart."""
    draw_from = torch.Generator().manual_seed(7)
    sizes = [(5, 7, 9, 3), (6, 6, 6, 6), (3, 2, 16, 5), (2, 5, 5, 5), (4, 3, 2, 8)]
    return [tuple(torch.randn(shape, generator=draw_from) for shape in ((n, c), (m, c), (m, v))) for n, m, c, v in sizes]  # fmt: skip


def _is_of_the_page(answer) -> bool:
    """Whether an answer has the shape of the page's mixtures, (3, 2), whatever it is given."""
    try:
        return all(answer(*case).shape == (3, 2) for case in _cases()[:2])
    except Exception:  # it stops, or gives no tensor
        return False


_ROOT = "The scores are divided by the width itself. It is its square root."

_PAGE = "The names are those of the page's own tables (queries, keys, values). Inside the function, take what it is given: query, key, value."

_AXIS = "Softmax runs over the queries. Each query has one weight for each key: dim=1, along its row, where scores have a row for each query (query @ key.T)."

check_attention = FunctionCheck(
    "my_attention",
    _attend,
    _cases(),
    [
        Mistake(_PAGE, lambda q, k, v: q.new_zeros(3, 2), when=_is_of_the_page),
        Mistake(_PAGE, lambda q, k, v: q @ k.new_zeros(3, 4).T, stops=r"5x9 and 4x3|3x4 and 9x7|5x7 and 3x2|3x4 and 5x9|\(7x9\), vec \(4\)"),
        Mistake("key @ query was for one query. For a table of them: query @ key.T, a row for each query and a column for each key.", lambda q, k, v: torch.softmax(k @ q / 2, dim=0) @ v, stops="7x9 and 5x9"),
        Mistake("Softmax must be told along which axis it works: dim=1, along each row.", lambda q, k, v: torch.softmax(q @ k.T), stops=r"softmax\(\) missing .*dim"),
        Mistake("The scale is missing: divide the scores by the square root of the width of a query.", lambda q, k, v: _attend(q, k, v, 1)),
        Mistake(_ROOT, lambda q, k, v: _attend(q, k, v, 1 / q.shape[1])),
        Mistake("The scores are multiplied by the root. They must become smaller: divide.", lambda q, k, v: _attend(q, k, v, q.shape[1] ** 0.5)),
        Mistake("The 2 of the example is left in: it was the root of 4. Take the width from query.shape.", lambda q, k, v: _attend(q, k, v, 0.5)),
        Mistake("That is the root of the number of queries. The width is query.shape[1].", lambda q, k, v: _attend(q, k, v, len(q) ** -0.5)),
        Mistake("That is the root of the number of keys. The width is how many numbers one query has, query.shape[1].", lambda q, k, v: _attend(q, k, v, len(k) ** -0.5)),
        Mistake("That is the root of the value's width. Scores are made of queries and keys: take query.shape[1].", lambda q, k, v: _attend(q, k, v, v.shape[1] ** -0.5)),
        Mistake(_AXIS, lambda q, k, v: _attend(q, k, v, axis=0)),
        Mistake(f"{_AXIS} And the scale is missing.", lambda q, k, v: _attend(q, k, v, 1, axis=0)),
        Mistake(f"{_AXIS} And the 2 was the root of 4: take the width from query.shape.", lambda q, k, v: _attend(q, k, v, 0.5, axis=0)),
        Mistake("Softmax runs over the whole table, so all weights together sum to 1. Each row must.", lambda q, k, v: torch.softmax((q @ k.T / q.shape[1] ** 0.5).flatten(), 0).view(len(q), len(k)) @ v),
        Mistake("Softmax is missing: scores are no weights, they may be negative.", lambda q, k, v: q @ k.T / q.shape[1] ** 0.5 @ v),
        Mistake("Softmax and the scale are both missing.", lambda q, k, v: q @ k.T @ v),
        Mistake("The powers are not divided by their sum, so the rows do not sum to 1.", lambda q, k, v: _powers(q, k) @ v),
        Mistake("The scores are divided by their sum: first take the powers of e.", lambda q, k, v: _over_sum(q @ k.T / q.shape[1] ** 0.5) @ v),
        Mistake("The scale comes after softmax. Then rows no longer sum to 1: divide the scores, before.", lambda q, k, v: _attend(q, k, v, 1) / q.shape[1] ** 0.5),
        Mistake("Those are the weights. Use them to mix the values: weights @ value.", lambda q, k, v: _weights(q, k)),
        Mistake("Those are the weights, without the scale. Divide the scores, and mix the values: weights @ value.", lambda q, k, v: _weights(q, k, 1)),
        Mistake("Those are the scores. Softmax and the values are still to come.", lambda q, k, v: q @ k.T / q.shape[1] ** 0.5),
        Mistake("The keys are mixed. Keys are for the scores; the query takes home values.", lambda q, k, v: _attend(q, k, k)),
        Mistake("Queries and keys are exchanged: each query gets a row, not each key.", lambda q, k, v: _attend(k, q, v)),
        Mistake("The weights are transposed: row i of the weights belongs to query i.", lambda q, k, v: _weights(q, k).T @ v),
        Mistake("The keys are not transposed: query @ key.T, so that each key stands in a column.", lambda q, k, v: torch.softmax(q @ k / q.shape[1] ** 0.5, dim=1) @ v),
        Mistake("The keys are not transposed: query @ key.T, so that each key stands in a column. (And the 2 was the root of 4.)", lambda q, k, v: torch.softmax(q @ k / 2, dim=1) @ v),
        Mistake("Each row has a sum of its own: .sum(dim=1, keepdim=True) keeps the sums in a column, below one another.", lambda q, k, v: _powers(q, k) / _powers(q, k).sum(dim=1) @ v),
        Mistake("The product is the wrong way round: weights @ value, not value @ weights.", lambda q, k, v: v @ _weights(q, k)),
        Mistake("Only the value with the highest score is taken. All are mixed, by their weights.", lambda q, k, v: v[(q @ k.T).argmax(dim=1)]),
        Mistake("All values count the same. Weights come from the scores.", lambda q, k, v: v.mean(dim=0).expand(len(q), -1)),
    ],
)  # fmt: skip


def _powers(query, key) -> torch.Tensor:
    return (query @ key.T / query.shape[1] ** 0.5).exp()


def _over_sum(scores: torch.Tensor) -> torch.Tensor:
    return scores / scores.sum(dim=1, keepdim=True)


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
        [[1.5, -0.5], [0.5, 0.5]], [[0.6, 0.6], [0.4, 0.4]], [[0.5, 0.5], [0.9, 0.3]], [[0.9, 0.3], [0.5, 0.5]],
        [[1.0, 0.0], [1.0, 0.0]], [[1.25, -0.25], [-0.25, 1.25]], [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5]],
        [[0.5, 0.25], [0.125, 0.125]], [[0.51, 0.5], [0.5, 0.5]], [[1.005, -0.005], [0.5, 0.5]],
        [[0.5, 0.5, 0.0], [0.25, 0.5, 0.25]], [[0.5, 0.5 - 2**-24], [0.5, 0.5]],
        [[0.6, 0.6, -0.2], [0.2, 0.3, 0.5]], [[0.75, -0.25], [0.5, 0.5]],
    ]  # fmt: skip
    return [(scores.softmax(dim=1),), (scores.softmax(dim=0),), *((torch.tensor(table),) for table in small)]


_NEGATIVE = "A row such as 1.5 and -0.5 sums to 1, and still holds no weights: ask for `weights >= 0`, too."

_EXACT = "`== 1` is too strict: rounding makes a sum 0.9999999. Ask whether it is close to 1, within 0.00001."

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
        Mistake(f"{_COLUMNS} And `== 1` is too strict for rounded sums.", lambda w: bool((w >= 0).all() and _sums(w, 0, True).all())),
        Mistake(_NEGATIVE, lambda w: bool(_sums(w).all())),
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
        Mistake("Only the first row is looked at: every row must sum to 1.", lambda w: bool((w >= 0).all() and _sums(w)[0])),
        Mistake(_WIDE, lambda w: bool((w >= 0).all() and _sums(w, within=0.1).all())),
        Mistake(f"{_WIDE} And ask for `weights >= 0`.", lambda w: bool(_sums(w, within=0.1).all())),
        Mistake("-0.005 is negative, too: softmax gives nothing below 0, so `weights >= 0` needs no leeway.", lambda w: bool((w >= -0.01).all() and _sums(w).all())),
        Mistake(_WHOLE, lambda w: bool((w >= 0).all() and abs(float(w.sum()) - len(w)) < 1e-4)),
        Mistake(f"{_WHOLE} And ask for `weights >= 0`.", lambda w: abs(float(w.sum()) - len(w)) < 1e-4),
        Mistake("`and`, `not` and `if` want one True or False, and a table of comparisons has many: apply .all() to each table first.", lambda w: w.sum(dim=1) == 1 and w >= 0, stops="Boolean value of Tensor"),
        Mistake("The whole table sums to the number of rows, not to 1. And it is each row that counts.", lambda w: bool((w >= 0).all() and abs(float(w.sum()) - 1) < 1e-4)),
        Mistake("Nothing is added up yet: each row must sum to 1.", lambda w: bool((w >= 0).all())),
        Mistake("Every weight below 1 is not enough: 0.6, 0.6 and -0.2 sum to 1, and one of them is negative. Ask for `weights >= 0`.", lambda w: bool((w <= 1).all() and _sums(w).all())),
        Mistake(".abs() before the sum hides negative numbers: 0.75 and -0.25 would pass. Sum the weights themselves, and ask for `weights >= 0`.", lambda w: bool(_sums(w.abs()).all())),
        Mistake("It says True to everything.", lambda w: True),
        Mistake("It says False to everything.", lambda w: False),
        Mistake("That is one answer for each row. Put them together with .all(), and ask for `weights >= 0`.", lambda w: _sums(w)),
        Mistake("That is one answer for each row. Put them together with .all(); and `== 1` is too strict for rounded sums.", lambda w: _sums(w, exact=True)),
    ],
)  # fmt: skip

check_scores = ValueCheck(
    "the number of scores",
    128**4,
    [
        Mistake("That is how many pixels there are. Each of them looks at all of them.", 128**2),
        Mistake("That is the number at 64 x 64. The question is about 128 x 128.", 64**4),
        Mistake("That is cross-attention: each pixel looks at 77 positions of a prompt. In self-attention it looks at all pixels.", 128**2 * 77),
        Mistake("That is for 5 heads together, as many as SDXL would have there. The question is about one.", 5 * 128**4),
        Mistake("That is for 8 heads together. The question is about one.", 8 * 128**4),
        Mistake("The side is doubled, so there are 4 times as many pixels, and each looks at 4 times as many: 16 times, not 4.", 4 * 64**4),
        *(Mistake("That is the work of a whole layer, in multiply-adds. The question is about the scores of one head.", work) for work in (172, 172e9, 2 * 128**4 * 320)),
        Mistake("Each pixel looks at itself, too.", 128**2 * (128**2 - 1)),
        *(Mistake("You count each pair once. How A looks at B is another score than how B looks at A.", 128**2 * (128**2 + more) // 2) for more in (-1, 0, 1)),
        Mistake("A pixel looks at all 128 x 128 pixels, not only at those of its own row.", 128**3),
        Mistake("Twice the pixels is not what is asked: it is pixels times pixels.", 2 * 128**2),
        Mistake("512 x 512 are the pixels of the finished picture at Stable Diffusion 1.5. Attention works on the latent: 128 x 128 here.", 512**4),
        Mistake("1024 x 1024 are the pixels of the finished picture. Attention works on the latent: 128 x 128.", 1024**4),
    ],
    hint="How many pixels look, and at how many does each look?",
)  # fmt: skip
