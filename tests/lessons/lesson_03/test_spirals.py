"""Lesson 03's spirals: the explorer over all its states, the training, its interruptions, and what the text states."""

import itertools
import math
import signal
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.figures import COLOURS
from course_lib.lessons import lesson_03 as lesson
from course_lib.training.stopped import Stopped


@pytest.fixture(scope="module")
def trainings():
    """Every activation's network, trained to the end as in the lesson."""
    made = {name: lesson.Training(name) for name in lesson.ACTIVATIONS}
    for training in made.values():
        training.run()
    return made


@pytest.mark.parametrize("without", [False, True])
@pytest.mark.parametrize("activation", lesson.ACTIVATIONS)
def test_every_step_is_drawn_and_its_numbers_are_true(trainings, activation, without):
    training = trainings[activation]
    shapes = set()
    for step in range(0, lesson.LAST + 1, lesson.EVERY):
        drawing = lesson.draw_training(training, step, without)
        shapes.add(drawing.pixels.shape)
        scores = training.scores(training.x, step, not without)
        right = ((scores > 0) == (training.labels == 1)).sum()
        loss = F.softplus(torch.where(training.labels == 1, -scores, scores)).mean()
        taken_out = without and activation != "none"
        state = f", weights of step {step}, activation taken out:" if taken_out else f" after step {step}:"
        assert f"{state} {right} of 200 points" in drawing.sentence
        assert float(drawing.sentence.split()[-1][:-1]) == pytest.approx(loss.item(), abs=0.006)
    assert len(shapes) == 1, "the drawing jumps in size"


def test_the_border_is_drawn_where_a_network_parts_the_plane(trainings):
    panel = lesson.spirals_panel(trainings["none"])[1:-1, 1:-1]
    side, edge = panel.shape[0], 1.15
    middle, right, up = trainings["none"].scores(torch.tensor([[0.0, 0], [1, 0], [0, 1]]).double()).tolist()
    for column in (4, side - 5):
        x = (column + 0.5) / side * 2 * edge - edge
        y = -(middle + (right - middle) * x) / (up - middle)
        darkest = panel[:, column].astype(int).sum(axis=1).argmin()
        assert abs(darkest - (edge - y) / (2 * edge) * side) < 2


@pytest.mark.parametrize("without", [False, True])
def test_a_cross_does_not_hide_which_spiral_its_point_is_of(trainings, without):
    training = trainings["ReLU"]
    panel = lesson.spirals_panel(training, 0, without)[1:-1, 1:-1].astype(int)
    places = (torch.stack([1.15 + training.x[:, 0], 1.15 - training.x[:, 1]], dim=1) / 2.3 * 300).long().tolist()
    filled = [panel[row, column].sum() < 300 for column, row in places]
    assert filled == (training.labels == 1).tolist()
    right = ((training.scores(training.x, 0, not without) > 0) == (training.labels == 1)).tolist()
    orange = (panel[..., 0] > 200) & (panel[..., 2] < 60)
    crossed = [orange[row - 6 : row + 7, column - 6 : column + 7].any() for column, row in places]
    assert all(cross for cross, fits in zip(crossed, right, strict=True) if not fits)


def test_the_curves_are_marked_only_for_the_network_that_was_trained(trainings):
    def has_dot(drawing):
        columns = np.nonzero((drawing.pixels[:240, 330:] == list(bytes.fromhex(COLOURS["signal"][1:]))).all(axis=2))[1]
        return np.bincount(columns).max() > 6

    assert has_dot(lesson.draw_training(trainings["ReLU"], 500))
    assert not has_dot(lesson.draw_training(trainings["ReLU"], 500, without=True))
    assert has_dot(lesson.draw_training(trainings["none"], 1500, without=True))


