"""Lesson 15, schedulers: the check of exercise 4, linear and then quadratic."""

from __future__ import annotations

from course_lib.exercises.checks import FunctionCheck, Mistake


def _gone(steps: int, c: float) -> list[float]:
    linear = steps // 2
    return [_share(i, linear, steps - linear, c) for i in range(steps + 1)]


def _share(i: int, linear: float, rest: float, c: float) -> float:
    if i < linear:
        return c * i / linear
    after, slope = i - linear, c / linear
    bend = (1 - c - slope * rest) / rest**2
    return c + slope * after + bend * after**2


def _two_parts(second) -> object:
    """A wrong curve: the straight half is right, and `second` (k, Q, c, L) is not."""

    def wrong(steps, c):
        linear, rest = steps // 2, steps - steps // 2
        first = [c * i / linear for i in range(linear)]
        return first + [second(k, rest, c, linear) for k in range(rest + 1)]

    return wrong


check_gone = FunctionCheck(
    "noise_gone",
    _gone,
    [(4, 0.1), (7, 0.025), (10, 0.05)],
    [
        Mistake(
            "That is a straight line all the way. The first half of the steps only takes the share c; then the curve bends.",
            lambda n, c: [i / n for i in range(n + 1)],
        ),
        Mistake(
            "Your curve has a kink: after the straight half it must go on with the same slope, c / L. Add the term (c / L) * k.",
            _two_parts(lambda k, rest, c, linear: c + (1 - c) * (k / rest) ** 2),
        ),
        Mistake(
            "Your a is right. The curve itself lacks the term (c / L) * k.",
            _two_parts(lambda k, rest, c, linear: c + (1 - c - c / linear * rest) * (k / rest) ** 2),
        ),
        Mistake(
            "Your curve starts again from 0. It goes on from c: c + (c / L) * k + a * k**2.",
            _two_parts(lambda k, rest, c, linear: c / linear * k + (1 - c - c / linear * rest) * (k / rest) ** 2),
        ),
        Mistake(
            "For a, you took L in place of Q. Where steps is odd, Q = steps - L is one larger than L.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - 2 * c) * (k / linear) ** 2),
        ),
        Mistake(
            "The last term is a * k**2. You took a * k.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear * rest) / rest**2 * k),
        ),
        Mistake(
            "At k = Q the share isn't 1. For a, take c away from 1, too, not only the straight part (c / L) * Q.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c / linear * rest) * (k / rest) ** 2),
        ),
        Mistake(
            "At k = Q the share isn't 1. For a, the straight part is (c / L) * Q; you took c / L away.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear) * (k / rest) ** 2),
        ),
        Mistake(
            "A sign: for a, the straight part is taken away from 1 - c, not added.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c + c / linear * rest) * (k / rest) ** 2),
        ),
        Mistake(
            "The second half goes on straight to 1 in yours. It needs the term with k**2.",
            _two_parts(lambda k, rest, c, linear: c + (1 - c) * k / rest),
        ),
        Mistake(
            "The last share must be 1. For a, take away both from 1: c, and the straight part (c / L) * Q.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c) * (k / rest) ** 2),
        ),
        Mistake(
            "For a, divide by Q squared: at k = Q the last term is a times Q squared.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear * rest) / rest * k**2),
        ),
        Mistake(
            "Brackets: all of 1 - c - (c / L) * Q is divided by Q squared, not only its last term.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * k + (1 - c - c / linear * rest / rest**2) * k**2),
        ),
        Mistake(
            "You have one share too many: step L ends the straight half and begins the curve. Count it once.",
            lambda n, c: [*_gone(n, c)[: n // 2 + 1], *_gone(n, c)[n // 2 :]],
        ),
        Mistake(
            "The straight half must reach c after L steps: divide by L, not by all steps.",
            lambda n, c: [c * i / n if i < n // 2 else value for i, value in enumerate(_gone(n, c))],
        ),
        Mistake(
            "Those are shares that are left. The question is which share is gone: 1 minus yours.",
            lambda n, c: [1 - value for value in _gone(n, c)],
        ),
        Mistake(
            "The last share, 1, is missing: i runs from 0 to steps, both among them.",
            lambda n, c: _gone(n, c)[:-1],
        ),
        Mistake(
            "steps / 2 is not a whole number where steps is odd. Use steps // 2.",
            lambda n, c: [_share(i, n / 2, n / 2, c) for i in range(n + 1)],
        ),
        Mistake(
            "k counts from the end of the straight half: k = i - L. You took i itself.",
            _two_parts(lambda k, rest, c, linear: c + c / linear * (k + linear)
                       + (1 - c - c / linear * rest) / rest**2 * (k + linear) ** 2),
        ),
        Mistake(
            "k counts from the end of the straight half: k = i - L. You took i itself.",
            _two_parts(lambda k, rest, c, linear: c if k == 0 else c + c / linear * (k + linear)
                       + (1 - c - c / linear * rest) / rest**2 * (k + linear) ** 2),
        ),
    ],
)  # fmt: skip
