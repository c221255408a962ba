"""The check mechanism itself: what it says to right, wrong, missing and broken answers."""

import pytest
import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.exercises.quiz import Choice, Question

DOUBLE = FunctionCheck(
    "double", lambda x: 2 * x, [(torch.ones(2, 3),), (3.0,)], [Mistake("A square.", lambda x: x * x)]
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: x + x, "[OK] double is right."),
        (lambda x: x * x, "[not yet] A square."),
        (lambda x: 2 * x[:1] if torch.is_tensor(x) else 6.0, "gives shape (1, 3), expected (2, 3)."),
        (lambda x: 2 * x + 1, "gives other numbers than expected: the largest difference is 1."),
        (lambda x: 2 * torch.ones(2, 3) if torch.is_tensor(x) else 7.0, "double(3.0) gives 7.0, expected 6.0."),
        (lambda x: float("nan") * x, "[not yet] double(a tensor (2, 3)) gives"),
        (lambda: 1, "stops with TypeError"),
        (lambda x: ..., "returns nothing yet."),
        (5, "must be a function; got 5."),
    ],
)
def test_functions(answer, said):
    assert said in DOUBLE.verdict(answer)


def test_a_float_in_place_of_an_integer_is_told_so():
    check = FunctionCheck("half", lambda n: n // 2, [(7,), (8,)], [])
    assert check.verdict(lambda n: (n - n % 2) // 2) == "[OK] half is right."
    assert check.verdict(lambda n: n / 2 // 1) == (
        "[not yet] The numbers are right, but 3.0 is a float. Return an integer: use //, and no decimals."
    )
    assert DOUBLE.verdict(lambda x: 2 * x if torch.is_tensor(x) else 6) == "[OK] double is right."


def test_a_way_through_the_function_that_returns_nothing_is_named():
    check = FunctionCheck("sign", lambda x: "minus" if x < 0 else "plus", [(-1.0,), (2.0,)], [])

    def forgets(x):
        if x < 0:
            return "minus"

    assert check.verdict(forgets) == "[not yet] sign(2.0) returns nothing: each way must end in a return."


def test_an_answer_that_prints_in_place_of_returning_is_told_so(capsys):
    assert DOUBLE.verdict(lambda x: print("two")) == (
        "[not yet] double prints, but returns nothing: write return in place of print."
    )
    assert capsys.readouterr().out == "two\ntwo\n"


def test_not_implemented_is_not_yet():
    def stub(x):
        raise NotImplementedError

    assert DOUBLE.verdict(stub) == "[not yet] double is not written yet."


def test_an_answer_that_writes_into_its_argument_spoils_nothing():
    def greedy(x):
        x *= 2
        return x

    assert DOUBLE.verdict(greedy) == (
        "[OK] double is right. But it writes into what it was given, so its caller's numbers are lost: "
        "work on a copy, .clone()."
    )
    assert torch.equal(DOUBLE.cases[0][0], torch.ones(2, 3))
    filled = FunctionCheck("filled", torch.nan_to_num, [(torch.tensor([1.0, float("nan")]),)], [])
    assert filled.verdict(torch.nan_to_num) == "[OK] filled is right."


def test_an_answer_that_takes_from_a_list_leaves_the_next_one_a_whole_list():
    first = FunctionCheck("first", lambda texts: texts[0], [(["a", "b"],)], [])
    for _ in range(2):
        assert first.verdict(lambda texts: texts.pop(0)) == "[OK] first is right."


def test_a_mistake_counts_only_when_it_fits_every_case():
    check = FunctionCheck("f", lambda x: 2 * x, [(2.0,), (3.0,)], [Mistake("A square.", lambda x: x * x)])
    assert check.verdict(lambda x: 4.0) == "[not yet] f(3.0) gives 4.0, expected 6.0."


def test_a_mistake_that_stops_where_the_answer_stops():
    def only_tensors(x):
        return 2 * x.clone()

    check = FunctionCheck("f", lambda x: 2 * x, DOUBLE.cases, [Mistake("Only tensors.", only_tensors)])
    assert check.verdict(lambda x: x.mul(2)) == "[not yet] Only tensors."
    assert check.verdict(lambda x: x.mul(3)).startswith("[not yet] f stops with AttributeError")
    assert check.verdict(lambda: 1).startswith("[not yet] f stops with TypeError")


def test_a_mistake_that_is_recognised_by_a_test_of_the_answer():
    check = FunctionCheck("f", lambda x: 2 * x, [(3.0,)], [Mistake("Big.", lambda x: 99.0, when=lambda f: f(1.0) > 9)])
    assert check.verdict(lambda x: 50 + x) == "[not yet] Big."
    assert check.verdict(lambda x: x) == "[not yet] f(3.0) gives 3.0, expected 6.0."


def test_a_mistake_that_is_recognised_by_the_error_it_stops_with():
    def only_positive(x):
        if x < 0:
            raise ValueError("a root of -1")
        return x

    mistake = Mistake("A root.", only_positive, stops=r"root|logarithm")
    check = FunctionCheck("f", lambda x: 2 * x, [(3.0,), (-1.0,)], [mistake])
    assert check.verdict(only_positive) == check.verdict(lambda x: only_positive(x) + 5) == "[not yet] A root."
    assert check.verdict(lambda x: only_positive(-1)) == "[not yet] A root."
    said = check.verdict(lambda x: 1 / 0)
    assert said.startswith(
        "[not yet] f stops with ZeroDivisionError in the line `said = check.verdict(lambda x: 1 / 0)`:"
    )
    assert check.verdict(lambda x: "root") == "[not yet] f(3.0) gives 'root', expected 6.0."


def test_numbers_are_written_short_and_a_hint_follows():
    check = FunctionCheck("f", lambda x: 2 * x, [(torch.tensor([0.1]),)], [])
    assert check.verdict(lambda x: x) == "[not yet] f([0.1]) gives [0.1], expected [0.2]."
    value = ValueCheck("it", torch.eye(2), [], hint="Think of a mirror.")
    assert value.verdict(torch.ones(2, 2) / 3) == (
        "[not yet] it is not right yet: you have [[0.333333, 0.333333], [0.333333, 0.333333]]. Think of a mirror."
    )


@pytest.mark.parametrize(
    ("right", "answer", "good"),
    [
        (5, 5.0, True),
        (5, torch.tensor(5), True),
        (5, torch.tensor([5]), True),
        (5, torch.tensor([5, 5]), False),
        ([5], torch.tensor(5), False),
        (0.5, 0.5000001, True),
        (0.5, 0.51, False),
        (0.5, float("nan"), False),
        ("red", " red ", True),
        ("red", "green", False),
        ((1, 4, 64, 64), [1, 4, 64, 64], True),
        ((1, 4, 64, 64), torch.Size([1, 4, 64, 64]), True),
        ((1, 4, 64, 64), (4, 64, 64), False),
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["b", "a"], False),
        (["a", "b"], "ab", False),
    ],
)
def test_values(right, answer, good):
    assert ValueCheck("it", right, []).verdict(answer).startswith("[OK]" if good else "[not yet]")


def test_a_hint_may_look_at_the_answer():
    check = ValueCheck("it", 5, [], hint=lambda answer: f"{5 - answer} are missing.")
    assert check.verdict(3) == "[not yet] it is not right yet: you have 3. 2 are missing."


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("one", [1.0, torch.ones(5)])
def test_a_complex_answer_agrees_with_no_real_one(one):
    """PyTorch would cut its imaginary part off, with a warning, and the rest may be right or a mistake."""
    check = FunctionCheck("f", lambda: 2 * one, [()], [Mistake("Half.", lambda: one)])
    assert check.verdict(lambda: one) == "[not yet] Half."
    for real in (one, 2 * one):
        said = check.verdict(lambda real=real: real + 1j)
        assert said.startswith("[not yet] f() gives") and said.endswith(
            " The result is complex: a root got a number below 0."
        )
    assert ValueCheck("it", 5, [Mistake("A root.", 1j)]).verdict(1j) == "[not yet] A root."


def test_questions_refuse_nonsense():
    yes, no = Choice("yes", "Right.", right=True), Choice("no", "No.")
    assert Question("?", (yes, no)).answer == "yes"
    for choices in [(yes,), (yes, yes), (no, Choice("never", "No.")), (yes, Choice("also", "Yes.", right=True))]:
        with pytest.raises(ValueError, match="a question needs"):
            Question("?", choices)


def test_a_tensor_of_the_right_shape_is_not_told_that_its_shape_is_wrong():
    check = ValueCheck("it", torch.zeros(4, 4), [])
    assert check.verdict(torch.ones(4, 4)) == "[not yet] it has the right shape, but other numbers."
    assert check.verdict(torch.ones(16)) == "[not yet] it is not right yet: you have a tensor (16,)."


def by_name(x, weight):
    return x * weight


def writes_no_return(x, weight):
    x * weight


def returns_none(x, weight):
    product = x * weight
    return product.grad


def reaches_no_return(x, weight):
    if len(x) > 99:
        return "long"
    if len(x) < 2:
        return x * weight


def joins_with_and(x, weight):
    return (x > 0) & weight


def asks_beyond(x, weight):
    return x[len(x)] * weight


def multiplies_shapes(x, weight):
    return torch.outer(x, weight) @ torch.ones(2, 2)


def adds_unknown(x, weight):
    return x + no_such_name  # noqa: F821


PRODUCT = FunctionCheck("product", by_name, [(torch.arange(1.0, 6), torch.arange(2.0, 7))], [], ready=["mul"])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (writes_no_return, "product computes something, but returns nothing: write return"),
        (reaches_no_return, "product returns None in all cases. Is one of its returns ever reached?"),
        (returns_none, "product returns None. Look at what stands after its return."),
        (lambda x, weight: x.mul(weight), "The result is right, but mul is ready-made."),
        (torch.mul, "The result is right, but mul is ready-made."),
        (joins_with_and, "NotImplementedError in the line `return (x > 0) & weight`"),
        (joins_with_and, "& joins True and False. To multiply, write *."),
        (asks_beyond, "in the line `return x[len(x)] * weight`"),
        (asks_beyond, "Indices count from 0"),
        (multiplies_shapes, "In a @ b, a must have as many columns as b has rows."),
        (adds_unknown, "Python does not know this name."),
        (lambda x, weight: (x * weight).tolist(), "in a list: return the tensor itself."),
        (lambda x, weight: x.view(2.5, 2), "Sizes and positions are whole numbers"),
        (lambda x, weight: (x * weight)[None], "their shape is (1, 5): it must be (5,)."),
        (lambda x, weight: -x * weight, "with the other sign."),
        (lambda x, weight: x * weight / 0 * 0, "nan is no number"),
        (lambda x, weight: x * weight + (-1.0) ** 0.5, "The result is complex: a root got a number below 0."),
        (lambda x, weight: (x * weight, x), "weight=a tensor (5,)): the number of results is 2, expected 1."),
        (lambda x, weight: x + weight, "product(x=a tensor (5,), weight=a tensor (5,)) gives other numbers"),
    ],
)  # fmt: skip
def test_what_an_answer_does_is_said_in_words(answer, said):
    assert said in PRODUCT.verdict(answer)
    assert PRODUCT.verdict(answer).startswith("[not yet]")


