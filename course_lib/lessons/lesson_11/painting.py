"""Lesson 11's pictures: the small model under any guidance, and under text states that were tampered with."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache

import torch
from torch import Tensor

from course_lib.diffusion import guided
from course_lib.figures import Drawing, beside, picture_panel
from course_lib.lessons.lesson_11.tokens import shortened, what_was_cut
from course_lib.lessons.small_model import model
from course_lib.pipeline import prepare
from course_lib.samplers import Step
from course_lib.texts import tr

SEED = 1  # of the page's pictures
COARSE, FINE = 4, 20  # steps: what is there at once, and what stays
_SIDE = 192


def walk(denoise: Callable, count: int = 1, *, seed: int = SEED, steps: int = FINE) -> list[Step]:
    """The steps of a run of the small model's sampler with this denoiser, from `count` copies of the seed's noise.

    denoise(x, sigma) -> denoised, over latents (count, 12, 8, 8). Raises ValueError as `prepare` does.

    Example:

    >>> nothing = walk(lambda x, sigma: 0 * x, count=2, steps=3)
    >>> len(nothing), nothing[-1].x_next.abs().max()
    (3, tensor(0.))
    """
    run = prepare(model(), "", seed=seed, steps=steps, cfg_scale=1)
    run.denoise, run.x, run.generators = denoise, run.x.expand(count, -1, -1, -1), run.generators * count
    return list(run)


def decoded(steps: list[Step]) -> Tensor:
    """The pictures (count, 3, 64, 64) in [-1, 1] at the end of `walk`.

    Example:

    >>> decoded(walk(lambda x, sigma: 0 * x, steps=1)).shape
    torch.Size([1, 3, 64, 64])
    """
    with torch.no_grad():
        return model().decode(steps[-1].x_next)


def paint_states(states: Tensor, *, cfg_scale: float = 3.0, seed: int = SEED, steps: int = FINE) -> Tensor:
    """Pictures (B, 3, 64, 64) for text states (B, 24, 128), all from the same noise, against the empty prompt's.

    Raises ValueError where the states have other axes. Example:

    >>> states = model().encode_text(["a panda", "a fox"])
    >>> paint_states(states, steps=1).shape
    torch.Size([2, 3, 64, 64])
    """
    empty = encode("")
    return decoded(
        walk(guided(model().denoiser(empty), model().denoiser(states), cfg_scale), len(states), seed=seed, steps=steps)
    )


@torch.no_grad()
def encode(prompt: str) -> Tensor:
    """The text states (1, 24, 128) of a prompt; what does not fit is cut, silently here. Raises ValueError for no text.

    Example:

    >>> encode("a panda").shape
    torch.Size([1, 24, 128])
    """
    with warnings.catch_warnings():  # the drawings say what was cut
        warnings.simplefilter("ignore", UserWarning)
        return model().encode_text([prompt])


@lru_cache(maxsize=512)
def paint(prompt: str, negative: str = "", cfg_scale: float = 3.0, steps: int = FINE, seed: int = SEED) -> Tensor:
    """The picture (3, 64, 64) of a prompt, as `text_to_image` paints it; the same words come back at once.

    Raises ValueError as `prepare` does. Example:

    >>> paint("a panda", steps=1).shape
    torch.Size([3, 64, 64])
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        run = prepare(model(), prompt, negative_prompt=negative, cfg_scale=cfg_scale, steps=steps, seed=seed)
    *_, last = run
    return run.decode(last.x_next)[0]


def draw_guided(prompt: str, negative: str, cfg_scale: float, seed: int) -> Iterator[Drawing]:
    """The picture at scale 0, at scale 1 and at yours: first in a few steps, then in all of them.

    Raises ValueError as `prepare` does. Example:

    >>> coarse, fine = draw_guided("a red heart", "", 3.0, 1)
    >>> coarse.sentence.split(".")[0], coarse.pixels.shape == fine.pixels.shape
    ('Scale 3, seed 1, 4 steps', True)
    """
    for steps in (COARSE, FINE):
        panels = {
            tr("scale 0"): paint(negative, "", 1.0, steps, seed),  # equal to scale 0, in half the passes
            tr("scale 1"): paint(prompt, "", 1.0, steps, seed),
            tr("scale {scale:g}").format(scale=cfg_scale): paint(prompt, negative, float(cfg_scale), steps, seed),
        }
        pixels = beside(*(picture_panel(picture, _SIDE, title) for title, picture in panels.items()))
        said = tr("Scale {scale:g}, seed {seed}, {steps} steps. Prompt: {prompt}. Negative prompt: {negative}.")
        words = {"prompt": shortened(prompt), "negative": shortened(negative)}
        sentence = said.format(scale=cfg_scale, seed=seed, steps=steps, **words)
        cut = [what_was_cut(text, model().tokenizer) for text in (prompt, negative)]
        yield Drawing(pixels, " ".join([sentence, *filter(None, cut)]))
