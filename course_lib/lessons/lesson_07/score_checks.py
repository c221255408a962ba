"""Lesson 07, attention: the check of its exercise 3, on the number of scores."""

from __future__ import annotations

from course_lib.exercises.checks import Mistake, ValueCheck

check_scores = ValueCheck(
    "the number of scores",
    128**4,
    [
        Mistake("That is how many pixels there are. Each of them looks at all of them.", 128**2),
        Mistake("That is the number at 64 x 64. The question is about 128 x 128.", 64**4),
        *(Mistake(f"That is cross-attention: each pixel looks at {words} positions of a prompt. In self-attention it looks at all pixels.", 128**2 * words) for words in (77, 24)),
        Mistake("That is for 5 heads together, as many as SDXL would have there. The question is about one.", 5 * 128**4),
        *(Mistake(f"That is for {heads} heads together. The question is about one.", heads * 128**4) for heads in (4, 8)),
        Mistake("That is the side of the finished picture. Attention works on the latent: 128 x 128 pixels, and each looks at all of them.", 128 * 8),
        Mistake("That is 64 x 64. Here there are 128 x 128 pixels, and each looks at all of them.", 64**2),
        Mistake("That is cross-attention in the small model, 64 pixels times 24 positions. The question is about self-attention at 128 x 128.", 64 * 24),
        Mistake("The side is doubled, so there are 4 times as many pixels, and each looks at 4 times as many: 16 times, not 4.", 4 * 64**4),
        *(Mistake("That is the work of a whole layer, in multiply-adds. The question is about the scores of one head.", work) for work in (172, 172e9, 2 * 128**4 * 320)),
        Mistake("That is twice as many: scores and mixtures cost as much, but only the scores are asked for.", 2 * 128**4),
        *(Mistake("That counts the products inside the scores. How many scores are there?", 128**4 * width) for width in (320, 64, 40)),
        *(Mistake("In Python a power is **, not ^.", power) for power in (128 ^ 4, 128**2 ^ 2)),
        *(Mistake("That is rounded. Leave the product to Python.", about) for about in (268e6, 268.4e6, 268_435_000)),
        Mistake("Commas make three numbers of it. Write 268_435_456, or leave the product to Python.", (268, 435, 456)),
        *(Mistake("That is a text. Leave the quotes out.", text) for text in ("268435456", "268,435,456", "128**4", "(128 * 128) ** 2")),
        Mistake("That is 4 times 128 x 128, or 16 times 64 x 64: pixels. Each of the 128 x 128 pixels looks at all of them: pixels times pixels.", 256**2),
        Mistake("Each pixel looks at itself, too.", 128**2 * (128**2 - 1)),
        *(Mistake("You count each pair once. How A looks at B is another score than how B looks at A.", 128**2 * (128**2 + more) // 2) for more in (-1, 0, 1)),
        Mistake("A pixel looks at all 128 x 128 pixels, not only at those of its own row.", 128**3),
        Mistake("That is pixels plus pixels. Each pixel looks at all: pixels times pixels.", 2 * 128**2),
        Mistake("512 x 512 are the pixels of the finished picture at Stable Diffusion 1.5. Attention works on the latent: 128 x 128 here.", 512**4),
        Mistake("1024 x 1024 are the pixels of the finished picture. Attention works on the latent: 128 x 128.", 1024**4),
    ],
    tolerance=1e-9,  # a whole number this large is wrong if it misses by 1
    hint="How many pixels look, and at how many does each look?",
)  # fmt: skip
