"""Lesson 06, the U-Net: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

ALT_TOLD = (
    "Left, three curves of the error against the timestep that the network is told. For the noise of 500 and of 800 it "
    "falls from high at 0 to low at about the true timestep, and stays low; for the noise of 200 it is low everywhere. "
    "Right, two curves: the noise in the answer is about 1 at told timestep 0, and falls to about 0.1 at 999; the picture "
    "falls from about 0 to about -0.5."
)

ALT_WAVES = (
    "Four curves over the timesteps 0 to 999, one below the other, all from 1 at timestep 0 and between -1 and 1. Number "
    "20 swings some fifty times, number 50 about nine times, number 80 one and a half times, and number 110 only falls, "
    "from 1 to about -0.2."
)

ALT_LEVELS = (
    "Two rows of bars, one bar for each size. Of the parameters, 4 per cent are at 64 by 64, 14 at 32 by 32, 45 at 16 by "
    "16 and 37 at 8 by 8. Of the multiply-adds, 42 per cent are at 64 by 64, 29 at 32 by 32, 24 at 16 by 16 and 5 at 8 "
    "by 8."
)

predict_row = Question(
    "The row 3 5 4 4 9 1 8 6 is halved twice by the mean of neighbours, and then doubled twice by writing every number twice. What is the row now?",
    (
        Choice("3 5 4 4 9 1 8 6", "The two numbers at the bottom are 4 and 6. Nothing in them says that there were a 3 and a 9."),
        Choice("4 4 4 4 5 5 7 7", "That is what one halving and one doubling leave. Here one more of each follows."),
        Choice("4 4 4 4 6 6 6 6", "Halved once it is 4 4 5 7, halved twice 4 6, and doubling can only repeat these.", right=True),
    ),
)  # fmt: skip

predict_first = Question(
    "A picture of 572 x 572 goes into the U-Net of 2015. Its convolutions have no padding. How large is what comes out?",
    (
        Choice("572 x 572", "That would need padding: without it, every 3x3 convolution takes one position off at each rim."),
        Choice("564 x 564", "That counts the four convolutions at the top only. What the lower levels lose counts 2, 4, 8 and 16 times as much up here."),
        Choice("388 x 388", "92 positions are lost on each side. The lower a convolution stands, the more of the picture its lost rim is worth.", right=True),
    ),
)  # fmt: skip

predict_around = Question(
    "In a residual block, all weights and biases of the second convolution are 0. What does the block give?",
    (
        Choice("only zeros", "The second convolution gives only zeros. But what is added to them at the end?"),
        Choice("x, unchanged", "The convolutions add 0, and x has gone around them.", right=True),
        Choice("x after the first convolution", "What the first convolution has made must pass the second, and there it is multiplied by 0."),
    ),
)  # fmt: skip

predict_where = Question(
    "Stable Diffusion's U-Net works at 64x64, 32x32, 16x16 and 8x8. Where are most of its parameters, and where is the largest share of its work, counted in multiply-adds?",
    (
        Choice("both at the top, 64x64", "The largest share of the work, yes. But at the top there are 320 channels only, and the parameters grow with the square of the channels."),
        Choice("parameters low down, work at the top", "Low down there are many channels and few positions, at the top few channels and many positions.", right=True),
        Choice("both low down, at 16x16 and 8x8", "The parameters, yes. But each of them is used once for each position, and at 8x8 there are only 64 positions."),
    ),
)  # fmt: skip

predict_far = Question(
    "After the first residual block, convolutions alone have reached 7 x 7 positions. A number of the latent changes that lies 12 positions away. Does the block's result in the middle change?",
    (
        Choice("no, it is out of reach", "That is true of the convolutions. What else stands in the block?"),
        Choice("yes, a little", "Group norm subtracts a mean and divides by a spread, and both are taken over all positions.", right=True),
        Choice("only if attention follows", "Attention sees everything, too. But there is a layer in the block itself that does."),
    ),
)  # fmt: skip

predict_skip = Question(
    "The small model's U-Net hands four feature maps across: two of 8x8, at its upper level, and two of 4x4, at its lower level. Two of them are replaced by zeros. Which two are missed more?",
    (
        Choice("the two of 8x8", "What differs from position to position travels across at the top. The 4x4 positions below do not tell of it.", right=True),
        Choice("the two of 4x4", "They are closest to the bottom, and the network can do nearly without them. Look at the pictures."),
        Choice("both alike", "Then all skips would do the same work. Look at the two pictures."),
    ),
)  # fmt: skip

predict_told = Question(
    "A latent has the noise of timestep 500, but the U-Net is told that it is timestep 0, where there is nearly none. Does its answer change?",
    (
        Choice("yes, very much: it answers for the timestep it was told", "The number decides which mix of noise and picture it gives.", right=True),
        Choice("no: it sees for itself how much noise there is", "It could see it. But in training the number was always true, and it has learned to rely on it."),
        Choice("a little: every number gets somewhat larger or smaller", "The time only shifts whole channels, but it does so in every residual block, and a norm and a SiLU follow each time."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "How does a feature map that was kept on the way down join the way up, in both U-Nets?",
        (
            Choice("it is added, number by number", "That is what the way around inside a residual block does. A skip of the U keeps both apart."),
            Choice("it replaces what comes from below", "Then what the bottom has found out would be lost."),
            Choice("it is put beside, as further channels", "Concatenated, so that the next convolution can weigh every channel of both.", right=True),
        ),
    ),
    Question(
        "You saw blotches twice: with the upper skips cut, and when you lied about the time. What was the same?",
        (
            Choice("the network no longer knew how much noise there is", "When you lied, it was told a wrong number. With the skips cut, every block was told the true one."),
            Choice("v held another share of the noise than the formula expects, so noise stayed", "Too little of it with the skips cut or told 999, too much told 0. Either way noise is left in the guess.", right=True),
            Choice("the network made new noise", "A U-Net draws no random numbers. The noise was in the latent from the start, and wasn't taken away."),
        ),
    ),
    Question(
        "How is the U-Net told how noisy the latent is?",
        (
            Choice("the timestep is put on the latent as a fifth channel", "It could be done so. Stable Diffusion's first convolution reads 4 channels, the latent and nothing else."),
            Choice("every residual block adds numbers made from the timestep, one for each channel", "Waves of the timestep, two linear layers, and in each block one more linear layer.", right=True),
            Choice("it is not told; it sees the noise", "You have seen what happens when it is told wrong: it relies on the number."),
        ),
    ),
)  # fmt: skip
