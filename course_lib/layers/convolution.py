"""Convolution and its transpose, as loops over every index and as matrix products.

What is called convolution here is what every neural network library calls by that name: the kernel is laid on
the picture as it is, not flipped. In mathematics that operation is the cross-correlation.
"""

from __future__ import annotations

from itertools import product

from torch import Tensor

from course_lib import expect
from course_lib.layers._inputs import floats, pair, per_channel

Pair = int | tuple[int, int]


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many places a kernel visits along one axis.

        reach       = dilation * (kernel - 1) + 1
        output_size = floor((size + 2 * padding - reach) / stride) + 1

    All lengths are in pixels; `padding` is added at both ends, and `reach` counts the pixels from the
    kernel's first entry to its last.
    Raises ValueError if a length is not a whole number in its range, or if the kernel does not fit even once.
    Source: Dumoulin and Visin 2016, arXiv 1603.07285, sections 2 and 5.1.

    Example:

    >>> output_size(64, kernel=3, padding=1), output_size(64, kernel=3, stride=2, padding=1)
    (64, 32)
    >>> output_size(4, kernel=3, dilation=2)
    Traceback (most recent call last):
    ValueError: the kernel must fit in the padded picture, 4 pixels; got kernel 3 with dilation 2, which reaches over 5
    """
    size, kernel = expect.whole("size", size), expect.whole("kernel", kernel)
    stride, dilation = expect.whole("stride", stride), expect.whole("dilation", dilation)
    padding = expect.whole("padding", padding, at_least=0)
    reach = dilation * (kernel - 1) + 1
    if reach > size + 2 * padding:
        raise ValueError(
            f"the kernel must fit in the padded picture, {size + 2 * padding} pixels; "
            f"got kernel {kernel} with dilation {dilation}, which reaches over {reach}"
        )
    return (size + 2 * padding - reach) // stride + 1


def pad(x: Tensor, padding: Pair, value: float = 0.0) -> Tensor:
    """Put a frame of `value` around every picture.

    x (B, C, H, W) becomes (B, C, H + 2 * padding, W + 2 * padding); `padding` is an int or a pair (vertical,
    horizontal).
    Raises ValueError if x does not hold floats, has other axes, or padding is negative.

    Example:

    >>> import torch
    >>> pad(torch.ones(1, 1, 1, 2), padding=1)
    tensor([[[[0., 0., 0., 0.],
              [0., 1., 1., 0.],
              [0., 0., 0., 0.]]]])
    """
    floats("x", x, "(B, C, H, W)")
    (top, left), (height, width) = pair("padding", padding, 0), x.shape[2:]
    padded = x.new_full((*x.shape[:2], height + 2 * top, width + 2 * left), value)
    padded[:, :, top : top + height, left : left + width] = x
    return padded


def unfold(
    x: Tensor, kernel: Pair, *, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1, value: float = 0.0
) -> Tensor:
    """Lay out, for every place the kernel visits, the pixels that it covers there.

        windows[b, c, u * KW + v, i, j] = padded[b, c, i * stride + u * dilation, j * stride + v * dilation]

    x (B, C, H, W) gives windows (B, C, KH * KW, OH, OW), where (KH, KW) is `kernel` and OH, OW are
    `output_size` of each axis. `value` fills the padding. Stride, padding and dilation are ints or pairs
    (vertical, horizontal).
    Raises ValueError if x does not hold floats or has other axes, if a number is out of its range (stride 0,
    negative padding), or if the kernel does not fit in the padded picture.

    Example:

    >>> import torch
    >>> unfold(torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]), kernel=2)[0, 0, :, 0, 1]
    tensor([2., 3., 5., 6.])
    """
    floats("x", x, "(B, C, H, W)")
    (KH, KW), (OH, OW), stride, padding, dilation = _geometry(x.shape[2:], kernel, stride, padding, dilation)
    padded = pad(x, padding, value)
    picture, channel, row, column = padded.stride()  # how far apart neighbours along each axis lie in memory
    down, right = row * stride[0], column * stride[1]  # from one place of the kernel to the next
    steps = (picture, channel, row * dilation[0], column * dilation[1], down, right)
    windows = padded.as_strided((*x.shape[:2], KH, KW, OH, OW), steps)  # a view: nothing is copied yet
    return windows.flatten(2, 3).contiguous()


def conv2d_loops(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution with every index written out: the formula itself, and very slow.

        out[b, o, i, j] = bias[o] + sum over c, u, v of
            weight[o, c, u, v] * padded[b, first + c, i * stride + u * dilation, j * stride + v * dilation]

    x (B, C, H, W), weight (CO, C / groups, KH, KW), bias (CO,) give out (B, CO, OH, OW). With groups, the
    channels are cut into equal parts that do not see each other; `first` is the first input channel of the
    part that o belongs to. Stride, padding and dilation are ints or pairs (vertical, horizontal).
    Raises ValueError if axes, channels, groups or dtypes do not fit together, if a number is out of its range
    (stride 0, negative padding), or if the kernel does not fit in the padded picture.
    Source: Dumoulin and Visin 2016, arXiv 1603.07285, section 1.

    Example:

    >>> import torch
    >>> x = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> conv2d_loops(x, torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]))    # 1 - 5 and 2 - 6
    tensor([[[[-4., -4.]]]])
    """
    _check(x, weight, bias, groups)
    kernel, (OH, OW), stride, padding, dilation = _geometry(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    B, CO, C = x.shape[0], weight.shape[0], weight.shape[1]  # C: the channels of one group
    padded = pad(x, padding)
    out = x.new_zeros(B, CO, OH, OW)
    for b, o, i, j in product(range(B), range(CO), range(OH), range(OW)):
        first = o // (CO // groups) * C
        total = 0.0 if bias is None else bias[o]
        for c, u, v in product(range(C), *map(range, kernel)):
            row, column = i * stride[0] + u * dilation[0], j * stride[1] + v * dilation[1]
            total = total + weight[o, c, u, v] * padded[b, first + c, row, column]
        out[b, o, i, j] = total
    return out


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution as one matrix product: every kernel, as a row, times every window, as a column.

        out[b, o, place] = bias[o] + sum over k of kernels[o, k] * windows[b, k, place]

    Here k counts (c, u, v) of `conv2d_loops`, and place counts (i, j); the arguments, the shapes and the
    result are the same. x (B, C, H, W), weight (CO, C / groups, KH, KW), bias (CO,) give out (B, CO, OH, OW).
    Raises ValueError if axes, channels, groups or dtypes do not fit together, if a number is out of its range
    (stride 0, negative padding), or if the kernel does not fit in the padded picture.
    Source: Dumoulin and Visin 2016, arXiv 1603.07285, section 1.

    Example:

    >>> import torch
    >>> x = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]])
    >>> conv2d(x, torch.tensor([[[[1.0, 0.0], [0.0, -1.0]]]]), bias=torch.tensor([10.0]))
    tensor([[[[6., 6.]]]])
    >>> conv2d(x, torch.zeros(1, 2, 2, 2))
    Traceback (most recent call last):
    ValueError: x must have the 2 channels that weight (1, 2, 2, 2) takes with groups=1; got x (1, 1, 2, 3)
    """
    _check(x, weight, bias, groups)
    windows = unfold(x, tuple(weight.shape[2:]), stride=stride, padding=padding, dilation=dilation)
    columns = windows.unflatten(1, (groups, -1)).flatten(2, 3).flatten(3)
    kernels = weight.flatten(1).unflatten(0, (groups, -1))
    out = (kernels @ columns).flatten(1, 2).unflatten(-1, windows.shape[-2:])
    return out if bias is None else out + bias[:, None, None]


def conv_transpose2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Tensor:
    """Transposed convolution: every pixel stamps the kernel, times its value, on a larger picture.

        canvas[b, first + o, i * stride + u * dilation, j * stride + v * dilation]
            += x[b, c, i, j] * weight[c, o, u, v]
        out = bias + canvas, without `padding` rows and columns at each border

    x (B, C, H, W), weight (C, CO / groups, KH, KW), bias (CO,) give out (B, CO, OH, OW) with, for each axis,
    OH = (H - 1) * stride - 2 * padding + dilation * (KH - 1) + 1 + output_padding. Several sizes give the
    same number of places in a convolution with a stride; `output_padding`, below stride or dilation, says
    which one to come back to. `first` is the first output channel of the group that c belongs to. All but
    `groups` are ints or pairs (vertical, horizontal). As linear maps, this is the transpose of `conv2d` with
    the same weight: sum(conv2d(y) * x) = sum(y * conv_transpose2d(x)) for every y of the output's shape.
    Raises ValueError if axes, channels, groups or dtypes do not fit together, if a number is out of its
    range, or if the padding takes all of the picture away.
    Source: Dumoulin and Visin 2016, arXiv 1603.07285, section 4.

    Example:

    >>> import torch
    >>> conv_transpose2d(torch.tensor([[[[1.0, 10.0]]]]), torch.tensor([[[[1.0, 2.0, 3.0]]]]), stride=(1, 2))
    tensor([[[[ 1.,  2., 13., 20., 30.]]]])
    """
    _check(x, weight, bias, groups, transposed=True)
    stride, dilation = pair("stride", stride, 1), pair("dilation", dilation, 1)
    padding, output_padding = pair("padding", padding, 0), pair("output_padding", output_padding, 0)
    if any(o >= max(s, d) for o, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ValueError(f"output_padding must be below stride {stride} or dilation {dilation}; got {output_padding}")
    B, C, H, W = x.shape
    _, CO, KH, KW = weight.shape  # CO: the output channels of one group
    height = (H - 1) * stride[0] + dilation[0] * (KH - 1) + 1 + output_padding[0]
    width = (W - 1) * stride[1] + dilation[1] * (KW - 1) + 1 + output_padding[1]
    if height <= 2 * padding[0] or width <= 2 * padding[1]:
        raise ValueError(f"padding must leave some of the picture, {height} x {width} before it is cut; got {padding}")
    canvas = x.new_zeros(B, groups * CO, height, width)
    pixels = x.reshape(B, groups, C // groups, H * W)
    entries = weight.reshape(groups, C // groups, CO, KH, KW).transpose(1, 2)
    for u, v in product(range(KH), range(KW)):
        rows, columns = _met(u, H, stride[0], dilation[0]), _met(v, W, stride[1], dilation[1])
        canvas[:, :, rows, columns] += (entries[..., u, v] @ pixels).reshape(B, groups * CO, H, W)
    out = canvas[:, :, padding[0] : height - padding[0], padding[1] : width - padding[1]]
    return out.contiguous() if bias is None else out + bias[:, None, None]


def _met(entry: int, places: int, stride: int, dilation: int) -> slice:
    """The pixels along one axis that one entry of the kernel meets while the kernel visits all its places."""
    first = entry * dilation
    return slice(first, first + (places - 1) * stride + 1, stride)


def _geometry(size, kernel, stride, padding, dilation):
    """Read the pairs; return kernel, output size, stride, padding and dilation, each (vertical, horizontal)."""
    kernel, stride = pair("kernel", kernel, 1), pair("stride", stride, 1)
    padding, dilation = pair("padding", padding, 0), pair("dilation", dilation, 1)
    places = tuple(map(output_size, size, kernel, stride, padding, dilation))
    return kernel, places, stride, padding, dilation


def _check(x, weight, bias, groups, transposed=False):
    """Refuse tensors whose axes, dtypes, channels or groups do not fit together."""
    floats("x", x, "(B, C, H, W)")
    floats("weight", weight, "(C, CO / groups, KH, KW)" if transposed else "(CO, C / groups, KH, KW)", x.dtype)
    if 0 in x.shape[1:] or 0 in weight.shape:
        raise ValueError(f"x and weight must not be empty; got x {tuple(x.shape)}, weight {tuple(weight.shape)}")
    expect.whole("groups", groups)
    if weight.shape[0] % groups or x.shape[1] % groups:
        raise ValueError(
            "groups must divide the channels of x and the first axis of weight; "
            f"got groups={groups}, x {tuple(x.shape)}, weight {tuple(weight.shape)}"
        )
    channels = weight.shape[0] if transposed else weight.shape[1] * groups
    if x.shape[1] != channels:
        raise ValueError(
            f"x must have the {channels} channels that weight {tuple(weight.shape)} takes with groups={groups}; "
            f"got x {tuple(x.shape)}"
        )
    if bias is not None:
        per_channel("bias", bias, weight.shape[1] * groups if transposed else weight.shape[0], x.dtype)
