"""Lesson 02's explorer at every kind of cell, and its sum against PyTorch."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.lessons import lesson_02 as lesson
from course_lib.widgets.controls import KERNELS

PICTURE = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)


@pytest.mark.parametrize("name", KERNELS)
def test_every_preset_and_edge_can_be_drawn_and_the_sum_is_true(name):
    kernel = torch.tensor(KERNELS[name], dtype=torch.float32)
    filtered = F.conv2d(PICTURE.mean(1, keepdim=True), kernel[None, None], padding=1)[0, 0]
    for row, column in [(0, 0), (0, 63), (31, 32), (63, 0), (63, 63)]:
        drawing = lesson.draw(PICTURE, kernel, row, column)
        assert drawing.pixels.dtype.name == "uint8"
        said = float(drawing.sentence.split()[-1].rstrip("."))
        assert said == pytest.approx(filtered[row, column].item(), abs=0.006)
