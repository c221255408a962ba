from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.layers import conv2d, conv2d_loops, conv_transpose2d, output_size, pad, unfold

EXACT = {"rtol": 1e-10, "atol": 1e-10}
relaxed = settings(deadline=None, max_examples=60)


def numbers(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@st.composite
def cases(draw, largest=9):
    """A picture, a kernel, a bias or none, and options that fit together."""

    def pair(low, high):
        one = st.integers(low, high)
        return draw(st.one_of(one, st.tuples(one, one)))

    groups, seed = draw(st.integers(1, 3)), draw(st.integers(0, 1000))
    B, C, CO = draw(st.integers(0, 3)), groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    H, W, KH, KW = (draw(st.integers(1, n)) for n in (largest, largest, 4, 4))
    options = {"stride": pair(1, 3), "padding": pair(0, 3), "dilation": pair(1, 3), "groups": groups}
    bias = numbers(seed + 1, CO) if draw(st.booleans()) else None
    return numbers(seed, B, C, H, W), numbers(seed + 2, CO, C // groups, KH, KW), bias, options


def fits(x, weight, options):
    sizes = zip(x.shape[2:], weight.shape[2:], *(both(options[n]) for n in ("padding", "dilation")), strict=True)
    return all(dilation * (k - 1) + 1 <= size + 2 * padding for size, k, padding, dilation in sizes)


def both(value):
    return value if isinstance(value, tuple) else (value, value)


@given(cases())
@relaxed
def test_conv2d_is_that_of_pytorch(case):
    x, weight, bias, options = case
    assume(fits(x, weight, options))
    torch.testing.assert_close(conv2d(x, weight, bias, **options), F.conv2d(x, weight, bias, **options), **EXACT)


@given(cases(largest=4))
@settings(deadline=None, max_examples=25)
def test_loops_are_conv2d_of_pytorch(case):
    x, weight, bias, options = case
    x = x[:1]
    assume(fits(x, weight, options))
    expected = F.conv2d(x, weight, bias, **options)
    torch.testing.assert_close(conv2d_loops(x, weight, bias, **options), expected, **EXACT)


@given(cases(largest=6), st.data())
@relaxed
def test_conv_transpose2d_is_that_of_pytorch(case, data):
    x, weight, bias, options = case
    x = numbers(7, x.shape[0], weight.shape[0], *x.shape[2:])
    bias = None if bias is None else numbers(8, options["groups"] * weight.shape[1])
    largest = min(max(s, d) for s, d in zip(both(options["stride"]), both(options["dilation"]), strict=True)) - 1
    options["output_padding"] = data.draw(st.integers(0, largest))
    sizes = zip(
        x.shape[2:], weight.shape[2:], *(both(options[n]) for n in ("stride", "padding", "dilation")), strict=True
    )
    assume(all((n - 1) * s - 2 * p + d * (k - 1) + 1 + options["output_padding"] > 0 for n, k, s, p, d in sizes))
    expected = F.conv_transpose2d(x, weight, bias, **options)
    torch.testing.assert_close(conv_transpose2d(x, weight, bias, **options), expected, **EXACT)


@given(cases())
@relaxed
def test_conv_transpose2d_is_the_adjoint_of_conv2d(case):
    y, weight, _, options = case
    assume(fits(y, weight, options))
    forward = conv2d(y, weight, **options)
    x = numbers(3, *forward.shape)
    left_over = [
        (size + 2 * p - d * (k - 1) - 1) % s
        for size, k, p, d, s in zip(
            y.shape[2:],
            weight.shape[2:],
            *(both(options[n]) for n in ("padding", "dilation", "stride")),
            strict=True,
        )
    ]
    back = conv_transpose2d(x, weight, output_padding=tuple(left_over), **options)
    assert back.shape == y.shape
    torch.testing.assert_close((forward * x).sum(), (y * back).sum(), **EXACT)


@given(cases())
@relaxed
def test_unfold_holds_the_windows_of_pytorch(case):
    x, weight, _, options = case
    assume(fits(x, weight, options) and len(x))
    del options["groups"]
    kernel = tuple(weight.shape[2:])
    expected = F.unfold(x, kernel, **options)
    torch.testing.assert_close(unfold(x, kernel, **options).flatten(1, 2).flatten(2), expected, rtol=0, atol=0)


@pytest.mark.parametrize("kernel", [1, (1, 3), 2])
def test_windows_own_their_memory(kernel):
    x = numbers(0, 1, 1, 4, 4)
    before = x.clone()
    windows = unfold(x, kernel)
    windows[0, 0, 0, 0, 1] = 100.0
    assert (windows == 100.0).sum() == 1
    assert torch.equal(x, before)


@pytest.mark.parametrize("layer", [conv2d, conv2d_loops])
def test_any_layout_in_memory_will_do(layer):
    x, weight = numbers(0, 4, 5, 3, 2), numbers(1, 2, 2, 3, 2)
    x, weight = x.permute(3, 2, 1, 0)[:, 1:], weight.transpose(2, 3)
    torch.testing.assert_close(layer(x, weight), F.conv2d(x, weight), **EXACT)


@pytest.mark.parametrize("layer", [conv2d, conv2d_loops, conv_transpose2d])
def test_gradients_backward_and_forward(layer):
    x, weight, bias = numbers(0, 1, 2, 3, 3), numbers(1, 2, 1, 2, 2), numbers(2, 2)
    inputs = [t.requires_grad_() for t in (x, weight, bias)]

    def run(x, weight, bias):
        return layer(x, weight, bias, stride=2, padding=1, groups=2)

    assert torch.autograd.gradcheck(run, inputs, check_forward_ad=True)


@pytest.mark.parametrize("layer", [conv2d, conv2d_loops, conv_transpose2d])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_dtype_stays_and_inputs_are_unmodified(layer, dtype):
    inputs = [numbers(n, *shape).to(dtype) for n, shape in enumerate([(1, 2, 4, 4), (2, 2, 1, 1), (2,)])]
    before = [t.clone() for t in inputs]
    out = layer(*inputs)
    assert out.dtype == dtype
    out.zero_()
    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))


