"""Lesson 03's exercises: other right ways of writing them, and what learners write instead."""

import re

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import relu_gradient
from course_lib.lessons import lesson_03 as lesson


def test_the_hat_and_the_tent():
    x = torch.tensor([-1.0, 0, 0.5, 1, 2, 3, 10])
    assert (F.relu(x) - 2 * F.relu(x - 1) + F.relu(x - 2)).tolist() == [0, 0, 0.5, 1, 0, 0, 0]
    layer1 = F.relu(x[:, None] @ torch.ones(1, 3) + torch.tensor([0.0, -1, -2]))
    assert (layer1 @ torch.tensor([1.0, -2, 1])).tolist() == [0, 0, 0.5, 1, 0, 0, 0], "the hat as a network"
    a, b, c = lesson.check_tent.right
    assert (a * F.relu(x) + b * F.relu(x - 1) + c * F.relu(x - 3)).tolist() == [0, 0, 1, 2, 1, 0, 0]
    for answer in ((2, -3, 1), [2.0, -3.0, 1.0], torch.tensor([2.0, -3.0, 1.0])):
        assert lesson.check_tent.verdict(answer) == "[OK] your tent is right."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([2, -4, 1], "After x = 1 the slope is -2, and must be -1"),
        ([2, -1, 1], "After x = 1 the slope is 1, and must be -1"),
        ([2, -2, 1], "your tent is not right yet: you have [2, -2, 1]. After x = 1 the slope is 0,"),
        ([1, -3, 2], "After x = 0 the slope is 1, and must be 2"),
        ([2, -3, 0.5], "After x = 3 the slope is -0.5, and must be 0"),
        ([-2, 3, -1], "hangs upside down"),
        ([4, -6, 2], "twice as high"),
        ([0, 2, 0], "the heights at the kinks"),
        (["2", "-3", "1"], "without quotes"),
        ([2, -3], "It is three numbers"),
        ("text", "It is three numbers"),
        (2, "It is three numbers"),
    ],
)
def test_a_tent_that_does_not_stand_is_told_where(answer, said):
    assert said in lesson.check_tent.verdict(answer)


def test_the_checks_take_other_ways_of_writing_it():
    def relu_by_loops(x):
        out = x.clone().flatten()
        for index, value in enumerate(out.tolist()):
            out[index] = max(value, 0.0)
        return out.reshape(x.shape)

    ways = [relu_by_loops, lambda x: x * (x > 0), lambda x: (x + x.abs()) / 2, lambda x: x.clamp(min=0)]
    for answer in (*ways, lambda x: torch.maximum(x, torch.zeros_like(x))):
        assert lesson.check_relu.verdict(answer) == "[OK] my_relu is right."

    ways = [lambda x, a: torch.where(x > 0, a, 0.0), lambda x, a: a * (x > 0).float(), lambda x, a: a * (F.relu(x) > 0)]
    for answer in ways:
        assert lesson.check_gradient.verdict(answer) == "[OK] my_relu_gradient is right."

    def by_asking(weight1, bias1, weight2, bias2):
        def two(x):
            return (x @ weight1.T + bias1) @ weight2.T + bias2

        bias = two(torch.zeros(weight1.shape[1]))
        return [(two(torch.eye(weight1.shape[1])) - bias).T, bias]

    assert lesson.check_collapse.verdict(by_asking) == "[OK] collapse is right."


