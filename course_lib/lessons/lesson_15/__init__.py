"""Lesson 15, schedulers: its questions and checks; its problem is in `lessons.plane`, its drawings beside it."""

from course_lib.lessons.lesson_15.bend import by_price, draw_bend, halving_price, prices
from course_lib.lessons.lesson_15.checks import check_beta, check_exponential, check_karras
from course_lib.lessons.lesson_15.gone_check import check_gone
from course_lib.lessons.lesson_15.page import draw_schedule, ladder, whole_page
from course_lib.lessons.lesson_15.pictures import (
    ALT_PATTERNS,
    ALT_STRIP,
    PICTURES,
    draw_picture,
    kept,
    pattern_strip,
    patterns,
    picture_strip,
    walked,
)
from course_lib.lessons.lesson_15.questions import (
    predict_halving,
    predict_picture,
    predict_sampler,
    predict_thirty,
    quiz,
)
from course_lib.lessons.lesson_15.scoring import (
    CALLS,
    IDEAS,
    NAMES,
    ONE_CALL,
    TABLE,
    checked,
    density,
    far_with,
    levels,
    score,
    scores,
    step_costs,
    thirds,
)
from course_lib.lessons.lesson_15.search import draw_search, found
from course_lib.lessons.lesson_15.sketch import COLUMNS, ROWS, Sketch, row_of
from course_lib.lessons.lesson_15.ten_check import check_ten, verdict_on_ten
from course_lib.schedulers.timesteps import beta_quantile as quantile

__all__ = [
    "ALT_PATTERNS",
    "ALT_STRIP",
    "CALLS",
    "COLUMNS",
    "IDEAS",
    "NAMES",
    "ONE_CALL",
    "PICTURES",
    "ROWS",
    "TABLE",
    "Sketch",
    "by_price",
    "check_beta",
    "check_exponential",
    "check_gone",
    "check_karras",
    "check_ten",
    "checked",
    "density",
    "draw_bend",
    "draw_picture",
    "draw_schedule",
    "draw_search",
    "far_with",
    "found",
    "halving_price",
    "kept",
    "ladder",
    "levels",
    "pattern_strip",
    "patterns",
    "picture_strip",
    "predict_halving",
    "predict_picture",
    "predict_sampler",
    "predict_thirty",
    "prices",
    "quantile",
    "quiz",
    "row_of",
    "score",
    "scores",
    "step_costs",
    "thirds",
    "verdict_on_ten",
    "walked",
    "whole_page",
]
