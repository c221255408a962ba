"""Lesson 10, latents: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_numbers = Question(
    "A picture has 3 x 512 x 512 numbers, its latent in Stable Diffusion 1.5 has 4 x 64 x 64. How many times fewer?",
    (
        Choice("8", "Each side is 8 times shorter, and there are two sides."),
        Choice("48", "786,432 / 16,384 = 48: 64 times fewer positions, with 4 numbers each in place of 3.", right=True),
        Choice("64", "That counts positions: there are 64 times fewer. But each has 4 numbers now, not 3."),
    ),
)

predict_draw = Question(
    "The encoder gives each number a mean and a standard deviation. We draw from them at random, twice. How much do "
    "the two decoded pictures differ?",
    (
        Choice("they are two different pandas", "Then the encoder would have forgotten which panda it saw."),
        Choice("one of them is noisy", "The noise is small, and the decoder was trained with it."),
        Choice(
            "your eye finds no difference",
            "The noise is about 0.02, and the standard deviation of the means is about 1.",
            right=True,
        ),
    ),
)

predict_bytes = Question(
    "A latent of 768 numbers takes 1,536 bytes in half precision. JPEG gets 1,536 bytes, too. Which picture is nearer "
    "to the original, for most pictures?",
    (
        Choice("the VAE's, because it was trained", "It was trained to make latents that a U-Net can use."),
        Choice("JPEG's", "JPEG is made to store pictures. A latent is made to be worked on.", right=True),
        Choice("they are equal", "For some pictures they are. For most, JPEG is ahead by some decibels."),
    ),
)

predict_cost = Question(
    "The small model's U-Net works on 8 x 8 positions. We let the same network work on 64 x 64 pixels. How much more "
    "does one call compute?",
    (
        Choice("16 times", "That is how many more numbers come in. The network's work depends on the positions."),
        Choice("64 times", "That holds for the convolutions. Self-attention compares each position with each."),
        Choice(
            "about 130 times",
            "64 times more in convolutions, and 4,096 times more comparisons in self-attention.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "You type a prompt and get a picture. How often is the VAE's encoder run?",
        (
            Choice("never", "The run begins with random latents. Only the decoder is run, at the end.", right=True),
            Choice("once, at the start", "There is no picture yet that it could encode."),
            Choice("in every step", "Between steps everything stays a latent."),
        ),
    ),
    Question(
        "You change one number of a latent. What changes in the decoded picture?",
        (
            Choice("one pixel", "A position of the latent stands for 8 by 8 pixels, and the decoder looks around it."),
            Choice(
                "mostly a patch around its position",
                "The convolutions act nearby. Norms and attention carry a little further.",
                right=True,
            ),
            Choice("all of it, alike", "Most of the change is close to the position. Try it in *Edit a latent*."),
        ),
    ),
    Question(
        "In image to image, somebody forgets the scaling factor before the U-Net. What goes wrong?",
        (
            Choice(
                "nothing, it is only a unit",
                "The noise table has its own unit: it was made for latents of standard deviation 1.",
            ),
            Choice(
                "signal and noise are no longer in the proportion of the training",
                "Latents 5.49 times too large drown less in the same noise than the network expects.",
                right=True,
            ),
            Choice("the picture becomes smaller", "The factor multiplies numbers. The number of positions stays."),
        ),
    ),
)