def test_bad_input_to_the_spirals_is_refused():
    training = lesson.Training("ReLU")
    with pytest.raises(ValueError, match="this training has reached step 0; step 50 is not there yet"):
        lesson.draw_training(training, 50)
    with pytest.raises(ValueError, match="unknown activation 'Relu'"):
        lesson.Training("Relu")
    for bad in ({"width": 0}, {"seed": -1}, {"seed": 1.5}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))} must be a whole number"):
            lesson.Training("ReLU", **bad)
    for until, every in ((0, 500), (10, 0), ("all", 500)):
        with pytest.raises(ValueError, match=r"(until|every) must be a whole number"):
            training.run(until, every)
    training.run(50)
    with pytest.raises(ValueError, match="step must be a multiple of 50; got 20"):
        training.weights(20)
    with pytest.raises(ValueError, match="points must be a whole number"):
        lesson.spirals(2.5)


def test_an_untrained_network_can_be_drawn():
    drawing = lesson.draw_training(lesson.Training("SiLU"), 0)
    assert drawing.sentence.startswith("SiLU after step 0:")


def test_the_spirals_are_one_spiral_and_its_turn_by_half():
    x, labels = lesson.spirals()
    assert x.shape == (200, 2) and labels.tolist() == [1.0] * 100 + [0.0] * 100
    assert torch.equal(x[:100], -x[100:])
    assert x.norm(dim=1).min() == pytest.approx(0.25) and x.norm(dim=1).max() == pytest.approx(1.0)


def test_what_the_text_says_about_the_spirals(trainings):
    with_kink, without = trainings["ReLU"], trainings["none"]
    assert with_kink.count() == without.count() == 2 * 32 + 32 + 32 * 32 + 32 + 32 + 1 == 1185
    assert with_kink.right() == 1.0 and with_kink.loss() < 0.01
    assert without.right() == 0.51 and without.loss() > 0.68
    first, second = with_kink.scores(with_kink.x, 0).reshape(2, 100) > 0
    assert first.sum() < 5 and second.sum() < 5, "it does not say 'second' nearly everywhere"
    assert round(with_kink.loss(0, kink=False), 2) == 0.90, "the solutions state it"
    assert round(with_kink.loss(500, kink=False), 2) == 6.62, "the solutions state it"
    assert with_kink.loss(2000, kink=False) == pytest.approx(46.3, abs=0.3), "the solutions state it"
    assert 0.4 < with_kink.right(0) < 0.6 and 0.45 < with_kink.right(kink=False) < 0.6
    assert all(torch.equal(*pair) for pair in zip(with_kink.weights(0), without.weights(0), strict=True))
    assert all(training.right() == 1.0 for name, training in trainings.items() if name != "none")
    steps, losses, wrong = with_kink.way()
    assert steps == list(range(0, 2001, 50)) and max(wrong[steps.index(1000) :]) == 0 < wrong[steps.index(750)] < 0.2
    assert abs(without.way()[1][steps.index(100)] - 0.69) < 0.02, "its loss comes to 0.69 at once"


def test_the_best_straight_line_gets_116_points():
    x, labels = lesson.spirals()
    best = 0
    for angle in torch.linspace(0, math.pi, 3601, dtype=torch.float64)[:-1]:
        order = (x @ torch.stack([angle.cos(), angle.sin()])).argsort()
        surplus = torch.where(labels[order] > 0, 1, -1).cumsum(0)
        best = max(best, 100 + surplus.abs().max().item())
    assert best == 116


def hidden(training, step=None):
    """What the two hidden layers of a network with ReLU give for the points."""
    weight1, bias1, weight2, bias2, *_ = training.weights(step)
    first = F.relu(training.x @ weight1.T + bias1)
    return first, F.relu(first @ weight2.T + bias2)


def dead(layer):
    return (layer == 0).all(dim=0).nonzero()[:, 0].tolist()


