"""Lesson 07's heat maps: three drawings of who looks where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, beside, picture_panel, stack
from course_lib.figures.drawing import canvas, titled
from course_lib.figures.heat import heat_panel, through
from course_lib.figures.lettering import size_to_fit, write
from course_lib.pipeline import Watched
from course_lib.pipeline.watching import BEGIN, END
from course_lib.texts import tr

_SIDE = 192  # a panel's side; the 64 pixels of the small model's pictures, and 4 or 8 cells, fit in it
NEARLY_EMPTY = 0.01  # of a map whose largest weight is below this, the drawing says so
_ROW, _NAME, _BAR = 19, 96, 420  # a bar's height, the space for its name, and the length of a share of 1


def draw_word(seen: Watched, word: str, layer: str, head: str, step: int) -> Drawing:
    """Where a word reaches: the guess at a step, the word's map, the guess seen through it, and all words' shares.

    word : of seen.places; layer, head : of seen.layers and seen.heads; step : from 1 to seen.steps.
    Raises ValueError for others. Example:

    >>> from course_lib.pipeline import watch
    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> draw_word(seen, "b", seen.layers[0], seen.heads[0], 2).sentence
    'Step 2 of 2, mean of all 8 x 8, head: mean of all. The weights of "b" go from 0.054 to 0.072; its share is 6.3 %.'
    """
    expect.known("word", word, seen.places)
    weights = seen.looks("words", layer, head)[_index(seen, step)]
    heat, picture = weights[..., seen.places.index(word)], seen.pictures[step - 1]
    shares = weights.mean(dim=(0, 1))
    panels = beside(
        picture_panel(picture, _SIDE, tr("guess at step {step}").format(step=step)),
        heat_panel(heat, tr('map of "{word}"').format(word=_named(word))),
        picture_panel(through(picture, heat), _SIDE, "the guess through the map"),
    )
    bars = bars_panel(seen.places, shares, word, "where the pixels look, on average")
    share = 100 * shares[seen.places.index(word)]
    says = tr('The weights of "{word}" go from {low} to {high}; its share is {share} %.')
    numbers = {"low": f"{heat.min():.3f}", "high": f"{heat.max():.3f}", "share": f"{share:.1f}"}
    said = [_where(seen, layer, head, step), says.format(word=_named(word), **numbers)]
    if heat.max() < NEARLY_EMPTY:
        said.append(tr("The map is nearly empty."))
    return Drawing(stack(panels, bars), " ".join(said))


def draw_pixel(seen: Watched, layer: str, head: str, step: int, row: int, column: int) -> Drawing:
    """Where a pixel looks: the guess at a step with the pixel framed, its map of the other pixels, its words' shares.

    row, column : of the pixels of the largest layers, 8 x 8 in the small model. In a smaller layer it is the larger
    pixel that holds this place. The rest is as in `draw_word`. Raises ValueError likewise. Example:

    >>> from course_lib.pipeline import watch
    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=2)
    >>> draw_pixel(seen, "middle, 4 x 4", seen.heads[0], 2, 7, 0).sentence.split(": ")[0]
    'Step 2 of 2, middle, 4 x 4, head'
    """
    pixels = seen.looks("pixels", layer, head)[_index(seen, step)]
    words = seen.looks("words", layer, head)[step - 1]
    cells, side = seen.side, len(pixels)
    expect.number("row", row, 0, cells - 1)
    expect.number("column", column, 0, cells - 1)
    own = (row * side // cells, column * side // cells)
    heat, shares = pixels[own].unflatten(0, (side, side)), words[own]
    block = seen.pictures.shape[-1] // side
    frame = (own[0] * block, own[1] * block, block, block)
    panels = beside(
        picture_panel(seen.pictures[step - 1], _SIDE, tr("guess at step {step}").format(step=step), frame),
        heat_panel(heat, "where the framed pixel looks", own),
        picture_panel(through(seen.pictures[step - 1], heat), _SIDE, "the guess through the map", frame),
    )
    word = 1 + int(shares[1:-1].argmax())
    bars = bars_panel(seen.places, shares, seen.places[word], "where in the prompt the framed pixel looks")
    most = divmod(int(heat.argmax()), side)
    says = tr(
        "Pixel at row {row}, column {column} looks most at row {at_row}, column {at_column} ({weight}), and of the "
        'words at "{word}" ({share}).'
    )
    places = {"row": own[0], "column": own[1], "at_row": most[0], "at_column": most[1]}
    shown = {"weight": f"{heat.max():.2f}", "word": seen.places[word], "share": f"{shares[word]:.2f}"}
    sentence = f"{_where(seen, layer, head, step)} {says.format(**places, **shown)}"
    return Drawing(stack(panels, bars), sentence, (1, panels.shape[0] - _SIDE - 1, _SIDE, _SIDE))


def draw_swap(runs: Mapping[str, Watched], before: str, after: str, step: int) -> Drawing:
    """One word of a prompt swapped: both guesses at a step, what changed, and where the word had been looked at.

    runs : word -> its run, all from the same noise; before, after : of these words. The map is the mean over the
    largest layers and the steps so far. Raises ValueError for other words and steps. Example:

    >>> from course_lib.pipeline import watch
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
        picture_panel(first, _SIDE, tr('"{word}", step {step}').format(word=before, step=step)),
        picture_panel(second, _SIDE, tr('"{word}" in its place').format(word=after)),
        heat_panel(off, "what changed"),
        heat_panel(heat, tr('map of "{word}" so far').format(word=before)),
    )
    if off.sum() == 0:
        says = tr("Step {step} of {steps}. Nothing is swapped, and nothing changes.")
        return Drawing(panels, says.format(step=step, steps=old.steps))
    says = tr(
        'Step {step} of {steps}. The quarter of the pixels that looked most at "{word}" holds {share} % of the change.'
    )
    share = f"{100 * share_in_top_quarter(off, heat):.0f}"
    return Drawing(panels, says.format(step=step, steps=old.steps, word=before, share=share))


