"""Lesson 07's pictures: one for each colour of the circle."""

from course_lib.lessons import lesson_07 as lesson
from course_lib.models import load

PROMPT = "a red circle above a blue square"
COLOURS = ("red", "green", "yellow", "orange", "purple", "black")


def runs():
    """Colour -> the run in which the circle has it, seed 2."""
    model = load("small-stable-diffusion")
    return {colour: lesson.watch(model, PROMPT.replace("red", colour), seed=2) for colour in COLOURS}
