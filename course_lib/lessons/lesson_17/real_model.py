"""What lesson 17 runs: the real Stable Diffusion on a GPU, else the small model; and how pictures are compared."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from course_lib import expect
from course_lib.device import choose_device, choose_dtype
from course_lib.figures import Shown, show_pictures
from course_lib.models import outline
from course_lib.models.memory import GB, Need, advise_when_full, needed, there, would_fit
from course_lib.models.model import configs_of
from course_lib.models.sources import SOURCES, find
from course_lib.models.weights import read_json
from course_lib.texts import tr
from course_lib.threads import LARGE, share_cores

REAL, SMALL = "stable-diffusion-1.5", "small-stable-diffusion"
SEE = 'see the section "A black picture"'  # of the page
WHITE = 255  # on a screen, where black is 0


@dataclass(frozen=True)
class Chosen:
    """A model and where it runs. folder : its files; size : of the pictures, in pixels; sentence : what, and why.

    Example:

    >>> chosen = choose()
    >>> chosen.name in (REAL, SMALL), chosen.size in (512, 64)
    (True, True)
    """

    name: str
    folder: Path
    device: torch.device
    dtype: torch.dtype
    size: int
    steps: int
    sentence: str

    @property
    def licence(self) -> str:
        """The model's licence, in short."""
        return SOURCES[self.name].licence

    def need(self, **others) -> Need:
        """What it needs here, without its safety checker; others : size, dtype, pictures, where they are others."""
        asked = {"size": self.size, "dtype": self.dtype} | others
        return needed(outline(configs_of(self.folder)), fused=self.device.type != "mps", **asked)

    def check_memory(self, **others) -> str:
        """Needed against there, as a sentence; others as in `need`. Raises MemoryError, saying what would fit."""
        need, free = self.need(**others), there(self.device)
        if need.total > free:
            asked = {"size": self.size, "dtype": self.dtype} | others
            asked |= {"device": self.device, "free": free, "free_on_cpu": there("cpu")}
            raise MemoryError(would_fit(outline(configs_of(self.folder)), **asked))
        says = tr("{needed} GB needed, {free} GB free on {device}: it fits.")
        gigabytes = {"needed": f"{need.total / GB:.2f}", "free": f"{free / GB:.2f}"}
        return says.format(device=self.device.type, **gigabytes)

    def advise(self) -> AbstractContextManager:
        """Within it, running out of memory ends in a MemoryError that says what would fit, whoever computes."""
        shapes = outline(configs_of(self.folder))
        return advise_when_full(shapes, device=self.device, size=self.size, dtype=self.dtype)

    @property
    def has_checker(self) -> bool:
        """Whether the weights of its safety checker are among its files."""
        return any((self.folder / "safety_checker").glob("model*.safetensors"))

    @property
    def wants_checker(self) -> bool:
        """Whether whoever made the model wants its pictures looked at by a safety checker."""
        return read_json(self.folder / "model_index.json").get("safety_checker", [None])[0] is not None

    @property
    def about_checker(self) -> str:
        """Whether diffusers runs a safety checker, as a sentence."""
        if not self.wants_checker:
            return tr("This model comes without a safety checker: it knows emoji and plain shapes, and nothing else.")
        if self.has_checker:
            return tr("The safety checker is on.")
        return tr(
            "The files of the safety checker are missing here, so diffusers runs without it. Look before you show."
        )

    def diffusers_options(self) -> dict:
        """How diffusers opens the same files in the same precision, with the safety checker wherever it is there."""
        half = not (self.folder / "unet" / "diffusion_pytorch_model.safetensors").is_file()
        # The name was changed in diffusers 0.42; before, the new one is not known, and after, the old one warned of.
        new_name = [int(part) for part in version("diffusers").split(".")[:2]] >= [0, 42]
        options = {
            "dtype" if new_name else "torch_dtype": self.dtype,
            "variant": "fp16" if half else None,
            "local_files_only": True,
        }
        missing = self.wants_checker and not self.has_checker
        return options | ({"safety_checker": None} if missing else {})