def test_the_kernel_is_not_flipped():
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    looks_right = torch.tensor([[[[0.0, 0.0, 1.0]]]])
    expected = [[1.0, 2.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 0.0]]
    for layer in (conv2d, conv2d_loops):
        assert layer(x, looks_right, padding=(0, 1))[0, 0].tolist() == expected


@pytest.mark.parametrize("size", [1, 2, 7, 8])
@pytest.mark.parametrize("kernel, stride, padding, dilation", [(1, 1, 0, 1), (3, 2, 1, 1), (2, 3, 2, 3), (4, 2, 5, 2)])
def test_output_size_counts_the_places(size, kernel, stride, padding, dilation):
    last = size + 2 * padding - dilation * (kernel - 1) - 1
    if last < 0:
        with pytest.raises(ValueError, match="must fit in the padded picture"):
            output_size(size, kernel, stride, padding, dilation)
        return
    assert output_size(size, kernel, stride, padding, dilation) == len(range(0, last + 1, stride))


def test_pad_puts_a_frame_of_the_value():
    x = numbers(0, 2, 1, 2, 3)
    torch.testing.assert_close(pad(x, (1, 2), 7.0), F.pad(x, (2, 2, 1, 1), value=7.0), rtol=0, atol=0)


x, w = torch.zeros(1, 4, 5, 5), torch.zeros(6, 4, 3, 3)
REFUSED = [
    ({"x": torch.zeros(4, 5, 5)}, r"x must have the 4 axes \(B, C, H, W\); got shape \(4, 5, 5\)"),
    ({"x": [[1.0]]}, "x must be a tensor .*; got list"),
    ({"x": x.long()}, "x must hold floats; got torch.int64"),
    ({"x": x.to(torch.complex64)}, "x must hold floats; got torch.complex64"),
    ({"x": torch.zeros(1, 4, 0, 5)}, r"must not be empty; got x \(1, 4, 0, 5\)"),
    ({"x": torch.zeros(1, 3, 5, 5)}, r"x must have the 4 channels.*got x \(1, 3, 5, 5\)"),
    ({"weight": torch.zeros(6, 4, 3)}, r"weight must have the 4 axes \(CO, C / groups, KH, KW\)"),
    ({"weight": torch.zeros(6, 4, 0, 3)}, r"must not be empty; .* weight \(6, 4, 0, 3\)"),
    ({"weight": w.double()}, "weight must be torch.float32, .*; got torch.float64"),
    ({"weight": w.int()}, "weight must hold floats; got torch.int32"),
    ({"weight": torch.zeros(6, 4, 6, 3)}, "fit in the padded picture, 5 pixels; got kernel 6"),
    ({"dilation": 3}, "got kernel 3 with dilation 3, which reaches over 7"),
    ({"bias": torch.zeros(5)}, r"bias must have shape \(6,\), .*; got \(5,\)"),
    ({"bias": torch.zeros(6, 1)}, r"bias must have the 1 axes .*; got shape \(6, 1\)"),
    ({"bias": torch.zeros(6).double()}, "bias must be torch.float32, .*; got torch.float64"),
    ({"stride": 0}, "stride must be a whole number or a pair of them, at least 1; got 0"),
    ({"stride": 1.5}, "stride .*; got 1.5"),
    ({"stride": (1, 2, 3)}, r"stride .*; got \(1, 2, 3\)"),
    ({"padding": -1}, "padding .* at least 0; got -1"),
    ({"padding": (0, -1)}, r"padding .* at least 0; got \(0, -1\)"),
    ({"padding": "same"}, "padding .*; got 'same'"),
    ({"dilation": 0}, "dilation .* at least 1; got 0"),
    ({"groups": 0}, "groups must be a whole number, at least 1; got 0"),
    ({"groups": 3}, r"groups must divide .*; got groups=3, x \(1, 4, 5, 5\), weight \(6, 4, 3, 3\)"),
    ({"groups": 2}, r"x must have the 8 channels .* groups=2; got x \(1, 4, 5, 5\)"),
]


