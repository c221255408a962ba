"""Lesson 08, forward diffusion: the checks of its exercises."""

from __future__ import annotations

import math

import torch

from course_lib.diffusion import NoiseTable, q_sample
from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck

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
        for t in (1, 400, 998)
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
    x0, t, table, noise = _cases()[1]
    try:
        return bool(answer(x0, t, table, 1e6 * noise).abs().max() < 1e3)
    except Exception:  # an answer that is nothing of the kind
        return False


_CHAINED = "You go step by step with the same noise each time: then the noises add up as amplitudes. One jump needs one factor."

check_jump = FunctionCheck(
    "jump",
    q_sample,
    _cases(),
    [
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
            "The noise that comes in is not used: take `noise`, and draw none of your own.",
            _own_noise,
            when=_ignores_the_noise,
        ),
    ],
)


def _first_below(values: torch.Tensor, level: float) -> int:
    return int((values < level).nonzero()[0])


check_even = ValueCheck(
    "your step",
    _first_below(_STABLE_DIFFUSION.snr, 1.0),
    [
        Mistake(
            "You compared alpha-bar with beta, the noise of one step. What has gathered is 1 - alphas_cumprod.",
            int((_STABLE_DIFFUSION.alphas_cumprod < _STABLE_DIFFUSION.betas).nonzero()[0]),
        ),
        Mistake("That is the last step. The noise overtakes much earlier: ask where SNR is below 1 first.", 999),
        Mistake("That is a text. Write the number without quotes.", "354"),
        Mistake(
            "A forgotten square: sqrt(alphas_cumprod) below 0.5 is not the place. SNR 1 means alphas_cumprod = 0.5.",
            _first_below(_STABLE_DIFFUSION.alphas_cumprod.sqrt(), 0.5),
        ),
        Mistake(
            "At that step SNR is still a little above 1. The question asks for the first step after it.",
            _first_below(_STABLE_DIFFUSION.snr, 1.0) - 1,
        ),
        *(Mistake("Half of the steps is not half of the noise: the table is curved.", half) for half in (499, 500)),
        Mistake(
            "That is one step too late, or counted from 1: at the step before it SNR is below 1 already, and the first step is step 0.",
            _first_below(_STABLE_DIFFUSION.snr, 1.0) + 1,
        ),
        Mistake("At step 0 the picture is far stronger than the noise. Ask where SNR is *below* 1.", 0),
    ],
)
