"""Lesson 05, upsampling: its drawing is in `stamps`."""

from course_lib.lessons.lesson_05.checks import check_conv_transpose2d
from course_lib.lessons.lesson_05.flat_check import check_flat
from course_lib.lessons.lesson_05.one_stamp_check import check_one_stamp
from course_lib.lessons.lesson_05.questions import (
    predict_back,
    predict_even,
    predict_flat,
    predict_size,
    predict_tent,
    predict_tied,
    quiz,
)
from course_lib.lessons.lesson_05.stamps import NUMBERS, draw, grow, overlap, sums

__all__ = [
    "NUMBERS",
    "check_conv_transpose2d",
    "check_flat",
    "check_one_stamp",
    "draw",
    "grow",
    "overlap",
    "predict_back",
    "predict_even",
    "predict_flat",
    "predict_size",
    "predict_tent",
    "predict_tied",
    "quiz",
    "sums",
]
