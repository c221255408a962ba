"""Checks of exercises: say whether an answer is right, and when it is wrong, which usual mistake it is.

A check never raises and prints short, stable sentences. It knows the right answer and a list of mistakes, each as
a wrong answer with a sentence; an answer that agrees with a mistake gets that sentence.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch

from course_lib.exercises.differences import differs, slip
from course_lib.exercises.differences import same as _same
from course_lib.exercises.differences import short as _short
from course_lib.exercises.stops import is_stub, names_in, nothing, stops
from course_lib.texts import tr


def right(name: str) -> str:
    """The verdict on a right answer.

    Example:

    >>> right("the sum")
    '[OK] the sum is right.'
    """
    return tr("[OK] {name} is right.").format(name=tr(name))


def not_yet(says: str) -> str:
    """The verdict on any other answer, with what to say to it.

    Example:

    >>> not_yet("That is the product.")
    '[not yet] That is the product.'
    """
    return tr("[not yet] {says}").format(says=tr(says))


@dataclass(frozen=True)
class Mistake:
    """A usual wrong answer, `wrong` (a function or a value, like the right one), and what to say to it.

    An answer is this mistake where it agrees with `wrong` on every case; a function that stops agrees with one that
    stops. Two more ways to recognise what no single wrong answer can stand for: `stops`, a pattern that is found in the
    message of the error with which a function stops on some case; and `when`, a test of the function itself.
    """

    says: str
    wrong: object
    when: Callable[[Callable], bool] | None = None
    stops: str = ""


@dataclass(frozen=True)
class FunctionCheck:
    """Checks a function that the learner writes: it must agree with `right` on every case.

    name : what the learner's function is called; right : the correct function; cases : tuples of arguments;
    mistakes : wrong functions and what to say to them. Tensors may have any shape (...) that `right` takes.
    ready : names of ready-made functions that would do the exercise in the learner's place.
    A right answer that writes into the tensors it was given, calls one of `ready`, or returns a list where a tensor
    is right, or a float where an integer is right, is told so.

    Example:

    >>> square = Mistake("That is the square.", lambda x: x * x)
    >>> check = FunctionCheck("double", lambda x: 2 * x, [(1,), (3,)], [square])
    >>> check(lambda x: x + x)
    [OK] double is right.
    >>> check(lambda x: x**2)
    [not yet] That is the square.
    >>> check(lambda x: ...)
    [not yet] double returns nothing yet.
    """

    name: str
    right: Callable
    cases: Sequence[tuple]
    mistakes: Sequence[Mistake]
    ready: Sequence[str] = ()

    def __call__(self, answer: Callable) -> None:
        """Print the verdict on the learner's function."""
        print(self.verdict(answer))

    def verdict(self, answer: Callable) -> str:
        """The verdict as one sentence, see the class for an example.

        >>> FunctionCheck("one", lambda: 1, [()], []).verdict(lambda: 2)
        '[not yet] one() gives 2, expected 1.'
        """
        if not callable(answer):
            return not_yet(tr("{name} must be a function; got {got}.").format(name=self.name, got=_short(answer)))
        handed, said = [_copies(case) for case in self.cases], io.StringIO()
        with contextlib.redirect_stdout(said):
            given = [_outcome(answer, arguments) for arguments in handed]
        print(said.getvalue(), end="")
        stopped = next((value for value in given if isinstance(value, Exception)), None)
        if stopped and is_stub(stopped, answer):
            return not_yet(tr("{name} is not written yet.").format(name=self.name))
        if any(value is None or value is ... for value in given):
            return not_yet(self._nothing(answer, given, said.getvalue()))
        expected = [self.right(*_copies(case)) for case in self.cases]
        wrong = [index for index, pair in enumerate(zip(given, expected, strict=True)) if not _same(*pair)]
        if not wrong:
            if any(map(_only_listed, given, expected)):
                return not_yet(tr("The numbers are right, but they are in a list: return the tensor itself."))
            decimal = next(
                (value for value, whole in zip(given, expected, strict=True) if _decimal(value, whole)), None
            )
            if decimal is not None:
                says = tr("The numbers are right, but {got} is a float. Return an integer: use //, and no decimals.")
                return not_yet(says.format(got=decimal))
            used = next((name for name in self.ready if name in names_in(answer)), None)
            if used:
                says = tr("The result is right, but {used} is ready-made. The exercise is to write it yourself.")
                return not_yet(says.format(used=used))
            return " ".join(filter(None, [right(self.name), _spoiled(handed, self.cases)]))
        for mistake in self.mistakes:
            if self._is(mistake, answer, given):
                return not_yet(mistake.says)
        if stopped:
            return not_yet(stops(self.name, stopped, answer))
        # what nearly fits on one case alone is chance: show a case where it does not
        shown = next((index for index in wrong if not slip(given[index], expected[index])), wrong[0])
        return not_yet(differs(self._call(shown), given[shown], expected[shown]))

    def _nothing(self, answer: Callable, given: list, said: str) -> str:
        """What to say where the answer returns nothing, on all cases or on some, and perhaps prints it."""
        empty = [value is None or value is ... for value in given]
        if not all(none or isinstance(value, Exception) for none, value in zip(empty, given, strict=True)):
            call = self._call(empty.index(True))
            return tr("{call} returns nothing: each way must end in a return.").format(call=call)
        if said:
            return tr("{name} prints, but returns nothing: write return in place of print.").format(name=self.name)
        if any(value is ... for value in given):
            return tr("{name} returns nothing yet.").format(name=self.name)
        return nothing(self.name, answer)

    def _call(self, index: int) -> str:
        """A case as it is called, with the names of its arguments where there are several."""
        values = [_short(value) for value in self.cases[index]]
        try:
            names = list(inspect.signature(self.right).parameters)
        except ValueError:  # a function that is not written in Python may not tell
            names = []
        if len(values) > 1 and len(names) >= len(values):
            values = [f"{name}={value}" for name, value in zip(names, values, strict=False)]
        return f"{self.name}({', '.join(values)})"

    def _is(self, mistake: Mistake, answer: Callable, given: list) -> bool:
        if mistake.when:
            return mistake.when(answer)
        if mistake.stops:
            return any(isinstance(value, Exception) and re.search(mistake.stops, str(value)) for value in given)
        if all(isinstance(value, Exception) for value in given):
            return False  # it stops everywhere: its own message says more
        return all(map(_same, given, [_outcome(mistake.wrong, _copies(case)) for case in self.cases]))


