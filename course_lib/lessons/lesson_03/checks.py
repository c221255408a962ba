"""Lesson 03, ReLU: the checks of exercises 1 and 3; that of exercise 2 is in `collapse_check`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.exercises.differences import same
from course_lib.layers import relu, relu_gradient
from course_lib.texts import tr


def _cases() -> list[tuple]:
    """Numbers with zeros among them, small ones and large ones, and what arrives after them: both signs everywhere."""
    generator = torch.Generator().manual_seed(3)
    x = torch.tensor([-2.0, 0.0, 3.0, -1.0, 0.0, 0.5, 0.01, -0.01, 1000.0, -20.0])
    cases = [(x, torch.tensor([1.0, 2.0, -4.0, -3.0, -1.0, 0.25, -1.5, 2.5, 0.75, -0.5]))]
    for shape in ((4, 5), (2, 3, 4, 4)):
        x = torch.randint(-3, 4, shape, generator=generator) / 2
        cases.append((x, torch.randn(shape, generator=generator)))
    return cases


_YES_OR_NO = "Boolean value of Tensor"  # where an answer wants one yes or no for a whole tensor, PyTorch refuses

_EACH = "x holds many numbers, some above 0 and some below. Choose for each of them, as torch.where does."

_LEAKY = "Below 0 a little still passes: that is the slope of leaky ReLU. ReLU's slope is 0 there."

_WHOLE = "The decimals are lost. Above 0 ReLU leaves every number as it is, 0.5 too."

_ONES = "Those are ones and zeros, the slope. ReLU gives the number itself where it is above 0."


_ONE_AXIS_ONLY = (
    "That is right for one axis, but x may have two or four. Choose for all its numbers at once, with torch.where."
)

_TWO_AXES_ONLY = (
    "That is right for two axes, but x may have one or four. Choose for all its numbers at once, with torch.where."
)


def _one_loop(x: Tensor) -> Tensor:
    """ReLU by one loop, for one axis."""
    return torch.tensor([max(value, 0.0) for value in x.tolist()])


def _two_loops(x: Tensor) -> Tensor:
    """ReLU by two loops, for two axes."""
    out = x.clone()
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if x[i, j] < 0:
                out[i, j] = 0
    return out


def _right_for(shape: tuple[int, ...], right: Callable, *arguments: Tensor) -> Callable[[Callable], bool]:
    """Whether an answer is right for arguments of this shape, whatever it does to others."""
    arguments = tuple(value.reshape(shape) for value in arguments)

    def fits(answer: Callable) -> bool:
        try:
            return same(answer(*(value.clone() for value in arguments)), right(*arguments))
        except Exception:
            return False

    return fits


def _cuts_off_large(answer: Callable) -> bool:
    """Whether an answer is ReLU up to some number, and that number from there on."""
    try:
        top = float(answer(torch.tensor([1e6]))[0])
        return 0 < top < 1e6 and all(torch.equal(answer(x.clone()), x.clamp(0, top)) for x, _ in _cases())
    except Exception:
        return False


def _passes_from(answer: Callable, *arriving: Tensor) -> bool:
    """Whether an answer is right for all numbers but the small ones above 0, where it gives 0."""
    right = _slope_times_arriving if arriving else relu
    x = torch.tensor([-1.0, 0.0, 0.01, 1e6])
    try:
        given, expected = answer(x.clone(), *arriving), right(x, *arriving)
        return given[2] == 0 and torch.equal(given[[0, 1, 3]], expected[[0, 1, 3]])
    except Exception:
        return False


_FOUR = torch.tensor([2.0, -3.0, 5.0, -7.0])  # what arrives at the four numbers of _passes_from


def _slope_times_arriving(x: Tensor, arriving: Tensor) -> Tensor:
    return arriving * relu_gradient(x)


def _nan_at_0(answer: Callable) -> bool:
    """Whether an answer is right for all numbers but 0, where it gives nan."""
    x, arriving = _cases()[0]
    try:
        given, zero = answer(x.clone(), arriving.clone()), x == 0
        return bool(given[zero].isnan().all()) and same(given[~zero], _slope_times_arriving(x, arriving)[~zero])
    except Exception:
        return False


check_relu = FunctionCheck(
    "my_relu",
    relu,
    [(x,) for x, _ in _cases()],
    [
        Mistake("That keeps what is below 0. ReLU keeps what is above 0, and writes 0 for the rest.", lambda x: x.clamp(max=0)),
        Mistake("The sign is turned: below 0 the result is 0, above 0 it is x.", lambda x: relu(-x)),
        Mistake("That is the absolute value: a number below 0 becomes 0, not its opposite.", torch.abs),
        Mistake(_ONES, lambda x: (x > 0).float()),
        Mistake(_ONES, lambda x: (x >= 0).float()),
        Mistake("Large numbers are cut off. ReLU has no upper end.", lambda x: x.clamp(0, 1), _cuts_off_large),
        Mistake(_WHOLE, lambda x: relu(x).trunc()),
        Mistake(_WHOLE, lambda x: relu(x).round()),
        Mistake("Small numbers above 0 are lost. The corner is at 0: from there on, every number stays.", lambda x: torch.where(x >= 0.5, x, 0.0), _passes_from),
        *(Mistake("Numbers below 0 are made small, not 0; that is called leaky ReLU.", lambda x, slope=slope: torch.where(x > 0, x, slope * x)) for slope in (0.01, 0.1, 0.2)),
        Mistake("That is 1 wherever x is not 0. Did you write x * x > 0? Python multiplies first: write x * (x > 0).", lambda x: x * x > 0),
        Mistake("The numbers below 0 are thrown away. They become 0: the result has as many numbers as x.", lambda x: x[x > 0]),
        Mistake("That is one number, the largest. ReLU compares each number alone with 0.", lambda x: x.max().clamp(min=0)),
        Mistake("Nothing has changed: numbers below 0 become 0.", lambda x: x),
        Mistake("torch.max(x, 0) looks for the largest along axis 0. torch.maximum(x, torch.zeros_like(x)) compares each number with 0, and so does torch.where.", lambda x: torch.max(x, 0)),
        Mistake("torch.maximum compares two tensors: write torch.zeros_like(x) in place of 0.", lambda x: torch.maximum(x, 0), stops=r"maximum\(\): argument 'other' .* must be Tensor"),
        Mistake(_ONE_AXIS_ONLY, _one_loop, _right_for((10,), relu, _cases()[0][0])),
        Mistake(_TWO_AXES_ONLY, _two_loops, _right_for((2, 5), relu, _cases()[0][0])),
        Mistake(_EACH, lambda x: max(x, 0), stops=_YES_OR_NO),
    ],
    ready=("relu", "relu_", "ReLU", "threshold", "Threshold"),
)  # fmt: skip

check_gradient = FunctionCheck(
    "my_relu_gradient",
    _slope_times_arriving,
    _cases(),
    [
        Mistake("At 0 the slope is taken as 0, as PyTorch does; yours is 1 there.", lambda x, arriving: arriving * (x >= 0)),
        Mistake("At 0 the slope is taken as 0, as PyTorch does; yours is one half there.", lambda x, arriving: arriving * torch.heaviside(x, torch.tensor(0.5))),
        Mistake("Where x is small, but above 0, nothing passes. The corner is at 0: just right of it the slope is 1.", lambda x, arriving: arriving * (x > 0.4), lambda answer: _passes_from(answer, _FOUR)),
        *(Mistake(_LEAKY, lambda x, arriving, slope=slope: torch.where(x > 0, arriving, slope * arriving)) for slope in (0.01, 0.1, 0.2)),
        Mistake("That is right where x is not 0. At 0 it divides 0 by 0, which gives nan. Don't divide: let x > 0 decide.", lambda x, arriving: arriving * relu(x) / x, _nan_at_0),
        Mistake("That is 1 where arriving * x is above 0. Did you write arriving * x > 0? Python multiplies first: write arriving * (x > 0).", lambda x, arriving: arriving * x > 0),
        Mistake(_ONE_AXIS_ONLY, lambda x, arriving: torch.tensor([a if value > 0 else 0.0 for value, a in zip(x.tolist(), arriving.tolist(), strict=True)]), _right_for((10,), _slope_times_arriving, *_cases()[0])),
        Mistake("The wrong side: the slope is 1 where x is above 0.", lambda x, arriving: arriving * (x < 0)),
        Mistake("The wrong side: the slope is 1 where x is above 0, and 0 at 0 and below.", lambda x, arriving: arriving * (x <= 0)),
        Mistake("That is the slope alone. Multiply it by what arrives. (If you wrote x > 0 * arriving: Python multiplies before it compares.)", lambda x, arriving: (x > 0).float()),
        Mistake("That looks at the sign of what arrives. What counts is the sign of x.", lambda x, arriving: relu(arriving)),
        Mistake("What arrives may have either sign: only x decides what passes.", lambda x, arriving: relu(arriving) * (x > 0)),
        Mistake("What arrives loses its sign. Where x is above 0, it passes unchanged, with its sign.", lambda x, arriving: torch.where(x > 0, arriving.abs(), 0.0)),
        Mistake("That multiplies by x, and keeps what is above 0. x only decides: where it is above 0, what arrives passes unchanged.", lambda x, arriving: relu(x * arriving)),
        Mistake("What does not pass is thrown away. It becomes 0: the result has as many numbers as x.", lambda x, arriving: arriving[x > 0]),
        Mistake("Below 0 the slope is 0, not -1: that would be the absolute value.", lambda x, arriving: arriving * x.sign()),
        Mistake("That multiplies by the result. The slope above 0 is 1, however large x is.", lambda x, arriving: arriving * relu(x)),
        Mistake("Below 0 the slope is 0, not -1: that would be the absolute value.", lambda x, arriving: torch.where(x > 0, arriving, -arriving)),
        Mistake("Where x is 0 or below, you hand back x itself. Nothing passes there: hand back 0.", lambda x, arriving: torch.where(x > 0, arriving, x)),
        Mistake("x and arriving have changed places: x decides, and what arrives passes.", lambda x, arriving: torch.where(arriving > 0, x, 0.0)),
        Mistake("x is added to what arrives. Above 0 the slope is 1, and what arrives passes unchanged.", lambda x, arriving: torch.where(x > 0, x + arriving, 0.0)),
        Mistake("Everything passes. Where x is 0 or below, nothing does.", lambda x, arriving: arriving),
        Mistake("The sign is turned. The slope above 0 is +1; going downhill is a matter for the training, later.", lambda x, arriving: -arriving * (x > 0)),
        Mistake("That multiplies by x, not by the slope. The slope is 1 or 0.", lambda x, arriving: arriving * x),
        Mistake(_EACH, lambda x, arriving: arriving if x > 0 else 0, stops=_YES_OR_NO),
        Mistake("That is ReLU itself. Here its slope is asked for, times what arrives.", lambda x, arriving: relu(x)),
    ],
    ready=("relu_gradient", "backward", "grad"),
)  # fmt: skip


def _first_wrong_slope(answer: object) -> str:
    """After which kink the slope of a tent is not the right one."""
    try:
        factors = [float(factor) for factor in answer]
    except (TypeError, ValueError):
        factors = []
    if len(factors) != 3:
        return tr("It is three numbers, [a, b, c].")
    for count, (kink, right) in enumerate(((0, 2), (1, -1), (3, 0)), start=1):
        slope = sum(factors[:count])
        if abs(slope - right) > 1e-6:
            says = tr("After x = {x} the slope is {slope}, and must be {right}: add up the numbers so far.")
            return says.format(x=kink, slope=f"{slope:.6g}", right=right)
    return ""


check_tent = ValueCheck(
    "your tent",
    [2, -3, 1],
    [
        Mistake("Those are the slopes of the pieces. Each number is the *change* of the slope at its kink.", [2, -1, 0]),
        Mistake("After x = 1 the slope is 2 - 2 = 0: it stays up. It must become -1.", [2, -2, 0]),
        Mistake("The way down is right, but it goes on below 0: at x = 3 the slope must become 0 again.", [2, -3, 0]),
        Mistake("It comes down with a slope of -2, so it is at 0 at x = 2 already, and not at x = 3.", [2, -4, 2]),
        Mistake("The last kink is too strong: after x = 3 the slope must be 0, and 2 - 3 + 1 is 0.", [2, -3, 3]),
        Mistake("The sign of the second number: the slope must fall there, from 2 to -1.", [2, 3, 1]),
        Mistake("The sign of the last number: the slope must rise there, from -1 to 0.", [2, -3, -1]),
        Mistake("That is the hat of the text. This tent rises to 2, and its way down is twice as long as its way up.", [1, -2, 1]),
        Mistake("The right shape, but it reaches 1 only.", [1, -1.5, 0.5]),
        Mistake("The right shape, but it is twice as high: it reaches 4.", [4, -6, 2]),
        Mistake("The tent hangs upside down: at x = 1 it is at -2. Turn all three signs.", [-2, 3, -1]),
        Mistake("Those are the heights at the kinks. Each number is the change of the *slope* there.", [0, 2, 0]),
    ],
    hint=_first_wrong_slope,
)  # fmt: skip
