"""The lessons in a language that nobody speaks, each text a third longer and with Thai letters."""

from __future__ import annotations

import json

import nbformat
import pytest

from tests.notebooks.execute import lessons
from tests.texts import pseudo
from tests.texts.excerpts import excerpt
from tests.texts.test_pseudo import untranslated

pytestmark = pytest.mark.browser

WITH_WIDGETS = [path for path in lessons() if excerpt(path)]
# The words that the page shows in widgets, and the names that it tells screen readers.
WORDS = """() => [...document.querySelectorAll(
        ".cl-title, .cl-sentence, .cl-message, .cl-hint, .cl-ask legend, .cl-ask label span, .cl-reply strong, "
        + "figcaption, .cl-explorer .widget-label, .cl-explorer option, .cl-explorer button, .cl-name"
    )].map(part => part.innerText || part.textContent).concat(
        [...document.querySelectorAll(".cl-widget [aria-label], .cl-explorer [aria-label]")]
            .map(part => part.getAttribute("aria-label"))
    ).flatMap(text => text.split("\\n")).filter(text => text.trim())"""
# Pairs of neighbours in a widget whose boxes cover each other, and words that are cut off.
CROWDED = """() => {
    const found = [];
    for (const box of document.querySelectorAll(".cl-explorer, .cl-ask, .cl-player")) {
        const parts = [...box.querySelectorAll(
            ".cl-title, .cl-controls > *, .cl-sentence, .cl-message, .cl-hint, .cl-paper, .cl-panes, .cl-bar, "
            + "label, legend"
        )].filter(part => part.checkVisibility() && part.getBoundingClientRect().height);
        for (const [index, one] of parts.entries()) {
            for (const other of parts.slice(index + 1)) {
                if (one.contains(other) || other.contains(one)) continue;
                const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > 1 && down > 1) found.push(`${one.className} ${one.innerText} / ${other.className}`);
            }
        }
    }
    for (const label of document.querySelectorAll(".cl-explorer .widget-label:not(.cl-title)"))
        if (label.scrollWidth > label.clientWidth + 1) found.push(`cut off: ${label.innerText}`);
    return found;
}"""


# Whether the course's own font has been loaded for them.
FONT = "() => [...document.fonts].some(face => face.family.includes('Noto Sans Thai') && face.status === 'loaded')"


def speaking(folder):
    """The first cell of a notebook in the pseudo-language."""
    return f"from pathlib import Path\nfrom tests.texts.pseudo import speak\nspeak(Path({json.dumps(str(folder))}))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("locale")
    pseudo.write(made)
    return made


def looked_at(notebook, name, pictures):
    """Everything on the page is translated and has room; with a folder of pictures, each widget is kept there."""
    page = notebook.page
    page.evaluate("() => document.fonts.ready")
    for index, box in enumerate(page.locator(".cl-explorer:visible, .cl-ask:visible").all()):
        if pictures:
            box.scroll_into_view_if_needed()
            notebook.screenshot(f"{pictures}/{name}_{index}.png", box)
    said = page.evaluate(WORDS)
    assert len(said) > 5
    assert not {text for text in said if untranslated(text)}
    assert page.evaluate(CROWDED) == []
    assert page.evaluate(FONT), "Thai letters on the page hang on the reader's machine"


@pytest.mark.parametrize("path", WITH_WIDGETS, ids=lambda path: path.name[:2])
def test_explorers_and_runners_in_another_language(lab, folder, path, pytestconfig):
    notebook = lab.write([speaking(folder), *excerpt(path)], width=1100)
    notebook.run_all()
    looked_at(notebook, path.name[:2], pytestconfig.getoption("--pictures"))
    notebook.close()


def test_a_whole_lesson_in_another_language(lab, folder, tmp_path, pytestconfig):
    (path,) = (path for path in lessons() if path.name.startswith("08"))
    lesson = nbformat.read(path, as_version=4)
    lesson.cells.insert(0, nbformat.v4.new_code_cell(speaking(folder)))
    nbformat.write(lesson, tmp_path / path.name)
    notebook = lab.open(tmp_path / path.name, width=1100)
    notebook.run_all()
    page = notebook.page
    page.locator(".cl-ask").first.locator("input[type=radio]").first.check()
    page.locator(".cl-reply").first.get_by_text("ไทย").first.wait_for()
    looked_at(notebook, "whole_08", pytestconfig.getoption("--pictures"))
    alts = page.locator(".jp-OutputArea span[role=img][aria-label]")
    assert alts.count() and not [
        words for words in (alt.get_attribute("aria-label") for alt in alts.all()) if untranslated(words)
    ]
    if folder := pytestconfig.getoption("--pictures"):
        for index, figure in enumerate(page.locator(".jp-RenderedImage img").all()):
            figure.screenshot(path=f"{folder}/figure_{index}.png")
    notebook.close()
