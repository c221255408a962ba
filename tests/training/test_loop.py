"""The loop: its updates are those of the formulas, and it is stopped and gone on with as if in one go."""

import copy
import math
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.training import loop
from course_lib.training.loop import Learner, rate_factor, seeded, train

SETTINGS = {"samples": 40, "batch": 4, "rate": 0.05, "seed": 3}


def make_network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def loss(network, numbers):
    """Errors of very different size, so that some gradients are longer than 1 and others shorter."""
    x = torch.stack([torch.from_numpy(seeded(3, number).standard_normal(3, np.float32)) for number in numbers])
    error = (network(x) - 2 * x[:, :2]).square().mean()
    return {"loss": error * (30 if numbers[0] // 4 % 2 else 0.1), "error": error}


def assert_same(one, other, **tolerance):
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], tensor, **(tolerance or {"rtol": 0, "atol": 0}))


@pytest.fixture
def checkpoint(tmp_path):
    return tmp_path / "new" / "small.pt"


class Killed(Exception):
    """What ends a training in a test."""


def breaks_at(number, error=Killed):
    def broken(network, numbers):
        if number in numbers:
            raise error
        return loss(network, numbers)

    return broken


def test_its_updates_are_those_of_the_formulas():
    """Written out: the gradient cut to length 1, AdamW at the scheduled rate, the average with its warm-up."""
    network = make_network()
    weights = [parameter.detach().clone() for parameter in network.parameters()]
    average, norms = None, []
    moments = [(torch.zeros_like(weight), torch.zeros_like(weight)) for weight in weights]
    for step in range(10):
        for parameter, weight in zip(network.parameters(), weights, strict=True):
            parameter.data.copy_(weight)
        gradients = torch.autograd.grad(
            loss(network, list(range(4 * step, 4 * step + 4)))["loss"], network.parameters()
        )
        norm = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
        norms.append(norm)
        rate = 0.05 * rate_factor(step / 10)
        for i, gradient in enumerate(gradients):
            gradient = gradient / max(1.0, norm)
            mean, square = moments[i]
            moments[i] = mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
            unbiased = mean / (1 - 0.9 ** (step + 1)), square / (1 - 0.99 ** (step + 1))
            weights[i] = (1 - rate * 0.02) * weights[i] - rate * unbiased[0] / (unbiased[1].sqrt() + 1e-8)
        kept = 0 if average is None else min(0.3, (1 + step) / (10 + step))
        average = [kept * a + (1 - kept) * w for a, w in zip(average or weights, weights, strict=True)]
    assert min(norms) < 1 < max(norms)
    network = make_network()
    found = train(network, loss, decay=0.3, weight_decay=0.02, **SETTINGS)
    for wanted, parameter in zip(weights, network.parameters(), strict=True):
        torch.testing.assert_close(parameter.detach(), wanted, rtol=1e-3, atol=1e-5)
    for wanted, parameter in zip(average, found.parameters(), strict=True):
        torch.testing.assert_close(parameter, wanted, rtol=1e-3, atol=1e-5)


def test_the_learning_rate_is_applied():
    """AdamW's first update moves each weight by the learning rate itself."""
    network = make_network()
    before, told = copy.deepcopy(network), []

    def watch(now):
        told.append((now.rate, (network[0].weight - before[0].weight).abs().max().item()))
        return True

    train(network, loss, watch=watch, **SETTINGS)
    ((rate, moved),) = told
    assert rate == pytest.approx(0.05 * rate_factor(0)) and moved == pytest.approx(rate, rel=0.05)


def test_a_long_gradient_is_cut_and_a_short_one_stays():
    network = make_network()
    learner = Learner(network, 0.1, lambda step: 1.0, decay=0.9)
    for scale, length in ((100.0, 1.0), (1e-3, None)):
        error = scale * loss(network, [1, 2, 3])["error"]
        wanted = torch.autograd.grad(error, network.parameters(), retain_graph=True)
        learner.learn(error)
        found = torch.cat([parameter.grad.flatten() for parameter in network.parameters()])
        wanted = torch.cat([gradient.flatten() for gradient in wanted])
        assert found.norm().item() == pytest.approx(length or wanted.norm().item(), rel=1e-4)
        torch.testing.assert_close(found / found.norm(), wanted / wanted.norm())


def test_the_average_forgets_the_first_weights_soon():
    average, weights = [torch.zeros(1)], [torch.ones(1)]
    update = loop.warmed_up_average(0.998)
    for count in (1, 2, 3):
        update(average, weights, torch.tensor(count))
    assert average[0].item() == pytest.approx(1 - 2 / 11 * 3 / 12 * 4 / 13)
    average = [torch.zeros(1)]
    update(average, weights, 100_000)
    assert average[0].item() == pytest.approx(0.002, rel=1e-3)


