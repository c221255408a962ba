"""What goes into a run: settings are checked here, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
MOST_PICTURES = 1_000  # at once
LARGEST_SEED = 2**32 - 1  # PyTorch's generator on the CPU takes no more bits: 2**32 + 1 would draw the noise of 1


def prepare(
    model: StableDiffusion,
    prompt: str | Sequence[str],
    *,
    image: Tensor | None = None,
    mask: Tensor | None = None,
    strength: float = 1.0,
    negative_prompt: str | Sequence[str] = "",
    sampler: str = "dpmpp_2m",
    scheduler: str = "karras",
    steps: int = 20,
    cfg_scale: float | None = None,
    seed: int = 0,
    size: Size = None,
    count: int | None = None,
    **options,
) -> Denoising:
    """A run that can be watched step by step; the functions below prepare one and finish it.

    prompt, negative_prompt : texts, "" for none, or lists with one for each picture; sampler, scheduler : names of
    SAMPLERS and SCHEDULERS; steps : at least 1; cfg_scale : guidance, at least 0, None for the model's own; seed : a
    whole number; size : (height, width) or one side in pixels, multiples of the VAE's factor, None for the model's own;
    count : how many pictures at once, with the seeds seed, seed + 1, ..., each as it would be alone; None for one, or
    for one for each prompt of a list; options : of the sampler.
    image : (3, H, W) in [-1, 1], what to begin with; strength : in (0, 1], how much of the noise is added to it;
    mask : (H, W), bool, True where the image may change.

    Raises ValueError, saying what was expected and what came, before anything runs; MemoryError, saying what would fit,
    there and in each step.

    Example:

    >>> from course_lib.models import untrained
    >>> prepare(untrained(), "a panda", steps=3, size=24).x.shape
    torch.Size([1, 4, 12, 12])
    >>> prepare(untrained(), ["a panda", "a rocket"], steps=3).x.shape
    torch.Size([2, 4, 8, 8])
    """
    if count is None:
        count = max(1, len(prompt)) if isinstance(prompt, list | tuple) else 1
    count = expect.whole("count", count, at_most=MOST_PICTURES)
    texts = {"prompt": prompt, "negative_prompt": negative_prompt}
    texts = {name: texts_for(name, text, count) for name, text in texts.items()}
    expect.known("sampler", sampler, SAMPLERS)
    if count > 1 and SAMPLERS[sampler].joint:
        raise ValueError(
            f"sampler {sampler!r} must paint one picture at a time, since its steps follow from the whole batch; "
            f"got {count} pictures"
        )
    steps = expect.whole("steps", steps, at_most=MOST_STEPS)
    strength = expect.positive("strength", strength, high=1)
    seed = expect.whole("seed", seed, at_least=0, at_most=LARGEST_SEED + 1 - count)
    generators = [torch.Generator().manual_seed(seed + number) for number in range(count)]
    sigmas = begin_lower(make_sigmas(scheduler, steps, model.table), strength, model.table)
    cfg_scale = check_scale(model.cfg_scale if cfg_scale is None else cfg_scale)
    if image is None:
        if mask is not None or strength < 1:
            raise ValueError("a mask, and a strength below 1, need an image to begin with; got none")
        height, width = sides(model, size)
    else:
        if size is not None:
            raise ValueError(f"size must be left out with an image, whose size is taken; got {size!r}; see `upscale`")
        check_image(model, image, mask)
        height, width = image.shape[1:]
    _check_memory(model, (height, width), count)
    with torch.no_grad(), advice(model, (height, width), count):
        if image is None:
            below = (height // model.vae.factor, width // model.vae.factor)
            clean = torch.zeros(1, model.vae.latent_channels, *below, dtype=torch.float32)
        else:
            clean = model.encode(image[None]).cpu()
            if not all_finite(clean):
                raise NotFiniteError("the latent of the image", 1, model.dtype)
        denoise = model.guided_denoiser(**texts, cfg_scale=cfg_scale)
        noise = torch.cat([torch.randn(clean.shape, generator=own, dtype=torch.float32) for own in generators])
        x = (clean + sigmas[0].item() * noise).to(model.device)
    finish = None
    if mask is not None:
        denoise = _only_inside(denoise, mask, clean.to(model.device), noise.to(model.device), model.vae.factor)
        finish = lambda painted: torch.where(mask.to(painted.device), painted, image.to(painted))  # noqa: E731
    return Denoising(model, denoise, x, sigmas, sampler, generators, options, cfg_scale, finish)


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


def texts_for(name: str, texts: str | Sequence[str], count: int) -> list[str]:
    """One text for all `count` pictures, or a list with one for each, as a list. Raises ValueError otherwise.

    Example:

    >>> texts_for("prompt", ["a panda", "a rocket"], 3)
    Traceback (most recent call last):
    ValueError: prompt must be one text for all pictures, or a list with one for each of the 3; got a list of 2
    """
    if not isinstance(texts, list | tuple):
        texts = [texts]
    elif len(texts) != count:
        raise ValueError(
            f"{name} must be one text for all pictures, or a list with one for each of the {count}; "
            f"got a list of {len(texts)}"
        )
    for text in texts:
        check_text(name, text)
    return list(texts)


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


def _check_memory(model: StableDiffusion, size: tuple[int, int], count: int) -> None:
    """Count before much more than one picture is begun: a system may end the program, not the call."""
    if count * size[0] * size[1] <= 16 * model.size**2:
        return
    settings = {"size": size, "dtype": model.dtype, "pictures": count}
    weights = [weight for network in model.networks.values() for weight in network.parameters()]
    free = there(model.device) + sum(weight.nbytes for weight in weights)
    if needed(model.networks, **settings, fused=model.device.type != "mps").total > free:
        on = {"device": model.device, "free": free, "free_on_cpu": there("cpu")}
        raise MemoryError(would_fit(model.networks, **settings, **on))


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
