"""Lesson 03's two explorers over all their states, its training and its interruptions, and what its text states."""

import itertools
import math
import re
import signal
import threading

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.datasets import open_emoji
from course_lib.lessons import lesson_03 as lesson
from course_lib.lessons.kinks import REACH
from course_lib.lessons.spirals import Stopped
from course_lib.models import VAE, TextEncoder, UNet
from course_lib.widgets.controls import KERNELS

ZEBRA = open_emoji(style="fluent").select("zebra").images[:1]
EDGES = torch.tensor(KERNELS["edges, vertical"], dtype=torch.float32)
BIASES = [step / 4 for step in range(-16, 17)]


@pytest.fixture(scope="module")
def trainings():
    """Every activation's network, trained to the end as in the lesson."""
    made = {name: lesson.Training(name) for name in lesson.ACTIVATIONS}
    for training in made.values():
        training.run()
    return made


@pytest.mark.parametrize("activation", lesson.ACTIVATIONS)
def test_every_bias_is_drawn_and_its_numbers_are_true(activation):
    function, slope = lesson.ACTIVATIONS[activation]
    shapes, seen = set(), set()
    for bias in BIASES:
        drawing = lesson.draw(ZEBRA, EDGES, activation, bias, 30, 20)
        shapes.add(drawing.pixels.shape)
        seen.add(drawing.pixels.tobytes())
        before = F.conv2d(ZEBRA.mean(1, keepdim=True), EDGES[None, None], padding=1) + bias
        here, said = before[0, 0, 30, 20], re.findall(r"-?\d+\.\d\d|\d+ %", drawing.sentence.split(": ")[1])
        name = "No activation" if activation == "none" else activation
        assert drawing.sentence.startswith(f"{name}, bias {bias:g}: at row 30, column 20")
        expected = [here, function(here), slope(here)]
        assert [float(number) for number in said[:3]] == pytest.approx([float(each) for each in expected], abs=0.006)
        shares = [(before < 0).double().mean(), (function(before) == 0).double().mean()]
        assert [int(share[:-2]) for share in said[3:5]] == [round(100 * share.item()) for share in shares]
        assert float(said[5]) == pytest.approx(function(before).min().item(), abs=0.006)
        assert "-0.00" not in drawing.sentence
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(seen) == len(BIASES), "the bias changes and the drawing does not"


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("row, column", [(0, 0), (0, 63), (33, 12), (63, 0), (63, 63)])
def test_every_kernel_and_the_rim_are_drawn(kernel, row, column):
    for activation in lesson.ACTIVATIONS:
        kernel_ = torch.tensor(KERNELS[kernel], dtype=torch.float32)
        drawing = lesson.draw(ZEBRA, kernel_, activation, -0.5, row, column)
        assert drawing.pixels.dtype.name == "uint8" and f"row {row}, column {column}" in drawing.sentence


def test_the_cursor_lies_on_the_map_and_marks_the_curve():
    first, second = (lesson.draw(ZEBRA, EDGES, "SiLU", 0.0, 20, column) for column in (20, 40))
    left, top, width, height = first.grid
    changed = (first.pixels != second.pixels).any(axis=2)
    rows, columns = np.nonzero(changed[top : top + height, left : left + width])
    cell = width // 64
    assert rows.min() < 20 * cell < rows.max() and columns.min() < 20 * cell < 40 * cell < columns.max()
    assert changed[:, left + width + 10 :].any(), "the mark on the curve stands still"


def test_a_number_beyond_the_curve_is_told_all_the_same():
    drawing = lesson.draw(ZEBRA, 100 * EDGES, "ReLU", 0.0, 30, 20)
    said = float(re.search(r"the number (-?\d+\.\d\d)", drawing.sentence)[1])
    assert abs(said) > REACH
    flat = lesson.draw(0 * ZEBRA, EDGES, "GELU", 0.0, 5, 5).sentence
    assert "the number 0.00 becomes 0.00, slope 0.50. Below 0 were 0 %" in flat


def test_bad_input_to_the_map_is_refused():
    with pytest.raises(ValueError, match="unknown activation 'relu'. There are: none, ReLU"):
        lesson.draw(ZEBRA, EDGES, "relu", 0.0, 3, 3)
    with pytest.raises(ValueError, match=r"kernel must be a tensor \(3, 3\)"):
        lesson.draw(ZEBRA, EDGES.tolist(), "ReLU", 0.0, 3, 3)
    for bias in (math.nan, math.inf, 1e9, "much", None):
        with pytest.raises(ValueError, match="bias must be a number in"):
            lesson.draw(ZEBRA, EDGES, "ReLU", bias, 3, 3)


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
        assert f"after step {step}: {right} of 200 points" in drawing.sentence
        assert float(drawing.sentence.split()[-1][:-1]) == pytest.approx(loss.item(), abs=0.006)
        assert ("activation taken out" in drawing.sentence) == (without and activation != "none")
    assert len(shapes) == 1, "the drawing jumps in size"


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


