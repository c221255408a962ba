"""What the tests of several files share: a folder for models, and lesson 07's runs, painted once."""

import shutil

import pytest

from tests.lessons import watched


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The folder of models, where the real one is looked for first; removed at the end, whatever happens."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="session")
def runs():
    """Lesson 07's runs by the colour of the circle."""
    return watched.runs()


@pytest.fixture(scope="session")
def seen(runs):
    """The run in which the circle is red."""
    return runs["red"]


@pytest.fixture(scope="session")
def maps(seen):
    """The words' weights in the mean of the layers of 8 x 8: (steps, 8, 8, places)."""
    return seen.looks("words", seen.layers[0])
