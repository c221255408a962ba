"""Explorers and runners as a learner meets them: keys, mouse, uploads, and what is typed."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.browser.pages import Pictures, opened

pytestmark = pytest.mark.browser

EXPLORER = """
def draw(picture, t, row, column):
    if t == 100:
        raise ValueError("t must be below 100; got 100")
    noisy = (1 - t / 100) * picture[0] + t / 100
    panel = picture_panel(noisy, 256, frame=(row, column, 1, 1))
    return Drawing(panel, f"t is {t}, cursor at row {row}, column {column}.")

controls = {
    "picture": PictureChooser({"ramp": picture}, size=32),
    "t": ipywidgets.IntSlider(30, 0, 100, description="t"),
}
Explorer(draw, controls, label="A picture that fades", cursor=(32, 32))
"""
SLOW = """
from pathlib import Path

draws = [0]
def draw(t):
    draws[0] += 1
    while t == 1 and not Path("all_keys_are_pressed").exists():
        time.sleep(0.05)
    return Drawing(np.full((40, 40, 3), t, dtype=np.uint8), f"t is {t}, drawing {draws[0]}.")

Explorer(draw, {"t": ipywidgets.IntSlider(0, 0, 200, description="t")}, label="Slow")
"""
KERNEL = """
def draw(kernel):
    panel = picture_panel(kernel.clamp(-1, 1), 90)
    return Drawing(panel, f"Sum {kernel.sum():.0f}, first entry {kernel[0, 0]:.0f}.")

Explorer(draw, {"kernel": KernelEditor()}, label="A kernel")
"""
NUMBERS = """
def draw(bias):
    return Drawing(np.zeros((30, 30, 3), dtype=np.uint8), f"The bias is {bias}.")

slider = ipywidgets.FloatSlider(0.5, min=-4, max=4, step=0.25, description="bias")
Explorer(draw, {"bias": slider}, label="A number")
"""
SEED = """
def paint(seed):
    return f"Seed {seed}", run(picture)

Runner(paint, {"seed": ipywidgets.BoundedIntText(3, 0, 1000, description="seed")}, label="Seeds")
"""
HELD = """
from pathlib import Path

def wait(change):
    while change.new == 9 and not Path("all_is_typed").exists():
        time.sleep(0.05)

def paint(seed, other):
    return f"Seed {seed}", run(picture, count=3)

