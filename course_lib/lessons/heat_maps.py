"""Lesson 07's heat maps: a run of a model with all its attention weights, and three drawings of who looks where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, picture_panel, stack
from course_lib.figures.drawing import canvas, font, titled
from course_lib.models import Recorder, StableDiffusion
from course_lib.pipeline import prepare

BEGIN, END = "(begin)", "(end)"
MEAN = "mean of all"
_SIDE = 192  # a panel's side; the 64 pixels of the small model's pictures, and 4 or 8 cells, fit in it
_ROW, _NAME, _BAR = 19, 96, 420  # a bar's height, the space for its name, and the length of a share of 1


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
    def layers(self) -> list[str]:
        """What a layer's control offers: the mean of all layers of the largest size, and each layer by its name."""
        side = max(weights.shape[2] for weights in self.words.values())
        return [f"{MEAN} {side} x {side}", *self.words]

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
            side = max(each.shape[2] for each in weights.values())
            chosen = torch.stack([each for each in weights.values() if each.shape[2] == side]).mean(dim=0)
        return chosen.mean(dim=1) if head == MEAN else chosen[:, int(head) - 1]


def watch(model: StableDiffusion, prompt: str, *, seed: int = 2, steps: int = 20) -> Watched:
    """Paint a prompt as `text_to_image` does, and keep who looked where at each step.

    Raises ValueError as `prepare` does. Example:

    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> seen.places, seen.layers[:2]
    (('(begin)', 'a', 'b', '(end)'), ['mean of all 8 x 8', 'down 1a, 8 x 8'])
    """
    run = prepare(model, prompt, seed=seed, steps=steps)
    words, pixels = Recorder(model.unet), Recorder(model.unet, of="pixels")
    run.denoise = words.around(pixels.around(run.denoise))
    walked = list(run)
    pictures = torch.cat([run.decode(step.denoised) for step in walked]).cpu()
    names = model.tokenizer.tokens(prompt)
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
    ('(begin)', 'a 1', 'red', 'a 2', 'hat', '(end)')
    """
    words = [token.removesuffix("</w>") for token in tokens]
    counted = [f"{word} {words[: index + 1].count(word)}" for index, word in enumerate(words)]
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


def draw_word(seen: Watched, word: str, layer: str, head: str, step: int) -> Drawing:
    """Where a word reaches: the guess at a step, the word's map, the guess seen through it, and all words' shares.

    word : of seen.places; layer, head : of seen.layers and seen.heads; step : from 1 to seen.steps.
    Raises ValueError for others. Example:

    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> draw_word(seen, "b", seen.layers[0], seen.heads[0], 2).sentence
    'Step 2 of 2, mean of all 8 x 8, head: mean of all. The weights of "b" go from 0.05 to 0.07; its share is 6 %.'
    """
    expect.known("word", word, seen.places)
    weights = seen.looks("words", layer, head)[_index(seen, step)]
    heat, picture = weights[..., seen.places.index(word)], seen.pictures[step - 1]
    shares = weights.mean(dim=(0, 1))
    panels = beside(
        picture_panel(picture, _SIDE, f"guess at step {step}"),
        heat_panel(heat, f'map of "{word}"'),
        picture_panel(through(picture, heat), _SIDE, "the guess through the map"),
    )
    bars = bars_panel(seen.places, shares, word, "where the pixels look, on average")
    share = 100 * shares[seen.places.index(word)]
    return Drawing(
        stack(panels, bars),
        f"Step {step} of {seen.steps}, {layer}, head: {head}. "
        f'The weights of "{word}" go from {heat.min():.2f} to {heat.max():.2f}; its share is {share:.0f} %.',
    )


def draw_pixel(seen: Watched, layer: str, head: str, step: int, row: int, column: int) -> Drawing:
    """Where a pixel looks: the guess at a step with the pixel framed, its map of the other pixels, its words' shares.

    row, column : of the pixels of the largest layers, 8 x 8 in the small model. In a smaller layer it is the larger
    pixel that holds this place. The rest is as in `draw_word`. Raises ValueError likewise. Example:

    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> draw_pixel(seen, "middle, 4 x 4", seen.heads[0], 2, 7, 0).sentence.split(": ")[0]
    'Step 2 of 2, middle, 4 x 4, head'
    """
    pixels = seen.looks("pixels", layer, head)[_index(seen, step)]
    words = seen.looks("words", layer, head)[step - 1]
    cells, side = seen.looks("words", seen.layers[0]).shape[1], len(pixels)
    expect.number("row", row, 0, cells - 1)
    expect.number("column", column, 0, cells - 1)
    own = (row * side // cells, column * side // cells)
    heat, shares = pixels[own].unflatten(0, (side, side)), words[own]
    block = seen.pictures.shape[-1] // side
    frame = (own[0] * block, own[1] * block, block, block)
    panels = beside(
        picture_panel(seen.pictures[step - 1], _SIDE, f"guess at step {step}", frame),
        heat_panel(heat, "where the framed pixel looks", own),
        picture_panel(through(seen.pictures[step - 1], heat), _SIDE, "the guess through the map", frame),
    )
    word = 1 + int(shares[1:-1].argmax())
    bars = bars_panel(seen.places, shares, seen.places[word], "where in the prompt the framed pixel looks")
    most = divmod(int(heat.argmax()), side)
    return Drawing(
        stack(panels, bars),
        f"Step {step} of {seen.steps}, {layer}, head: {head}. "
        f"Pixel at row {own[0]}, column {own[1]} looks most at row {most[0]}, column {most[1]} ({heat.max():.2f}), "
        f'and of the words at "{seen.places[word]}" ({shares[word]:.2f}).',
        (1, panels.shape[0] - _SIDE - 1, _SIDE, _SIDE),
    )


def draw_swap(runs: Mapping[str, Watched], before: str, after: str, step: int) -> Drawing:
    """One word of a prompt swapped: both guesses at a step, what changed, and where the word had been looked at.

    runs : word -> its run, all from the same noise; before, after : of these words. The map is the mean over the
    largest layers and the steps so far. Raises ValueError for other words and steps. Example:

    >>> from course_lib.models import untrained
    >>> runs = {word: watch(untrained(), f"a {word}", steps=2) for word in ("b", "c")}
    >>> draw_swap(runs, "b", "b", 1).sentence
    'Step 1 of 2. Nothing is swapped, and nothing changes.'
    """
    for word in (before, after):
        expect.known("word", word, runs)
    old, new = runs[before], runs[after]
    expect.known("word", before, old.places)
    heat = old.looks("words", old.layers[0])[: _index(old, step) + 1, ..., old.places.index(before)].mean(dim=0)
    first, second = old.pictures[step - 1], new.pictures[step - 1]
    off = change(old, new, step)
    panels = beside(
        picture_panel(first, _SIDE, f'"{before}", step {step}'),
        picture_panel(second, _SIDE, f'"{after}" in its place'),
        heat_panel(off, "what changed"),
        heat_panel(heat, f'map of "{before}" so far'),
    )
    if off.sum() == 0:
        return Drawing(panels, f"Step {step} of {old.steps}. Nothing is swapped, and nothing changes.")
    return Drawing(
        panels,
        f'Step {step} of {old.steps}. The quarter of the pixels that looked most at "{before}" holds '
        f"{100 * share_in_top_quarter(off, heat):.0f} % of the change.",
    )


def change(old: Watched, new: Watched, step: int) -> Tensor:
    """The squared difference of two runs' pictures at a step, added up over each pixel (h, w) of the largest layers."""
    cells = old.looks("words", old.layers[0]).shape[1]
    off = (old.pictures[step - 1] - new.pictures[step - 1]).square().sum(dim=0)
    return off.unflatten(1, (cells, -1)).unflatten(0, (cells, -1)).sum(dim=(1, 3))


