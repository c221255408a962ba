"""Lesson 10, latents: exercise 1's check, the peak signal-to-noise ratio."""

from __future__ import annotations

import math

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake

_GENERATOR = torch.Generator().manual_seed(10)
_PAIRS = [
    tuple(torch.rand(3, 4, 4, generator=_GENERATOR, dtype=torch.float64) * size - size / 2 for _ in range(2))
    for size in (2.0, 1.0, 0.3)
]
_PAIRS.append(_PAIRS[-1][::-1])  # the mean difference is below 0 in one of the two, and above in the other


def _mse(back, picture):
    return (back - picture).square().mean().item()


_BRACKETS = "Division goes from left to right. The error needs brackets: 4 / (sum / count)."

_NO_LOGARITHM = (
    "0 and numbers below it have no logarithm. Look at the signs, and at ^: in Python 2^2 is 0, because ^ isn't a "
    "power. Write 2 ** 2."
)


def _sum_below(back, picture):
    return 4 / (back - picture).square().sum().item() / picture.numel()


def _without_import(back, picture):
    raise NameError("name 'math' is not defined")


def _has_no_logarithm(answer, back, picture):
    """Whether an answer stops, or gives nan, for two pictures of one value each: a logarithm got a number below 0."""
    try:
        return math.isnan(float(answer(*(torch.full((3, 2, 2), value) for value in (back, picture)))))
    except ValueError:
        return True
    except Exception:
        return False


def _minus_the_square(answer):
    """Whether it takes back - picture ** 2 as the error: above 0 in the first case only."""
    cases = ((0.9, 0.1), (0.1, 0.9), (-0.25, -0.75))
    return [_has_no_logarithm(answer, *case) for case in cases] == [False, True, True]


def _is_unsquared(answer):
    """Whether a logarithm is there for one order of two pictures only: a square doesn't depend on the order."""
    return _has_no_logarithm(answer, -0.25, -0.75) != _has_no_logarithm(answer, -0.75, -0.25)


