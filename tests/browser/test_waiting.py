"""How long the browser tests wait: as long as anything happens, and not for ever. No browser is needed here."""

import itertools
from types import SimpleNamespace

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser import lab


class Page:
    """A page that, each time it is asked, does the next thing and is not ready; after the last one it is."""

    def __init__(self, *happens):
        self.happens, self.asked = iter(happens), 0

    def wait_for_function(self, condition, arg, timeout):
        self.asked += 1
        assert timeout == 1000 * lab.STILL
        for happen in self.happens:
            happen()
            raise PlaywrightTimeout("not ready")
        return SimpleNamespace(json_value=lambda: (condition, arg))


@pytest.fixture
def notebook():
    made = object.__new__(lab.Notebook)
    made.requests, made.messages = ["http://127.0.0.1/lab"], 0
    made.server = SimpleNamespace(said=lambda: "what the server said")
    return made


def says(notebook):
    notebook.messages += 1


def test_messages_and_new_files_keep_a_test_waiting(notebook):
    def speaks():
        says(notebook)

    def asks():
        notebook.requests.append(f"http://127.0.0.1/{len(notebook.requests)}.js")

    notebook.page = Page(speaks, asks, speaks, speaks, asks)
    assert notebook.wait_for("ready", 7) == ("ready", 7)
    assert notebook.page.asked == 6


@pytest.mark.parametrize(
    "again", [lambda notebook: None, lambda notebook: notebook.requests.append("http://127.0.0.1/lab")]
)
def test_where_nothing_new_happens_the_wait_ends_and_says_for_what(notebook, again):
    notebook.page = Page(lambda: says(notebook), *[lambda: again(notebook)] * 50)
    with pytest.raises(AssertionError, match="after 1 messages and 1 files, for ready\nwhat the server said"):
        notebook.wait_for("ready")
    assert notebook.page.asked == 2


def test_a_notebook_that_never_ends_is_not_waited_for_for_ever(notebook, monkeypatch):
    notebook.page = Page(*[lambda: says(notebook)] * 50)
    monkeypatch.setattr(lab, "time", SimpleNamespace(monotonic=itertools.count(0, lab.WHOLE // 4).__next__))
    with pytest.raises(AssertionError, match="still waiting, after 4 messages"):
        notebook.wait_for("ready")


@pytest.mark.parametrize("silent", [0, 1, 2])
def test_a_notebook_whose_kernel_never_speaks_is_opened_again_once(silent, tmp_path, monkeypatch, recwarn):
    opened = []

    def notebook(page, server, name):
        opened.append(name)
        if len(opened) <= silent:
            raise AssertionError("still waiting")
        return name

    monkeypatch.setattr(lab, "Notebook", notebook)
    page = SimpleNamespace(close=lambda: None)
    (tmp_path / "one.ipynb").write_text("{}")
    rooms = lab.Lab(SimpleNamespace(root=tmp_path), SimpleNamespace(new_page=lambda viewport: page))
    if silent == 2:
        with pytest.raises(AssertionError, match="still waiting"):
            rooms.open(tmp_path / "one.ipynb")
    else:
        assert rooms.open(tmp_path / "one.ipynb") == opened[-1]
    assert len(opened) == len(set(opened)) == min(2, silent + 1)
    assert len(recwarn) == min(1, silent)
