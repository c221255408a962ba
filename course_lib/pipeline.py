"""From words to a picture: the parts of the library joined, with any sampler and any scheduler.

Everything here is a denoiser, a state to begin with, and a list of levels: what differs between text to image, image to
image and inpainting is how these are made. `Denoising` walks the levels and yields each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from course_lib import expect
from course_lib.models.memory import advise_when_full
from course_lib.models.model import StableDiffusion
from course_lib.samplers import SAMPLERS, Step
from course_lib.samplers import steps as walk
from course_lib.schedulers import make_sigmas

Size = int | tuple[int, int] | None


@dataclass(eq=False)
class Generated:
    """What comes out. image : (H, W, 3), uint8; steps : all steps; latent : (1, C, h, w), scaled, the last state.

    Example:

    >>> Generated(np.zeros((8, 8, 3), np.uint8), [], torch.zeros(1, 4, 1, 1)).image.shape
    (8, 8, 3)
    """

    image: np.ndarray = field(repr=False)
    steps: list[Step] = field(repr=False)
    latent: Tensor = field(repr=False)


@dataclass(eq=False)
class Denoising:
    """One run, not yet begun: iterate over it for its steps, or call `finish` for the result.

    denoise(x, sigma) -> denoised; x : (1, C, h, w), the state at sigmas[0]; finish_image : what is done to the decoded
    picture (3, H, W) at the end.

    Example:

    >>> from course_lib.models import untrained
    >>> run = prepare(untrained(), "a panda", steps=3)
    >>> [step.index for step in run], run.finish().image.shape
    ([0, 1, 2], (16, 16, 3))
    """

    model: StableDiffusion
    denoise: Callable
    x: Tensor
    sigmas: Tensor
    sampler: str
    generator: torch.Generator
    options: dict
    finish_image: Callable[[Tensor], Tensor] | None = None

    @torch.no_grad()  # while a step is made; between steps the caller's setting holds
    def __iter__(self) -> Iterator[Step]:
        options = dict(self.options)
        if "table" in SAMPLERS[self.sampler].options:
            options.setdefault("table", self.model.table)
        with self._advice():
            yield from walk(self.sampler, self.denoise, self.x, self.sigmas, generator=self.generator, **options)

    def decode(self, latent: Tensor) -> Tensor:
        """A state or guess (B, C, h, w) -> pictures (B, 3, H, W), in [-1, 1]: for players."""
        with torch.no_grad(), self._advice():
            return self.model.decode(latent)

    def _advice(self) -> AbstractContextManager:
        height, width = (side * self.model.vae.factor for side in self.x.shape[2:])
        return _advice(self.model, (height, width), len(self.x))

    def finish(self, steps: list[Step] | None = None) -> Generated:
        """Run to the end, or take the steps of a run that has ended, and decode the last state."""
        steps = list(self) if steps is None else steps
        latent = steps[-1].x_next if steps else self.x
        image = self.decode(latent)[0]
        image = self.finish_image(image) if self.finish_image else image
        pixels = ((image + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()
        return Generated(pixels, steps, latent)


def prepare(
    model: StableDiffusion,
    prompt: str,
    *,
    image: Tensor | None = None,
    mask: Tensor | None = None,
    strength: float = 1.0,
    negative_prompt: str = "",
    sampler: str = "dpmpp_2m",
    scheduler: str = "karras",
    steps: int = 20,
    cfg_scale: float | None = None,
    seed: int = 0,
    size: Size = None,
    **options,
) -> Denoising:
    """A run that can be watched step by step; the functions below prepare one and finish it.

    prompt, negative_prompt : texts, "" for none; sampler, scheduler : names of SAMPLERS and SCHEDULERS; steps : at
    least 1; cfg_scale : guidance, at least 0, None for the model's own; seed : a whole number; size : (height, width)
    or one side in pixels, multiples of the VAE's factor, None for the model's own; options : of the sampler.
    image : (3, H, W) in [-1, 1], what to begin with; strength : in (0, 1], how much of the noise is added to it;
    mask : (H, W), bool, True where the image may change.

    Raises ValueError, saying what was expected and what came, before anything runs; MemoryError, saying what would fit,
    there and in each step.

    Example:

    >>> from course_lib.models import untrained
    >>> prepare(untrained(), "a panda", steps=3, size=24).x.shape
    torch.Size([1, 4, 12, 12])
    """
    for name, text in {"prompt": prompt, "negative_prompt": negative_prompt}.items():
        if not isinstance(text, str):
            raise ValueError(f"{name} must be a text; got {type(text).__name__}")
    expect.known("sampler", sampler, SAMPLERS)
    steps = expect.whole("steps", steps)
    strength = expect.positive("strength", strength, high=1)
    generator = torch.Generator().manual_seed(expect.whole("seed", seed, at_least=0))
    # With less than all of the noise, the same number of steps is taken from the lower part of a longer list.
    sigmas = make_sigmas(scheduler, max(steps, int(steps / strength)), model.table)
    sigmas = sigmas[-(steps + 1) :] if strength < 1 else sigmas
    if image is None:
        if mask is not None or strength < 1:
            raise ValueError("a mask, and a strength below 1, need an image to begin with; got none")
        height, width = _size(model, size)
        clean = torch.zeros(1, model.vae.latent_channels, height // model.vae.factor, width // model.vae.factor)
    else:
        _check_image(model, image, mask)
        with torch.no_grad(), _advice(model, tuple(image.shape[1:])):
            clean = model.encode(image[None]).cpu()
    with torch.no_grad(), _advice(model, model.size):
        denoise = model.guided_denoiser(prompt, negative_prompt, cfg_scale)
    noise = torch.randn(clean.shape, generator=generator)
    x = (clean + sigmas[0].item() * noise).to(model.device)
    finish = None
    if mask is not None:
        denoise = _only_inside(denoise, mask, clean.to(model.device), noise.to(model.device), model.vae.factor)
        finish = lambda painted: torch.where(mask.to(painted.device), painted, image.to(painted))  # noqa: E731
    return Denoising(model, denoise, x, sigmas, sampler, generator, options, finish)


def text_to_image(
    model: StableDiffusion,
    prompt: str,
    *,
    negative_prompt: str = "",
    sampler: str = "dpmpp_2m",
    scheduler: str = "karras",
    steps: int = 20,
    cfg_scale: float | None = None,
    seed: int = 0,
    size: Size = None,
    **options,
) -> Generated:
    """A picture from words. settings and errors: those of `prepare`. Raises ValueError.

    Example:

    >>> from course_lib.models import untrained
    >>> text_to_image(untrained(), "a panda", steps=3, seed=1).image.shape
    (16, 16, 3)
    """
    return prepare(
        model, prompt, negative_prompt=negative_prompt, sampler=sampler, scheduler=scheduler, steps=steps,
        cfg_scale=cfg_scale, seed=seed, size=size, **options,
    ).finish()  # fmt: skip


def image_to_image(
    model: StableDiffusion, image: Tensor, prompt: str, *, strength: float = 0.6, **settings
) -> Generated:
    """A picture from another, image (3, H, W) in [-1, 1]: noise is added to it, and removed under the words.

    strength : in (0, 1]; at 1 nearly nothing of the image is left. settings and errors: those of `prepare`.
    Source: Meng et al. 2021 (SDEdit), arXiv 2108.01073. Raises ValueError.

    Example:

    >>> from course_lib.models import untrained
    >>> image_to_image(untrained(), torch.zeros(3, 16, 16), "a panda", steps=3).image.shape
    (16, 16, 3)
    """
    return prepare(model, prompt, image=image, strength=strength, **settings).finish()


def inpaint(
    model: StableDiffusion, image: Tensor, mask: Tensor, prompt: str, *, strength: float = 1.0, **settings
) -> Generated:
    """Paint a part of an image (3, H, W) anew: where mask (H, W) is True; the rest keeps its pixels.

    At each call the rest is put in as it would look at that level. settings and errors: those of `prepare`.
    Source: Lugmayr et al. 2022 (RePaint), arXiv 2201.09865, section 4.1, without its jumps back. Raises ValueError.

    Example:

    >>> from course_lib.models import untrained
    >>> mask = torch.arange(16)[:, None] < torch.full((16,), 8)
    >>> inpaint(untrained(), torch.zeros(3, 16, 16), mask, "a panda", steps=3).image[12, 0]
    array([128, 128, 128], dtype=uint8)
    """
    return prepare(model, prompt, image=image, mask=mask, strength=strength, **settings).finish()


def upscale(
    model: StableDiffusion, image: Tensor, prompt: str, *, size: Size, strength: float = 0.4, **settings
) -> Generated:
    """A larger picture: the image (3, H, W) is enlarged to `size`, and its details are painted under the words.

    settings and errors: those of `prepare`. Raises ValueError.

    Example:

    >>> from course_lib.models import untrained
    >>> upscale(untrained(), torch.zeros(3, 16, 16), "a panda", size=32, steps=3).image.shape
    (32, 32, 3)
    """
    expect.tensor("image", image, "(3, H, W)")
    larger = torch.nn.functional.interpolate(image[None], _size(model, size), mode="bicubic", align_corners=False)
    return image_to_image(model, larger[0].clamp(-1, 1), prompt, strength=strength, **settings)


def _advice(model: StableDiffusion, size: int | tuple[int, int], pictures: int = 1) -> AbstractContextManager:
    """Where memory ends, a MemoryError says what would fit."""
    settings = {"device": model.device, "size": size, "dtype": model.dtype, "pictures": pictures}
    return advise_when_full(model.networks, **settings)


def _size(model: StableDiffusion, size: Size) -> tuple[int, int]:
    sides = (model.size, model.size) if size is None else (size, size) if isinstance(size, int) else tuple(size)
    if len(sides) != 2:
        raise ValueError(f"size must be one side or (height, width); got {size!r}")
    for side in sides:
        if expect.whole("size", side) % model.vae.factor:
            raise ValueError(f"size must be a multiple of {model.vae.factor} pixels; got {size!r}")
    return sides


def _check_image(model: StableDiffusion, image: Tensor, mask: Tensor | None) -> None:
    expect.tensor("image", image, "(3, H, W)")
    if not image.is_floating_point() or not bool((image.abs() <= 1.001).all()):
        raise ValueError(f"image must hold floats in [-1, 1]; got {image.dtype} from {image.min()} to {image.max()}")
    if mask is not None and (mask.dtype != torch.bool or mask.shape != image.shape[1:]):
        raise ValueError(
            f"mask must be (H, W), bool, as large as the image, {tuple(image.shape[1:])}; "
            f"got {tuple(mask.shape)} of {mask.dtype}"
        )


def _only_inside(denoise: Callable, mask: Tensor, clean: Tensor, noise: Tensor, factor: int) -> Callable:
    """Wrap a denoiser so that outside the mask it sees, and answers, what is known."""
    # A number of the latent may change if any of its pixels may.
    inside = torch.nn.functional.max_pool2d(mask[None, None].float(), factor).to(clean.device)

    def denoise_inside(x: Tensor, sigma: Tensor) -> Tensor:
        known = clean.to(x.dtype) + sigma.to(x.dtype) * noise.to(x.dtype)
        return torch.lerp(
            clean.to(x.dtype), denoise(torch.lerp(known, x, inside.to(x.dtype)), sigma), inside.to(x.dtype)
        )

    return denoise_inside
