"""Lesson 07, attention: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_share = Question(
    "The scores are 0, 2 and -1. Powers of e: 1 for score 0, 7.39 for score 2, 0.37 for score -1. Each word's share is its power, divided by the sum of the three. How large is the share of \"red\", with score 2?",
    (
        Choice("67 %", "That is 2 / (0 + 2 + 1), by the sizes of the scores. Then \"square\", with -1, would get more than \"a\", with 0."),
        Choice("84 %", "7.39 / (1 + 7.39 + 0.37) = 7.39 / 8.76.", right=True),
        Choice("100 %", "The highest score gets most, but never all: no power of e is 0."),
    ),
)  # fmt: skip

predict_scale = Question(
    "Queries and keys are random numbers from the bell curve, and each score is a sum of 160 products of them. Nothing is divided. A query scores 77 keys. What do its 77 weights look like?",
    (
        Choice("all about 1/77", "That would need scores that are nearly equal. A sum of 160 such products typically lies 12.6 from 0, which is the root of 160."),
        Choice("one key gets nearly everything", "The best score leads by several whole numbers, and each of them is a factor of e.", right=True),
        Choice("the same as with 4 products", "The more products are added, the larger a sum gets, above 0 or below, and softmax acts on differences."),
    ),
)  # fmt: skip

predict_order = Question(
    "The three words come in another order, each with its own key and value. What does the pixel take home?",
    (
        Choice("the same", "The weights change places together with the values, and a sum does not mind the order.", right=True),
        Choice("the same numbers in another order", "The weights come in another order. The mixture is a sum over them, and has no places to exchange."),
        Choice("something else: order is what sentences live on", "For a sentence it matters, for attention it does not. That is a gap, and something else must fill it."),
    ),
)  # fmt: skip

predict_most = Question(
    "The prompt is \"a red circle above a blue square\": a begin mark, seven words, and 16 places filled with the end mark. In the layers of 8 x 8 pixels, averaged over all pixels, heads and steps: which of the 24 places is looked at most?",
    (
        Choice("\"red\"", "The few pixels that paint the circle look at it a lot. Most pixels are ground, and have nothing to do with it."),
        Choice("the begin mark", "Yes, though it holds no word. Weights must sum to 1, so a pixel that needs no word has to look somewhere.", right=True),
        Choice("one of the end marks", "All 16 together get much. Each of them gets less than if all places were looked at alike."),
    ),
)  # fmt: skip

predict_corner = Question(
    "A pixel in the corner of the picture, on white ground. Where does most of its weight go, at the last step?",
    (
        Choice("to itself and its neighbours", "Of all single pixels, it may well look most at itself. But together with its neighbours that is less than a quarter of its weight."),
        Choice("to the two shapes", "It would be a way to know what is in the picture. Measured, the ground looks at little of them."),
        Choice("to ground further away", "Pixels with like contents look at each other, however far apart they are.", right=True),
    ),
)  # fmt: skip

predict_where = Question(
    "Stable Diffusion 1.5 has 16 attention layers for words. How many of them work at the smallest size, 8 x 8, in the middle of the U?",
    (
        Choice("16", "That is the saying, taken at its word. Counted, the middle has fewer."),
        Choice("6", "That would be 2 on the way down, 1 in the middle and 3 on the way up, as at the other sizes. But the two ways have none at 8 x 8."),
        Choice("1", "The other 15 stand on the two ways, at 64, 32 and 16.", right=True),
    ),
)  # fmt: skip

predict_cost = Question(
    "The side of the picture is doubled. How many times as many scores does self-attention compute?",
    (
        Choice("2 times", "A picture has two sides: twice as high and twice as wide."),
        Choice("4 times", "That is how many times as many pixels there are. Each of them looks at four times as many, too."),
        Choice("16 times", "4 times the queries, and for each of them 4 times the keys.", right=True),
    ),
)  # fmt: skip

quiz = (
    Question(
        "In cross-attention, where do queries, keys and values come from?",
        (
            Choice("queries from the pixels, keys and values from the words", "The pixels ask, and the words answer. So each pixel gets one mixture.", right=True),
            Choice("queries from the words, keys and values from the pixels", "Then each word would get a mixture of pixels. But it is the pixels that are to be painted."),
            Choice("all three from the pixels", "That is self-attention, which stands before it in the same block."),
        ),
    ),
    Question(
        "5 is added to each score of a pixel. What becomes of its weights?",
        (
            Choice("they stay as they are", "Each power of e is multiplied by e to the power of 5, and so is the sum by which it is divided.", right=True),
            Choice("each grows", "They cannot all grow: they sum to 1."),
            Choice("the largest gets nearly everything", "That comes of scores that are multiplied. Added to all, 5 leaves every difference as it was."),
        ),
    ),
    Question(
        "A prompt gets twice as many places, and the picture stays as it is. Which attention has how many times as many scores?",
        (
            Choice("cross-attention 2 times, self-attention 4 times", "Self-attention does not see the words: its queries and its keys are the pixels."),
            Choice("cross-attention 4 times, self-attention as many", "Only the keys are twice as many. The queries are the pixels."),
            Choice("cross-attention 2 times, self-attention as many", "Pixels times places of the prompt, and pixels times pixels.", right=True),
        ),
    ),
)  # fmt: skip
