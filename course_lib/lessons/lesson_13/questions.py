"""Lesson 13, samplers without fresh noise: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_race = Question(
    "You have 12 calls: twelve steps of Euler, six of Heun (two calls a step), or twelve of DPM++ 2M (which remembers "
    "one guess). Who ends nearest to the exact path?",
    (
        Choice(
            "Euler, it makes the shortest steps for its calls", "Short steps help, but each aims at the wrong place."
        ),
        Choice(
            "Heun, it looks twice", "Heun is ahead of Euler, 0.040 against 0.055. It pays for each look with a step."
        ),
        Choice(
            "DPM++ 2M, it remembers",
            "0.010, against 0.040 for Heun and 0.055 for Euler. A memory is a look that was paid for already.",
            right=True,
        ),
    ),
)

predict_three = Question(
    "HeunPP2 looks three times in most steps. With 24 calls, how does it compare with Euler?",
    (
        Choice(
            "its error is about a tenth of Euler's",
            "Many rows of the race do that. This one mixes its looks in another way.",
        ),
        Choice("its error is about half of Euler's", "A single step may be better. The price is three calls, though."),
        Choice(
            "it is a little worse", "0.030 against 0.027. More looks don't help if they are mixed wrongly.", right=True
        ),
    ),
)

predict_adaptive = Question(
    "DPM adaptive walks two particles. One starts far from every border between blobs, the other close to one. "
    "What changes?",
    (
        Choice("nothing, the levels are fixed", "It chooses its levels by itself while it walks."),
        Choice(
            "the second one gets more and shorter steps",
            "30 calls in place of 21, most of the new ones below level 1, where the path bends.",
            right=True,
        ),
        Choice("the second one gets fewer steps", "A bent path is harder to follow, so its steps must be shorter."),
    ),
)

quiz = (
    Question(
        "Two samplers have the same order. One makes two calls a step, the other one. What do you compare?",
        (
            Choice("their errors with the same number of steps", "Then one of them has made twice as many calls."),
            Choice(
                "their errors with the same number of calls", "A call of the network is what costs time.", right=True
            ),
            Choice("nothing, the order says it all", "An order says how fast the error falls, not where it begins."),
        ),
    ),
    Question(
        "Why does UniPC's correction cost no extra call?",
        (
            Choice(
                "it uses the look that the next step needs anyway",
                "It looks at the predicted place, corrects the state, and keeps the guess for the next step.",
                right=True,
            ),
            Choice("it doesn't look, it only remembers", "It looks once a step, at the place that it predicted."),
            Choice("it is implicit", "It solves no equation for the new state. Each of its formulas is explicit."),
        ),
    ),
    Question(
        "You can pay for 20 calls of the network. Which family would you try first?",
        (
            Choice(
                "look once more, because it is safest",
                "With 20 calls Heun makes ten steps. A sampler that remembers makes twenty.",
            ),
            Choice(
                "remember, because each call buys a whole step",
                "On this page's blobs and pictures, the leaders at 20 calls are of this family.",
                right=True,
            ),
            Choice(
                "HeunPP2, because it looks three times",
                "It is of first order: its error only halves with twice the calls.",
            ),
        ),
    ),
)
