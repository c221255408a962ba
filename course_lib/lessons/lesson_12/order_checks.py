"""Lesson 12, what a sampler is: the checks of the exercise that measures an order."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck


def _order(calls: float, error: float, more_calls: float, smaller_error: float) -> float:
    return math.log(error / smaller_error) / math.log(more_calls / calls)


_RUNS = [(16, 0.08, 32, 0.02), (10, 0.3, 40, 0.075), (12, 0.2, 36, 0.02), (20, 0.05, 30, 0.06)]


def _rounds(answer: Callable) -> bool:
    """Whether every answer is the right order, rounded to the same number of digits."""
    try:
        given = [answer(*run) for run in _RUNS]
        return any(given == [round(_order(*run), digits) for run in _RUNS] for digits in range(5))
    except Exception:  # an answer that is nothing of the kind
        return False


check_order = FunctionCheck(
    "order_of",
    _order,
    _RUNS,
    [
        Mistake(
            "The sign: where the error falls, the order is above 0. Divide the larger error by the smaller one.",
            lambda calls, error, more, smaller: -_order(calls, error, more, smaller),
        ),
        Mistake(
            "That is how many times smaller the error gets. An order says which *power* of the calls that is: take logarithms.",
            lambda calls, error, more, smaller: error / smaller,
        ),
        Mistake(
            "log2 of the errors' ratio is the order where the calls are doubled. Here they may grow by any factor: divide by its logarithm.",
            lambda calls, error, more, smaller: math.log2(error / smaller),
        ),
        Mistake(
            "The logarithm of the errors' ratio alone is not an order: divide it by the logarithm of the calls' ratio.",
            lambda calls, error, more, smaller: math.log(error / smaller),
        ),
        Mistake(
            "You divided the two ratios. Divide their logarithms.",
            lambda calls, error, more, smaller: (error / smaller) / (more / calls),
        ),
        Mistake(
            "The ratios have changed places: how much the errors fell stands above, how much the calls grew below.",
            lambda calls, error, more, smaller: 1 / _order(calls, error, more, smaller),
        ),
        Mistake(
            "You divided one logarithm by the other, error by error. Take the logarithm of a ratio: log(error / smaller_error).",
            lambda calls, error, more, smaller: math.log(error) / math.log(smaller),
        ),
        Mistake(
            "The calls' ratio needs its logarithm, too: divide by log(more_calls / calls).",
            lambda calls, error, more, smaller: math.log(error / smaller) / (more / calls),
        ),
        Mistake(
            "You took one logarithm of everything. Take two, of the errors' ratio and of the calls' ratio, and divide.",
            lambda calls, error, more, smaller: math.log((error / smaller) / (more / calls)),
        ),
        Mistake(
            "The calls' ratio, too: divide by log(more_calls / calls). Yours takes the logarithm of their difference.",
            lambda calls, error, more, smaller: math.log(error / smaller) / math.log(more - calls),
        ),
        Mistake(
            "That is a root of the errors' ratio. Take its logarithm, and divide it by log(more_calls / calls).",
            lambda calls, error, more, smaller: math.sqrt(error / smaller),
        ),
        Mistake(
            "Brackets: log(a) - log(b) / log(c) divides before it subtracts. Put each difference into brackets.",
            lambda calls, error, more, smaller: math.log(error) - math.log(smaller) / math.log(more) - math.log(calls),
        ),
        Mistake(
            "The sign, and the ratios have changed places: the errors stand above, the larger one divided by the smaller.",
            lambda calls, error, more, smaller: -1 / _order(calls, error, more, smaller),
        ),
        Mistake(
            "You round. A measured order is rarely a whole number: give it as it comes out.",
            lambda calls, error, more, smaller: round(_order(calls, error, more, smaller)),
            when=_rounds,
        ),
        Mistake(
            "An error may grow with the calls. Then the order is below 0: give it with its sign, without abs and without sorting the errors.",
            lambda calls, error, more, smaller: abs(_order(calls, error, more, smaller)),
        ),
        Mistake(
            "The errors and the calls are plain numbers, and torch.log takes tensors only. Use math.log.",
            lambda calls, error, more, smaller: torch.log(error / smaller),
            stops="must be Tensor, not",
        ),
        Mistake(
            "`log` alone is no name that Python knows here. Write math.log.",
            lambda calls, error, more, smaller: log(error / smaller),  # noqa: F821
            stops="name 'log' is not defined",
        ),
        Mistake(
            "A logarithm needs a number above 0, and a difference of errors may lie below. Take the ratio: log(error / smaller_error).",
            lambda calls, error, more, smaller: math.log(error - smaller) / math.log(more / calls),
            stops="math domain error|expected a positive input",
        ),
        Mistake(
            "Differences depend on the unit. An order needs ratios: error / smaller_error and more_calls / calls.",
            lambda calls, error, more, smaller: (error - smaller) / (more - calls),
        ),
    ],
)

check_odd = ValueCheck(
    "your sampler",
    "heunpp2",
    [
        Mistake("Heun is of second order: between 16 and 32 steps you measure 2.1.", "heun"),
        Mistake("Its name in SAMPLERS is heun. But it is of second order: you measure 2.1.", "Heun"),
        Mistake("DPM2 keeps what its name promises: it is of second order.", "dpm_2"),
        Mistake("Write the name in small letters, as SAMPLERS does: heunpp2.", "HeunPP2"),
        Mistake("Write the name as SAMPLERS has it, in small letters: heunpp2.", "Heunpp2"),
        Mistake("The name in SAMPLERS has no capitals: write heunpp2.", "HEUNPP2"),
        Mistake("The name in SAMPLERS has no underscore: write heunpp2.", "heunpp_2"),
        Mistake("The name in SAMPLERS is dpm_2. But it keeps what its name promises: it is of second order.", "dpm2"),
        Mistake("In SAMPLERS its name is dpm_2. But it keeps what its name promises: it is of second order.", "DPM2"),
        Mistake("Almost: SAMPLERS has it with a 2 at the end, heunpp2.", "heunpp"),
        Mistake("That is an order. The question asks which of the three samplers has it.", 1),
        Mistake("That is the order of two of the three. The question asks for the name of the other one.", 2),
    ],
    hint="It is one of heun, heunpp2 and dpm_2, in quotes: measure all three, and look for the order 1.",
)
