"""A training on the page: it shows itself while its cell runs, stops at the stop button, and goes on from there."""

import pytest

pytestmark = pytest.mark.browser

PAGE = """
import pathlib, tempfile, time
from course_lib.lessons import lesson_09 as lesson
from course_lib.lessons.lesson_09 import live
from course_lib.widgets import LiveDrawing
live._EVERY = 0.0
training = lesson.Training(updates=80, folder=pathlib.Path(tempfile.mkdtemp()))
shown = LiveDrawing(training.draw(), label="A network learns")
def slowly(*drawing, **times):
    shown.put(*drawing, **times)
    time.sleep(0 if pathlib.Path("looked_at").exists() else 1)  # or it would be ready before anybody looks
shown
"""


def test_it_is_seen_stopped_and_gone_on_with(lab):
    notebook = lab.write([PAGE, "training.run(slowly)", "print('updates', training.step)"])
    page = notebook.page
    notebook.command("notebook:run-all-cells")
    canvas = page.locator(".cl-explorer canvas")
    canvas.wait_for()
    notebook.wait_for_label(canvas, "of 80 updates the loss is")
    running = page.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").inner_text()
    assert running == "[*]:", "it is only shown once the cell has ended"
    words = page.locator(".cl-explorer .cl-controls").inner_text()
    assert "% done" in words and "left" in words
    first = notebook.pixels(canvas)
    notebook.command("notebook:interrupt-kernel")
    said = page.locator(".jp-OutputArea-output", has_text="Stopped at step")
    said.wait_for()
    assert "Run this cell again" in said.inner_text() and "Traceback" not in said.inner_text()
    notebook.wait_idle()
    (notebook.folder / "looked_at").touch()
    page.locator(".jp-CodeCell").nth(1).click()
    notebook.command("notebook:run-cell-and-select-next")
    notebook.wait_for_label(canvas, "After 80 of 80 updates")
    notebook.wait_idle()
    assert notebook.pixels(canvas) != first
    assert page.locator(".cl-explorer .cl-controls").inner_text().strip() == "100 % done"
    assert notebook.foreign_requests() == []
    notebook.close()
