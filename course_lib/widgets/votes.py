"""A blind vote: two pictures side by side, their names hidden until all votes are given; it needs no kernel."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
import traitlets

from course_lib.exercises.tally import votes_needed
from course_lib.figures import Shown, beside, picture_panel, show_pixels, stack, text_panel, to_pixels
from course_lib.texts import tr
from course_lib.widgets.frames import Frames, sprite_of
from course_lib.widgets.page import CourseWidget, kept_whole, module, static_bundle


class Vote(CourseWidget):
    """Pairs of pictures, one pair after the other; `vote` makes it.

    All pictures travel to the page once, in one; `about` holds their layout, their words, and what stands on which
    side. `votes` are the sides that the reader took, 0 left and 1 right.

    Example:

    >>> Vote().votes
    []
    """

    _esm = module("vote.js")
    sprite = traitlets.Bytes().tag(sync=True)
    about = traitlets.Dict().tag(sync=True)
    votes = traitlets.List().tag(sync=True)

    @property
    def tally(self) -> tuple[int, int]:
        """How many votes each of the two names has. Example: see `vote`.

        >>> Vote().tally
        (0, 0)
        """
        pairs = self.about.get("pairs", [])
        second = sum(pair["swapped"] != bool(side) for pair, side in zip(pairs, self.votes, strict=False))
        return len(self.votes) - second, second

    def static(self, count: int = 4) -> Shown:
        """The first pairs as a still figure, without names. Example:

        >>> grey = torch.zeros(2, 3, 8, 8)
        >>> vote(grey, grey, names=("A", "B"), captions=("one", "two"), title="A vote").static()
        Figure: A vote. Pictures in pairs, names hidden: one; two.
        """
        shown = self.about["pairs"][:count]
        pairs = [beside(*(picture_panel(pixels, 96) for pixels in sides), gap=4) for sides in self._pictures[:count]]
        columns = [
            stack(text_panel(pair["words"], panels.shape[1]), panels, gap=4)
            for pair, panels in zip(shown, pairs, strict=True)
        ]
        says, title = tr("{title} Pictures in pairs, names hidden: {words}."), self.about["title"]
        alt = says.format(
            title=title if title[-1] in ".?!" else f"{title}.", words="; ".join(pair["words"] for pair in shown)
        )
        return show_pixels(beside(*columns, gap=20), alt)

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), self.static(), kept_whole(self))


def vote(
    one: torch.Tensor,
    other: torch.Tensor,
    *,
    names: tuple[str, str],
    captions: Sequence[str],
    title: str,
    seed: int = 0,
) -> Vote:
    """Let the reader choose between two pictures, pair by pair, without knowing which is which; then tell.

    one, other : pictures (N, 3, H, W) in [-1, 1], pair n being one[n] and other[n]; names : what made the ones and the
    others; captions : a text for each pair; seed : of the sides on which they stand. A button or an arrow key votes.
    After the last pair the page says the tally, how often a tossed coin is as uneven, and which picture was which.

    Raises ValueError where the title is empty, there is no pair, or pictures, names and captions do not fit.

    Example:

    >>> grey = torch.zeros(2, 3, 8, 8)
    >>> made = vote(grey, grey, names=("A", "B"), captions=("a cat", "a dog"), title="A or B?")
    >>> made.votes = [0, 0]
    >>> sum(made.tally)
    2
    """
    if not title:
        raise ValueError("a vote needs a title that says what it is about; got an empty one")
    if len(names) != 2:
        raise ValueError(f"expected two names; got {len(names)}")
    if not len(one) == len(other) == len(captions) > 0:
        raise ValueError(
            "expected at least one pair, each with two pictures and a caption; "
            f"got {len(one)} and {len(other)} pictures and {len(captions)} captions"
        )
    chance = random.Random(seed)
    swapped = [chance.random() < 0.5 for _ in captions]
    pictures = [(to_pixels(a), to_pixels(b)) for a, b in zip(one, other, strict=True)]
    sides = tuple((b, a) if turn else (a, b) for (a, b), turn in zip(pictures, swapped, strict=True))
    empty = ("",) * len(sides)
    sprite, layout = sprite_of(Frames(("", ""), ("", ""), sides, empty, empty))
    pairs = [{"words": words, "swapped": turn} for words, turn in zip(captions, swapped, strict=True)]
    about = {**layout, "title": tr(title), "names": [tr(name) for name in names], "pairs": pairs}
    made = Vote(sprite=sprite, about=about | {"needed": votes_needed(0.6)})
    made._pictures = sides
    return made
