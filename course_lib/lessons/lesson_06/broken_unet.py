"""Lesson 06's damage: the small model's trained U-Net with skips taken away, or told the wrong time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from functools import cache

import torch
from torch import Tensor

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.diffusion import q_sample, x0_from
from course_lib.figures import Drawing, beside, picture_panel
from course_lib.lessons.small_model import model
from course_lib.models import UNet
from course_lib.texts import tr

# The states that the small model's way down hands across, in the order in which they are kept.
SKIPS = ("conv_in", "down_0", "halved", "down_1")
ACROSS = {name: f"{name} across" for name in SKIPS}  # what stands beside the box that hands it across
PICTURES = ("panda", "red apple", "sunflower", "rocket")


@contextlib.contextmanager
def without_skips(unet: UNet, removed: Collection[str]) -> Iterator[None]:
    """Within it, the states with these names of SKIPS arrive as zeros on the way up; afterwards all is as before.

    Raises ValueError for an unknown name, or a U-Net that keeps another number of states.

    Example:

    >>> with without_skips(model().unet, ["down_0"]):
    ...     broken = model().unet(torch.zeros(1, 12, 8, 8), 500, torch.zeros(1, 24, 128))
    """
    for name in removed:
        expect.known("skip", name, SKIPS)
    wanted = sum(len(block.resnets) for block in unet.up_blocks)
    if wanted != len(SKIPS):
        raise ValueError(f"a U-Net with {len(SKIPS)} skips is expected; got one with {wanted}")

    def take_away(block, given):
        kept = given[3]
        for index, name in enumerate(SKIPS[: len(kept)]):
            if name in removed:
                kept[index] = torch.zeros_like(kept[index])

    hooks = [block.register_forward_pre_hook(take_away) for block in unet.up_blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@cache
def example(name: str) -> tuple[Tensor, Tensor, Tensor]:
    """A picture of PICTURES, for the U-Net: its latent (1, 12, 8, 8), a noise of that shape, and its text states.

    Raises ValueError for another name. Example:

    >>> [tuple(part.shape) for part in example("panda")]
    [(1, 12, 8, 8), (1, 12, 8, 8), (1, 24, 128)]
    """
    expect.known("picture", name, PICTURES)
    with torch.no_grad():
        latent = model().encode(open_emoji(style="fluent").select(name).images[:1])
        states = model().encode_text([f"{name}, fluent style"])
    return latent, torch.randn(latent.shape, generator=torch.Generator().manual_seed(0)), states


def answer(name: str, t: int, told: int | None = None, removed: Collection[str] = ()) -> tuple[Tensor, Tensor, Tensor]:
    """What the trained U-Net predicts for a picture's latent with the noise of timestep t, told `told` (or t).

    Returns the prediction (1, 12, 8, 8), what it was made from (1, 12, 8, 8), and alpha-bar of the true step.
    Raises ValueError for a step outside 0 to 999, another picture or another skip.

    Example:

    >>> answer("panda", 500)[0].shape
    torch.Size([1, 12, 8, 8])
    """
    told = t if told is None else told
    steps = len(model().table)
    for called, step in (("t", t), ("told", told)):
        if expect.whole(called, step, at_least=0) >= steps:
            raise ValueError(f"{called} must be a step from 0 to {steps - 1}; got {step}")
    latent, noise, states = example(name)
    x = q_sample(latent, t, model().table, noise)
    with torch.no_grad(), without_skips(model().unet, removed):
        return model().unet(x, told, states), x, model().table.alphas_cumprod[t].float()


def guess(name: str, t: int, told: int | None = None, removed: Collection[str] = ()) -> tuple[Tensor, float]:
    """The guess of the clean latent (1, 12, 8, 8) that `answer` stands for, and its mean squared error.

    The true step's formula is used, whatever the U-Net was told. Raises ValueError as `answer` does.

    Example:

    >>> guess("panda", 500)[0].shape
    torch.Size([1, 12, 8, 8])
    """
    prediction, x, alpha_bar = answer(name, t, told, removed)
    guessed = x0_from(model().prediction, prediction, x, alpha_bar)
    return guessed, float((guessed - example(name)[0]).square().mean())


def mix(t: int, told: int | None = None, removed: Collection[str] = ()) -> tuple[float, float]:
    """How much noise and how much picture are in `answer`: the mean over PICTURES.

    The two factors with which noise and latent come closest to the prediction, by least squares. A perfect v has
    sqrt(alpha_bar) and -sqrt(1 - alpha_bar). Raises ValueError as `answer` does.

    Example:

    >>> len(mix(500))
    2
    """
    factors = []
    for name in PICTURES:
        latent, noise, _ = example(name)
        both = torch.stack([noise.flatten(), latent.flatten()], dim=1)
        prediction = answer(name, t, told, removed)[0]
        factors.append(torch.linalg.lstsq(both, prediction.flatten()[:, None]).solution.flatten())
    of_noise, of_picture = torch.stack(factors).mean(dim=0).tolist()
    return of_noise, of_picture


def as_picture(table: Tensor) -> Tensor:
    """Of a table (1, C, H, W), the channel whose numbers differ most, scaled so that it can be shown: (H, W).

    Raises ValueError for other axes.

    Example:

    >>> as_picture(torch.tensor([[[[0.0, 4.0]], [[1.0, 1.0]]]])).sign()
    tensor([[-1.,  1.]])
    """
    expect.tensor("table", table, "(B, C, H, W)")
    channel = table[0, table[0].std(dim=(1, 2)).argmax()]
    return (channel - channel.mean()) / (2 * channel.std())


def draw(picture: str, t: int, told: int | None = None, **skips: bool) -> Drawing:
    """A picture, the same with the noise of step t, and two guesses: of the U-Net as it is, and changed.

    told : the step that the U-Net is told; t where it is left out. skips : for each name of SKIPS whether it is handed
    across. Raises ValueError as `guess` does.

    Example:

    >>> draw("panda", 500, told=0).sentence[:40], draw("panda", 500, conv_in=False).sentence[:47]
    ('Noise of timestep 500, told 0: the error', 'Noise of timestep 500, without conv_in: the err')
    """
    removed = [name for name in SKIPS if not skips.get(name, True)]
    whole, error_whole = changed, error_changed = guess(picture, t)
    if removed or told not in (None, t):
        changed, error_changed = guess(picture, t, t if told is None else told, removed)
    latent, noise, _ = example(picture)
    with torch.no_grad():
        images = model().decode(torch.cat([latent, q_sample(latent, t, model().table, noise), whole, changed]))
    changes = [] if told is None else [tr("told {step}").format(step=told)]
    if removed:
        changes.append(tr("without {skips}").format(skips=", ".join(removed)))
    elif skips:
        changes.append(tr("all skips there"))
    what = ", ".join(changes) or tr("nothing changed")
    with_error = tr("{state}, error {error}")
    titles = [
        tr("the picture"),
        tr("noise of timestep {step}").format(step=t),
        with_error.format(state=tr("as it is"), error=f"{error_whole:.2f}"),
        with_error.format(state=tr("damaged") if skips else what, error=f"{error_changed:.2f}"),
    ]
    says = tr("Noise of timestep {step}, {what}: the error is {error}; of the U-Net as it is, {whole}.")
    return Drawing(
        beside(*(picture_panel(*parts) for parts in zip(images, [160] * 4, titles, strict=True)), gap=12),
        says.format(step=t, what=what, error=f"{error_changed:.2f}", whole=f"{error_whole:.2f}"),
    )
