"""Lesson 02's two explorers over all their states, the numbers its text states, and its checks on other solutions."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import conv2d, output_size
from course_lib.lessons import lesson_02 as lesson
from course_lib.widgets.controls import KERNELS

PICTURE = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)
EDGES = torch.tensor(KERNELS["edges, vertical"], dtype=torch.float32)


@pytest.mark.parametrize("name", KERNELS)
def test_every_preset_and_edge_can_be_drawn_and_the_sum_is_true(name):
    kernel = torch.tensor(KERNELS[name], dtype=torch.float32)
    filtered = F.conv2d(PICTURE.mean(1, keepdim=True), kernel[None, None], padding=1)[0, 0]
    for row, column in [(0, 0), (0, 63), (31, 32), (63, 0), (63, 63)]:
        drawing = lesson.draw(PICTURE, kernel, row, column)
        assert drawing.pixels.dtype.name == "uint8" and drawing.pixels.shape == (521, 656, 3)
        assert drawing.sentence.startswith(f"Window at row {row}, column {column}:")
        said = float(drawing.sentence.split()[-1].rstrip("."))
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
            assert "the kernel must fit" in str(error)
            continue
        drawn += 1
        shapes.add(drawing.pixels.shape)
        result = F.conv2d(line, torch.ones(1, 1, 1, kernel), stride=stride, padding=(0, padding), dilation=dilation)
        places = result.shape[-1]
        assert f": {places} place{'' if places == 1 else 's'}" in drawing.sentence
        last = (places - 1) * stride + dilation * (kernel - 1)
        missed = size + 2 * padding - 1 - last
        assert ("never reaches" in drawing.sentence) == (missed > 0)
        assert not missed > 1 or f"the last {missed} numbers" in drawing.sentence
    assert len(shapes) == 1, "the drawing jumps in size"
    assert drawn > len(STATES) / 2


def test_the_places_are_drawn_where_the_kernel_lies():
    """Blue cells in line p, counted from the left: p * stride + entry * dilation."""
    panel = lesson.places_panel(8, 3, 2, 1, 2)
    blue = (panel == (0x00, 0x72, 0xB2)).all(axis=2)
    for place in range(output_size(8, 3, 2, 1, 2)):
        line = blue[(place + 1) * 26 + 8]
        cells = [column for column in range(12) if line[84 + column * 32 + 3]]
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


def test_the_kernel_that_moves_to_the_right_does_so():
    moved = conv2d(PICTURE[:, :1], lesson.check_shift.right[None, None], padding=1)
    assert (moved[..., 1:] == PICTURE[:, :1, :, :-1]).all() and (moved[..., 0] == 0).all()


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
