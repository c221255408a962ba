"""Lesson 10, latents: its questions, its checks, and its drawings of the small model's VAE."""

from course_lib.lessons.lesson_10.checks import check_parts, check_times
from course_lib.lessons.lesson_10.decibels_check import check_decibels
from course_lib.lessons.lesson_10.edits import ALL, ONE, draw_edit, show_edits
from course_lib.lessons.lesson_10.mixes import PAIRS, draw_mix, show_mixes, show_scales
from course_lib.lessons.lesson_10.patches import PatchPCA, show_noisy
from course_lib.lessons.lesson_10.questions import (
    predict_bytes,
    predict_cost,
    predict_draw,
    predict_numbers,
    quiz,
)
from course_lib.lessons.lesson_10.round_trip import (
    decibels,
    draw_round_trip,
    from_jpeg,
    open_pictures,
    show_draws,
    show_lost,
    show_round_trips,
)
from course_lib.lessons.lesson_10.work import paint, unet_work
from course_lib.lessons.small_model import model

__all__ = [
    "ALL",
    "ONE",
    "PAIRS",
    "PatchPCA",
    "check_decibels",
    "check_parts",
    "check_times",
    "decibels",
    "draw_edit",
    "draw_mix",
    "draw_round_trip",
    "from_jpeg",
    "model",
    "open_pictures",
    "paint",
    "predict_bytes",
    "predict_cost",
    "predict_draw",
    "predict_numbers",
    "quiz",
    "show_draws",
    "show_edits",
    "show_lost",
    "show_mixes",
    "show_noisy",
    "show_round_trips",
    "show_scales",
    "unet_work",
]