def test_a_case_that_nearly_fits_by_chance_is_not_shown():
    check = FunctionCheck("double", lambda x: 2 * x, [(2,), (3,)], [])
    assert check.verdict(lambda x: x - 6) == "[not yet] double(3) gives -3, expected 6."
    assert "double(2) gives -4, expected 4. The numbers are right, but with the other sign." in check.verdict(
        lambda x: -2 * x
    )


def test_sizes_are_not_blamed_where_another_argument_is_the_wrong_one():
    said = PRODUCT.verdict(lambda x, weight: torch.randn(5, generator=torch.Generator().manual_seed))
    assert "invalid combination of arguments" in said and "whole numbers" not in said


def test_of_several_results_the_wrong_one_is_named():
    def swap(a, b):
        return b, a

    check = FunctionCheck("swap", swap, [(torch.ones(2, 3), torch.arange(6.0))], [])
    assert "Result 2 of swap(a=a tensor (2, 3), b=a tensor (6,)) gives shape (3, 2)" in check.verdict(
        lambda a, b: (b, a.T)
    )
    assert "the number of results is 1, expected 2." in check.verdict(lambda a, b: [b])


@pytest.mark.parametrize(
    ("right", "answer", "said"),
    [
        (5, "5", "Write numbers without quotes"),
        ([2, -3], ["2", "-3"], "Write numbers without quotes"),
        ([2, -3], "2, -3", "Write numbers without quotes"),
        (5, [2, 3], "Add them up"),
        (5, [5], "it stands in brackets: leave them out."),
        ([2, -3], [-2, 3], "with the other sign"),
        (torch.eye(2), torch.eye(2).flatten(), "their shape is (4,): it must be (2, 2)."),
        (torch.tensor([[1.0, 2], [3, 4]]), [[1, 3], [2, 4]], "rows and columns are exchanged"),
    ],
)
def test_values_that_are_nearly_right(right, answer, said):
    verdict = ValueCheck("it", right, [], hint="Think.").verdict(answer)
    assert said in verdict and "Think." not in verdict
