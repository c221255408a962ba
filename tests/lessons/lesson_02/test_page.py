"""Lesson 02's two explorers over all their states, the numbers its text states, and its checks on other solutions."""

import itertools
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.datasets import open_emoji
from course_lib.layers import conv2d, output_size
from course_lib.lessons import lesson_02 as lesson
from course_lib.lessons.lesson_02 import windows
from course_lib.widgets.kernel import KERNELS

PICTURE = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)
EDGES = torch.tensor(KERNELS["vertical edges"], dtype=torch.float32)


@pytest.mark.parametrize("name", KERNELS)
def test_every_preset_and_edge_can_be_drawn_and_the_sum_is_true(name):
    kernel = torch.tensor(KERNELS[name], dtype=torch.float32)
    filtered = F.conv2d(PICTURE.mean(1, keepdim=True), kernel[None, None], padding=1)[0, 0]
    for row, column in [(0, 0), (0, 63), (31, 32), (63, 0), (63, 63)]:
        drawing = lesson.draw(PICTURE, kernel, row, column)
        assert drawing.pixels.dtype.name == "uint8" and drawing.pixels.shape == (523, 660, 3)
        assert drawing.sentence.startswith(f"Window at row {row}, column {column}:")
        said = float(re.search(r"add up to (−?[0-9.]+[0-9])", drawing.sentence)[1].replace("−", "-"))
        assert said == pytest.approx(filtered[row, column].item(), abs=0.006)


def test_the_cursor_lies_on_the_picture_and_moves_both_frames():
    first, second = (lesson.draw(PICTURE, EDGES, 20, column) for column in (20, 40))
    left, top, width, height = first.grid
    changed = (first.pixels != second.pixels).any(axis=2)
    assert changed[top : top + height, left : left + width].any(), "the window stands still"
    assert changed[top : top + height, left + width :].any(), "the mark in the filtered picture stands still"
    rows, columns = np.nonzero(changed[top : top + height, left : left + width])
    cell = width // 64
    assert rows.min() < 20 * cell < rows.max() and columns.min() < 20 * cell < 40 * cell < columns.max()


def test_nothing_is_written_with_a_negative_zero():
    kernel = torch.tensor([[-1.0, -0.0, 0.001]] * 3)
    assert "add up to 0.00." in lesson.draw(0 * PICTURE, -kernel, 5, 5).sentence
    same = [lesson.draw(0 * PICTURE, sign * torch.zeros(3, 3), 5, 5).pixels for sign in (1, -1)]
    assert (same[0] == same[1]).all()


def test_padding_in_the_window_is_grey_and_said():
    inside, corner = lesson.draw(PICTURE, EDGES, 5, 5), lesson.draw(PICTURE, EDGES, 0, 0)
    assert "padding" not in inside.sentence and "The grey zeros are the padding." in corner.sentence
    grey = [(drawing.pixels[360:506, :145] == 0xD9).all(axis=2).sum() for drawing in (inside, corner)]
    assert grey[1] > grey[0] + 5 * 40 * 40 * 0.8, "five of the nine cells lie outside"


def test_rounding_is_said_where_the_written_numbers_do_not_add_up():
    def written(numbers):
        return numbers.double().round(decimals=2)

    flat, seen = PICTURE.mean(1)[0], set()
    for row, column in itertools.product(range(10, 20), range(10, 60, 7)):
        window = flat[row - 1 : row + 2, column - 1 : column + 2]
        products = window * EDGES
        adds_up = torch.allclose(written(window) * EDGES, written(products), atol=1e-6)
        adds_up &= abs(written(products).sum() - written(products.sum())) < 1e-6
        seen.add(bool(adds_up))
        assert ("Only what is written is rounded" in lesson.draw(PICTURE, EDGES, row, column).sentence) != bool(adds_up)
    assert seen == {True, False}


