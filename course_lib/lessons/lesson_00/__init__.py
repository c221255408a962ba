"""Lesson 00, start here: its first picture, its first questions and its two checks."""

from course_lib.lessons.lesson_00.checks import check_count, check_noise
from course_lib.lessons.lesson_00.noise import SHOWN, noise_picture, noisy, out_of_noise
from course_lib.lessons.lesson_00.questions import ALT_PANDA, ALT_SEEDS, predict_again, quiz

__all__ = [
    "ALT_PANDA",
    "ALT_SEEDS",
    "SHOWN",
    "check_count",
    "check_noise",
    "noise_picture",
    "noisy",
    "out_of_noise",
    "predict_again",
    "quiz",
]
