"""The widgets as a learner meets them: in JupyterLab, with keys and mouse, and with the kernel gone."""

from __future__ import annotations

import io
import statistics

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

START = """
import time
import ipywidgets, numpy as np, torch
from course_lib.figures import Drawing, picture_panel, show_pictures
from course_lib.lessons.quiz import Choice, Question
from course_lib.samplers import Step
from course_lib.widgets import Explorer, KernelEditor, PictureChooser, Runner, ask, player, slider_works

def run(x0, count=12):
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(0))
    sigmas = [float(14.6 * (1 - i / count) ** 3) for i in range(count + 1)]
    return [Step(i, a, b, x0 + a * eps, x0 + 0.02 * a * eps, x0, x0 + b * eps)
            for i, (a, b) in enumerate(zip(sigmas, sigmas[1:]))]

picture = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
"""
LATENCY = """() => {
  const seen = (window.courseLatency = []);
  let pressed = null;
  document.addEventListener("keydown", () => (pressed = performance.now()), true);
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...parts) {
    draw.apply(this, parts);
    if (pressed !== null) seen.push(performance.now() - pressed);
    pressed = null;
  };
}"""


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
draws = [0]
def draw(t):
    draws[0] += 1
    time.sleep(0.2)
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
QUESTION = """
ask(Question("Is `1 < 2` or <b>not</b>?", (
    Choice("It is.", "One is `less`.", right=True), Choice("It is not.", "Count <i>again</i>."))))
"""
LIVE = {
    "explorer": EXPLORER,
    "slow": SLOW,
    "kernel": KERNEL,
    "numbers": NUMBERS,
    "seed": SEED,
    "trial": "slider_works()",
    "figure": "show_pictures(picture, alt='A ramp from \"dark\" to light.')",
    "again": "shown = player(run(picture), title='first')\nshown",
    "load": "shown.load(run(-picture, 5), title='next')",
}
AFTERWARDS = {
    "player": "player(run(picture.repeat(4, 1, 1, 1)), title='Four pictures from noise')",
    "question": QUESTION,
    "another question": QUESTION,
}


def opened(lab, cells):
    """A notebook of these cells, run, and where each cell is; its page must ask no other machine for anything."""
    notebook = lab.write([START, *cells.values()])
    notebook.run_all()
    places = {name: notebook.page.locator(".jp-CodeCell").nth(index) for index, name in enumerate(cells, start=1)}
    yield notebook, places
    assert notebook.foreign_requests() == []
    notebook.close()


@pytest.fixture(scope="module")
def live(lab):
    """Widgets beside a running kernel: the notebook, and its cells by name."""
    yield from opened(lab, LIVE)


@pytest.fixture(scope="module")
def afterwards(lab):
    """Widgets that go on without one."""
    yield from opened(lab, AFTERWARDS)


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


