"""Lesson 07, attention: its predictions, its quiz and its checks; it draws in `heat_maps` and counts in
`attention_cost`."""

from course_lib.lessons.lesson_07.attention_cost import (
    AttentionLayer,
    attention_layers,
    how_it_flows,
    where_attention_is,
)
from course_lib.lessons.lesson_07.checks import check_attention
from course_lib.lessons.lesson_07.heat_maps import change, draw_pixel, draw_swap, draw_word, share_in_top_quarter
from course_lib.lessons.lesson_07.questions import (
    predict_corner,
    predict_cost,
    predict_most,
    predict_order,
    predict_scale,
    predict_share,
    predict_swap,
    quiz,
)
from course_lib.lessons.lesson_07.score_checks import check_scores
from course_lib.lessons.lesson_07.table_checks import check_weights
from course_lib.pipeline import watch

__all__ = [
    "AttentionLayer",
    "attention_layers",
    "change",
    "check_attention",
    "check_scores",
    "check_weights",
    "draw_pixel",
    "draw_swap",
    "draw_word",
    "how_it_flows",
    "predict_corner",
    "predict_cost",
    "predict_most",
    "predict_order",
    "predict_scale",
    "predict_share",
    "predict_swap",
    "quiz",
    "share_in_top_quarter",
    "watch",
    "where_attention_is",
]
