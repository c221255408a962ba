"""Lesson 17, the real model: its predictions, its quiz and a check; the other check is in `settings_card`, what the
page runs in `real_model` and `watching`."""

from __future__ import annotations

import math

import torch

from course_lib.lessons.checks import FunctionCheck, Mistake
from course_lib.lessons.quiz import Choice, Question
from course_lib.lessons.real_model import choose, difference, on_screen, show_difference
from course_lib.lessons.settings_card import CARD, check_settings, show_card
from course_lib.lessons.watching import Watch, measured
from course_lib.models.memory import give_back

__all__ = [
    "CARD", "Watch", "check_settings", "check_why_black", "choose", "difference", "give_back", "measured",
    "on_screen", "predict_same", "predict_side", "predict_strength", "predict_weights", "quiz", "show_card", "show_difference",
]  # fmt: skip

predict_weights = Question(
    "The three networks of Stable Diffusion 1.5 have 1,066 million weights. How much memory do these take in half precision, float16?",
    (
        Choice("1.1 GB", "That would be one byte for each weight. A float16 has 16 bits, which are two bytes."),
        Choice("2.1 GB", "Yes: two bytes for each weight.", right=True),
        Choice("4.3 GB", "That is single precision, float32, with four bytes for each weight."),
        Choice("17 GB", "That counts the 16 bits of each weight as bytes. Eight bits are one byte."),
    ),
)

predict_side = Question(
    "Twice the side, 1024 in place of 512. By how much does the working memory grow?",
    (
        Choice("not at all", "The weights stay as they are. But feature maps grow with the picture."),
        Choice("2 times", "A picture has two sides: twice as high and twice as wide."),
        Choice(
            "4 times",
            "Yes: there are four times as many places, and as many numbers for each. Attention keeps to this as long as it never holds all its scores at once.",
            right=True,
        ),
        Choice(
            "16 times",
            "That holds for the scores of self-attention, each place with each. Today's routines work them off in pieces and never hold them all.",
        ),
    ),
)

predict_same = Question(
    "The same files, the same first noise, the same levels and Euler's rule, in two programs that have only PyTorch in common. How alike are the pictures?",
    (
        Choice(
            "the same to the last digit",
            "The sums are the same, but not the order in which their numbers are added, and each addition rounds.",
        ),
        Choice(
            "the same to the eye",
            "Yes: what differs is the rounding, far below what a screen can show in single precision.",
            right=True,
        ),
        Choice(
            "another picture of the same thing",
            "That is what another noise would give. Here nothing is left to chance: the noise is handed to both.",
        ),
    ),
)

