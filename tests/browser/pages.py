"""Notebooks of a few cells with widgets, for the tests that look at them in a browser."""

from __future__ import annotations

START = """
import time
import ipywidgets, numpy as np, torch
from course_lib.figures import Drawing, picture_panel, show_pictures
from course_lib.exercises.quiz import Choice, Question
from course_lib.samplers import Step
from course_lib.widgets import Explorer, KernelEditor, PictureChooser, Runner, ask, player, slider_works

def run(x0, count=12):
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    sigmas = [float(14.6 * (1 - i / count) ** 3) for i in range(count + 1)]
    return [Step(i, a, b, x0 + a * eps, x0 + 0.02 * a * eps, x0, x0 + b * eps)
            for i, (a, b) in enumerate(zip(sigmas, sigmas[1:]))]

picture = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
"""


def opened(lab, cells):
    """A notebook of these cells, run, and where each cell is; its page must ask no other machine for anything."""
    notebook = lab.write([START, *cells.values()])
    notebook.run_all()
    places = {name: notebook.page.locator(".jp-CodeCell").nth(index) for index, name in enumerate(cells, start=1)}
    yield notebook, places
    assert notebook.foreign_requests() == []
    notebook.close()


class Pictures:
    """What a canvas has shown, to see that each new state is a new picture."""

    def __init__(self, notebook, canvas, sentence):
        self.notebook, self.canvas, self.sentence, self.seen = notebook, canvas, sentence, set()

    def new(self, words):
        """Wait for the words, and see that they came with pixels not seen before."""
        self.notebook.wait_for_label(self.canvas, words)
        assert words in self.sentence.inner_text()
        pixels = self.notebook.pixels(self.canvas)
        assert pixels not in self.seen, f"{words}: the canvas shows an older picture"
        self.seen.add(pixels)
