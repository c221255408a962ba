"""The map of the atlas in a real browser: keys and lists move it, also when no kernel runs."""

import pytest

pytestmark = pytest.mark.browser

CELL = """from course_lib.atlas import open_atlas
from course_lib.widgets import atlas_map

atlas_map(open_atlas(), "latent_error", 10)"""


def test_keys_and_lists_move_the_map_without_a_kernel(lab):
    notebook = lab.write([CELL])
    notebook.run_all()
    page = notebook.page
    page.wait_for_selector(".cl-map td.cl-chosen")
    notebook.shut_kernel_down()
    sentence = page.locator(".cl-atlas > .cl-sentence")
    before = sentence.inner_text()
    assert "A tie with the best." in before
    chosen = page.locator(".cl-map td.cl-chosen")
    chosen.focus()
    row, column = page.evaluate(
        "() => { const c = document.querySelector('.cl-map td.cl-chosen');"
        " return [c.parentNode.rowIndex, c.cellIndex]; }"
    )
    page.keyboard.press("ArrowDown")
    moved = page.evaluate(
        "() => { const c = document.activeElement; return [c.parentNode.rowIndex, c.cellIndex, c.tabIndex]; }"
    )
    assert moved == [row + 1, column, 0]
    assert sentence.inner_text() != before
    page.locator(".cl-atlas select").first.select_option("1")
    assert "KID" in sentence.inner_text()
    page.locator(".cl-map td.cl-none").first.click()
    assert "no such cell" in sentence.inner_text() or "says nothing" in sentence.inner_text()
    drawn = page.evaluate(
        "() => { const c = document.querySelectorAll('.cl-cards canvas'); const last = c[c.length - 1];"
        " return new Set(last.getContext('2d').getImageData(0, 0, last.width, last.height).data).size; }"
    )
    assert drawn > 50  # the pictures of the best cell
