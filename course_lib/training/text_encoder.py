"""Train the small model's text encoder as CLIP's was: a caption must find its picture, and a picture its caption.

    python -m course_lib.training.text_encoder
    python -m course_lib.training.unet --text both    # the U-Net then begins with these text states, and both learn on

A text's vector is the state at its end token, a picture's that of a small convolutional network; both pass through a
linear layer. Of the captions in a batch the right one must have the largest cosine with the picture, and the other way
round (arXiv 2103.00020, figure 3). Two captions of a batch that read the same are both right. Every caption of two
things comes with its own with the things exchanged, so that order matters.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import Scene, Scenes
from course_lib.models.configs import text_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import END, Tokenizer
from course_lib.training import terminal
from course_lib.training.recogniser import WIDTHS, trunk
from course_lib.training.small_model import STYLES, TEXT_CONFIG, WIDTH, make_tokenizer

CHECKPOINT = terminal.CHECKPOINTS / "text_encoder.pt"


class Pairs(nn.Module):
    """Pictures (B, 3, 64, 64) and tokens (C, N) -> cosines (B, C), times the learned sharpness."""

    def __init__(self, tokenizer: Tokenizer):
        super().__init__()
        self.end = tokenizer.vocabulary[END]
        self.text_encoder = TextEncoder(**text_settings(TEXT_CONFIG | {"vocab_size": len(tokenizer.vocabulary)}))
        self.pictures = nn.Sequential(trunk(), nn.Linear(WIDTHS[-1], WIDTH))
        self.texts = nn.Linear(WIDTH, WIDTH, bias=False)
        self.log_sharpness = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def of_texts(self, tokens: Tensor) -> Tensor:
        """tokens (C, N) -> unit vectors (C, width)."""
        states = self.text_encoder(tokens)
        ends = (tokens == self.end).int().argmax(1)  # the padding is the end token, too: the first one counts
        return F.normalize(self.texts(states[torch.arange(len(states)), ends]), dim=-1)

    def of_pictures(self, pictures: Tensor) -> Tensor:
        """pictures (B, 3, 64, 64) -> unit vectors (B, width)."""
        return F.normalize(self.pictures(pictures), dim=-1)

    def forward(self, pictures: Tensor, tokens: Tensor) -> Tensor:
        return self.log_sharpness.clamp(max=math.log(100)).exp() * self.of_pictures(pictures) @ self.of_texts(tokens).T


def open_pairs(tokenizer: Tokenizer) -> Pairs:
    """The trained networks, averaged. Raises FileNotFoundError where there are none yet."""
    if not CHECKPOINT.is_file():
        raise FileNotFoundError(f"{CHECKPOINT} is missing: run python -m course_lib.training.text_encoder first")
    pairs = Pairs(tokenizer)
    pairs.load_state_dict(torch.load(CHECKPOINT, weights_only=True)["average"])
    return pairs.eval()


def exchanged(scene: Scene) -> str:
    """The caption of a pair with its two things exchanged: another picture."""
    first, second = scene.things
    article = {word: "an" if word[0] in "aeiou" else "a" for word in (first.words, second.words)}
    one, other = (f"{article[thing.words]} {thing.words}" for thing in (first, second))
    return scene.caption.replace(f"{one} {scene.relation} {other}", f"{other} {scene.relation} {one}")


def losses(network: nn.Module, scenes: Scenes, tokenizer: Tokenizer, numbers: list[int]) -> dict[str, Tensor]:
    """Cross-entropy over the captions of a picture, and over the pictures of a caption."""
    drawn = [scenes[number] for number in numbers]
    captions = [scene.caption for scene in drawn]
    wrong = [text for scene in drawn if scene.kind == "pair" and (text := exchanged(scene)) not in captions]
    device = next(network.parameters()).device
    pictures, tokens = torch.stack([scene.draw() for scene in drawn]), tokenizer([*captions, *wrong])
    scores = network(pictures.to(device), tokens.to(device))
    alike = torch.tensor([[one == other for other in [*captions, *wrong]] for one in captions], device=device).float()
    to_texts = F.cross_entropy(scores, alike / alike.sum(1, keepdim=True))
    square = alike[:, : len(captions)]
    to_pictures = F.cross_entropy(scores[:, : len(captions)].T, square / square.sum(1, keepdim=True))
    return {"loss": (to_texts + to_pictures) / 2, "to_texts": to_texts, "to_pictures": to_pictures}


@torch.no_grad()
def quality(network: Pairs, tokenizer: Tokenizer) -> dict[str, float]:
    """How often, of all the concepts' names, the right one is nearest to a picture in a style that was never shown."""
    unseen = open_emoji("twemoji")
    names = network.of_texts(tokenizer(unseen.captions))
    cosines = network.of_pictures(unseen.images) @ names.T
    places = (cosines > cosines.diagonal()[:, None]).sum(1)
    return {"name": (places < 1).float().mean().item(), "among five": (places < 5).float().mean().item()}


def main() -> None:
    """Read the options, train; the checkpoint holds the result."""
    defaults = {"samples": 150_000, "batch": 64, "rate": 1e-3, "checkpoint": CHECKPOINT}
    options = terminal.arguments(__doc__.splitlines()[0], **defaults).parse_args()
    torch.manual_seed(options.seed)
    tokenizer, scenes = make_tokenizer(), Scenes(options.seed, styles=STYLES)
    average = terminal.train(
        Pairs(tokenizer),
        lambda network, numbers: losses(network, scenes, tokenizer, numbers),
        options,
        log=terminal.LOGS / "text_encoder.jsonl",
        decay=0.998,
        judge=lambda network: quality(network, tokenizer),
        weight_decay=1e-2,
    )
    print("names found for pictures in a style never shown:", quality(average, tokenizer))


if __name__ == "__main__":
    main()