predict_strength = Question(
    "Image to image with strength 0.5 begins at timestep 499.5 of 999. Text to image begins at sigma 14.6. At which sigma does this begin?",
    (
        Choice("at 14.6, too", "So much noise would leave nearly nothing of the picture: that is strength 1."),
        Choice(
            "at 7.3", "Strength counts timesteps. Sigma does not grow evenly with them: most of it comes at the end."
        ),
        Choice(
            "at 1.6",
            "Yes: sigma grows slowly at first. Halfway through the timesteps it is only a ninth of its largest value.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "With the same model files, a friend runs your prompt with your seed, sampler, steps and guidance in another program, and gets quite another picture. What is the likeliest reason?",
        (
            Choice(
                "the other program draws its first noise differently",
                "Right: a seed fixes the noise only together with the generator it is given to, and with the device that draws.",
                right=True,
            ),
            Choice("rounding", "Rounding changes single levels of brightness. It makes no other picture of this one."),
            Choice("the network paints by chance", "It does not: the same input gives the same output."),
        ),
    ),
    Question(
        "A picture of 768 by 768 pixels does not fit into the memory of your GPU. Which change helps?",
        (
            Choice("fewer steps", "One step is done before the next begins: twenty need no more memory than one."),
            Choice(
                "a smaller picture, or half precision",
                "Right: fewer numbers on the way, or fewer bytes for each number, the weights included.",
                right=True,
            ),
            Choice("a guidance of 3 in place of 7.5", "With 3 as with 7.5 the U-Net is asked twice, side by side."),
        ),
    ),
    Question(
        "What does a LoRA file hold?",
        (
            Choice("a U-Net of its own", "That would be 1.7 GB in half precision. A LoRA has a small part of it."),
            Choice(
                "for each of some layers two thin matrices",
                "Right: their product is added to the layer's weights, times a strength that one can choose.",
                right=True,
            ),
            Choice("words that are added to the prompt", "Words go through the text encoder. A LoRA changes weights."),
        ),
    ),
)


def _why_black(picture: torch.Tensor, flagged: list[bool] | None) -> str:
    if not picture.isfinite().all():
        return "overflow"
    return "checker" if flagged and any(flagged) else "painted"


def _pictures() -> dict[str, torch.Tensor]:
    """Pictures (1, 3, 1, 1): a black one, one that is all NaN, and ones with a single number that is none."""
    black = torch.tensor([-1, -0.995, -0.99]).reshape(1, 3, 1, 1)
    spoiled = {"one NaN": math.nan, "one infinity": math.inf}
    singles = {name: black.where(black > -1, torch.tensor(value)) for name, value in spoiled.items()}
    return {"black": black, "all NaN": torch.full_like(black, math.nan), **singles}


_OF = _pictures()
_INSIDE = "In Python a list with something in it counts as true, even [False]. Look inside it: any(flagged)."
_NO_CHECKER = "Where there is no checker, flagged is None, and None cannot be looked into. Ask for that first."
_NAN_EQUALS = "NaN equals nothing, not even itself, and is neither larger nor smaller than any number: ==, < and > never find it. Use isfinite."
_ONLY_INFINITY = "This finds an infinity, but no NaN: isinf is made so, and ==, < and > never find NaN, because it equals nothing and is neither larger nor smaller than any number. Use isfinite."
_EVERYWHERE = "One number that is none spoils the picture: the picture must be finite everywhere."
_NO_THIRD = "The third answer is missing: a picture can be black because black was painted."
_ONE_ANSWER = "isfinite and isnan answer for each number, and an if needs one answer: add .all() or .any()."
_CHECKER = "checker"


check_why_black = FunctionCheck(
    "why_black",
    _why_black,
    [
        (_OF["black"], [True]),
        (_OF["black"], [False]),
        (_OF["black"], None),
        (_OF["all NaN"], [False]),
        (_OF["all NaN"], None),
        (_OF["one NaN"], None),
        (_OF["one infinity"], [False]),
    ],
    [
        Mistake(_ONE_ANSWER, lambda picture, flagged: "overflow" if not picture.isfinite() else "painted", stops="Boolean value of Tensor"),
        Mistake("That all is black says nothing here: all the pictures are. Ask whether the picture is finite, and ask flagged.", lambda picture, flagged: _CHECKER),
        Mistake(_INSIDE, lambda picture, flagged: _CHECKER if flagged else _why_black(picture, flagged)),
        Mistake(_INSIDE, lambda picture, flagged: "overflow" if not picture.isfinite().all() else _CHECKER if flagged else "painted"),
        Mistake(_NO_CHECKER, lambda picture, flagged: _CHECKER if any(flagged) else _why_black(picture, flagged), stops="NoneType.*(iterable|subscriptable|len)"),
        Mistake(_NAN_EQUALS, lambda picture, flagged: _CHECKER if flagged and any(flagged) else "painted"),
        Mistake(_ONLY_INFINITY, lambda picture, flagged: "overflow" if picture.max() > 65504 else _why_black(picture.nan_to_num(), flagged)),
        Mistake("An infinity is an overflow, too: isfinite finds both.", lambda picture, flagged: "overflow" if picture.isnan().any() else _why_black(picture.nan_to_num(), flagged)),
        Mistake(_EVERYWHERE, lambda picture, flagged: "overflow" if picture.isnan().all() else _why_black(picture.nan_to_num(), flagged)),
        Mistake("The two are mixed up: numbers that are not finite are the overflow, and a True in flagged is the checker.", lambda picture, flagged: {"overflow": _CHECKER, _CHECKER: "overflow"}.get(_why_black(picture, flagged), "painted")),
        Mistake(_NO_THIRD, lambda picture, flagged: "overflow" if _why_black(picture, flagged) == "overflow" else _CHECKER),
        Mistake(_NO_THIRD, lambda picture, flagged: _CHECKER if _why_black(picture, flagged) == _CHECKER else "overflow"),
    ],
)  # fmt: skip
