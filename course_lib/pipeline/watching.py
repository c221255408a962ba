"""A run that is watched: a picture painted by a model, with all attention weights of every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_lib import expect
from course_lib.models import Recorder, StableDiffusion
from course_lib.pipeline.preparing import prepare

BEGIN, END = "(begin)", "(end)"
MEAN = "mean of all"
# The names of layers that a learner chooses among, as `layer_name` and `Watched.layers` make them for the small model.
SIZES = (f"{MEAN} 8 x 8", "middle, 4 x 4")
WAYS = tuple(
    f"{way} {level}{letter}, {side} x {side}"
    for way, level, letters, side in (("down", 1, "a", 8), ("down", 2, "a", 4), ("up", 1, "ab", 4), ("up", 2, "ab", 8))
    for letter in letters
)


@dataclass(frozen=True, eq=False)
class Watched:
    """A run of a model with its attention weights, on the CPU. S steps, heads H; each layer has its own h x w pixels.

    prompt : the words; places : the names of the places that can be looked at, `BEGIN`, each word, `END`;
    pictures : (S, 3, height, width) in [-1, 1], the decoded guesses; words : layer -> (S, H, h, w, places), where the
    weights of all end places are added up; pixels : layer -> (S, H, h, w, h * w). Rows, over the last axis, sum to 1.

    Example: see `watch`.

    >>> Watched("a panda", ("(begin)", "a", "panda", "(end)"), torch.zeros(20, 3, 8, 8), {}, {}).steps
    20
    """

    prompt: str
    places: tuple[str, ...]
    pictures: Tensor = field(repr=False)
    words: Mapping[str, Tensor] = field(repr=False)
    pixels: Mapping[str, Tensor] = field(repr=False)

    @property
    def steps(self) -> int:
        """How many steps the run had."""
        return len(self.pictures)

    @property
    def side(self) -> int:
        """How many pixels the largest layers have on a side."""
        return max(weights.shape[2] for weights in self.words.values())

    @property
    def layers(self) -> list[str]:
        """What a layer's control offers: the mean of all layers of the largest size, and each layer by its name."""
        return [f"{MEAN} {self.side} x {self.side}", *self.words]

    @property
    def heads(self) -> list[str]:
        """What a head's control offers: the mean of all heads, and each of them, counted from 1."""
        count = next(iter(self.words.values())).shape[1]
        return [MEAN, *(str(head) for head in range(1, count + 1))]

    def looks(self, kind: str, layer: str, head: str = MEAN) -> Tensor:
        """Weights (S, h, w, keys), kind "words" or "pixels", of a layer of `layers` and a head of `heads`.

        Raises ValueError for another kind, layer or head.
        """
        expect.known("kind of attention", kind, ("words", "pixels"))
        expect.known("layer", layer, self.layers)
        expect.known("head", head, self.heads)
        weights = self.words if kind == "words" else self.pixels
        if layer != self.layers[0]:
            chosen = weights[layer]
        else:
            chosen = torch.stack([each for each in weights.values() if each.shape[2] == self.side]).mean(dim=0)
        return chosen.mean(dim=1) if head == MEAN else chosen[:, int(head) - 1]


def watch(
    model: StableDiffusion, prompt: str, *, seed: int = 2, steps: int = 20, cfg_scale: float | None = None
) -> Watched:
    """Paint a prompt as `text_to_image` does, and keep who looked where at each step, in the pass with the prompt.

    Raises ValueError as `prepare` does. Example:

    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> seen.places, seen.layers[:2]
    (('(begin)', 'a', 'b', '(end)'), ['mean of all 8 x 8', 'down 1a, 8 x 8'])
    """
    run = prepare(model, prompt, seed=seed, steps=steps, cfg_scale=cfg_scale)
    words, pixels = Recorder(model.unet), Recorder(model.unet, of="pixels")
    run.denoise = words.around(pixels.around(run.denoise))
    walked = list(run)
    pictures = torch.cat([run.decode(step.denoised) for step in walked]).cpu()
    names = model.tokenizer.tokens(prompt)[: model.tokenizer.length - 2]  # what does not fit is cut there, too
    places = place_names(names)
    seen = _stacked(words)
    for name, weights in seen.items():
        ends = weights[..., len(names) + 1 :].sum(dim=-1, keepdim=True)
        seen[name] = torch.cat([weights[..., : len(names) + 1], ends], dim=-1)
    return Watched(prompt, places, pictures, seen, _stacked(pixels))


def _stacked(recorder: Recorder) -> dict[str, Tensor]:
    """Layer -> (S, H, h, w, keys); of a batch the last, which saw the prompt."""
    return {
        layer_name(name, weights.shape[2:4]): torch.stack([call.maps[name][-1] for call in recorder.calls])
        for name, weights in recorder.calls[0].maps.items()
    }


def place_names(tokens: Sequence[str]) -> tuple[str, ...]:
    """Names for the places of a prompt: its tokens, counted where one comes twice, between `BEGIN` and `END`.

    Example:

    >>> place_names(["a</w>", "red</w>", "a</w>", "hat</w>"])
    ('(begin)', 'a (1)', 'red', 'a (2)', 'hat', '(end)')
    """
    words = [token.removesuffix("</w>") for token in tokens]
    counted = [f"{word} ({words[: index + 1].count(word)})" for index, word in enumerate(words)]
    names = [counted[index] if words.count(word) > 1 else word for index, word in enumerate(words)]
    return (BEGIN, *names, END)


def layer_name(name: str, size: Sequence[int]) -> str:
    """A short name for a layer of the U-Net: the way, the level on it, a letter, and the size of what it works on.

    Example:

    >>> layer_name("up_blocks.1.attentions.0.0", (8, 8)), layer_name("mid_block.attentions.0.0", (4, 4))
    ('up 2a, 8 x 8', 'middle, 4 x 4')
    """
    sides = f"{size[0]} x {size[1]}"
    if name.startswith("mid"):
        return f"middle, {sides}"
    block, level, _, index, *_ = name.split(".")
    return f"{block.split('_')[0]} {int(level) + 1}{'abcdef'[int(index)]}, {sides}"
