"""Runs of a model for lesson 17, watched step by step, timed, and named."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from course_lib.models import StableDiffusion
from course_lib.pipeline import NotFiniteError, prepare, remarks
from course_lib.pipeline.denoising import advice
from course_lib.samplers import SAMPLERS, Step
from course_lib.texts import ngettext, tr


def wait(device: torch.device) -> None:
    """Wait until a device has done what it was asked: a GPU works on while Python goes on.

    Example:

    >>> wait(torch.device("cpu"))
    """
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).synchronize()


def measured(device: torch.device) -> str:
    """The memory in use, as a sentence: on cuda the most there was at one time, on mps what there is now.

    Example:

    >>> measured(torch.device("cpu"))
    'not measured on the CPU: Python and its libraries would count, too'
    """
    if device.type == "cuda":
        megabytes = f"{torch.cuda.max_memory_allocated(device) / 1e6:.0f}"
        return tr("measured {size} MB on cuda, the most at one time").format(size=megabytes)
    if device.type == "mps":
        megabytes = f"{torch.mps.driver_allocated_memory() / 1e6:.0f}"
        return tr("measured {size} MB on mps, now").format(size=megabytes)
    return tr("not measured on the CPU: Python and its libraries would count, too")


class Watch:
    """Runs of a model, watched and timed: a call gives the title of a run and its steps, for players.

    fixed : settings of `prepare` that hold for every run. The last run is kept: asked for again, it is not run again.

    Example:

    >>> from course_lib.models import untrained
    >>> watch = Watch(untrained(), size=24)
    >>> title, steps = watch("a panda", steps=3, seed=1)
    >>> title, len(steps), len(watch.seconds), watch.decode(steps[-1].x_next).shape
    ('"a panda": DPM++ 2M, karras, 3 steps, guidance 3, seed 1', 3, 3, torch.Size([1, 3, 24, 24]))
    """

    def __init__(self, model: StableDiffusion, **fixed):
        self.model, self.fixed = model, fixed
        self.seconds: list[float] = []  # of each step of the last run
        self._last: tuple[dict, tuple[str, list[Step]]] = ({}, ("", []))

    def __call__(self, prompt: str, **settings) -> tuple[str, list[Step]]:
        """settings : of `prepare`. Raises ValueError, MemoryError as it does.

        The title says which words found no place, or were never seen. A run whose numbers stop being finite ends with
        that step, and the title says so, too.
        """
        asked = self.fixed | settings | {"prompt": prompt}
        if asked == self._last[0]:
            return self._last[1]
        with warnings.catch_warnings():  # what the warnings say stands in the title
            warnings.simplefilter("ignore", UserWarning)
            run = prepare(self.model, **asked)
        steps, self.seconds = [], []
        wait(self.model.device)
        start = time.perf_counter()
        said = remarks(self.model, asked["prompt"], asked.get("negative_prompt", ""))
        try:
            for step in run:
                wait(self.model.device)
                self.seconds.append(time.perf_counter() - start)
                start = time.perf_counter()
                steps.append(step)
        except NotFiniteError as error:  # the player shows that step, black, under this sentence
            steps.append(error.step)
            said.append(tr("The run stopped: {reason}").format(reason=error))
        self._last = asked, (". ".join([_title(self.model, asked, len(steps)), *said]), steps)
        return self._last[1]

    def decode(self, latent: Tensor) -> Tensor:
        """latent (B, C, h, w) -> pictures (B, 3, H, W) in [-1, 1]. Raises MemoryError, saying what would fit."""
        size = tuple(side * self.model.vae.factor for side in latent.shape[2:])
        with torch.no_grad(), advice(self.model, size, len(latent)):
            return self.model.decode(latent)

    def nearly_done(self, steps: list[Step]) -> Step:
        """The first step whose decoded guess lies at most an eighth as far from the last picture as the first guess.

        Raises ValueError where there are no steps.

        Example:

        >>> from course_lib.models import untrained
        >>> watch = Watch(untrained(), size=16, sampler="euler")
        >>> _, steps = watch("a panda", steps=3, seed=1)
        >>> watch.nearly_done(steps) in steps
        True
        """
        if not steps:
            raise ValueError("expected at least one step of a run; got none")
        end = self.decode(steps[-1].x_next)
        gaps = [(self.decode(step.denoised) - end).abs().mean().item() for step in steps]
        return next((step for step, gap in zip(steps, gaps, strict=True) if gap <= gaps[0] / 8), steps[-1])

    def pace(self) -> str:
        """How fast the last run was, as a sentence: the median of its steps, the first left out: a GPU prepares in it.

        Raises ValueError where nothing has been run.
        """
        if not self.seconds:
            raise ValueError("nothing has been run yet; call it with a prompt first")
        later = self.seconds[1:] or self.seconds
        middle = statistics.median(later)
        says = tr("{pace} ms a step, {rate} steps a second; the first step took {first} ms")
        return says.format(pace=f"{1000 * middle:.0f}", rate=f"{1 / middle:.1f}", first=f"{1000 * self.seconds[0]:.0f}")


def _title(model: StableDiffusion, asked: Mapping, count: int) -> str:
    sampler, scheduler = asked.get("sampler", "dpmpp_2m"), asked.get("scheduler", "karras")
    scale = model.cfg_scale if asked.get("cfg_scale") is None else asked["cfg_scale"]
    prompt, negative = asked["prompt"], asked.get("negative_prompt")
    words = tr('"{prompt}", without "{negative}"') if negative else tr('"{prompt}"')
    says = ngettext(
        "{words}: {sampler}, {scheduler}, {count} step, guidance {guidance}, seed {seed}",
        "{words}: {sampler}, {scheduler}, {count} steps, guidance {guidance}, seed {seed}",
        count,
    )
    return says.format(
        words=words.format(prompt=prompt, negative=negative),
        **{"sampler": SAMPLERS[sampler].label, "scheduler": scheduler, "count": count},
        **{"guidance": f"{scale:g}", "seed": asked.get("seed", 0)},
    )
