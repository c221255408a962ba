"""Lesson 01, what is Stable Diffusion: the checks of its exercises."""

from __future__ import annotations

from collections.abc import Callable

import torch

from course_lib.exercises.checks import Mistake, ValueCheck, not_yet, right
from course_lib.texts import tr

_SMALL = "That is the small model's. The exercise is about Stable Diffusion 1.5, whose numbers stand before the bars in *The whole machine*."

_GUIDED = "Did you count guidance? With it the U-Net is asked about four at once. But there are two prompts, and two pictures."

_BATCH = "The batch is missing or too small: two pictures, each from a prompt of its own, are a batch of 2."

_WHOLE = (
    "The sides are right, but each must be a whole number, without a point: 512 // 8 gives 64, and 512 / 8 gives 64.0."
)

_NO_FACTOR = "Each prompt has 77 positions of its own: the batch is a side of the shape, not a factor."


def _sides(names: str) -> Callable[[object], str]:
    """What is said to a shape that is no usual mistake, and to what is no shape."""

    def hint(answer: object) -> str:
        if isinstance(answer, torch.Tensor):
            return tr("Write the shape itself, a tuple such as (1, 2, 3), in place of a tensor.")
        if isinstance(answer, str):
            return tr("Write the shape as a tuple such as (1, 2, 3), without quotes.")
        return tr("Its sides are: {names}.").format(names=tr(names))

    return hint


class ShapeCheck(ValueCheck):
    """Checks a shape: as in PyTorch, its sides are whole numbers.

    Example:

    >>> check_tokens((2, 154 / 2))
    [not yet] The sides are right, but each must be a whole number, without a point: 512 // 8 gives 64, and 512 / 8 gives 64.0.
    """

    def verdict(self, answer: object) -> str:
        """The verdict as one sentence."""
        says = super().verdict(answer)
        if says == right(self.name) and any(isinstance(side, float) for side in answer):
            return not_yet(_WHOLE)
        return says


check_tokens = ShapeCheck(
    "the shape of the tokens",
    (2, 77),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((77,), (1, 77))),
        *(
            Mistake("The number of tokens is 77, whatever the size of the picture.", wrong)
            for wrong in ((2, 640), (2, 512), (77, 512), (77, 640))
        ),
        Mistake(_SMALL, (2, 24)),
        Mistake("A shape is a tuple with the batch in front: (2, and how many positions).", 77),
        *(
            Mistake("There are always 77 positions, however many words the prompt has.", wrong)
            for wrong in ((2, 6), (2, 7), (2, 8))
        ),
        *(
            Mistake("Beginning and end are among the 77 positions.", wrong)
            for wrong in ((2, 75), (2, 76), (2, 78), (2, 79))
        ),
        Mistake(
            "A token is one whole number, not a list of one: the shape has two sides, batch and positions.", (2, 77, 1)
        ),
        Mistake(_GUIDED, (4, 77)),
        *(Mistake(_NO_FACTOR, wrong) for wrong in ((1, 154), (2, 154))),
        Mistake("The batch comes first.", (77, 2)),
        *(
            Mistake("A token is one whole number. The 768 numbers for each come later, from the text encoder.", wrong)
            for wrong in ((2, 77, 768), (2, 768))
        ),
    ],
    hint=_sides("batch and positions"),
)

check_states = ShapeCheck(
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
        Mistake("The batch comes first.", (77, 2, 768)),
        *(Mistake(_NO_FACTOR, wrong) for wrong in ((154, 768), (1, 154, 768), (2, 154, 768))),
        Mistake("One text state for each of the 77 positions, not one for the whole prompt.", (2, 768)),
        Mistake("Positions and numbers are swapped: first the 77 positions, then 768 numbers for each.", (2, 768, 77)),
    ],
    hint=_sides("batch, positions and numbers for each position"),
)

_LATENT_LAST = "PyTorch puts the channels before rows and columns."

_LAST_AND_WIDTH_FIRST = "PyTorch puts the channels before rows and columns, and height before width."

_NO_BATCH_LAST = "The batch is missing, and PyTorch puts the channels before rows and columns."

_NO_BATCH_WIDTH_FIRST = "The batch is missing, and height comes before width."

_WIDTH_FIRST = "Height and width have changed places: PyTorch puts the rows first, so height before width."

