"""Lesson 03, ReLU: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_ten = Question(
    "Ten linear layers follow each other. Each reads 64 numbers and gives 64. What is the smallest number of parameters that can always compute the same?",
    (
        Choice("41,600", "The ten have this many. But two of them become one, that one and the third become one, and so on to the end."),
        Choice("20,800", "That would be five layers. It is right that two become one. But then five are left in a row, and the same happens again."),
        Choice("4,160", "One layer is enough, with 64 times 64 weights and 64 biases.", right=True),
        Choice("4,096", "Those are the 64 times 64 weights of one layer. It needs its 64 biases as well."),
    ),
)  # fmt: skip

predict_hat = Question(
    "`relu(x) - 2 * relu(x - 1) + relu(x - 2)` is 0 at x = 0 and 1 at x = 1. What is it at x = 10?",
    (
        Choice("10", "That is the first of the three alone. The others are 0 only up to x = 1 and x = 2."),
        Choice("0", "10 - 2 * 9 + 8 = 0. From x = 2 on the three slopes 1, -2 and 1 cancel.", right=True),
        Choice("-8", "That is 10 - 18, the first two. The third adds 8."),
    ),
)

predict_kinkless = Question(
    "A second network begins with the same numbers and is trained in the same way, but there is nothing between its layers. How many of the 200 points does it get right in the end?",
    (
        Choice("all 200, but later", "However long it is trained: three linear layers are one, and one cannot bend."),
        Choice("about 150", "No straight line gets this many. The best one gets 116."),
        Choice("about 100", "A straight line through two spirals is hardly better than a coin.", right=True),
    ),
)

predict_dead = Question(
    "With a bias of -2, about 98 of 100 results are 0. How many of the 1000 units are dead, that is 0 for all 500 inputs?",
    (
        Choice("none, or hardly any", "2 of 100 results are left. In 500 tries nearly every unit has some of them.", right=True),
        Choice("about half", "That happens near a bias of -3, as the table below shows."),
        Choice("about 980", "980 of 1000 results are 0, but not always of the same units. Each input wakes others."),
    ),
)  # fmt: skip

predict_calls = Question(
    "Which of the three does the U-Net of Stable Diffusion 1.5 use most often when it predicts the noise once?",
    (
        Choice("ReLU", "In the U-Net of 2015 a ReLU follows each 3x3 convolution. This one is built differently, and has none."),
        Choice("SiLU", "It stands before most of the 3x3 convolutions.", right=True),
        Choice("GELU", "It is there, but only 16 times: once in each transformer block."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "Five linear layers, nothing between them, and one ReLU after the last. How few layers can always compute the same?",
        (
            Choice("one linear layer and a ReLU", "All layers before the first kink are one layer.", right=True),
            Choice("five linear layers with a ReLU after each", "These have four more kinks. They can do much more than is needed."),
            Choice("one linear layer", "The ReLU at the end still makes a corner, and a linear layer has none."),
        ),
    ),
    Question(
        "A unit with ReLU gives 0 for the picture at hand. Is it dead?",
        (
            Choice("yes: its slope is 0, so it cannot learn", "It learns nothing from this picture. It learns again from the next picture for which it is above 0."),
            Choice("yes, if its bias is negative", "The bias alone doesn't decide it. What the unit reads may still lift its sum above 0."),
            Choice("only if it gives 0 for all other examples, too", "Then no example has a slope for it, and it gets no gradient, unless the layers before it change.", right=True),
        ),
    ),
    Question(
        "What stands before the 3x3 convolutions in the residual blocks of Stable Diffusion's U-Net?",
        (
            Choice("a group norm, and then SiLU", "The norm brings the numbers to both sides of the bend. 44 of the U-Net's 68 SiLUs stand there.", right=True),
            Choice("a group norm, and then GELU", "The U-Net has GELU in its transformer blocks."),
            Choice("ReLU, and no norm", "Stable Diffusion has no ReLU. The U-Net of 2015 had it, after its convolutions."),
        ),
    ),
)  # fmt: skip
