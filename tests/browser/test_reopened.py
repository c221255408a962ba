"""The next day: a notebook that was saved is opened again, and its widgets still show what they last showed."""

from __future__ import annotations

import subprocess
import sys

import nbformat
import pytest

from tests.browser.lab import Notebook, Server
from tests.browser.pages import START
from tests.notebooks.execute import WIDGET_VIEW

pytestmark = pytest.mark.browser

CELLS = {
    "start": START,
    "player": "player(run(picture), title='A ramp from noise')",
    "question": 'ask(Question("Which `one`?", (Choice("This.", "No."), Choice("That.", "It is `that`.", right=True))))',
    "unanswered": 'ask(Question("And now?", (Choice("Yes.", "Indeed.", right=True), Choice("No.", "Why?"))))',
    "explorer": """
def draw(t):
    if t == 9:
        raise ValueError("t must not be 9")
    return Drawing(np.full((40, 60, 3), 20 * t, dtype=np.uint8), f"t is {t}.")

Explorer(draw, {"t": ipywidgets.IntSlider(3, 0, 9, description="t")}, label="Grey")
""",
    "runner": """
def paint(seed):
    return f"Seed {seed}", run(picture + seed / 10, 6)

Runner(paint, {"seed": ipywidgets.BoundedIntText(3, 0, 9, description="seed")}, label="Seeds")
""",
    "trial": "slider_works()",
}


def cell_of(notebook, name):
    return notebook.page.locator(".jp-CodeCell").nth(list(CELLS).index(name))


def save(notebook):
    """Save until nothing is unsaved: a widget that was still loading its picture has changed the notebook again."""
    saved = """async () => {
        await jupyterapp.commands.execute("docmanager:save");
        return !jupyterapp.shell.currentWidget.context.model.dirty;
    }"""
    notebook.wait_for(saved)


def used(lab):
    """A notebook whose widgets were used, and saved; its name."""
    notebook = lab.write(list(CELLS.values()))
    notebook.run_all()
    save(notebook)
    dirty = "() => jupyterapp.shell.currentWidget.context.model.dirty"
    cell_of(notebook, "question").get_by_role("radio", name="That.").check()
    assert notebook.page.evaluate(dirty), "an answer would be lost when the page is closed"
    save(notebook)
    notebook.slider("t").focus()
    for words in ("t is 4.", "t is 5."):
        notebook.page.keyboard.press("ArrowRight")
        notebook.wait_for_label(cell_of(notebook, "explorer").locator("canvas"), words)
    seed = cell_of(notebook, "runner")
    seed.get_by_role("textbox", name="seed").fill("4")
    seed.get_by_role("button", name="Run").click()
    seed.get_by_text("Seed 4").first.wait_for()
    pixels = {
        "explorer": notebook.pixels(cell_of(notebook, "explorer").locator("canvas")),
        "player": notebook.pixels(cell_of(notebook, "player").locator("canvas").first),
    }
    save(notebook)
    return notebook, pixels


@pytest.fixture(scope="module", params=["another server", "restarted and reloaded"])
def reopened(request, lab, tmp_path_factory):
    """The saved notebook, opened again: by a server that never saw its kernel, or after Restart Kernel and a reload."""
    notebook, pixels = used(lab)
    page, name = notebook.page, notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    slider = cell_of(notebook, "explorer").locator("[role=slider]")
    assert slider.evaluate("slider => slider === document.activeElement") is False
    server = lab.server
    if request.param == "another server":
        notebook.close()
        server = Server(tmp_path_factory.mktemp("again"), lab.server.root)
        page = lab.browser.new_page(viewport={"width": 1400, "height": 1000})
    else:
        page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        notebook.wait_idle()
    again = Notebook(page, server, name)
    yield again, pixels
    assert again.foreign_requests() == []
    again.close()
    if server is not lab.server:
        server.stop()