def test_the_average_is_what_is_returned_and_is_left_alone():
    network = make_network()
    average = train(network, loss, **SETTINGS)
    assert network.training and not average.training
    assert not any(parameter.requires_grad for parameter in average.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not torch.equal(average[0].weight, network[0].weight)


@pytest.mark.parametrize("error", [Killed, KeyboardInterrupt])
def test_stopped_and_gone_on_with_is_the_same_as_in_one_go(checkpoint, error):
    whole = make_network()
    average = train(whole, loss, **SETTINGS)
    with pytest.raises(error):
        train(make_network(), breaks_at(22, error), checkpoint=checkpoint, **SETTINGS)
    assert torch.load(checkpoint, weights_only=True)["schedule"]["last_epoch"] == 5
    parts = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    asked = []
    again = train(parts, lambda *given: asked.append(given[1]) or loss(*given), checkpoint=checkpoint, **SETTINGS)
    assert sum(asked, []) == list(range(20, 40))
    assert_same(whole, parts)
    assert_same(average, again)


def test_a_true_answer_of_the_watcher_stops_it(checkpoint):
    whole, parts = make_network(), make_network()
    told = []
    average = train(whole, loss, **SETTINGS)
    for _ in range(10):
        again = train(parts, loss, checkpoint=checkpoint, watch=lambda now: told.append(now) or True, **SETTINGS)
    assert_same(whole, parts)
    assert_same(average, again)
    assert [now.step for now in told] == list(range(1, 11))
    assert [now.minutes for now in told] == sorted(now.minutes for now in told) and told[-1].minutes > 0
    # It is complete: another sitting learns nothing.
    assert_same(average, train(parts, None, checkpoint=checkpoint, **SETTINGS))


def test_the_watcher_is_told_where_the_training_stands():
    told = []
    average = train(make_network(), loss, first=100, watch=told.append, **SETTINGS)
    assert [(now.step, now.steps, now.samples) for now in told] == [(n, 10, 100 + 4 * n) for n in range(1, 11)]
    assert [now.rate for now in told] == pytest.approx([0.05 * rate_factor(n / 10) for n in range(10)])
    assert told[-1].average is average and told[-1].parts.keys() == {"loss", "error"}
    assert all(isinstance(part, float) for now in told for part in now.parts.values())
    assert told[0].parts["error"] == pytest.approx(loss(make_network(), [100, 101, 102, 103])["error"].item())


def test_an_interrupt_never_leaves_half_an_update(checkpoint, monkeypatch):
    """It comes in the middle of the fourth: the weights have moved, their average has not."""
    whole = make_network()
    average = train(whole, loss, **SETTINGS)
    update, calls = torch.optim.AdamW.step, []

    def step(*given, **options):
        update(*given, **options)
        calls.append(given)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    with pytest.raises(KeyboardInterrupt):
        train(make_network(), loss, checkpoint=checkpoint, **SETTINGS)
    assert len(calls) == 4 and torch.load(checkpoint, weights_only=True)["schedule"]["last_epoch"] == 4
    parts = make_network()
    assert_same(average, train(parts, loss, checkpoint=checkpoint, **SETTINGS))
    assert_same(whole, parts)


def test_an_interrupt_waits_and_the_usual_one_comes_back():
    usual, done = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), loop.uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("whole")
    assert done and signal.getsignal(signal.SIGINT) is usual
    with pytest.raises(Killed), loop.uninterrupted():
        raise Killed
    assert signal.getsignal(signal.SIGINT) is usual


KILLED = """
import os, signal, sys, torch
from pathlib import Path
from course_lib.training import loop
from tests.training.test_loop import SETTINGS, loss, make_network
def killed(network, numbers):
    if numbers[0] >= 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return loss(network, numbers)
loop.CHECKPOINT_EVERY = float(sys.argv[2])
loop.train(make_network(), killed, checkpoint=Path(sys.argv[1]), **SETTINGS)
"""


@pytest.mark.parametrize(("every", "steps"), [(0, 5), (60, None)])
def test_a_kill_loses_what_came_after_the_last_checkpoint(checkpoint, every, steps):
    command = [sys.executable, "-c", KILLED, str(checkpoint), str(every)]
    assert subprocess.run(command, capture_output=True).returncode == -signal.SIGKILL
    if steps is None:
        assert not checkpoint.exists()
    else:
        assert torch.load(checkpoint, weights_only=True)["schedule"]["last_epoch"] == steps
        whole, parts = make_network(), make_network()
        assert_same(train(whole, loss, **SETTINGS), train(parts, loss, checkpoint=checkpoint, **SETTINGS))


