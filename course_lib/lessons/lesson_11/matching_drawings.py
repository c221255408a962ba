"""Lesson 11's drawings of the matching: its similarity matrix, the nearest pictures, and picking against painting."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.figures import COLOURS, Drawing, beside, line_panel, picture_panel, settled, stack, text_panel
from course_lib.figures.drawing import blend, canvas, titled, true_minus
from course_lib.figures.images import to_pixels
from course_lib.figures.lettering import write
from course_lib.lessons.lesson_11.matching import EVERY, HELD_OUT, Matching, held_out
from course_lib.lessons.lesson_11.painting import paint
from course_lib.lessons.lesson_11.tokens import shortened
from course_lib.texts import tr

TWELVE = (
    "red heart", "blue heart", "strawberry", "pizza", "panda", "fox", "frog", "sunflower", "fire", "rocket",
    "soccer ball", "rainbow",
)  # fmt: skip
STYLES = {"learned from": "fluent", "never shown": HELD_OUT}
_CELL, _NAME, _DARKEST = 32, 92, 0.8


@cache
def _images(style: str) -> Tensor:
    return open_emoji(style).images


def draw_matrix(matching: Matching, pictures: str, step: int) -> Drawing:
    """The cosines of twelve captions with twelve pictures after `step` steps, beside the loss so far.

    pictures : of STYLES; step : a kept one, a multiple of 10. Raises ValueError for others. Example:

    >>> draw_matrix(Matching(), "never shown", 0).sentence.split(". ")[0]
    'Step 0 of 0'
    """
    numbers = [held_out().captions.index(name) for name in TWELVE]
    expect.known("kind of pictures", pictures, STYLES)
    every = settled(matching.cosines(step, STYLES[pictures]))
    matrix, right = every[numbers][:, numbers], every.argmax(dim=0) == torch.arange(256)
    own = matrix.diagonal().mean()
    other = (matrix.sum() - matrix.diagonal().sum()) / (matrix.numel() - len(matrix))
    said = tr(
        "Step {step} of {steps}. Mean cosine of a picture with its own caption {own}, with another {other}. "
        "{found} of 256 pictures find their caption."
    )
    words = {
        "step": step,
        "steps": matching.step,
        "own": _plain(own),
        "other": _plain(other),
        "found": int(right.sum()),
    }
    panel = matrix_panel(matrix, TWELVE, _images(STYLES[pictures])[numbers])
    side = text_panel(tr("White: a cosine of 0 or below. Darkest: 0.8 or above."), 260)
    if matching.step > 1:
        losses = [matching.losses[max(0, at - 1)] for at in range(0, matching.step + 1, EVERY)]
        at = list(range(0, matching.step + 1, EVERY))
        side = stack(line_panel(at, {tr("loss"): losses}, 260, 220, tr("loss of each step"), mark=step), side)
    return Drawing(beside(panel, side), said.format(**words))


def _plain(cosine: Tensor) -> str:
    return true_minus(f"{round(cosine.item(), 2) + 0.0:.2f}")


def matrix_panel(matrix: Tensor, names: Sequence[str], pictures: Tensor) -> np.ndarray:
    """Cosines (N, N) as cells, from white for 0 and below to dark for 0.8, captions at the left, pictures on top.

    Example:

    >>> matrix_panel(torch.eye(2), ["a", "b"], torch.zeros(2, 3, 64, 64)).shape
    (97, 157, 3)
    """
    count = len(names)
    image, pen = canvas(_NAME + count * _CELL + 1, (count + 1) * _CELL + 1)
    for index, (name, picture) in enumerate(zip(names, pictures, strict=True)):
        write(pen, (_NAME - 6, (index + 1.5) * _CELL), name, COLOURS["ink"], 12, anchor="rm")
        small = torch.nn.functional.avg_pool2d(picture[None], 2)[0]
        image.paste(Image.fromarray(to_pixels(small)), (_NAME + index * _CELL, 0))
    for row, values in enumerate(matrix.tolist()):
        for column, value in enumerate(values):
            left, top = _NAME + column * _CELL, (row + 1) * _CELL
            fill = blend(COLOURS["paper"], COLOURS["signal"], min(1.0, max(0.0, value / _DARKEST)))
            pen.rectangle([left, top, left + _CELL, top + _CELL], fill=fill, outline=COLOURS["grid"])
    return np.asarray(image)


def draw_nearest(matching: Matching, words: str) -> Drawing:
    """The five pictures never shown whose vectors point most nearly the way of the words.

    Raises ValueError where no token of the words is known. Example:

    >>> matching = Matching()
    >>> matching.run(20)
    >>> draw_nearest(matching, "a red heart").sentence.split(": ")[0]
    'Nearest to “a red heart”'
    """
    vector = matching.of_texts([words])[0]
    if not vector.any():
        known = tr("No token of {words} stands in a caption. Try: red heart, green, blue.")
        raise ValueError(known.format(words=shortened(words)))
    cosines = settled(matching.of_pictures() @ vector)
    best = cosines.argsort(descending=True, stable=True)[:5].tolist()
    found = [(held_out().captions[number], cosines[number].item()) for number in best]
    pictures = [picture_panel(held_out().images[number], 128, f"{cosines[number]:.2f}") for number in best]
    said = tr("Nearest to {words}: {found}.")
    named = ", ".join(f"{caption} {cosine:.2f}" for caption, cosine in found)
    return Drawing(beside(*pictures), said.format(words=shortened(words), found=named))


def pick_and_paint(matching: Matching, prompts: Sequence[str], seed: int = 2) -> Drawing:
    """Two rows: the picture never shown that a score picks for each prompt, and the one that the small model paints.

    Raises ValueError where there is no prompt. Example:

    >>> matching = Matching()
    >>> matching.run(20)
    >>> pick_and_paint(matching, ["a red heart"]).sentence.split(":")[0]
    'Above, what a score picks of 256 pictures'
    """
    if not prompts:
        raise ValueError("expected at least one prompt; got none")
    best = (matching.of_texts(list(prompts)) @ matching.of_pictures().T).argmax(dim=1).tolist()
    picked = [picture_panel(held_out().images[n], 192, held_out().captions[n]) for n in best]
    painted = [picture_panel(paint(prompt, seed=seed), 192) for prompt in prompts]
    said = tr("Above, what a score picks of 256 pictures: {picked}. Below, what the small model paints for {prompts}.")
    words = {
        "picked": ", ".join(held_out().captions[n] for n in best),
        "prompts": ", ".join(shortened(prompt) for prompt in prompts),
    }
    rows = [
        titled(beside(*picked), tr("A score picks one of the set:")),
        titled(beside(*painted), tr("The small model paints:")),
    ]
    return Drawing(stack(*rows), said.format(**words))
