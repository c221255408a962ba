"""Lesson 02, convolution: its predictions, its quiz and its checks; its drawings are in `windows`."""

from course_lib.lessons.lesson_02.checks import check_shift, check_size
from course_lib.lessons.lesson_02.conv2d_check import check_conv2d
from course_lib.lessons.lesson_02.questions import predict_field, predict_flat, predict_flip, predict_size, quiz
from course_lib.lessons.lesson_02.windows import draw, draw_places

__all__ = [
    "check_conv2d",
    "check_shift",
    "check_size",
    "draw",
    "draw_places",
    "predict_field",
    "predict_flat",
    "predict_flip",
    "predict_size",
    "quiz",
]