def test_the_first_window_of_the_lesson_adds_up_as_it_is_written():
    house = open_emoji(style="fluent").select("house").images[:1]
    assert lesson.draw(house, EDGES, 48, 8).sentence == "Window at row 48, column 8: the nine products add up to −4.07."


def test_bad_input_to_the_window_is_refused():
    with pytest.raises(ValueError, match=r"kernel must be a tensor \(3, 3\)"):
        lesson.draw(PICTURE, torch.ones(5, 5), 3, 3)
    with pytest.raises(ValueError, match=r"row must be a number in \[0, 63\]; got 64"):
        lesson.draw(PICTURE, EDGES, 64, 3)
    with pytest.raises(ValueError, match=r"column must be a number in \[0, 63\]; got -1"):
        lesson.draw(PICTURE, EDGES, 3, -1)


STATES = list(itertools.product(range(3, 9), range(1, 5), range(1, 4), range(3), range(1, 4)))


def test_every_state_of_the_places_is_drawn_or_refused_in_words():
    shapes, drawn = set(), 0
    for state in STATES:
        size, kernel, stride, padding, dilation = state
        line = torch.arange(1.0, size + 1).reshape(1, 1, 1, size)
        try:
            drawing = lesson.draw_places(*state)
        except ValueError as error:
            reach, there_are = dilation * (kernel - 1) + 1, size + 2 * padding
            said = f"reaches over {reach} numbers, and there are only {there_are}"
            assert reach > there_are and said in str(error)
            continue
        drawn += 1
        shapes.add(drawing.pixels.shape)
        result = F.conv2d(line, torch.ones(1, 1, 1, kernel), stride=stride, padding=(0, padding), dilation=dilation)
        places = result.shape[-1]
        assert f": {places} position{'' if places == 1 else 's'}" in drawing.sentence
        reach = f"Dilation {dilation}: the kernel reaches over {dilation * (kernel - 1) + 1}."
        assert (reach in drawing.sentence) == (dilation > 1) == ("Dilation" in drawing.sentence)
        last = (places - 1) * stride + dilation * (kernel - 1)
        beyond = (["zero"] * padding + ["number"] * size + ["zero"] * padding)[last + 1 :]
        for name in ("number", "zero"):
            missed = beyond.count(name)
            assert (f"the last {name}" in drawing.sentence) == (missed == 1)
            assert (f"the last {missed} {name}s" in drawing.sentence) == (missed > 1)
        assert ("never reaches" in drawing.sentence) == bool(beyond)
        skipped = stride - dilation * (kernel - 1) - 1
        assert ("skips" in drawing.sentence) == (skipped > 0 and places > 1)
        assert "skips" not in drawing.sentence or f"skips {skipped} cell" in drawing.sentence
    assert len(shapes) == 1, "the drawing jumps in size"
    assert drawn > len(STATES) / 2


def test_the_places_are_drawn_where_the_kernel_lies():
    """Blue cells in line p, counted from the left: p * stride + entry * dilation."""
    panel = windows.places_panel(8, 3, 2, 1, 2)
    blue = (panel == (0x00, 0x72, 0xB2)).all(axis=2)
    for place in range(output_size(8, 3, 2, 1, 2)):
        line = blue[(place + 1) * 26 + 8]
        cells = [column for column in range(10) if line[72 + column * 32 + 3]]
        assert cells == [place * 2 + entry * 2 for entry in range(3)]


def test_a_larger_sheet_than_there_is_room_for_is_refused():
    with pytest.raises(ValueError, match=r"size must be a number in \[0, 8\]; got 9"):
        lesson.draw_places(9, 3, 1, 0, 1)


def test_the_check_takes_another_way_of_writing_it():
    def by_unfold(x, weight, bias, stride, padding):
        windows = F.unfold(x[None], tuple(weight.shape[2:]), padding=padding, stride=stride)[0]
        rows = output_size(x.shape[1], weight.shape[2], stride, padding)
        return (weight.flatten(1) @ windows + bias[:, None]).reshape(len(weight), rows, -1)

    assert lesson.check_conv2d.verdict(by_unfold) == "[OK] my_conv2d is right."
    assert lesson.check_shift.verdict([[0, 0, 0], [1, 0, 0], [0, 0, 0]]).startswith("[OK]")


