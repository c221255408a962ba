"""Lesson 03's activations: the explorer in all its states, the counts in real networks, and what the text states."""

import itertools
import math
import re
from unittest.mock import patch

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.datasets import open_emoji
from course_lib.figures import plots
from course_lib.figures.drawing import number_text
from course_lib.lessons import lesson_03 as lesson
from course_lib.lessons.lesson_03 import kinks
from course_lib.lessons.lesson_03.kinks import REACH
from course_lib.models import VAE, TextEncoder, UNet
from course_lib.widgets.kernel import KERNELS
from tests.rounding import OtherRounding

ZEBRA = open_emoji(style="fluent").select("zebra").images[:1]
EDGES = torch.tensor(KERNELS["vertical edges"], dtype=torch.float32)
BIASES = [step / 4 for step in range(-16, 17)]
NUMBERS = re.compile(r"(?:number|becomes|slope|smallest is) (−?\d+\.\d\d|nearly 0)")


def feature_map(bias):
    """The zebra's map, in float64, from whole numbers: every processor gets these, and its zeros are zeros."""
    one = 3 * 255**2  # a colour and its opacity are levels of 255, and grey is the mean of three
    levels = ((ZEBRA.double() + 1) / 2 * 255**2).round().sum(1, keepdim=True)
    return (F.conv2d(2 * levels - one, EDGES[None, None].double(), padding=1) + one * bias) / one


@pytest.mark.parametrize("activation", lesson.ACTIVATIONS)
def test_every_bias_is_drawn_and_its_numbers_are_true(activation):
    function, slope = lesson.ACTIVATIONS[activation]
    shapes, seen = set(), set()
    for bias in BIASES:
        drawing = lesson.draw(ZEBRA, EDGES, activation, bias, 30, 20)
        shapes.add(drawing.pixels.shape)
        seen.add(drawing.pixels.tobytes())
        before = feature_map(bias)
        here, said = before[0, 0, 30, 20], NUMBERS.findall(drawing.sentence.split(": ")[1])
        name = "No activation" if activation == "none" else activation
        assert drawing.sentence.startswith(f"{name}, bias {number_text(bias)}: at row 30, column 20")
        for written, number in zip(said, [here, function(here), slope(here), function(before).min()], strict=True):
            assert (written == "nearly 0") == (0.000005 <= abs(number) < 0.005)
            assert written == "nearly 0" or float(written.replace("−", "-")) == pytest.approx(number.item(), abs=0.006)
        below, blank, zero = (int(part.sum()) for part in (before < 0, before == 0, function(before).abs() < 0.000005))
        assert f"numbers {below} were below 0 and {blank} exactly 0; now {zero} are 0, and" in drawing.sentence
        assert activation != "ReLU" or below + blank == zero, "the numbers do not add up"
        assert not re.search("−0.00|-[0-9]", drawing.sentence)
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(seen) == len(BIASES), "the bias changes and the drawing does not"


@pytest.mark.parametrize("activation", lesson.ACTIVATIONS)
@pytest.mark.parametrize("bias", [-4, -3, 0, 3])
def test_a_processor_that_rounds_otherwise_draws_and_says_the_same(activation, bias):
    here = lesson.draw(ZEBRA, EDGES, activation, bias, 30, 20)
    with OtherRounding():
        there = lesson.draw(ZEBRA, EDGES, activation, bias, 30, 20)
        assert (F.conv2d(ZEBRA, EDGES.expand(1, 3, 3, 3)) == 0).sum() == 0, "nothing is rounded otherwise"
    assert there.sentence == here.sentence
    # one level of grey may lie on either side
    assert np.abs(there.pixels.astype(int) - here.pixels).max() <= 1


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
    said = re.search(r"the number −?(\d+\.\d\d)", drawing.sentence)[1]
    assert float(said) > REACH
    inside, left, right = (lesson.draw(ZEBRA, EDGES, "ReLU", bias, 30, 20).pixels[:272, 202:] for bias in (0, -3, 8))
    dots = [np.nonzero((pixels == (0xD5, 0x5E, 0x00)).all(axis=2)[50:])[1] for pixels in (inside, left, right)]
    widths = [np.bincount(columns, minlength=inside.shape[1])[:50].max() for columns in dots]
    assert widths[1] > 5 > widths[0], "the number beyond the axis is not marked at its left end"
    assert len({pixels[:20].tobytes() for pixels in (inside, left, right)}) == 3, "no words for where it lies"
    flat = lesson.draw(0 * ZEBRA, EDGES, "GELU", 0.0, 5, 5).sentence
    assert "the number 0.00 becomes 0.00, slope 0.50. Of the map's 4096 numbers 0 were below 0 and 4096" in flat


@pytest.mark.parametrize("bias", [-4, -1, 0, 3.5])
def test_numbers_without_a_bar_are_told_on_the_figure_and_in_the_sentence(bias):
    before = feature_map(bias)
    beyond = int((before.abs() > 4).sum())
    with patch.object(plots, "titled", wraps=plots.titled) as titles:
        sentence = lesson.draw(ZEBRA, EDGES, "ReLU", bias, 30, 20).sentence
    assert titles.call_args.args[1].endswith(f"; {beyond} of 4096 beyond")
    assert beyond and sentence.endswith(f" {beyond} lay beyond −4 to 4, where no bars are.")
    assert "beyond" not in lesson.draw(0 * ZEBRA, EDGES, "ReLU", bias, 30, 20).sentence


