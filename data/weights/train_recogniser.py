"""Train the recogniser of concepts and styles that `evaluate.py` asks.

    python data/weights/train_recogniser.py

Every fourth scene is one of those that the small Stable Diffusion never sees. Half of the pictures are made softer, and
all a little noisy, so that it is the drawing that is recognised and not its sharpness.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from recogniser import CONCEPTS, FILE, STYLES, Recogniser, agreement, open_recogniser
from small import write_weights
from torch import Tensor
from trainer import HERE, arguments, seeded, train

from course_lib.datasets.scenes import Scene, Scenes

OTHER_SEED = 1_000_000  # added to the seed: none of these scenes is one of the U-Net's


def scenes_of(numbers: list[int], seed: int) -> list[Scene]:
    """Emoji scenes, every fourth with a pair that the small Stable Diffusion never sees."""
    seen, unseen = (
        Scenes(seed + OTHER_SEED, kind="emoji", held_out=held_out, scattered=True) for held_out in (False, True)
    )
    return [(seen if number % 4 else unseen)[number] for number in numbers]


def softened(picture: Tensor, generator: torch.Generator) -> Tensor:
    """The picture (3, 64, 64) with noise, and in half of the cases made smaller and large again."""
    if torch.rand((), generator=generator) < 0.5:
        side = int(torch.randint(24, 64, (), generator=generator))
        small = F.interpolate(picture[None], size=side, mode="bilinear", antialias=True, align_corners=False)
        picture = F.interpolate(small, size=64, mode="bilinear", align_corners=False)[0]
    return picture + 0.1 * torch.rand((), generator=generator) * torch.randn(picture.shape, generator=generator)


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
    options = arguments(
        __doc__.splitlines()[0],
        samples=200_000,
        batch=64,
        rate=2e-3,
        checkpoint=HERE / "checkpoints" / "recogniser.pt",
    ).parse_args()
    torch.manual_seed(options.seed)
    average = train(
        open_recogniser().requires_grad_(True) if options.fresh else Recogniser(),
        lambda network, numbers: losses(network, numbers, options.seed),
        options,
        log=HERE / "logs" / "recogniser.jsonl",
        decay=0.998,
        judge=lambda network: quality(network, options.seed),
        weight_decay=1e-2,
    )
    print("right about other scenes:", quality(average.network, options.seed))
    write_weights(average.network, FILE)


if __name__ == "__main__":
    main()