def test_what_learners_write_is_recognised():
    def forgets_return(x):
        x[x < 0] = 0

    def in_place(x):
        x[x < 0] = 0
        return x

    def by_largest(x):
        return torch.tensor(max(0.0, x.max().item()))

    assert lesson.check_relu.verdict(forgets_return) == (
        "[not yet] my_relu computes something, but returns nothing: write return and the result as its last line."
    )
    assert lesson.check_relu.verdict(in_place).startswith("[OK] my_relu is right. But it writes into what it was given")
    assert "compares each number alone" in lesson.check_relu.verdict(by_largest)
    assert "Choose for each" in lesson.check_relu.verdict(lambda x: max(0, x))
    assert "Choose for each" in lesson.check_relu.verdict(lambda x: 0 if x < 0 else x)
    assert "Choose for each" in lesson.check_gradient.verdict(lambda x, a: a if x > 0 else 0 * a)
    assert "by x, not by the slope" in lesson.check_gradient.verdict(lambda x, a: x * a)
    assert "yours is 1 there" in lesson.check_gradient.verdict(lambda x, a: torch.where(x >= 0, a, 0.0))
    assert "slope alone" in lesson.check_gradient.verdict(lambda x, a: torch.where(x > 0, 1.0, 0.0))
    assert "wrong order" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w1.mm(w2), w2 @ b1 + b2))
    assert "wrong order" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w1 @ w2, w1 @ b1 + b2))
    assert "wrong order" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w2.T @ w1.T, w2 @ b1 + b2))
    assert "first layer" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w2 @ w1, w1 @ b1 + b2))
    assert "the table first" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w2 @ w1, b1 @ w2 + b2))
    assert "added up" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: w2 @ w1 + w2 @ b1 + b2)
    assert "example" in lesson.check_collapse.verdict(lambda *_: ([[5, 3], [-3, 1]], [2, 5]))
    assert "as it is" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w2 @ w1, b2 + b1))


@pytest.mark.parametrize("top", [0.25, 1, 3, 6, 8, 10, 255])
def test_a_relu_with_an_upper_end_is_not_right(top):
    for answer in (lambda x: x.clamp(0, top), lambda x: F.hardtanh(x, 0.0, float(top))):
        assert lesson.check_relu.verdict(answer) == "[not yet] Large numbers are cut off. ReLU has no upper end."


@pytest.mark.parametrize("corner", [0.02, 0.25, 0.4, 0.5, 1, 8])
def test_a_corner_right_of_0_is_not_right(corner):
    says = lesson.check_relu.verdict(lambda x: torch.where(x >= corner, x, 0.0))
    assert says.startswith("[not yet] Small numbers above 0 are lost.")
    says = lesson.check_gradient.verdict(lambda x, arriving: arriving * (x > corner))
    assert says.startswith("[not yet] Where x is small, but above 0, nothing passes.")


def test_biases_multiplied_number_by_number_are_named():
    verdict = lesson.check_collapse.verdict
    assert "bias1 is multiplied by weight2 number by number" in verdict(lambda w1, b1, w2, b2: (w2 @ w1, w2 * b1 + b2))
    assert "The biases are multiplied" in verdict(lambda w1, b1, w2, b2: (w2 @ w1, b1 * b2))


def without_the_line(verdict):
    """The line that a verdict quotes may hold the words that are looked for."""
    return re.sub(r" in the line `.*`:", ":", verdict)


def by_two_loops(x):
    out = x.clone()
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if x[i, j] < 0:
                out[i, j] = 0
    return out


def gradient_by_one_loop(x, arriving):
    out = arriving.clone()
    for i in range(len(x)):
        if x[i] <= 0:
            out[i] = 0
    return out


x = torch.zeros(801)  # what the page has left when a learner comes to the exercises


def by_backward(x, arriving):
    x = x.clone().requires_grad_()
    torch.relu(x).backward(arriving)
    return x.grad


def by_autograd(x, arriving):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(torch.relu(x), x, arriving)[0]


