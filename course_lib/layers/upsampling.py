"""Growing a picture without anything to learn."""

from __future__ import annotations

from torch import Tensor

from course_lib import expect
from course_lib.layers._inputs import floats


def upsample_nearest(x: Tensor, factor: int = 2) -> Tensor:
    """Nearest-neighbour upsampling: every pixel becomes a block of factor x factor equal pixels.

        out[b, c, i, j] = x[b, c, floor(i / factor), floor(j / factor)]

    x (B, C, H, W) gives (B, C, H * factor, W * factor). Stable Diffusion's U-Net and VAE decoder do this with
    factor 2, and a 3x3 convolution after it.
    Raises ValueError if x does not hold floats or has other axes, or factor is not a whole number of at least
    1.
    Source: Odena et al. 2016, Deconvolution and Checkerboard Artifacts, doi 10.23915/distill.00003.

    Example:

    >>> import torch
    >>> upsample_nearest(torch.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.]]]])
    """
    floats("x", x, "(B, C, H, W)")
    factor = expect.whole("factor", factor)
    return x.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)
