"""Lesson 16, which sampler for which task: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_ten = Question(
    "Heun is of order 2, Euler of order 1. With 10 calls on Karras' levels, who is nearer to the converged picture?",
    (
        Choice(
            "Heun",
            "10 calls are only five steps of Heun, and they paint no picture here. An order tells what happens with many "
            "short steps.",
        ),
        Choice("Euler", "It makes ten steps of the 10 calls. Heun makes five, and they are too long.", right=True),
        Choice("they are alike", "Far from it: compare the two in the column of Karras."),
    ),
)

predict_votes = Question(
    "You prefer sampler A on six prompts in ten. How many votes do you need before you can be fairly sure that it is "
    "not chance?",
    (
        Choice("about 20", "That is enough where you prefer A on eight prompts in ten."),
        Choice("about 50", "That is enough where you prefer A on seven prompts in ten."),
        Choice("about 200", "199. Small differences need many votes.", right=True),
    ),
)

predict_strength = Question(
    "The same strength, 0.2, once without fresh noise and once with it. Which picture keeps more of yours?",
    (
        Choice("without fresh noise", "The fresh noise moves it farther away, and towards the words.", right=True),
        Choice("with fresh noise", "Each draw of noise replaces a little of your picture."),
        Choice(
            "both the same, the strength decides", "Strength says where you start. The steps after that count, too."
        ),
    ),
)

predict_flicker = Question(
    "Nothing moves: the same words and the same start, eight times. Which film flickers?",
    (
        Choice("none", "One of the rows draws new noise in each frame."),
        Choice("DPM++ 2M", "It adds no noise: the same start gives the same picture, eight times."),
        Choice(
            "DPM++ 2M SDE, with new noise for each frame",
            "Each frame draws its own noise, so it changes though nothing moves.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "Two cells differ by 0.05 on average. The standard error of the differences is 0.03. What do you say?",
        (
            Choice(
                "the one with the smaller mean is better",
                "0.05 is less than twice 0.03. With other seeds it may turn.",
            ),
            Choice(
                "they are a tie",
                "0.05 is less than twice 0.03. Choose by something else: time, or what you know well.",
                right=True,
            ),
            Choice("the measurement is wrong", "It is right, and it says how sure it is."),
        ),
    ),
    Question(
        "You make a film frame by frame. Which samplers do you try first?",
        (
            Choice("those without fresh noise", "What changes little then comes out changed little.", right=True),
            Choice("those with fresh noise, they are livelier", "The liveliness is flicker."),
            Choice("those with the highest order", "Order says nothing about flicker."),
        ),
    ),
    Question(
        "A guide says: sampler A is the sharpest. What do you ask?",
        (
            Choice("which front end was used", "It changes names and defaults, but there are larger questions."),
            Choice(
                "with how many calls, which levels, which model, and how many pictures were compared",
                "Each of these changed a ranking on this page.",
                right=True,
            ),
            Choice("how old the guide is", "Old advice can be good. Ask what it was measured with."),
        ),
    ),
)
