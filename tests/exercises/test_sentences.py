"""What a check says, sentence by sentence: the names, the numbers and the limits that a learner reads."""

import pytest
import torch

from course_lib.exercises.checks import FunctionCheck, Letters, Mistake, ValueCheck, not_yet, right

ROW = torch.arange(6.0).reshape(2, 3)
DOUBLE = FunctionCheck("double", lambda x: 2 * x, [(ROW,), (3.0,)], [])


def stops(x):
    raise ValueError("a is missing")


def stops_at_three(x):
    return 2 * x if torch.is_tensor(x) else stops(x)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (5, "double must be a function; got 5."),
        (ROW, "double must be a function; got a tensor (2, 3)."),
        (ROW[0, :2], "double must be a function; got [0, 1]."),
        (stops, 'double stops with ValueError in the line `raise ValueError("a is missing")`: a is missing.'),
        (stops_at_three, 'double stops with ValueError in the line `raise ValueError("a is missing")`: a is missing.'),
        (lambda x: x, "double(a tensor (2, 3)) gives other numbers than expected: the largest difference is 5."),
        (lambda x: 2 * x - 1.23456, "double(a tensor (2, 3)) gives other numbers than expected: the largest "
                                    "difference is 1.23."),
        (lambda x: 2 * x[:1] if torch.is_tensor(x) else 6.0,
         "double(a tensor (2, 3)) gives shape (1, 3), expected (2, 3)."),
        (lambda x: "six", "double(a tensor (2, 3)) gives 'six', expected a tensor (2, 3)."),
        (lambda x: 2 * x if torch.is_tensor(x) else 7.123456789, "double(3.0) gives 7.12346, expected 6.0."),
        (lambda x: 2 * x if torch.is_tensor(x) else None,
         "double(3.0) returns nothing: each way must end in a return."),
        (lambda x: stops(x) if torch.is_tensor(x) else None,
         "double computes something, but returns nothing: write return and the result as its last line."),
        (lambda x: (print("six"), stops(x) if torch.is_tensor(x) else None)[1],
         "double prints, but returns nothing: write return in place of print."),
    ],
)  # fmt: skip
def test_of_functions(answer, said):
    assert DOUBLE.verdict(answer) == f"[not yet] {said}"


def test_of_tensors_with_four_numbers_these_are_shown_and_of_five_the_gap():
    for count, said in [
        (4, "f([1, 1, 1, 1]) gives [1.5, 1.5, 1.5, 1.5], expected [1, 1, 1, 1]."),
        (5, "f(a tensor (5,)) gives other numbers than expected: the largest difference is 0.5."),
    ]:
        check = FunctionCheck("f", lambda x: x, [(torch.ones(count),)], [])
        assert check.verdict(lambda x: x + 0.5) == f"[not yet] {said}"


def test_all_arguments_are_named_and_the_first_case_that_is_wrong():
    check = FunctionCheck("add", lambda a, b: a + b, [(1, 2), (2, 2), (0.1, 5)], [])
    assert check.verdict(lambda a, b: a * b) == "[not yet] add(a=1, b=2) gives 2, expected 3."
    assert check.verdict(lambda a, b: a + b + (b == 5)) == "[not yet] add(a=0.1, b=5) gives 6.1, expected 5.1."


def test_the_first_mistake_that_fits_is_named():
    mistakes = [Mistake("Minus.", lambda x: -x), Mistake("One.", lambda x: x), Mistake("Two.", lambda x: x)]
    check = FunctionCheck("f", lambda x: 2 * x, [(1.0,), (2.0,)], mistakes)
    assert check.verdict(lambda x: x) == "[not yet] One." and check.verdict(lambda x: -x) == "[not yet] Minus."
    check = ValueCheck("it", 5, [Mistake("Six.", 6), Mistake("Seven.", 7), Mistake("Too.", 7)], hint="Add them.")
    assert (
        check.verdict(7) == "[not yet] Seven."
        and check.verdict(8) == "[not yet] it is not right yet: you have 8. Add them."
    )


def test_a_mistake_that_writes_into_its_argument_spoils_nothing():
    check = FunctionCheck(
        "f", lambda x: 2 * x, [(torch.ones(2),)], [Mistake("Thrice.", lambda x: x.mul_(3)), Mistake("It.", lambda x: x)]
    )
    for _ in range(2):
        assert check.verdict(lambda x: 1 * x) == "[not yet] It."
        assert check.verdict(lambda x: 3 * x) == "[not yet] Thrice."
    writes = FunctionCheck("f", lambda x: x.mul_(2), [(torch.ones(2),)], [])
    for _ in range(2):
        assert writes.verdict(lambda x: 2 * x) == "[OK] f is right."


def test_writing_is_told_for_any_case_and_a_changed_shape_too():
    lost = " But it writes into what it was given, so its caller's numbers are lost: work on a copy, .clone()."
    cases = [(1, torch.ones(2)), (2, torch.zeros(2, 3))]
    check = FunctionCheck("f", lambda n, x: n * x.sum(), cases, [])
    assert check.verdict(lambda n, x: n * x.sum()) == "[OK] f is right."
    for write in (lambda x: x.add_(1), lambda x: x.unsqueeze_(0), lambda x: x.t_()):

        def late(n, x, write=write):
            total = n * x.sum()
            if n == 2:
                write(x)
            return total

        assert check.verdict(late) == f"[OK] f is right.{lost}"


