"""Two spirals that no straight line parts: the points, a small network that learns them, and its drawing."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, line_panel, stack, text_panel
from course_lib.figures.drawing import titled
from course_lib.lessons.lesson_03.kinks import ACTIVATIONS, called
from course_lib.texts import tr
from course_lib.training.stopped import Stopped

EVERY = 50  # steps from one kept state of a training to the next
LAST = 2000
_RATE = 0.0015
_MAP, _SIDE, _FINER = 75, 300, 3  # cells of the map, its pixels on the page, and how much finer the points are drawn
_EDGE = 1.15  # the map goes from -1.15 to 1.15


def spirals(points: int = 100, turns: float = 2.0) -> tuple[Tensor, Tensor]:
    """Two spirals of `points` points each, one inside the other: x (2 * points, 2), and labels (2 * points,), 1 or 0.

    The second spiral is the first one turned by half a turn. Both lie within a distance of 1 from the middle.
    Raises ValueError where points is not a whole number, or turns not above 0.
    Source: Lang, Witbrock 1988, Learning to Tell Two Spirals Apart; ours are shorter.

    Example:

    >>> x, labels = spirals(2, turns=0.5)
    >>> x.round(decimals=2) + 0.0, labels
    (tensor([[ 0.2500,  0.0000],
            [-1.0000,  0.0000],
            [-0.2500,  0.0000],
            [ 1.0000,  0.0000]], dtype=torch.float64), tensor([1., 1., 0., 0.], dtype=torch.float64))
    """
    points, turns = expect.whole("points", points), expect.positive("turns", turns)
    along = torch.linspace(0, 1, points, dtype=torch.float64)
    radius, angle = 0.25 + 0.75 * along, 2 * math.pi * turns * along
    first = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    return torch.cat([first, -first]), torch.cat([torch.ones(points), torch.zeros(points)]).double()


class _Kept(NamedTuple):
    """One step of the way, for looking back."""

    weights: tuple[Tensor, ...]
    loss: float
    wrong: float  # the share of the points on the wrong side


class _State(NamedTuple):
    """All that one step changes. A step makes a new state, so that an interrupt never leaves half of one behind."""

    step: int
    weights: tuple[Tensor, ...]
    means: tuple[Tensor, ...]  # Adam's two running means, of the gradients and of their squares
    squares: tuple[Tensor, ...]
    kept: tuple[_Kept, ...]  # every EVERY steps


class Training:
    """A network of three linear layers, 2 -> width -> width -> 1, with an activation after the first two.

    activation : a name of ACTIVATIONS; seed : of the weights it begins with, the same for every activation.
    It learns `spirals()`, all points in every step, by Adam (Kingma, Ba 2014, arXiv 1412.6980) on the mean of
    -log(probability of the true label). Nothing in a step is random: the same seed gives the same result,
    interrupted or not.

    Raises ValueError for an unknown activation, and where width or seed is not a whole number.

    Example:

    >>> training = Training("ReLU")
    >>> training.run(100, every=100)
    ReLU, step  100: loss 0.63,  56 % of the points right
    >>> training.count(), training.right(0) < training.right()
    (1185, True)
    """

    def __init__(self, activation: str, width: int = 32, seed: int = 3):
        expect.known("activation", activation, ACTIVATIONS)
        self.activation = activation
        self.x, self.labels = spirals()
        generator = torch.Generator().manual_seed(expect.whole("seed", seed, at_least=0))
        weights = []
        for inputs, outputs in ((2, width), (expect.whole("width", width), width), (width, 1)):
            drawn = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
            weights += [math.sqrt(2 / inputs) * drawn, torch.rand(outputs, generator=generator).double() - 0.5]
        zeros = tuple(torch.zeros_like(weight) for weight in weights)
        self._state = _State(0, tuple(weights), zeros, zeros, (self._keep(tuple(weights)),))

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self._state.step

    def count(self) -> int:
        """How many parameters there are."""
        return sum(weight.numel() for weight in self._state.weights)

    def run(self, until: int = LAST, every: int = 500) -> None:
        """Train up to step `until`, from wherever it is, and print how it goes every `every` steps, and at the end.

        An interrupt becomes `Stopped`; a further call goes on. Raises ValueError for what is not a whole number.
        """
        expect.whole("until", until)
        expect.whole("every", every)
        try:
            while self.step < until:
                self._state = self._next(self._state)
                if self.step % every == 0 and self.step < until:
                    print(self._line())
            print(self._line())
        except KeyboardInterrupt:
            raise Stopped(self.step) from None

    def weights(self, step: int | None = None) -> tuple[Tensor, ...]:
        """weight (out, in) and bias (out,) of each layer in turn, now or at a kept step, a multiple of EVERY.

        Raises ValueError for a step that was not reached or not kept.
        """
        if step is None:
            return self._state.weights
        if expect.whole("step", step, at_least=0) > self.step:
            raise ValueError(f"this training has reached step {self.step}; step {step} is not there yet")
        if step % EVERY:
            raise ValueError(f"step must be a multiple of {EVERY}; got {step}")
        return self._state.kept[step // EVERY].weights

    def scores(self, x: Tensor, step: int | None = None, kink: bool = True) -> Tensor:
        """The network's results: x (N, 2) -> (N,), above 0 where it takes a point for one of the first spiral.

        kink : False leaves out the activation, and changes no weight.
        """
        return _scores(self.weights(step), x, self.activation if kink else "none")

    def right(self, step: int | None = None, kink: bool = True) -> float:
        """The share of the points that lie on the right side."""
        return ((self.scores(self.x, step, kink) > 0) == (self.labels > 0)).double().mean().item()

    def loss(self, step: int | None = None, kink: bool = True) -> float:
        """The mean of -log(probability of the true label)."""
        return F.binary_cross_entropy_with_logits(self.scores(self.x, step, kink), self.labels).item()

    def way(self) -> tuple[list[int], list[float], list[float]]:
        """The kept steps, and at each the loss and the share of points on the wrong side."""
        kept = self._state.kept
        return (
            [EVERY * index for index in range(len(kept))],
            [each.loss for each in kept],
            [each.wrong for each in kept],
        )

    def _keep(self, weights: tuple[Tensor, ...]) -> _Kept:
        scores = _scores(weights, self.x, self.activation)
        wrong = ((scores > 0) != (self.labels > 0)).double().mean().item()
        return _Kept(weights, F.binary_cross_entropy_with_logits(scores, self.labels).item(), wrong)

    def _line(self) -> str:
        says = tr("{activation}, step {step:4d}: loss {loss:.2f}, {right:3.0f} % of the points right")
        numbers = {"step": self.step, "loss": self.loss(), "right": 100 * self.right()}
        return says.format(activation=called(self.activation), **numbers)

    def _next(self, state: _State) -> _State:
        """One step of Adam; the old state stays as it is."""
        step = state.step + 1
        weights = [weight.clone().requires_grad_() for weight in state.weights]
        loss = F.binary_cross_entropy_with_logits(_scores(weights, self.x, self.activation), self.labels)
        gradients = torch.autograd.grad(loss, weights)
        means = tuple(0.9 * old + 0.1 * new for old, new in zip(state.means, gradients, strict=True))
        squares = tuple(0.999 * old + 0.001 * new**2 for old, new in zip(state.squares, gradients, strict=True))
        first, second = 1 - 0.9**step, 1 - 0.999**step
        moved = tuple(
            weight - _RATE * (mean / first) / ((square / second).sqrt() + 1e-8)
            for weight, mean, square in zip(state.weights, means, squares, strict=True)
        )
        kept = state.kept if step % EVERY else (*state.kept, self._keep(moved))
        return _State(step, moved, means, squares, kept)


def _scores(weights, x: Tensor, activation: str) -> Tensor:
    """x (N, 2) through three linear layers with an activation between: (N,)."""
    function, _ = ACTIVATIONS[activation]
    weight1, bias1, weight2, bias2, weight3, bias3 = weights
    hidden = function(x @ weight1.T + bias1)
    hidden = function(hidden @ weight2.T + bias2)
    return (hidden @ weight3.T + bias3)[:, 0]


def draw_training(training: Training, step: int, without: bool = False) -> Drawing:
    """What a network says at every place of the plane after `step` steps, and its loss on the way.

    without : take the activation out of the network as it was trained; no weight changes. Its loss then lies on no
    curve of the training, so none is marked.
    Raises ValueError where the training has not come so far.

    Example:

    >>> print(draw_training(Training("ReLU"), 0).sentence)
    ReLU after step 0: 98 of 200 points lie on the right side, loss 0.71.
    """
    panel = spirals_panel(training, step, without)
    steps, losses, wrong = training.way()
    right = round(training.right(step, not without) * len(training.x))
    taken = without and training.activation != "none"
    if taken:
        says = tr(
            "{activation}, weights of step {step}, activation taken out: {right} of {points} points lie on the right "
            "side, loss {loss}."
        )
    else:
        says = tr("{activation} after step {step}: {right} of {points} points lie on the right side, loss {loss}.")
    numbers = {"right": right, "points": len(training.x), "loss": f"{training.loss(step, not without):.2f}"}
    sentence = says.format(activation=called(training.activation), step=step, **numbers)
    key = tr(
        "Points: filled, first spiral; open, second. A cross: on the wrong side.\n"
        "Ground: grey where the network says “first”, white where it says “second”, light grey where it is not sure.\n"
        "The line parts the two sides."
    )
    side = text_panel(key, 340, 12)
    if len(steps) > 1:
        top = max(1.0, 1.05 * max(losses))
        look = {"y_range": (0.0, top), "colours": [COLOURS["signal"], COLOURS["noise"]]}
        curves = {"loss": losses, "share of wrong points": wrong}
        title = tr("{activation}, at each step of the training").format(activation=called(training.activation))
        side = stack(line_panel(steps, curves, 340, 230, title, mark=None if taken else step, **look), side)
    return Drawing(beside(panel, side), sentence)


def spirals_panel(training: Training, step: int | None = None, without: bool = False, title: str = "") -> np.ndarray:
    """The map and the points alone, as pixels (H, W, 3) uint8; see `draw_training`.

    Example:

    >>> spirals_panel(Training("none"), 0, title="at first").shape
    (324, 302, 3)
    """
    across = (torch.arange(_MAP, dtype=torch.float64) + 0.5) / _MAP * 2 * _EDGE - _EDGE
    places = torch.stack([across.repeat(_MAP), across.flip(0).repeat_interleave(_MAP)], dim=1)
    scores = training.scores(places, step, not without).reshape(_MAP, _MAP)
    dark, light = 150, 255
    ground = (light - (light - dark) * scores.sigmoid()).round().to(torch.uint8).numpy()
    fine = _SIDE * _FINER
    image = Image.fromarray(ground).resize((fine, fine), Image.Resampling.NEAREST).convert("RGB")
    image.paste(COLOURS["ink"], mask=_border(scores, fine))
    pen = ImageDraw.Draw(image)
    right = (training.scores(training.x, step, not without) > 0) == (training.labels > 0)
    points = [((x + _EDGE) / (2 * _EDGE) * fine, (_EDGE - y) / (2 * _EDGE) * fine) for x, y in training.x.tolist()]
    for fill, width, reach in ((COLOURS["paper"], 9, 22), (COLOURS["noise"], 5, 21)):
        for (left, top), fits in zip(points, right.tolist(), strict=True):
            for tilt in () if fits else (reach, -reach):
                pen.line([left - reach, top - tilt, left + reach, top + tilt], fill=fill, width=width)
    for (left, top), label in zip(points, training.labels.tolist(), strict=True):
        fill = COLOURS["ink"] if label else COLOURS["paper"]
        pen.ellipse([left - 10, top - 10, left + 10, top + 10], fill=fill, outline=COLOURS["ink"], width=4)
    return titled(np.asarray(ImageOps.expand(image.reduce(_FINER), 1, COLOURS["ink"])), title)


def _border(scores: Tensor, side: int) -> Image.Image:
    """A thin line where scores (N, N), drawn in (side, side), pass through 0."""
    smooth = Image.fromarray(scores.float().numpy()).resize((side, side), Image.Resampling.BILINEAR)
    first = Image.fromarray(255 * (np.asarray(smooth) > 0).astype(np.uint8))
    return ImageChops.difference(first.filter(ImageFilter.MaxFilter(5)), first.filter(ImageFilter.MinFilter(5)))
