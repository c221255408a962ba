"""Lesson 09, reverse diffusion: its questions, checks and drawings, its training on the page, and what breaks it."""

from course_lib.lessons.lesson_09.broken import BREAKS, draw_broken, show_all_broken
from course_lib.lessons.lesson_09.checks import check_loss
from course_lib.lessons.lesson_09.errors import show_errors, show_guesses
from course_lib.lessons.lesson_09.exact import ROW, draw_guess
from course_lib.lessons.lesson_09.faces import TABLE, exact_denoiser, nearest, open_faces
from course_lib.lessons.lesson_09.live import Training
from course_lib.lessons.lesson_09.painted import show_painted, show_worst
from course_lib.lessons.lesson_09.questions import (
    ALT_BROKEN,
    ALT_PAINTED,
    ALT_TRAINING,
    ALT_WORST,
    predict_break,
    predict_error,
    predict_guess,
    predict_loss,
    predict_new,
    predict_noise,
    quiz,
)
from course_lib.lessons.lesson_09.step_check import check_step

__all__ = [
    "ALT_BROKEN",
    "ALT_PAINTED",
    "ALT_TRAINING",
    "ALT_WORST",
    "BREAKS",
    "ROW",
    "TABLE",
    "Training",
    "check_loss",
    "check_step",
    "draw_broken",
    "draw_guess",
    "exact_denoiser",
    "nearest",
    "open_faces",
    "predict_break",
    "predict_error",
    "predict_guess",
    "predict_loss",
    "predict_new",
    "predict_noise",
    "quiz",
    "show_all_broken",
    "show_errors",
    "show_guesses",
    "show_painted",
    "show_worst",
]
