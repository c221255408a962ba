"""Lesson 04's exercise 2: which ways down keep a move by one pixel, and what to say to wrong lists."""

from __future__ import annotations

from course_lib.exercises.checks import Letters, Mistake, ValueCheck

_KEPT = [False, True, False, False, True, False]

_LETTERS = {
    "a": "with stride 2, the windows hold other pixels after a move by one",
    "b": "with stride 1 there is a window at every place, so the results move along",
    "c": "with stride 2, the windows hold other pixels after a move by one, and have other means",
    "d": "a blur makes it calmer, but with stride 2 other places are kept after a move by one pixel",
    "e": "with stride 1 there is a result at every place, and all move along",
    "f": "this is (a) in two steps, and what is kept after the move are other results",
}

check_shifts = ValueCheck(
    "your list",
    _KEPT,
    [
        Mistake("With stride 2 each result stands two pixels from the next: a move by one pixel cannot be a whole move of the small picture. `moves_along` shows it: with (a), no number of places gives True.", [True] * 6),
        Mistake("Two of them do: where the stride is 1, results stand at every place, and they move along with the picture.", [False] * 6),
        Mistake("The mean is calmer, but not exact: after a move by one pixel it averages other neighbours.", [False, True, True, False, True, False]),
        Mistake("The blur is calmer, but not exact: with stride 2, other places are kept after a move by one pixel.", [False, True, False, True, True, False]),
        Mistake("Mean and blur are calmer, but not exact: with stride 2, no way keeps a move by one pixel.", [False, True, True, True, True, False]),
        Mistake("Max pooling is often said to keep it. With stride 2 it does not: when a largest number moves into the next window, results change.", [True, True, False, False, True, False]),
        Mistake("(f) is max pooling with stride 2, (a), in two steps. Dropping every other result is what loses it.", [False, True, False, False, True, True]),
        Mistake("Not only convolutions do: the maximum with stride 1 works at every place, too.", [False, False, False, False, True, False]),
        Mistake("Not only the maximum does: a convolution with stride 1 works at every place, too.", [False, True, False, False, False, False]),
        Mistake("The other way round: it is stride 1 that keeps it.", [True, False, True, True, False, True]),
    ],
    hint=Letters(_KEPT, _LETTERS),
)  # fmt: skip
