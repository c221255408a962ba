"""Lesson 07, attention: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_share = Question(
    "The scores are 0, 2 and -1. Powers of e: 1 for score 0, 7.39 for score 2, 0.37 for score -1. Each word's weight is its power, divided by the sum of the three. How large is the weight of \"red\", with score 2?",
    (
        Choice("67 %", "That is 2 / (0 + 2 + 1), from the sizes of the scores. Then \"square\", with -1, would get more than \"a\", with 0."),
        Choice("84 %", "7.39 / (1 + 7.39 + 0.37) = 7.39 / 8.76.", right=True),
        Choice("100 %", "The highest score gets most, but never all: no power of e is 0."),
    ),
)  # fmt: skip

predict_scale = Question(
    "Queries and keys are random numbers with standard deviation 1. Each score is a sum of 160 products, and nothing is divided. A query scores 77 keys. What do its 77 weights look like?",
    (
        Choice("all about 1/77", "That needs scores that are nearly equal. A sum of 160 such products has a standard deviation of 12.6, the root of 160."),
        Choice("one key gets nearly everything", "The best score leads by several units, and each unit is a factor of e.", right=True),
        Choice("the same as with 4 products", "The more products you add, the further the sums lie apart. Softmax acts on their differences."),
    ),
)  # fmt: skip

predict_order = Question(
    "The three words come in another order, each with its own key and value. What does the pixel take home?",
    (
        Choice("the same", "Each weight moves together with its value, and a sum doesn't depend on the order.", right=True),
        Choice("the same numbers in another order", "The weights come in another order. The mixture is a sum over the words, so it has no order."),
        Choice("something else: order is what sentences live on", "For a sentence order matters, for attention it doesn't. Something else must fill this gap."),
    ),
)  # fmt: skip

predict_most = Question(
    "The prompt is \"a red circle above a blue square\": a begin mark, seven words, and 16 positions filled with the end mark. In the 8 x 8 layers, averaged over all pixels, heads and steps: which of the 24 positions is looked at most?",
    (
        Choice("\"red\"", "The few pixels that paint the circle look at it a lot. Most pixels are ground and don't need it."),
        Choice("the begin mark", "It holds no word, and yet each pixel can look there. Below is the usual explanation.", right=True),
        Choice("one of the end marks", "All 16 together get a lot. Each single one gets less than an even 1/24."),
    ),
)  # fmt: skip

predict_swap = Question(
    "Now the prompt is \"a red circle below a blue square\", with the same first noise. At step 1 the latent is nothing but noise. Where is \"red\" brightest then?",
    (
        Choice("above, as before: the noise is the same", "Then the noise would choose the position. Look at the two maps of step 1."),
        Choice("nowhere in particular: nothing is painted yet", "With the first prompt it had its position at step 1, too."),
        Choice("below", "The noise is the same, so it is the sentence that says where.", right=True),
    ),
)  # fmt: skip

predict_corner = Question(
    "A pixel in the corner of the picture, on white ground. Where does most of its weight go, at the last step?",
    (
        Choice("to itself and its neighbours", "It may look at itself more than at any other pixel. But with its neighbours that is less than a quarter of its weight."),
        Choice("to the two shapes", "Measured, the ground hardly looks at them."),
        Choice("to ground further away", "Pixels with similar contents look at each other, however far apart they are.", right=True),
    ),
)  # fmt: skip

predict_cost = Question(
    "The side of the picture is doubled. How many times as many scores does self-attention compute?",
    (
        Choice("2 times", "The picture gets twice as high and twice as wide."),
        Choice("4 times", "That is how many times as many pixels there are. Each of them looks at four times as many, too."),
        Choice("16 times", "4 times the queries, and for each of them 4 times the keys.", right=True),
    ),
)  # fmt: skip

quiz = (
    Question(
        "In cross-attention, where do queries, keys and values come from?",
        (
            Choice("queries from the pixels, keys and values from the words", "The pixels ask, and the words answer. So each pixel gets one mixture.", right=True),
            Choice("queries from the words, keys and values from the pixels", "Then each word would get a mixture of pixels. But we want to paint the pixels."),
            Choice("all three from the pixels", "That is self-attention, which stands before it in the same block."),
        ),
    ),
    Question(
        "5 is added to each score of a pixel. What happens to its weights?",
        (
            Choice("they stay as they are", "Each power of e is multiplied by e to the power of 5, and so is their sum.", right=True),
            Choice("each grows", "They cannot all grow: they sum to 1."),
            Choice("the largest gets nearly everything", "That happens when scores are multiplied. Adding 5 to all leaves every difference as it was."),
        ),
    ),
    Question(
        "A prompt gets twice as many positions, and the picture keeps its size. How does the number of scores grow?",
        (
            Choice("cross-attention 2 times, self-attention 4 times", "Self-attention doesn't see the words: its queries and keys are the pixels."),
            Choice("cross-attention 4 times, self-attention as many", "Only the keys double. The queries are the pixels."),
            Choice("cross-attention 2 times, self-attention as many", "Pixels times positions of the prompt, and pixels times pixels.", right=True),
        ),
    ),
)  # fmt: skip
