"""Lesson 15, schedulers: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_halving = Question(
    "The data are one blob with standard deviation 1. Euler halves the noise level in one step: from 16 to 8, from 2 to "
    "1, or from 0.2 to 0.1. Which step misses the exact path most?",
    (
        Choice(
            "16 to 8",
            "That step is the longest. But so far out the path is nearly straight, and Euler is good at that.",
        ),
        Choice("2 to 1", "There the noise is about as large as the blob, and the path turns.", right=True),
        Choice("0.2 to 0.1", "There the point has nearly arrived. It hardly moves, so little can go wrong."),
    ),
)

predict_sampler = Question(
    "With Euler, Normal, Karras and Exponential have the same error, 0.12. Now DPM++ 2M walks the same three lists. "
    "What happens?",
    (
        Choice(
            "the three errors stay equal", "They were equal for Euler. Another sampler is good and bad at other places."
        ),
        Choice("Exponential gets far ahead", "From 0.12 to 0.04. Normal only gets to 0.09.", right=True),
        Choice("all get worse", "DPM++ 2M makes better use of each call. All three get better."),
    ),
)

predict_thirty = Question(
    "One scheduler is called AYS, another AYS 30. What does the 30 count?",
    (
        Choice("its steps", "You may ask it for 10 steps, or for 7. The name doesn't change that."),
        Choice(
            "the steps of the table it is read from", "31 points, made by users from the 11 of the paper.", right=True
        ),
        Choice("how many times better it is", "On our blobs it is no better than AYS."),
    ),
)

predict_picture = Question(
    "SGM uniform's tenth level is 0.34. From there Euler jumps to 0. What suffers most in a picture?",
    (
        Choice("the large shapes", "They are strong patterns. The levels above have settled them."),
        Choice("the patterns that are weaker than 0.34", "They are decided below 0.34, and no call is made there.", right=True),
        Choice("everything, by the same share", "Each pattern is decided at its own level. Look at the curve below."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "Data with standard deviation 5 replace the blob of standard deviation 1. Where does a halving cost most now?",
        (
            Choice("still near level 1", "The level matters in comparison with the data. All levels grow with them."),
            Choice("near level 5", "Everything is five times larger: the data, and the level at which paths turn.", right=True),
            Choice("near level 0.2", "That would be for data five times *smaller*."),
        ),
    ),
    Question(
        "Somebody says: 'I use the sampler Karras.' What do you ask?",
        (
            Choice("'Which sampler walks the Karras levels?'", "Karras is a list of levels. A sampler has to walk it.", right=True),
            Choice("'With how much fresh noise?'", "A list of levels adds no noise. That is the sampler's choice."),
            Choice("'Isn't that slow?'", "A schedule costs nothing. Only calls of the network do."),
        ),
    ),
    Question(
        "Exponential spends ten calls on the three blobs. You give Euler one more. Where does it help most?",
        (
            Choice("between 14.6 and 7.3", "The paths are straight there. The error stays at 0.119."),
            Choice("between 0.92 and 0.46", "There a halving costs much. The error falls from 0.119 to 0.096.", right=True),
            Choice("between 0.06 and 0.03", "The paths have arrived there. The error stays at 0.119."),
        ),
    ),
)  # fmt: skip
