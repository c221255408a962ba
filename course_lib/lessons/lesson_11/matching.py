"""Lesson 11's contrastive training in miniature: captions and pictures learn to find each other."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import expect
from course_lib.datasets import PictureSet, open_emoji
from course_lib.models import clip_tokenizer
from course_lib.training.stopped import Stopped

LEARNED, HELD_OUT = ("noto", "fluent", "flat"), "twemoji"
STEPS, EVERY = 200, 10  # of a whole training, and after how many of them it is kept
WIDTH, HIDDEN, SIDE, BATCH, RATE = 64, 128, 16, 64, 2e-3


@cache
def _pictures(style: str) -> Tensor:
    """All pictures of a style, 16 x 16 pixels, as rows (256, 768)."""
    return F.avg_pool2d(open_emoji(style).images, 64 // SIDE).flatten(1).double()


@cache
def _learned() -> tuple[Tensor, Tensor]:
    """The pictures of all styles that are learned from (styles, 256, 768), and the bags of their captions."""
    return torch.stack([_pictures(style) for style in LEARNED]), _bags(held_out().captions)


@cache
def held_out() -> PictureSet:
    """The 256 emoji in the style that no training sees.

    Example:

    >>> held_out().images.shape
    torch.Size([256, 3, 64, 64])
    """
    return open_emoji(HELD_OUT)


@cache
def _vocabulary() -> dict[str, int]:
    """A number for each of CLIP's tokens that occurs in a caption."""
    tokens = dict.fromkeys(token for text in held_out().captions for token in clip_tokenizer().tokens(text))
    return {token: number for number, token in enumerate(tokens)}


def _bags(texts: list[str]) -> Tensor:
    """Texts -> (B, tokens): each token's share of a text. Rows of texts without a known token are 0."""
    vocabulary = _vocabulary()
    bags = torch.zeros(len(texts), len(vocabulary), dtype=torch.float64)
    for row, text in zip(bags, texts, strict=True):
        known = [vocabulary[token] for token in clip_tokenizer().tokens(text) if token in vocabulary]
        for token in known:
            row[token] += 1 / len(known)
    return bags


class _State(NamedTuple):
    """All that one step changes. A step makes a new state, so that an interrupt never leaves half of one behind."""

    step: int
    weights: tuple[Tensor, ...]
    means: tuple[Tensor, ...]  # Adam's running means, of the gradients and of their squares
    squares: tuple[Tensor, ...]
    losses: tuple[float, ...]
    kept: tuple[tuple[Tensor, ...], ...]  # the weights, every EVERY steps


