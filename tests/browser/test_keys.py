"""Keys: whatever has focus inside a widget keeps them, and the notebook around it stays as it is."""

from __future__ import annotations

import pytest

from tests.browser.pages import opened

pytestmark = pytest.mark.browser

EXPLORER = """
def draw(**values):
    return Drawing(np.full((20, 20, 3), 200, dtype=np.uint8), ", ".join(f"{n} {v}" for n, v in values.items()
                   if not isinstance(v, torch.Tensor)) + ".")

controls = {
    "table": ipywidgets.Dropdown(options=["linear", "cosine", "scaled"], description="table"),
    "list": ipywidgets.Select(options=["one", "two", "three"], description="list"),
    "tick": ipywidgets.Checkbox(False, description="tick"),
    "radio": ipywidgets.RadioButtons(options=["red", "green"], description="radio"),
    "toggle": ipywidgets.ToggleButtons(options=["left", "right"], description="toggle"),
    "t": ipywidgets.IntSlider(3, 0, 9, description="t"),
    "seed": ipywidgets.BoundedIntText(3, 0, 99, description="seed"),
    "words": ipywidgets.Text("cat", description="words"),
    "prompt": ipywidgets.Combobox(value="dog", options=["dog", "fox"], description="prompt"),
    "picture": PictureChooser({"ramp": picture, "flat": 0 * picture}, size=32),
    "kernel": KernelEditor(),
}
Explorer(draw, controls, label="Every control", cursor=(5, 5))
"""
CELLS = {
    "before": "1",
    "explorer": EXPLORER,
    "runner": """
def paint(sampler):
    return sampler, run(picture)
Runner(paint, {"sampler": ipywidgets.Dropdown(options=["euler", "heun"], description="sampler")}, label="Runs")
""",
    "question": 'ask(Question("Which?", (Choice("This.", "It is.", right=True), Choice("That.", "No."))))',
    "trial": "slider_works()",
    "chooser": 'PictureChooser({"ramp": picture, "flat": 0 * picture}, size=32)',
    "after": "2",
}
CONTROLS = [
    ("explorer", ".widget-dropdown:has-text('table') select"),
    ("explorer", ".widget-select select"),
    ("explorer", "input[type=checkbox]"),
    ("explorer", ".widget-radio input"),
    ("explorer", ".widget-toggle-button"),
    ("explorer", "[role=slider]"),
    ("explorer", ".cl-field input[aria-label=t]"),
    ("explorer", ".cl-field input[aria-label=seed]"),
    ("explorer", ".widget-text:has-text('words') input"),
    ("explorer", ".widget-text:has-text('prompt') input"),
    ("explorer", ".cl-chooser select"),
    ("explorer", ".cl-upload button"),
    ("explorer", ".cl-kernel select"),
    ("explorer", ".cl-kernel input"),
    ("explorer", "canvas"),
    ("runner", ".widget-dropdown select"),
    ("runner", ".widget-button"),
    ("runner", ".cl-bar button"),
    ("runner", ".cl-bar input"),
    ("question", "input[type=radio]"),
    ("trial", "input[type=range]"),
    ("chooser", "select"),
    ("chooser", ".cl-upload button"),
]
STATE = """() => {
    const { content } = jupyterapp.shell.currentWidget;
    return [content.activeCellIndex, content.mode, content.widgets.map(cell => cell.model.type + cell.model.id),
            document.querySelectorAll(".jp-Dialog").length];
}"""


@pytest.fixture(scope="module")
def page_of_controls(lab):
    """Every kind of control, in one notebook in command mode."""
    yield from opened(lab, CELLS)


@pytest.mark.parametrize(("cell", "control"), CONTROLS, ids=lambda part: part)
def test_a_control_that_has_focus_keeps_its_keys(page_of_controls, cell, control):
    notebook, cells = page_of_controls
    page, focused = notebook.page, cells[cell].locator(control).first
    cells[cell].locator(".jp-InputPrompt").click()
    focused.focus()
    before = page.evaluate(STATE)
    assert before[1] == "command" and before[0] == 1 + list(CELLS).index(cell)
    for key in ("ArrowDown", "x", "d", "d", "m", "0", "0", "ArrowUp"):
        page.keyboard.press(key)
        assert page.evaluate(STATE) == before, f"{key} went to the notebook"
    radio = control.endswith(("[type=radio]", ".widget-radio input"))  # there an arrow moves to the next one
    assert radio or focused.evaluate("control => control === document.activeElement"), "the keys led away"


def test_a_list_chosen_with_the_mouse_moves_by_its_keys(page_of_controls):
    notebook, cells = page_of_controls
    page, chosen = notebook.page, cells["runner"].locator("select")
    chosen.select_option("euler")
    chosen.click()  # opens it
    page.keyboard.press("Enter")
    before = page.evaluate(STATE)
    page.keyboard.press("ArrowDown")
    page.wait_for_function("list => list.value === 'heun'", arg=chosen.element_handle())
    page.keyboard.press("x")
    assert page.evaluate(STATE) == before


def test_saving_and_running_are_still_the_notebooks(page_of_controls):
    notebook, cells = page_of_controls
    page, tick = notebook.page, cells["explorer"].locator("input[type=checkbox]")
    cells["explorer"].locator(".jp-InputPrompt").click()
    dirty = "() => jupyterapp.shell.currentWidget.context.model.dirty"
    tick.focus()
    page.keyboard.press("x")  # the mark is on the element now
    assert page.evaluate(dirty)
    page.keyboard.press("Control+s")
    page.wait_for_function(f"() => !({dirty})()")
    page.keyboard.press("Shift+Enter")
    index = "() => jupyterapp.shell.currentWidget.content.activeCellIndex"
    page.wait_for_function(f"() => ({index})() === {2 + list(CELLS).index('explorer')}")
    notebook.wait_idle()


def test_what_is_wrong_is_tied_to_its_field(page_of_controls):
    _, cells = page_of_controls
    for field in (
        cells["explorer"].get_by_role("textbox", name="seed"),
        cells["explorer"].get_by_label("row 1, column 1"),
    ):
        assert field.get_attribute("aria-describedby") is None
        field.fill("many")
        field.press("Enter")
        field.and_(cells["explorer"].locator("[aria-invalid=true]")).wait_for()
        described = field.evaluate(
            "field => document.getElementById(field.getAttribute('aria-describedby')).textContent"
        )
        assert "got 'many'" in described


def test_sliders_have_names_and_nothing_ticks_afterwards(page_of_controls):
    notebook, cells = page_of_controls
    assert cells["explorer"].get_by_role("slider", name="t", exact=True).count() == 1
    assert cells["explorer"].locator("canvas").get_attribute("role") == "application"
    ticks = notebook.page.evaluate("""() => new Promise(done => {
        const ask = window.requestAnimationFrame;
        let count = 0;
        window.requestAnimationFrame = act => { count += 1; return ask(act); };
        setTimeout(() => { window.requestAnimationFrame = ask; done(count); }, 1000);
    })""")
    assert ticks < 10, "something asks for every frame"
