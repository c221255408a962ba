"""Video frame by frame: a start, the words or a picture moves a little, and what flickers beyond that is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets.scenes import SIZE, Scene, Thing
from course_lib.figures import COLOURS, Shown, beside, picture_panel, show, show_pixels, stack, subplots, text_panel
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_16.running import ODE, SDE, decoded, encoded, run, seeded, unit_noise
from course_lib.lessons.small_model import model
from course_lib.texts import tr

FRAMES = 8
CIRCLE = 5  # pixels of radius, on which the given picture's circle goes round: as far off the middle as the model knows
ROWS = {  # a row of SAMPLERS, and the noise that it adds: none, the same for all frames, or other noise for each
    "DPM++ 2M": (ODE, "none"),
    "DPM++ 2M SDE, shared noise": (SDE, "shared"),
    "DPM++ 2M SDE, fresh noise": (SDE, "fresh"),
}
KINDS = ("nothing moves", "the start moves", "the words move", "the picture moves")
SHOWN = ("nothing moves", "the start moves", "the picture moves")  # those of the page
PROMPTS = {
    "still": "octopus, noto style",
    "first": "a fox on a blue background, fluent style",
    "last": "a panda on a blue background, fluent style",
    "picture": "a blue circle",
}


@cache
def film(kind: str, row: str) -> Tensor:
    """Eight frames that run in a circle: (8, 3, 64, 64) in [-1, 1].

    kind : one of KINDS, what moves from frame to frame; row : one of ROWS. Raises ValueError for other names.

    Example:

    >>> film("the start moves", "DPM++ 2M").shape
    torch.Size([8, 3, 64, 64])
    """
    expect.known("kind of film", kind, KINDS)
    expect.known("row", row, ROWS)
    sampler, shared = ROWS[row]
    still = unit_noise(1, seed=3).expand(FRAMES, -1, -1, -1)
    settings = {"sampler": sampler, "fresh": _source(still, shared)}
    if kind == "nothing moves" and shared != "fresh":  # all frames are one run
        return decoded(run(PROMPTS["still"], still[:1], sampler=sampler, fresh=_source(still[:1], shared))).expand(
            FRAMES, -1, -1, -1
        )
    if kind == "nothing moves":
        return decoded(run(PROMPTS["still"], still, **settings))
    if kind == "the start moves":
        return decoded(run(PROMPTS["still"], moving_noise(), **settings))
    if kind == "the words move":
        return decoded(run(moving_words(), still, **settings))
    return decoded(run(PROMPTS["picture"], still, clean=encoded(moving_picture()), strength=0.3, **settings))


def turns() -> Tensor:
    """The angle of each frame on its circle, in radians, from 0: (8,). Example:

    >>> turns()[:3]
    tensor([0.0000, 0.7854, 1.5708])
    """
    return torch.arange(FRAMES) * 2 * math.pi / FRAMES


def moving_noise(tilt: float = math.radians(45)) -> Tensor:
    """Starts on a small circle of the sphere on which noise lies, so that each has variance 1: (8, 12, 8, 8).

    tilt : how far the circle is from its middle, in radians. Example:

    >>> f"{moving_noise().std():.1f}"
    '1.0'
    """
    middle, one, other = unit_noise(3, seed=3)
    angle = turns().reshape(-1, 1, 1, 1)
    return math.cos(tilt) * middle + math.sin(tilt) * (angle.cos() * one + angle.sin() * other)


@torch.no_grad()
def moving_words() -> Tensor:
    """Text states between those of a fox and a panda, there and back: (8, length, width). Example:

    >>> moving_words().shape
    torch.Size([8, 24, 128])
    """
    one, other = model().encode_text([PROMPTS["first"], PROMPTS["last"]])
    share = (1 - turns().cos()) / 2
    return torch.lerp(one, other, share[:, None, None])


def moving_picture() -> Tensor:
    """A red circle on white that goes round the middle of the picture: (8, 3, 64, 64). Example:

    >>> moving_picture().shape
    torch.Size([8, 3, 64, 64])
    """
    frames = []
    for down, across in moves():
        middle = (SIZE // 2 + across, SIZE // 2 + down)
        frames.append(Scene("shape", "", (Thing("circle", "red", None, middle, 30),), "white").draw())
    return torch.stack(frames)


def moves() -> list[tuple[int, int]]:
    """How many pixels down and across each frame of the moving picture is off the middle. Example:

    >>> moves()[:3]
    [(0, 5), (4, 4), (5, 0)]
    """
    return [(round(CIRCLE * angle.sin().item()), round(CIRCLE * angle.cos().item())) for angle in turns()]


def steadied(frames: Tensor) -> Tensor:
    """Frames of the moving picture, each moved back by what its circle had moved: (8, 3, 64, 64).

    Raises ValueError where there are not eight frames. Example:

    >>> back = steadied(moving_picture())
    >>> back[0].equal(back[1])
    True
    """
    expect.tensor("frames", frames, "(8, 3, H, W)")
    if len(frames) != FRAMES:
        raise ValueError(f"expected {FRAMES} frames; got {len(frames)}")
    pairs = zip(frames, moves(), strict=True)
    return torch.stack([frame.roll((-down, -across), (1, 2)) for frame, (down, across) in pairs])


def flicker(frames: Tensor) -> float:
    """How far a frame is from the mean of its two neighbours, on average over a film that runs in a circle.

    frames : (F, 3, H, W) in [-1, 1]. In percent of the range from black to white. A steady change brings a frame
    half-way between its neighbours, so it does not count. Raises ValueError for fewer than three frames. Example:

    >>> flicker(torch.tensor([-1.0, 1.0, -1.0, 1.0]).reshape(4, 1, 1, 1).expand(4, 3, 8, 8))
    100.0
    """
    expect.tensor("frames", frames, "(F, 3, H, W)")
    if len(frames) < 3:
        raise ValueError(f"expected at least three frames; got {len(frames)}")
    between = (frames.roll(1, 0) + frames.roll(-1, 0)) / 2
    return 50 * (frames - between).abs().mean().item()


def flicker_of(kind: str, row: str) -> float:
    """The flicker of a film; where the picture moves, after its frames are moved back. Raises ValueError as `film`.

    Example:

    >>> flicker_of("nothing moves", "DPM++ 2M") < 0.01 < flicker_of("nothing moves", "DPM++ 2M SDE, fresh noise")
    True
    """
    frames = film(kind, row)
    return flicker(steadied(frames) if kind == "the picture moves" else frames)


def draw_flicker(kinds: Sequence[str] = SHOWN) -> Shown:
    """The flicker of each film and row, as bars. Raises ValueError as `film` does.

    Example:

    >>> draw_flicker(("the start moves",)).width
    760
    """
    looks = (("signal", ""), ("denoised", "//"), ("noise", ".."))
    with subplots(width=7.6, height=0.9 + 0.75 * len(kinds)) as (fig, axis):
        for number, (row, (colour, hatch)) in enumerate(zip(ROWS, looks, strict=True)):
            values = [flicker_of(kind, row) for kind in kinds]
            places = [kind + 0.26 * (number - 1) for kind in range(len(kinds))]
            look = {"color": COLOURS[colour], "hatch": hatch, "edgecolor": COLOURS["paper"]}
            bars = axis.barh(places, values, 0.24, left=0, label=tr(row), **look)
            axis.bar_label(bars, [number_text(value, 1) for value in values], padding=3, fontsize=9)
        axis.set_yticks(range(len(kinds)), [tr(kind) for kind in kinds])
        most = max(flicker_of(kind, row) for kind in kinds for row in ROWS)
        axis.set(xlim=(0, max(5, 1.2 * most)), xlabel=tr("flicker (% of the range)"))
        axis.invert_yaxis()
        axis.legend(loc="lower center", bbox_to_anchor=(0.42, 1.0), ncols=3, fontsize=9)
    parts = [tr("Bars of flicker in percent of the range, for {rows}.").format(rows="; ".join(tr(row) for row in ROWS))]
    for kind in kinds:
        values = ", ".join(number_text(flicker_of(kind, row), 0) for row in ROWS)
        parts.append(tr("{kind}: about {values}.").format(kind=tr(kind).capitalize(), values=values))
    return show(fig, " ".join(parts))


def show_film(kind: str) -> Shown:
    """All frames of a film, row by row. Raises ValueError for a kind that is not in KINDS.

    Example:

    >>> show_film("the start moves").width
    860
    """
    rows = [moving_picture()] if kind == "the picture moves" else []
    names = [tr("the given picture")] if rows else []
    for row in ROWS:
        rows.append(film(kind, row))
        names.append(tr(row))
    parts = []
    for name, frames in zip(names, rows, strict=True):
        strip = beside(*(picture_panel(frame, 96) for frame in frames), gap=8)
        parts += [text_panel(name, strip.shape[1]), strip]
    return show_pixels(stack(*parts, gap=6), ALT_FILMS[kind])


def panes(kind: str) -> dict[str, Tensor]:
    """A film with each of ROWS, by name, as the widget `film` takes them. Raises ValueError as `film` does.

    Example:

    >>> list(panes("the start moves"))[0]
    'DPM++ 2M'
    """
    given = {"the given picture": moving_picture()} if kind == "the picture moves" else {}
    return given | {row: film(kind, row) for row in ROWS}


ALT_FILMS = {
    "nothing moves": (
        "Three rows of eight frames of a red octopus. DPM++ 2M and DPM++ 2M SDE with shared noise: eight times the "
        "same picture. With fresh noise: colours, eyes and arms change from frame to frame."
    ),
    "the start moves": (
        "Three rows of eight frames of a red octopus. DPM++ 2M and DPM++ 2M SDE with shared noise: it hardly changes. "
        "With fresh noise: colours, eyes and arms change from frame to frame."
    ),
    "the words move": (
        "Three rows of eight frames on blue: a fox becomes a panda and a fox again. In all rows the frames in between "
        "are a pinkish animal with two unequal eyes. With fresh noise its face is another one on the way back."
    ),
    "the picture moves": (
        "Four rows of eight frames. The given picture: a red circle that goes round the middle. Below it, for three "
        "rows, a blue circle at the same places. DPM++ 2M's is violet-blue and steady; those of the SDE rows are a "
        "stronger blue, and their rim and colour change a little from frame to frame."
    ),
}


def _source(like: Tensor, shared: str):
    """Noise that a row adds: one draw for all frames, or one for each; None where a row adds none."""
    if shared == "none":
        return None
    generator = seeded(16)
    count = 1 if shared == "shared" else len(like)
    return lambda *_: torch.randn(count, *like.shape[1:], generator=generator).expand_as(like)
