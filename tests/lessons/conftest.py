"""What lesson 07's tests look at: painted once for all of them."""

import pytest

from tests.lessons import watched


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
