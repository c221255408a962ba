"""Scenes: captioned pictures composed at run time from the emoji and from coloured shapes, as many as are wanted.

Scene number n of a seed is always the same scene. Some pairs (a colour with a shape, a concept with a style, a concept
with a background) never occur in training scenes and only in held-out ones, so that a model can be asked for what it
has never seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from PIL import Image

from course_lib import expect
from course_lib.datasets import open_emoji_artwork
from course_lib.datasets.eight_bits import from_levels
from course_lib.datasets.shapes import SHAPES, silhouette
from course_lib.datasets.shapes import SIDE as SILHOUETTE

SIZE = 64
FULL, SMALL = 56, 30  # pixels: the two sizes of a lone emoji, which stands in the middle
ROOM = 5  # pixels by which a lone shape, or a scattered emoji, may be off the middle
SCATTER = 4  # pixels by which a scattered emoji is larger or smaller
COLOURS = {
    "red": (222, 46, 46),
    "orange": (247, 144, 30),
    "yellow": (252, 214, 58),
    "green": (58, 164, 74),
    "blue": (48, 108, 224),
    "purple": (132, 72, 188),
    "pink": (246, 134, 186),
    "brown": (128, 82, 48),
    "black": (24, 24, 28),
    "grey": (138, 140, 146),
    "white": (255, 255, 255),
}
RELATIONS = {"above": (0, -1), "below": (0, 1), "left of": (-1, 0), "right of": (1, 0)}  # where the first thing is
KINDS = {"emoji": 0.75, "shape": 0.08, "pair": 0.17}
HELD_OUT_SHAPES = frozenset(
    [("red", "star"), ("green", "heart"), ("blue", "triangle"), ("yellow", "square"), ("purple", "circle"),
     ("orange", "diamond"), ("pink", "cross"), ("black", "ring")]
)  # fmt: skip


@dataclass(frozen=True)
class Thing:
    """One thing of a scene: a shape of a colour, or a concept in a style; `middle` and `size` in pixels.

    Example:

    >>> Thing("star", "blue", None, (32, 32), 30).words
    'blue star'
    """

    name: str
    colour: str | None
    style: str | None
    middle: tuple[int, int]
    size: int

    @property
    def words(self) -> str:
        """The thing in a caption."""
        return f"{self.colour} {self.name}" if self.colour else self.name


@dataclass(frozen=True)
class Scene:
    """What is in a picture: its caption, the things, the background's colour, and for two things their relation.

    Example:

    >>> Scenes(seed=0)[3].caption
    'a love letter, noto style'
    """

    kind: str
    caption: str
    things: tuple[Thing, ...]
    background: str
    relation: str | None = None

    def draw(self) -> torch.Tensor:
        """The picture: (3, 64, 64), float32 in [-1, 1]."""
        canvas = Image.new("RGB", (SIZE, SIZE), COLOURS[self.background])
        for thing in self.things:
            art = _shape(thing.name, thing.colour) if thing.colour else _artwork()[thing.name, thing.style]
            art = art.resize((thing.size, thing.size), Image.Resampling.LANCZOS, reducing_gap=2.0)
            left, top = (round(middle - thing.size / 2) for middle in thing.middle)
            canvas.paste(art.convert("RGBA"), (left, top), art.getchannel("a"))
        return from_levels(torch.from_numpy(np.asarray(canvas).copy()).permute(2, 0, 1))


class Scenes:
    """Scene number n of a seed: scenes[n]. `held_out` gives scenes of which each holds a pair kept out of training.

    A lone emoji is drawn in the middle, in one of two sizes: each place and size more is another picture to be learned.
    What its caption leaves open is left to chance: the style, and now and then the background. `scattered` lets place
    and size vary, too, for a network that judges pictures.

    Raises ValueError for a number below 0, an unknown kind or style. Example:

    >>> scenes = Scenes(seed=1)
    >>> scenes[7] == scenes[7], scenes.batch(range(2))[0].shape
    (True, torch.Size([2, 3, 64, 64]))
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        held_out: bool = False,
        kind: str | None = None,
        styles: tuple[str, ...] = ("noto", "fluent", "flat", "twemoji"),
        scattered: bool = False,
    ):
        if kind is not None:
            expect.known("kind", kind, KINDS)
        for style in styles:
            expect.known("style", style, {style for _, style in _artwork()})
        self.seed, self.held_out, self.kind, self.styles = expect.whole("seed", seed, 0), held_out, kind, styles
        self.scattered = scattered

    def __getitem__(self, number: int) -> Scene:
        random = np.random.default_rng([expect.whole("number", number, 0), self.seed, int(self.held_out)])
        while True:
            kind = self.kind or str(random.choice(list(KINDS), p=list(KINDS.values())))
            scene = {"emoji": self._emoji, "shape": self._shape, "pair": self._pair}[kind](random)
            if is_held_out(scene) == self.held_out:
                return scene

    def batch(self, numbers) -> tuple[torch.Tensor, list[str]]:
        """Several scenes: pictures (B, 3, 64, 64) and their captions."""
        scenes = [self[number] for number in numbers]
        return torch.stack([scene.draw() for scene in scenes]), [scene.caption for scene in scenes]

    def _emoji(self, random: np.random.Generator) -> Scene:
        """What the caption leaves open varies: either style, and now and then a background that it does not name."""
        concept, style = str(random.choice(_concepts())), str(random.choice(self.styles))
        small, background = random.random() < 0.15, "white"
        if coloured := random.random() < 0.55:
            background = _colour(random, but=("white",))
        named = coloured and random.random() < 0.9
        size, middle = SMALL if small else FULL, (SIZE // 2, SIZE // 2)
        if self.scattered:
            size += int(random.integers(-SCATTER, SCATTER + 1))
            middle = _somewhere(random, size)
        thing = Thing(concept, None, style, middle, size)
        words = _with_article(f"small {concept}" if small else concept, random.random() < 0.3)
        in_style = f", {style} style" if random.random() < 0.5 else ""
        return Scene("emoji", f"{words}{_on(background) if named else ''}{in_style}", (thing,), background)

    def _shape(self, random: np.random.Generator) -> Scene:
        size_word = str(random.choice(["", "", "small ", "large "]))
        low, high = {"": (32, 41), "small ": (20, 27), "large ": (46, 55)}[size_word]
        size, colour = int(random.integers(low, high)), _colour(random, but=("white",))
        thing = Thing(str(random.choice(SHAPES)), colour, None, _somewhere(random, size), size)
        background = _colour(random, but=(colour,)) if random.random() < 0.5 else "white"
        words = _with_article(f"{size_word}{thing.words}", random.random() < 0.5)
        return Scene("shape", f"{words}{_on(background)}", (thing,), background)

    def _pair(self, random: np.random.Generator) -> Scene:
        relation = str(random.choice(list(RELATIONS)))
        background = _colour(random, but=()) if random.random() < 0.35 else "white"
        apart = int(random.integers(15, 18))
        things = []
        for side in (1, -1):
            size, colour = int(random.integers(21, 28)), _colour(random, but=(background,))
            across, down = (32 + side * apart * step + int(random.integers(-2, 3)) for step in RELATIONS[relation])
            things.append(Thing(str(random.choice(SHAPES)), colour, None, (across, down), size))
        first, second = things
        caption = f"{_with_article(first.words)} {relation} {_with_article(second.words)}{_on(background)}"
        return Scene("pair", caption, (first, second), background, relation)


def emoji_scene(concept: str, style: str, background: str = "white", *, size: int = FULL) -> Scene:
    """One concept in the middle of a background; `size` in pixels. Raises ValueError for a name that is not known.

    Example:

    >>> emoji_scene("panda", "noto", "blue").caption
    'panda on a blue background, noto style'
    """
    expect.known("concept", concept, _concepts())
    expect.known("style", style, {style for _, style in _artwork()})
    expect.known("background", background, COLOURS)
    thing = Thing(concept, None, style, (SIZE // 2, SIZE // 2), expect.whole("size", size, 1))
    return Scene("emoji", f"{concept}{_on(background)}, {style} style", (thing,), background)


def is_held_out(scene: Scene) -> bool:
    """Whether a scene holds a pair that is kept out of training.

    Those are: eight colours of shapes (also where an emoji draws one: a green heart); every concept in at most one of
    its styles; and one in thirteen of the concepts' backgrounds.

    Example:

    >>> star = Thing("star", "red", None, (32, 32), 30)
    >>> is_held_out(Scene("shape", "red star", (star,), "white"))
    True
    """
    for thing in scene.things:
        if thing.colour:
            if (thing.colour, thing.name) in HELD_OUT_SHAPES:
                return True
        elif _emoji_held_out(thing.name, thing.style, scene.background):
            return True
    return False


def _emoji_held_out(concept: str, style: str, background: str) -> bool:
    number = _concepts().index(concept)
    if any(concept == f"{colour} {shape}" for colour, shape in HELD_OUT_SHAPES):
        return True
    of_style = number % 4 == 1 and list(dict.fromkeys(style for _, style in _artwork())).index(style) == number // 4 % 4
    of_background = background != "white" and (number + 5 * list(COLOURS).index(background)) % 13 == 0
    return of_style or of_background


def _on(background: str) -> str:
    return "" if background == "white" else f" on {_with_article(background)} background"


def _with_article(words: str, wanted: bool = True) -> str:
    article = "an " if words[0] in "aeiou" else "a "
    return article + words if wanted else words


def _colour(random: np.random.Generator, but: tuple[str, ...]) -> str:
    return str(random.choice([colour for colour in COLOURS if colour not in but]))


def _somewhere(random: np.random.Generator, size: int) -> tuple[int, int]:
    room = min(ROOM, (SIZE - size) // 2)
    return tuple(32 + int(random.integers(-room, room + 1)) for _ in range(2))


@cache
def _artwork() -> dict[tuple[str, str], Image.Image]:
    art = open_emoji_artwork()
    # Multiplied by alpha, so that resizing does not bring the colour of what is not seen to the edges.
    pictures = (Image.fromarray(image.permute(1, 2, 0).numpy(), "RGBA").convert("RGBa") for image in art.images)
    return dict(zip(zip(art.captions, art.styles, strict=True), pictures, strict=True))


@cache
def _concepts() -> list[str]:
    return list(dict.fromkeys(concept for concept, _ in _artwork()))


@cache
def _shape(name: str, colour: str) -> Image.Image:
    picture = Image.new("RGBA", (SILHOUETTE, SILHOUETTE), (*COLOURS[colour], 0))
    picture.putalpha(silhouette(name))
    return picture.convert("RGBa")