numbers = {name: ipywidgets.BoundedIntText(7, 0, 1000, description=name) for name in ("seed", "other")}
numbers["other"].observe(wait, "value")
Runner(paint, numbers, label="A busy kernel")
"""
LIVE = {
    "explorer": EXPLORER,
    "slow": SLOW,
    "kernel": KERNEL,
    "numbers": NUMBERS,
    "seed": SEED,
    "held": HELD,
}


@pytest.fixture(scope="module")
def live(lab):
    """Widgets beside a running kernel: the notebook, and its cells by name."""
    yield from opened(lab, LIVE)


def test_the_arrow_of_a_list_can_be_seen_in_both_themes(live):
    notebook, cells = live
    arrow = cells["explorer"].locator(".widget-dropdown select")
    seen = {}
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.use_theme(theme)
        seen[theme] = arrow.evaluate("list => getComputedStyle(list).backgroundImage")
    assert "e0e0e0" in seen["JupyterLab Dark"] and "svg" in seen["JupyterLab Light"]
    assert "e0e0e0" not in seen["JupyterLab Light"], "light on white"


def test_explorer_follows_slider_cursor_and_upload(live):
    notebook, cells = live
    page, cell = notebook.page, cells["explorer"]
    canvas, keys = cell.locator("canvas"), page.keyboard
    pictures = Pictures(notebook, canvas, cell.locator(".cl-sentence"))
    pictures.new("t is 30, cursor at row 16, column 16.")
    assert cell.locator(".cl-sentence").get_attribute("aria-live") == "polite", "no screen reader hears of a new state"
    assert cell.locator(".cl-explorer-canvas .cl-message").get_attribute("role") == "alert"

    handle = notebook.slider("t").first
    handle.focus()
    keys.press("ArrowRight")
    pictures.new("t is 31")
    assert handle.get_attribute("aria-label") == "t"

    canvas.focus()
    keys.press("ArrowDown")
    pictures.new("cursor at row 17, column 16")
    keys.press("ArrowLeft")
    pictures.new("cursor at row 17, column 15")
    canvas.click(position={"x": 8 * 3 + 4, "y": 8 * 5 + 4})
    pictures.new("cursor at row 5, column 3")

    handle.focus()
    keys.press("End")
    message = cell.locator(".cl-explorer-canvas .cl-message")
    message.get_by_text("t must be below 100; got 100").wait_for()
    assert cell.locator(".cl-sentence").is_hidden() and "got 100" in canvas.get_attribute("aria-label")
    assert canvas.evaluate("canvas => getComputedStyle(canvas).opacity") < "0.5", "the old drawing looks like a new one"
    keys.press("ArrowLeft")
    pictures.new("t is 99")
    message.wait_for(state="hidden")
    assert canvas.evaluate("canvas => getComputedStyle(canvas).opacity") == "1"
    keys.press("Home")
    pictures.new("t is 0,")

    def upload(name, content):
        with page.expect_file_chooser() as chooser:
            cell.get_by_role("button", name="Your own picture").click()
        chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": content})

    upload("notes.txt", b"no picture at all")
    refusal = cell.locator(".cl-chooser .cl-message")
    refusal.get_by_text("notes.txt").wait_for()
    assert refusal.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), "the message is cut off"
    assert "t is 0," in canvas.get_attribute("aria-label")
    buffer = io.BytesIO()
    Image.new("RGB", (90, 60), (0, 128, 0)).save(buffer, "PNG")
    upload("green.png", buffer.getvalue())
    notebook.wait_for(
        """canvas => String(canvas.getContext('2d').getImageData(250, 250, 1, 1).data) === '0,128,0,255'""",
        canvas.element_handle(),
    )
    assert "green.png" in cell.locator(".cl-chooser select").input_value()
    cell.locator(".cl-chooser .cl-message").wait_for(state="hidden")


def test_slow_drawings_do_not_pile_up(live):
    notebook, cells = live
    canvas = cells["slow"].locator("canvas")
    notebook.wait_for_label(canvas, "t is 0")
    cells["slow"].get_by_role("slider").focus()
    for _ in range(20):
        notebook.page.keyboard.press("ArrowRight")
    (notebook.folder / "all_keys_are_pressed").touch()
    notebook.wait_for_label(canvas, "t is 20,")
    drawings = int(canvas.get_attribute("aria-label").split("drawing ")[1].rstrip("."))
    assert drawings < 6, f"{drawings} drawings for 20 moves of a slow explorer"


def test_kernel_editor_refuses_nonsense_and_goes_on(live):
    notebook, cells = live
    cell = cells["kernel"]
    canvas, message = cell.locator("canvas"), cell.locator(".cl-kernel .cl-message")
    notebook.wait_for_label(canvas, "Sum 1, first entry 0.")
    cell.get_by_label("Kernel", exact=True).select_option("vertical edges")
    notebook.wait_for_label(canvas, "Sum 0, first entry -1.")
    field, editor = cell.get_by_label("Kernel, row 0, column 0"), cell.locator(".cl-kernel")
    width = editor.bounding_box()["width"]
    for nonsense in ("", "two", "1e9"):
        field.fill(nonsense)
        field.press("Enter")
        message.get_by_text(f"got '{nonsense}'").wait_for()
        assert field.get_attribute("aria-invalid") == "true"
        assert "Sum 0, first entry -1." in canvas.get_attribute("aria-label")
        assert editor.bounding_box()["width"] == width, "the message pushes the other controls away"
        assert message.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), "the message is cut off"
    field.fill("7")
    field.press("Enter")
    notebook.wait_for_label(canvas, "Sum 8, first entry 7.")
    message.wait_for(state="hidden")
    field.fill("0.123456789012")
    field.press("Enter")
    notebook.wait_for_label(canvas, "Sum 1,")
    assert field.get_attribute("title") == "0.123456789012"
    assert field.evaluate("field => [field.scrollLeft, field.selectionStart]") == [0, 0], "its end hides its beginning"
    assert cell.get_by_label("Kernel", exact=True).locator("option:checked").inner_text() == "own numbers"


def test_a_typed_number_moves_the_slider_and_nonsense_is_explained_beside_it(live):
    notebook, cells = live
    cell = cells["numbers"]
    field, canvas = cell.get_by_role("textbox", name="bias"), cell.locator("canvas")
    message = cell.locator(".cl-number .cl-message")
    title, slider = cell.locator(".cl-title"), cell.locator(".widget-hslider")

    def place():
        boxes = [part.bounding_box() for part in (title, slider)]
        return [boxes[1][side] - boxes[0][side] for side in ("x", "y")], boxes[1]["width"]

    before = place()
    for nonsense in ("", "two", "1e9", "-5"):
        field.fill(nonsense)
        field.press("Enter")
        message.get_by_text(f"from −4 to 4 in steps of 0.25; got '{nonsense}'. It stays 0.5.").wait_for()
        assert field.get_attribute("aria-invalid") == "true" and field.input_value() == nonsense
        assert place() == before, "the message pushes the slider away"
        assert message.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), "the message is cut off"
    field.fill("-1.25")
    field.press("Enter")
    notebook.wait_for_label(canvas, "The bias is -1.25.")
    message.wait_for(state="hidden")
    assert cell.get_by_role("slider").get_attribute("aria-valuenow") == "-1.3", "it moved (one decimal is told)"
    field.press("ArrowUp")
    notebook.wait_for_label(canvas, "The bias is -1.0.")
    cell.get_by_role("slider").focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.wait_for_label(canvas, "The bias is -0.75.")
    assert field.input_value() == "-0.75"


def test_a_number_without_a_slider_has_its_name_before_it(live):
    notebook, cells = live
    cell = cells["seed"]
    field = cell.get_by_role("textbox", name="seed")
    assert cell.locator(".cl-name").inner_text() == "seed" and field.input_value() == "3"
    field.fill("5000")
    field.press("Enter")
    cell.get_by_text("seed: expected a whole number from 0 to 1000; got '5000'. It stays 3.").wait_for()
    field.fill("500")
    cell.locator(".cl-number .cl-message").wait_for(state="hidden")
    field.fill("5000")
    field.press("Enter")
    cell.get_by_text("got '5000'. It stays 3.").wait_for()
    field.fill("4")
    cell.get_by_role("button", name="Run").click()
    cell.get_by_text("Seed 4").first.wait_for()


def test_what_is_typed_into_a_busy_kernel_is_kept_and_used(live):
    notebook, cells = live
    cell = cells["held"]
    seed, other = (cell.get_by_role("textbox", name=name) for name in ("seed", "other"))
    run = cell.get_by_role("button", name="Run")

    def enter(field, text):
        field.fill(text)
        field.press("Enter")

    enter(other, "1")
    enter(seed, "1")
    run.click()
    cell.get_by_text("Seed 1").first.wait_for()
    enter(other, "9")  # the kernel is busy from here on
    enter(seed, "2000")
    enter(seed, "5")
    run.click()
    seed.fill("6")
    (notebook.folder / "all_is_typed").touch()
    cell.get_by_text("Seed 5").first.wait_for()
    other.evaluate("input => input.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp' }))")
    notebook.wait_for("input => input.value === '10'", other.element_handle())
    assert seed.input_value() == "6", "an answer to an earlier text wrote over this one"
    run.click()
    cell.get_by_text("Seed 6").first.wait_for()


def test_after_a_run_and_a_click_on_a_picture_the_keys_are_the_players(live):
    notebook, cells = live
    cell, keys = cells["seed"], notebook.page.keyboard
    cell.get_by_role("button", name="Run").click()
    cell.locator("input[type=range]:focus").wait_for()
    keys.press("ArrowRight")
    cell.get_by_text("Step 2 of 12").first.wait_for()
    notebook.page.locator(".jp-NotebookPanel-toolbar").first.click(position={"x": 2, "y": 2})
    cell.locator(".cl-panes canvas").first.click()
    cell.locator("input[type=range]:focus").wait_for()
    keys.press("ArrowRight")
    cell.get_by_text("Step 3 of 12").first.wait_for()
