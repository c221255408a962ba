"""Tensors as pixels: exact levels, exact places."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib.figures import contact_sheet, show_pictures, tile, to_pixels


def test_every_level_survives():
    levels = torch.arange(256)
    image = (levels / 127.5 - 1).reshape(1, 16, 16)
    assert np.array_equal(to_pixels(image)[..., 0].ravel(), levels.numpy())


def test_display_saturates_and_leaves_the_tensor_alone():
    image = torch.tensor([[-7.0, 7.0]])
    assert to_pixels(image)[0, :, 1].tolist() == [0, 255]
    assert image.tolist() == [[-7.0, 7.0]]


def test_channels_stay_in_place():
    image = torch.full((3, 4, 5), -1.0)
    image[2, 1, 3] = 1
    pixels = to_pixels(image)
    assert pixels.shape == (4, 5, 3)
    assert np.argwhere(pixels).tolist() == [[1, 3, 2]]


@pytest.mark.parametrize("shape", [(2, 4, 4), (4,), (1, 3, 4, 4), (3, 0, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="must have shape"):
        to_pixels(torch.zeros(shape))


def test_nan_is_refused():
    with pytest.raises(ValueError, match="1 NaN of 16"):
        to_pixels(torch.tensor([0.0] * 15 + [float("nan")]).reshape(4, 4))


@given(st.integers(1, 20), st.integers(0, 3), st.none() | st.integers(1, 25))
def test_tiles_keep_every_picture(count, gap, columns):
    batch = torch.arange(count)[:, None, None, None].expand(count, 3, 2, 3) / 127.5 - 1
    sheet = tile(batch, columns, gap)
    wide = min(columns or int(np.ceil(np.sqrt(count))), count)
    assert sheet.shape[1] == wide * 3 + (wide - 1) * gap
    for index in range(count):
        top, left = index // wide * (2 + gap), index % wide * (3 + gap)
        assert (sheet[top : top + 2, left : left + 3] == index).all()


def test_tiles_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="one size"):
        tile([torch.zeros(3, 4, 4), torch.zeros(3, 4, 5)])
    with pytest.raises(ValueError, match="at least one"):
        tile([])


def test_rows_of_pictures():
    shown = show_pictures(torch.zeros(5, 3, 32, 32), [str(n) for n in range(5)], "Five squares.", columns=2, size=60)
    assert shown.width == 2 * 66 + 16 + 20  # two of 64 pixels with their lines, the gap, the margins
    with pytest.raises(ValueError, match="each with a title; got 2 and 1"):
        show_pictures(torch.zeros(2, 3, 8, 8), ["one"], "Two squares.")
    with pytest.raises(ValueError, match="alt text"):
        show_pictures(torch.zeros(2, 3, 8, 8))


@pytest.mark.parametrize("side", [8, 32, 64, 100, 150, 264])
def test_contact_sheet_columns_are_in_line(side):
    frames = [[-torch.ones(3, side, side)] * 2] * 3
    sheet = contact_sheet(frames, ["step 1, and words that are wrapped"] * 3, ["state", "guess"])
    dark = (sheet[-20:-1] == 0).all(axis=(0, 2))
    assert 3 * 75 <= dark.sum() <= 3 * 168
    assert np.flatnonzero(np.diff(dark.astype(int)) == 1).size == 3  # three columns, each with its line


def test_contact_sheet_columns_of_different_rows_are_in_line():
    frames = [[-torch.ones(3, side, side) for side in (8, 64, 512)]] * 3  # latents, a picture, a large one
    sheet = contact_sheet(frames, ["step"] * 3, ["state", "guess", "large"])
    dark = (sheet == 0).all(axis=2)
    starts = [np.flatnonzero(np.diff(line.astype(int)) == 1) for line in dark if line.sum() > 300]
    assert len(starts) > 300 and all(np.array_equal(line, starts[0]) for line in starts)


def test_contact_sheet_counts_its_parts():
    with pytest.raises(ValueError, match="got 1 captions"):
        contact_sheet([[torch.zeros(3, 8, 8)]] * 2, ["one"], ["state"])
