"""Lesson 08, forward diffusion: the check of its jump."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from course_lib.diffusion import NoiseTable, q_sample
from course_lib.exercises.checks import FunctionCheck, Mistake

_STABLE_DIFFUSION = NoiseTable.scaled_linear()


def _cases() -> list[tuple]:
    generator = torch.Generator().manual_seed(1)
    return [
        (
            torch.randn(2, 3, 4, 4, generator=generator),
            t,
            _STABLE_DIFFUSION,
            torch.randn(2, 3, 4, 4, generator=generator),
        )
        for t in (400, 1, 998)  # the first is the one that a message shows: there both factors are far from 0 and 1
    ]


def _with(amplitudes):
    """A wrong q_sample whose two factors come from amplitudes(alphas_cumprod, beta)."""

    def wrong(x0, t, table, noise):
        signal, spread = amplitudes(table.alphas_cumprod[t].item(), table.betas[t].item())
        return signal * x0 + spread * noise

    return wrong


def _chain_with_one_noise(last: int):
    """Step after step up to t + last, with the same noise in each."""

    def wrong(x0, t, table, noise):
        signal, spread = 1.0, 0.0
        for beta in table.betas[: t + 1 + last].tolist():
            signal, spread = math.sqrt(1 - beta) * signal, math.sqrt(1 - beta) * spread + math.sqrt(beta)
        return signal * x0 + spread * noise

    return wrong


def _own_noise(x0, t, table, noise):
    return q_sample(x0, t, table, torch.randn(x0.shape, generator=torch.Generator().manual_seed(0)))


def _ignores_the_noise(answer) -> bool:
    """Whether noise a million times as strong leaves the result small."""
    x0, t, table, noise = _cases()[0]
    try:
        return bool(answer(x0, t, table, 1e6 * noise).abs().max() < 1e3)
    except Exception:  # an answer that is nothing of the kind
        return False


def _ignores_the_step(answer) -> bool:
    """Whether an early and a late step give the same."""
    (x0, early, table, noise), (_, late, *_) = _cases()[1:]
    try:
        return bool(torch.equal(answer(x0, early, table, noise), answer(x0, late, table, noise)))
    except Exception:
        return False


def _gives(test) -> Callable[[Callable], bool]:
    """Whether the test holds for what the answer gives in some case."""

    def found(answer) -> bool:
        try:
            return any(test(answer(*case)) for case in _cases())
        except Exception:
            return False

    return found


def _without(name: str) -> Callable:
    """A wrong q_sample that stops because Python knows no such name."""

    def wrong(x0, t, table, noise):
        raise NameError(f"name '{name}' is not defined")

    return wrong


def _from_alpha_bar(result) -> Callable:
    """A wrong q_sample that is result(alpha_bar, x0, noise)."""

    def wrong(x0, t, table, noise):
        return result(table.alphas_cumprod[t].item(), x0, noise)

    return wrong


_HALVED = "** 1/2 is read as (... ** 1) / 2, which halves and takes no root. Write ** 0.5 or ** (1/2)."

_FLOORED = "** 1//2 is read as (... ** 1) // 2, which rounds down to 0. Write ** 0.5 or ** (1/2)."

_BRACKETS = "Brackets are missing: Python takes powers and products before it subtracts. The noise's factor is (1 - alphas_cumprod[t]) ** 0.5, with the brackets."

_CHAINED = "You go step by step with the same noise each time: then the noises add up as amplitudes. One jump needs one factor."

check_jump = FunctionCheck(
    "jump",
    q_sample,
    _cases(),
    [
        Mistake("alphas_cumprod holds the numbers of all 1000 steps: take the one of step t, alphas_cumprod[t].", lambda x0, t, table, noise: table.alphas_cumprod * x0, stops=r"tensor [ab] \(1000\)"),
        Mistake("You took `picture` from the page. Here the picture comes in as x0.", lambda x0, t, table, noise: torch.zeros(1, 3, 64, 64) + noise, stops=r"tensor [ab] \(64\)"),
        Mistake("Python has no sqrt of its own: write ** 0.5.", _without("sqrt"), stops="name 'sqrt' is not defined"),
        Mistake("alphas_cumprod belongs to the table: table.alphas_cumprod[t].", _without("alphas_cumprod"), stops="name 'alphas_cumprod' is not defined"),
        Mistake("The noise comes in as `noise`.", _without("eps"), stops="name '(eps|epsilon|ε)' is not defined"),
        Mistake("The clean picture comes in as `x0`. (The page's `x` has two numbers.)", lambda x0, t, table, noise: torch.ones(2) * noise, stops=r"name 'x' is not defined|tensor [ab] \(2\)"),
        Mistake("The table holds more than one list. Alpha-bar is table.alphas_cumprod[t].", lambda x0, t, table, noise: table[t] * x0, stops="'NoiseTable' object is not subscriptable"),
        Mistake("What your function calls `table` is not the table. The arguments come in this order: x0, t, table, noise.", lambda x0, table, t, noise: table.alphas_cumprod[t] * x0, stops="'(int|Tensor)' object has no attribute 'alphas_cumprod'"),
        Mistake("The table has no such name. Alpha-bar is table.alphas_cumprod[t].", lambda x0, t, table, noise: table.alpha_bar[t] * x0, stops="'NoiseTable' object has no attribute"),
        Mistake("torch.sqrt takes a tensor, and got a number: write ** 0.5.", lambda x0, t, table, noise: torch.sqrt(1.0) * x0, stops=r"sqrt\(\): argument"),
        Mistake("alphas_cumprod is a tensor and no function: write square brackets, alphas_cumprod[t].", lambda x0, t, table, noise: table.alphas_cumprod(t) * x0, stops="'Tensor' object is not callable"),
        Mistake("You return two parts. Add them: the sum is x at step t.", lambda x0, t, table, noise: (x0, noise), when=_gives(lambda given: isinstance(given, (tuple, list)))),
        Mistake(
            "NaN came out: a number below 0 was under a root. Only alphas_cumprod[t] and 1 - alphas_cumprod[t] belong there; the noise is multiplied afterwards.",
            _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), math.nan)),
            when=_gives(lambda given: bool(given.isnan().any())),
        ),
        Mistake(_FLOORED, _with(lambda alpha_bar, beta: (0, 0))),
        Mistake("t plays no part in what you return: take alphas_cumprod[t].", lambda x0, t, table, noise: q_sample(x0, 250, table, noise), when=_ignores_the_step),
        Mistake(_HALVED, _with(lambda alpha_bar, beta: (alpha_bar / 2, (1 - alpha_bar) / 2))),
        Mistake(_HALVED, _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), (1 - alpha_bar) / 2))),
        Mistake(_HALVED, _with(lambda alpha_bar, beta: (alpha_bar / 2, math.sqrt(1 - alpha_bar)))),
        Mistake("No picture is in your result, only noise: add alphas_cumprod[t] ** 0.5 * x0. (If you wrote ** 1//2, that rounds down to 0.)", _with(lambda alpha_bar, beta: (0, math.sqrt(1 - alpha_bar)))),
        Mistake(_BRACKETS, _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 + noise * 1 - a**0.5)),
        Mistake(_BRACKETS, _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 + 1 - a**0.5 * noise)),
        Mistake(_BRACKETS, _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 + noise * 1 - a)),
        Mistake("sqrt(alphas_cumprod) stands in front of the whole sum, so it multiplies the noise, too. It belongs to x0 alone.", _from_alpha_bar(lambda a, x0, noise: a**0.5 * (x0 + (1 - a) ** 0.5 * noise))),
        Mistake("You squared alphas_cumprod in the noise's factor, but it is a square already: sqrt(1 - alphas_cumprod).", _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 + (1 - a**2) ** 0.5 * noise)),
        Mistake("The noise's factor is larger than 1 in your result. There is a minus under the root: sqrt(1 - alphas_cumprod).", _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 + (1 + a) ** 0.5 * noise)),
        Mistake("You took the root of a sum of squares, and a root has no signs. Multiply each of the two by its amplitude, and add.", _from_alpha_bar(lambda a, x0, noise: (a * x0**2 + (1 - a) * noise**2) ** 0.5)),
        Mistake("The two parts are multiplied. Add them.", _from_alpha_bar(lambda a, x0, noise: a**0.5 * x0 * (1 - a) ** 0.5 * noise)),
        Mistake("The noise's factor is that of one step, sqrt(beta). The jump's is sqrt(1 - alphas_cumprod[t]).", _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), math.sqrt(beta)))),
        Mistake("The picture's factor is that of one step, sqrt(1 - beta). The jump's is sqrt(alphas_cumprod[t]).", _with(lambda alpha_bar, beta: (math.sqrt(1 - beta), math.sqrt(1 - alpha_bar)))),
        Mistake("sigma is the noise's factor where the picture is not shrunk. You do shrink it, so the noise's factor is sqrt(1 - alphas_cumprod[t]).", _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), math.sqrt((1 - alpha_bar) / alpha_bar)))),
        Mistake("The noise is added, not subtracted.", _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), -math.sqrt(1 - alpha_bar)))),
        Mistake("Picture and noise have the same factor. The noise's is sqrt(1 - alphas_cumprod).", _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), math.sqrt(alpha_bar)))),
        Mistake("The noise has no factor yet: multiply it by sqrt(1 - alphas_cumprod).", _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), 1))),
        Mistake("You squared, where a root is needed: alphas_cumprod is the square already.", _with(lambda alpha_bar, beta: (alpha_bar**2, (1 - alpha_bar) ** 2))),
        Mistake("You took alphas_cumprod as the picture's factor. It is the factor's square: the picture gets its root, the noise sqrt(1 - alphas_cumprod).", _with(lambda alpha_bar, beta: (alpha_bar, math.sqrt(1 - alpha_bar**2)))),
        Mistake("You cut the result to a range. A noisy picture may leave -1 to 1: return it as it is.", lambda x0, t, table, noise: q_sample(x0, t, table, noise).clamp(-1, 1)),
        Mistake(
            "Those are the shares of the variance. Amplitudes are their square roots.",
            _with(lambda alpha_bar, beta: (alpha_bar, 1 - alpha_bar)),
        ),
        Mistake(
            "You took beta, which is the noise of one step. Many steps need alphas_cumprod.",
            _with(lambda alpha_bar, beta: (math.sqrt(1 - beta), math.sqrt(beta))),
        ),
        Mistake(
            "Picture and noise have changed places: early steps must keep most of the picture.",
            _with(lambda alpha_bar, beta: (math.sqrt(1 - alpha_bar), math.sqrt(alpha_bar))),
        ),
        Mistake(
            "The noise lacks its square root: sqrt(1 - alphas_cumprod).",
            _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), 1 - alpha_bar)),
        ),
        Mistake(
            "The noise's factor is sqrt(1 - alphas_cumprod): first subtract, then take the root. The squares add up to 1, not the factors.",
            _with(lambda alpha_bar, beta: (math.sqrt(alpha_bar), 1 - math.sqrt(alpha_bar))),
        ),
        Mistake(
            "That is x0 + sigma * noise, the form without shrinking. Here the picture is multiplied by sqrt(alphas_cumprod).",
            _with(lambda alpha_bar, beta: (1, math.sqrt((1 - alpha_bar) / alpha_bar))),
        ),
        Mistake(
            "The noise is right, but the picture is not shrunk: multiply it by sqrt(alphas_cumprod).",
            _with(lambda alpha_bar, beta: (1, math.sqrt(1 - alpha_bar))),
        ),
        Mistake(_CHAINED, _chain_with_one_noise(0)),
        Mistake(_CHAINED, _chain_with_one_noise(-1)),
        Mistake(
            "The picture lacks its square root: sqrt(alphas_cumprod).",
            _with(lambda alpha_bar, beta: (alpha_bar, math.sqrt(1 - alpha_bar))),
        ),
        Mistake(
            "That is one step too late: alphas_cumprod[t] already belongs to step t.",
            lambda x0, t, table, noise: q_sample(x0, t + 1, table, noise),
        ),
        Mistake(
            "That is one step too early: alphas_cumprod[t] already belongs to step t.",
            lambda x0, t, table, noise: q_sample(x0, t - 1, table, noise),
        ),
        Mistake(
            "`noise` plays no part in your result. Multiply it by sqrt(1 - alphas_cumprod[t]), and draw none of your own.",
            _own_noise,
            when=_ignores_the_noise,
        ),
    ],
    ready=("q_sample",),
)  # fmt: skip
