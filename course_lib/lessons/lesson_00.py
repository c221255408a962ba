"""Lesson 00, start here: its first questions and its two checks."""

from __future__ import annotations

from collections.abc import Callable

import torch

from course_lib.lessons.checks import NOT_YET, RIGHT, FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question


def noise_picture(seed: int) -> torch.Tensor:
    """Noise (1, 3, 8, 8) that a seed brings back every time.

    Example:

    >>> bool((noise_picture(1) == noise_picture(1)).all())
    True
    """
    return torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


GLOBAL = (
    "The numbers are right, but they come from torch's global generator, which every program on the page shares: "
    "make your own with `torch.Generator().manual_seed(seed)` and hand it over as `generator=`."
)
NO_SEED = "Each call gives other noise, and the seed plays no part: hand a generator with that seed to `torch.randn`."
REUSED = (
    "The same seed gave two different pictures: your generator moves on with each draw. "
    "Make a new one inside the function, at each call."
)


class SeedCheck(FunctionCheck):
    """Checks a function seed -> noise (1, 3, 8, 8); the last of its cases repeats the first.

    Besides the result it looks at how it came about: whether the global generator was used, which makes the same
    numbers, and whether the same seed gives the same noise again.

    Example:

    >>> check_noise(noise_picture)
    [OK] my_noise is right.
    >>> check_noise(lambda seed: torch.randn(1, 3, 8, 8))
    [not yet] Each call gives other noise, and the seed plays no part: hand a generator with that seed to `torch.randn`.
    """

    def verdict(self, answer: Callable) -> str:
        """The verdict as one sentence; torch's global generator is left as it was."""
        before = torch.get_rng_state()
        try:
            said = super().verdict(answer)
            if said.startswith(RIGHT):
                return said if torch.equal(before, torch.get_rng_state()) else f"{NOT_YET} {GLOBAL}"
            torch.set_rng_state(before)
            if self._forgets(answer):
                reused = torch.equal(before, torch.get_rng_state())
                return f"{NOT_YET} {REUSED if reused else NO_SEED}"
            return said
        finally:
            torch.set_rng_state(before)

    def _forgets(self, answer: Callable) -> bool:
        """Whether one seed gives two different pictures."""
        try:
            one, two = answer(*self.cases[0]), answer(*self.cases[0])
            return one.shape == two.shape == (1, 3, 8, 8) and not torch.equal(one, two)
        except Exception:  # what is wrong then, the first examination has said
            return False


def _from_global_generator(seed):
    torch.manual_seed(seed)
    return torch.randn(1, 3, 8, 8)


_shared = torch.Generator().manual_seed(1)

check_noise = SeedCheck(
    "my_noise",
    noise_picture,
    [(1,), (2,), (1,)],
    [
        Mistake(GLOBAL, _from_global_generator),
        Mistake(NO_SEED, lambda seed: torch.randn(1, 3, 8, 8)),
        Mistake(REUSED, lambda seed: torch.randn(1, 3, 8, 8, generator=_shared)),
        Mistake("The seed is not used: every seed gives the same noise.", lambda seed: noise_picture(0)),
        Mistake("The seed is not used: every seed gives the same noise.", lambda seed: noise_picture(1)),
        Mistake("That is the noise of another seed, seed + 1.", lambda seed: noise_picture(seed + 1)),
        Mistake(
            "`torch.rand` draws numbers from 0 to 1; noise is drawn with `torch.randn`.",
            lambda seed: torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)),
        ),
        Mistake("The batch is missing: (1, 3, 8, 8) has four numbers.", lambda seed: noise_picture(seed)[0]),
    ],
)

check_count = ValueCheck(
    "the count",
    192,
    [
        Mistake("That counts the pixels. Each of them has three numbers: red, green and blue.", 64),
        Mistake("8 rows and 8 columns are 64 pixels, not 8; each has three numbers.", 24),
        Mistake("The sides are multiplied, not added: 3 times 8 times 8.", 3 + 8 + 8),
    ],
)

predict_again = Question(
    "We draw noise with seed 1, then with seed 2, then with seed 1 again. Is the third picture equal to the first?",
    (
        Choice(
            "no, noise is random",
            "The numbers look random, but a formula makes them, and the seed says where it starts.",
        ),
        Choice("yes, number for number", "Yes: the same start gives the same numbers.", right=True),
        Choice("nearly", "There is no nearly here: the same seed gives exactly the same numbers."),
    ),
)

quiz = (
    Question(
        "One generator gets seed 7, and you draw noise from it twice. Are the two draws equal?",
        (
            Choice("yes, both have seed 7", "The seed only says where the generator starts; each draw moves it on."),
            Choice(
                "no, the generator has moved on",
                "Right. For the same noise again, make a new generator with the same seed.",
                right=True,
            ),
        ),
    ),
    Question(
        "You changed lesson 02 so much that you want it fresh. What do you do?",
        (
            Choice(
                "`make reset LESSON=02` in a terminal", "Right. Your old copy is kept in `my_lessons/old/`.", right=True
            ),
            Choice(
                "delete the folder `notebooks/`", "Please not: there lie the originals that your copies are made from."
            ),
            Choice(
                "Kernel, Restart Kernel",
                "That empties the memory, so that you can run all cells anew; your text stays as it is.",
            ),
        ),
    ),
)
