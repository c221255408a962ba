"""Lesson 03's activations, the drawing of what one does to a feature map, and a count of a network's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from course_lib import expect, layers
from course_lib.figures import (
    COLOURS,
    Drawing,
    beside,
    histogram_panel,
    line_panel,
    picture_panel,
    settled,
    stack,
    text_panel,
)
from course_lib.figures.drawing import TITLE_HEIGHT, number_text, true_minus
from course_lib.texts import tr

# name -> (the function, its slope); "none" is a layer's result as it is.
ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "none": (lambda x: x, torch.ones_like),
    "ReLU": (layers.relu, layers.relu_gradient),
    "SiLU": (layers.silu, layers.silu_gradient),
    "GELU": (layers.gelu, layers.gelu_gradient),
    "quick-GELU": (layers.quick_gelu, layers.quick_gelu_gradient),
}
REACH = 4.0  # the curves are drawn from -4 to 4
_SIDE = 192  # a feature map's width in the drawing
_COUNTED = {"relu": "ReLU", "silu": "SiLU", "gelu": "GELU", "sigmoid": "sigmoid"}


def draw(picture: Tensor, kernel: Tensor, activation: str, bias: float, row: int, column: int) -> Drawing:
    """A filter's feature map before and after an activation of ACTIVATIONS, with its curve and its slope.

    picture (1, 3, S, S) is made grey; kernel (3, 3) slides over it with padding 1, and `bias` is added. The number at
    one place of the map, (row, column), is marked on the curve, or at its end where it lies beyond. The bars end there,
    too, and it is said how many numbers have none. What is 0 in five decimals counts as 0, whatever the processor's
    rounding leaves of it; what is 0 only in two is called nearly 0.
    Raises ValueError for an unknown activation, other shapes, a bias that is not finite, and a place beyond the map.

    Example:

    >>> black = torch.zeros(1, 3, 8, 8)
    >>> print(draw(black, torch.ones(3, 3), "ReLU", -1.0, 4, 4).sentence)
    ReLU, bias −1: at row 4, column 4 the number −1.00 becomes 0.00, slope 0.00. Of the map's 64 numbers 64 were
    below 0 and 0 exactly 0; now 64 are 0, and the smallest is 0.00.
    """
    expect.known("activation", activation, ACTIVATIONS)
    expect.tensor("picture", picture, "(1, 3, S, S)")
    expect.tensor("kernel", kernel, "(3, 3)")
    bias = expect.number("bias", bias, -1e6, 1e6)
    expect.number("row", row, 0, picture.shape[2] - 1)
    expect.number("column", column, 0, picture.shape[3] - 1)
    function, slope = ACTIVATIONS[activation]
    grey = picture.mean(dim=1, keepdim=True)
    unbiased = layers.conv2d(grey, kernel[None, None].to(grey), padding=1)
    before = settled(unbiased + bias)
    after = settled(function(before))
    brightest = unbiased.abs().max().item() or 1.0
    here = before[0, 0, row, column]
    there, slope_here = after[0, 0, row, column].item(), settled(slope(here)).item()
    maps = stack(
        *(
            picture_panel(numbers[0] / brightest, _SIDE, title, frame=(row - 1, column - 1, 3, 3))
            for title, numbers in ((tr("the map before"), before), (tr("the map after"), after))
        ),
        text_panel(
            tr("Grey 0, white from {most},\nblack from −{most} down.").format(most=f"{brightest:.3g}"), _SIDE + 2, 12
        ),
    )
    x = torch.linspace(-REACH, REACH, 241)
    curves = {"value": function(x), "slope": slope(x)}
    look = {"y_range": (-1.2, REACH), "colours": [COLOURS["signal"], COLOURS["noise"]]}
    if abs(here) <= REACH:
        says = tr("{activation}, and where the framed number lies")
    elif here < 0:
        says = tr("{activation}; the framed number, {number}, lies left of this axis")
    else:
        says = tr("{activation}; the framed number, {number}, lies right of this axis")
    place = says.format(activation=called(activation), number=_plain(here.item()))
    bars = {"range": (-REACH, REACH), "colour": COLOURS["ink"], "top": 0.5}
    plots = stack(
        line_panel(x, curves, 420, 250, place, mark=here.clamp(-REACH, REACH).item(), **look),
        histogram_panel(before, 420, 120, title="the map before: how often (density)", **bars),
    )
    below, blank, zero = (int(part.sum()) for part in (before < 0, before == 0, after == 0))
    beyond = int((before.abs() > REACH).sum())
    says = tr(
        "{activation}, bias {bias}: at row {row}, column {column} the number {here} becomes {there}, slope {slope}. "
        "Of the map's {count} numbers {below} were below 0 and {blank} exactly 0; now {zero} are 0, and the smallest "
        "is {smallest}."
    )
    sentence = says.format(
        **{"activation": called(activation), "bias": number_text(bias), "row": row, "column": column},
        **{"here": _plain(here.item()), "there": _plain(there), "slope": _plain(slope_here)},
        **{"count": before.numel(), "below": below, "blank": blank, "zero": zero},
        smallest=_plain(after.min().item()),
    )
    if beyond:
        says = tr("{count} lay beyond {low} to {high}, where no bars are.")
        sentence += " " + says.format(count=beyond, low=number_text(-REACH), high=number_text(REACH))
    return Drawing(beside(maps, plots), sentence, grid=(1, TITLE_HEIGHT + 1, _SIDE, _SIDE))


def called(activation: str) -> str:
    """The name of an activation at the beginning of a sentence.

    Example:

    >>> called("none"), called("SiLU")
    ('No activation', 'SiLU')
    """
    return tr("No activation") if activation == "none" else activation


def activations_called(network: Callable, *inputs: object) -> dict[str, int]:
    """Run `network(*inputs)` and count how often it calls ReLU, SiLU, GELU and the bare sigmoid of PyTorch.

    On the device called meta this costs nothing, since only shapes are computed. The sigmoid inside PyTorch's SiLU is
    not counted; one that a network calls by name is, and quick-GELU, x * sigmoid(1.702 * x), is such a call.

    Example:

    >>> activations_called(torch.nn.Sequential(torch.nn.ReLU(), torch.nn.SiLU(), torch.nn.SiLU()), torch.zeros(2))
    {'ReLU': 1, 'SiLU': 2, 'GELU': 0, 'sigmoid': 0}
    """
    with torch.no_grad(), _Counting() as counting:
        network(*inputs)
    return {name: counting.calls[function] for function, name in _COUNTED.items()}


class _Counting(TorchFunctionMode):
    """Counts the calls of PyTorch's functions by name, and lets them pass."""

    def __init__(self):
        super().__init__()
        self.calls = Counter()

    def __torch_function__(self, function, types, arguments=(), options=None):
        self.calls[getattr(function, "__name__", "")] += 1
        return function(*arguments, **(options or {}))


def _plain(value: float) -> str:
    """Two decimals, a true minus sign, no negative zero, and "nearly 0" for what is not 0."""
    rounded = round(value, 2) + 0.0
    return tr("nearly 0") if value and not rounded else true_minus(f"{rounded:.2f}")
