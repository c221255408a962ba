"""Lesson 01, what is Stable Diffusion: what its page calls."""

from __future__ import annotations

import warnings

import torch

from course_lib.lessons.small_model import model
from course_lib.pipeline import Denoising, prepare, remarks
from course_lib.samplers import SAMPLERS
from course_lib.texts import ngettext

EXAMPLES = [
    "a panda on a blue background", "a rocket", "pizza", "sunflower, noto style", "fox on a purple background",
    "a red heart", "a large blue star", "a small green square on a yellow background",
    "a red circle above a blue square", "a yellow ring left of a purple diamond",
]  # fmt: skip

OFFERED = ["dpmpp_2m", "euler", "euler_ancestral", "heun"]  # samplers of the page's menu


def remove_noise(prompt: str, seed: int, sampler: str = "euler", steps: int = 20) -> tuple[str, Denoising]:
    """Words in, noise removed, a picture out: the title of the run, and the run with x (1, 12, 8, 8).

    The title says which words were beyond the model's places, and which it has never seen. Raises ValueError for an
    unknown sampler, steps below 1 or a seed that is none.

    Example:

    >>> title, run = remove_noise("a panda", seed=1, steps=3)
    >>> title, len(list(run))
    ('"a panda". Euler, 3 steps, seed 1', 3)
    """
    with warnings.catch_warnings():  # what the warnings say stands in the title
        warnings.simplefilter("ignore", UserWarning)
        run = prepare(model(), prompt, sampler=sampler, steps=steps, seed=seed)
    says = ngettext(
        '"{prompt}". {sampler}, {steps} step, seed {seed}', '"{prompt}". {sampler}, {steps} steps, seed {seed}', steps
    )
    title = says.format(prompt=prompt.strip(), sampler=SAMPLERS[sampler].label, steps=steps, seed=seed)
    return ". ".join([title, *remarks(model(), prompt)]), run


def paint(prompt: str, seed: int, sampler: str = "euler", steps: int = 20) -> torch.Tensor:
    """The picture, (3, 64, 64) in [-1, 1], at the end of `remove_noise`. Raises ValueError as it does.

    Example:

    >>> tuple(paint("a panda", seed=1, steps=3).shape)
    (3, 64, 64)
    """
    run = remove_noise(prompt, seed, sampler, steps)[1]
    *_, last = run
    return run.decode(last.x_next)[0]