def share_in_top_quarter(what: Tensor, heat: Tensor) -> float:
    """How much of `what` (h, w) lies where `heat` (h, w) is in its highest quarter.

    Example:

    >>> share_in_top_quarter(torch.tensor([[6.0, 1.0], [1.0, 0.0]]), torch.tensor([[9, 1], [2, 3]]))
    0.75
    """
    top = heat.flatten().argsort(descending=True)[: heat.numel() // 4]
    return float(what.flatten()[top].sum() / what.sum())


def heat_panel(heat: Tensor, title: str, frame: tuple[int, int] | None = None) -> np.ndarray:
    """A map (h, w) of weights, from black for 0 to white for its largest; the cell `frame` is outlined."""
    box = None if frame is None else (*frame, 1, 1)
    return picture_panel(2 * heat / heat.max().clamp(min=1e-12) - 1, _SIDE, title, box)


def through(picture: Tensor, heat: Tensor) -> Tensor:
    """A picture (3, H, W), dark where the map (h, w) is low, as it is where the map is highest."""
    light = (heat / heat.max().clamp(min=1e-12))[None, None]
    light = torch.nn.functional.interpolate(light, size=picture.shape[-2:], mode="nearest")[0]
    return light * (picture + 1) - 1


def bars_panel(names: Sequence[str], shares: Tensor, chosen: str, title: str) -> np.ndarray:
    """A bar for each share (N,) from 0 to 1, with its name and its number; that of `chosen` is dark."""
    image, pen = canvas(_NAME + _BAR + 60, _ROW * len(names))
    for index, (name, share) in enumerate(zip(names, shares.tolist(), strict=True)):
        middle, mine = index * _ROW + _ROW / 2, name == chosen
        pen.text((_NAME - 8, middle), f"▸ {name}" if mine else name, COLOURS["ink"], font(12), anchor="rm")
        box = [_NAME, index * _ROW + 3, _NAME + max(1, share * _BAR), (index + 1) * _ROW - 3]
        pen.rectangle(box, fill=COLOURS["ink" if mine else "grid"])
        pen.text((box[2] + 6, middle), f"{share:.2f}", COLOURS["ink"], font(12), anchor="lm")
    return titled(np.asarray(image), title)


def _index(seen: Watched, step: int) -> int:
    """The index of a step that is counted from 1."""
    return int(expect.number("step", expect.whole("step", step), 1, seen.steps)) - 1