def test_the_dead_units_of_the_lesson(trainings):
    training = trainings["ReLU"]

    def dead(step):
        weight1, bias1, weight2, bias2, *_ = training.weights(step)
        first = F.relu(training.x @ weight1.T + bias1)
        return [(hidden == 0).all(0).nonzero()[:, 0].tolist() for hidden in (first, F.relu(first @ weight2.T + bias2))]

    assert dead(0) == dead(2000) == [[], [5, 6, 29, 31]]
    moved = (training.weights(2000)[2] - training.weights(0)[2]).abs().amax(dim=1)
    assert moved[[5, 6, 31]].max() == 0 < moved[29] < 0.1


def test_a_later_layers_dead_unit_may_be_woken_by_the_layers_before_it():
    """With another seed some come back for good, which is why the text calls them dead with care."""
    training = lesson.Training("ReLU", seed=2)
    training.run()
    dead = []
    for step in (0, 2000):
        weight1, bias1, weight2, bias2, *_ = training.weights(step)
        hidden = F.relu(F.relu(training.x @ weight1.T + bias1) @ weight2.T + bias2)
        dead.append(set((hidden == 0).all(0).nonzero()[:, 0].tolist()))
    assert dead[0] - dead[1]


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


def test_counts_are_those_of_the_networks():
    with torch.device("meta"):
        unet, vae, text_encoder = UNet(), VAE(channels=(128, 256, 512, 512), layers=2), TextEncoder()
        latent, states = torch.zeros(1, 4, 64, 64), torch.zeros(1, 77, 768)
        counts = {
            "unet": lesson.activations_called(unet, latent, torch.tensor(1.0), states),
            "encoder": lesson.activations_called(vae.encode, torch.zeros(1, 3, 512, 512)),
            "decoder": lesson.activations_called(vae.decode, latent),
            "text": lesson.activations_called(text_encoder, torch.zeros(1, 77, dtype=torch.long)),
        }
    nothing = {"ReLU": 0, "SiLU": 0, "GELU": 0, "sigmoid": 0}
    assert counts == {
        "unet": nothing | {"SiLU": 68, "GELU": 16},
        "encoder": nothing | {"SiLU": 21},
        "decoder": nothing | {"SiLU": 29},
        "text": nothing | {"sigmoid": 12},
    }
    assert sum(isinstance(layer, nn.Conv2d) for layer in unet.modules()) == 98
    assert all(layer.mlp.activation.__name__ == "quick_gelu" for layer in text_encoder.encoder.layers)


def test_diffusers_and_transformers_use_the_same():
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.models.activations import GEGLU
    from diffusers.models.resnet import ResnetBlock2D
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
        vae = AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
            block_out_channels=[128, 256, 512, 512], layers_per_block=2, latent_channels=4,
        )  # fmt: skip
        text_encoder = CLIPTextModel(CLIPTextConfig())
    residual = [part for part in unet.modules() if isinstance(part, ResnetBlock2D)]
    assert len(residual) == 22 and all(isinstance(block.nonlinearity, nn.SiLU) for block in residual)
    assert sum(isinstance(part, GEGLU) for part in unet.modules()) == 16
    for half, blocks in ((vae.encoder, 10), (vae.decoder, 14)):
        assert sum(isinstance(part, ResnetBlock2D) for part in half.modules()) == blocks
        assert isinstance(half.conv_act, nn.SiLU)
    assert text_encoder.config.hidden_act == "quick_gelu" and text_encoder.config.num_hidden_layers == 12
    assert not any(isinstance(part, nn.ReLU) for model in (unet, vae, text_encoder) for part in model.modules())


def test_counting_changes_no_result_and_sees_each_way_of_calling():
    x = torch.linspace(-2, 2, 5)

    def network(x):
        return F.relu(x) + torch.relu(x) + x.relu() + F.silu(x) + F.gelu(x) + torch.sigmoid(x)

    assert lesson.activations_called(network, x) == {"ReLU": 3, "SiLU": 1, "GELU": 1, "sigmoid": 1}


def test_the_dips_and_slopes_of_the_text():
    x = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    silu, gelu, quick = (lesson.ACTIVATIONS[name] for name in ("SiLU", "GELU", "quick-GELU"))
    for (value, slope), (lowest, at, steepest) in {
        silu: (-0.278, -1.28, 1.100), gelu: (-0.170, -0.75, 1.129), quick: (-0.164, -0.75, 1.100)
    }.items():  # fmt: skip
        assert round(value(x).min().item(), 3) == lowest and round(x[value(x).argmin()].item(), 2) == at
        assert round(slope(x).max().item(), 3) == steepest
    torch.testing.assert_close(quick[0](x), silu[0](1.702 * x) / 1.702)
    assert silu[1](torch.tensor(-10.0)).item() == pytest.approx(-0.0004, abs=5e-5)
    assert (silu[1](x[x < -1.29]) < 0).all()
    assert (x[x < 0] < silu[0](x[x < 0])).all(), "every number below 0 becomes larger"