def test_every_widget_shows_something_worth_seeing(reopened):
    notebook, pixels = reopened
    page, keys = notebook.page, notebook.page.keyboard

    player = cell_of(notebook, "player")
    player.locator(".cl-player canvas").first.wait_for()
    notebook.wait_for_label(player.locator("canvas").first, "Step 1 of 12")
    assert notebook.pixels(player.locator("canvas").first) == pixels["player"]
    player.locator("input[type=range]").focus()
    keys.press("ArrowRight")
    notebook.wait_for_label(player.locator("canvas").first, "Step 2 of 12")
    player.get_by_role("button", name="Play").click()
    notebook.wait_for_label(player.locator("canvas").first, "Result after 12 steps")
    assert player.locator(".cl-panes figure").first.bounding_box()["width"] > 200, "it has lost its style"

    question = cell_of(notebook, "question")
    assert question.get_by_role("radio", name="That.").is_checked()
    assert question.locator(".cl-reply").inner_text() == "Right. It is that."
    unanswered = cell_of(notebook, "unanswered")
    assert unanswered.locator(".cl-reply").is_hidden()
    unanswered.get_by_role("radio", name="No.").check()
    assert unanswered.locator(".cl-reply").inner_text() == "Not yet. Why?"
    save(notebook)
    outputs = "index => jupyterapp.shell.currentWidget.content.widgets[index].model.sharedModel.getOutputs()"
    (saved,) = page.evaluate(outputs, list(CELLS).index("unanswered"))
    assert "(x) No." in "".join(saved["data"]["text/plain"]), "an answer without a kernel is lost"

    explorer = cell_of(notebook, "explorer")
    explorer.get_by_text("Run this cell to move it.").wait_for()
    explorer.get_by_text("Grey. t is 5.").wait_for()
    same = """([image, address]) => {
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
        canvas.getContext("2d").drawImage(image, 0, 0);
        return canvas.toDataURL() === address;
    }"""
    picture = explorer.get_by_role("img", name="Grey. t is 5.")
    assert page.evaluate(same, [picture.element_handle(), pixels["explorer"]]), "another drawing than the last one"

    runner = cell_of(notebook, "runner")
    runner.get_by_text("Seed 4").first.wait_for()
    runner.get_by_text("Run this cell to run it with other values.").wait_for()
    runner.locator("input[type=range]").focus()
    keys.press("End")
    notebook.wait_for_label(runner.locator("canvas").first, "Result after 6 steps")
    cell_of(notebook, "trial").get_by_text("1. Run this cell").wait_for()
    assert page.get_by_text("Error displaying widget").count() == 0


def test_running_the_cell_brings_it_to_life(reopened):
    notebook, _ = reopened
    notebook.run_all()
    explorer = cell_of(notebook, "explorer")
    notebook.wait_for_label(explorer.locator("canvas"), "t is 3.")
    explorer.get_by_text("Run this cell").wait_for(state="detached")
    notebook.slider("t").focus()
    for step in ("4", "5"):
        notebook.page.keyboard.press("ArrowRight")
        notebook.wait_for_label(explorer.locator("canvas"), f"t is {step}.")
        save(notebook)
        slider = explorer.locator("[role=slider]")
        assert slider.evaluate("slider => slider === document.activeElement"), "saving takes the focus away"


def test_a_copy_of_an_older_version_shows_its_pictures_and_words(lab):
    notebook, _ = used(lab)
    path = lab.server.root / notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    notebook.close()
    older = nbformat.read(path, as_version=4)
    for output in (output for cell in older.cells for output in cell.outputs if "data" in output):
        output.metadata.pop(WIDGET_VIEW, None)
        output.data.pop("text/html", None)
    nbformat.write(older, path)
    page = lab.browser.new_page()
    again = Notebook(page, lab.server, path.name)
    trusted = "() => { jupyterapp.shell.currentWidget.content.widgets.forEach(({ model }) => (model.trusted = true)); }"
    page.evaluate(trusted)
    cell_of(again, "explorer").get_by_role("img", name="Grey. t is 5.").wait_for()
    cell_of(again, "explorer").get_by_text("Run this cell to move it.").wait_for()
    cell_of(again, "player").get_by_role("img", name="A ramp from noise. Contact sheet").wait_for()
    cell_of(again, "question").get_by_text("(x) That.").wait_for()
    cell_of(again, "trial").get_by_text("1. Run this cell").wait_for()
    assert page.get_by_text("Error displaying widget").count() == 0
    again.close()


def test_a_web_page_made_of_it_has_pictures_and_words(lab, tmp_path):
    notebook, _ = used(lab)
    path = lab.server.root / notebook.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    notebook.close()
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    page = lab.browser.new_page()
    page.context.set_offline(True)
    page.goto((tmp_path / path.with_suffix(".html").name).as_uri(), wait_until="domcontentloaded")
    for words in ("Grey. t is 5.", "A ramp from noise. Contact sheet", "Seed 4"):
        picture = page.get_by_role("img", name=words)
        assert picture.evaluate("image => image.naturalWidth") > 0
        assert page.get_by_text(words).first.is_visible()
    assert page.get_by_text("(x) That.").is_visible() and page.get_by_text("Right. It is `that`.").is_visible()
    page.close()
