"""What a run is for: a picture from words, from a picture, a part of one painted anew, a larger one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_lib.models.model import StableDiffusion
from course_lib.pipeline.denoising import Generated
from course_lib.pipeline.preparing import Size, check_image, prepare, sides


def text_to_image(
    model: StableDiffusion,
    prompt: str | Sequence[str],
    *,
    negative_prompt: str | Sequence[str] = "",
    sampler: str = "dpmpp_2m",
    scheduler: str = "karras",
    steps: int = 20,
    cfg_scale: float | None = None,
    seed: int = 0,
    size: Size = None,
    count: int | None = None,
    **options,
) -> Generated:
    """A picture from words, or several at once. settings and errors: those of `prepare`.

    Example:

    >>> from course_lib.models import untrained
    >>> text_to_image(untrained(), "a panda", steps=3, seed=1).image.shape
    (16, 16, 3)
    >>> text_to_image(untrained(), "a panda", steps=3, seed=1, count=4).images.shape
    (4, 16, 16, 3)
    """
    return prepare(
        model, prompt, negative_prompt=negative_prompt, sampler=sampler, scheduler=scheduler, steps=steps,
        cfg_scale=cfg_scale, seed=seed, size=size, count=count, **options,
    ).finish()  # fmt: skip


def image_to_image(
    model: StableDiffusion, image: Tensor, prompt: str | Sequence[str], *, strength: float = 0.6, **settings
) -> Generated:
    """A picture from another, image (3, H, W) in [-1, 1]: noise is added to it, and removed under the words.

    strength : in (0, 1], how far up the noise table it goes, as `prepare` says; at 1 nearly nothing of the image is
    left. settings and errors: those of `prepare`, except size, which is the image's.
    Source: Meng et al. 2021 (SDEdit), arXiv 2108.01073.

    Example:

    >>> from course_lib.models import untrained
    >>> image_to_image(untrained(), torch.zeros(3, 16, 16), "a panda", steps=3).image.shape
    (16, 16, 3)
    """
    return prepare(model, prompt, image=image, strength=strength, **settings).finish()


def inpaint(
    model: StableDiffusion,
    image: Tensor,
    mask: Tensor,
    prompt: str | Sequence[str],
    *,
    strength: float = 1.0,
    **settings,
) -> Generated:
    """Paint a part of an image (3, H, W) anew: where mask (H, W) is True; the rest keeps its pixels.

    At each call the rest is put in as it would look at that level. settings and errors: those of `prepare`, except
    size, which is the image's.
    Source: Lugmayr et al. 2022 (RePaint), arXiv 2201.09865, section 4.1, without its jumps back.

    Example:

    >>> from course_lib.models import untrained
    >>> mask = torch.arange(16)[:, None] < torch.full((16,), 8)
    >>> inpaint(untrained(), torch.zeros(3, 16, 16), mask, "a panda", steps=3).image[12, 0]
    array([128, 128, 128], dtype=uint8)
    """
    return prepare(model, prompt, image=image, mask=mask, strength=strength, **settings).finish()


def upscale(
    model: StableDiffusion, image: Tensor, prompt: str | Sequence[str], *, size: Size, strength: float = 0.4, **settings
) -> Generated:
    """A larger picture: the image (3, H, W) is enlarged to `size`, and its details are painted under the words.

    settings and errors: those of `prepare`.

    Example:

    >>> from course_lib.models import untrained
    >>> upscale(untrained(), torch.zeros(3, 16, 16), "a panda", size=32, steps=3).image.shape
    (32, 32, 3)
    """
    check_image(model, image)
    larger = torch.nn.functional.interpolate(image[None], sides(model, size), mode="bicubic", align_corners=False)
    return image_to_image(model, larger[0].clamp(-1, 1), prompt, strength=strength, **settings)
