"""What an answer is, beside what was expected: whether they agree, and in few words how they differ."""

from __future__ import annotations

import torch

from course_lib.texts import tr


def same(given: object, expected: object, tolerance: float = 1e-5) -> bool:
    """Whether two answers agree: numbers of one shape within the tolerance, the same words, lists of either.

    An exception agrees with any other exception.

    Example:

    >>> same(torch.tensor([1.0, 2.0]), [1, 2]), same(torch.ones(1, 2), torch.ones(2)), same(" red", "red")
    (True, False, True)
    """
    if isinstance(given, Exception) or isinstance(expected, Exception):
        return isinstance(given, Exception) and isinstance(expected, Exception)
    try:
        if isinstance(given, str) or isinstance(expected, str):
            return isinstance(given, str) and isinstance(expected, str) and given.strip() == expected.strip()
        if isinstance(expected, (list, tuple)) and any(isinstance(item, (str, torch.Tensor)) for item in expected):
            return len(given) == len(expected) and all(map(same, given, expected))
        kind = torch.complex128 if _complex(given) or _complex(expected) else torch.float64
        given, expected = (torch.as_tensor(value, dtype=kind) for value in (given, expected))
        return given.shape == expected.shape and torch.allclose(given, expected, rtol=tolerance, atol=tolerance)
    except (TypeError, ValueError, RuntimeError):
        return False


def short(value: object, at_most: int = 4) -> str:
    """What came, in few words and six digits: of a tensor with more than `at_most` numbers, the shape alone.

    Example:

    >>> short(torch.tensor([0.5, 2.0])), short(torch.tensor(True)), short(torch.ones(3, 3)), short(1 / 3)
    ('[0.5, 2]', 'True', 'a tensor (3, 3)', '0.333333')
    >>> short([0.1 + 0.2, 3])
    '[0.3, 3]'
    """
    if isinstance(value, torch.Tensor):
        shape = tr("a tensor {shape}").format(shape=tuple(value.shape))
        return shape if value.numel() > at_most else _numbers(value.tolist())
    text = repr(_six_digits(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _six_digits(value: object) -> object:
    """A number, or the numbers of a list, without the digits that only rounding made."""
    if isinstance(value, list):
        return [_six_digits(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _numbers(value: bool | float | list) -> str:
    """A tensor's numbers with at most six digits each; yes and no as True and False."""
    if isinstance(value, list):
        return f"[{', '.join(map(_numbers, value))}]"
    return str(value) if isinstance(value, bool) else f"{value:.6g}"


def slip(given: object, expected: object) -> str:
    """What is wrong with an answer whose numbers are nearly the expected ones, or "".

    It knows numbers in another shape, rows and columns exchanged, the other sign, parts that were not added up, nan,
    complex numbers, and numbers in quotes.

    Example:

    >>> slip(torch.ones(1, 2, 3), torch.ones(2, 3))
    'The numbers are right, but their shape is (1, 2, 3): it must be (2, 3).'
    >>> slip([2, 3], 5)
    'Those are the parts. Add them up: one number is asked for.'
    >>> slip([5], 5)
    'The number is right, but it stands in brackets: leave them out.'
    """
    if _in_quotes(given) and not _has_words(expected):
        return tr("Write numbers without quotes: in quotes they are text.")
    if _complex(given) and not _complex(expected):
        return tr("The result is complex: a root got a number below 0.")
    yes_or_no, listed = isinstance(expected, bool), isinstance(given, (list, tuple))
    try:
        given, expected = (torch.as_tensor(value, dtype=torch.float64) for value in (given, expected))
    except (TypeError, ValueError, RuntimeError):
        return ""
    if given.isnan().any() and not expected.isnan().any():
        return tr("nan is no number: 0 was divided by 0, or a root or a logarithm got a number below 0.")
    if given.ndim == expected.ndim == 2 and same(given.T, expected):
        return tr("The numbers are right, but rows and columns are exchanged.")
    if given.shape == expected.shape:
        turned = expected.any() and same(-given, expected)
        return tr("The numbers are right, but with the other sign.") if turned else ""
    if expected.numel() == 1 and given.numel() > 1 and not yes_or_no:
        parts = same(given.sum(), expected.sum())
        return tr("Those are the parts. Add them up: one number is asked for.") if parts else ""
    if given.numel() == expected.numel() and same(given.flatten(), expected.flatten()):
        if listed and not expected.ndim and not yes_or_no:
            return tr("The number is right, but it stands in brackets: leave them out.")
        says = tr("The numbers are right, but their shape is {got}: it must be {expected}.")
        return says.format(got=tuple(given.shape), expected=tuple(expected.shape))
    return ""


def _complex(value: object) -> bool:
    """Whether it is a complex number, or a tensor of them: what ** 0.5 makes of a Python number below 0."""
    return isinstance(value, complex) or (isinstance(value, torch.Tensor) and value.is_complex())


def _in_quotes(value: object) -> bool:
    """Whether numbers stand there as text, alone or in a list."""
    words = [value] if isinstance(value, str) else value if isinstance(value, (list, tuple)) else []
    words = [word for word in words if isinstance(word, str)]
    try:
        return bool(words) and all(float(part) == float(part) for word in words for part in word.split(","))
    except ValueError:
        return False


def _has_words(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, (list, tuple)) and any(map(_has_words, value)))


def differs(call: str, given: object, expected: object) -> str:
    """What a call gives, and what was expected.

    Example:

    >>> differs("double(3)", 7.0, 6.0)
    'double(3) gives 7.0, expected 6.0.'
    """
    several = isinstance(expected, (list, tuple)) and any(isinstance(item, torch.Tensor) for item in expected)
    if several and isinstance(given, (list, tuple)) and len(given) == len(expected):
        index = next((i for i, pair in enumerate(zip(given, expected, strict=True)) if not same(*pair)), 0)
        one = tr("Result {number} of {call}").format(number=index + 1, call=call)
        return differs(one, given[index], expected[index])
    if several or (isinstance(expected, torch.Tensor) and isinstance(given, (list, tuple)) and _holds_tensors(given)):
        wanted = len(expected) if several else 1
        count = len(given) if isinstance(given, (list, tuple)) else 1
        if count != wanted:
            says = tr("{call}: the number of results is {count}, expected {wanted}.")
            return says.format(call=call, count=count, wanted=wanted)
    if isinstance(given, torch.Tensor) and isinstance(expected, torch.Tensor):
        if given.shape != expected.shape:
            shapes = {"got": tuple(given.shape), "expected": tuple(expected.shape)}
            says = tr("{call} gives shape {got}, expected {expected}.").format(call=call, **shapes)
        elif expected.numel() > 4:
            wide = given if given.is_complex() else given.double()
            gap = f"{(wide - expected.double()).abs().max():.3g}"
            says = tr("{call} gives other numbers than expected: the largest difference is {gap}.")
            says = says.format(call=call, gap=gap)
        else:
            says = _gives(call, given, expected)
    else:
        says = _gives(call, given, expected)
    return " ".join(filter(None, [says, slip(given, expected)]))


def _gives(call: str, given: object, expected: object) -> str:
    return tr("{call} gives {got}, expected {expected}.").format(call=call, got=short(given), expected=short(expected))


def _holds_tensors(value: list | tuple) -> bool:
    return any(isinstance(item, torch.Tensor) for item in value)
