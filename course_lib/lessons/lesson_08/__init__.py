"""Lesson 08, forward diffusion: its predictions, its quiz, its checks, and the drawing of its explorer."""

from course_lib.lessons.lesson_08.checks import check_jump
from course_lib.lessons.lesson_08.even_check import check_even
from course_lib.lessons.lesson_08.forward import TABLES, draw
from course_lib.lessons.lesson_08.questions import predict_last, predict_middle, predict_spread, quiz

__all__ = ["TABLES", "check_even", "check_jump", "draw", "predict_last", "predict_middle", "predict_spread", "quiz"]
