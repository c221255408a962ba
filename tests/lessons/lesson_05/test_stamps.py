"""Where lesson 05's two ways up put a picture."""

from itertools import product

import torch

from course_lib.lessons.lesson_05.stamps import grow, grow_nearest


def moved(way, kernel, stride):
    """How far a single white pixel's middle has moved down, in pixels of the result, with equal numbers."""
    picture = torch.zeros(1, 1, 12, 12)
    picture[..., 6, 6] = 1
    rows = way(picture, torch.ones(kernel), stride)[0, 0].sum(1).double()
    return ((rows * torch.arange(len(rows))).sum() / rows.sum()).item() - (6.5 * stride - 0.5)


def test_the_picture_moves_a_little_where_the_text_says_so():
    for kernel, stride in product(range(1, 9), range(1, 5)):
        uneven = (kernel - stride) % 2 == 1 or kernel < stride
        assert (abs(moved(grow, kernel, stride)) > 1e-6) == uneven
        assert (abs(moved(grow_nearest, kernel, stride)) > 1e-6) == (kernel % 2 == 0)
