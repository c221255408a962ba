"""Maps of weights as pictures: how much each pixel looks at a word, or at another pixel."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from course_lib.figures.drawing import picture_panel

_SIDE = 192  # a panel's side: maps of 4 or 8 cells, and the 64 pixels of the small model's pictures, fit in it


def heat_panel(heat: Tensor, title: str, frame: tuple[int, int] | None = None) -> np.ndarray:
    """A map (h, w) of weights, from black for 0 to white for its largest; the cell `frame` is outlined.

    Example:

    >>> heat_panel(torch.eye(8), "a map", frame=(0, 0)).shape
    (216, 194, 3)
    """
    box = None if frame is None else (*frame, 1, 1)
    return picture_panel(2 * heat / heat.max().clamp(min=1e-12) - 1, _SIDE, title, box)


def through(picture: Tensor, heat: Tensor) -> Tensor:
    """A picture (3, H, W), dark where the map (h, w) is low, as it is where the map is highest.

    Example:

    >>> through(torch.ones(3, 2, 2), torch.tensor([[4.0, 1.0], [2.0, 0.0]]))[0]
    tensor([[ 1.0000, -0.5000],
            [ 0.0000, -1.0000]])
    """
    light = (heat / heat.max().clamp(min=1e-12))[None, None]
    light = torch.nn.functional.interpolate(light, size=picture.shape[-2:], mode="nearest")[0]
    return light * (picture + 1) - 1
