"""Numbers that cannot be shown: where a run left the range of its precision, and what helps."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.samplers import Step


class NotFiniteError(ValueError):
    """A latent or a picture holds NaN, infinities, or numbers nearly as large.

    step : the one in which this was found, None outside of steps.

    Example:

    >>> str(NotFiniteError("the picture", 7.5, torch.float16))
    'the picture is not finite: its numbers or their squares grew beyond what float16 holds. What helps: single \
precision (dtype=torch.float32; on the command line COURSE_DEVICE=cpu), or less guidance than 7.5'
    """

    def __init__(self, what: str, cfg_scale: float, dtype: torch.dtype, step: Step | None = None):
        precision = str(dtype).removeprefix("torch.")
        helps = []
        if dtype.itemsize < 4:
            helps.append("single precision (dtype=torch.float32; on the command line COURSE_DEVICE=cpu)")
        if cfg_scale > 1:
            helps.append(f"less guidance than {cfg_scale:g}")
        advice = ", or ".join(helps) or "another sampler or more steps; else the model's weights are damaged"
        why = f"its numbers or their squares grew beyond what {precision} holds"
        super().__init__(f"{what} is not finite: {why}. What helps: {advice}")
        self.step = step


def all_finite(*tensors: Tensor) -> bool:
    """Whether all numbers and their squares are finite, of tensors of any shapes (...): one question to the device.

    The normalizations in every network take squares; where these overflow, they answer a flat picture.

    Example:

    >>> all_finite(torch.ones(2, 2), torch.tensor(float("nan"))), all_finite(torch.tensor(1e20))
    (False, False)
    """
    return bool(torch.stack([tensor.square().isfinite().all() for tensor in tensors]).all())
