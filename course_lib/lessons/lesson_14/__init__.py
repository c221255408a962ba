"""Lesson 14, when fresh noise helps: its questions, checks, experiments and drawings."""

from course_lib.lessons.lesson_14.card_checks import check_cards, check_path_end
from course_lib.lessons.lesson_14.cards import run_card
from course_lib.lessons.lesson_14.checks import check_split
from course_lib.lessons.lesson_14.fan import fan
from course_lib.lessons.lesson_14.mistakes import (
    ALT_MISTAKE,
    HIGH,
    LOW,
    ROWS_TO_TRY,
    after_mistake,
    draw_mistake,
    mistake_strip,
)
from course_lib.lessons.lesson_14.questions import (
    predict_calls,
    predict_late,
    predict_mistake,
    predict_same_seed,
    predict_seeds,
    quiz,
)
from course_lib.lessons.lesson_14.same_seed import draw_same_seed, median_change
from course_lib.lessons.lesson_14.seeds import (
    ALT_SEEDS,
    EXAMPLE,
    counts_of,
    draw_seeds,
    posterior,
    seeds_from,
    seeds_sheet,
)
from course_lib.lessons.lesson_14.spreads import distance, draw_race, draw_spreads
from course_lib.lessons.plane.blobs import BLOBS, levels, noisy
from course_lib.lessons.plane.board import COLUMNS, ROWS, cell

__all__ = [
    "ALT_MISTAKE",
    "ALT_SEEDS",
    "BLOBS",
    "COLUMNS",
    "EXAMPLE",
    "HIGH",
    "LOW",
    "ROWS",
    "ROWS_TO_TRY",
    "after_mistake",
    "cell",
    "check_cards",
    "check_path_end",
    "check_split",
    "counts_of",
    "distance",
    "draw_mistake",
    "draw_race",
    "draw_same_seed",
    "draw_seeds",
    "draw_spreads",
    "fan",
    "levels",
    "median_change",
    "mistake_strip",
    "noisy",
    "posterior",
    "predict_calls",
    "predict_late",
    "predict_mistake",
    "predict_same_seed",
    "predict_seeds",
    "quiz",
    "run_card",
    "seeds_from",
    "seeds_sheet",
]
