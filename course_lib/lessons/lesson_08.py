"""Lesson 08, forward diffusion: its predictions, its quiz, its checks, and the drawing of its explorer."""

from __future__ import annotations

import math

import torch

from course_lib.diffusion import NoiseTable, q_sample
from course_lib.figures import COLOURS, Drawing, beside, histogram_panel, picture_panel
from course_lib.lessons.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question

TABLES = {
    "scaled linear (Stable Diffusion)": NoiseTable.scaled_linear(),
    "linear (DDPM)": NoiseTable.linear(),
    "cosine": NoiseTable.cosine(),
}
_STABLE_DIFFUSION = NoiseTable.scaled_linear()


def draw(picture: torch.Tensor, table: str, t: int) -> Drawing:
    """The picture (1, 3, S, S) at timestep `t` of a table of TABLES, beside the histogram of its numbers.

    The noise is the same for every t, so that only its share changes. Raises ValueError for an unknown table.

    Example:

    >>> draw(torch.zeros(1, 3, 8, 8), "cosine", 500).sentence
    'Step 500 of 999, cosine: 0.70 × picture + 0.71 × noise; SNR 0.97, sigma 1.02.'
    """
    if table not in TABLES:
        raise ValueError(f"unknown table {table!r}; there are: {', '.join(TABLES)}")
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(8))
    x = q_sample(picture, t, TABLES[table], noise)
    alphas_cumprod = TABLES[table].alphas_cumprod[t].item()
    signal, spread = math.sqrt(alphas_cumprod), math.sqrt(1 - alphas_cumprod)
    histogram = histogram_panel(
        x,
        width=420,
        height=298,
        curve=lambda value: torch.exp(-(value**2) / 2) / math.sqrt(2 * math.pi),
        colour=COLOURS["noise"],
        top=1.2,
        title="its numbers (bars), and pure noise (line)",
        y_name="how often (density)",
    )
    pixels = beside(picture_panel(x[0], width=320, title=f"x at step {t}"), histogram)
    return Drawing(
        pixels,
        f"Step {t} of {len(TABLES[table]) - 1}, {table}: {signal:.2f} × picture + {spread:.2f} × noise; "
        f"SNR {_plain(signal**2 / spread**2)}, sigma {_plain(spread / signal)}.",
    )


def _plain(value: float) -> str:
    """A number with three digits, and never with a power of ten."""
    if value < 1e-4:
        return "below 0.0001"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


predict_spread = Question(
    "Start from numbers with variance 1. One step does `x = sqrt(1 - beta) * x + sqrt(beta) * noise`. What is the variance now?",
    (
        Choice("still 1", "Yes: (1 - beta) * 1 + beta * 1 = 1. The shrinking makes room for the noise.", right=True),
        Choice("1 + beta", "That would be so without the factor in front of x: the numbers would grow step by step."),
        Choice("1 - beta", "You have counted what is left of the old numbers, but not the noise that was added."),
    ),
)

predict_middle = Question(
    "Stable Diffusion's table has 1000 steps. At step 500, how much of the picture's amplitude is left?",
    (
        Choice("28 %", "That is alpha-bar at step 500, 0.2763. The amplitude is the square root of it."),
        Choice(
            "53 %",
            "sqrt(0.2763) is 0.53. The noise stands at sqrt(0.7237) = 0.85: it overtook the picture long before.",
            right=True,
        ),
        Choice(
            "80 %",
            "So much is left near step 270. The betas grow from step to step, and what they leave is multiplied.",
        ),
    ),
)

predict_last = Question(
    "Add all the noise there is to a picture that is white everywhere, up to the last step of Stable Diffusion's table. "
    "Can you still tell from the numbers that it was white?",
    (
        Choice(
            "no, noise is noise", "It looks like it. But averaging many numbers brings out a signal that no eye sees."
        ),
        Choice(
            "yes, by averaging them",
            "Yes: 6.8 % of the white is left, and a mean of 12,288 numbers shows it.",
            right=True,
        ),
        Choice("yes, a corner stays white", "No: every number of the picture gets its share of noise."),
    ),
)

quiz = (
    Question(
        "What does a network learn in the forward process?",
        (
            Choice(
                "how to add noise", "Adding noise is a fixed formula with two square roots; nothing in it is learned."
            ),
            Choice("nothing", "Right. The forward process is fixed; training asks a network to undo it.", right=True),
            Choice("the noise table", "The table is chosen by people before training starts."),
        ),
    ),
    Question(
        "Why is the closed form so useful for training?",
        (
            Choice(
                "it reaches any step in one jump",
                "Right: training needs x at a random step of a random picture, millions of times.",
                right=True,
            ),
            Choice("it adds less noise than the chain", "Both add the same amount: they have the same distribution."),
            Choice(
                "it gives the very same numbers as the chain",
                "Only the distribution is the same; the chain draws its noise anew at each step.",
            ),
        ),
    ),
    Question(
        "sigma is 2. What does that say?",
        (
            Choice(
                "the noise's factor is twice the picture's",
                "Divide x by the picture's factor, and what you have is x0 + 2 * eps.",
                right=True,
            ),
            Choice(
                "2 % of the picture is left",
                "The factor in front of the picture is 1 / sqrt(1 + 2**2), which is 0.45.",
            ),
            Choice(
                "it is step 2", "sigma is a noise level. Which step has it depends on the table: here it is step 562."
            ),
        ),
    ),
)


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
