"""Lesson 14, when fresh noise helps: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_seeds = Question(
    "Two hundred seeds start at the same noisy point, at level 3, and walk with eta = 1 in short steps. Where do they end?",
    (
        Choice("all close to the end of the exact path", "That is where they end for eta = 0. Fresh noise forgets it."),
        Choice(
            "at all clean points that could have become this noisy point: often at likely ones, rarely at unlikely ones",
            "The cloud is the answer of Bayes' rule: where can this noisy point have come from?",
            right=True,
        ),
        Choice(
            "anywhere in the data, as if they had no common start",
            "From a much higher level, nearly so. At level 3 the start still says something, and the cloud keeps it.",
        ),
    ),
)

predict_mistake = Question(
    "At level 6 somebody pushes all particles by 6 to the right. One sampler goes on without fresh noise, another with "
    "eta = 1. Which crowd ends closer to the data?",
    (
        Choice(
            "the one without: noise on top of a mistake makes two mistakes",
            "The right amount of noise is no mistake. Each step goes further down towards D first, and that drops a bit of the push.",
        ),
        Choice(
            "the one with fresh noise",
            "Each step keeps less of the old state, and so less of the push.",
            right=True,
        ),
        Choice("both alike: the denoiser repairs it", "The denoiser cannot tell a pushed point from an honest one."),
    ),
)

predict_late = Question(
    "Now the push comes at level 1, by 1. How many particles end on the left, where a half is exact?",
    (
        Choice(
            "with DPM++ 2M SDE nearly a half, with DPM++ 2M far fewer",
            "So it was at level 6. Below level 1 the noise is too weak to carry many particles back to another blob.",
        ),
        Choice(
            "with both about a third",
            "Around this level it is decided which blob a particle goes to, and later noise carries few of them back.",
            right=True,
        ),
        Choice(
            "with both nearly a half: so small a push does no harm",
            "It is small, but it comes where the blobs part: there it sends many particles to the wrong one.",
        ),
    ),
)

predict_calls = Question(
    "There is no mistake, the denoiser is exact, and you have 20 calls. Which comes closest to the data?",
    (
        Choice("DPM++ 2M, without fresh noise", "With nothing to forget, noise only costs accuracy.", right=True),
        Choice("DPM++ 2M SDE, with it", "It comes second: its rougher paths lead to the same data, but cost accuracy."),
        Choice("Euler ancestral", "A first-order step with noise is the least accurate of the three."),
    ),
)

predict_same_seed = Question(
    "Let DPM++ 2M SDE draw independent noise in each step. You run a seed with 20 steps, and again with 40, from the "
    "same start. How alike are the two pictures?",
    (
        Choice(
            "very: it is the same seed",
            "You get the same random numbers, but in 40 steps they fall on other levels.",
        ),
        Choice(
            "partly alike at best, and shorter steps don't change that",
            "The numbers of the seed fall on other levels, however short the steps are.",
            right=True,
        ),
        Choice("more and more alike as steps get shorter", "Look below: with independent noise the change stays."),
    ),
)

quiz = (
    Question(
        "A long first step throws your run off at a high noise level, and you have 50 calls. Which is the better bet?",
        (
            Choice(
                "a sampler with fresh noise, such as DPM++ 2M SDE",
                "It forgets early mistakes, and 50 calls are enough to pay for the noise.",
                right=True,
            ),
            Choice("DPM++ 2M with more calls", "More calls follow the wrong path more precisely."),
            Choice("LCM, which forgets most", "It does, but on an ordinary model its results stay too narrow."),
        ),
    ),
    Question(
        "LCM on a model that was not distilled makes results with too little spread. What do 1000 steps change?",
        (
            Choice("the spread becomes right", "It settles at 1 / √2 of the right one, and stays there."),
            Choice(
                "next to nothing: it needs another model",
                "LCM needs a function that names the end of the path. The best guess is a mean, and that is too narrow.",
                right=True,
            ),
            Choice("the noise adds up, and the spread becomes too wide", "Each step throws the old noise away."),
        ),
    ),
    Question(
        "What does a Brownian path change for DPM++ 2M SDE?",
        (
            Choice("it makes the noise stronger", "Each draw has variance 1, as before."),
            Choice(
                "a seed keeps nearly its picture when the number of steps changes",
                "Short steps read off the same path as long ones, only more finely.",
                right=True,
            ),
            Choice("it removes the randomness", "Another seed is another path, and another picture."),
        ),
    ),
)