def choose(*, real_on_cpu: bool = False) -> Chosen:
    """Stable Diffusion 1.5 where there is a GPU and the files, or a network to fetch them from; else the small model.

    real_on_cpu : take the real one without a GPU, too, which takes minutes for a picture. Raises FileNotFoundError
    where it is asked for so, and is not there.

    Example:

    >>> choose().sentence.startswith(("No GPU was found, so", "Stable Diffusion 1.5 is not", "This page runs Stable"))
    True
    """
    device = choose_device()
    where = tr("the CPU") if device.type == "cpu" else device.type
    if device.type == "cpu" and not real_on_cpu:
        why = tr("No GPU was found, so this page runs the course's small model on the CPU.")
        return Chosen(SMALL, find(SMALL), device, choose_dtype(device), 64, 20, why)
    try:
        folder = _real_folder()
    except FileNotFoundError:
        if real_on_cpu:
            raise
        why = tr(
            "Stable Diffusion 1.5 is not on this machine and could not be fetched, so this page runs the course's "
            "small model on {device}."
        )
        return Chosen(SMALL, find(SMALL), device, choose_dtype(device), 64, 20, why.format(device=where))
    if device.type == "cpu":
        share_cores(parameters=LARGE)
    dtype = choose_dtype(device)
    why = tr("This page runs Stable Diffusion 1.5 on {device}, in {precision}.")
    why = why.format(device=where, precision=str(dtype).removeprefix("torch."))
    return Chosen(REAL, folder, device, dtype, 512, 20, why)


def _real_folder() -> Path:
    try:
        return find(REAL, safety_checker=True)
    except FileNotFoundError:
        return find(REAL, download=False)  # all but the safety checker may be here


@dataclass(frozen=True)
class Difference:
    """How far two pictures lie apart, on a screen's scale from 0 to 255: the largest difference, and the mean.

    Example:

    >>> print(Difference(0.004, 0.0001))
    Nowhere do they differ by more than 0.01 on the scale from 0 to 255.
    """

    largest: float
    mean: float

    def __str__(self) -> str:
        if math.isnan(self.largest):
            return tr("There is no difference where a picture is NaN: {see}.").format(see=tr(SEE))
        steps = (step for step in (0.01, 0.1, 1) if self.largest <= step)
        says = tr("Nowhere do they differ by more than {largest} on the scale from 0 to {white}.")
        return says.format(largest=next(steps, math.ceil(self.largest)), white=WHITE)


def difference(one: Tensor, other: Tensor) -> Difference:
    """Compare two pictures (B, 3, H, W) in [-1, 1]. Raises ValueError where they have not one shape.

    Example:

    >>> difference(torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.1)).largest
    12.75
    """
    gap = _gap(one, other)
    return Difference(round(gap.max().item(), 6), round(gap.mean().item(), 6))


def on_screen(picture: Tensor) -> Tensor:
    """What a screen shows of a picture (...): where it is NaN, black. Says so where that is anywhere.

    Example:

    >>> on_screen(torch.tensor([[0.5, torch.nan]]))
    1 of the 2 numbers of a picture are NaN, and shown as black: see the section "A black picture".
    tensor([[ 0.5000, -1.0000]])
    """
    lost = int(picture.isnan().sum())
    if lost:
        says = tr("{lost} of the {count} numbers of a picture are NaN, and shown as black: {see}.")
        print(says.format(lost=f"{lost:,}", count=f"{picture.numel():,}", see=tr(SEE)))
    return picture.nan_to_num(nan=-1.0)


def show_difference(one: Tensor, other: Tensor, names: tuple[str, str]) -> Shown:
    """Two pictures (1, 3, H, W) in [-1, 1] and, from black up, how far they lie apart, multiplied until it shows.

    A picture that is NaN is shown black, and then there is no third one. Raises ValueError where they have not one
    shape.

    Example:

    >>> show_difference(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8), ("ours", "theirs"))
    Figure: A picture by ours, the same by theirs, and their difference: black where they are equal to the last digit.
    """
    gap = _gap(one, other)
    largest = gap.max().item()
    factors = [nice * 10**power for power in range(9) for nice in (1, 2, 5)]
    factor = max((factor for factor in factors if 0 < largest * factor <= WHITE), default=1)
    pictures, titles = [on_screen(one)[0], on_screen(other)[0]], list(names)
    if math.isnan(largest):
        alt = tr("A picture by {one}, the same by {other}; no difference, because NaN is in one of them.")
    else:
        pictures.append(gap[0] * factor * 2 / WHITE - 1)
        titles.append(tr("difference × {factor}").format(factor=f"{factor:,}"))
        alt = tr(
            "A picture by {one}, the same by {other}, and their difference: black where they are equal to the last "
            "digit."
        )
    alt = alt.format(one=tr(names[0]), other=tr(names[1]))
    return show_pictures(pictures, titles=titles, alt=alt, columns=3, size=256)


def _gap(one: Tensor, other: Tensor) -> Tensor:
    for name, picture in (("one", one), ("other", other)):
        expect.tensor(name, picture, "(B, 3, H, W)")
    if one.shape != other.shape:
        raise ValueError(f"pictures must have one shape; got {tuple(one.shape)} and {tuple(other.shape)}")
    return (one.double().cpu() - other.double().cpu()).abs() * (WHITE / 2)
