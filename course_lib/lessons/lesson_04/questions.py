"""Lesson 04, max pooling: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_pretzel = Question(
    "Four pictures got smaller, three times, and each time the largest number of every window was kept. Which of A to D was the pretzel?",
    (
        Choice("A", "The dark block is the spider's body. Its eight legs are gone."),
        Choice("B", "Nothing of it is left: every small pixel is white, or so nearly white that you can't see it.", right=True),
        Choice("C", "The pink square is where the blades of the scissors cross. The rest of them is white."),
        Choice("D", "The pale angle is the zebra. It has lost its stripes."),
    ),
)  # fmt: skip

predict_lost = Question(
    "How many of the sixteen numbers could you replace by -100 without changing the result?",
    (
        Choice("4", "Four is how many numbers the result has. All others lost the comparison in their window."),
        Choice("8", "More: a window has four numbers, and only its largest one is kept."),
        Choice("12", "In each of the four windows, three numbers are smaller than the one that is kept.", right=True),
    ),
)  # fmt: skip

predict_line = Question(
    "A white page has a black line, one pixel wide, from top to bottom. What is left of the line after 2x2 max pooling?",
    (
        Choice("a black line", "A pixel of the small picture is black only where all four pixels of its window are."),
        Choice("a grey line", "The mean makes it grey. The maximum takes one of the numbers and mixes nothing."),
        Choice("nothing", "Every window holds white pixels, too, and white is the largest.", right=True),
    ),
)

predict_gradient = Question(
    "We add up the four numbers of the result. How many of the sixteen numbers have a gradient other than 0?",
    (
        Choice("4", "Only the largest of each window can change the result when it changes by a little.", right=True),
        Choice("16", "That is so for the mean. Here twelve numbers can move a little, and nothing happens."),
        Choice("1", "That would be so for the largest of all sixteen. Each of the four windows has its own."),
    ),
)  # fmt: skip

predict_stripes = Question(
    "The stripes 1 0 0 1 0 0 ... move to the right by one pixel, and every other pixel is kept. How do the stripes of the small picture move?",
    (
        Choice("to the right, as they should", "The small picture should move to the right, by half of one of its pixels. In fact its ones stand one position further left. (Two positions to the right would look the same, but that is four times as far as it should.)"),
        Choice("they stay where they are", "The same positions are kept, but the picture has moved: its ones are at other positions now."),
        Choice("to the left", "By one small pixel, which is twice as far as the picture moved, and the wrong way.", right=True),
    ),
)  # fmt: skip

predict_cost = Question(
    "What share of the U-Net's 859,520,964 parameters do these three layers hold?",
    (
        Choice("about 2 %", "19,355,840 numbers. And other layers are larger.", right=True),
        Choice("about 12 %", "That would be over 100 million. The largest of the three has 1280 filters of 1280 kernels with 9 numbers each: 15 million."),
        Choice("about 25 %", "A quarter as many numbers come out of such a layer as go in. Its parameters are another count."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "A window of 2x2 max pooling holds 0.2, 0.9, 0.3 and 0.8. What can the layers after it still find out?",
        (
            Choice("that 0.9 was the largest", "This one number is all that goes on.", right=True),
            Choice("in which corner the 0.9 stood", "A window with the 0.9 in another corner gives the same result."),
            Choice("the mean of the four", "The other three may be any numbers up to 0.9."),
        ),
    ),
    Question(
        "A picture is halved three times with 2x2 max pooling. How far must it move to the right, so that its small picture is sure to move along as a whole?",
        (
            Choice("by any whole number of pixels", "By 1 pixel the windows hold other pixels. Only whole steps of the windows keep them together."),
            Choice("by 2, 4, 6, ... pixels", "That is enough for one halving. The second one halves a picture whose pixels are 2 wide, the third one whose pixels are 4 wide."),
            Choice("by 8, 16, 24, ... pixels", "After three halvings one small pixel is 2 * 2 * 2 = 8 pixels wide.", right=True),
        ),
    ),
    Question(
        "Which statement about the way down in Stable Diffusion 1.x's U-Net is true?",
        (
            Choice("it takes the largest of each 2x2 window", "That is the U-Net of 2015. This one has no pooling layer."),
            Choice("its kernels are learned, so aliasing cannot happen", "Nothing in training forbids it: a learned kernel can be as coarse as the one that picks the middle."),
            Choice("three 3x3 convolutions with stride 2 do it", "Each with padding 1, and with as many channels after it as before.", right=True),
        ),
    ),
)  # fmt: skip
