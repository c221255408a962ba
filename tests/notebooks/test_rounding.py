"""The kernel that rounds otherwise: what it changes, what stays exact, and that notebooks run in it."""

import os

import nbformat
import pytest
import torch
import torch.nn.functional as F
from nbclient import NotebookClient

from tests.portability import SETTINGS
from tests.rounding import OtherRounding

EDGES = torch.tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]])


def test_sums_that_cancel_are_no_longer_0_and_move_by_a_last_bit():
    flat = torch.full((1, 1, 8, 8), 0.3)
    with OtherRounding():
        moved = F.conv2d(flat, EDGES)
        assert torch.equal(moved, F.conv2d(flat, EDGES)), "the same call gives another result"
    assert (moved != 0).any() and moved.abs().max() < 1e-6


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_other_results_stay_close_and_gradients_arrive(dtype):
    x = torch.rand(4, 8, dtype=dtype, generator=torch.Generator().manual_seed(0), requires_grad=True)
    for function in (lambda x: x @ x.T, lambda x: x.softmax(1), lambda x: F.layer_norm(x, (8,)), torch.exp):
        with OtherRounding():
            moved = function(x)
            moved.square().sum().backward()
        assert not torch.equal(moved, function(x))
        torch.testing.assert_close(moved, function(x))
        assert x.grad.any()


def test_what_every_processor_gets_exactly_stays():
    whole = torch.arange(64.0).reshape(1, 1, 8, 8)
    with OtherRounding():
        assert torch.equal(F.conv2d(whole, EDGES), torch.full((1, 1, 6, 6), 8.0))
        assert torch.zeros(3).exp().tolist() == [1, 1, 1] and F.relu(whole - 7.3).dtype == torch.float32
        assert torch.nn.Linear(3, 2, device="meta")(torch.zeros(1, 3, device="meta")).is_meta


def test_the_kernels_of_make_portability_round_so():
    (setting,) = (setting for setting in SETTINGS if "PYTHONSTARTUP" in setting.environment)
    asks = "import torch; print(bool((torch.full((1, 3), 0.1) @ torch.tensor([[1.0], [1], [-2]])).item()))"
    for environment, said in (({}, "False\n"), (setting.environment, "True\n")):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(asks)])
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute(env=os.environ | environment)
        assert notebook.cells[0].outputs[0].text == said
