"""Lesson 10, latents: one channel of a latent is changed, and the decoder answers."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import expect
from course_lib.figures import Drawing, Shown, beside, picture_panel, show_pixels, stack
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_10.round_trip import latent_panel, open_pictures
from course_lib.lessons.small_model import model
from course_lib.texts import tr

ALL, ONE = "at all positions", "at the cursor"
_SIDE, _TITLE = 256, 22


def edited(picture: Tensor, channel: int, by: float, where: str, row: int, column: int) -> tuple[Tensor, Tensor]:
    """The latent (1, 12, 8, 8) of a picture with `by` added to a channel (1 to 12), and the decoded picture.

    Raises ValueError for another channel or `where`. Example:

    >>> latent, back = edited(open_pictures()["panda"], 1, 1.0, ONE, 3, 3)
    >>> tuple(latent.shape), tuple(back.shape)
    ((1, 12, 8, 8), (1, 3, 64, 64))
    """
    channel = expect.whole("channel", channel, at_least=1, at_most=12)
    expect.one_of("where", where, (ALL, ONE))
    with torch.no_grad():
        latent = model().encode(picture).clone()
        place = (slice(None), slice(None)) if where == ALL else (row, column)
        latent[(0, channel - 1, *place)] += by
        return latent, model().decode(latent)


def draw_edit(picture: Tensor, channel: int, by: float, where: str, row: int, column: int) -> Drawing:
    """The changed latent of a picture (1, 3, 64, 64), the decoded picture, and where that differs from before.

    Raises ValueError as `edited` does. Example:

    >>> draw_edit(open_pictures()["panda"], 1, 2.0, ONE, 3, 3).sentence
    'Channel 1 of 12 at row 4, column 4: 2 added.'
    """
    before = edited(picture, channel, 0.0, where, row, column)[1]
    latent, back = edited(picture, channel, by, where, row, column)
    frame = (8 * row, 8 * column, 8, 8) if where == ONE else None
    pixels = beside(
        picture_panel(back[0], _SIDE, tr("decoded"), frame),
        picture_panel((2 * (back - before)[0]).clamp(-1, 1), _SIDE, tr("2 × the change"), frame),
        latent_panel(latent[0], tr("the changed latent")),
    )
    if where == ONE:
        said = tr("Channel {channel} of 12 at row {row}, column {column}: {by} added.")
    else:
        said = tr("Channel {channel} of 12 at all positions: {by} added.")
    sentence = said.format(channel=channel, row=row + 1, column=column + 1, by=number_text(by))
    return Drawing(pixels, sentence, grid=(1, _TITLE + 1, _SIDE, _SIDE))


def show_edits() -> Shown:
    """The panda with 1 added to each channel at all positions, and with 2 added at one position.

    Example:

    >>> show_edits().alt[:9]
    'Two rows '
    """
    picture, rows = open_pictures()["panda"], []
    for where, by in ((ALL, 1.0), (ONE, 2.0)):
        panels = []
        for channel in (1, 6, 8, 9, 2, 12):
            back = edited(picture, channel, by, where, 3, 3)[1]
            panels.append(picture_panel(back[0], 128, tr("channel {channel}").format(channel=channel)))
        rows.append(beside(*panels, gap=10))
    alt = (
        "Two rows of pandas, one channel changed in each. Above, at all positions: channels 1 and 6 turn it blue, 8 "
        "pales it, 9 darkens it, 2 and 12 change little. Below, at one position: a spot near the eye changes, "
        "with channels 2 and 12 hardly at all."
    )
    return show_pixels(stack(*rows), alt)