class Matching:
    """Two small encoders, one for captions and one for pictures, whose vectors of a pair learn to point one way.

    A caption becomes the mean of its tokens' embeddings, a picture passes through two linear layers with SiLU between.
    Each step takes 64 pairs and asks which caption belongs to which picture, by cross-entropy over the rows and the
    columns of their cosines times a learned sharpness (Radford et al. 2021, arXiv 2103.00020, figure 3). seed : of
    weights and samples; the same seed gives the same result, interrupted or not. Raises ValueError for another seed.

    Example:

    >>> matching = Matching()
    >>> before = matching.found()
    >>> matching.run(20)
    >>> matching.step, matching.found() > before
    (20, True)
    """

    def __init__(self, seed: int = 0):
        self.seed = expect.whole("seed", seed, at_least=0)
        generator = torch.Generator().manual_seed(self.seed)
        weights = []
        for outputs, inputs in ((WIDTH, len(_vocabulary())), (HIDDEN, 3 * SIDE**2), (WIDTH, HIDDEN)):
            drawn = torch.randn(outputs, inputs, generator=generator, dtype=torch.float64)
            weights.append(drawn / (inputs if weights else WIDTH) ** 0.5)
        weights.append(torch.tensor(2.66, dtype=torch.float64))  # the logarithm of 1 / 0.07, as in CLIP
        zeros = tuple(torch.zeros_like(weight) for weight in weights)
        self._state = _State(0, tuple(weights), zeros, zeros, (), (tuple(weights),))

    @property
    def step(self) -> int:
        """How many steps are done."""
        return self._state.step

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of each step so far."""
        return self._state.losses

    def run(self, until: int = STEPS) -> None:
        """Train up to step `until`, from wherever it is. An interrupt becomes `Stopped`; a further call goes on.

        Raises ValueError for what is not a whole number.
        """
        expect.whole("until", until)
        try:
            while self.step < until:
                self._state = self._next(self._state)
        except KeyboardInterrupt:
            raise Stopped(self.step) from None

    def of_texts(self, texts: list[str], step: int | None = None) -> Tensor:
        """Unit vectors (B, 64) of texts, now or at a kept step; 0 where no token is known. Raises as `weights` does."""
        return _texts(_bags(texts), self.weights(step))

    def of_pictures(self, step: int | None = None, style: str = HELD_OUT) -> Tensor:
        """Unit vectors (256, 64) of the pictures in a style. Raises ValueError as `weights` does, and for another."""
        return _images(_pictures(style), self.weights(step))

    def cosines(self, step: int | None = None, style: str = HELD_OUT) -> Tensor:
        """(256, 256): a row for each caption, a column for each picture of a style. Raises as `of_pictures` does."""
        return self.of_texts(held_out().captions, step) @ self.of_pictures(step, style).T

    def found(self, step: int | None = None) -> float:
        """The share of the 256 pictures never shown whose own caption has the largest cosine of all."""
        return (self.cosines(step).argmax(dim=0) == torch.arange(256)).double().mean().item()

    def weights(self, step: int | None = None) -> tuple[Tensor, ...]:
        """Now, or at a kept step, a multiple of EVERY. Raises ValueError for a step not reached or not kept."""
        if step is None:
            return self._state.weights
        if expect.whole("step", step, at_least=0) > self.step or step % EVERY:
            raise ValueError(f"step must be a multiple of {EVERY}, at most {self.step}; got {step}")
        return self._state.kept[step // EVERY]

    def _next(self, state: _State) -> _State:
        """One step of Adam on 64 new pairs; the old state stays as it is."""
        step = state.step + 1
        draw = torch.Generator().manual_seed(1_000_000 * self.seed + step)
        numbers = torch.randperm(256, generator=draw)[:BATCH]
        styles = torch.randint(len(LEARNED), (BATCH,), generator=draw)
        every, bags = _learned()
        pictures = every[styles, numbers]
        pictures = pictures + 0.1 * torch.randn(pictures.shape, generator=draw, dtype=torch.float64)
        weights = [weight.clone().requires_grad_() for weight in state.weights]
        texts = _texts(bags[numbers], weights)
        scores = weights[-1].exp() * texts @ _images(pictures, weights).T
        right = torch.arange(BATCH)
        loss = (F.cross_entropy(scores, right) + F.cross_entropy(scores.T, right)) / 2
        gradients = torch.autograd.grad(loss, weights)
        means = tuple(0.9 * old + 0.1 * new for old, new in zip(state.means, gradients, strict=True))
        squares = tuple(0.999 * old + 0.001 * new**2 for old, new in zip(state.squares, gradients, strict=True))
        moved = tuple(
            weight - RATE * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
            for weight, mean, square in zip(state.weights, means, squares, strict=True)
        )
        kept = state.kept if step % EVERY else (*state.kept, moved)
        return _State(step, moved, means, squares, (*state.losses, loss.item()), kept)


def _texts(bags: Tensor, weights) -> Tensor:
    return F.normalize(bags @ weights[0].T, dim=1)


def _images(rows: Tensor, weights) -> Tensor:
    return F.normalize(F.silu(rows @ weights[1].T) @ weights[2].T, dim=1)
