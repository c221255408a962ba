"""Lesson 13, samplers without fresh noise: its questions, checks, races and drawings."""

from course_lib.lessons.lesson_13.adaptive import draw_visits, visits
from course_lib.lessons.lesson_13.balance import draw_balance, middle_of_looks
from course_lib.lessons.lesson_13.cards import show_cards
from course_lib.lessons.lesson_13.checks import check_heun, check_middle, check_target
from course_lib.lessons.lesson_13.duel import START_CELL, draw_duel, two_duels
from course_lib.lessons.lesson_13.guesses import draw_guesses
from course_lib.lessons.lesson_13.pictures import draw_picture_race, left_over, share_right, show_ends
from course_lib.lessons.lesson_13.questions import predict_adaptive, predict_race, predict_three, quiz
from course_lib.lessons.lesson_13.race import ROWS as RUNNERS
from course_lib.lessons.lesson_13.race import adaptive_run, draw_race, run
from course_lib.lessons.plane.blobs import BLOBS, levels, noisy
from course_lib.lessons.plane.board import COLUMNS, ROWS

__all__ = [
    "BLOBS",
    "COLUMNS",
    "ROWS",
    "RUNNERS",
    "START_CELL",
    "adaptive_run",
    "check_heun",
    "check_middle",
    "check_target",
    "draw_balance",
    "draw_duel",
    "draw_guesses",
    "draw_picture_race",
    "draw_race",
    "draw_visits",
    "left_over",
    "levels",
    "middle_of_looks",
    "noisy",
    "predict_adaptive",
    "predict_race",
    "predict_three",
    "quiz",
    "run",
    "share_right",
    "show_cards",
    "show_ends",
    "two_duels",
    "visits",
]
