"""Lesson 00, start here: its first question and its check."""

from __future__ import annotations

import torch

from course_lib.lessons.checks import FunctionCheck, Mistake
from course_lib.lessons.quiz import Choice, Question


def noise_picture(seed: int) -> torch.Tensor:
    """Noise (1, 3, 8, 8) that a seed brings back every time.

    Example:

    >>> bool((noise_picture(1) == noise_picture(1)).all())
    True
    """
    return torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


quiz = (
    Question(
        "You draw noise twice from one generator with seed 7. Are the two draws equal?",
        (
            Choice(
                "yes, the seed is the same", "The seed only fixes where the generator starts; each draw moves it on."
            ),
            Choice(
                "no, the generator has moved on",
                "Right. For the same noise, make a new generator with the same seed.",
                right=True,
            ),
        ),
    ),
)

check_noise = FunctionCheck(
    "my_noise",
    noise_picture,
    [(1,), (2,), (1,)],
    [
        Mistake("The seed is not used: every seed gives the same noise.", lambda seed: noise_picture(0)),
        Mistake("That is another seed than the one asked for.", lambda seed: noise_picture(seed + 1)),
        Mistake(
            "`torch.rand` draws numbers from 0 to 1; noise is drawn with `torch.randn`.",
            lambda seed: torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)),
        ),
    ],
)
