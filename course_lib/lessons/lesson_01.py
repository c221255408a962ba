"""Lesson 01, what is Stable Diffusion: its runs, the drawing of the machine, its questions and its checks."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.figures import Shown
from course_lib.figures.diagrams import Arrow, Box, Frame, diagram
from course_lib.lessons.checks import Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question
from course_lib.samplers import SAMPLERS, Step, steps
from course_lib.schedulers import make_sigmas

EXAMPLES = ["animal", "fruit", "heart", "flower", "bird", "vehicle", "red", "happy", "สัตว์", "ผลไม้", "หัวใจ", "ดอกไม้"]


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


def draw_machine() -> Shown:
    """Stable Diffusion 1.5 as boxes and arrows, with the shape of what flows along each arrow.

    Example:

    >>> draw_machine().width
    980
    """
    boxes = {
        "prompt": Box(0.75, 3.05, "prompt", '"a red heart"', width=1.2),
        "tokenizer": Box(2.6, 3.05, "tokenizer", "here: words", width=1.25),
        "encoder": Box(4.6, 3.05, "text encoder", "here: choice of pictures", width=1.55),
        "noise": Box(0.75, 1.1, "noise", "here: the same", role="noise", width=1.2),
        "unet": Box(4.6, 1.1, "U-Net", "here: exact denoiser", width=1.55),
        "sampler": Box(7.25, 1.1, "sampler", "here: Euler", width=1.4),
        "decoder": Box(7.25, 3.05, "VAE decoder", "here: not needed", width=1.4),
        "picture": Box(9.1, 3.05, "picture", "(1, 3, 512, 512)", role="signal", width=1.25),
    }
    arrows = [
        Arrow("prompt", "tokenizer", "text"),
        Arrow("tokenizer", "encoder", "tokens\n(1, 77)", lift=0.27),
        Arrow("encoder", "unet", "states\n(1, 77, 768)", shift=0.55, lift=0.1),
        Arrow("noise", "unet", "first latent\n(1, 4, 64, 64)", lift=0.27, shift=-0.35),
        Arrow("unet", "sampler", "predicted noise\n(1, 4, 64, 64)", lift=0.27),
        Arrow("sampler", "unet", "next latent (1, 4, 64, 64)", bend=-0.5, lift=-0.78),
        Arrow("sampler", "decoder", "last latent\n(1, 4, 64, 64)", shift=0.6, lift=0.1),
        Arrow("decoder", "picture"),
    ]
    alt = (
        "Stable Diffusion 1.5. The prompt becomes 77 tokens, the text encoder makes 77 states of 768 numbers, and the "
        "U-Net reads them. Noise is the first latent, 4 x 64 x 64. Twenty times the U-Net predicts the noise and the "
        "sampler makes the next latent. The VAE decoder turns the last latent into a picture of 3 x 512 x 512 numbers."
    )
    return diagram(boxes, arrows, 9.8, 3.6, alt, [Frame(3.6, 0.1, 4.55, 1.75, "20 times")])


predict_step = Question(
    "The two pictures are -1 and 1, we see x = 3 at sigma = 2. What is the best guess of the clean picture?",
    (
        Choice("1", "1 is the nearer one. But at this much noise -1 may be underneath, too, and that must count."),
        Choice("3", "No picture is 3. The guess is about what was there before the noise."),
        Choice("between 0 and 1", "Yes: a mean of -1 and 1 in which 1 counts more. It is 0.64.", right=True),
    ),
)

predict_guess = Question(
    "Fifty animals, and a first state that is almost nothing but noise. What does the very first guess look like?",
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
        Choice("Euler ancestral in place of Euler", "It adds fresh noise after each step, and that leads elsewhere."),
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
                "That is the sampler, which the library `diffusers` calls a scheduler.",
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

_ENCODER = "The VAE encoder (F) has no place here: text-to-image starts from noise, not from a picture."
_DECODER_INSIDE = "The decoder (A) is run once, after the loop. Inside, everything is a latent."
_TEXT_INSIDE = "The text stays the same in all 20 steps, so the tokenizer (D) and the text encoder (C) are run once, before the loop."
_TEXT_LATE = "The U-Net (E) reads the text states in every step: the text comes before the loop."

check_order = ValueCheck(
    "the order",
    "DC(EB)A",
    [
        Mistake("Only E and B are repeated: put them in brackets.", "DCEBA"),
        Mistake("The text encoder (C) reads tokens, so the tokenizer (D) comes first.", "CD(EB)A"),
        Mistake("The sampler (B) needs the U-Net's prediction (E) before it can make a step.", "DC(BE)A"),
        Mistake("The decoder (A) turns the last latent into the picture: it comes after the loop.", "DCA(EB)"),
        Mistake("The decoder (A) is still missing: a latent is not a picture.", "DC(EB)"),
        *(Mistake(_DECODER_INSIDE, wrong) for wrong in ("DC(EBA)", "DC(EAB)")),
        *(Mistake(_TEXT_INSIDE, wrong) for wrong in ("D(CEB)A", "(DCEB)A", "D(ECB)A", "(DCEBA)")),
        *(Mistake(_TEXT_LATE, wrong) for wrong in ("(EB)DCA", "(EB)ADC", "D(EB)CA")),
        *(
            Mistake(_ENCODER, wrong)
            for wrong in ("FDC(EB)A", "DCF(EB)A", "DFC(EB)A", "DC(FEB)A", "DC(EB)FA", "DC(EB)AF")
        ),
    ],
)

check_tokens = ValueCheck(
    "the shape of the tokens",
    (1, 77),
    [
        Mistake("77 x 512 mixes two things: the prompt has 77 places, whatever the size of the picture.", (77, 512)),
        Mistake("The batch is missing: one prompt is a batch of 1.", (77,)),
        Mistake(
            "A token is one whole number. The 768 numbers for each come later, from the text encoder.", (1, 77, 768)
        ),
    ],
)

check_states = ValueCheck(
    "the shape of the text states",
    (1, 77, 768),
    [
        Mistake("The width of a state belongs to the text encoder, 768, and not to the picture.", (1, 77, 512)),
        Mistake("One state for each of the 77 places, not one for the whole prompt.", (1, 768)),
        Mistake("The batch is missing: one prompt is a batch of 1.", (77, 768)),
        Mistake(
            "Places and width have changed their order: first the 77 places, then 768 numbers for each.", (1, 768, 77)
        ),
    ],
)

_LATENT_LAST = "PyTorch puts the channels before rows and columns."

check_latent = ValueCheck(
    "the shape of the latent",
    (1, 4, 64, 64),
    [
        Mistake("A latent has 4 channels, not the 3 colours of a picture.", (1, 3, 64, 64)),
        *(
            Mistake("64 x 64 x 3 would be a small picture. A latent has 4 channels, and they come first.", wrong)
            for wrong in ((64, 64, 3), (1, 64, 64, 3))
        ),
        Mistake("The 4 channels are forgotten.", (1, 64, 64)),
        Mistake("The sides are 8 times smaller than the picture's: 512 / 8 = 64.", (1, 4, 512, 512)),
        *(Mistake("512 / 8 is 64: three halvings, 256, 128, 64.", (1, 4, side, side)) for side in (256, 128, 32)),
        Mistake("The batch is missing: one latent is a batch of 1.", (4, 64, 64)),
        Mistake(_LATENT_LAST, (1, 64, 64, 4)),
    ],
)

check_picture = ValueCheck(
    "the shape of the picture",
    (1, 3, 512, 512),
    [
        Mistake("A picture has 3 channels: red, green and blue. The fourth is the latent's.", (1, 4, 512, 512)),
        Mistake(_LATENT_LAST, (1, 512, 512, 3)),
        Mistake("The batch is missing: one picture is a batch of 1.", (3, 512, 512)),
        Mistake("That is still the latent's size. The decoder makes the sides 8 times larger.", (1, 3, 64, 64)),
    ],
)
