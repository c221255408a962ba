"""The player, questions, figures and the trial widget as a learner meets them, and with the kernel gone."""

from __future__ import annotations

import statistics

import pytest

from tests.browser.pages import Pictures, opened

pytestmark = pytest.mark.browser

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
PAUSE_AT_9 = """([canvas, player]) => new MutationObserver((_, observer) => {
  if (!canvas.getAttribute("aria-label").includes("Step 9 of 12")) return;
  observer.disconnect();
  player.querySelector("button[aria-label=Pause]").click();
}).observe(canvas, { attributes: true })"""
# What a player takes of the browser, and gives back: pictures that are decoded, and clocks that tick.
HELD = """() => {
  const held = (window.courseHeld = { decoded: 0, closed: 0, clocks: new Set() });
  const [decode, start, stop, close] = [createImageBitmap, setInterval, clearInterval, ImageBitmap.prototype.close];
  window.createImageBitmap = async (...given) => {
    if (held.wait) await held.wait;
    const picture = await decode(...given);
    held.decoded += 1;
    return picture;
  };
  ImageBitmap.prototype.close = function () {
    held.closed += 1;
    return close.call(this);
  };
  window.setInterval = (act, pause) => {
    const clock = start(act, pause);
    if (pause === 150) held.clocks.add(clock); // that of a player; JupyterLab has others
    return clock;
  };
  window.clearInterval = (clock) => {
    held.clocks.delete(clock);
    stop(clock);
  };
}"""
QUESTION = """
ask(Question("Is `1 < 2` or <b>not</b>?", (
    Choice("It is.", "One is `less`.", right=True), Choice("It is not.", "Count <i>again</i>."))))
"""
LIVE = {
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


@pytest.fixture(scope="module")
def live(lab):
    """Widgets beside a running kernel: the notebook, and its cells by name."""
    yield from opened(lab, LIVE)


@pytest.fixture(scope="module")
def afterwards(lab):
    """Widgets that go on without one."""
    yield from opened(lab, AFTERWARDS)


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


@pytest.fixture
def short_lived(lab):
    """A player whose cell is run and cleared again, on a page that notes what it holds."""
    yield from opened(lab, {"player": "shown = player(run(picture), title='first')\nshown"})


def clear_outputs(notebook):
    notebook.command("notebook:clear-all-cell-outputs")
    notebook.wait_for("() => !document.querySelector('.cl-player')")


def test_player_decodes_each_run_once_and_gives_everything_back_when_it_goes(short_lived):
    notebook, cells = short_lived
    page, player = notebook.page, cells["player"]
    clear_outputs(notebook)
    page.evaluate(HELD)
    notebook.run_all()
    player.locator(".cl-sentence").get_by_text("Step 1 of 12").wait_for()
    page.evaluate("""() => jupyterapp.shell.currentWidget.sessionContext.session.kernel
        .requestExecute({ code: "shown.load(run(-picture, 5), title='next')" }).done""")
    player.locator(".cl-sentence").get_by_text("Step 1 of 5").wait_for()
    held = page.evaluate("() => ({ ...courseHeld, clocks: courseHeld.clocks.size })")
    assert (held["decoded"], held["closed"], held["clocks"]) == (2, 1, 0)

    player.get_by_role("button", name="Play").click()
    assert page.evaluate("() => courseHeld.clocks.size") == 1
    clear_outputs(notebook)
    page.wait_for_function("() => courseHeld.closed === 2", timeout=20_000)
    assert page.evaluate("() => courseHeld.clocks.size") == 0, "it plays on where nobody sees it"


def test_a_picture_that_is_decoded_after_its_player_went_is_not_kept(short_lived):
    notebook, _ = short_lived
    clear_outputs(notebook)
    notebook.page.evaluate(HELD)
    notebook.page.evaluate("() => { courseHeld.wait = new Promise((go) => (courseHeld.go = go)); }")
    notebook.run_all()
    notebook.wait_for("() => document.querySelector('.cl-player')")
    clear_outputs(notebook)
    notebook.page.evaluate("() => courseHeld.go()")
    notebook.wait_for("() => courseHeld.decoded === 1 && courseHeld.closed === 1")


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

    page.evaluate(PAUSE_AT_9, [canvas.element_handle(), player.element_handle()])  # a click from here might come late
    keys.press("Space")
    notebook.wait_for_label(canvas, "Step 9 of 12")
    player.get_by_role("button", name="Play").wait_for()
    player.get_by_role("button", name="One step back").click()
    assert int(slider.input_value()) == 7, "it did not stop at step 9"
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
