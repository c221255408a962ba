"""Lesson 02, convolution: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_size = Question(
    "A 5x5 picture and a 3x3 kernel: at how many positions does the window fit?",
    (
        Choice("2x2", "5 - 3 = 2 counts the moves; the position where the window starts counts as well."),
        Choice("3x3", "Along each side it can start at 3 numbers, the first, the second and the third.", right=True),
        Choice("5x5", "Near the right and lower rim the window would hang over the edge. Padding, below, allows that."),
    ),
)

predict_flip = Question(
    "At the framed position, rows 0 to 2 and columns 1 to 3, the result was 10. Turn the kernel by 180 degrees first, as mathematics does. What comes out now?",
    (
        Choice("10", "The columns of -1 and +1 have changed places, so right minus left became left minus right."),
        Choice("0", "The numbers on both sides are different, 15 and 5: their difference cannot be 0."),
        Choice("-10", "It is 5 - 15 now: this kernel, turned round, is the same with the other sign.", right=True),
    ),
)

predict_flat = Question(
    "The nine numbers of an edge kernel add up to 0. What does it give inside a flat area of a grey picture?",
    (
        Choice("the area's own number", "That is what a kernel gives whose numbers add up to 1, a blur for instance."),
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
        "A layer has 4 input channels, 6 filters, 5x5 kernels and a bias. How many parameters does it have?",
        (
            Choice("156", "That forgets that each of the 6 filters has a kernel for each of the 4 input channels."),
            Choice("600", "The bias is missing: one number for each of the 6 filters."),
            Choice("606", "6 * (4 * 5 * 5) + 6. The size of the picture plays no part.", right=True),
        ),
    ),
    Question(
        "A 5x5 kernel moves with stride 1. Which padding keeps the size of the picture?",
        (
            Choice("1", "That is right for a 3x3 kernel. A 5x5 kernel loses 4 positions along each side, and padding 1 brings back 2."),
            Choice("2", "Without padding, 4 positions are lost along each side. Two zeros at both ends bring them back.", right=True),
            Choice("4", "4 zeros are needed in all. But padding puts its zeros at both ends."),
        ),
    ),
    Question(
        "Which statement about the convolutions in Stable Diffusion's U-Net is true?",
        (
            Choice("they use no padding, so each of them loses the rim", "That is the U-Net of 2015. Stable Diffusion pads with zeros."),
            Choice("a convolution with stride 2 makes the feature map smaller", "Three convolutions do this, where the U-Net of 2015 used max pooling.", right=True),
            Choice("they turn the kernel by 180 degrees", "PyTorch doesn't do that, and a network learns its kernels anyway."),
        ),
    ),
)  # fmt: skip
