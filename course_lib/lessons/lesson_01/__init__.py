"""Lesson 01, what is Stable Diffusion: its runs, its questions and its checks; `machine` has the plan of the whole."""

from course_lib.lessons.lesson_01.checks import check_latent, check_picture, check_states, check_tokens
from course_lib.lessons.lesson_01.euler_step import check_step
from course_lib.lessons.lesson_01.machine import check_order, draw_machine
from course_lib.lessons.lesson_01.questions import (
    ALT_BLURS,
    ALT_NEW,
    ALT_RECALLED,
    ALT_RUNS,
    predict_change,
    predict_guess,
    predict_recall,
    predict_step,
    quiz,
)
from course_lib.lessons.lesson_01.runs import EXAMPLES, OFFERED, paint, remove_noise
from course_lib.lessons.small_model import model

__all__ = [
    "ALT_BLURS",
    "ALT_NEW",
    "ALT_RECALLED",
    "ALT_RUNS",
    "EXAMPLES",
    "OFFERED",
    "check_latent",
    "check_order",
    "check_picture",
    "check_states",
    "check_step",
    "check_tokens",
    "draw_machine",
    "model",
    "paint",
    "predict_change",
    "predict_guess",
    "predict_recall",
    "predict_step",
    "quiz",
    "remove_noise",
]
