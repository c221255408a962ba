"""Widgets: what a reader moves, steps through and answers. Each works by keyboard and says its state in words."""

from course_lib.widgets.ask import Ask, ask
from course_lib.widgets.atlas_map import AtlasMap, atlas_map
from course_lib.widgets.explorer import Explorer
from course_lib.widgets.films import film
from course_lib.widgets.kernel import KernelEditor
from course_lib.widgets.live import LiveDrawing
from course_lib.widgets.pictures import PictureChooser
from course_lib.widgets.player import Player, player
from course_lib.widgets.runner import Runner
from course_lib.widgets.trial import Trial, slider_works
from course_lib.widgets.votes import Vote, vote

__all__ = [
    "Ask",
    "AtlasMap",
    "Explorer",
    "KernelEditor",
    "LiveDrawing",
    "PictureChooser",
    "Player",
    "Runner",
    "Trial",
    "Vote",
    "ask",
    "atlas_map",
    "film",
    "player",
    "slider_works",
    "vote",
]