def test_a_solution_for_three_by_three_only_is_recognised():
    """The loop of the lesson with its 3 left in, and one whose window follows the kernel but whose size does not."""

    def sliding(window):
        def answer(x, weight, bias, stride, padding):
            x = F.pad(x, (padding,) * 4)
            rows, columns = (x.shape[1] - 3) // stride + 1, (x.shape[2] - 3) // stride + 1
            out = torch.zeros(len(weight), rows, columns)
            for i, j in itertools.product(range(rows), range(columns)):
                side = window or weight.shape[2]
                part = x[:, i * stride : i * stride + side, j * stride : j * stride + side]
                out[:, i, j] = (weight * part).sum(dim=(1, 2, 3)) + bias
            return out

        return answer

    for window in (3, None):
        assert "3x3 kernels only" in lesson.check_conv2d.verdict(sliding(window))


@pytest.mark.parametrize("pads", [True, False])
@pytest.mark.parametrize("adds_bias", [True, False])
def test_a_copy_of_slide_is_recognised(pads, adds_bias):
    def copied(x, weight, bias, stride, padding):
        x = F.pad(x, (padding,) * 4) if pads else x
        rows, columns = x.shape[1] - 2, x.shape[2] - 2
        out = torch.zeros(len(weight), rows, columns)
        for i in range(rows):
            for j in range(columns):
                out[:, i, j] = (x[:, i : i + 3, j : j + 3] * weight).sum(dim=(1, 2, 3)) + adds_bias * bias
        return out

    said = lesson.check_conv2d.verdict(copied)
    assert "`slide` knows only 3x3 kernels and moves by one." in said
    assert ("put zeros around x" in said) != pads


def test_each_wrong_size_is_told_from_the_others():
    """Every pair of wrong formulas differs in at least one case of the check."""
    cases = lesson.check_size.cases
    answers = [tuple(mistake.wrong(*case) for case in cases) for mistake in lesson.check_size.mistakes]
    assert len(set(answers)) == len(answers)

    def one_inside(size, kernel, stride, padding):
        return (size + 2 * padding - kernel + 1) // stride

    assert "The + 1 belongs after the division" in lesson.check_size.verdict(one_inside)


