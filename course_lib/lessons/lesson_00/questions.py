"""Lesson 00, start here: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

ALT_SEEDS = "Three squares of coloured noise: the first and the third are equal, the second differs."

ALT_PANDA = (
    "A panda without noise; the same panda under grains of noise, still to be seen; and noise alone, in which no panda "
    "is left."
)

predict_again = Question(
    "We draw noise with seed 1, then with seed 2, then with seed 1 again. Is the third picture equal to the first?",
    (
        Choice(
            "no, noise is random",
            "The numbers look random, but a formula makes them, and the seed says where it starts.",
        ),
        Choice("yes, number for number", "The same start gives the same numbers.", right=True),
        Choice("nearly", "There is no nearly here: the same seed gives exactly the same numbers."),
    ),
)

quiz = (
    Question(
        "One generator gets seed 7, and you draw noise from it twice. Are the two draws equal?",
        (
            Choice("yes, both have seed 7", "The seed only says where the generator starts; each draw moves it on."),
            Choice(
                "no, the generator has moved on",
                "For the same noise again, make a new generator with the same seed.",
                right=True,
            ),
        ),
    ),
    Question(
        "You changed lesson 02 so much that you want it fresh. What do you do?",
        (
            Choice("`make reset LESSON=02` in a terminal", "Your old copy is kept in `my_lessons/old/`.", right=True),
            Choice(
                "delete the folder `notebooks/`", "Please not: there lie the originals that your copies are made from."
            ),
            Choice(
                "Kernel, Restart Kernel",
                "That empties the memory, so that you can run all cells anew; your text stays as it is.",
            ),
        ),
    ),
)
