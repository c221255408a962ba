"""The outlines of the shapes: their areas and boxes are those of geometry."""

import math

import numpy as np
import pytest

from course_lib.datasets.shapes import SHAPES, SIDE, silhouette

AREAS = {  # in the unit square
    "circle": math.pi / 4,
    "square": 0.88**2,
    "triangle": 0.9 / 2,
    "diamond": 0.8 / 2,
    "star": 5 * 0.52 * 0.21 * math.sin(math.pi / 5),
    "heart": 180 * math.pi / 34**2,
    "cross": 2 * 0.34 - 0.34**2,
    "ring": math.pi / 4 * (1 - 0.46**2),
}
BOXES = {  # left, top, right, bottom
    "circle": (0, 0, 1, 1),
    "square": (0.06, 0.06, 0.94, 0.94),
    "triangle": (0, 0.03, 1, 0.93),
    "diamond": (0.1, 0, 0.9, 1),
    "star": (0.5 - 0.52 * math.cos(math.pi / 10), 0.02, 0.5 + 0.52 * math.cos(math.pi / 10),
             0.54 + 0.52 * math.cos(math.pi / 5)),
    "heart": (0.5 - 16 / 34, 0.46 - 11.92 / 34, 0.5 + 16 / 34, 0.46 + 17 / 34),
    "cross": (0, 0, 1, 1),
    "ring": (0, 0, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_area_and_box(shape):
    mask = silhouette(shape)
    assert mask.mode == "L" and mask.size == (SIDE, SIDE) and set(np.unique(mask)) == {0, 255}
    assert (np.asarray(mask) == 255).mean() == pytest.approx(AREAS[shape], rel=0.02)
    assert np.array(mask.getbbox()) / SIDE == pytest.approx(BOXES[shape], abs=0.008)


@pytest.mark.parametrize("shape", SHAPES)
def test_left_is_like_right_and_what_has_a_top_points_up(shape):
    pixels = np.asarray(silhouette(shape)) == 255
    assert (pixels != pixels[:, ::-1]).mean() < 0.02
    turned = (pixels != pixels[::-1]).mean()
    assert turned < 0.02 if shape in ("circle", "ring", "square", "diamond", "cross") else turned > 0.1
    widths = pixels.sum(axis=1)
    if shape == "triangle":
        assert widths[40] < widths[120] < widths[200]
    if shape == "star":
        assert pixels[10:20, SIDE // 2].all() and not pixels[-30:, SIDE // 2].any()
    if shape == "heart":
        assert not pixels[:30, SIDE // 2].any() and pixels[-30:-14, SIDE // 2].all()


def test_the_ring_is_open_and_another_shape_is_refused():
    ring, middle = np.asarray(silhouette("ring")), SIDE // 2
    hole = np.flatnonzero(ring[middle] == 0)
    assert (hole[0] / SIDE, hole[-1] / SIDE) == pytest.approx((0.27, 0.73), abs=0.008)
    with pytest.raises(ValueError, match="unknown shape 'hexagon'.*circle"):
        silhouette("hexagon")
