"""What goes into a run: settings are checked here, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib import expect
from course_lib.diffusion.guidance import check_scale
from course_lib.models.memory import needed, there, would_fit
from course_lib.models.model import StableDiffusion
from course_lib.pipeline.denoising import Denoising, advice
from course_lib.pipeline.finite import NotFiniteError, all_finite
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import begin_lower, make_sigmas

Size = int | tuple[int, int] | None
MOST_STEPS = 10_000  # ten times as many as any noise table has
LARGEST_SIDE = 65_535  # of a JPEG
LARGEST_SEED = 2**32 - 1  # PyTorch's generator on the CPU takes no more bits: 2**32 + 1 would draw the noise of 1


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
    check_text("prompt", prompt), check_text("negative_prompt", negative_prompt)
    expect.known("sampler", sampler, SAMPLERS)
    steps = expect.whole("steps", steps, at_most=MOST_STEPS)
    strength = expect.positive("strength", strength, high=1)
    generator = torch.Generator().manual_seed(expect.whole("seed", seed, at_least=0, at_most=LARGEST_SEED))
    sigmas = begin_lower(make_sigmas(scheduler, steps, model.table), strength, model.table)
    cfg_scale = check_scale(model.cfg_scale if cfg_scale is None else cfg_scale)
    if image is None:
        if mask is not None or strength < 1:
            raise ValueError("a mask, and a strength below 1, need an image to begin with; got none")
        height, width = sides(model, size)
        _check_memory(model, (height, width))
        with advice(model, (height, width)):
            below = (height // model.vae.factor, width // model.vae.factor)
            clean = torch.zeros(1, model.vae.latent_channels, *below, dtype=torch.float32)
    else:
        if size is not None:
            raise ValueError(f"size must be left out with an image, whose size is taken; got {size!r}; see `upscale`")
        check_image(model, image, mask)
        _check_memory(model, tuple(image.shape[1:]))
        with torch.no_grad(), advice(model, tuple(image.shape[1:])):
            clean = model.encode(image[None]).cpu()
        if not all_finite(clean):
            raise NotFiniteError("the latent of the image", 1, model.dtype)
    with torch.no_grad(), advice(model, model.size):
        denoise = model.guided_denoiser(prompt, negative_prompt, cfg_scale)
    noise = torch.randn(clean.shape, generator=generator, dtype=torch.float32)
    x = (clean + sigmas[0].item() * noise).to(model.device)
    finish = None
    if mask is not None:
        denoise = _only_inside(denoise, mask, clean.to(model.device), noise.to(model.device), model.vae.factor)
        finish = lambda painted: torch.where(mask.to(painted.device), painted, image.to(painted))  # noqa: E731
    return Denoising(model, denoise, x, sigmas, sampler, generator, options, cfg_scale, finish)


def sides(model: StableDiffusion, size: Size) -> tuple[int, int]:
    """Height and width of a picture in pixels, from a size as `prepare` takes it. Raises ValueError as it does.

    Example:

    >>> from course_lib.models import untrained
    >>> sides(untrained(), None), sides(untrained(), (24, 32))
    ((16, 16), (24, 32))
    """
    size = model.size if size is None else size
    pair = (size, size) if hasattr(size, "__index__") else size
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise ValueError(f"size must be one side or (height, width); got {size!r}")
    for side in pair:
        if expect.whole("size", side, at_most=LARGEST_SIDE) % model.vae.factor:
            raise ValueError(f"size must be a multiple of {model.vae.factor} pixels; got {size!r}")
    return int(pair[0]), int(pair[1])


def check_image(model: StableDiffusion, image: Tensor, mask: Tensor | None = None) -> None:
    """Refuse what is no image (3, H, W) in [-1, 1], and a mask that is not (H, W), bool.

    Example:

    >>> from course_lib.models import untrained
    >>> check_image(untrained(), torch.full((3, 16, 16), 255.0))
    Traceback (most recent call last):
    ValueError: image must hold floats in [-1, 1]; got torch.float32 from 255.0 to 255.0
    """
    expect.tensor("image", image, "(3, H, W)")
    if len(image) != 3 or not image.numel():
        raise ValueError(f"image must be (3, H, W), red, green and blue; got {tuple(image.shape)}")
    if not image.is_floating_point():
        raise ValueError(f"image must hold floats in [-1, 1]; got {image.dtype}")
    if not bool((image.abs() <= 1.001).all()):
        raise ValueError(f"image must hold floats in [-1, 1]; got {image.dtype} from {image.min()} to {image.max()}")
    if mask is None:
        return
    expect.tensor("mask", mask, "(H, W)")
    if mask.dtype != torch.bool or mask.shape != image.shape[1:]:
        raise ValueError(
            f"mask must be (H, W), bool, as large as the image, {tuple(image.shape[1:])}; "
            f"got {tuple(mask.shape)} of {mask.dtype}"
        )


def check_text(name: str, text: object) -> None:
    """Refuse what is not a text, and a text that is not valid Unicode.

    Example:

    >>> check_text("prompt", "a red \\udcff")
    Traceback (most recent call last):
    ValueError: prompt must be a text in Unicode; got 'a red \\udcff', of which letter 7 cannot be written in UTF-8
    """
    if not isinstance(text, str):
        raise ValueError(f"{name} must be a text; got {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        what = f"got {text!r}, of which letter {error.start + 1} cannot be written in UTF-8"
        raise ValueError(f"{name} must be a text in Unicode; {what}") from None


def _check_memory(model: StableDiffusion, size: tuple[int, int]) -> None:
    """Count before a picture much larger than the model's own is begun: a system may end the program, not the call."""
    if size[0] * size[1] <= 16 * model.size**2:
        return
    free, held = (
        there(model.device),
        sum(weight.nbytes for part in model.networks.values() for weight in part.parameters()),
    )
    if needed(model.networks, size=size, dtype=model.dtype).total > free + held:
        settings = {"device": model.device, "size": size, "dtype": model.dtype}
        raise MemoryError(would_fit(model.networks, **settings, free=free + held, free_on_cpu=there("cpu")))


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