@dataclass(frozen=True)
class ValueCheck:
    """Checks a value that the learner finds: a number, a tensor (...), a word or a list of them.

    Where a number is right, a tensor with this one number is right, too. `hint` follows where no mistake fits: a
    sentence, or what makes one of the answer.

    Example:

    >>> check = ValueCheck("the sum", 5, [Mistake("That is the product.", 6)])
    >>> check(5), check(6), check(7), check(...)
    [OK] the sum is right.
    [not yet] That is the product.
    [not yet] the sum is not right yet: you have 7.
    [not yet] the sum is still missing.
    (None, None, None, None)
    """

    name: str
    right: object
    mistakes: Sequence[Mistake]
    tolerance: float = 1e-6
    hint: str | Callable[[object], str] = ""

    def __call__(self, answer: object) -> None:
        """Print the verdict on the learner's value."""
        print(self.verdict(answer))

    def verdict(self, answer: object) -> str:
        """The verdict as one sentence, see the class for an example.

        >>> ValueCheck("it", 1, []).verdict(None)
        '[not yet] it is still missing.'
        """
        still_open = [item is ... for item in (answer if isinstance(answer, (list, tuple)) else [answer])]
        if answer is None or (still_open and all(still_open)):
            return not_yet(tr("{name} is still missing.").format(name=tr(self.name)))
        if any(still_open):
            return not_yet(tr("A `...` is left in {name}. Put an answer in its place.").format(name=tr(self.name)))
        if isinstance(self.right, (int, float)) and isinstance(answer, torch.Tensor) and answer.numel() == 1:
            answer = answer.item()
        if _same(answer, self.right, self.tolerance):
            return right(self.name)
        for mistake in self.mistakes:
            if _same(answer, mistake.wrong, self.tolerance):
                return not_yet(mistake.says)
        hint = slip(answer, self.right) or (self.hint(answer) if callable(self.hint) else tr(self.hint))
        return f"{not_yet(self._differs(answer))} {hint}".rstrip()

    def _differs(self, answer: object) -> str:
        """What is said of an answer that is no known mistake; a shape alone only where it is the wrong one."""
        tensors = isinstance(answer, torch.Tensor) and isinstance(self.right, torch.Tensor)
        if tensors and answer.shape == self.right.shape and answer.numel() > 9:
            return tr("{name} has the right shape, but other numbers.").format(name=tr(self.name))
        return tr("{name} is not right yet: you have {got}.").format(name=tr(self.name), got=_short(answer, 9))


