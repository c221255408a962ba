"""The course's small model, opened once for all lessons that run it."""

from __future__ import annotations

from functools import cache

from course_lib.models import StableDiffusion, load


@cache
def model() -> StableDiffusion:
    """The small model; every call gives the same object.

    Example:

    >>> model().size, model().unet.in_channels, model() is model()
    (64, 12, True)
    """
    return load("small-stable-diffusion")
