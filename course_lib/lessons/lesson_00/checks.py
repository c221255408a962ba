"""Lesson 00, start here: the checks of its exercises."""

from __future__ import annotations

import dis
from collections.abc import Callable

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck, not_yet, right
from course_lib.exercises.stops import names_in
from course_lib.lessons.lesson_00.noise import noise_picture

GLOBAL = (
    "The numbers are right, but they come from torch's global generator, which every program on the page shares: "
    "make your own with `torch.Generator().manual_seed(seed)` and hand it over as `generator=`."
)

FOREIGN = (
    "The numbers are right, but you re-seed a generator of the page, and other cells draw from it, too: "
    "make one inside the function, with `torch.Generator().manual_seed(seed)`."
)

NO_SEED = "Each call gives other noise, and the seed plays no part: hand a generator with that seed to `torch.randn`."

REUSED = (
    "The same seed gave two different pictures: your generator moves on with each draw. "
    "Make a new one inside the function, at each call."
)

RANDOM_SEED = "`.seed()` draws a seed of its own and takes none: use `.manual_seed(seed)`."

UNUSED = "The seed is not used: every seed gives the same noise."

OTHER = (
    "The noise depends on the seed and on nothing else, but the numbers are others than those of "
    "`torch.randn(1, 3, 8, 8)` with a new generator of that seed."
)

RETURNED = "You return the generator itself. Let `torch.randn` draw with it, and return what it draws."

SEVERAL = "You return several things. Return the noise alone."

SCALED = (
    "Seed 2 gives the noise of seed 1, twice as strong: the seed belongs in `manual_seed`, not in front of the noise."
)

NAMED = "The generator must be named: `generator=torch.Generator().manual_seed(seed)`."

FIFTH = "The seed has become a fifth side of the picture: it belongs in `manual_seed`."

BRACKETS = "`torch.Generator` without brackets is the class. `torch.Generator()` makes a generator."

STOPS = (  # kind of error, a part of its message, what to say
    (
        RuntimeError,
        "device",
        "`torch.Generator(seed)` takes the number for a device. Make the generator first, then seed it: "
        "`torch.Generator().manual_seed(seed)`.",
    ),
    (
        TypeError,
        "generator=int",
        "`generator=` takes a generator, and you gave it a number: make one with `torch.Generator().manual_seed(seed)`.",
    ),
    (
        TypeError,
        "descriptor 'manual_seed'",
        "A generator must be made before it can be seeded: `torch.Generator()` has brackets of its own.",
    ),
    (
        AttributeError,
        "'Tensor' object has no attribute 'manual_seed'",
        "The generator is seeded, not the noise: `generator=torch.Generator().manual_seed(seed)`.",
    ),
    (AttributeError, "'seed' is read-only", "The seed is set with `.manual_seed(seed)`."),
    (TypeError, "seed() takes no arguments", RANDOM_SEED),
    (TypeError, "generator=builtin_function_or_method", "`manual_seed` needs its brackets: `.manual_seed(seed)`."),
    (NameError, "name 'randn'", "`randn` belongs to torch: write `torch.randn`."),
    (NameError, "name 'Generator'", "`Generator` belongs to torch: write `torch.Generator()`."),
    (AttributeError, "no attribute 'generator'", "Python tells capitals apart: write `torch.Generator()`."),
    (
        AttributeError,
        "Generator' object has no attribute 'randn'",
        "A generator doesn't draw by itself: hand it to `torch.randn(1, 3, 8, 8, generator=...)`.",
    ),
    (TypeError, "generator=OpaqueBaseMeta", BRACKETS),
    (TypeError, "generator=type", BRACKETS),  # as earlier versions of torch call the class
    (
        TypeError,
        "seed=int",
        "`torch.randn` takes no seed: give it a generator, `generator=torch.Generator().manual_seed(seed)`.",
    ),
    (TypeError, "but got torch._C.Generator", NAMED),  # after the numbers of the shape
    (TypeError, ", torch._C.Generator)", NAMED),  # after the shape as one tuple
)


class SeedCheck(FunctionCheck):
    """Checks a function seed -> noise (1, 3, 8, 8); the last of its cases repeats the first.

    Besides the result it looks at how it came about: whether the global generator or another one from outside the
    function was used, which makes the same numbers, whether the same seed gives the same noise again, and where a generator was made in a wrong way.

    Example:

    >>> check_noise(lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)))
    [OK] my_noise is right.
    >>> check_noise(lambda seed: torch.randn(1, 3, 8, 8))
    [not yet] Each call gives other noise, and the seed plays no part: hand a generator with that seed to `torch.randn`.
    """

    def verdict(self, answer: Callable) -> str:
        """The verdict as one sentence; torch's global generator and those of the page are left as they were."""
        found = [(generator, generator.get_state()) for generator in (torch.default_generator, *_from_outside(answer))]
        for generator, _ in found:  # else one that already stands where the answer leaves it would seem untouched
            generator.manual_seed(_ELSEWHERE)
        shared, *foreign = [(generator, generator.get_state()) for generator, _ in found]
        try:
            said = super().verdict(answer)
            if said.startswith(right(self.name)):
                if _moved(*shared):
                    return not_yet(GLOBAL)
                return not_yet(FOREIGN) if any(_moved(*pair) for pair in foreign) else said
            torch.default_generator.set_state(shared[1])
            named = any(said == not_yet(mistake.says) for mistake in self.mistakes)
            return said if named else self._by_behaviour(answer, said, shared[1])
        finally:
            for generator, state in found:
                generator.set_state(state)

    def _by_behaviour(self, answer: Callable, said: str, before: torch.Tensor) -> str:
        """What calls with the same seed and with another one show; else what was said already."""
        try:
            drawn = [answer(seed) for seed in (1, 1, 2)]
            if isinstance(drawn[0], torch.Generator):
                return not_yet(RETURNED)
            if isinstance(drawn[0], tuple):
                return not_yet(SEVERAL)
            one, again, other = map(torch.as_tensor, drawn)
        except Exception as error:
            known = (says for kind, part, says in STOPS if isinstance(error, kind) and part in str(error))
            return next(map(not_yet, known), said)
        if (one.shape, other.shape) == ((1, 3, 8, 8, 1), (1, 3, 8, 8, 2)):
            return not_yet(FIFTH)
        if not one.shape == again.shape == other.shape == (1, 3, 8, 8):
            return said
        if not torch.equal(one, again):
            reused = torch.equal(before, torch.get_rng_state())
            return not_yet((RANDOM_SEED if _calls_seed(answer) else REUSED) if reused else NO_SEED)
        if torch.equal(one, other):
            return not_yet(UNUSED)
        if torch.equal(one, noise_picture(1)) and torch.equal(other, noise_picture(2)):
            return said  # right, but with what is ready-made
        return not_yet(SCALED if torch.allclose(other, 2 * one) else OTHER)