def test_dead_units_die_where_the_text_says():
    """A unit of the lesson is 0 for 500 independent inputs with probability Phi(-bias) ** 500."""

    def dead(bias):
        return (0.5 * (1 + math.erf(-bias / math.sqrt(2)))) ** 500

    assert round(1 - 0.5 * (1 + math.erf(3 / math.sqrt(2))), 5) == 0.00135 and round(dead(-3), 2) == 0.51
    assert dead(-2) < 1e-4 and dead(-2.5) < 0.06 and dead(-3.5) > 0.85 and dead(-4) > 0.98


def test_the_hat_and_the_tent():
    x = torch.tensor([-1.0, 0, 0.5, 1, 2, 3, 10])
    assert (F.relu(x) - 2 * F.relu(x - 1) + F.relu(x - 2)).tolist() == [0, 0, 0.5, 1, 0, 0, 0]
    a, b, c = lesson.check_tent.right
    assert (a * F.relu(x) + b * F.relu(x - 1) + c * F.relu(x - 3)).tolist() == [0, 0, 1, 2, 1, 0, 0]
    for answer in ((2, -3, 1), [2.0, -3.0, 1.0], torch.tensor([2.0, -3.0, 1.0])):
        assert lesson.check_tent.verdict(answer) == "[OK] your tent is right."
    assert "three numbers" in lesson.check_tent.verdict([1, 2, 3])


def test_the_checks_take_other_ways_of_writing_it():
    def relu_by_loops(x):
        out = x.clone().flatten()
        for index, value in enumerate(out.tolist()):
            out[index] = max(value, 0.0)
        return out.reshape(x.shape)

    ways = [relu_by_loops, lambda x: x * (x > 0), lambda x: (x + x.abs()) / 2, lambda x: x.clamp(min=0)]
    for answer in (*ways, lambda x: torch.maximum(x, torch.zeros_like(x))):
        assert lesson.check_relu.verdict(answer) == "[OK] my_relu is right."

    def by_autograd(x, arriving):
        x = x.clone().requires_grad_()
        torch.relu(x).backward(arriving)
        return x.grad

    for answer in (by_autograd, lambda x, a: torch.where(x > 0, a, 0.0), lambda x, a: a * (x > 0).float()):
        assert lesson.check_gradient.verdict(answer) == "[OK] my_relu_gradient is right."

    def by_asking(weight1, bias1, weight2, bias2):
        def two(x):
            return (x @ weight1.T + bias1) @ weight2.T + bias2

        bias = two(torch.zeros(weight1.shape[1]))
        return [(two(torch.eye(weight1.shape[1])) - bias).T, bias]

    assert lesson.check_collapse.verdict(by_asking) == "[OK] collapse is right."


def test_what_learners_write_is_recognised():
    def forgets_return(x):
        x[x < 0] = 0

    def in_place(x):
        x[x < 0] = 0
        return x

    def by_largest(x):
        return torch.tensor(max(0.0, x.max().item()))

    assert lesson.check_relu.verdict(forgets_return) == "[not yet] my_relu returns nothing yet."
    assert lesson.check_relu.verdict(in_place) == "[OK] my_relu is right."
    assert "compares each number alone" in lesson.check_relu.verdict(by_largest)
    assert "stops with" in lesson.check_relu.verdict(lambda x: max(0, x))
    assert "yours is 1 there" in lesson.check_gradient.verdict(lambda x, a: torch.where(x >= 0, a, 0.0))
    assert "slope alone" in lesson.check_gradient.verdict(lambda x, a: torch.where(x > 0, 1.0, 0.0))
    assert "wrong order" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w1.mm(w2), w2 @ b1 + b2))
    assert "as it is" in lesson.check_collapse.verdict(lambda w1, b1, w2, b2: (w2 @ w1, b2 + b1))


@pytest.mark.parametrize("check", [lesson.check_relu, lesson.check_gradient, lesson.check_collapse])
def test_each_mistake_differs_from_every_other(check):
    """Two wrong answers that no case tells apart would get one and the same sentence, perhaps the wrong one."""

    def outcome(function, case):
        try:
            result = function(*case)
        except RuntimeError:
            return "stops"
        parts = result if isinstance(result, tuple) else (result,)
        return tuple((tuple(part.shape), tuple(part.double().flatten().round(decimals=5).tolist())) for part in parts)

    outcomes = [tuple(outcome(mistake.wrong, case) for case in check.cases) for mistake in check.mistakes]
    assert len(set(outcomes)) == len(outcomes)
