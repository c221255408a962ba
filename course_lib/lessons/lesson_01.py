"""Lesson 01, what is Stable Diffusion: its runs, its questions and its checks; `machine` has the plan of the whole."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.lessons.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.machine import check_order, draw_machine  # noqa: F401 - the notebook finds them here
from course_lib.lessons.quiz import Choice, Question
from course_lib.samplers import SAMPLERS, Step, steps
from course_lib.schedulers import make_sigmas

EXAMPLES = ["animal", "fruit", "heart", "flower", "bird", "vehicle", "red", "happy", "สัตว์", "ผลไม้", "หัวใจ", "ดอกไม้"]
OFFERED = ["euler", "euler_ancestral", "heun"]  # samplers of the page's menu


def remove_noise(
    words: str, seed: int, sampler: str = "euler", count: int = 20, pictures: int = 4
) -> tuple[str, Iterator[Step]]:
    """Words in, noise removed, pictures out: the title of the run, and its steps with x (pictures, 3, 64, 64).

    The seed gives the first noise and the noise that a sampler adds. Raises ValueError, naming near captions, where no
    picture of the set fits the words, and for an unknown sampler, a count below 1 or a seed that is none.

    Example:

    >>> title, run = remove_noise("unicorn", seed=1, count=3)
    >>> title, [round(step.sigma, 2) for step in run]
    ('"unicorn": 1 picture fits. Euler, 3 steps, seed 1', [157.41, 5.91, 0.01])
    """
    known = open_emoji("fluent").select(words)
    generator = torch.Generator().manual_seed(expect.whole("seed", seed, at_least=0))
    sigmas = make_sigmas("karras", count, NoiseTable.linear())
    x = sigmas[0].item() * torch.randn(pictures, 3, 64, 64, generator=generator)
    fit = f"{len(known)} pictures fit" if len(known) > 1 else "1 picture fits"
    title = f'"{words.strip()}": {fit}. {SAMPLERS[sampler].label}, {count} step{"s" * (count > 1)}, seed {seed}'
    return title, steps(sampler, DatasetDenoiser(known.images), x, sigmas, generator=generator)


def final_pictures(words: str, seed: int, sampler: str = "euler", count: int = 20) -> torch.Tensor:
    """Where a run of `remove_noise` ends, (4, 3, 64, 64). Raises ValueError as it does.

    Example:

    >>> tuple(final_pictures("unicorn", seed=1, count=3).shape)
    (4, 3, 64, 64)
    """
    *_, last = remove_noise(words, seed, sampler, count)[1]
    return last.x_next


ALT_RUNS = (
    "As above: lion, tiger, crocodile, duck. Seed 1, fruit and Euler ancestral give other pictures. With 5 steps two of the "
    "four are others, a hatching chick among them; with 50 steps all four are as above."
)

predict_step = Question(
    "The two pictures are -1 and 1, we see x = 3 at sigma = 2. Which guess is on average nearest to the truth, "
    "in squared error?",
    (
        Choice(
            "1",
            "It is the most likely picture, but where it is wrong, it is wrong by 2. A guess below 1 loses less on average.",
        ),
        Choice("3", "No picture is 3. The guess is about what was there before the noise."),
        Choice("between 0 and 1", "Yes: a mean of -1 and 1 in which 1 counts more. It is 0.64.", right=True),
    ),
)

predict_guess = Question(
    "Fifty animals, and a first state that is nothing but noise. What does the very first guess look like?",
    (
        Choice(
            "one of the animals, picked at random",
            "A sampler gets there in the end. A guess that is right on average must not commit itself yet.",
        ),
        Choice(
            "a blurred mean of all animals",
            "Yes: where almost nothing is known, almost all of them count.",
            right=True,
        ),
        Choice("noise", "The guess is a mean of clean pictures, and there is no noise in any of them."),
    ),
)

predict_change = Question(
    "We repeat the run and change one thing at a time. Which change leaves all four pictures as they were?",
    (
        Choice("another seed", "Then the first noise itself is another, and leads elsewhere."),
        Choice("other words", "Other words mean other pictures that can be guessed."),
        Choice(
            "Euler ancestral in place of Euler",
            "It adds fresh noise after each step but the last, and that leads elsewhere.",
        ),
        Choice("50 steps in place of 20", "Yes, here: 20 steps were enough already.", right=True),
    ),
)

predict_recall = Question(
    "Halfway, several animals are mixed in the guess. Can such a mixture be the result?",
    (
        Choice("yes, a new animal", "As the noise falls, one picture fits better and better, until it alone counts."),
        Choice(
            "no, the result is one of the 50",
            "Right: this denoiser can only recall. That is why networks are trained instead.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "What does Stable Diffusion 1.5's U-Net give at each step?",
        (
            Choice(
                "the noise it believes to be in the latent",
                "Right. The sampler makes the next latent from it.",
                right=True,
            ),
            Choice("the next latent", "The sampler makes that. The U-Net only predicts the noise."),
            Choice("the finished picture", "The VAE decoder makes the picture, once, after the last step."),
        ),
    ),
    Question(
        "In the words of this course, what does a scheduler decide?",
        (
            Choice(
                "how to get from one noise level to the next",
                "That is the sampler. (In the library `diffusers` one object, called scheduler, does both.)",
            ),
            Choice(
                "which noise levels are visited",
                "Right: it is a falling list of sigmas, and costs nothing.",
                right=True,
            ),
            Choice(
                "how noisy the training pictures were", "That is the noise table. It was fixed before the training."
            ),
        ),
    ),
    Question(
        "The latent of a 512x512 picture is 8 times smaller in height and in width. How many times fewer numbers does it hold?",
        (
            Choice("64 times", "That counts the places. But the picture has 3 numbers at each, and the latent 4."),
            Choice("8 times", "8 times fewer rows and 8 times fewer columns: that alone is 64."),
            Choice(
                "48 times", "Right: 786,432 against 16,384. 64 times fewer places, 4 numbers in place of 3.", right=True
            ),
        ),
    ),
)

_BATCH = "The batch is missing or too small: two pictures, each from a prompt of its own, are a batch of 2."

check_tokens = ValueCheck(
    "the shape of the tokens",
    (2, 77),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((77,), (1, 77))),
        *(
            Mistake("The number of tokens is 77, whatever the size of the picture.", wrong)
            for wrong in ((2, 640), (2, 512), (77, 512), (77, 640))
        ),
        Mistake("Each prompt has 77 places of its own: the batch is a side of the shape, not a factor.", (1, 154)),
        Mistake("The batch comes first.", (77, 2)),
        Mistake(
            "A token is one whole number. The 768 numbers for each come later, from the text encoder.", (2, 77, 768)
        ),
    ],
)

check_states = ValueCheck(
    "the shape of the text states",
    (2, 77, 768),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((77, 768), (1, 77, 768))),
        *(
            Mistake("The width of a text state belongs to the text encoder, 768, and not to the picture.", wrong)
            for wrong in ((2, 77, 512), (2, 77, 640))
        ),
        Mistake("One text state for each of the 77 places, not one for the whole prompt.", (2, 768)),
        Mistake(
            "Places and width have changed their order: first the 77 places, then 768 numbers for each.", (2, 768, 77)
        ),
    ],
)

_LATENT_LAST = "PyTorch puts the channels before rows and columns."
_WIDTH_FIRST = "Height and width have changed places: PyTorch puts the rows first, so height before width."

check_latent = ValueCheck(
    "the shape of the latent",
    (2, 4, 64, 80),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((4, 64, 80), (1, 4, 64, 80))),
        *(Mistake(_WIDTH_FIRST, wrong) for wrong in ((2, 4, 80, 64), (2, 80, 64, 4))),
        Mistake("A latent has 4 channels, not the 3 colours of a picture.", (2, 3, 64, 80)),
        *(
            Mistake("64 x 80 x 3 would be a small picture. A latent has 4 channels, and they come first.", wrong)
            for wrong in ((64, 80, 3), (2, 64, 80, 3))
        ),
        Mistake("The 4 channels are forgotten.", (2, 64, 80)),
        Mistake("The sides are 8 times smaller than the picture's: 512 / 8 = 64 and 640 / 8 = 80.", (2, 4, 512, 640)),
        *(
            Mistake("512 / 8 is 64: three halvings, 256, 128, 64. And 640 / 8 is 80.", (2, 4, height, width))
            for height, width in ((256, 320), (128, 160), (32, 40))
        ),
        Mistake("That is the latent of a square picture: these are 640 wide.", (2, 4, 64, 64)),
        Mistake(_LATENT_LAST, (2, 64, 80, 4)),
    ],
)

check_picture = ValueCheck(
    "the shape of the picture",
    (2, 3, 512, 640),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((3, 512, 640), (1, 3, 512, 640))),
        *(Mistake(_WIDTH_FIRST, wrong) for wrong in ((2, 3, 640, 512), (2, 640, 512, 3))),
        Mistake("A picture has 3 channels: red, green and blue. The fourth is the latent's.", (2, 4, 512, 640)),
        Mistake(_LATENT_LAST, (2, 512, 640, 3)),
        Mistake("That is the shape of square pictures: these are 640 wide.", (2, 3, 512, 512)),
        Mistake("That is still the latent's size. The decoder makes the sides 8 times larger.", (2, 3, 64, 80)),
    ],
)


def euler_from_noise(x, noise, sigma, sigma_next):
    """Euler's move, written with the predicted noise: the guess x - sigma * noise, then a part of the way towards it.

    Example:

    >>> round(euler_from_noise(3.0, 1.18, 2.0, 1.0), 2)
    1.82
    """
    denoised = x - sigma * noise
    return denoised + sigma_next / sigma * (x - denoised)


check_step = FunctionCheck(
    "euler_step",
    euler_from_noise,
    [
        (3.0, 1.18, 2.0, 1.0),
        (-1.0, 0.5, 4.0, 3.0),
        (torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.25, -1.0, 2.0]]), 10.0, 4.0),
    ],
    [
        Mistake(
            "That is the guess of the clean picture. Euler's rule goes only a part of the way to it: "
            "sigma_next / sigma of the distance stay.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise,
        ),
        Mistake(
            "The fraction is upside down: sigma_next / sigma stays, which is less than 1.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma / sigma_next * sigma * noise,
        ),
        Mistake(
            "The sign is wrong: noise is taken away, denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: x + sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "The sign is wrong: the distance is x - denoised. The other way round, the step goes past the guess.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "The guess is left out: sigma_next * noise is only what stays of the distance. Add it to the guess.",
            lambda x, noise, sigma, sigma_next: sigma_next * noise,
        ),
        Mistake(
            "noise is not the guess of the clean picture. First make the guess: denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: noise + sigma_next / sigma * (x - noise),
        ),
        Mistake(
            "Of the distance x - denoised a part stays, not of x itself.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next / sigma * x,
        ),
        Mistake(
            "Noise of level sigma_next stays; what goes is the rest, sigma - sigma_next. You have taken away what should stay.",
            lambda x, noise, sigma, sigma_next: x - sigma_next * noise,
        ),
        Mistake(
            "The predicted noise has strength 1. Before it is taken away, it is multiplied by sigma.",
            lambda x, noise, sigma, sigma_next: x - noise + sigma_next / sigma * noise,
        ),
        Mistake("x is still where it was.", lambda x, noise, sigma, sigma_next: x),
    ],
)
