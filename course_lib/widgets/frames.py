"""What the denoising player shows: pure functions from steps to pictures, words and one sprite."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from course_lib.figures import tile
from course_lib.pipeline import NotFiniteError
from course_lib.texts import ngettext, tr

WEBP_LONGEST_SIDE = 16383


@dataclass(frozen=True)
class Frames:
    """A denoising run as pictures: `pictures[frame][pane]` are pixels (H, W, 3) uint8, `sentences[frame]` their words.

    `panes` names the panes, `notes` says how each is drawn, `captions` are the sentences in short.
    """

    panes: tuple[str, ...]
    notes: tuple[str, ...]
    pictures: tuple[tuple[np.ndarray, ...], ...]
    sentences: tuple[str, ...]
    captions: tuple[str, ...]


def frames_of(steps: Iterable, decode: Callable | None = None) -> Frames:
    """Draw every step of a run, and its result as a last frame.

    Of each `Step` with x and denoised (B, C, H, W) the panes are: the state, drawn as x / sqrt(1 + sigma**2) so that
    its spread stays near that of the pictures; the guess of the clean picture, `denoised`; and, where `decode` is
    given, decode(denoised) (B, 3, H, W) in [-1, 1]. The last frame shows x_next. With four or more channels, latents,
    the first three are drawn as red, green and blue, black at -3 and full at 3.

    What is not finite is drawn black, and the frame's sentence says so; where the run itself stops with a
    NotFiniteError, its sentence is the last frame's. Raises ValueError where there is no step, a tensor has not four
    axes or has two channels.

    Example:

    >>> from types import SimpleNamespace
    >>> x = torch.zeros(1, 3, 8, 8)
    >>> step = SimpleNamespace(sigma=2.0, sigma_next=0.0, x=x, denoised=x, x_next=x)
    >>> frames_of([step]).sentences
    ('Step 1 of 1, sigma 2.00 to 0.', 'Result after 1 step, sigma 0.')
    """
    steps, stopped = _taken(steps)
    if not steps:
        raise ValueError("expected at least one step of a denoising run; got none")
    for step in steps:
        if step.x.ndim != 4 or step.x.shape[1] == 2 or step.x.shape != step.denoised.shape:
            shapes = tuple(step.x.shape), tuple(step.denoised.shape)
            raise ValueError(f"a step's x and denoised must be (B, C, H, W) with C 1, 3 or more; got {shapes}")
    last = steps[-1]
    sigmas = [float(step.sigma) for step in steps] + [float(last.sigma_next)]
    states = [step.x for step in steps] + [last.x_next]
    states = [x / math.sqrt(1 + sigma**2) for x, sigma in zip(states, sigmas, strict=True)]
    # At sigma 0 the state is its own clean picture; a run that stops above 0 keeps its last guess.
    guesses = [step.denoised for step in steps] + [last.denoised if sigmas[-1] > 0 else last.x_next]
    channels = states[0].shape[1]
    latent = channels not in (1, 3)
    scaled, three = tr("drawn as x / sqrt(1 + sigma²)"), ""
    if latent:
        three = tr("first 3 of {channels} channels, black is −3 and full colour 3").format(channels=channels)
        scaled = tr("drawn as x / sqrt(1 + sigma²), {channels}").format(channels=three)
    guess_name = tr("guess of the clean latent") if latent else tr("guess of the clean picture")
    columns = {(tr("state x"), scaled): _visible(states), (guess_name, three): _visible(guesses)}
    if decode is not None:
        columns[tr("decoded guess"), ""] = [decode(guess) for guess in guesses]
    panes, notes = zip(*columns, strict=True)
    shown = list(zip(*columns.values(), strict=True))
    pictures = tuple(tuple(tile(_black_where_not_finite(batch)) for batch in frame) for frame in shown)
    count, levels = len(steps), [sigma_text(sigma) for sigma in sigmas]
    says = tr("Step {step} of {steps}, sigma {sigma} to {sigma_next}.")
    sentences = [
        says.format(step=index, steps=count, sigma=sigma, sigma_next=sigma_next)
        for index, (sigma, sigma_next) in enumerate(zip(levels, levels[1:], strict=False), start=1)
    ]
    says = ngettext("Result after {steps} step, sigma {sigma}.", "Result after {steps} steps, sigma {sigma}.", count)
    sentences.append(says.format(steps=count, sigma=levels[-1]))
    for index, frame in enumerate(shown):
        if not all(bool(batch.isfinite().all()) for batch in frame):
            sentences[index] += " " + tr("Numbers that are not finite are drawn black.")
    if stopped:
        sentences[-1] += " " + tr("The run stopped: {reason}.").format(reason=stopped)
    says = tr("step {step}\nsigma {sigma}")
    captions = [says.format(step=index, sigma=sigma) for index, sigma in enumerate(levels[:-1], start=1)]
    return Frames(panes, notes, pictures, tuple(sentences), (*captions, tr("result")))


def sigma_text(sigma: float) -> str:
    """Write a noise level with three significant digits or two decimals, whichever is more to the point.

    Example:

    >>> sigma_text(14.6146), sigma_text(0.02917), sigma_text(0.0)
    ('14.61', '0.0292', '0')
    """
    if sigma == 0:
        return "0"
    return f"{sigma:.2f}" if sigma >= 1 else f"{sigma:.3g}"


def sprite_of(frames: Frames) -> tuple[bytes, dict]:
    """Lay all frames out in one picture, as lossless WebP, and say where each pane of each frame lies.

    A frame is its panes side by side; frames run row by row in a near-square grid. Returns the bytes and the layout:
    columns, width and height of a frame, and left, width and height of each pane in it.

    Raises ValueError where the sheet would be wider or higher than WebP can hold.

    Example:

    >>> black = np.zeros((8, 8, 3), dtype=np.uint8)
    >>> data, layout = sprite_of(Frames(("state",), ("",), ((black,), (black,)), ("one", "two"), ("1", "2")))
    >>> layout["columns"], layout["width"], layout["panes"]
    (2, 8, [{'left': 0, 'width': 8, 'height': 8}])
    """
    shapes = [picture.shape[:2] for picture in frames.pictures[0]]
    width, height = sum(wide for _, wide in shapes), max(high for high, _ in shapes)
    count = len(frames.pictures)
    columns = max(1, min(count, math.ceil(math.sqrt(count * height / width))))
    rows = math.ceil(count / columns)
    if max(columns * width, rows * height) > WEBP_LONGEST_SIDE:
        raise ValueError(
            f"{count} frames of {width} x {height} pixels do not fit one sheet of {WEBP_LONGEST_SIDE} pixels a side; "
            "show fewer steps, fewer pictures or smaller ones"
        )
    sheet = np.zeros((rows * height, columns * width, 3), dtype=np.uint8)
    for index, pictures in enumerate(frames.pictures):
        top, left = index // columns * height, index % columns * width
        for picture in pictures:
            high, wide, _ = picture.shape
            sheet[top : top + high, left : left + wide] = picture
            left += wide
    buffer = io.BytesIO()
    Image.fromarray(sheet).save(buffer, "WEBP", lossless=True, method=0, quality=20)
    lefts = np.cumsum([0] + [wide for _, wide in shapes]).tolist()
    panes = [{"left": left, "width": wide, "height": high} for left, (high, wide) in zip(lefts, shapes, strict=False)]
    return buffer.getvalue(), {"columns": columns, "width": width, "height": height, "panes": panes}


def evenly_chosen(count: int, wanted: int = 8) -> list[int]:
    """Indices of at most `wanted` frames of `count`, evenly spread, with the first and the last.

    Example:

    >>> evenly_chosen(21), evenly_chosen(3)
    ([0, 3, 6, 9, 11, 14, 17, 20], [0, 1, 2])
    """
    return [round(index) for index in np.linspace(0, count - 1, min(count, wanted)).tolist()]


def _taken(steps: Iterable) -> tuple[list, str]:
    """All steps, with the one at which a run stopped because of numbers that are not finite, and what it said."""
    taken = []
    try:
        for step in steps:
            taken.append(step)
    except NotFiniteError as error:
        if error.step is None:
            raise
        return [*taken, error.step], str(error)
    return taken, ""


def _black_where_not_finite(batch: torch.Tensor) -> torch.Tensor:
    return batch.where(batch.isfinite(), -1.0)


def _visible(batches: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Batches with channels a screen can show; see `frames_of`."""
    if batches[0].shape[1] in (1, 3):
        return list(batches)
    return [batch[:, :3] / 3 for batch in batches]