@dataclass(frozen=True)
class Letters:
    """The hint of a check whose answer is True or False for each letter: it names the wrong ones, with what decides.

    right : the answers in order; reasons : letter -> what makes its answer right, in the same order.

    Example:

    >>> hint = Letters([True, False], {"a": "one and one are two", "b": "one and two are three"})
    >>> hint([True, True])
    'Look again at (b): one and two are three.'
    >>> hint([True])
    'You gave 1 of 2 answers, True or False without quotes, in the order (a) to (b).'
    """

    right: Sequence[bool]
    reasons: Mapping[str, str]

    def __call__(self, answer: object) -> str:
        """What to say to a list that is no usual mistake."""
        first, *_, last = self.reasons
        wanted = {"count": len(self.right), "first": first, "last": last}
        try:
            given = [float(item) for item in answer]
        except (TypeError, ValueError, RuntimeError):
            says = tr("It has {count} answers, True or False without quotes, in the order ({first}) to ({last}).")
            means = tr("What you mean is right.") if self._means(answer) == list(self.right) else ""
            return f"{means} {says.format(**wanted)}".lstrip()
        if len(given) != len(self.right):
            says = tr(
                "You gave {given} of {count} answers, True or False without quotes, in the order ({first}) to ({last})."
                if len(given) < len(self.right)
                else "You gave {given} answers, but there are {count}: True or False without quotes, "
                "in the order ({first}) to ({last})."
            )
            return says.format(given=len(given), **wanted)
        wrong = [letter for letter, one, fits in zip(self.reasons, given, self.right, strict=True) if one != fits]
        letters = "; ".join(f"({letter}): {tr(self.reasons[letter])}" for letter in wrong)
        return tr("Look again at {letters}.").format(letters=letters)

    def _means(self, answer: object) -> list[bool]:
        """What a list of letters, those that are true, stands for, or a list with quotes round True and False."""
        words = [str(item).strip("( )") for item in answer] if isinstance(answer, (list, tuple, set)) else []
        if set(words) <= set(self.reasons):
            return [letter in words for letter in self.reasons]
        return [word == "True" for word in words]


def _outcome(function: Callable, arguments: tuple) -> object:
    """What a function returns, or the exception with which it stops."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def _only_listed(given: object, expected: object) -> bool:
    """Whether the numbers of a tensor came as a list."""
    return isinstance(expected, torch.Tensor) and isinstance(given, (list, tuple))


def _decimal(given: object, expected: object) -> bool:
    """Whether an integer, a size or a count, came as a float: torch.zeros and range take none."""
    return isinstance(given, float) and isinstance(expected, int) and not isinstance(expected, bool)


def _copies(case: tuple) -> tuple:
    """A learner's function may write into its arguments; the next one must not see that."""
    return tuple(
        value.clone() if isinstance(value, torch.Tensor) else deepcopy(value) if isinstance(value, list) else value
        for value in case
    )


def _spoiled(handed: Sequence[tuple], cases: Sequence[tuple]) -> str:
    """What to say where the tensors that were handed over hold other numbers than before; else nothing."""
    pairs = [pair for both in zip(handed, cases, strict=True) for pair in zip(*both, strict=True)]
    if all(_unchanged(*pair) for pair in pairs if isinstance(pair[1], torch.Tensor)):
        return ""
    return tr("But it writes into what it was given, so its caller's numbers are lost: work on a copy, .clone().")


def _unchanged(now: torch.Tensor, before: torch.Tensor) -> bool:
    return now.shape == before.shape and bool(torch.isclose(now, before, rtol=0, atol=0, equal_nan=True).all())