def test_the_axis_of_the_bars_keeps_still():
    """The strip of numbers left of the bars is the same for a map whose bars are high and one whose bars are low."""
    strips = []
    for kernel, bias in ((EDGES, 0), (EDGES, -3.5), (8 * EDGES, 1), (EDGES / 8, 0)):
        pixels = lesson.draw(ZEBRA, kernel, "ReLU", bias, 30, 20).pixels
        strips.append(pixels[22 + 22 + 250 + 12 + 22 : 22 + 22 + 250 + 12 + 22 + 108, 210:249])
    assert (strips[0] < 100).any() and all((strip == strips[0]).all() for strip in strips)


@pytest.mark.parametrize(("bias", "words"), [(0, "where the framed"), (-3, "left of this axis"), (8, "right of this")])
def test_the_plots_show_the_numbers_that_the_sentence_tells(bias, words):
    with (
        patch.object(kinks, "line_panel", wraps=kinks.line_panel) as curves,
        patch.object(kinks, "histogram_panel", wraps=kinks.histogram_panel) as bars,
    ):
        lesson.draw(ZEBRA, EDGES, "GELU", bias, 30, 20)
    before = feature_map(bias)
    torch.testing.assert_close(bars.call_args.args[0], before, rtol=0, atol=1e-5)
    x, lines, _, _, title = curves.call_args.args
    function, slope = lesson.ACTIVATIONS["GELU"]
    assert torch.equal(lines["value"], function(x)) and torch.equal(lines["slope"], slope(x))
    mark = before[0, 0, 30, 20].clamp(-REACH, REACH).item()
    assert curves.call_args.kwargs["mark"] == pytest.approx(mark, abs=1e-5) and words in title


def test_bad_input_to_the_map_is_refused():
    with pytest.raises(ValueError, match="unknown activation 'relu'. There are: none, ReLU"):
        lesson.draw(ZEBRA, EDGES, "relu", 0.0, 3, 3)
    with pytest.raises(ValueError, match=r"kernel must be a tensor \(3, 3\)"):
        lesson.draw(ZEBRA, EDGES.tolist(), "ReLU", 0.0, 3, 3)
    for place in ((64, 3), (-1, 3), (3, 64), (3, -1)):
        with pytest.raises(ValueError, match=r"(row|column) must be a number in \[0, 63\]"):
            lesson.draw(ZEBRA, EDGES, "ReLU", 0.0, *place)
    for bias in (math.nan, math.inf, 1e9, "much", None):
        with pytest.raises(ValueError, match="bias must be a number in"):
            lesson.draw(ZEBRA, EDGES, "ReLU", bias, 3, 3)


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
    x, results = torch.linspace(-2, 2, 5), []

    def network(x):
        results.append(F.relu(x) + torch.relu(x) + x.relu() + F.silu(x) + F.gelu(x) + torch.sigmoid(x))

    assert lesson.activations_called(network, x) == {"ReLU": 3, "SiLU": 1, "GELU": 1, "sigmoid": 1}
    network(x)
    assert torch.equal(*results)


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
    for _, slope in (silu, gelu):
        left = slope(torch.tensor([-0.5, -0.01], dtype=torch.float64))
        assert 0.1 < left[0] < 0.3 and 0.49 < left[1] < 0.5, "nearly half just left of 0, and less farther left"
        assert abs(x[:-1][slope(x).diff().abs().argmax()]) < 1e-3, "the bend is strongest around 0"
    assert (x[x < 0] < silu[0](x[x < 0])).all(), "every number below 0 becomes larger"


def test_dead_units_die_where_the_text_says():
    """A unit of the lesson is 0 for 500 independent inputs with probability Phi(-bias) ** 500."""

    def dead(bias):
        return (0.5 * (1 + math.erf(-bias / math.sqrt(2)))) ** 500

    assert round(1 - 0.5 * (1 + math.erf(3 / math.sqrt(2))), 5) == 0.00135 and round(dead(-3), 2) == 0.51
    assert dead(-2) < 1e-4 and dead(-2.5) < 0.06 and dead(-3.5) > 0.85 and dead(-4) > 0.98


def test_the_small_numbers_on_paper():
    """The network of four parameters, forwards and backwards, and what two answers cost."""
    for x, result, gradient in ((4.0, 23, [12, 3, 9, 1]), (-2.0, -4, [0, 0, 0, 1])):
        parameters = torch.tensor([2.0, 1, 3, -4], requires_grad=True)
        z = parameters[2] * F.relu(parameters[0] * x + parameters[1]) + parameters[3]
        z.backward()
        assert z.item() == result and parameters.grad.tolist() == gradient
    sure = 1 / (1 + math.exp(-2))
    assert round(sure, 2) == 0.88 and round(-math.log(sure), 2) == 0.13 and round(-math.log(0.5), 2) == 0.69
    assert round(-math.log(0.12), 2) == 2.12


def test_twice_as_many_corners_soon_leave_a_quarter_of_the_difference():
    x = np.linspace(0, 2 * math.pi, 1000)
    off = []
    for pieces in (4, 8, 16, 32):
        corners = np.linspace(0, 2 * math.pi, pieces + 1)
        off.append(np.abs(np.interp(x, corners, np.sin(corners)) - np.sin(x)).max())
    assert off[0] / off[1] < 3.2 and all(3.5 < wide / narrow < 4.2 for wide, narrow in itertools.pairwise(off[1:]))


def test_the_columns_at_the_rim_come_from_the_padding():
    column = feature_map(0)[0, 0, 1:-1]
    assert (column[:, 0] > 3.9).all() and (column[:, -1] < -3.9).all()
    assert (ZEBRA[..., :2] == 1).all() and (ZEBRA[..., -2:] == 1).all(), "the picture has edges of its own there"
