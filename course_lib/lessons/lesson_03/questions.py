"""Lesson 03, ReLU: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_ten = Question(
    "Ten linear layers follow each other. Each reads 64 numbers and gives 64. How many parameters are enough to compute the same, whatever the ten do?",
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

predict_slope = Question(
    "Left of 0 the slope of ReLU is 0, right of 0 it is 1. Exactly at 0 the curve has a corner. What does PyTorch give there?",
    (
        Choice("0", "It is a choice; any number from 0 to 1 would do, and 0 is what was chosen.", right=True),
        Choice("0.5", "The mean of both sides would be a fair choice, but it is not the one that was made."),
        Choice("1", "That would count the corner to the right side. PyTorch counts it to the left one."),
        Choice("an error", "A training must not stop because of one number. PyTorch takes a slope and goes on."),
    ),
)  # fmt: skip

predict_dead = Question(
    "With a bias of -2, about 98 of 100 results are 0. How many of the 1000 units are dead, that is 0 for all 500 inputs?",
    (
        Choice("none, or hardly any", "2 of 100 results are left. In 500 tries nearly every unit has some of them.", right=True),
        Choice("about half", "That happens near a bias of -3, as the table below shows."),
        Choice("about 980", "980 of 1000 results are 0, but not always of the same units. Each input wakes others."),
    ),
)  # fmt: skip

predict_calls = Question(
    "The U-Net of Stable Diffusion 1.5 has 98 convolutions. How often does it use ReLU when it predicts the noise once?",
    (
        Choice("98 times", "In the U-Net of 2015 a ReLU follows each 3x3 convolution. This one is built differently."),
        Choice("16 times", "Something happens 16 times, once in each transformer block, but it is another activation."),
        Choice("never", "It bends its numbers with SiLU and GELU. The text encoder and the VAE have no ReLU either.", right=True),
    ),
)  # fmt: skip

quiz = (
    Question(
        "Five linear layers, nothing between them, and one ReLU after the last. What is the least that can compute the same, whatever their weights?",
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
            Choice("yes, if its bias is negative", "The bias alone doesn't tell. What the unit reads may still lift its sum above 0."),
            Choice("only if it gives 0 for all other examples, too", "Then no example has a slope for it, and it gets no gradient, unless the layers before it change.", right=True),
        ),
    ),
    Question(
        "Which of these pairs is right for Stable Diffusion 1.x?",
        (
            Choice("residual block: SiLU after a group norm", "44 of the U-Net's 68 SiLUs, and 48 of the VAE's 50, stand there.", right=True),
            Choice("transformer block: quick-GELU", "There it is GEGLU, with the exact GELU. Quick-GELU is in the text encoder."),
            Choice("text encoder: GEGLU", "The text encoder has quick-GELU between two linear layers, and no gate."),
        ),
    ),
)  # fmt: skip
