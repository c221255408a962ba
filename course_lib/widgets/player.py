"""The denoising player: watch noise being removed, play, pause and scrub; it needs no kernel once it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import traitlets

from course_lib import expect
from course_lib.figures import Shown, contact_sheet, show_pixels
from course_lib.texts import tr
from course_lib.widgets.frames import Frames, evenly_chosen, frames_of, sprite_of
from course_lib.widgets.page import CourseWidget, kept_whole, module, static_bundle


class Player(CourseWidget):
    """A player of one denoising run; `player` makes it, `load` gives it another run.

    All frames travel to the page once, in one picture, and the page draws them; `about` holds their layout and words.

    Example:

    >>> Player.sprite.default_value
    b''
    """

    _esm = module("player.js")
    sprite = traitlets.Bytes().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    runs = traitlets.Int().tag(sync=True)  # counts runs; the page decodes one when it changes

    def load(self, steps: Iterable, decode: Callable | None = None, *, title: str = "", pixel_scale=None) -> None:
        """Show another run; the arguments are those of `player`.

        Raises ValueError as `player` does. Example:

        >>> Player().load([])
        Traceback (most recent call last):
        ValueError: expected at least one step of a denoising run; got none
        """
        self.load_frames(frames_of(steps, decode), title, pixel_scale)

    def load_frames(
        self, frames: Frames, title: str, pixel_scale: int | None = None, *, round_and_round: bool = False
    ) -> None:
        """Show frames that are drawn already. round_and_round : play on from the first after the last.

        Raises ValueError where they are too many or too large for one sheet, or pixel_scale is not at least 1.
        Example: see `course_lib.widgets.film`.

        >>> from course_lib.widgets import film
        >>> import torch
        >>> film({"grey": torch.zeros(4, 3, 8, 8)}, title="Nothing moves").about["round"]
        True
        """
        title = tr(title)
        sprite, layout = sprite_of(frames)
        widest = max(pane["width"] for pane in layout["panes"])
        scale = max(1, round(256 / widest)) if pixel_scale is None else expect.whole("pixel_scale", pixel_scale)
        for pane, label, note in zip(layout["panes"], frames.panes, frames.notes, strict=True):
            # Panes of different sizes, as a latent and its decoded picture, stand equally large on the page.
            pane.update(label=label, note=note, shown=widest * scale)
        self._frames, self._title = frames, title
        with self.hold_sync():
            self.about = {**layout, "title": title, "sentences": list(frames.sentences), "round": round_and_round}
            self.sprite = sprite
            self.runs += 1

    def contact_sheet(self) -> Shown:
        """About eight evenly chosen frames as a still figure, for a cell of its own.

        Example:

        >>> from types import SimpleNamespace
        >>> import torch
        >>> x = torch.zeros(1, 3, 8, 8)
        >>> step = SimpleNamespace(sigma=2.0, sigma_next=0.0, x=x, denoised=x, x_next=x)
        >>> player([step]).contact_sheet()
        Figure: Contact sheet of 2 frames. Step 1 of 1, sigma 2.00 to 0. Result after 1 step, sigma 0.
                Rows: state x, drawn as x / sqrt(1 + sigma²); guess of the clean picture.
        """
        frames, chosen = self._frames, evenly_chosen(len(self._frames.sentences))
        rows = [", ".join(filter(None, pair)) for pair in zip(frames.panes, frames.notes, strict=True)]
        pixels = contact_sheet([frames.pictures[i] for i in chosen], [frames.captions[i] for i in chosen], rows)
        says = tr("Contact sheet of {count} frames. {first} {last} Rows: {rows}.")
        ends = {"first": frames.sentences[0], "last": frames.sentences[-1]}
        alt = says.format(count=len(chosen), rows="; ".join(rows), **ends)
        if self._title:
            alt = tr("{label}. {sentence}").format(label=self._title.rstrip("."), sentence=alt)
        return show_pixels(pixels, alt)

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), self.contact_sheet(), kept_whole(self))


def player(
    steps: Iterable, decode: Callable | None = None, *, title: str = "", pixel_scale: int | None = None
) -> Player:
    """Make a player of a denoising run: the state and the guess of the clean picture side by side, step by step.

    steps: any list or iterator of `Step`s with x and denoised (B, C, H, W); an iterator is run to its end. decode:
    latents (B, C, H, W) -> pictures (B, 3, H, W) in [-1, 1], shown in a third pane. A batch is tiled. `pixel_scale`
    enlarges every pixel by a whole number; by default the panes come out about 256 pixels wide.

    Numbers that are not finite are drawn black, and the sentence of the frame says so.

    Raises ValueError where there is no step, tensors have other shapes, or the frames are too many or too
    large for one sheet.

    Example:

    >>> from types import SimpleNamespace
    >>> import torch
    >>> x = torch.zeros(1, 3, 8, 8)
    >>> step = SimpleNamespace(sigma=2.0, sigma_next=0.0, x=x, denoised=x, x_next=x)
    >>> player([step]).about["sentences"]
    ['Step 1 of 1, sigma 2.00 to 0.', 'Result after 1 step, sigma 0.']
    """
    made = Player()
    made.load(steps, decode, title=title, pixel_scale=pixel_scale)
    return made