def ask_for_grad(x, arriving):
    (x * arriving).sum()
    return x.grad


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (by_two_loops, "right for two axes, but x may have one or four"),
        (lambda x: torch.tensor([max(v, 0) for v in x.tolist()]), "right for one axis, but x may have two or four"),
        (lambda x: torch.tensor([max(v.item(), 0) for v in x]), "right for one axis, but x may have two or four"),
        (lambda x: torch.maximum(x, 0), "torch.maximum compares two tensors"),
        (lambda x: x * x > 0, "write x * (x > 0)"),
        (lambda x: F.leaky_relu(x, 0.1), "that is called leaky ReLU"),
        (lambda x: torch.where(x > 0, x, 0.2 * x), "that is called leaky ReLU"),
        (F.relu, "relu is ready-made"),
        (lambda x: torch.relu(x), "relu is ready-made"),
        (lambda x: torch.nn.ReLU()(x), "ReLU is ready-made"),
        (lambda x: F.threshold(x, 0, 0), "threshold is ready-made"),
        (lambda x: torch.nn.Threshold(0, 0)(x), "Threshold is ready-made"),
        (lambda x: torch.max(x, 0), "torch.maximum(x, torch.zeros_like(x)) compares each"),
        (lambda x: torch.where(x < 0, 0, 1), "Those are ones and zeros"),
        (lambda x: torch.where(x > 0, x, 0).long(), "The decimals are lost"),
        (lambda x: x.int().clamp(min=0), "The decimals are lost"),
        (lambda x: x.clamp(min=0).round(), "The decimals are lost"),
    ],
)
def test_what_learners_write_for_relu(answer, said):
    assert said in without_the_line(lesson.check_relu.verdict(answer))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, arriving: torch.where(x > 0, arriving, x), "you hand back x itself"),
        (lambda x, arriving: torch.where(arriving > 0, x, 0), "have changed places"),
        (lambda x, arriving: torch.where(x > 0, arriving, -arriving), "the slope is 0, not -1"),
        (lambda x, arriving: torch.where(x > 0, x + arriving, 0), "x is added to what arrives"),
        (lambda x, arriving: torch.where(x > 0, arriving, 0.01 * arriving), "slope of leaky ReLU"),
        (lambda x, arriving: arriving * torch.where(x > 0, 1.0, 0.1), "slope of leaky ReLU"),
        (lambda x, arriving: torch.where(x > 0, arriving.abs(), 0), "loses its sign"),
        (lambda x, arriving: (x * arriving).clamp(min=0), "x only decides"),
        (lambda x, arriving: arriving[x > 0], "What does not pass is thrown away"),
        (lambda x, arriving: F.relu(x) / x * arriving, "right where x is not 0. At 0 it divides 0 by 0"),
        (lambda x, arriving: arriving * F.relu(x) / x, "right where x is not 0. At 0 it divides 0 by 0"),
        (lambda x, arriving: arriving * x.log(), "nan is no number: 0 was divided by 0, or a root or a logarithm"),
        (lambda x, arriving: arriving * x > 0, "write arriving * (x > 0)"),
        (gradient_by_one_loop, "right for one axis, but x may have two or four"),
        (lambda x, arriving: (x > 0) & arriving, "& joins True and False"),
        (lambda x, arriving: x > 0 * arriving, "multiplies before it compares"),
        (lambda x, arriving: relu_gradient(x) * arriving, "relu_gradient is ready-made"),
        (by_backward, "backward is ready-made"),
        (by_autograd, "grad is ready-made"),
        (ask_for_grad, "my_relu_gradient returns None"),
    ],
)
def test_what_learners_write_for_the_gradient(answer, said):
    assert said in without_the_line(lesson.check_gradient.verdict(answer))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda w1, b1, w2, b2: (w2 @ w1, (w2 @ w1) @ b1 + b2), "a must have as many columns as b has rows"),
        (lambda w1, b1, w2, b2: (w2 @ w1.T, w2 @ b1 + b2), "weight1 is transposed"),
        (lambda w1, b1, w2, b2: (w2.T @ w1, w2 @ b1 + b2), "weight2 is transposed"),
        (lambda w1, b1, w2, b2: (w2 @ w1, w2.T @ b1 + b2), "the table first and without .T"),
        (lambda w1, b1, w2, b2: w2 @ (w1 @ x + b1) + b2, "collapse reads x, which it is not given"),
        (lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1 - b2), "bias2 is taken away"),
        (lambda w1, b1, w2, b2: (w2 @ w1, (w2 @ b1 + b2)[:, None]), "The bias has one axis"),
        (lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1[:, None] + b2), "The bias has one axis"),
        (lambda w1, b1, w2, b2: (w2 @ w1 + b2, w2 @ b1), "bias2 is added to the weight"),
        (lambda w1, b1, w2, b2: w2 @ w1 @ torch.ones(w1.shape[1]) + b2, "the number of results is 1, expected 2"),
        (lambda w1, b1, w2, b2: (w2 @ F.relu(w1), w2 @ b1 + b2), "Result 1 of collapse(weight1=a tensor (3, 3)"),
    ],
)
def test_what_learners_write_for_one_layer_of_two(answer, said):
    assert said in without_the_line(lesson.check_collapse.verdict(answer))
