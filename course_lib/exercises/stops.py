"""What to say where a learner's function stops with an error, or returns nothing: the line, and what to look at."""

from __future__ import annotations

import dis
import linecache
import re
import traceback
from collections.abc import Callable

from course_lib.texts import tr


def is_stub(error: Exception, answer: Callable) -> bool:
    """Whether an error only says that nothing is written yet; PyTorch raises NotImplementedError for other reasons.

    >>> is_stub(NotImplementedError(), len), is_stub(NotImplementedError('"bitwise_and" not implemented'), len)
    (True, False)
    """
    written = not str(error) or _line(error, answer).startswith("raise")
    return isinstance(error, NotImplementedError) and written


def stops(name: str, error: Exception, answer: Callable) -> str:
    """The error, the line of the answer that raised it, and what to look at.

    >>> stops("double", NameError("name 'np' is not defined"), len)[:64]
    "double stops with NameError: name 'np' is not defined. This page"
    """
    message = re.split(r"\n|, but expected one of", str(error).strip())[0].rstrip(".:")
    words = {"name": name, "kind": type(error).__name__, "line": _line(error, answer), "error": message}
    says = tr("{name} stops with {kind} in the line `{line}`: {error}.") if words["line"] else ""
    says = (says or tr("{name} stops with {kind}: {error}.")).format(**words)
    return " ".join(filter(None, [says, _look_at(str(error))]))


def _line(error: Exception, answer: Callable) -> str:
    """The answer's own line that raised it, or ""."""
    own = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    line = linecache.getline(frames[-1].filename, frames[-1].lineno).strip() if frames else ""
    return line if len(line) <= 90 else line[:87] + "..."


def _look_at(message: str) -> str:
    advice = (
        (
            "must be tuple of ints, not int",
            tr("Several numbers belong there, in brackets: (1, 1), not 1."),
        ),
        (
            "out of bounds for dimension|index out of range",
            tr("Indices count from 0, so the last one is the size minus 1. Is their order right, and each loop's end?"),
        ),
        (
            r"as an integer|must be tuple of ints|got \([^)]*float(?s:.*)tuple of ints|slice indices must be integers",
            tr("Sizes and positions are whole numbers: // divides and rounds down, / gives decimals."),
        ),
        (
            "shapes cannot be multiplied|size mismatch, got",
            tr("In a @ b, a must have as many columns as b has rows."),
        ),
        (
            "must match the (existing )?size|shape mismatch",
            tr("Two shapes in this line do not fit. Print both before it: which axis is too long, or missing?"),
        ),
        (
            "name '(math|np|numpy)' is not defined",
            tr("This page has not imported that. PyTorch has the same functions, and ** 0.5 is a root."),
        ),
        (
            "name '.*' is not defined",
            tr("Python does not know this name. Has the cell run that makes it?"),
        ),
        (
            "(int|float|Tensor)' object is not callable",
            tr("A number or a tensor with brackets behind it is called like a function. To multiply, write *."),
        ),
        (r"bitwise_xor|for \^:", tr("A power is **, not ^.")),
        ("bitwise", tr("& joins True and False. To multiply, write *.")),
        ("Boolean value of Tensor", tr("That asks for one True or False, and a tensor holds many.")),
        ("NoneType", tr("Something in this line is None, for example what a function without a return gives.")),
    )  # fmt: skip
    return next((says for pattern, says in advice if re.search(pattern, message)), "")


def nothing(name: str, answer: Callable) -> str:
    """What to say to a function that returns None: that it is not written yet, has no return, or returns None.

    Example:

    >>> nothing("double", lambda x: None)
    'double returns nothing yet.'
    """
    try:
        steps = [step for step in dis.get_instructions(answer) if step.opname not in ("RESUME", "NOP")]
    except TypeError:
        steps = []
    if len(steps) <= 2:  # nothing but: return None
        return tr("{name} returns nothing yet.").format(name=name)
    pairs = zip([None, *steps], steps, strict=False)
    empty = [
        _is_none(before if step.opname == "RETURN_VALUE" else step)
        for before, step in pairs
        if step.opname in ("RETURN_VALUE", "RETURN_CONST")
    ]
    if True in empty and False in empty:
        says = tr(
            "{name} returns None in all cases. Is one of its returns ever reached? Each way must end in a return."
        )
        return says.format(name=name)
    if False in empty:
        return tr("{name} returns None. Look at what stands after its return.").format(name=name)
    return tr("{name} computes something, but returns nothing: write return and the result as its last line.").format(
        name=name
    )


def _is_none(step: dis.Instruction | None) -> bool:
    return step is not None and step.opname in ("LOAD_CONST", "RETURN_CONST") and step.argval is None


def names_in(answer: object) -> set[str]:
    """All names that a function's code uses, its inner functions' too, and its own.

    Example:

    >>> import torch
    >>> sorted(names_in(lambda x: torch.relu(x)))
    ['<lambda>', 'relu', 'torch']
    """
    names, codes = {getattr(answer, "__name__", "")}, [getattr(answer, "__code__", None)]
    for code in codes:
        if code is not None:
            names.update(code.co_names)
            codes.extend(constant for constant in code.co_consts if hasattr(constant, "co_names"))
    return names
