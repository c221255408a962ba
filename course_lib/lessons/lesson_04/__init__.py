"""Lesson 04, max pooling: its predictions, its quiz and its checks; its ways down and its drawing are in `shifts`."""

from course_lib.lessons.lesson_04.checks import check_max_pool2d
from course_lib.lessons.lesson_04.gradient_check import check_gradient
from course_lib.lessons.lesson_04.questions import (
    predict_cost,
    predict_gradient,
    predict_line,
    predict_lost,
    predict_pretzel,
    predict_stripes,
    quiz,
)
from course_lib.lessons.lesson_04.shifts import BLUR, MIDDLE, WAYS, differences, draw, perfect, rings, shimmer
from course_lib.lessons.lesson_04.shifts_check import check_shifts

__all__ = [
    "BLUR",
    "MIDDLE",
    "WAYS",
    "check_gradient",
    "check_max_pool2d",
    "check_shifts",
    "differences",
    "draw",
    "perfect",
    "predict_cost",
    "predict_gradient",
    "predict_line",
    "predict_lost",
    "predict_pretzel",
    "predict_stripes",
    "quiz",
    "rings",
    "shimmer",
]