check_decibels = FunctionCheck(
    "psnr",
    lambda back, picture: 10 * math.log10(4 / _mse(back, picture)),
    _PAIRS,
    [
        Mistake(
            "You took 1 as the range, or left the range out. From -1 to 1 the range is 2, and its square is 4.",
            lambda back, picture: 10 * math.log10(1 / _mse(back, picture)),
        ),
        Mistake(
            "You put the range itself, 2, above the error. It must be squared, as the error is: 4.",
            lambda back, picture: 10 * math.log10(2 / _mse(back, picture)),
        ),
        Mistake(
            "20 log10 belongs to the root of the mean squared error. With the mean squared error itself it is 10.",
            lambda back, picture: 20 * math.log10(4 / _mse(back, picture)),
        ),
        Mistake(
            "Your error is squared twice. With 20 log10, take its root. With 10 log10, leave it as it is, and write 4 "
            "above it.",
            lambda back, picture: 20 * math.log10(2 / _mse(back, picture)),
        ),
        Mistake(
            "You squared the range once too often. With 10 log10 it is 2 ** 2, which is 4. With 20 log10 and the root "
            "of the error it is 2.",
            lambda back, picture: 20 * math.log10(4 / _mse(back, picture) ** 0.5),
        ),
        Mistake(
            "The error belongs inside the logarithm's brackets.",
            lambda back, picture: 10 * math.log10(4) / _mse(back, picture),
        ),
        Mistake(
            "math.log is the natural logarithm. Decibels need math.log10.",
            lambda back, picture: 10 * math.log(4 / _mse(back, picture)),
        ),
        Mistake(
            "math.log is the natural logarithm: decibels need math.log10. And the range is 2, so write 4 above the error.",
            lambda back, picture: 10 * math.log(1 / _mse(back, picture)),
        ),
        Mistake(
            "The sign: a smaller error must give more decibels. Put the error below.",
            lambda back, picture: 10 * math.log10(_mse(back, picture) / 4),
        ),
        Mistake(
            "The range is missing. Divide its square, 4, by the error.",
            lambda back, picture: 10 * math.log10(_mse(back, picture)),
        ),
        Mistake(
            "You multiplied 4 by the error. Divide 4 by it: a smaller error must give more decibels.",
            lambda back, picture: 10 * math.log10(4 * _mse(back, picture)),
        ),
        Mistake(
            "You took a logarithm for each pixel. Take the mean of the squares first, then one logarithm.",
            lambda back, picture: 10 * torch.log10(4 / (back - picture).square()).mean(),
        ),
        Mistake(
            "You took the mean of the absolute error. Square the differences first.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).abs().mean().item()),
        ),
        Mistake(
            "You took the mean of the absolute error, and the range itself. Square the differences, and the range, "
            "too.",
            lambda back, picture: 10 * math.log10(2 / (back - picture).abs().mean().item()),
        ),
        Mistake(
            "You took the mean of the absolute error. Square the differences, take their mean, and then its root.",
            lambda back, picture: 20 * math.log10(2 / (back - picture).abs().mean().item()),
        ),
        Mistake(
            "The range is that of all pictures, from -1 to 1: it is 2, not what this one picture happens to have.",
            lambda back, picture: 10 * math.log10((picture.max() - picture.min()) ** 2 / _mse(back, picture)),
        ),
        Mistake(
            "In Python ^ isn't a power: write ** 2.",
            lambda back, picture: 10 * math.log10(4 / ((back - picture) ^ 2).mean().item()),
            stops=r"bitwise_xor|for \^",
        ),
        Mistake(
            "You averaged before you squared, so errors cancel. Square first, then take the mean.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).mean().square().item()),
        ),
        Mistake(
            "You added up the squared errors. Take their mean.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).square().sum().item()),
        ),
        Mistake(
            "len counts the first axis only. Take .mean(), or divide by .numel().",
            lambda back, picture: 10 * math.log10(4 / ((back - picture).square().sum().item() / len(back))),
        ),
        Mistake(
            "You took the root of the error, but not of 4. Leave out the root.",
            lambda back, picture: 10 * math.log10(4 / _mse(back, picture) ** 0.5),
        ),
        Mistake(
            "You left the range unsquared and took the root of the error: then the factor is 20. With 4 and without "
            "the root it is 10.",
            lambda back, picture: 10 * math.log10(2 / _mse(back, picture) ** 0.5),
        ),
        Mistake(
            "255 is the range of bytes. These pictures go from -1 to 1, so the range is 2.",
            lambda back, picture: 10 * math.log10(255**2 / _mse(back, picture)),
        ),
        Mistake(
            "math.log2 is another logarithm. Decibels need math.log10.",
            lambda back, picture: 10 * math.log2(4 / _mse(back, picture)),
        ),
        Mistake("That is the mean squared error. Now put it into the formula.", _mse),
        Mistake("The logarithm is missing.", lambda back, picture: 10 * 4 / _mse(back, picture)),
        Mistake(
            "The logarithm is missing, or undone: write 10 *, not 10 **.",
            lambda back, picture: 4 / _mse(back, picture),
        ),
        Mistake(
            "The brackets are missing: first back - picture, then the square of it.",
            lambda back, picture: 10 * math.log10(4 / abs((back - picture**2).mean().item())),
        ),
        Mistake(
            "The brackets are missing: first back - picture, then the square of it.",
            lambda back, picture: 10 * math.log10(4 / (back - picture**2).mean().item()),
            when=_minus_the_square,
        ),
        Mistake(
            "Your error can fall below 0, and then it has no logarithm. Square the differences first, then take the "
            "mean.",
            lambda back, picture: 10 * math.log10(4 / (back - picture).mean().item()),
            when=_is_unsquared,
        ),
        Mistake(
            "The mean is missing: the error must be one number, .mean().item().",
            lambda back, picture: 10 * torch.log10(4 / (back - picture).square()),
        ),
        Mistake(
            "The mean is missing: the error must be one number, .mean().item().",
            lambda back, picture: 10 * math.log10(4 / (back - picture).square()),
            stops="one element|cannot be converted to Scalar",
        ),
        Mistake(
            "A pair of brackets is missing after a name: .mean(), .item().",
            lambda back, picture: 10 * math.log10(4 / (back - picture).square().mean),
            stops="_method'",
        ),
        Mistake(
            "math.log10 gives a plain number already: .item() belongs to the tensor, inside its brackets.",
            lambda back, picture: (10 * math.log10(4 / _mse(back, picture))).item(),
            stops="'float' object has no attribute 'item'",
        ),
        Mistake(
            "Python doesn't know this name: `import math` first, and write math.log10.",
            _without_import,
            stops="name '(math|log10)' is not defined",
        ),
        Mistake(_BRACKETS, lambda back, picture: 10 * math.log10(_sum_below(back, picture))),
        Mistake(_BRACKETS + " The logarithm is missing, too.", _sum_below),
        *(
            Mistake(
                "Don't round: the fraction belongs to it.",
                lambda back, picture, digits=digits: round(10 * math.log10(4 / _mse(back, picture)), digits),
            )
            for digits in range(4)
        ),
        Mistake(
            "int and floor throw the fraction away, and it belongs to the result.",
            lambda back, picture: int(10 * math.log10(4 / _mse(back, picture))),
        ),
        Mistake(
            "Decibels are ten times the logarithm: multiply by 10.",
            lambda back, picture: math.log10(4 / _mse(back, picture)),
        ),
        Mistake(_NO_LOGARITHM, lambda back, picture: -math.inf),
        Mistake(
            _NO_LOGARITHM,
            lambda back, picture: 10 * math.log10(0 / _mse(back, picture)),
            stops="math domain error|expected a positive input",
        ),
    ],
    ready=("decibels",),
)
