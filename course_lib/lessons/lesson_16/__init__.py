"""Lesson 16, which sampler for which task: an experiment with the small model for each task."""

from course_lib.exercises.tally import coin_chance, found_out, votes_needed
from course_lib.lessons.lesson_16.checks import check_beat, check_choices
from course_lib.lessons.lesson_16.distilling import grown, push, sampled, show_distilling
from course_lib.lessons.lesson_16.enlarging import (
    WAYS,
    detail_and_likeness,
    draw_detail,
    enlarged,
    show_enlarging,
    show_too_large,
)
from course_lib.lessons.lesson_16.films import (
    KINDS,
    ROWS,
    draw_flicker,
    flicker,
    flicker_of,
    moving_noise,
    panes,
    show_film,
    steadied,
)
from course_lib.lessons.lesson_16.measured import best, draw_curves, line
from course_lib.lessons.lesson_16.measures import decibels, sure_of
from course_lib.lessons.lesson_16.published import beside_ffhq, draw_convergence, draw_guided, exponents
from course_lib.lessons.lesson_16.questions import (
    predict_flicker,
    predict_strength,
    predict_ten,
    predict_votes,
    quiz,
)
from course_lib.lessons.lesson_16.repainting import (
    PAINTINGS,
    pasted,
    repainted,
    right_half,
    seam,
    seams,
    show_repainting,
    to_repaint,
)
from course_lib.lessons.lesson_16.running import run, unit_noise
from course_lib.lessons.lesson_16.strengths import STRENGTHS, changed, draw_exchange, show_strengths
from course_lib.lessons.lesson_16.tie_check import check_is_tie
from course_lib.lessons.lesson_16.ties import differences, draw_differences, draw_halves, halves_by_chance
from course_lib.lessons.lesson_16.voting import PROMPTS, ballot, draw_votes, painted, show_choices

__all__ = [
    "KINDS",
    "PAINTINGS",
    "PROMPTS",
    "ROWS",
    "STRENGTHS",
    "WAYS",
    "ballot",
    "beside_ffhq",
    "best",
    "changed",
    "check_beat",
    "check_choices",
    "check_is_tie",
    "coin_chance",
    "decibels",
    "detail_and_likeness",
    "differences",
    "draw_convergence",
    "draw_curves",
    "draw_detail",
    "draw_differences",
    "draw_exchange",
    "draw_flicker",
    "draw_guided",
    "draw_halves",
    "draw_votes",
    "enlarged",
    "exponents",
    "flicker",
    "flicker_of",
    "found_out",
    "grown",
    "halves_by_chance",
    "line",
    "moving_noise",
    "painted",
    "panes",
    "pasted",
    "predict_flicker",
    "predict_strength",
    "predict_ten",
    "predict_votes",
    "push",
    "quiz",
    "repainted",
    "right_half",
    "run",
    "sampled",
    "seam",
    "seams",
    "show_choices",
    "show_distilling",
    "show_enlarging",
    "show_film",
    "show_repainting",
    "show_strengths",
    "show_too_large",
    "steadied",
    "sure_of",
    "to_repaint",
    "unit_noise",
    "votes_needed",
]
