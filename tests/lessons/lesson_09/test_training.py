"""The training on lesson 09's page: it learns, and a stop at any moment loses nothing."""

import pytest
import torch

from course_lib.lessons import lesson_09 as lesson
from course_lib.lessons.lesson_09 import live
from course_lib.training.stopped import Stopped

UPDATES = 8


class Interrupted:
    """Stands in for the page: it is told of each drawing, and presses the stop button at some of them."""

    def __init__(self, *stops):
        self.stops, self.told = stops, []

    def __call__(self, drawing, done, seconds_left):
        self.told.append((done, seconds_left, drawing.sentence))
        if len(self.told) in self.stops:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """A drawing after every update, which paints nothing: that would take longer than all the updates."""
    monkeypatch.setattr(live, "_EVERY", 0.0)
    monkeypatch.setattr(lesson.Training, "paint", lambda training: torch.zeros(8, 3, 16, 16))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A short training that nobody has stopped."""
    training = lesson.Training(UPDATES, tmp_path_factory.mktemp("whole"))
    training.run()
    return training


def same_weights(one, other):
    pairs = zip(one.average.state_dict().items(), other.average.state_dict().items(), strict=True)
    return all(name == also and torch.equal(tensor, its) for (name, tensor), (also, its) in pairs)


@pytest.mark.parametrize("stop", [1, 3, 6])
@pytest.mark.parametrize("new_kernel", [False, True])
def test_stopped_and_gone_on_with_nothing_is_lost(tmp_path, whole, stop, new_kernel):
    training = lesson.Training(UPDATES, tmp_path)
    with pytest.raises(Stopped, match=rf"Stopped at step {stop + 1}\. Run this cell again"):
        training.run(Interrupted(stop))
    assert training.step == stop + 1 and len(training.losses) == stop + 1
    if new_kernel:
        training = lesson.Training(UPDATES, tmp_path)
    page = Interrupted()
    training.run(page)
    assert same_weights(training, whole) and training.losses == whole.losses
    assert page.told[-1][0] == 1 and page.told[0][0] > stop / UPDATES, "it began anew"


def test_several_stops_are_no_more_than_one(tmp_path, whole):
    training = lesson.Training(UPDATES, tmp_path)
    for _ in range(3):
        with pytest.raises(Stopped):
            training.run(Interrupted(1))
    training.run()
    assert same_weights(training, whole) and training.losses == whole.losses


def test_a_cell_that_is_run_again_at_the_end_changes_nothing(tmp_path, whole):
    training = lesson.Training(UPDATES, tmp_path)
    training.run()
    page = Interrupted()
    training.run(page)
    assert [done for done, *_ in page.told] == [1.0], "it trained on, past its end"
    assert same_weights(training, whole) and training.losses == whole.losses and training.step == UPDATES


def test_what_a_kill_has_lost_is_learned_again(tmp_path, whole):
    """The losses on the disk may be newer than the checkpoint."""
    training = lesson.Training(UPDATES, tmp_path)
    with pytest.raises(Stopped):
        training.run(Interrupted(2))
    training.losses += [[step, 9.0] for step in range(4, 7)]
    training.keep_losses()
    again = lesson.Training(UPDATES, tmp_path)
    again.run()
    assert again.losses == whole.losses


def test_fresh_begins_anew_and_another_length_has_its_own_checkpoint(tmp_path):
    training = lesson.Training(3, tmp_path)
    training.run()
    for other in (lesson.Training(4, tmp_path), lesson.Training(3, tmp_path, fresh=True)):
        page = Interrupted()
        other.run(page)
        assert len(page.told) > 1 and page.told[0][0] < 1


def test_the_short_training_of_the_tests_learns_something(monkeypatch):
    """It is the one that nbval runs: the loss falls, that of faces which it has never seen, too."""
    monkeypatch.setattr(live, "_EVERY", 1e9)
    training = lesson.Training()
    assert training.updates == live.SHORT_UPDATES < live.UPDATES
    training.run()
    losses = torch.tensor(training.losses)[:, 1]
    assert losses[-5:].mean() < 0.75 * losses[:3].mean()
    loss = live.make_loss(live.PREDICTS, lesson.open_faces(unseen=True))
    with torch.no_grad():
        before, after = (
            loss(network, list(range(256)))["loss"].item() for network in (live.make_network(), training.average)
        )
    assert after < 0.75 * before, (before, after)


def test_the_drawing_has_one_size(tmp_path):
    training = lesson.Training(3, tmp_path)
    empty = training.draw()
    assert empty.sentence == "The network has learned nothing yet: it paints noise."
    training.losses = [[step, 0.5] for step in range(1, 41)]
    first = training.draw()
    assert first.pixels.shape == empty.pixels.shape
    training.losses = [[step, 0.5] for step in range(1, 3001)]
    assert training.draw().pixels.shape == first.pixels.shape
    assert "the loss is 0.50" in first.sentence


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(ValueError, match="updates must be a whole number, at least 1; got 0"):
        lesson.Training(0, tmp_path)
    with pytest.raises(ValueError, match="unknown prediction 'noise'"):
        live.make_loss("noise", torch.zeros(1, 3, 4, 4))(lambda x, t: x, [1])
