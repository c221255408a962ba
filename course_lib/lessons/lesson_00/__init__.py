"""Lesson 00, start here: its first questions and its two checks."""

from course_lib.lessons.lesson_00.checks import check_count, check_noise
from course_lib.lessons.lesson_00.noise import noise_picture
from course_lib.lessons.lesson_00.questions import ALT_PANDA, ALT_SEEDS, predict_again, quiz

__all__ = ["ALT_PANDA", "ALT_SEEDS", "check_count", "check_noise", "noise_picture", "predict_again", "quiz"]
