"""Lesson 11, text and guidance: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_thai = Question(
    "“a red heart on a blue background” costs CLIP 7 tokens. How many does the same in Thai, หัวใจสีแดงบนพื้นหลังสีน้ำเงิน, cost?",
    (
        Choice("7, it says the same", "Tokens are pieces of spelling, not of meaning. The list of pieces was learned from text that is mostly English."),
        Choice("about 30", "More than four times as many.", right=True),
        Choice("none, CLIP knows no Thai", "Every text can be written with the 256 bytes, so nothing is ever unknown to the tokenizer. Whether the network understands it is another question."),
    ),
)  # fmt: skip

predict_shuffle = Question(
    "The U-Net gets the 24 text states of “a red circle above a blue square” in a random order. What does it paint?",
    (
        Choice("the same picture", "Attention adds up over all states, and a sum has no order. Where a word stood is written inside its state.", right=True),
        Choice("a blue circle above a red square", "That would follow from exchanging the words. Here each state already knows its position and the words before it."),
        Choice("nothing recognisable", "It would, if the U-Net read the states as a row. But it only looks them up, by attention."),
    ),
)  # fmt: skip

predict_line = Question(
    "Without the words the network answers 1, with them 3. The guidance scale is 4. What is the guided answer?",
    (
        Choice("12", "That is 4 times the answer with the words. Guidance multiplies the difference: 3 − 1."),
        Choice("9", "1 + 4 · (3 − 1).", right=True),
        Choice("11", "That starts from 3. The line starts from the answer without the words, 1."),
    ),
)  # fmt: skip

predict_length = Question(
    "At the first step of a run, the guess of the picture has a certain spread (standard deviation) at scale 1. How large is it at scale 20?",
    (
        Choice("the same: only the direction changes", "The formula adds a multiple of a difference. Nothing in it keeps the length."),
        Choice("a little larger", "The difference of the two answers is about as large as the guess with the words, and it is multiplied by 20."),
        Choice("more than ten times as large", "At first the difference of the two answers is about as large as the guess with the words, and it is multiplied by 20.", right=True),
    ),
)  # fmt: skip

quiz = (
    Question(
        "What does Stable Diffusion's U-Net read of a prompt?",
        (
            Choice("one vector for the whole sentence", "CLIP compares such vectors. The U-Net gets the states of all positions, 77 in Stable Diffusion 1.5."),
            Choice("the text states of all positions", "Right, the end marks included.", right=True),
            Choice("a score for each picture that it might paint", "Painting computes no such score."),
        ),
    ),
    Question(
        "At scale 1, what does a negative prompt change?",
        (
            Choice("nothing", "Negative + 1 · (prompt − negative) is the prompt's answer. The negative one cancels.", right=True),
            Choice("it removes its words from the picture", "The line pushes away from the negative prompt only above 1."),
            Choice("it becomes the prompt", "That happens at scale 0."),
        ),
    ),
    Question(
        "At scale 15 the colours are too strong. What helps least?",
        (
            Choice("rescaling each guess", "It helps: the guess gets back the spread that it has with the words alone."),
            Choice("guidance at the middle noise levels only", "It helps: fewer steps are stretched, and those that are left out cost half."),
            Choice("twice as many steps", "It helps, at twice the cost: with shorter steps the colours end calmer."),
            Choice("another seed", "Each step's guess is stretched as before, whatever the noise.", right=True),
        ),
    ),
)  # fmt: skip
