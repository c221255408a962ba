"""A network that says which concept a picture shows, and in which style: the judge of emoji pictures.

It never saw the scenes that the small Stable Diffusion learned from (other seed, other sizes and places), but it knows
every concept in every style, so that it can judge pairs that were kept out of that training.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from course_lib.datasets import open_emoji

FILE = Path(__file__).parent / "recogniser.safetensors"
CONCEPTS = list(dict.fromkeys(open_emoji().captions))
STYLES = list(dict.fromkeys(open_emoji().styles))
WIDTHS = (32, 64, 128, 256)


def trunk() -> nn.Sequential:
    """(B, 3, 64, 64) in [-1, 1] -> features (B, 256): four strided convolutions, and the mean over places."""
    layers, channels = [], 3
    for width in WIDTHS:
        layers += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.SiLU()]
        channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Recogniser(nn.Module):
    """Pictures (B, 3, 64, 64) in [-1, 1] -> scores of the concepts (B, 256) and of the styles (B, 4)."""

    def __init__(self):
        super().__init__()
        self.features = trunk()
        self.concept, self.style = (nn.Linear(WIDTHS[-1], len(names)) for names in (CONCEPTS, STYLES))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(pictures)
        return self.concept(features), self.style(features)


def open_recogniser() -> Recogniser:
    """The trained recogniser. Raises FileNotFoundError where there is none yet."""
    if not FILE.is_file():
        raise FileNotFoundError(f"{FILE} is missing: run train_recogniser.py first")
    network = Recogniser()
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(FILE).items()})
    return network.eval().requires_grad_(False)


@torch.no_grad()
def agreement(network: Recogniser, pictures: Tensor, concepts: list[str], styles: list[str]) -> dict[str, float]:
    """How many of the pictures (N, 3, 64, 64) show the concept, by the first and by five guesses, and the style."""
    of_concepts, of_styles = network(pictures)
    concept = torch.tensor([CONCEPTS.index(name) for name in concepts])
    style = torch.tensor([STYLES.index(name) for name in styles])
    places = (of_concepts > of_concepts.gather(1, concept[:, None])).sum(1)
    found = {"concept": places < 1, "among five": places < 5, "style": of_styles.argmax(1) == style}
    return {name: right.float().mean().item() for name, right in found.items()}


def kernel_distance(one: Tensor, other: Tensor) -> float:
    """KID: the squared maximum mean discrepancy of two sets of features (N, F) and (M, F), times 1000; unbiased.

    Kernel (x.y / F + 1)^3, with features scaled so that x.x / F is about 1. For independent sets of the same
    distribution it is 0 on average, and by chance often below 0.
    Source: Binkowski et al. 2018, arXiv 1801.01401, section 4.
    """
    size = one.double().square().mean().sqrt()
    one, other = one.double() / size, other.double() / size

    def mean(a: Tensor, b: Tensor, *, same: bool) -> Tensor:
        values = (a @ b.T / a.shape[1] + 1) ** 3
        if not same:
            return values.mean()
        return (values.sum() - values.diagonal().sum()) / (len(a) * (len(a) - 1))

    return 1000 * (mean(one, one, same=True) + mean(other, other, same=True) - 2 * mean(one, other, same=False)).item()
