"""From a key to new pixels, in JupyterLab in a real browser: the course's widgets against a slider and matplotlib.

The peer is what a notebook has without the course: an ipywidgets slider, and the same picture drawn by matplotlib.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.lessons import is_wanted
from benchmarks.rows import Measured, Row
from tests.browser.lab import LAUNCH, Lab, Notebook, Server

PRESSES, KEYS = 9, ("ArrowRight", "ArrowLeft")
FRAME = "the browser's own way from a key to its next frame is most of it"
WAY = "the rest is the way to the kernel and back, and to the next frame, which the peer has, too"
# For each lesson: its drawing as a function of one number, and the slider of that number.
DRAWINGS = {
    "02": ("lesson.draw_places(value, 3, 1, 0, 1)", "IntSlider(4, 3, 8)"),
    "03": ("lesson.draw(picture, edges, 'ReLU', value, 30, 20)", "FloatSlider(-2, min=-4, max=4, step=0.25)"),
    "04": ("lesson.draw(picture, value, 1)", "IntSlider(0, 0, 8)"),
    "05": ("lesson.draw(picture, value, 2, list(lesson.NUMBERS)[0])", "IntSlider(1, 1, 8)"),
    "06": ("lesson.draw_damage(lesson.PICTURES[0], value)", "IntSlider(500, 0, 999)"),
    "08": ("lesson.draw(picture, list(lesson.TABLES)[0], value)", "IntSlider(250, 0, 999)"),
    "09": ("lesson.draw_guess(list(lesson.ROW)[0], value)", "IntSlider(800, 0, 999)"),
    "10": ("lesson.draw_mix(list(lesson.PAIRS)[0], value)", "FloatSlider(0.25, min=0, max=1, step=0.05)"),
    "12": ("lesson.draw_clouds(0.5, value)", "FloatSlider(0.5, min=0, max=1.5, step=0.01)"),
    "13": ("lesson.draw_duel('euler', 'dpmpp_2m', value, *lesson.START_CELL)", "IntSlider(8, 4, 40)"),
    "14": ("lesson.draw_seeds(0.3, value, *lesson.cell(*lesson.EXAMPLE))", "IntSlider(20, 2, 60)"),
    "15": ("lesson.draw_schedule('karras', value)", "IntSlider(10, 2, 50)"),
}
START = """
import ipywidgets, torch
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, IntSlider
from course_lib.datasets import open_emoji
from course_lib.samplers import steps
from course_lib.threads import share_cores
from course_lib.widgets import Explorer, player
share_cores()
picture = open_emoji(style="fluent").select("zebra").images[:1]
edges = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])

def with_matplotlib(paint):
    def paint_and_show(value):
        pixels = paint(value)
        figure = plt.figure(figsize=(pixels.shape[1] / 100, pixels.shape[0] / 100), dpi=100)
        figure.add_axes((0, 0, 1, 1)).imshow(pixels)
        plt.axis("off")
        plt.show()
    return paint_and_show
"""
EXPLORER = """
from statistics import median
from timeit import repeat
from course_lib.lessons import lesson_{number} as lesson
def draw(value):
    return {draw}
slider = {slider}
print(f"a drawing takes {{1000 * median(repeat(lambda: draw(slider.value), number=1, repeat=9)):.0f}} ms")
Explorer(draw, {{"value": slider}}, label="ours")
"""
PEER = "ipywidgets.interact(with_matplotlib(lambda value: draw(value).pixels), value={slider});"
PLAYER = """
noise = 14.6 * torch.randn(1, 3, 64, 64)
run = list(steps("euler", lambda x, sigma: x / (1 + sigma), noise, torch.linspace(14.6, 0, 21)))
player(run)
"""
STEPS = """
def both(value):
    panes = torch.cat([run[value].x[0], run[value].denoised[0]], dim=2)
    return panes.clamp(-1, 1).add(1).div(2).permute(1, 2, 0).repeat_interleave(4, 0).repeat_interleave(4, 1).numpy()
ipywidgets.interact(with_matplotlib(both), value=IntSlider(0, 0, 19));
"""
WATCH = """() => {
    const seen = () => requestAnimationFrame(() => { timed.shown ||= performance.now(); });
    window.timed = { pressed: 0, shown: 1 };
    document.addEventListener("keydown", () => { timed.pressed = performance.now(); timed.shown = 0; }, true);
    const pen = CanvasRenderingContext2D.prototype;
    for (const name of ["drawImage", "putImageData"]) {
        const usual = pen[name];
        pen[name] = function (...given) { usual.apply(this, given); if (this.canvas.isConnected) seen(); };
    }
    new MutationObserver((changes) => {
        for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
            const picture = node.matches?.("img") ? node : node.querySelector?.("img");
            picture?.decode().then(seen);
        }
    }).observe(document.body, { childList: true, subtree: true });
}"""


def rows() -> list[Row]:
    """The player, and one explorer of each lesson that has one with a slider. Raises RuntimeError without Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise RuntimeError("a browser is needed: install Chromium")
    peer, found = "ipywidgets slider, matplotlib", []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = Server(Path(home), Path(home) / "notebooks")
        try:
            browser = playwright.chromium.launch(executable_path=chromium, **LAUNCH)
            lab = Lab(server, browser)
            measured, _ = measure(lab, [START, PLAYER, STEPS], ".cl-player input[type=range]")
            found.append(Row("player: key to new pixels", measured, peer, "20 steps, 2 panes", 0.02, reason=FRAME))
            for number, (draw, slider) in DRAWINGS.items():
                if not is_wanted(number):
                    continue
                cells = [EXPLORER.format(number=number, draw=draw, slider=slider), PEER.format(slider=slider)]
                measured, printed = measure(lab, [START, *cells], "[role=slider]")
                name = f"explorer of lesson {number}: key to new pixels"
                found.append(Row(name, measured, peer, printed, 0.3, reason=WAY))
            browser.close()
        finally:
            server.stop()
    return found


def measure(lab: Lab, cells: list[str], where: str) -> tuple[Measured, str]:
    """Press an arrow in the widget of the second cell, at `where`, and in that of the third, in turn.

    Beside the times, what the second cell printed.
    """
    notebook = lab.write(cells)
    notebook.run_all()
    printed = " ".join(
        notebook.page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea pre").all_inner_texts()
    ).strip()
    notebook.page.evaluate(WATCH)
    places = [
        notebook.page.locator(".jp-CodeCell").nth(cell).locator(inside).first
        for cell, inside in ((1, where), (2, "[role=slider]"))
    ]
    press = pressing(notebook)
    # There and back: no slider comes to its end. The first press of each is not counted.
    times = [[press(place, key) for place in places] for key in islice(cycle(KEYS), 1 + PRESSES)][1:]
    notebook.close()
    return Measured.of(*zip(*times, strict=True)), printed


def pressing(notebook: Notebook) -> Callable[..., float]:
    """A call that presses a key somewhere, and gives the seconds until the browser shows what is new."""

    def press(place, key: str) -> float:
        place.focus()
        notebook.page.keyboard.press(key)
        notebook.wait_for("() => timed.shown > timed.pressed && timed.pressed > 0")
        seconds = notebook.page.evaluate("() => (timed.shown - timed.pressed) / 1000")
        notebook.wait_idle()
        notebook.page.wait_for_timeout(100)
        return seconds

    return press
