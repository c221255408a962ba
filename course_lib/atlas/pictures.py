"""What every cell of the atlas paints: 32 captions with a seed each, and what is measured of the 32 pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.atlas.cells import TOLERANCES, Cell
from course_lib.datasets.scenes import Scene, Scenes, emoji_scene, is_held_out
from course_lib.models import StableDiffusion
from course_lib.samplers import SAMPLERS, steps
from course_lib.samplers.estimators import taylor
from course_lib.schedulers import make_sigmas
from course_lib.training.reading import judge
from course_lib.training.recogniser import CONCEPTS, Recogniser
from course_lib.training.small_model import STYLES

EMOJI, PAIRS = 24, 8
COUNT = EMOJI + PAIRS
SEED = 16_000  # of the first picture; picture number n has SEED + n
#: What is measured of each picture, in the order of the columns.
MEASURES = ("latent_error", "pixel_error", "right", "detail", "beyond", "failed")
CONVERGED = ("heun", "karras", 200)
OTHERS = 8  # times 32: the pictures of other seeds that the distance of sets is measured from


class Painted(NamedTuple):
    """The pictures of one cell.

    latents : (N, C, h, w); pictures : (N, 3, H, W), before they are cut to [-1, 1]; calls : of the denoiser, a mean
    over pictures; seconds : for one picture.
    """

    latents: Tensor
    pictures: Tensor
    calls: float
    seconds: float


@cache
def scenes() -> list[Scene]:
    """The 32 scenes whose captions are painted: 24 emoji in both styles, and 8 sentences of two shapes, mixed.

    All hold pairs that the model has seen. Even and odd numbers are two halves with as many of each kind.
    """
    emoji = []
    for number, concept in enumerate(CONCEPTS[3::10]):
        scene = emoji_scene(concept, STYLES[number // 2 % len(STYLES)])
        if not is_held_out(scene):
            emoji.append(scene)
    some = Scenes(seed=16, kind="pair")
    shapes = [some[number] for number in range(PAIRS)]
    mixed = []
    for number in range(0, PAIRS, 2):  # six emoji, two sentences, and so on
        mixed += emoji[3 * number : 3 * number + 6] + shapes[number : number + 2]
    return mixed


class Studio:
    """The small model with the 32 captions, made fast: paints them with any cell, and measures what comes out.

    model : on any device; recogniser : on the CPU. first : the first seed; count : of the captions, from the first on.
    """

    def __init__(self, model: StableDiffusion, recogniser: Recogniser, first: int = SEED, count: int = COUNT):
        self.model, self.recogniser, self.first, self.count = model, recogniser, first, count

    def generators(self) -> list[torch.Generator]:
        """One for each picture, after its first noise is drawn: what the noise of its steps follows from."""
        return [torch.Generator().manual_seed(self.first + number) for number in range(self.count)]

    def paint(self, cell: Cell) -> Painted:
        """Paint all captions with one cell."""
        return self.run(cell.sampler, cell.scheduler, cell.steps, **options_of(cell))

    @torch.no_grad()
    def run(self, sampler: str, scheduler: str, count: int, **options) -> Painted:
        """Paint all captions with a sampler, a scheduler and a number of steps. options : of the sampler."""
        row, model = SAMPLERS[sampler], self.model
        # Channels last is a quarter faster; but PyTorch's group norm has no forward derivative then.
        model.unet.to(memory_format=torch.contiguous_format if row.estimator is taylor else torch.channels_last)
        sigmas = make_sigmas(scheduler, count, model.table)
        if "table" in row.options:
            options["table"] = model.table
        generators = self.generators()
        side = model.size // model.vae.factor
        shape = (1, model.vae.latent_channels, side, side)
        noise = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
        x = (sigmas[0].item() * noise).to(model.device)
        begun, calls = time.perf_counter(), 0
        groups = [[n] for n in range(self.count)] if row.joint else [list(range(self.count))]
        latents = torch.empty_like(x)
        for group in groups:
            guided = model.guided_denoiser([scenes()[n].caption for n in group], [""] * len(group))

            def denoise(x: Tensor, sigma: Tensor, guided: Callable = guided) -> Tensor:
                nonlocal calls
                calls += len(x)
                return guided(x, sigma)

            generator = [generators[n] for n in group]
            latents[group] = last(sampler, denoise, x[group], sigmas, generator=generator, **options)
        seconds = time.perf_counter() - begun
        pictures = torch.cat([model.vae.decode(part / model.latent_scale).float() for part in latents.split(32)])
        return Painted(latents.cpu(), pictures.cpu(), calls / self.count, seconds / self.count)

    @torch.no_grad()
    def measure(self, painted: Painted, converged: Painted | None) -> tuple[Tensor, Tensor]:
        """The measures of each picture (N, M), NaN where there is none, and its features (N, F).

        converged : what the ODE would paint; None for a sampler that does not solve it. The measures are
        latent_error and pixel_error, roots of a mean square, against it, pixels from 0 to 1; right : 1 where the
        picture shows what its caption says; detail : its high-frequency energy, over that of the drawing; beyond : the
        share of its numbers outside of black and white by more than a twentieth; failed : 1 where a number is not
        finite, or a quarter lies beyond.
        """
        finite = painted.pictures.isfinite().flatten(1).all(1) & painted.latents.isfinite().flatten(1).all(1)
        shown = painted.pictures.nan_to_num().clamp(-1, 1)
        beyond = (painted.pictures.nan_to_num(100).abs() > 1.1).float().mean((1, 2, 3))
        found = dict.fromkeys(MEASURES[:2], torch.full((len(shown),), torch.nan))
        if converged is not None:
            found["latent_error"] = (painted.latents - converged.latents).square().mean((1, 2, 3)).sqrt()
            clean = converged.pictures.clamp(-1, 1)
            found["pixel_error"] = ((shown - clean) / 2).square().mean((1, 2, 3)).sqrt()
        found["right"] = right(shown, self.recogniser)
        found["detail"] = detail(shown) / detail(drawings())
        found["beyond"] = beyond
        found["failed"] = (~finite | (beyond > 0.25)).float()
        return torch.stack([found[name] for name in MEASURES], 1), self.recogniser.features(shown)


def last(sampler: str, denoise: Callable, x: Tensor, sigmas: Tensor, **settings) -> Tensor:
    """The last state of a run from x (N, C, h, w); NaN throughout where the sampler had to give up.

    Raises what the sampler raises for other reasons than numbers.
    """
    try:
        for step in steps(sampler, denoise, x, sigmas, **settings):
            x = step.x_next
    except (ArithmeticError, ValueError) as error:
        if "finite" not in str(error) and "number" not in str(error):
            raise
        return torch.full_like(x, torch.nan)
    return x


def options_of(cell: Cell) -> dict:
    """What a cell asks of its sampler beside its defaults."""
    return {"rtol": TOLERANCES[cell.budget]} if SAMPLERS[cell.sampler].calls_per_step is None else {}


@cache
def drawings() -> Tensor:
    """The drawings of the 32 scenes: (32, 3, 64, 64)."""
    return torch.stack([scene.draw() for scene in scenes()])


def right(pictures: Tensor, recogniser: Recogniser) -> Tensor:
    """1 where a picture (N, 3, 64, 64) shows what its caption says, 0 elsewhere: (N,)."""
    concepts = recogniser(pictures)[0].argmax(1)
    answers = []
    for scene, picture, concept in zip(scenes(), pictures, concepts, strict=True):
        if scene.kind == "emoji":
            answers.append(CONCEPTS[concept] == scene.things[0].name)
        else:
            answers.append(judge(scene, picture)["sentence"])
    return torch.tensor(answers).float()


def detail(pictures: Tensor) -> Tensor:
    """High-frequency energy of pictures (N, 3, H, W): the mean square of what a blur over 3 x 3 pixels takes away."""
    weights = torch.tensor([1.0, 2.0, 1.0]) / 4
    kernel = (weights[:, None] * weights).expand(3, 1, 3, 3).to(pictures)
    blurred = F.conv2d(F.pad(pictures, [1] * 4, mode="reflect"), kernel, groups=3)
    return (pictures - blurred).square().mean((1, 2, 3))
