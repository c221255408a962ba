"""The seam for other languages."""

import subprocess
import sys

import pytest

from course_lib import texts


@pytest.fixture(autouse=True)
def forget():
    yield
    texts._catalogue.cache_clear()


def test_without_a_choice_texts_are_english(monkeypatch):
    monkeypatch.delenv(texts.LANGUAGE, raising=False)
    assert texts.tr("Run") == "Run" and texts.tr("") == ""
    assert [texts.ngettext("{count} step", "{count} steps", n).format(count=n) for n in (0, 1, 2)] == [
        "0 steps",
        "1 step",
        "2 steps",
    ]


def test_a_catalogue_is_used_and_an_unknown_language_refused(monkeypatch, tmp_path):
    folder = tmp_path / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Run"\nmsgstr "เริ่ม"\n'
    (tmp_path / "xx.po").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "babel.messages.frontend", "compile", "-i", tmp_path / "xx.po"]
    subprocess.run([*command, "-o", folder / "course.mo"], check=True, capture_output=True)
    monkeypatch.setattr(texts, "CATALOGUES", tmp_path)
    monkeypatch.setenv(texts.LANGUAGE, "xx")
    assert texts.tr("Run") == "เริ่ม" and texts.tr("Stop") == "Stop"
    monkeypatch.setenv(texts.LANGUAGE, "tlh")
    with pytest.raises(ValueError, match="COURSE_LANGUAGE must be one of en, xx; got 'tlh'"):
        texts.tr("Run")
