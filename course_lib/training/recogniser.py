"""A network that says which concept a picture shows, and in which style: the judge of emoji pictures, and its training.

    python -m course_lib.training.recogniser

It never saw the scenes that the small Stable Diffusion learned from (other seed, other sizes and places), but it knows
every concept in every style, so that it can judge pairs that were kept out of that training: every fourth scene has
one. Half of the pictures are made softer, and all a little noisy, so that it is the drawing that is recognised and not
its sharpness.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import Scene, Scenes
from course_lib.training import terminal
from course_lib.training.loop import seeded
from course_lib.training.small_model import WEIGHTS, read_weights, write_weights

FILE = WEIGHTS / "recogniser.safetensors"
CONCEPTS = list(dict.fromkeys(open_emoji().captions))
STYLES = list(dict.fromkeys(open_emoji().styles))
WIDTHS = (32, 64, 128, 256)
OTHER_SEED = 1_000_000  # added to the seed: none of these scenes is one of the U-Net's


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
    network = Recogniser()
    read_weights(network, FILE, "recogniser")
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


def scenes_of(numbers: list[int], seed: int) -> list[Scene]:
    """Emoji scenes, every fourth with a pair that the small Stable Diffusion never sees."""
    seen, unseen = (
        Scenes(seed + OTHER_SEED, kind="emoji", held_out=held_out, scattered=True) for held_out in (False, True)
    )
    return [(seen if number % 4 else unseen)[number] for number in numbers]


def softened(picture: Tensor, random: np.random.Generator) -> Tensor:
    """The picture (3, 64, 64) with noise, and in half of the cases made smaller and large again."""
    if random.random() < 0.5:
        side = int(random.integers(24, 64))
        small = F.interpolate(picture[None], size=side, mode="bilinear", antialias=True, align_corners=False)
        picture = F.interpolate(small, size=64, mode="bilinear", align_corners=False)[0]
    return picture + 0.1 * random.random() * torch.from_numpy(random.standard_normal(picture.shape, np.float32))


def losses(network: torch.nn.Module, numbers: list[int], seed: int) -> dict[str, Tensor]:
    """Cross-entropy of the concept and of the style."""
    scenes = scenes_of(numbers, seed)
    drawn = zip(numbers, scenes, strict=True)
    pictures = torch.stack([softened(scene.draw(), seeded(seed, number, stream=2)) for number, scene in drawn])
    device = next(network.parameters()).device
    of_concepts, of_styles = network(pictures.to(device))
    concept = torch.tensor([CONCEPTS.index(scene.things[0].name) for scene in scenes], device=device)
    style = torch.tensor([STYLES.index(scene.things[0].style) for scene in scenes], device=device)
    parts = {"concept": F.cross_entropy(of_concepts, concept), "style": F.cross_entropy(of_styles, style)}
    return {"loss": parts["concept"] + parts["style"], **parts}


def quality(network: Recogniser, seed: int, count: int = 1000) -> dict[str, float]:
    """How often it is right about scenes of another seed."""
    scenes = scenes_of(list(range(count)), seed + 1)
    things = [scene.things[0] for scene in scenes]
    pictures = torch.stack([scene.draw() for scene in scenes])
    return agreement(network, pictures, [thing.name for thing in things], [thing.style for thing in things])


def main() -> None:
    """Read the options, train, write."""
    defaults = {"samples": 200_000, "batch": 64, "rate": 2e-3, "checkpoint": terminal.CHECKPOINTS / "recogniser.pt"}
    options = terminal.arguments(__doc__.splitlines()[0], **defaults).parse_args()
    torch.manual_seed(options.seed)
    average = terminal.train(
        open_recogniser().requires_grad_(True) if options.fresh else Recogniser(),
        lambda network, numbers: losses(network, numbers, options.seed),
        options,
        log=terminal.LOGS / "recogniser.jsonl",
        decay=0.998,
        judge=lambda network: quality(network, options.seed),
        weight_decay=1e-2,
    )
    print("right about other scenes:", quality(average, options.seed))
    write_weights(average, FILE)


if __name__ == "__main__":
    main()
