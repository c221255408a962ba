"""One run of a sampler over a model: step by step, or to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from course_lib.datasets.eight_bits import to_levels
from course_lib.models.memory import advise_when_full
from course_lib.models.model import StableDiffusion
from course_lib.pipeline.finite import NotFiniteError, all_finite
from course_lib.samplers import SAMPLERS, Step
from course_lib.samplers import steps as walk


@dataclass(eq=False)
class Generated:
    """What comes out. images : (count, H, W, 3), uint8; steps : all steps; latent : (count, C, h, w), scaled, the last
    state.

    Example:

    >>> Generated(np.zeros((2, 8, 8, 3), np.uint8), [], torch.zeros(2, 4, 1, 1)).image.shape
    (8, 8, 3)
    """

    images: np.ndarray = field(repr=False)
    steps: list[Step] = field(repr=False)
    latent: Tensor = field(repr=False)

    @property
    def image(self) -> np.ndarray:
        """The first picture, (H, W, 3), uint8: the only one where one was asked for."""
        return self.images[0]


@dataclass(eq=False)
class Denoising:
    """One run: iterate over it for its steps, or call `finish` for the result; it is the same each time.

    denoise(x, sigma) -> denoised; x : (count, C, h, w), the states at sigmas[0]; generators : of each picture, what
    the noise of its steps follows from, never advanced; finish_images : what is done to the decoded pictures
    (count, 3, H, W) at the end.

    Example:

    >>> from course_lib.models import untrained
    >>> from course_lib.pipeline import prepare
    >>> run = prepare(untrained(), "a panda", steps=3)
    >>> [step.index for step in run], run.finish().image.shape
    ([0, 1, 2], (16, 16, 3))
    """

    model: StableDiffusion
    denoise: Callable
    x: Tensor
    sigmas: Tensor
    sampler: str
    generators: list[torch.Generator]
    options: dict
    cfg_scale: float
    finish_images: Callable[[Tensor], Tensor] | None = None

    @torch.no_grad()  # while a step is made; between steps the caller's setting holds
    def __iter__(self) -> Iterator[Step]:
        """The steps. Raises NotFiniteError, a ValueError, at the first number that is not finite."""
        options = dict(self.options)
        if "table" in SAMPLERS[self.sampler].options:
            options.setdefault("table", self.model.table)
        asked = []  # of the last call: its state, its level and its answer

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            asked[:] = x, sigma, self.denoise(x, sigma)
            return asked[2]

        index = 0
        with self._advice():
            generators = [generator.clone_state() for generator in self.generators]  # each walk draws the same noise
            walking = walk(self.sampler, denoise, self.x, self.sigmas, generator=generators, **options)
            while True:
                try:
                    step = next(walking, None)
                except (ValueError, ArithmeticError) as error:  # a sampler that computes its own steps may stop
                    if not asked or all_finite(asked[0], asked[2]):
                        raise
                    x, sigma, answer = asked
                    broken = Step(index, sigma.item(), self.sigmas[-1].item(), x, answer, answer, answer)
                    raise self._not_finite(broken) from error
                if step is None:
                    return
                if not all_finite(step.denoised, step.x_next):
                    raise self._not_finite(step)
                yield step
                index = step.index + 1

    def decode(self, latent: Tensor) -> Tensor:
        """A state or guess (B, C, h, w) -> pictures (B, 3, H, W), in [-1, 1], NaN where not finite: for players."""
        with torch.no_grad(), self._advice():
            return self.model.decode(latent)

    def _advice(self) -> AbstractContextManager:
        height, width = (side * self.model.vae.factor for side in self.x.shape[2:])
        return advice(self.model, (height, width), len(self.x))

    def _not_finite(self, step: Step) -> NotFiniteError:
        what = f"the latent of step {step.index + 1}, at sigma {step.sigma:.3g},"
        return NotFiniteError(what, self.cfg_scale, self.model.dtype, step)

    def finish(self, steps: list[Step] | None = None) -> Generated:
        """Run to the end, or take the steps of a run that has ended, and decode the last state.

        Raises NotFiniteError, a ValueError, where a number of a step or of the picture is not finite.
        """
        steps = list(self) if steps is None else steps
        latent = steps[-1].x_next if steps else self.x
        images = self.decode(latent)
        if not all_finite(images):
            what = f"the picture that the VAE decodes after {len(steps)} steps"
            raise NotFiniteError(what, self.cfg_scale, self.model.dtype, steps[-1] if steps else None)
        images = self.finish_images(images) if self.finish_images else images
        pixels = to_levels(images).permute(0, 2, 3, 1).cpu().numpy()
        return Generated(pixels, steps, latent)


def advice(model: StableDiffusion, size: int | tuple[int, int], pictures: int = 1) -> AbstractContextManager:
    """A context in which the end of memory is a MemoryError that says what would fit.

    Example:

    >>> from course_lib.models import untrained
    >>> with advice(untrained(), 64):
    ...     raise torch.OutOfMemoryError("Tried to allocate 9.00 GiB.")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    MemoryError: The memory of cpu is full. 64 x 64 pixels in float32 need ...
    """
    settings = {"device": model.device, "size": size, "dtype": model.dtype, "pictures": pictures}
    return advise_when_full(model.networks, **settings)
