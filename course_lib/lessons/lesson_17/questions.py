"""Lesson 17, the real model: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_weights = Question(
    "The three networks of Stable Diffusion 1.5 have 1,066 million weights. How much memory do these take in half precision, float16?",
    (
        Choice("1.1 GB", "That would be one byte for each weight. A float16 has 16 bits, which are two bytes."),
        Choice("2.1 GB", "Two bytes for each weight.", right=True),
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
            "There are four times as many positions, and each has as many numbers as before.",
            right=True,
        ),
        Choice(
            "16 times",
            "That holds for the scores of self-attention, each position with each. Today's routines compute them in pieces and never hold them all.",
        ),
    ),
)

predict_same = Question(
    "The same files, the same first noise, the same noise levels and Euler's rule, in two programs that have only PyTorch in common. How alike are the pictures?",
    (
        Choice(
            "the same to the last digit",
            "The sums are the same, but not the order in which their numbers are added, and each addition rounds.",
        ),
        Choice(
            "the same to the eye",
            "What differs is the rounding, far below what a screen can show in single precision.",
            right=True,
        ),
        Choice(
            "another picture of the same thing",
            "That is what another noise would give. Here nothing is left to chance: the noise is handed to both.",
        ),
    ),
)

predict_when = Question(
    "With 20 steps, the guess looks finished from some step on. You run it again with 40 steps. From which step on does it look finished now?",
    (
        Choice(
            "from about half that step",
            "More steps give the network more looks. They don't let it see more through the same noise.",
        ),
        Choice("from the same step", "There the longer run has come half as far, and much more noise is left."),
        Choice(
            "from about twice that step",
            "Both runs go from the same noise down to none. What the guess can show depends on how much noise is left.",
            right=True,
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
            "Sigma grows slowly at first. Halfway through the timesteps it is only a ninth of its largest value.",
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
                "A seed fixes the noise only together with the generator it is given to, and with the device that draws.",
                right=True,
            ),
            Choice("rounding", "Rounding changes a pixel by very little. It makes no other picture of this one."),
            Choice("the network paints by chance", "It does not: the same input gives the same output."),
        ),
    ),
    Question(
        "A picture of 768 by 768 pixels does not fit into the memory of your GPU. Which change helps?",
        (
            Choice("fewer steps", "One step is done before the next begins: twenty need no more memory than one."),
            Choice(
                "a smaller picture, or half precision",
                "Fewer numbers on the way, or fewer bytes for each number, the weights included.",
                right=True,
            ),
            Choice("a guidance of 3 in place of 7.5", "With 3 as with 7.5 the U-Net is asked twice, side by side."),
        ),
    ),
    Question(
        "On the screen a picture is black. All numbers that the decoder made are finite, and `flagged` is `[True]`. What do you try first?",
        (
            Choice(
                "float32 for the VAE", "That helps against overflow. Here every number is finite: nothing overflowed."
            ),
            Choice(
                "another seed, or other words",
                "The safety checker objected, and it makes mistakes. Another picture may pass.",
                right=True,
            ),
            Choice("more steps", "The checker looks at the finished picture, however many steps it took."),
        ),
    ),
)
