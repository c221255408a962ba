"""Lesson 05, upsampling: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_size = Question(
    "Four numbers stamp a kernel of three numbers, and each stamp begins two positions after the one before. How many positions does the result have?",
    (
        Choice("8", "Twice four counts where the stamps begin. The last one reaches beyond that."),
        Choice("9", "The last stamp begins at position 6, and three numbers from there are positions 6, 7 and 8.", right=True),
        Choice("12", "Four stamps of three numbers would be twelve if they did not overlap. These share positions."),
    ),
)  # fmt: skip

predict_back = Question(
    "Nine numbers go through a convolution, and four come out. A transposed convolution with the same kernel makes nine again. Are these the nine from the start?",
    (
        Choice("yes, always", "Different rows of nine can give the same four, and only one of them could come back."),
        Choice("in general not", "The shape comes back, the numbers do not.", right=True),
        Choice("yes, but backwards", "Nothing is turned round: stamp 0 still begins at position 0. But what has been added up cannot be taken apart."),
    ),
)  # fmt: skip

predict_flat = Question(
    "A picture of ones, a 3x3 kernel of ones, stride 2. Which numbers does the result have, away from the rim?",
    (
        Choice("1 everywhere", "That would be so if the stamps touched and did not overlap: with a 2x2 kernel."),
        Choice("1, 2 and 4", "A position gets 1 or 2 stamps along each side, and so 1, 2 or 4 in two directions.", right=True),
        Choice("9 everywhere", "Nine is what a convolution with stride 1 would give. Here a stamp begins only at every other position."),
    ),
)  # fmt: skip

predict_tent = Question(
    "Now the kernel is 1 2 1, still with stride 2. Again there is one stamp at some positions and two at others. What does a flat row of ones become, away from the rim?",
    (
        Choice("1 2 1 2 1 2", "That is how many stamps meet. But where a single stamp comes, it brings its 2."),
        Choice("2 2 2 2 2 2", "Where one stamp comes alone it brings 2, and where two meet they bring 1 and 1.", right=True),
        Choice("1 3 1 3 1 3", "Entries lie two apart where stamps meet: 1 and 1. The 2 in the middle is always alone."),
    ),
)  # fmt: skip

predict_even = Question(
    "A 4x4 kernel of random numbers, stride 2: four stamps meet at every position. A flat picture goes in. What comes out, away from the rim?",
    (
        Choice("a flat picture", "Four numbers meet at each position, but not the same four: each position of a 2x2 block adds up its own."),
        Choice("a pattern that repeats every 2 pixels", "The 16 numbers fall into four groups of four, and random groups have different sums.", right=True),
        Choice("noise without a pattern", "The stamp is the same for each pixel, so the result must repeat from stamp to stamp."),
    ),
)  # fmt: skip

predict_tied = Question(
    "Every pixel is repeated, then a 3x3 convolution with random numbers follows. A flat picture goes in. Is what comes out flat, away from the rim?",
    (
        Choice("yes, whatever the random numbers are", "A flat picture repeated is flat, and a convolution with stride 1 computes the same sum at every position.", right=True),
        Choice("no, it has a pattern that repeats every 2 pixels", "Each position sees the same nine numbers of a flat picture, so no position can differ from another."),
        Choice("with some random numbers yes, with others no", "They decide which grey it is. It is the same grey everywhere in any case."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "A feature map of 8x8 goes through a transposed convolution with a 4x4 kernel, stride 2 and padding 1. How large is the result?",
        (
            Choice("4x4", "That is the convolution: (8 + 2 - 4) / 2 + 1 = 4. Its transpose goes the other way."),
            Choice("16x16", "(8 - 1) * 2 + 4 = 18, and the padding cuts one row off at each end.", right=True),
            Choice("20x20", "Here padding takes away: 18 - 2 = 16. In a convolution it adds."),
        ),
    ),
    Question(
        "A transposed convolution has a 4x4 kernel and stride 2. Can it turn a flat picture into a checkerboard?",
        (
            Choice("no, the stride divides the kernel", "Then as many stamps meet everywhere. But what they add up to can differ from position to position."),
            Choice("yes, if the entries that meet have different sums", "The sums decide, not the count. Training may make them equal, or may not.", right=True),
            Choice("yes, always", "Not with sixteen equal numbers, for instance: the four groups then have the same sum."),
        ),
    ),
    Question(
        "How does Stable Diffusion 1.x make its feature maps larger, in the U-Net and in the VAE's decoder?",
        (
            Choice("2x2 transposed convolutions with stride 2", "That is how the U-Net of 2015 is usually written. Stable Diffusion has no transposed convolution at all."),
            Choice("it writes every number twice along each side, and a 3x3 convolution follows", "Three times in the U-Net, three times in the VAE's decoder.", right=True),
            Choice("it puts each number back where the largest one stood", "Some networks remember the positions of max pooling for this. Stable Diffusion has no max pooling."),
        ),
    ),
)  # fmt: skip
