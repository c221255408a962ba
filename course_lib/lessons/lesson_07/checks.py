"""Lesson 07, attention: the check of its exercise 1."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake


def _attend(query, key, value, scale=None, axis=1) -> torch.Tensor:
    return _weights(query, key, scale, axis) @ value


def _weights(query, key, scale=None, axis=1) -> torch.Tensor:
    return torch.softmax(_scores(query, key, scale), dim=axis)


def _scores(query, key, scale=None) -> torch.Tensor:
    return query @ key.T * (query.shape[1] ** -0.5 if scale is None else scale)


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


def _without(name: str):
    """A wrong answer that stops because Python knows no such name."""

    def wrong(query, key, value):
        raise NameError(f"name '{name}' is not defined")

    return wrong


_SCALES = ((None, ""), (1, " And the scale is missing."), (0.5, " And the 2 was the root of 4: take the width from query.shape."))  # fmt: skip

_ROOT = "The scores are divided by the width itself. It is its square root."

_PAGE = "The names are those of the page's own tables (queries, keys, values, scores, weights). Inside the function, take what it is given: query, key, value."


def _gives(what):
    """Whether what an answer gives on the first case passes a test."""

    def test(answer) -> bool:
        try:
            return bool(what(answer(*_cases()[0])))
        except Exception:  # it stops
            return False

    return test


_AXIS = "Softmax runs over the queries. Each query has one weight for each key: dim=1, along its row, where scores have a row for each query (query @ key.T)."

check_attention = FunctionCheck(
    "my_attention",
    _attend,
    _cases(),
    [
        Mistake(_PAGE, lambda q, k, v: q.new_zeros(3, 2), when=_is_of_the_page),
        Mistake(_PAGE, lambda q, k, v: q @ k.new_zeros(3, 4).T, stops=r"5x9 and 4x3|3x4 and 9x7|5x7 and 3x2|3x4 and 5x9|3x3 and 7x3|\(7x9\), vec \(4\)"),
        Mistake("math and numpy are not imported on this page, and you need neither: write ** 0.5 for a root, and .exp() for a power of e.", _without("math"), stops="name '(math|np|numpy|sqrt|exp)' is not defined"),
        Mistake("softmax is one of PyTorch's functions: torch.softmax(scores, dim=1).", _without("softmax"), stops="name 'softmax' is not defined"),
        Mistake("The values are transposed. Row j of the values belongs to key j, so they stay as they are: weights @ value.", lambda q, k, v: _weights(q, k) @ v.T, stops="5x7 and 3x7"),
        Mistake("key @ query was for one query. For a table of them: query @ key.T, a row for each query and a column for each key.", lambda q, k, v: torch.softmax(k @ q / 2, dim=0) @ v, stops="7x9 and 5x9"),
        Mistake("Softmax must be told along which axis it works: dim=1, along each row.", lambda q, k, v: torch.softmax(q @ k.T), stops=r"softmax\(\) missing .*dim"),
        Mistake("The scale is missing: divide the scores by the square root of the width of a query.", lambda q, k, v: _attend(q, k, v, 1)),
        Mistake(_ROOT, lambda q, k, v: _attend(q, k, v, 1 / q.shape[1])),
        Mistake("The scores are divided by the square of the width. It is its square root: query.shape[1] ** 0.5.", lambda q, k, v: _attend(q, k, v, q.shape[1] ** -2)),
        Mistake("`** 1/2` means (... ** 1) / 2, so the scores are divided by the width, and by 2. Write ** 0.5.", lambda q, k, v: _attend(q, k, v, 0.5 / q.shape[1])),
        Mistake("Half the width is not its square root: query.shape[1] ** 0.5.", lambda q, k, v: _attend(q, k, v, 2 / q.shape[1])),
        Mistake("query.numel() counts all numbers of all queries. The width is query.shape[1].", lambda q, k, v: _attend(q, k, v, q.numel() ** -0.5)),
        Mistake("Some results are nan: the root of a negative number. Only the width goes under the root: query.shape[1] ** 0.5.", lambda q, k, v: torch.softmax((q @ k.T / q.shape[1]) ** 0.5, dim=1) @ v, when=_gives(lambda out: out.isnan().any())),
        Mistake("You return more than one thing. Return the mixtures alone: weights @ value.", lambda q, k, v: (q @ k.T, _attend(q, k, v)), when=_gives(lambda out: isinstance(out, tuple))),
        Mistake("You return a list of rows. Make one table of them: torch.stack(rows).", lambda q, k, v: list(_attend(q, k, v)), when=_gives(lambda out: isinstance(out, list) and all(map(torch.is_tensor, out)))),
        Mistake("The result still has the batch axis that [None] added: take it off with [0].", lambda q, k, v: _attend(q, k, v)[None]),
        Mistake("torch.sqrt takes a tensor, and a width is a whole number: query.shape[1] ** 0.5.", lambda q, k, v: q @ k.T / torch.sqrt(q.shape[1]), stops=r"sqrt\(\): argument 'input'"),
        Mistake("query.shape is two numbers, rows and width. Take the width: query.shape[1] ** 0.5.", lambda q, k, v: q @ k.T / q.shape**0.5, stops="'torch.Size' and|'tuple' and 'float'"),
        Mistake("`*` multiplies number by number. Scores are a matrix product: query @ key.T.", lambda q, k, v: torch.softmax(q * k, dim=1) @ v, stops=r"tensor a \(5\) must match the size of tensor b \(7\)|tensor a \(9\) must match the size of tensor b \(7\)"),
        Mistake("`*` multiplies number by number. The mixture is a matrix product: weights @ value.", lambda q, k, v: torch.softmax(q @ k.T, dim=1) * v, stops=r"tensor a \(7\) must match the size of tensor b \(3\)"),
        Mistake("Keys and values are exchanged: scores are made of queries and keys, and the values are mixed.", lambda q, k, v: torch.softmax(q @ v.T, dim=1) @ k, stops="5x9 and 3x7"),
        Mistake("The scores are multiplied by the root. They must become smaller: divide.", lambda q, k, v: _attend(q, k, v, q.shape[1] ** 0.5)),
        Mistake("The scores are divided by 2, the root of the width of the page's tables, 4. Take the width from what the function is given: query.shape[1].", lambda q, k, v: _attend(q, k, v, 0.5)),
        Mistake("query.shape[0] is the number of queries. Divide by the root of the width: query.shape[1] ** 0.5.", lambda q, k, v: _attend(q, k, v, 1 / len(q))),
        Mistake("That is the root of the number of queries. The width is query.shape[1].", lambda q, k, v: _attend(q, k, v, len(q) ** -0.5)),
        Mistake("That is the root of the number of keys. The width is how many numbers one query has, query.shape[1].", lambda q, k, v: _attend(q, k, v, len(k) ** -0.5)),
        Mistake("That is the root of the value's width. Scores are made of queries and keys: take query.shape[1].", lambda q, k, v: _attend(q, k, v, v.shape[1] ** -0.5)),
        Mistake(_AXIS, lambda q, k, v: _attend(q, k, v, axis=0)),
        Mistake(f"{_AXIS} And the scale is missing.", lambda q, k, v: _attend(q, k, v, 1, axis=0)),
        Mistake(f"{_AXIS} And the 2 was the root of 4: take the width from query.shape.", lambda q, k, v: _attend(q, k, v, 0.5, axis=0)),
        *(Mistake(f"All weights together sum to 1. Each row must: torch.softmax(scores, dim=1), or divide the powers by .sum(dim=1, keepdim=True).{more}", lambda q, k, v, scale=scale: _scores(q, k, scale).flatten().softmax(0).view(len(q), len(k)) @ v) for scale, more in _SCALES),
        *(Mistake(f"Softmax is missing: scores are no weights, they may be negative.{more}", lambda q, k, v, scale=scale: _scores(q, k, scale) @ v) for scale, more in _SCALES),
        *(Mistake("e is 2.71828..., and you took too few of its digits. Take scores.exp(), or torch.softmax.", lambda q, k, v, base=base: torch.softmax(math.log(base) * (q @ k.T) / q.shape[1] ** 0.5, dim=1) @ v) for base in (2.718, 2.72, 2.7)),
        Mistake("sigmoid takes each score on its own, so the rows do not sum to 1. Take softmax along each row, dim=1.", lambda q, k, v: torch.sigmoid(q @ k.T / q.shape[1] ** 0.5) @ v),
        Mistake("log_softmax gives the logarithms of the weights. Take torch.softmax.", lambda q, k, v: torch.log_softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) @ v),
        *(Mistake(f"The powers are not divided by their sum, so the rows do not sum to 1.{more}", lambda q, k, v, scale=scale: _scores(q, k, scale).exp() @ v) for scale, more in _SCALES),
        Mistake("The scores are divided by their sum: first take the powers of e.", lambda q, k, v: _over_sum(_scores(q, k)) @ v),
        Mistake("The scale comes after softmax. Then rows no longer sum to 1: divide the scores, before.", lambda q, k, v: _attend(q, k, v, 1) / q.shape[1] ** 0.5),
        *(Mistake(f"Those are the weights. Use them to mix the values: weights @ value.{more}", lambda q, k, v, scale=scale: _weights(q, k, scale)) for scale, more in _SCALES),
        *(Mistake(f"Those are the scores. Softmax and the values are still to come.{more}", lambda q, k, v, scale=scale: _scores(q, k, scale)) for scale, more in _SCALES),
        Mistake("The keys are mixed. Keys are for the scores; the query takes home values.", lambda q, k, v: _attend(q, k, k)),
        Mistake("Queries and keys are exchanged: each query gets a row, not each key.", lambda q, k, v: _attend(k, q, v)),
        Mistake("The weights are transposed: row i of the weights belongs to query i.", lambda q, k, v: _weights(q, k).T @ v),
        Mistake("The keys are not transposed: query @ key.T, so that each key stands in a column.", lambda q, k, v: torch.softmax(q @ k / q.shape[1] ** 0.5, dim=1) @ v),
        Mistake("The keys are not transposed: query @ key.T, so that each key stands in a column. (And the 2 was the root of 4.)", lambda q, k, v: torch.softmax(q @ k / 2, dim=1) @ v),
        *(Mistake(f"Each row has a sum of its own: .sum(dim=1, keepdim=True) keeps the sums in a column, below one another.{more}", lambda q, k, v, scale=scale: _scores(q, k, scale).exp() / _scores(q, k, scale).exp().sum(dim=1) @ v) for scale, more in _SCALES),
        Mistake("The product is the wrong way round: weights @ value, not value @ weights.", lambda q, k, v: v @ _weights(q, k)),
        Mistake("Only the value with the highest score is taken. All are mixed, by their weights.", lambda q, k, v: v[(q @ k.T).argmax(dim=1)]),
        Mistake("All values count the same. Weights come from the scores.", lambda q, k, v: v.mean(dim=0).expand(len(q), -1)),
    ],
    ready=("attention", "scaled_dot_product_attention"),
)  # fmt: skip


def _over_sum(scores: torch.Tensor) -> torch.Tensor:
    return scores / scores.sum(dim=1, keepdim=True)
