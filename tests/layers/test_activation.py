from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib import layers

X = torch.cat(
    [torch.linspace(-12, 12, 481, dtype=torch.float64), torch.tensor([-60.0, 60.0, 1e-9], dtype=torch.float64)]
)
PEERS = {
    "relu": F.relu,
    "silu": F.silu,
    "gelu": F.gelu,
    "quick_gelu": lambda x: x / (1 + torch.exp(-1.702 * x)),
}


@pytest.mark.parametrize("name", PEERS)
def test_values_are_those_of_pytorch(name):
    torch.testing.assert_close(getattr(layers, name)(X), PEERS[name](X), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", PEERS)
def test_gradient_is_the_slope_that_autograd_finds(name):
    for function in (PEERS[name], getattr(layers, name)):
        x = X.clone().requires_grad_()
        function(x).sum().backward()
        torch.testing.assert_close(getattr(layers, f"{name}_gradient")(X), x.grad, rtol=1e-10, atol=1e-14)


def test_gradient_of_relu_at_zero_is_zero():
    x = torch.zeros(1, requires_grad=True)
    layers.relu(x).backward()
    assert layers.relu_gradient(torch.zeros(1)).item() == 0 == x.grad.item()


def test_relu_of_the_lesson():
    x = torch.tensor([[1.0, 2.0, -1.0], [0.0, 1.0, 2.0], [1.0, -1.0, 3.0]])
    assert layers.relu(x).tolist() == [[1, 2, 0], [0, 1, 2], [1, 0, 3]]


@pytest.mark.parametrize("name", [*PEERS, *(f"{name}_gradient" for name in PEERS)])
def test_every_function_keeps_shape_dtype_input_and_nan_and_refuses_what_is_no_float(name):
    function = getattr(layers, name)
    for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        for shape in ((), (3,), (0, 2), (2, 3, 1, 2)):
            x = torch.full(shape, -1.5, dtype=dtype)
            out = function(x)
            assert (out.dtype, out.shape) == (dtype, shape)
            assert (x == -1.5).all()
    assert function(torch.tensor([math.nan])).isnan() or name == "relu_gradient"
    with pytest.raises(ValueError, match="x must hold floats; got torch.int64"):
        function(torch.arange(3))
    with pytest.raises(ValueError, match=r"x must be a tensor \(...\); got float"):
        function(1.0)
