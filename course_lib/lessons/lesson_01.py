"""Lesson 01, what is Stable Diffusion: its runs, its questions and its checks; `machine` has the plan of the whole."""

from __future__ import annotations

import warnings

import torch

from course_lib.lessons.checks import Mistake, ValueCheck
from course_lib.lessons.euler_step import check_step  # noqa: F401 - the notebook finds them here
from course_lib.lessons.machine import check_order, draw_machine  # noqa: F401
from course_lib.lessons.quiz import Choice, Question
from course_lib.lessons.small_model import model
from course_lib.pipeline import Denoising, prepare
from course_lib.samplers import SAMPLERS

EXAMPLES = [
    "a panda on a blue background", "a rocket", "pizza", "sunflower, noto style", "fox on a purple background",
    "a red heart", "a large blue star", "a small green square on a yellow background",
    "a red circle above a blue square", "a yellow ring left of a purple diamond",
]  # fmt: skip
OFFERED = ["dpmpp_2m", "euler", "euler_ancestral", "heun"]  # samplers of the page's menu


def remove_noise(prompt: str, seed: int, sampler: str = "euler", steps: int = 20) -> tuple[str, Denoising]:
    """Words in, noise removed, a picture out: the title of the run, and the run with x (1, 12, 8, 8).

    The title says which words were beyond the model's places. Raises ValueError for an unknown sampler, steps below 1
    or a seed that is none.

    Example:

    >>> title, run = remove_noise("a panda", seed=1, steps=3)
    >>> title, len(list(run))
    ('"a panda". Euler, 3 steps, seed 1', 3)
    """
    with warnings.catch_warnings():  # what the warning says stands in the title
        warnings.simplefilter("ignore", UserWarning)
        run = prepare(model(), prompt, sampler=sampler, steps=steps, seed=seed)
    cut = model().tokenizer.words_cut(prompt)
    title = f'"{prompt.strip()}". {SAMPLERS[sampler].label}, {steps} step{"s" * (steps > 1)}, seed {seed}'
    return f'{title}. No place was left for: "{cut}"' if cut else title, run


def paint(prompt: str, seed: int, sampler: str = "euler", steps: int = 20) -> torch.Tensor:
    """The picture, (3, 64, 64) in [-1, 1], at the end of `remove_noise`. Raises ValueError as it does.

    Example:

    >>> tuple(paint("a panda", seed=1, steps=3).shape)
    (3, 64, 64)
    """
    run = remove_noise(prompt, seed, sampler, steps)[1]
    *_, last = run
    return run.decode(last.x_next)[0]


ALT_RUNS = (
    "Eight pictures: as above, the same once more, another seed, another colour, Euler ancestral, 5, 10 and 50 steps."
)
ALT_NEW = "Three pictures, painted for: a red star, a green heart, a purple circle."
ALT_RECALLED = "Two rows of four animals: the results above, and the same four pictures of the set below."

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
    "The prompt is given, and the first state is nothing but noise. What does the very first guess look like?",
    (
        Choice(
            "a panda, sharp",
            "A sampler gets there in the end. But which panda, how large and where, the noise does not tell yet: "
            "a guess that is right on average must not commit itself.",
        ),
        Choice(
            "a blur in the right colours",
            "Yes: nearly a mean of all that fits the prompt, as between -1 and 1 on paper.",
            right=True,
        ),
        Choice("noise", "The guess is a mean of clean pictures, and there is no noise in any of them."),
    ),
)

predict_change = Question(
    "We repeat the run and change one thing at a time. Which change moves the picture least?",
    (
        Choice("another seed", "Then the first noise itself is another, and leads elsewhere."),
        Choice("another colour in the prompt", "Other words mean other guesses, at each step."),
        Choice(
            "Euler ancestral in place of Euler",
            "It adds fresh noise after each step but the last, and that leads elsewhere.",
        ),
        Choice("50 steps in place of 20", "Yes: the steps were short enough already.", right=True),
    ),
)

predict_recall = Question(
    "An exact denoiser knows 50 pictures and nothing else. Can a run of 20 steps end at a mixture of several?",
    (
        Choice("yes, a new animal", "As the noise falls, one picture fits better and better, until it alone counts."),
        Choice(
            "no, it is one of the 50",
            "Right: it can only recall. To paint what is not in the set, something else is needed.",
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
        "The panda's prompt and seed stay, but there is 1 step in place of 20. What comes out?",
        (
            Choice("a noisy panda", "The only step goes to level 0, where no noise is left."),
            Choice(
                "a blur",
                "Right: the step ends at the first guess, nearly a mean of all that fits the prompt.",
                right=True,
            ),
            Choice(
                "the same panda, with a few details missing",
                "The prompt has settled what it is, but not which one: eyes, ears and place are open, and blurred together.",
            ),
        ),
    ),
)

_SMALL = "That is the small model's. The exercise is about Stable Diffusion 1.5, whose numbers stand before the bars in *The whole machine*."
_GUIDED = "With guidance the U-Net is asked about four at once; but there are two prompts, and two pictures."
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
        Mistake(_SMALL, (2, 24)),
        Mistake("A shape is a tuple with the batch in front: (2, and how many places).", 77),
        Mistake("There are always 77 places, however many words the prompt has.", (2, 7)),
        Mistake("Beginning and end are among the 77 places.", (2, 75)),
        Mistake(_GUIDED, (4, 77)),
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
            Mistake("A text state has 768 numbers, whatever the size of the picture.", wrong)
            for wrong in ((2, 77, 512), (2, 77, 640))
        ),
        *(Mistake(_SMALL, wrong) for wrong in ((2, 24, 128), (2, 77, 128), (2, 24, 768))),
        Mistake("That is the shape of the tokens: the text encoder makes 768 numbers of each.", (2, 77)),
        Mistake(_GUIDED, (4, 77, 768)),
        Mistake("One text state for each of the 77 places, not one for the whole prompt.", (2, 768)),
        Mistake(
            "Places and numbers have changed their order: first the 77 places, then 768 numbers for each.", (2, 768, 77)
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
        Mistake("The small model's latents have 12 channels, those of Stable Diffusion 1.5 have 4.", (2, 12, 64, 80)),
        Mistake(_SMALL, (2, 12, 8, 8)),
        Mistake(_GUIDED, (4, 4, 64, 80)),
        Mistake("Batch and channels have changed places: the batch comes first.", (4, 2, 64, 80)),
        Mistake("The sides are 8 times smaller than the picture's.", (2, 4, 512, 640)),
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
        Mistake("The 3 channels are forgotten: red, green and blue.", (2, 512, 640)),
        Mistake(_SMALL, (2, 3, 64, 64)),
        Mistake("Batch and channels have changed places: the batch comes first.", (3, 2, 512, 640)),
        Mistake("That is the shape of square pictures: these are 640 wide.", (2, 3, 512, 512)),
        Mistake("That is still the latent's size. The decoder makes the sides 8 times larger.", (2, 3, 64, 80)),
    ],
)