def _named(word: str) -> str:
    """The words of a prompt are the reader's own; its two ends are not."""
    return tr(word) if word in (BEGIN, END) else word


def _where(seen: Watched, layer: str, head: str, step: int) -> str:
    says = tr("Step {step} of {steps}, {layer}, head: {head}.")
    return says.format(step=step, steps=seen.steps, layer=tr(layer), head=tr(head))


def change(old: Watched, new: Watched, step: int) -> Tensor:
    """The squared difference of two runs' pictures at a step, added up over each pixel (h, w) of the largest layers.

    Example:

    >>> from course_lib.pipeline import watch
    >>> from course_lib.models import untrained
    >>> seen = watch(untrained(), "a b", steps=1)
    >>> change(seen, seen, 1).shape, change(seen, seen, 1).max()
    (torch.Size([8, 8]), tensor(0.))
    """
    off = (old.pictures[step - 1] - new.pictures[step - 1]).square().sum(dim=0)
    return off.unflatten(1, (old.side, -1)).unflatten(0, (old.side, -1)).sum(dim=(1, 3))


def share_in_top_quarter(what: Tensor, heat: Tensor) -> float:
    """How much of `what` (h, w) lies where `heat` (h, w) is in its highest quarter.

    Example:

    >>> import torch
    >>> share_in_top_quarter(torch.tensor([[6.0, 1.0], [1.0, 0.0]]), torch.tensor([[9, 1], [2, 3]]))
    0.75
    """
    top = heat.flatten().argsort(descending=True)[: heat.numel() // 4]
    return float(what.flatten()[top].sum() / what.sum())


def bars_panel(names: Sequence[str], shares: Tensor, chosen: str, title: str) -> np.ndarray:
    """A bar for each share (N,) from 0 to 1, with its name and its number; that of `chosen` is dark.

    Example:

    >>> import torch
    >>> bars_panel(["a", "b"], torch.tensor([0.25, 0.75]), "b", "shares").shape
    (60, 576, 3)
    """
    image, pen = canvas(_NAME + _BAR + 60, _ROW * len(names))
    for index, (name, share) in enumerate(zip(names, shares.tolist(), strict=True)):
        middle, mine = index * _ROW + _ROW / 2, name == chosen
        words = tr("(all end marks)") if name == END else _named(name)
        shown = f"▸ {words}" if mine else words
        write(pen, (_NAME - 8, middle), shown, COLOURS["ink"], size_to_fit(shown, _NAME - 8, 12), anchor="rm")
        box = [_NAME, index * _ROW + 3, _NAME + max(1, share * _BAR), (index + 1) * _ROW - 3]
        pen.rectangle(box, fill=COLOURS["ink" if mine else "grid"])
        write(pen, (box[2] + 6, middle), f"{share:.2f}", COLOURS["ink"], 12, anchor="lm")
    return titled(np.asarray(image), title)


def _index(seen: Watched, step: int) -> int:
    """The index of a step that is counted from 1."""
    return int(expect.number("step", expect.whole("step", step), 1, seen.steps)) - 1
