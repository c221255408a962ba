"""Lesson 02, convolution: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_size = Question(
    "A 5x5 picture and a 3x3 kernel: at how many places does the window fit?",
    (
        Choice("2x2", "5 - 3 = 2 counts the moves; the place where the window starts counts as well."),
        Choice("3x3", "Along each side it can start at 3 numbers, the first, the second and the third.", right=True),
        Choice("5x5", "Near the right and lower rim the window would hang over the edge. Padding, below, allows that."),
    ),
)

predict_flip = Question(
    "At the framed place, rows 0 to 2 and columns 1 to 3, the result was 10. Turn the kernel by 180 degrees first, as mathematics does. What comes out now?",
    (
        Choice("10", "The columns of -1 and +1 have changed places, so right minus left became left minus right."),
        Choice("0", "The numbers on both sides are different, 15 and 5: their difference cannot be 0."),
        Choice("-10", "It is 5 - 15 now: this kernel, turned round, is the same with the other sign.", right=True),
    ),
)

predict_flat = Question(
    "The nine numbers of an edge kernel add up to 0. What does it give inside an area of one colour?",
    (
        Choice("the colour's number", "That is what a kernel gives whose numbers add up to 1, a blur for instance."),
        Choice("0", "The same number times a sum of 0. Such a kernel sees only differences.", right=True),
        Choice("nine times the number", "That would be the answer for nine ones; here minus and plus cancel."),
    ),
)

predict_field = Question(
    "Two 3x3 convolutions, one after the other. How many numbers of the picture can change one number of the result?",
    (
        Choice("3x3", "That is what one layer sees. The second layer's neighbours bring in numbers from further out."),
        Choice("5x5", "Each of the 3x3 inputs of the second sees 3x3 of its own, and these overlap.", right=True),
        Choice(
            "9x9", "That multiplies 3 by 3. But the windows of neighbours overlap: they start only one number apart."
        ),
    ),
)

quiz = (
    Question(
        "How many learned numbers has a layer with 3 input channels, 8 output channels, 3x3 kernels and a bias?",
        (
            Choice("80", "That forgets that each of the 8 filters has a kernel for each of the 3 input channels."),
            Choice("216", "The bias is missing: one number for each of the 8 filters."),
            Choice("224", "8 * (3 * 3 * 3) + 8. The size of the picture plays no part.", right=True),
        ),
    ),
    Question(
        "A 64x64 picture passes through a 3x3 convolution with padding 1 and stride 2. How large is the result?",
        (
            Choice("32x32", "(64 + 2 - 3) / 2 is 31.5, rounded down 31, plus 1 makes 32.", right=True),
            Choice("31x31", "31.5 is rounded down to 31 moves; the place where the window starts makes 32."),
            Choice("64x64", "That is so with stride 1. With stride 2 the window jumps over every other place."),
        ),
    ),
    Question(
        "Which statement about the convolutions in Stable Diffusion's U-Net is true?",
        (
            Choice("ReLU follows each of them", "That is the U-Net of 2015. Stable Diffusion uses SiLU."),
            Choice("where the table must get smaller, one of them has stride 2", "Three of the 98 do this, where the U-Net of 2015 used max pooling.", right=True),
            Choice("they turn the kernel by 180 degrees", "No library for networks does that; the learning would undo it."),
        ),
    ),
)  # fmt: skip