def test_a_checkpoint_is_written_each_minute_and_at_the_end(checkpoint, monkeypatch):
    written, clock = [], iter(range(0, 10_000, 25))
    save = torch.save
    monkeypatch.setattr(loop.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(torch, "save", lambda state, path: written.append(state) or save(state, path))
    train(make_network(), loss, checkpoint=checkpoint, **SETTINGS)
    # The clock is read at the start, twice an update, and twice a checkpoint.
    assert [state["schedule"]["last_epoch"] for state in written] == [2, 4, 6, 8, 10]
    assert [path.name for path in checkpoint.parent.iterdir()] == ["small.pt"]


def test_who_does_not_write_reads_nonetheless(checkpoint):
    train(make_network(), loss, checkpoint=checkpoint, writes=False, **SETTINGS)
    assert not checkpoint.exists()
    with pytest.raises(Killed):
        train(make_network(), breaks_at(22), checkpoint=checkpoint, **SETTINGS)
    before, asked = checkpoint.read_bytes(), []
    train(make_network(), lambda *given: asked.append(given[1]) or loss(*given), checkpoint=checkpoint, writes=False,
          **SETTINGS)  # fmt: skip
    assert asked[0] == [20, 21, 22, 23] and checkpoint.read_bytes() == before


def test_a_fresh_start_goes_on_with_new_samples(checkpoint):
    train(make_network(), loss, checkpoint=checkpoint, **SETTINGS)
    asked, network = [], make_network()
    train(network, lambda *given: asked.append(given[1]) or loss(*given), checkpoint=checkpoint, fresh=True, first=40,
          **SETTINGS)  # fmt: skip
    assert sum(asked, []) == list(range(40, 80))
    state = torch.load(checkpoint, weights_only=True)
    assert state["settings"]["first"] == 40 and torch.equal(state["network"]["0.weight"], network[0].weight)


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch", 8), ("seed", 4), ("samples", 80), ("rate", 0.1), ("first", 4), ("decay", 0.5), ("weight_decay", 0.1)],
)
def test_it_goes_on_with_its_own_settings_only(checkpoint, name, value):
    settings = SETTINGS | {"first": 0, "decay": 0.998, "weight_decay": 0.0}
    train(make_network(), loss, checkpoint=checkpoint, watch=lambda now: True, **settings)
    before = checkpoint.read_bytes()
    with pytest.raises(ValueError) as caught:
        train(make_network(), loss, checkpoint=checkpoint, **settings | {name: value})
    said = f"{checkpoint} is the checkpoint of another training, with {name} {settings[name]}, not {value}. "
    assert str(caught.value).startswith(said) and "delete small.pt to begin anew" in str(caught.value)
    assert checkpoint.read_bytes() == before


def test_what_is_no_checkpoint_of_this_network_is_refused(checkpoint):
    train(make_network(), loss, checkpoint=checkpoint, watch=lambda now: True, **SETTINGS)
    with pytest.raises(ValueError, match="is the checkpoint of another network"):
        train(nn.Linear(3, 2), loss, checkpoint=checkpoint, **SETTINGS)
    state = torch.load(checkpoint, weights_only=True)
    whole = checkpoint.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"weights"):
        checkpoint.write_bytes(damaged)
        with pytest.raises(ValueError, match="must be the checkpoint of a training; it cannot be read"):
            train(make_network(), loss, checkpoint=checkpoint, **SETTINGS)
        assert checkpoint.read_bytes() == damaged
    for other in ({"network": state["network"]}, [1, 2]):
        torch.save(other, checkpoint)
        with pytest.raises(ValueError, match="of another training, with samples None, not 40, batch None, not 4"):
            train(make_network(), loss, checkpoint=checkpoint, **SETTINGS)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_weights_are_never_spoiled_by_what_is_not_finite(checkpoint, bad):
    network = make_network()

    def diverges(network, numbers):
        parts = loss(network, numbers)
        return {"loss": parts["loss"] * (bad if numbers[0] == 12 else 1)}

    with pytest.raises(FloatingPointError, match=r"gradient of update 4 must be finite; .* try a lower rate$"):
        train(network, diverges, checkpoint=checkpoint, **SETTINGS)
    assert all(parameter.isfinite().all() for parameter in network.parameters())
    assert torch.load(checkpoint, weights_only=True)["schedule"]["last_epoch"] == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": 3}, "samples must be a whole number, at least 4; got 3"),
        ({"batch": 0}, "batch must be a whole number, at least 1; got 0"),
        ({"rate": 0}, "rate must be a number above 0; got 0"),
    ],
)
def test_bad_input_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        train(make_network(), loss, **SETTINGS | change)


def test_the_rate_rises_and_falls():
    factors = [rate_factor(i / 100) for i in range(101)]
    assert factors[0] == pytest.approx(0.005, abs=1e-4) and factors[1] == pytest.approx(0.5, abs=0.01)
    assert max(factors) == factors[2] == pytest.approx(1)
    assert factors[51] == pytest.approx(0.51) and factors[100] == pytest.approx(0.02) == rate_factor(1.5)
    assert all(a >= b for a, b in zip(factors[2:], factors[3:], strict=False))


def test_noise_depends_on_all_bits_of_seed_number_and_stream():
    keys = [(0, 1), (0, 2), (1, 1), (0, 1, 1), (1, 0), (2**32, 1), (0, 1 + 2**32)]
    assert len({seeded(*key).random() for key in keys}) == len(keys)
    assert seeded(0, 9).random() == seeded(0, 9, 0).random()


def test_the_loop_starts_without_accelerate():
    code = "import sys; from course_lib.training import loop; assert 'accelerate' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
