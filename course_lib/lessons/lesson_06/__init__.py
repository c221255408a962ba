"""Lesson 06, the U-Net.

`the_u` draws its shape, `u_shapes` its blocks (in the grid of `u_cells`), and `diagrams` the residual block and the
small model's U. `broken_unet` damages the trained one, `small_unet` is trained on the page, and `unet_exercises` has
what the checks compare with.
"""

from course_lib.lessons.lesson_06.broken_unet import ACROSS, PICTURES, SKIPS, as_picture, guess, mix, without_skips
from course_lib.lessons.lesson_06.broken_unet import draw as draw_damage
from course_lib.lessons.lesson_06.build_check import check_unet
from course_lib.lessons.lesson_06.checks import check_reads, check_residual, check_total, check_up
from course_lib.lessons.lesson_06.diagrams import residual_block as draw_residual
from course_lib.lessons.lesson_06.diagrams import small_u as draw_small_u
from course_lib.lessons.lesson_06.questions import (
    ALT_LEVELS,
    ALT_TOLD,
    ALT_WAVES,
    predict_around,
    predict_far,
    predict_first,
    predict_row,
    predict_skip,
    predict_told,
    predict_where,
    quiz,
)
from course_lib.lessons.lesson_06.small_unet import SmallUNet, noisy_pictures, train
from course_lib.lessons.lesson_06.the_u import draw as draw_u
from course_lib.lessons.lesson_06.u_cells import COLUMNS, ROWS
from course_lib.lessons.lesson_06.u_shapes import draw as draw_blocks
from course_lib.lessons.lesson_06.unet_exercises import Blocks, reads, transformer_numbers
from course_lib.lessons.small_model import model
from course_lib.models.anatomy import only_convolutions, outputs, stable_diffusion, stable_diffusion_parts

__all__ = [
    "ACROSS",
    "ALT_LEVELS",
    "ALT_TOLD",
    "ALT_WAVES",
    "COLUMNS",
    "PICTURES",
    "ROWS",
    "SKIPS",
    "Blocks",
    "SmallUNet",
    "as_picture",
    "check_reads",
    "check_residual",
    "check_total",
    "check_unet",
    "check_up",
    "draw_blocks",
    "draw_damage",
    "draw_residual",
    "draw_small_u",
    "draw_u",
    "guess",
    "mix",
    "model",
    "noisy_pictures",
    "only_convolutions",
    "outputs",
    "predict_around",
    "predict_far",
    "predict_first",
    "predict_row",
    "predict_skip",
    "predict_told",
    "predict_where",
    "quiz",
    "reads",
    "stable_diffusion",
    "stable_diffusion_parts",
    "train",
    "transformer_numbers",
    "without_skips",
]