check_latent = ShapeCheck(
    "the shape of the latent",
    (2, 4, 64, 80),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((4, 64, 80), (1, 4, 64, 80))),
        Mistake(_NO_BATCH_WIDTH_FIRST, (4, 80, 64)),
        Mistake("Batch and channels are missing: they come before height and width.", (64, 80)),
        Mistake(_WIDTH_FIRST, (2, 4, 80, 64)),
        Mistake(_LAST_AND_WIDTH_FIRST, (2, 80, 64, 4)),
        Mistake(_NO_BATCH_LAST, (64, 80, 4)),
        Mistake("A latent has 4 channels, not the 3 colours of a picture.", (2, 3, 64, 80)),
        Mistake("A latent has 4 channels, not 3 colours, and height comes before width.", (2, 3, 80, 64)),
        *(
            Mistake("64 x 80 x 3 would be a small picture. A latent has 4 channels, and they come first.", wrong)
            for wrong in ((64, 80, 3), (2, 64, 80, 3))
        ),
        Mistake("The 4 channels are missing.", (2, 64, 80)),
        Mistake("The 4 channels are missing, and height comes before width.", (2, 80, 64)),
        Mistake("The small model's latents have 12 channels, those of Stable Diffusion 1.5 have 4.", (2, 12, 64, 80)),
        *(Mistake(_SMALL, wrong) for wrong in ((2, 12, 8, 8), (2, 12, 8, 10))),
        Mistake(_GUIDED, (4, 4, 64, 80)),
        Mistake("Batch and channels have changed places: the batch comes first.", (4, 2, 64, 80)),
        Mistake("The sides are 8 times smaller than the picture's.", (2, 4, 512, 640)),
        Mistake("The sides are 8 times smaller than the picture's, and height comes before width.", (2, 4, 640, 512)),
        Mistake(
            "8 x 8 is the size of the small model's latents. Here the sides are 512 / 8 and 640 / 8.", (2, 4, 8, 8)
        ),
        *(
            Mistake("512 / 8 is 64: three halvings, 256, 128, 64. And 640 / 8 is 80.", (2, 4, height, width))
            for height, width in ((256, 320), (128, 160), (32, 40), (8, 10))
        ),
        Mistake("That is the latent of a square picture: these are 640 wide.", (2, 4, 64, 64)),
        Mistake(_LATENT_LAST, (2, 64, 80, 4)),
    ],
    hint=_sides("batch, channels, height and width"),
)

check_picture = ShapeCheck(
    "the shape of the picture",
    (2, 3, 512, 640),
    [
        *(Mistake(_BATCH, wrong) for wrong in ((3, 512, 640), (1, 3, 512, 640))),
        Mistake(_NO_BATCH_WIDTH_FIRST, (3, 640, 512)),
        Mistake("Batch and channels are missing: they come before height and width.", (512, 640)),
        Mistake(_NO_BATCH_LAST, (512, 640, 3)),
        Mistake(_GUIDED, (4, 3, 512, 640)),
        Mistake(
            "That is the latent. The decoder makes 3 channels of it, and sides that are 8 times larger.", (2, 4, 64, 80)
        ),
        Mistake(_WIDTH_FIRST, (2, 3, 640, 512)),
        Mistake(_LAST_AND_WIDTH_FIRST, (2, 640, 512, 3)),
        Mistake("A picture has 3 channels: red, green and blue. The fourth is the latent's.", (2, 4, 512, 640)),
        Mistake(
            "One channel would be a grey picture. A picture has 3 channels: red, green and blue.", (2, 1, 512, 640)
        ),
        Mistake(_LATENT_LAST, (2, 512, 640, 3)),
        Mistake("The 3 channels are missing: red, green and blue.", (2, 512, 640)),
        Mistake("The 3 channels are missing, and height comes before width.", (2, 640, 512)),
        Mistake(_SMALL, (2, 3, 64, 64)),
        Mistake("Batch and channels have changed places: the batch comes first.", (3, 2, 512, 640)),
        Mistake("That is the shape of square pictures: these are 640 wide.", (2, 3, 512, 512)),
        Mistake("That is still the latent's size. The decoder makes the sides 8 times larger.", (2, 3, 64, 80)),
    ],
    hint=_sides("batch, channels, height and width"),
)
