"""A film that plays round and round, and a blind vote, as a learner meets them, and with the kernel gone."""

from __future__ import annotations

import pytest

from tests.browser.pages import opened

pytestmark = pytest.mark.browser

CELLS = {
    "vote": """
from course_lib.widgets import vote
dark, light = torch.full((3, 3, 32, 32), -0.5), torch.full((3, 3, 32, 32), 0.5)
words = ["a cat", "a <b>dog</b>", "a hat"]
vote(dark, light, names=("Dark", "Light"), captions=words, title="Which one?")""",
    "film": """
from course_lib.widgets import film
film({"grey": torch.linspace(-1, 1, 4)[:, None, None, None].expand(4, 3, 32, 32)}, title="From black to white")""",
}


@pytest.fixture(scope="module")
def shown(lab):
    """Both widgets, after their kernel has ended."""
    for notebook, places in opened(lab, CELLS):
        notebook.shut_kernel_down()
        yield notebook, places


def test_a_vote_by_keys_and_buttons_ends_with_a_tally(shown):
    notebook, places = shown
    box = places["vote"].locator(".cl-vote")
    said = box.locator(".cl-sentence")
    left, right = box.locator("figure button").all()
    assert "Pair 1 of 3: a cat." in said.inner_text() and "Dark" not in box.inner_text()
    left.focus()
    notebook.page.keyboard.press("ArrowRight")
    assert "Pair 2 of 3: a <b>dog</b>." in said.inner_text()
    left.click()
    box.locator("canvas").nth(1).click()
    assert said.inner_text().startswith("3 votes: ") and "about 199 votes" in said.inner_text()
    lines = box.locator("li").all_inner_texts()
    assert len(lines) == 3 and all("Dark" in line and "Light" in line and line.count("✓") == 1 for line in lines)
    assert not right.is_visible()
    notebook.page.keyboard.press("Enter")  # "Vote again" has the focus
    assert "Pair 1 of 3" in said.inner_text() and right.is_visible()


def test_a_film_plays_on_after_its_last_frame(shown):
    notebook, places = shown
    box = places["film"].locator(".cl-player")
    said = box.locator(".cl-sentence")
    slider = box.locator("input[type=range]")
    slider.focus()
    notebook.page.keyboard.press("End")
    assert said.inner_text() == "Frame 4 of 4."
    box.locator("button[aria-label=Play]").click()
    after = "element => element.textContent === 'Frame 2 of 4.'"
    notebook.wait_for(after, said.element_handle())
    box.locator("button[aria-label=Pause]").click()