def test_explorer_follows_slider_cursor_and_upload(live):
    notebook, cells = live
    page, cell = notebook.page, cells["explorer"]
    canvas, keys = cell.locator("canvas"), page.keyboard
    pictures = Pictures(notebook, canvas, cell.locator(".cl-sentence"))
    pictures.new("t is 30, cursor at row 16, column 16.")

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
    page.wait_for_function(
        """canvas => String(canvas.getContext('2d').getImageData(250, 250, 1, 1).data) === '0,128,0,255'""",
        arg=canvas.element_handle(),
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
    notebook.wait_for_label(canvas, "t is 20,")
    drawings = int(canvas.get_attribute("aria-label").split("drawing ")[1].rstrip("."))
    assert drawings < 15, f"{drawings} drawings for 20 moves of a slow explorer"


def test_kernel_editor_refuses_nonsense_and_goes_on(live):
    notebook, cells = live
    cell = cells["kernel"]
    canvas, message = cell.locator("canvas"), cell.locator(".cl-kernel .cl-message")
    notebook.wait_for_label(canvas, "Sum 1, first entry 0.")
    cell.get_by_label("Kernel", exact=True).select_option("edges, vertical")
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
    assert cell.get_by_label("Kernel", exact=True).input_value() == "own numbers"


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
    field.fill("4")
    cell.get_by_role("button", name="Run").click()
    cell.get_by_text("Seed 4").first.wait_for()


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


def test_trial_says_that_page_and_kernel_work(live):
    notebook, cells = live
    canvas = cells["trial"].locator("canvas")
    cells["trial"].get_by_text("[OK] The kernel").wait_for()
    before = notebook.pixels(canvas)
    cells["trial"].get_by_role("slider", name="Noise").focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.wait_for_label(canvas, "Noise 31 %")
    assert notebook.pixels(canvas) != before


def test_figures_carry_their_words_to_screen_readers(live):
    _, cells = live
    assert cells["figure"].get_by_role("img", name='A ramp from "dark" to light.').count() == 1


def test_player_takes_another_run(live):
    notebook, cells = live
    notebook.wait_for_label(cells["again"].locator("canvas").first, "Step 1 of 5")
    assert cells["again"].locator(".cl-title").inner_text() == "next"


def test_player_scrubs_plays_and_outlives_the_kernel(afterwards):
    notebook, cells = afterwards
    page, player = notebook.page, cells["player"]
    keys, slider, canvas = page.keyboard, player.locator("input[type=range]"), player.locator("canvas").first
    pictures = Pictures(notebook, canvas, player.locator(".cl-sentence"))
    pictures.new("Step 1 of 12")
    assert slider.get_attribute("aria-label") == "Four pictures from noise"
    assert canvas.get_attribute("role") == "img"
    first = notebook.pixels(canvas)

    slider.focus()
    keys.press("ArrowRight")
    pictures.new("Step 2 of 12")
    assert "Step 2 of 12" in slider.get_attribute("aria-valuetext")
    keys.press("End")
    pictures.new("Result after 12 steps, sigma 0")
    keys.press("Home")
    notebook.wait_for_label(canvas, "Step 1 of 12")
    assert notebook.pixels(canvas) == first

    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    page.mouse.up()
    pictures.new("Step 7 of 12")

    keys.press("Space")
    player.get_by_role("button", name="Pause").wait_for()
    notebook.wait_for_label(canvas, "Step 9 of 12")
    player.get_by_role("button", name="Pause").click()
    player.get_by_role("button", name="Play").wait_for()
    stopped_at = int(slider.input_value())
    player.get_by_role("button", name="One step back").click()
    assert int(slider.input_value()) == stopped_at - 1
    player.get_by_role("button", name="Play").click()
    notebook.wait_for_label(canvas, "Result after 12 steps")
    player.get_by_role("button", name="Play").wait_for()  # it stops at the end

    notebook.shut_kernel_down()
    page.evaluate(LATENCY)
    slider.focus()
    for step in (12, 11, 10):
        keys.press("ArrowLeft")
        notebook.wait_for_label(canvas, f"Step {step} of 12")
    keys.press("Home")
    for step in (2, 3, 4):
        keys.press("ArrowRight")
        notebook.wait_for_label(canvas, f"Step {step} of 12")
    assert notebook.pixels(canvas) not in pictures.seen
    latencies = page.evaluate("() => window.courseLatency")
    print(f"\nscrub latency, key to new pixels: median {statistics.median(latencies):.1f} ms of {len(latencies)} keys")


def test_question_answers_without_the_kernel(afterwards):
    notebook, cells = afterwards
    notebook.shut_kernel_down()
    cell, wrong = cells["question"], cells["question"].get_by_role("radio", name="It is not.")
    wrong.wait_for()
    assert cell.locator("legend").inner_text() == "Is 1 < 2 or <b>not</b>?"
    assert cell.locator("legend code").inner_text() == "1 < 2"
    assert cell.locator(".cl-reply").is_hidden()
    wrong.check()
    assert cell.locator(".cl-reply").inner_text() == "Not yet. Count <i>again</i>."
    notebook.page.keyboard.press("ArrowUp")
    assert cell.locator(".cl-reply").inner_text() == "Right. One is less."


def test_answers_to_one_question_leave_the_others_alone(afterwards):
    _, cells = afterwards
    chosen = [cells[name].get_by_role("radio", name="It is.") for name in ("question", "another question")]
    for radio in chosen:
        radio.check()
    assert [radio.is_checked() for radio in chosen] == [True, True]
