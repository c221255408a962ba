"""What a schedule does to a picture, computed exactly: a picture as a sum of patterns, each with a path of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from course_lib import expect
from course_lib.datasets import open_emoji
from course_lib.diffusion import GaussianDenoiser
from course_lib.figures import COLOURS, Drawing, beside, picture_panel, settled, stack
from course_lib.figures.drawing import number_text
from course_lib.lessons.lesson_15.chart import Axis, Chart
from course_lib.lessons.lesson_15.scoring import CALLS, ONE_CALL, checked, levels
from course_lib.lessons.lesson_15.sketch import sampler_label
from course_lib.samplers import sample
from course_lib.schedulers import SCHEDULERS
from course_lib.texts import tr

SIZE = 32  # pixels of a side
PICTURES = ("panda", "rocket", "pizza", "butterfly")
STRONGEST, WEAKEST = 12.0, 0.02  # the strengths that the plot shows
STRIP = ("linear_quadratic", "sgm_uniform", "karras", "gits")


@cache
def patterns() -> tuple[Tensor, Tensor, Tensor]:
    """The mean of the 1024 emoji, (numbers,), the strengths (K,), falling, and the patterns (K, numbers).

    Every emoji is the mean plus a sum of patterns, and a pattern's strength is the standard deviation of how much of it
    an emoji has. 32 x 32 pixels, so 3072 numbers. Patterns weaker than 0.01 are left out.

    Example:

    >>> mean, strengths, shapes = patterns()
    >>> f"{strengths[0]:.1f}", f"{strengths[100]:.2f}"
    ('11.0', '0.93')
    """
    flat = avg_pool2d(open_emoji().images, 64 // SIZE).double().flatten(1)
    mean = flat.mean(0)
    apart = flat - mean
    # The patterns are those of the pictures' covariance; its small twin, pictures by pictures, has the same strengths.
    squares, mixing = torch.linalg.eigh(apart @ apart.T / len(flat))
    strengths = squares.clamp(min=0).sqrt().flip(0)
    shapes = (mixing.flip(1).T @ apart) / (strengths * len(flat) ** 0.5).clamp(min=1e-9)[:, None]
    kept = strengths > 0.01
    return mean, strengths[kept], shapes[kept]


def kept(strengths: Tensor, sigmas: Tensor, sampler: str = "euler") -> Tensor:
    """Which share of a pattern a sampler brings to the end, for patterns of these strengths (K,): 1 is exact. (K,).

    A pattern of strength s is one Gaussian of std s. It begins on its exact path, at the first level.
    sigmas : (levels,). Raises ValueError where the levels do not fall to 0, or the sampler is not one of ONE_CALL.

    Example:

    >>> kept(torch.tensor([3.0], dtype=torch.float64), levels("karras")).round(decimals=2)
    tensor([0.8700], dtype=torch.float64)
    """
    expect.one_of("sampler", sampler, ONE_CALL)
    world, sigmas = GaussianDenoiser(0.0, strengths), checked(sigmas)
    start = (strengths**2 + sigmas[0] ** 2).sqrt() / strengths
    return sample(sampler, world, start[None], sigmas)[0]


def walked(caption: str, sigmas: Tensor, sampler: str = "euler") -> tuple[Tensor, Tensor]:
    """An emoji, and what a sampler makes of the noise that belongs to it: (3, 32, 32) each, float64.

    Raises ValueError for a caption that is not among PICTURES. Example:

    >>> exact, painted = walked("panda", levels("karras"))
    >>> exact.shape
    torch.Size([3, 32, 32])
    """
    mean, strengths, shapes = patterns()
    exact = _emoji(caption).flatten()
    amounts = shapes @ (exact - mean)
    painted = exact + (amounts * (kept(strengths, sigmas, sampler) - 1)) @ shapes
    return exact.reshape(3, SIZE, SIZE), painted.reshape(3, SIZE, SIZE)


def draw_picture(name: str, calls: int, sampler: str, caption: str) -> Drawing:
    """The picture at the exact end and at the sampler's, the difference, and which share of each pattern is kept.

    Raises ValueError for unknown names, and where the scheduler cannot make so many steps. Example:

    >>> print(draw_picture("karras", 10, "euler", "panda").sentence)
    Karras, 10 calls of Euler: 0.87 of a pattern of strength 3 comes through, 0.83 of strength 0.5, 0.78 of 0.1.
    """
    expect.known("scheduler", name, SCHEDULERS)
    sigmas = levels(name, calls)
    exact, painted = walked(caption, sigmas, sampler)
    titles = tr("exact end"), tr("after {calls} calls").format(calls=len(sigmas) - 1), tr("difference")
    shown = exact, painted, (painted - exact).clamp(-1, 1)
    row = beside(*(picture_panel(settled(x).clamp(-1, 1), 192, title) for x, title in zip(shown, titles, strict=True)))
    shares = kept(torch.tensor([3.0, 0.5, 0.1], dtype=torch.float64), sigmas, sampler).tolist()
    words = dict(zip(("coarse", "middle", "fine"), (number_text(share) for share in shares), strict=True))
    said = tr(
        "{name}, {calls} calls of {sampler}: {coarse} of a pattern of strength 3 comes through, {middle} of strength "
        "0.5, {fine} of 0.1."
    )
    words |= {"name": SCHEDULERS[name].label, "calls": len(sigmas) - 1, "sampler": sampler_label(sampler)}
    return Drawing(stack(row, _shares(sigmas, sampler, row.shape[1]), gap=8), said.format(**words))


def _shares(sigmas: Tensor, sampler: str, width: int) -> np.ndarray:
    """The kept share over the strength, from coarse patterns to fine ones, with the levels of the calls below."""
    across = Axis(STRONGEST, WEAKEST, (10, 3, 1, 0.3, 0.1, 0.03), log=True)
    chart = Chart(width, 190, across, Axis(0, 1.25, (0, 0.25, 0.5, 0.75, 1, 1.25)))
    strengths = torch.logspace(np.log10(STRONGEST), np.log10(WEAKEST), 80, dtype=torch.float64)
    chart.line([STRONGEST, WEAKEST], [1, 1], COLOURS["target"], 2)
    chart.line(strengths, kept(strengths, sigmas, sampler).clamp(0, 1.25), COLOURS["noise"], 2.5)
    inside = [sigma for sigma in sigmas[:-1].tolist() if WEAKEST <= sigma <= STRONGEST]
    chart.dots(inside, [0.0] * len(inside), COLOURS["noise"], 4, rim=True)
    return chart.pixels(tr("share that is kept, by strength of the pattern; dots: the levels"))


def pattern_strip(numbers=(0, 1, 5, 30, 100, 300)) -> np.ndarray:
    """A few patterns with their strengths, coarse ones first, as pixels (H, W, 3) uint8.

    Example:

    >>> pattern_strip((0, 100)).shape
    (152, 276, 3)
    """
    _, strengths, shapes = patterns()
    panels = []
    for number in numbers:
        shape = shapes[number].reshape(3, SIZE, SIZE)
        sign = 1.0 if shape.flatten()[shape.abs().argmax()] > 0 else -1.0
        title = tr("strength {strength}").format(strength=number_text(strengths[number].item(), 1))
        panels.append(picture_panel(sign * shape / shape.abs().max(), 128, title))
    return beside(*panels)


def picture_strip(caption: str = "panda", names=STRIP, calls: int = CALLS) -> np.ndarray:
    """The exact end of a picture, and below a title each what Euler makes of it with a scheduler: pixels.

    Example:

    >>> picture_strip(names=("karras",)).shape
    (184, 340, 3)
    """
    exact = walked(caption, levels("karras"))[0]
    panels = [picture_panel(exact, 160, tr("exact end"))]
    for name in names:
        painted = walked(caption, levels(name, calls))[1]
        panels.append(picture_panel(settled(painted).clamp(-1, 1), 160, SCHEDULERS[name].label))
    return beside(*panels)


ALT_PATTERNS = (
    "Six patterns, the strongest first. Strength 11: one pale disc. 8.7: a disc in another colour. 5: a disc, dark at "
    "both sides. 1.9: patches like a face. 0.9: small coloured patches. 0.4: dots that look like noise."
)
ALT_STRIP = (
    "A panda five times. Exact end: crisp, on white. Linear quadratic: a blurred grey panda on a foggy ground. SGM "
    "uniform, Karras and GITS: a panda that can hardly be told from the exact one, a little paler."
)


@cache
def _emoji(caption: str) -> Tensor:
    expect.one_of("caption", caption, PICTURES)
    (picture,) = avg_pool2d(open_emoji("fluent").select(caption).images[:1], 64 // SIZE).double()
    return picture
