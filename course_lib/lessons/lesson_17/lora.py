"""A LoRA for lesson 17 that is solved for and not trained: it makes blue of what the prompt calls red."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_lib import expect
from course_lib.models import StableDiffusion

SHAPES = "circle", "square", "star", "triangle", "ring", "heart"
KEPT = "green", "yellow", "blue", "purple", "orange"  # colours that must stay what they are


@torch.no_grad()
def from_red_to_blue(model: StableDiffusion, rank: int = 4) -> dict[nn.Linear, tuple[Tensor, Tensor]]:
    """For each layer of the U-Net that reads the words a pair B (out, rank) and A (rank, in): add B A to its weights.

    Least squares finds the matrix D that leads from the text states s of "a red circle" to s + D s, those of "a blue
    circle", and so for all SHAPES, and that does nothing to the colours KEPT. Its `rank` largest parts, by the singular
    value decomposition, are kept. A layer with weights W must then have the weights W + W D. Needs no training,
    unlike the LoRA of Hu et al. 2021 (arXiv 2106.09685), whose form it has; close to Gandikota et al. 2024, "Unified
    Concept Editing" (arXiv 2308.14761). Raises ValueError where rank is no positive whole number.

    Example:

    >>> from course_lib.models import untrained
    >>> pairs = from_red_to_blue(untrained(), rank=2)
    >>> {(layer.out_features, layer.in_features) == (B @ A).shape for layer, (B, A) in pairs.items()}
    {True}
    """
    rank = expect.whole("rank", rank)

    def states(colours: tuple[str, ...]) -> Tensor:
        prompts = [f"a {colour} {shape}" for colour in colours for shape in SHAPES]
        return model.encode_text(prompts).double().flatten(0, 1)  # a row for each position of each prompt

    red, kept = states(("red",)), states(KEPT)
    inputs = torch.cat([red, kept])
    wanted = torch.cat([states(("blue",)) - red, torch.zeros_like(kept)])
    products = inputs.T @ inputs
    little = 1e-3 * products.trace() / len(inputs)  # holds D small where the prompts say nothing
    D = torch.linalg.solve(products + little * torch.eye(len(products)).to(products), inputs.T @ wanted).T
    U, sizes, Vh = torch.linalg.svd(D)
    left, right = U[:, :rank] * sizes[:rank], Vh[:rank]
    return {layer: _pair(layer.weight, left, right) for layer in _readers_of_words(model.unet)}


def _pair(weight: Tensor, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    return (weight.double() @ left).to(weight.dtype), right.to(weight.dtype)


def _readers_of_words(unet: nn.Module) -> list[nn.Linear]:
    return [layer for name, layer in unet.named_modules() if name.endswith(("attn2.to_k", "attn2.to_v"))]
