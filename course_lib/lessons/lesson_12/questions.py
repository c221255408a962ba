"""Lesson 12, what a sampler is: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_field = Question(
    "The noise level is 3, about the distance between two blobs. Where does the field lead?",
    (
        Choice("to the nearest blob", "At level 3 nobody can be sure from which blob a point came: all three count."),
        Choice(
            "from everywhere towards the middle of the data",
            "To near the mean of all data. Which blob it will be is decided later, at lower levels.",
            right=True,
        ),
        Choice("nowhere in particular, it is noise", "The points are noisy. The field is not: it is a formula."),
    ),
)

predict_noise = Question(
    "A cloud at level 1 goes down to level 0.5, along its exact paths. How strong must fresh noise be "
    "to bring it back to level 1?",
    (
        Choice("0.50", "Strengths don't add up: 0.5 and 0.5 make a level of 0.71. Variances add up."),
        Choice("0.87", "0.5² + 0.87² = 0.25 + 0.75 = 1.", right=True),
        Choice("1.00", "That is too much: 0.5² + 1² = 1.25, a level of 1.12."),
    ),
)

predict_spread = Question(
    "With 10 calls, Euler's results are too narrow: their spread is 0.84. Euler ancestral adds the right amount of "
    "fresh noise in each step. What is its spread with 10 calls?",
    (
        Choice(
            "nearer to 1: fresh noise widens the crowd",
            "The noise only makes up for the longer way down. That way is inexact, and more so than Euler's.",
        ),
        Choice("0.84 as well: the right amount does no harm", "It does none after an exact way down. Euler's isn't."),
        Choice(
            "further from 1",
            "It goes down further in each step, and such long steps of Euler's make this crowd narrower still.",
            right=True,
        ),
    ),
)

predict_order = Question(
    "Euler's error is 0.041 with 16 calls, and 0.021 with 32. Heun's is 0.020 with 16 calls. What is Heun's with 32?",
    (
        Choice("0.010", "That is half, as with Euler. Heun's target is better, and so is its order."),
        Choice("0.005", "Nearly: a quarter, as the table below shows with 0.0045.", right=True),
        Choice("0.000", "No method with a finite number of calls is exact here."),
    ),
)

predict_border = Question(
    "Euler makes 12 steps, from many starting points. Which of them end far from their exact paths?",
    (
        Choice(
            "those that start far away",
            "The error grows with the distance, but slowly: 0.06 at (−6, 1), and up to 0.9 near a border.",
        ),
        Choice(
            "those that start near a border between two blobs",
            "There the paths part, so a small error grows large.",
            right=True,
        ),
        Choice("all alike", "The guess D changes more on some paths than on others. Look at the map."),
    ),
)

quiz = (
    Question(
        "A sampler without fresh noise gets ten times as many steps. What happens to the picture?",
        (
            Choice(
                "it settles: it comes near to the one on the exact path",
                "Where the path begins decides where it ends, and more steps follow it better.",
                right=True,
            ),
            Choice(
                "it gets more and more detail",
                "The denoiser knows the details. More steps only follow its path better.",
            ),
            Choice(
                "it is a new picture each time", "That would need fresh noise. Here nothing is random after the start."
            ),
        ),
    ),
    Question(
        "DDIM (with eta = 0) and Euler run with the same denoiser and the same levels. How do they differ?",
        (
            Choice(
                "DDIM is implicit, so it is more stable",
                "'Implicit' in its name belongs to the model. Its step is explicit.",
            ),
            Choice("DDIM is of second order", "It makes one call a step, remembers nothing, and is of first order."),
            Choice("by rounding only", "They are one formula, written in two kinds of coordinates.", right=True),
        ),
    ),
    Question(
        "An ancestral step goes from level 2 to level 1, by going down to 0.5 first. Why does it add fresh noise?",
        (
            Choice(
                "because the cloud must be at level 1 when the denoiser is told 1",
                "0.5² + 0.87² = 1². Without it the points would have less noise than the denoiser is told.",
                right=True,
            ),
            Choice(
                "to make pictures more varied",
                "The distribution of the pictures is the same with and without, where steps are short.",
            ),
            Choice(
                "to hide the error of the step",
                "Noise doesn't hide it. It may wash out old errors; lesson 14 measures that.",
            ),
        ),
    ),
)