_ELSEWHERE = 2**31 - 8  # a seed that no answer takes


def _moved(generator: torch.Generator, before: torch.Tensor) -> bool:
    return not torch.equal(before, generator.get_state())


def _from_outside(answer: Callable) -> list[torch.Generator]:
    """The generators that a function finds outside itself: on its page, or in its defaults."""
    page = getattr(answer, "__globals__", {})
    values = [*(page.get(name) for name in names_in(answer)), *(getattr(answer, "__defaults__", None) or ())]
    return [value for value in values if isinstance(value, torch.Generator)]


def _calls_seed(answer: Callable) -> bool:
    """Whether `.seed` is read from something in the function; its own argument `seed` does not count."""
    steps = dis.get_instructions(answer) if hasattr(answer, "__code__") else ()
    return any(step.opname in ("LOAD_ATTR", "LOAD_METHOD") and step.argval == "seed" for step in steps)


def _second_draw(seed):
    generator = torch.Generator().manual_seed(seed)
    torch.randn(1, 3, 8, 8, generator=generator)
    return torch.randn(1, 3, 8, 8, generator=generator)


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
        Mistake(UNUSED, lambda seed: noise_picture(0)),
        Mistake(
            "`torch.Generator()` without a seed always starts at the same place: set it with `.manual_seed(seed)`.",
            lambda seed: torch.randn(1, 3, 8, 8, generator=torch.Generator()),
        ),
        Mistake("That is the noise of another seed, seed + 1.", lambda seed: noise_picture(seed + 1)),
        Mistake(
            "`torch.rand` draws numbers from 0 to 1; noise is drawn with `torch.randn`.",
            lambda seed: torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)),
        ),
        Mistake("That is the generator's second draw: return the first.", _second_draw),
        Mistake(
            "You cut the numbers to a range. Noise may go beyond it: return what `torch.randn` draws.",
            lambda seed: noise_picture(seed).clamp(-1, 1),
        ),
        Mistake("The batch is missing: (1, 3, 8, 8) has four numbers.", lambda seed: noise_picture(seed)[0]),
    ],
    ready=("noise_picture",),
)


def _to_a_count(answer: object) -> str:
    """What to say to a count that is no usual mistake."""
    if isinstance(answer, str):
        return "That is a text. Without the quotes Python computes it."
    return "Multiply the four sides of (1, 3, 8, 8)."


check_count = ValueCheck(
    "the count",
    192,
    [
        Mistake("That counts the pixels. Each of them has three numbers: red, green and blue.", 64),
        Mistake("8 rows and 8 columns are 64 pixels, not 8; each has three numbers.", 24),
        Mistake("The sides are multiplied, not added: 3 times 8 times 8.", 3 + 8 + 8),
        Mistake("You have added the sides. They are multiplied: 1 times 3 times 8 times 8.", 1 + 3 + 8 + 8),
        Mistake("That counts the sides of the shape. How many numbers do they make together?", 4),
        Mistake("That counts all three pictures above. One of them is asked for.", 576),
        Mistake("8 times 8 times 8: there are three colours, not eight.", 512),
        Mistake("Those are the bytes of the picture: each of its numbers takes four of them.", 768),
        Mistake("That counts the panda's numbers. One of the small pictures of noise is asked for.", 3 * 64 * 64),
        Mistake("That is the shape. How many numbers does it hold? Multiply its sides.", (1, 3, 8, 8)),
        Mistake("That counts the colours, or the numbers of one pixel. How many pixels are there?", 3),
        Mistake("Each of the 64 pixels has three numbers: multiply, do not add.", 8 * 8 + 3),
        Mistake("8 is one side of the shape (1, 3, 8, 8). Multiply the four sides.", 8),
        Mistake("You added two of the sides. Multiply the four sides of the shape (1, 3, 8, 8).", 8 + 8),
        Mistake(
            "That counts four numbers for each pixel, and there are three. Multiply the four sides: (1, 3, 8, 8).",
            4 * 8 * 8,
        ),
        Mistake("That is 3 times 8 + 8. Rows and columns are multiplied, too: 3 times 8 times 8.", 3 * (8 + 8)),
        Mistake("That counts two pictures. One of them is asked for.", 2 * 192),
        Mistake("You added 3 and 8. Multiply the four sides of the shape (1, 3, 8, 8).", 3 + 8),
        Mistake("That is a text. Write the number without quotes.", "192"),
    ],
    hint=_to_a_count,
)
