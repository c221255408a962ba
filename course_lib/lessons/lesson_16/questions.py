"""Lesson 16, which sampler for which task: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_ten = Question(
    "You have 10 calls, and the levels of Karras. Whose picture is nearest to the converged one?",
    (
        Choice(
            "Heun, of second order",
            "Five steps of two calls: 0.87, and no picture yet. An order tells what happens with many calls.",
        ),
        Choice("DPM++ 2M, the usual advice", "0.058. That is good, and with these levels plain Euler has 0.058, too."),
        Choice(
            "LMS, from 2022",
            "0.027, about half the error of DPM++ 2M, and both halves of the pictures agree.",
            right=True,
        ),
    ),
)

predict_votes = Question(
    "Six in ten people prefer picture A. How many votes do you need before you can be fairly sure that it is not chance?",
    (
        Choice("about 12", "With 12 votes you would find it out in 9 % of all cases."),
        Choice("about 50", "That is enough where seven in ten prefer A."),
        Choice("about 200", "199. Small differences need many votes.", right=True),
    ),
)

predict_strength = Question(
    "The same strength, 0.2, once without fresh noise and once with it. Which picture keeps more of yours?",
    (
        Choice("without fresh noise", "15 dB against 13. The fresh noise moves it farther away.", right=True),
        Choice("with fresh noise", "Each draw of noise replaces a little of your picture."),
        Choice("both the same, the strength decides", "Strength says where you start. The way down counts, too."),
    ),
)

predict_flicker = Question(
    "Nothing moves: the same words and the same start, eight times. Which film flickers?",
    (
        Choice("none", "One of the rows draws new noise in each frame."),
        Choice("DPM++ 2M", "It adds no noise: the same start gives the same picture, eight times."),
        Choice(
            "DPM++ 2M SDE, with new noise for each frame",
            "It changes by 3.5 % of the range from frame to frame, though nothing moves.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "Two cells of the atlas differ by 0.004, and the two halves of the pictures rank them differently. What do you say?",
        (
            Choice("the one with the smaller mean is better", "With other seeds it may be the other one."),
            Choice("they are a tie", "Then choose by something else: time, or what you know well.", right=True),
            Choice("the measurement is wrong", "It is right, and it says how sure it is."),
        ),
    ),
    Question(
        "You make a film frame by frame. Which rows do you look at first?",
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
            Choice("how old the guide is", "LMS is one of the oldest rows, and it leads at ten calls here."),
        ),
    ),
)