@pytest.mark.parametrize(
    ("answer", "good"),
    [(1000.005, True), (1000.05, False), (999.995, True), (999.95, False)],
)
def test_a_function_is_right_to_five_digits(answer, good):
    check = FunctionCheck("f", lambda: 1000.0, [()], [])
    assert check.verdict(lambda: answer).startswith("[OK]" if good else "[not yet]")
    near_zero = FunctionCheck("f", lambda: 0.0, [()], [])
    assert near_zero.verdict(lambda: (answer - 1000) / 1000).startswith("[OK]" if good else "[not yet]")


def test_a_value_is_right_to_six_digits_or_as_told():
    check = ValueCheck("it", 1000.0, [Mistake("Half.", 500.0)])
    assert (
        check.verdict(1000.0005) == right("it")
        and check.verdict(1000.05) == "[not yet] it is not right yet: you have 1000.05."
    )
    assert (
        check.verdict(500.0004) == not_yet("Half.")
        and check.verdict(500.004) == "[not yet] it is not right yet: you have 500.004."
    )
    rough = ValueCheck("it", 1000.0, [Mistake("Half.", 500.0)], tolerance=0.1)
    assert rough.verdict(1050.0) == right("it") and rough.verdict(540.0) == not_yet("Half.")
    assert ValueCheck("it", 0.0, []).verdict(5e-7) == right("it")
    assert ValueCheck("it", 0.0, []).verdict(5e-6) == "[not yet] it is not right yet: you have 5e-06."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "it is still missing."),
        (
            torch.zeros(3, 3) + 0.1234567,
            f"it is not right yet: you have [{', '.join(3 * ['[0.123457, 0.123457, 0.123457]'])}].",
        ),
        (torch.zeros(10), "it is not right yet: you have a tensor (10,)."),
        (torch.zeros(9), "it is not right yet: you have [0, 0, 0, 0, 0, 0, 0, 0, 0]."),
        ("x" * 58, f"it is not right yet: you have '{'x' * 58}'."),
        ("x" * 59, f"it is not right yet: you have '{'x' * 56}...."),
        (1 / 3, "it is not right yet: you have 0.333333."),
        ([1, 2], "it is not right yet: you have [1, 2]."),
    ],
)
def test_of_values(answer, said):
    assert ValueCheck("it", 5, []).verdict(answer) == f"[not yet] {said}"


def test_of_tensors_the_right_shape_is_told_from_ten_numbers_on():
    for count, said in [
        (9, "it is not right yet: you have [1, 1, 1, 1, 1, 1, 1, 1, 1]."),
        (10, "it has the right shape, but other numbers."),
    ]:
        assert ValueCheck("it", torch.zeros(count), []).verdict(torch.ones(count)) == f"[not yet] {said}"
    assert (
        ValueCheck("it", [0] * 10, []).verdict(torch.ones(10))
        == "[not yet] it is not right yet: you have a tensor (10,)."
    )


@pytest.mark.parametrize(
    ("wanted", "answer", "good"),
    [
        ("5", 5, False),
        (5, "5", False),
        ("red", None, False),
        ([torch.ones(2), "a"], [torch.ones(2), " a"], True),
        ([torch.ones(2), "a"], [torch.ones(3), "a"], False),
        ([torch.ones(2), torch.zeros(1)], [torch.ones(2)], False),
        ([torch.ones(2)], 5, False),
        (torch.ones(2, dtype=torch.long), torch.ones(2), True),
        (torch.ones(2), [1, 1], True),
        (torch.ones(2), torch.ones(2, 1), False),
        (torch.ones(2), [[1], [1, 2]], False),
        (5, ValueError("5"), False),
        (True, torch.tensor(True), True),
        (0.1 + 2**-19, 0.1, False),
    ],
)
def test_what_counts_as_the_same(wanted, answer, good):
    check = ValueCheck("it", wanted, [])
    assert check.verdict(answer).startswith("[OK]" if good else "[not yet]")


def test_three_dots_in_a_list_are_answers_that_are_missing():
    check = ValueCheck("the list", [True, False], [])
    assert check.verdict([..., ...]) == "[not yet] the list is still missing."
    assert check.verdict([True, ...]) == "[not yet] A `...` is left in the list. Put an answer in its place."
    assert check.verdict([]) == "[not yet] the list is not right yet: you have []."


def test_letters_name_what_is_wrong_or_missing():
    hint = Letters([True, False, True], {"a": "one", "b": "two", "c": "three"})
    check = ValueCheck("the list", [True, False, True], [], hint=hint)
    assert check.verdict([True, False, True]) == "[OK] the list is right."
    assert check.verdict([False, True, True]) == (
        "[not yet] the list is not right yet: you have [False, True, True]. Look again at (a): one; (b): two."
    )
    assert check.verdict([1, 0, 0]).endswith("Look again at (c): three.")
    of = "3 answers, True or False without quotes, in the order (a) to (c)."
    for no_answers in (5, ["x", True, True], [None] * 3, torch.ones(3, 2)):
        assert hint(no_answers) == f"It has {of}"
    for meant in (["a", "c"], {"(a)", "(c)"}, ["True", "False", "True"]):
        assert hint(meant) == f"What you mean is right. It has {of}"
    for meant in (["b"], ["False", "True", "False"], ["a", "x"]):
        assert hint(meant) == f"It has {of}"
    for count in (0, 2):
        assert hint([True] * count) == f"You gave {count} of {of}"
    assert hint([True] * 4) == f"You gave 4 answers, but there are {of.replace(' answers,', ':')}"