def test_a_size_for_odd_kernels_only_is_recognised():
    said = lesson.check_size.verdict(lambda n, k, s, p: (n + 2 * p - 2 * (k // 2) - 1) // s + 1)
    assert "for odd kernels only" in said


def test_a_solution_for_square_kernels_only_is_recognised():
    def square(x, weight, bias, stride, padding):
        x, side = F.pad(x, (padding,) * 4), weight.shape[2]
        windows = x.unfold(1, side, stride).unfold(2, side, stride)
        return torch.stack(
            [(windows * w[:, None, None]).sum(dim=(0, 3, 4)) + b for w, b in zip(weight, bias, strict=True)]
        )

    assert "for square kernels only" in lesson.check_conv2d.verdict(square)


def test_padding_at_either_end_alone_is_recognised():
    for left, right in ((1, 0), (0, 1)):
        said = lesson.check_conv2d.verdict(
            lambda x, w, b, s, p, left=left, right=right: F.conv2d(
                F.pad(x, (left * p, right * p, left * p, right * p))[None], w, b, stride=s
            )[0]
        )
        assert said.startswith("[not yet] Padding is there at one end only, in F.pad or in the size:")


def test_the_right_kernel_with_two_axes_in_front_is_recognised():
    said = lesson.check_shift.verdict(lesson.check_shift.right[None, None])
    assert said.startswith("[not yet] The numbers are right; here the kernel is 3 by 3")


@pytest.mark.parametrize("kernel", [3 * torch.ones(3, 3), 0.3 * lesson.check_shift.right, 2 * torch.eye(3)])
def test_any_other_kernel_is_written_out(kernel):
    said = lesson.check_shift.verdict(kernel)
    assert said.startswith("[not yet] the kernel is not right yet: you have [[") and said.endswith(
        "one of them must be 1, the other eight 0."
    )


def test_a_single_one_is_told_where_it_moves_the_picture():
    """Wherever the 1 stands, the sentence is true of a dot that the kernel has moved."""
    dot = torch.zeros(1, 1, 5, 5)
    dot[..., 2, 2] = 1
    for place in range(9):
        kernel = torch.eye(9)[place].reshape(3, 3)
        row, column = divmod(int(conv2d(dot, kernel[None, None], padding=1).argmax()), 5)
        words = [{1: "up", 3: "down"}.get(row), {1: "to the left", 3: "to the right"}.get(column)]
        said = lesson.check_shift.verdict(kernel)
        if words == [None, "to the right"]:
            assert said == "[OK] the kernel is right."
        else:
            moved = said.split(" To move")[0]
            assert all((word in moved) == (word in words) for word in ("up", "down", "to the left", "to the right"))


def test_the_kernel_that_moves_to_the_right_does_so():
    moved = conv2d(PICTURE[:, :1], lesson.check_shift.right[None, None], padding=1)
    assert (moved[..., 1:] == PICTURE[:, :1, :, :-1]).all() and (moved[..., 0] == 0).all()


def test_a_sum_of_zero_gives_zero_in_a_flat_area_and_on_white():
    flat = torch.full((1, 1, 8, 8), 0.7)
    for name in ("vertical edges", "horizontal edges"):
        kernel = torch.tensor(KERNELS[name], dtype=torch.float32)
        assert conv2d(flat, kernel[None, None]).abs().max() < 1e-6
    how_red = torch.tensor([1, -0.5, -0.5])[None, :, None, None]
    assert conv2d(flat.expand(1, 3, 8, 8), how_red).abs().max() < 1e-6


def test_horizontal_edges_see_next_to_nothing_of_the_walls():
    """Row 48, where nothing but the walls and the door is cut: the other kernel gives −4.07 at the left wall."""
    grey = open_emoji(style="fluent").select("house").images[:1].mean(1, keepdim=True)
    kernels = torch.tensor([KERNELS["horizontal edges"], KERNELS["vertical edges"]], dtype=torch.float32)
    horizontal, vertical = conv2d(grey, kernels[:, None], padding=1)[0, :, 48, 6:58].abs().amax(dim=1)
    assert horizontal < 0.15 and vertical > 4


def test_the_numbers_about_stable_diffusion_are_true():
    """98 convolutions, 52 of them 3x3 and 46 of them 1x1, hold 69 % of the U-Net's numbers; three halve the size."""
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    layers = [layer for layer in unet.modules() if isinstance(layer, torch.nn.Conv2d)]
    sizes = [layer.kernel_size for layer in layers]
    assert (len(sizes), sizes.count((3, 3)), sizes.count((1, 1))) == (98, 52, 46)
    numbers = [sum(parameter.numel() for parameter in layer.parameters()) for layer in layers]
    total = sum(parameter.numel() for parameter in unet.parameters())
    assert total == 859_520_964 and round(100 * sum(numbers) / total) == 69
    largest = layers[int(np.argmax(numbers))]
    assert (largest.in_channels, largest.out_channels, max(numbers)) == (2560, 1280, 29_492_480)
    down = [(layer.kernel_size, layer.padding) for layer in layers if layer.stride == (2, 2)]
    assert down == [((3, 3), (1, 1))] * 3
    assert (layers[0].in_channels, layers[0].out_channels) == (4, 320)
    assert min(layer.in_channels for layer in layers[1:]) > 99 and max(layer.in_channels for layer in layers) > 1999
    assert {layer.padding for layer in layers if layer.kernel_size == (3, 3)} == {(1, 1)}
