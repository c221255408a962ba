"""Lesson 17, the real model: its predictions, its quiz and a check; the other check is in `settings_card`, what the
page runs in `real_model` and `watching`."""

from course_lib.lessons.lesson_17.checks import check_why_black
from course_lib.lessons.lesson_17.lora import from_red_to_blue
from course_lib.lessons.lesson_17.questions import (
    predict_same,
    predict_side,
    predict_strength,
    predict_weights,
    predict_when,
    quiz,
)
from course_lib.lessons.lesson_17.real_model import choose, difference, on_screen, show_difference
from course_lib.lessons.lesson_17.settings_card import CARD, check_settings, show_card
from course_lib.lessons.lesson_17.watching import Watch, measured
from course_lib.models.memory import give_back

__all__ = [
    "CARD",
    "Watch",
    "check_settings",
    "check_why_black",
    "choose",
    "difference",
    "from_red_to_blue",
    "give_back",
    "measured",
    "on_screen",
    "predict_same",
    "predict_side",
    "predict_strength",
    "predict_weights",
    "predict_when",
    "quiz",
    "show_card",
    "show_difference",
]
