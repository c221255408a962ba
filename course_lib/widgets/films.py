"""Films: frames that run in a circle, played in the player; it needs no kernel once it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from course_lib.figures import to_pixels
from course_lib.texts import tr
from course_lib.widgets.frames import Frames
from course_lib.widgets.player import Player


def film(panes: Mapping[str, torch.Tensor | Sequence], *, title: str, pixel_scale: int | None = None) -> Player:
    """Make a player of films side by side, which plays them round and round.

    panes: name -> frames (F, 3, H, W) in [-1, 1], or a list of pictures; as many for each name. `pixel_scale` enlarges
    every pixel by a whole number. Its still form is a sheet of at most eight frames.

    Raises ValueError where the title is empty, there is no film, or films differ in length or have no frame.

    Example:

    >>> film({"grey": torch.zeros(4, 3, 8, 8)}, title="Nothing moves").about["sentences"][0]
    'Frame 1 of 4.'
    """
    if not title:
        raise ValueError("a film needs a title that says what it is; got an empty one")
    lengths = {name: len(frames) for name, frames in panes.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(f"expected at least one film, all of one length, at least one frame; got lengths {lengths}")
    (count,) = set(lengths.values())
    pictures = tuple(zip(*([to_pixels(frame) for frame in frames] for frames in panes.values()), strict=True))
    numbers = range(1, count + 1)
    sentences = tuple(tr("Frame {frame} of {frames}.").format(frame=number, frames=count) for number in numbers)
    captions = tuple(tr("frame {frame}").format(frame=number) for number in numbers)
    names = tuple(tr(name) for name in panes)
    made = Player()
    made.load_frames(
        Frames(names, ("",) * len(names), pictures, sentences, captions), title, pixel_scale, round_and_round=True
    )
    return made
