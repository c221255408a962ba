"""The lessons as a learner meets them: every cell runs, controls answer, and no request leaves the machine."""

from __future__ import annotations

import pytest

from tests.notebooks.execute import lessons

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(lab, request):
    """A lesson, run once for all tests of it (pytest puts them together); no page may ask for another machine."""
    (path,) = (path for path in lessons() if path.name.startswith(request.param))
    opened = lab.open(path)
    opened.run_all()
    yield opened
    assert opened.foreign_requests() == []
    opened.close()


def in_lesson(*numbers):
    """Run a test in these lessons."""
    return pytest.mark.parametrize("notebook", numbers, indirect=True)


@in_lesson(*(path.name[:2] for path in lessons()))
def test_every_picture_has_words_and_every_widget_is_there(notebook):
    page = notebook.page
    for canvas in page.locator("canvas[role]").all():
        assert canvas.get_attribute("aria-label")
    assert page.get_by_text("Error displaying widget").count() == 0
    assert page.get_by_text("Loading widget").count() == 0
    pictures = page.locator(".jp-RenderedImage").count()
    spoken = page.locator(".jp-OutputArea span[role=img][aria-label]").count()
    assert spoken >= pictures, "a picture without words for a screen reader"
    assert page.locator(".cl-ask").count() >= 1


@in_lesson("01")
def test_removing_noise_goes_on_without_a_kernel(notebook):
    player = notebook.page.locator(".cl-player").first
    slider, canvas = player.locator("input[type=range]"), player.locator("canvas").first
    last = int(slider.get_attribute("max"))
    seen = set()
    notebook.shut_kernel_down()
    slider.focus()
    for step in range(last):
        seen.add(notebook.pixels(canvas))
        notebook.page.keyboard.press("ArrowRight")
        words = f"Step {step + 2} of {last}" if step + 1 < last else "Result"
        notebook.wait_for_label(canvas, words)
    seen.add(notebook.pixels(canvas))
    assert len(seen) == last + 1, "some step shows the picture of another"


@in_lesson("08")
def test_the_slider_from_picture_to_noise(notebook):
    canvas = notebook.page.locator(".cl-explorer canvas").first
    notebook.wait_for_label(canvas, "Step 250 of 999")
    seen = [notebook.pixels(canvas)]
    notebook.slider("t").focus()
    for key, words in [("ArrowRight", "Step 251 of 999"), ("End", "Step 999 of 999"), ("Home", "Step 0 of 999")]:
        notebook.page.keyboard.press(key)
        notebook.wait_for_label(canvas, words)
        seen.append(notebook.pixels(canvas))
    notebook.page.locator(".cl-explorer select").nth(1).select_option("cosine")
    notebook.wait_for_label(canvas, "cosine")
    seen.append(notebook.pixels(canvas))
    assert len(set(seen)) == len(seen), "a control moved and the picture did not"


@in_lesson("12")
def test_a_particle_is_dropped_with_keys_and_with_the_mouse(notebook):
    field, walk, _ = notebook.page.locator(".cl-explorer canvas").all()
    notebook.wait_for_label(walk, "Euler, 5 steps: 5 calls.")
    seen = [notebook.pixels(walk)]
    walk.focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.wait_for_label(walk, "the exact path ends at (−0.60, 1.11)")
    seen.append(notebook.pixels(walk))
    box = walk.bounding_box()
    notebook.page.mouse.click(box["x"] + 0.85 * box["width"], box["y"] + 0.3 * box["height"])
    notebook.wait_for_label(walk, "It ends at (1.")
    seen.append(notebook.pixels(walk))
    notebook.page.locator(".cl-explorer select").first.select_option(label="heun")
    notebook.wait_for_label(walk, "Heun, 5 steps: 9 calls.")
    seen.append(notebook.pixels(walk))
    assert len(set(seen)) == len(seen), "something was moved and the picture did not change"
    notebook.slider("noise level").focus()
    notebook.page.keyboard.press("Home")
    notebook.wait_for_label(field, "Noise level 0.05.")


@in_lesson("08")
def test_an_answer_is_shown_only_when_one_is_chosen(notebook):
    page = notebook.page
    question = page.locator(".cl-ask").first
    reply = "The shrinking makes room for the noise."
    assert reply not in page.locator(".jp-Notebook").first.inner_text()
    question.locator("input[type=radio]").first.check()
    question.get_by_text(reply).wait_for()


@in_lesson("02")
def test_the_window_moves_with_the_arrow_keys(notebook):
    canvas = notebook.page.locator(".cl-explorer:has-text('A window over a picture') canvas")
    notebook.wait_for_label(canvas, "row 48, column 8")
    before = notebook.pixels(canvas)
    canvas.focus()
    notebook.page.keyboard.press("ArrowDown")
    notebook.wait_for_label(canvas, "row 49, column 8")
    assert notebook.pixels(canvas) != before


@in_lesson("11")
def test_a_guidance_move_shows_a_coarse_picture_and_then_a_fine_one(notebook):
    canvas = notebook.page.locator(".cl-explorer canvas").first
    notebook.wait_for_label(canvas, "Scale 7.5, seed 1, 20 steps")
    seen = [notebook.pixels(canvas)]
    notebook.page.evaluate(
        """canvas => {
            window.labels = [];
            const note = () => window.labels.push(canvas.getAttribute('aria-label'));
            new MutationObserver(note).observe(canvas, { attributes: true, attributeFilter: ['aria-label'] });
        }""",
        canvas.element_handle(),
    )
    notebook.slider("scale").focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.wait_for_label(canvas, "Scale 8, seed 1, 20 steps")
    seen.append(notebook.pixels(canvas))
    assert "Scale 8, seed 1, 4 steps" in notebook.page.evaluate("() => window.labels[0]")
    prompt = notebook.page.locator(".cl-explorer input[type=text]").first
    prompt.fill("<b>a red heart</b>")
    prompt.press("Enter")
    notebook.wait_for_label(canvas, "20 steps. Prompt: “<b>a red heart</b>”")
    seen.append(notebook.pixels(canvas))
    assert len(set(seen)) == 3, "a control moved and the picture did not"
    assert notebook.page.locator(".cl-explorer b").count() == 0, "what was typed became HTML"


@in_lesson("15")
def test_a_schedule_is_drawn_by_keys_and_by_dragging(notebook):
    page = notebook.page
    explorer = page.locator(".cl-explorer").filter(has_text="Ten calls of your own")
    canvas = explorer.locator("canvas")
    said = "([element, words]) => element.textContent.includes(words)"
    sentence = explorer.locator(".cl-sentence").element_handle()
    canvas.focus()
    for key, words in (("ArrowRight", "Point 6 of 10 at level 0.46"), ("ArrowDown", "Point 6 of 10 at level 0.42")):
        page.keyboard.press(key)
        page.wait_for_function(said, arg=[sentence, words])
    box = canvas.bounding_box()
    across = box["x"] + 0.18 * box["width"]  # the third point
    page.mouse.move(across, box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(across, box["y"] + 2 * box["height"], steps=5)  # off the canvas
    page.mouse.up()
    page.wait_for_function(said, arg=[sentence, "Point 3 stops at 0.05: beyond it there is no room"])
