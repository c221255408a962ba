"""Lesson 03, ReLU: its predictions, its quiz and its checks; its drawings are in `kinks` and `spirals`."""

from course_lib.lessons.lesson_03.checks import check_gradient, check_relu, check_tent
from course_lib.lessons.lesson_03.collapse_check import check_collapse
from course_lib.lessons.lesson_03.kinks import ACTIVATIONS, activations_called, draw
from course_lib.lessons.lesson_03.questions import (
    predict_calls,
    predict_dead,
    predict_hat,
    predict_kinkless,
    predict_ten,
    quiz,
)
from course_lib.lessons.lesson_03.spirals import EVERY, LAST, Training, draw_training, spirals, spirals_panel

__all__ = [
    "ACTIVATIONS",
    "EVERY",
    "LAST",
    "Training",
    "activations_called",
    "check_collapse",
    "check_gradient",
    "check_relu",
    "check_tent",
    "draw",
    "draw_training",
    "predict_calls",
    "predict_dead",
    "predict_hat",
    "predict_kinkless",
    "predict_ten",
    "quiz",
    "spirals",
    "spirals_panel",
]
