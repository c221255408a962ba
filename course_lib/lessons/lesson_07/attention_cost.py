"""Lesson 07's counts: where the attention layers of a U-Net are, and how much work their weights are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch

from course_lib.figures import Shown
from course_lib.figures.diagrams import Arrow, Box, diagram
from course_lib.models import UNet, outline
from course_lib.models.anatomy import outputs
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.transformer import SpatialTransformer
from course_lib.texts import ngettext, tr


class AttentionLayer(NamedTuple):
    """A place in a U-Net with one self-attention and one cross-attention.

    way : "down", "mid" or "up"; side : of its feature map; channels, heads.

    Example:

    >>> AttentionLayer("mid", 8, 1280, 8).work(77)
    12615680
    """

    way: str
    side: int
    channels: int
    heads: int

    def work(self, keys: int | None = None) -> int:
        """Multiply-adds of scores and mixtures, for so many keys; by default the pixels are the keys."""
        places = self.side**2
        return 2 * places * (places if keys is None else keys) * self.channels


def attention_layers(unet: UNet | None = None, side: int = 64) -> list[AttentionLayer]:
    """The attention layers of a U-Net on the meta device, in the order in which a latent of `side` reaches them.

    By default, Stable Diffusion 1.5's. Example:

    >>> [layer.side for layer in attention_layers()]
    [64, 64, 32, 32, 16, 16, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    """
    unet = outline(STABLE_DIFFUSION_15)["unet"] if unet is None else unet
    parts = {name: part for name, part in unet.named_modules() if isinstance(part, SpatialTransformer)}
    with torch.device("meta"):
        inputs = (
            torch.empty(1, unet.in_channels, side, side),
            torch.tensor(1),
            torch.empty(1, 77, unet.context_channels),
        )
        tables = outputs(unet, list(parts), *inputs)
    return [
        AttentionLayer(name.split("_")[0], table.shape[-1], table.shape[1], block.attn2.heads)
        for name, table in tables.items()
        for block in parts[name].transformer_blocks
    ]


def where_attention_is(layers: Sequence[AttentionLayer]) -> Shown:
    """A U of boxes, one for each size on each way, with the number of attention layers in it.

    Example:

    >>> where_attention_is(attention_layers()).alt.split(". ")[2]
    'In the middle: 8 x 8 with 1'
    """
    sides, boxes, arrows, words = (64, 32, 16, 8), {}, [], []
    for way, left, lean in (("down", 1.0, 0.45), ("up", 8.0, -0.45)):
        counts = {side: sum(layer.way == way and layer.side == side for layer in layers) for side in sides}
        for row, (side, count) in enumerate(counts.items()):
            note, role = (_layers(count), "ink") if count else (tr("none"), "grid")
            place = (left + lean * row, 3.6 - 0.95 * row)
            boxes[f"{way} {side}"] = Box(*place, f"{side} x {side}", note, role, width=1.6, height=0.7)
        order = sides if way == "down" else sides[::-1]
        arrows += [Arrow(f"{way} {a}", f"{way} {b}") for a, b in zip(order, order[1:], strict=False)]
        says = tr("{side} x {side} with {count}")
        words.append(", ".join(says.format(side=side, count=counts[side] or tr("none")) for side in order))
    middle = sum(layer.way == "mid" for layer in layers)
    boxes["middle"] = Box(4.5, 0.75, "middle, 8 x 8", _layers(middle), width=1.7, height=0.7)
    arrows += [Arrow("down 8", "middle"), Arrow("middle", "up 8")]
    down, up = words
    alt = tr(
        "A U of nine boxes with the number of attention layers in each. On the way down: {down}. In the middle: 8 x 8 "
        "with {middle}. On the way up: {up}."
    )
    return diagram(boxes, arrows, 9, 4.1, alt.format(down=down, middle=middle, up=up))


def _layers(count: int) -> str:
    return ngettext("{count} attention layer", "{count} attention layers", count).format(count=count)


def how_it_flows() -> Shown:
    """Where queries, keys and values come from, and what becomes of them, as boxes and arrows.

    Example:

    >>> how_it_flows().alt.split(",")[0]
    'Queries come from the pixels'
    """
    boxes = {
        "pixels": Box(0.95, 3.25, "pixels", "N, from the picture", width=1.7),
        "words": Box(0.95, 0.85, "words", "M text states", width=1.7),
        "query": Box(3.3, 2.2, "queries", "N rows", width=1.3, height=0.7),
        "key": Box(3.3, 1.3, "keys", "M rows", width=1.3, height=0.7),
        "value": Box(3.3, 0.4, "values", "M rows", width=1.3, height=0.7),
        "weights": Box(5.7, 1.75, "weights", "N x M, softmax of the scores", width=2.3),
        "mixture": Box(8.6, 1.2, "mixtures", "N rows, one a pixel", width=1.8),
        "sum": Box(8.6, 3.25, "sum", "N pixels again", width=1.8),
    }
    arrows = [
        Arrow("pixels", "query", "linear", lift=0.15, shift=0.35),
        Arrow("words", "key", "linear", lift=0.22, shift=-0.05),
        Arrow("words", "value", "linear", lift=-0.22, shift=-0.05),
        Arrow("query", "weights"),
        Arrow("key", "weights"),
        Arrow("weights", "mixture"),
        Arrow("value", "mixture", "times", lift=-0.2),
        Arrow("mixture", "sum", "linear", lift=0, shift=0.35),
        Arrow("pixels", "sum", "as they were", lift=0.16),
    ]
    alt = (
        "Queries come from the pixels, keys and values from the words, each by a linear layer. Queries and keys give "
        "scores, and softmax makes weights of them. Weights times values give one mixture for each pixel. It passes a "
        "linear layer and is added to the pixel as it was."
    )
    return diagram(boxes, arrows, 9.7, 3.75, alt)
