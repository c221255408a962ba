"""Lesson 11, text and guidance: its predictions, its quiz and its checks; it cuts texts in `tokens`, trains in
`matching`, draws that in `matching_drawings`, and paints in `painting`."""

from course_lib.lessons.lesson_11.checks import check_cosine, check_guide, check_passes
from course_lib.lessons.lesson_11.matching import Matching, held_out
from course_lib.lessons.lesson_11.matching_drawings import STYLES, draw_matrix, draw_nearest, pick_and_paint
from course_lib.lessons.lesson_11.painting import decoded, draw_guided, encode, paint, paint_states, walk
from course_lib.lessons.lesson_11.questions import predict_length, predict_line, predict_shuffle, predict_thai, quiz
from course_lib.lessons.lesson_11.tokens import VOCABULARIES, draw_tokens
from course_lib.lessons.small_model import model

__all__ = [
    "STYLES",
    "VOCABULARIES",
    "Matching",
    "check_cosine",
    "check_guide",
    "check_passes",
    "decoded",
    "draw_guided",
    "draw_matrix",
    "draw_nearest",
    "draw_tokens",
    "encode",
    "held_out",
    "model",
    "paint",
    "paint_states",
    "pick_and_paint",
    "predict_length",
    "predict_line",
    "predict_shuffle",
    "predict_thai",
    "quiz",
    "walk",
]
