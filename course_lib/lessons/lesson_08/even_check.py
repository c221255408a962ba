"""Lesson 08, forward diffusion: the check of the step where the noise overtakes the picture."""

from __future__ import annotations

import torch

from course_lib.diffusion import NoiseTable
from course_lib.exercises.checks import Mistake, ValueCheck
from course_lib.lessons.lesson_08.forward import TABLES
from course_lib.texts import tr

_STABLE_DIFFUSION = NoiseTable.scaled_linear()

PANDA = 0.17345  # the variance of the page's panda


def _first_below(values: torch.Tensor, level: float = 1.0) -> int:
    return int((values < level).nonzero()[0])


def _about_the_step(answer: object) -> str:
    """What to say to a step that is no usual mistake."""
    if isinstance(answer, str):
        return tr("That is a text. Write the number without quotes.")
    try:
        given = torch.as_tensor(answer, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        return tr("One whole number is asked for.")
    if given.numel() != 1:
        return tr("It holds many numbers, and one is asked for: .nonzero()[0] is the first step where it is so.")
    if given.item() % 1:
        return tr("That is no step. A step is a whole number, from 0 to 999.")
    if not 0 <= given.item() <= 999:
        return tr("The steps are counted from 0 to 999.")
    return tr(
        "Ask where 1 - alphas_cumprod is larger than alphas_cumprod * picture.var(). Take the first of these steps."
    )


_SNR = _STABLE_DIFFUSION.snr
_RATIO = PANDA * _SNR

check_even = ValueCheck(
    "your step",
    _first_below(_RATIO),
    [
        *(Mistake("That holds for a picture with variance 1. The panda's is less: multiply alphas_cumprod, or SNR, by picture.var(), and only the picture's part.", _first_below(_SNR) + beside) for beside in (0, -1, 1)),
        Mistake("You divided by the variance, or compared SNR with it. A picture with less variance is overtaken earlier: its own SNR is picture.var() times SNR.", _first_below(_SNR, PANDA)),
        Mistake("You took the standard deviation, or squared alphas_cumprod. alphas_cumprod and SNR are about variances already: take picture.var(), and square nothing.", _first_below(PANDA**0.5 * _SNR)),
        Mistake("You took the mean of the squares, in which the brightness counts, too. The variance is picture.var().", _first_below(0.6332 * _SNR)),
        Mistake("You took the mean. The variance is picture.var().", _first_below(0.6781 * _SNR)),
        Mistake("You rounded the variance to 0.17. That moves the step: take picture.var().", _first_below(0.17 * _SNR)),
        Mistake("At that step the picture's part is still a little larger. The question asks for the first step after it.", _first_below(_RATIO) - 1),
        Mistake("That is one step too late, or counted from 1: at the step before it the noise's part is larger already, and the first step is step 0.", _first_below(_RATIO) + 1),
        Mistake("There the noise's part is twice the picture's. Ask where it is first the larger one.", _first_below(_RATIO, 0.5)),
        Mistake("You compared alpha-bar with the variance. Compare the noise's part with the picture's, alphas_cumprod * picture.var().", _first_below(_STABLE_DIFFUSION.alphas_cumprod, PANDA)),
        Mistake("You compared the noise's part with picture.var(), that of the clean picture. In x_t it has shrunk: alphas_cumprod * picture.var().", int((1 - _STABLE_DIFFUSION.alphas_cumprod > PANDA).nonzero()[0])),
        Mistake("You compared a root, such as sigma, with a variance. Leave the roots out, and compare variances.", int((_STABLE_DIFFUSION.sigmas > PANDA).nonzero()[0])),
        Mistake("You divided SNR by the standard deviation, or compared it with that. Multiply SNR by picture.var(), and compare with 1.", _first_below(_SNR, PANDA**0.5)),
        Mistake("That is the last step. The noise overtakes much earlier: take the first step where its part is the larger one.", 999),
        Mistake("That is how many steps have more noise than picture. The question asks at which step they begin.", int((_RATIO < 1).sum())),
        Mistake("At step 0 the picture is far stronger than the noise. Ask where the noise's part is the *larger* one.", 0),
        *(Mistake("That is the step of another table. Take Stable Diffusion's, `table`.", _first_below(PANDA * other.snr)) for name, other in TABLES.items() if "Stable" not in name),
    ],
    hint=_about_the_step,
)  # fmt: skip