def test_the_dead_units_of_the_lesson(trainings):
    training = trainings["ReLU"]
    assert all(
        [dead(layer) for layer in hidden(training, step)] == [[], [5, 6, 29, 31]] for step in range(0, 2001, 50)
    ), "one more has died, or one less"
    first = training.weights(0)[2]
    moved = {step: (training.weights(step)[2] - first).abs().amax(dim=1) for step in range(0, 2001, 50)}
    assert moved[2000][[5, 6, 31]].max() == 0 == moved[650][29]
    assert 0.02 < moved[700][29] < 0.04 and all(abs(moved[step][29] - 0.033) < 5e-4 for step in range(750, 2001, 50))


def test_unit_29_is_awake_once():
    """Step by step, between those that are kept."""
    training, awake = lesson.Training("ReLU"), []
    while training.step < lesson.LAST:
        training._state = training._next(training._state)
        awake += [training.step] * bool(hidden(training)[1][:, 29].any())
    assert awake == [651]


def test_a_later_layers_dead_unit_may_be_woken_by_the_layers_before_it():
    """With another seed some come back for good, which is why the text calls them dead with care."""
    training = lesson.Training("ReLU", seed=2)
    training.run()
    before, after = (set(dead(hidden(training, step)[1])) for step in (0, 2000))
    assert before - after


def test_momentum_alone_can_wake_a_dead_unit():
    """So the text lets a unit whose inputs don't change stay dead only once its momentum has run out."""
    inputs, parameters = torch.tensor([1.0, -3.0]), torch.tensor([0.1, 0.0], requires_grad=True)
    steps, awake = torch.optim.SGD([parameters], lr=0.1, momentum=0.9), []
    for _ in range(2):
        steps.zero_grad()
        F.relu(parameters[0] * inputs + parameters[1]).sum().backward()
        steps.step()
        awake.append(bool((parameters[0] * inputs + parameters[1] > 0).any()))
    assert awake == [False, True]


def same_training(one, other):
    weights = zip(one.weights(), other.weights(), strict=True)
    return one.step == other.step and all(torch.equal(*pair) for pair in weights) and one.way() == other.way()


def test_the_same_seed_gives_the_same_result_and_the_global_seed_is_left_alone():
    state = torch.get_rng_state()
    one, other, third = lesson.Training("SiLU"), lesson.Training("SiLU"), lesson.Training("SiLU", seed=4)
    for training in (one, other, third):
        training.run(100)
    assert torch.equal(state, torch.get_rng_state())
    assert same_training(one, other) and not same_training(one, third)


def test_a_stopped_training_goes_on_as_if_nothing_had_happened(monkeypatch):
    """The stop comes at every third gradient, and it comes late: all that a step could have changed is changed."""
    undisturbed, stopped = lesson.Training("ReLU"), lesson.Training("ReLU")
    undisturbed.run(60)
    gradient, calls, stops = torch.autograd.grad, itertools.count(1), 0

    def stopping(*arguments):
        found = gradient(*arguments)
        if next(calls) % 3 == 0:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(torch.autograd, "grad", stopping)
    while stopped.step < 60:
        try:
            stopped.run(60)
        except Stopped as stop:
            stops += 1
            assert f"Stopped at step {stopped.step}. Run this cell again" in str(stop)
            assert stop._render_traceback_() == [str(stop)]
    assert stops > 20 and same_training(undisturbed, stopped)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to a thread on this system")
def test_real_interrupts_at_any_moment_leave_a_training_whole():
    undisturbed, stopped = lesson.Training("ReLU"), lesson.Training("ReLU")
    undisturbed.run(600)
    stops = 0
    while stopped.step < 600:
        timer = threading.Timer(0.03, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        try:
            timer.start()
            stopped.run(600)
            timer.cancel()
            timer.join()
        except KeyboardInterrupt:
            stops += 1
    assert stops >= 2 and same_training(undisturbed, stopped)


def test_a_finished_training_says_so_again(capsys):
    training = lesson.Training("ReLU")
    training.run(50)
    training.run(50)
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and first.startswith("ReLU, step   50: loss")
