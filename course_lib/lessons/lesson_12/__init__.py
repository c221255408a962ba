"""Lesson 12, what a sampler is: its questions and checks; its problem is in `lessons.plane`, its drawings beside it."""

from course_lib.lessons.lesson_12.checks import check_step
from course_lib.lessons.lesson_12.clouds import ALT_CLOUDS, cloud_strip, down_and_up, draw_clouds
from course_lib.lessons.lesson_12.fall import fall
from course_lib.lessons.lesson_12.field import ALT_FIELD, draw_field, field_panel
from course_lib.lessons.lesson_12.one_move import one_move
from course_lib.lessons.lesson_12.order_checks import check_odd, check_order
from course_lib.lessons.lesson_12.orders import draw_orders
from course_lib.lessons.lesson_12.questions import (
    predict_border,
    predict_field,
    predict_noise,
    predict_order,
    predict_spread,
    quiz,
)
from course_lib.lessons.lesson_12.walks import ALL_OVER, CLOSE, ONE, draw_walk, draw_walks
from course_lib.lessons.plane.blobs import BLOBS, data, exact_end, exact_path, levels, noisy, slope
from course_lib.lessons.plane.board import COLUMNS, ROWS, cell, place
from course_lib.lessons.plane.walking import errors, median_error, walk

__all__ = [
    "ALL_OVER",
    "ALT_CLOUDS",
    "ALT_FIELD",
    "BLOBS",
    "CLOSE",
    "COLUMNS",
    "ONE",
    "ROWS",
    "cell",
    "check_odd",
    "check_order",
    "check_step",
    "cloud_strip",
    "data",
    "down_and_up",
    "draw_clouds",
    "draw_field",
    "draw_orders",
    "draw_walk",
    "draw_walks",
    "errors",
    "exact_end",
    "exact_path",
    "fall",
    "field_panel",
    "levels",
    "median_error",
    "noisy",
    "one_move",
    "place",
    "predict_border",
    "predict_field",
    "predict_noise",
    "predict_order",
    "predict_spread",
    "quiz",
    "slope",
    "walk",
]