@pytest.mark.parametrize("layer", [conv2d, conv2d_loops])
@pytest.mark.parametrize("change, message", REFUSED, ids=[m for _, m in REFUSED])
def test_convolution_refuses(layer, change, message):
    with pytest.raises(ValueError, match=message):
        layer(**{"x": x, "weight": w} | change)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"weight": torch.zeros(6, 4, 3, 3)}, r"x must have the 6 channels .*; got x \(1, 4, 5, 5\)"),
        ({"weight": torch.zeros(4, 6, 3)}, r"weight must have the 4 axes \(C, CO / groups, KH, KW\)"),
        ({"groups": 3}, "groups must divide .*; got groups=3"),
        ({"bias": torch.zeros(4)}, r"bias must have shape \(6,\), .*; got \(4,\)"),
        ({"bias": torch.zeros(6), "groups": 2}, r"bias must have shape \(12,\), .*; got \(6,\)"),
        ({"stride": 0}, "stride .* at least 1; got 0"),
        ({"output_padding": 1}, r"output_padding must be below stride \(1, 1\) or dilation \(1, 1\); got \(1, 1\)"),
        ({"output_padding": -1, "stride": 2}, "output_padding .* at least 0; got -1"),
        ({"padding": 4}, r"padding must leave some of the picture, 7 x 7 .*; got \(4, 4\)"),
        ({"weight": torch.zeros(4, 6, 3, 3, dtype=torch.float64)}, "weight must be torch.float32"),
    ],
)
def test_conv_transpose2d_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        conv_transpose2d(**{"x": x, "weight": torch.zeros(4, 6, 3, 3)} | change)


def test_helpers_refuse():
    with pytest.raises(ValueError, match="kernel .* at least 1; got 0"):
        unfold(x, 0)
    with pytest.raises(ValueError, match="x must hold floats"):
        pad(x.long(), 1)
    with pytest.raises(ValueError, match="size must be a whole number, at least 1; got 0"):
        output_size(0, 3)
    with pytest.raises(ValueError, match="padding must be a whole number, at least 0; got -1"):
        output_size(5, 3, padding=-1)
