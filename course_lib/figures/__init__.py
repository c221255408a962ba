"""Figures: matplotlib plots, pictures and fast panels, in one style and with alt text."""

from course_lib.figures.contact_sheet import contact_sheet, show_pictures
from course_lib.figures.drawing import (
    beside,
    numbers_panel,
    picture_panel,
    settled,
    stack,
    text_panel,
)
from course_lib.figures.images import tile, to_pixels
from course_lib.figures.live import Drawing
from course_lib.figures.plots import histogram_panel, line_panel
from course_lib.figures.style import COLOURS, Shown, show, show_pixels, subplots

__all__ = [
    "COLOURS",
    "Drawing",
    "Shown",
    "beside",
    "contact_sheet",
    "histogram_panel",
    "line_panel",
    "numbers_panel",
    "picture_panel",
    "settled",
    "show",
    "show_pictures",
    "show_pixels",
    "stack",
    "subplots",
    "text_panel",
    "tile",
    "to_pixels",
]
