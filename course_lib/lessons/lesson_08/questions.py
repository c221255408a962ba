"""Lesson 08, forward diffusion: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_spread = Question(
    "Start from numbers with variance 1. One step does `x = sqrt(1 - beta) * x + sqrt(beta) * noise`. What is the variance now?",
    (
        Choice("still 1", "(1 - beta) * 1 + beta * 1 = 1. The shrinking makes room for the noise.", right=True),
        Choice("1 + beta", "That would be so without the factor in front of x: the numbers would grow step by step."),
        Choice("1 - beta", "You have counted what is left of the old numbers, but not the noise that was added."),
    ),
)

predict_middle = Question(
    "Stable Diffusion's table has 1000 steps. At step 500, how much of the picture's amplitude is left?",
    (
        Choice("28 %", "That is alpha-bar at step 500, 0.2763. The amplitude is the square root of it."),
        Choice(
            "53 %",
            "sqrt(0.2763) is 0.53. The noise stands at sqrt(0.7237) = 0.85: it overtook the picture long before.",
            right=True,
        ),
        Choice(
            "80 %",
            "So much is left near step 270. The betas grow from step to step, and what they leave is multiplied.",
        ),
    ),
)

predict_last = Question(
    "A picture is white everywhere: each of its numbers is 1. It goes up to the last step of Stable Diffusion's table, "
    "t = 999. What is the mean of its numbers there, about?",
    (
        Choice(
            "0", "That is the mean of the noise. But the picture's amplitude is not 0: the number table says 6.8 %."
        ),
        Choice(
            "0.07",
            "The noise has mean 0, near enough. What is left of the white is its amplitude times 1, which is 0.068.",
            right=True,
        ),
        Choice("0.7", "That much is left near step 350. In its last line the number table says 6.8 %, which is 0.068."),
    ),
)

quiz = (
    Question(
        "What does a network learn in the forward process?",
        (
            Choice(
                "how to add noise", "Adding noise is a fixed formula with two square roots; nothing in it is learned."
            ),
            Choice("nothing", "The forward process is fixed; training asks a network to undo it.", right=True),
            Choice("the noise table", "The table is chosen by people before training starts."),
        ),
    ),
    Question(
        "Why is the closed form so useful for training?",
        (
            Choice(
                "it reaches any step in one jump",
                "Training needs x at a random step of a random picture, millions of times.",
                right=True,
            ),
            Choice("it adds less noise than the chain", "Both add the same amount: they have the same distribution."),
            Choice(
                "it gives the very same numbers as the chain",
                "Only the distribution is the same; the chain draws its noise anew at each step.",
            ),
        ),
    ),
    Question(
        "sigma is 2. What does that say?",
        (
            Choice(
                "the noise's factor is twice the picture's",
                "Divide x by the picture's factor, and what you have is x0 + 2 * eps.",
                right=True,
            ),
            Choice(
                "2 % of the picture is left",
                "The factor in front of the picture is 1 / sqrt(1 + 2**2), which is 0.45.",
            ),
            Choice(
                "it is step 2", "sigma is a noise level. Which step has it depends on the table: here it is step 562."
            ),
        ),
    ),
)
