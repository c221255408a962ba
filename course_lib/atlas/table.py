"""The atlas as it is shipped: what was measured of every cell, how sure that is, and what is a tie."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from course_lib import expect, shipped

FOLDER = Path(__file__).parents[2] / "data" / "atlas"
UNET = FOLDER.parent / "weights" / "small-stable-diffusion" / "unet" / "diffusion_pytorch_model.safetensors"
MEASURE_AGAIN = "; or measure it again, in hours: python -m course_lib.atlas"


class Measure(NamedTuple):
    """What can be asked of a cell.

    unit : after the number; digits : after the point; better : "less", "more", the number that is best, "like
    converged", or "least above 0" for what is below 0 only by chance; of : the samplers that have it: "ODE" for those
    that add no noise, "all".
    """

    label: str
    unit: str
    digits: int
    better: str | float
    of: str


MEASURES = expect.Registry(
    "measure",
    {
        "latent_error": Measure("error of the latent", "", 3, "less", "ODE"),
        "pixel_error": Measure("error of the picture", " of 255", 1, "less", "ODE"),
        "distance": Measure("KID", "", 1, "least above 0", "all"),
        "right": Measure("pictures that show what the caption says", " %", 0, "more", "all"),
        "detail": Measure("detail, against the drawings", " %", 0, "like converged", "all"),
        "failed": Measure("failed pictures", " %", 0, "less", "all"),
        "seconds": Measure("time for a picture", " s", 2, "less", "all"),
        "spread": Measure("spread on an exact problem", "", 2, 1.0, "all"),
        "mixture_error": Measure("error on three blobs in the plane", "", 3, "less", "ODE"),
    },
)
PICTURES = ("latent_error", "pixel_error", "right", "detail", "failed")  # those that every picture has


class Found(NamedTuple):
    """A number with its standard error, and the same from the two halves of the pictures; NaN where there is none."""

    value: float
    error: float
    halves: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Atlas:
    """The table. samplers, schedulers, budgets : the axes S, K, B; names of SAMPLERS and SCHEDULERS, numbers of calls.

    Each array begins with these three axes. pictures (..., 32, M) : the measures of PICTURES of each picture;
    distance (..., 4) : KID x 1000, its standard error, and that of each half; calls, seconds, steps, spread,
    mixture_error (...); reasons (...) : why a cell does not exist, "" where it does. converged : (32, M), the measures
    of what the ODE would paint. NaN where nothing was measured.
    """

    samplers: tuple[str, ...]
    schedulers: tuple[str, ...]
    budgets: tuple[int, ...]
    arrays: dict[str, np.ndarray] = field(repr=False)

    def place(self, sampler: str, scheduler: str, budget: int) -> tuple[int, int, int]:
        """Where a cell stands on the three axes. Raises ValueError for a name or budget that is not there."""
        for name, value, there in (
            ("sampler", sampler, self.samplers),
            ("scheduler", scheduler, self.schedulers),
            ("budget", budget, self.budgets),
        ):
            if value not in there:
                raise ValueError(f"{name} must be one of {', '.join(map(str, there))}; got {value!r}")
        return self.samplers.index(sampler), self.schedulers.index(scheduler), self.budgets.index(budget)

    def reason(self, sampler: str, scheduler: str, budget: int) -> str:
        """Why a cell does not exist; "" where it does."""
        return str(self.arrays["reasons"][self.place(sampler, scheduler, budget)])

    def steps(self, sampler: str, scheduler: str, budget: int) -> int:
        """The number of steps that the budget allows."""
        return int(self.arrays["steps"][self.place(sampler, scheduler, budget)])

    def calls(self, sampler: str, scheduler: str, budget: int) -> float:
        """How many calls of the denoiser these steps make, for one picture."""
        return float(self.arrays["calls"][self.place(sampler, scheduler, budget)])

    def found(self, measure: str, sampler: str, scheduler: str, budget: int) -> Found:
        """What was measured of a cell.

        Example:

        >>> atlas = open_atlas()
        >>> atlas.found("right", "dpmpp_2m", "karras", 20).value > 90
        True
        """
        value, error, halves = self.all(measure)
        place = self.place(sampler, scheduler, budget)
        return Found(float(value[place]), float(error[place]), tuple(map(float, halves[place])))

    @cache  # noqa: B019 (an atlas lives as long as the program)
    def all(self, measure: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A measure of all cells: values (S, K, B), standard errors (S, K, B), and halves (S, K, B, 2)."""
        MEASURES[measure]
        if measure in PICTURES:
            values = self.arrays["pictures"][..., PICTURES.index(measure)].astype(float) * SCALES.get(measure, 1)
            count = values.shape[-1]
            halves = np.stack([values[..., 0::2].mean(-1), values[..., 1::2].mean(-1)], -1)
            return values.mean(-1), values.std(-1, ddof=1) / count**0.5, halves
        if measure == "distance":
            distance = self.arrays["distance"].astype(float)
            return distance[..., 0], distance[..., 1], distance[..., 2:]
        values = self.arrays[measure].astype(float)  # exact, or a clock's: no halves that could differ
        return values, np.zeros_like(values), np.stack([values, values], -1)

    def badness(self, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """How far from the best a measure can be, so that less is better: (S, K, B), and of the halves (S, K, B, 2)."""
        values, _, halves = self.all(measure)
        best = self._converged(measure)
        return _turned(measure, values, best.mean()), _turned(
            measure, halves, np.array([best[0::2].mean(), best[1::2].mean()])
        )

    def _converged(self, measure: str) -> np.ndarray:
        """A measure of each picture that the ODE would paint (N,); NaN for what single pictures do not have."""
        if measure not in PICTURES:
            return np.full(2, np.nan)
        return self.arrays["converged"][:, PICTURES.index(measure)].astype(float) * SCALES.get(measure, 1)

    def _without_one(self, measure: str, *places: int | slice) -> np.ndarray:
        """The badness of cells, each computed N times with one of the N pictures left out: (..., N)."""
        pictures = self.arrays["pictures"][places][..., PICTURES.index(measure)].astype(float)
        pictures, best = pictures * SCALES.get(measure, 1), self._converged(measure)
        without = [(each.sum(-1, keepdims=True) - each) / (each.shape[-1] - 1) for each in (pictures, best)]
        return _turned(measure, *without)

    def difference(self, measure: str, one: Sequence, other: Sequence) -> tuple[float, float]:
        """By how much one cell is better than another, as a number below 0, and the standard error of this number.

        Both painted the same pictures, so it is the mean of the paired differences. measure : one of PICTURES; one,
        other : (sampler, scheduler, budget). Raises ValueError where one of them has no such number.

        Example:

        >>> mean, error = open_atlas().difference("latent_error", ("lms", "karras", 10), ("heun", "karras", 10))
        >>> mean < -2 * error
        True
        """
        if measure not in PICTURES:
            raise ValueError(f"measure must be one of {', '.join(PICTURES)}; got {measure!r}")
        self._refuse_empty(measure, one, other)
        places = self.place(*one), self.place(*other)
        total = self.badness(measure)[0]
        without = self._without_one(measure, *places[0]) - self._without_one(measure, *places[1])
        return float(total[places[0]] - total[places[1]]), float(_jackknife(without))

    def better(self, measure: str, one: Sequence, other: Sequence) -> bool | None:
        """Whether one cell is better than another; None for a tie.

        For a measure of single pictures it is a tie where their mean `difference` is less than twice its standard
        error. Two sets tie where both are `good`, and where neither is and their two halves do not agree (`agreed`).
        one, other : (sampler, scheduler, budget). Raises ValueError where one of them has no such number.

        Example:

        >>> open_atlas().better("latent_error", ("lms", "karras", 10), ("heun", "karras", 10))
        True
        """
        if measure not in PICTURES:
            agreed, good, total = self.agreed(measure, one, other), self.good(measure), self.badness(measure)[0]
            first, second = self.place(*one), self.place(*other)
            if not good[first] and not good[second]:
                return agreed
            ahead = bool(total[first] < total[second])
            return ahead if good[first] != good[second] and good[first if ahead else second] else None
        mean, error = self.difference(measure, one, other)
        return None if mean == 0 or abs(mean) < SURE * error else mean < 0

    def good(self, measure: str) -> np.ndarray:
        """Of a measure that is about 0 for the best: whether a cell is less than two standard errors, (S, K, B).

        Below 0 is good, too. False for every cell where another number than 0 is best.

        Example:

        >>> bool(open_atlas().good("distance")[open_atlas().place("euler", "karras", 20)])
        True
        """
        values, errors, _ = self.all(measure)
        return (values < SURE * errors) & (MEASURES[measure].better == "least above 0")

    def agreed(self, measure: str, one: Sequence, other: Sequence) -> bool | None:
        """Whether both halves of the pictures say that one cell is better than another; None where they do not agree.

        one, other : (sampler, scheduler, budget). Raises ValueError where one of them has no such number.

        Example:

        >>> open_atlas().agreed("latent_error", ("lms", "karras", 10), ("heun", "karras", 10))
        True
        """
        self._refuse_empty(measure, one, other)
        _, halves = self.badness(measure)
        first, second = halves[self.place(*one)], halves[self.place(*other)]
        wins = first < second
        if (first == second).any() or wins[0] != wins[1]:
            return None
        return bool(wins[0])

    def _refuse_empty(self, measure: str, *cells: Sequence) -> None:
        _, halves = self.badness(measure)
        for cell in cells:
            if np.isnan(halves[self.place(*cell)]).any():
                why = self.reason(*cell) or f"it has no {MEASURES[measure].label}"
                raise ValueError(f"nothing was measured of {' '.join(map(str, cell))}: {why}")

    def ranking(self, measure: str, budget: int) -> list[tuple[str, str, bool]]:
        """All cells of a budget from the best on: (sampler, scheduler, whether it is a tie with the first).

        Example:

        >>> best, *rest = open_atlas().ranking("latent_error", 10)
        >>> best[2], len(rest) > 100
        (True, True)
        """
        total, halves = self.badness(measure)
        column = self.place(self.samplers[0], self.schedulers[0], budget)[2]
        total, halves = total[..., column], halves[..., column, :]
        order = [index for index in np.argsort(total, axis=None, kind="stable") if not np.isnan(total.flat[index])]
        places = [tuple(map(int, np.unravel_index(index, total.shape))) for index in order]
        if measure in PICTURES:
            without = self._without_one(measure, slice(None), slice(None), column)
            behind = total - total[places[0]]
            worse = (behind > 0) & (behind >= SURE * _jackknife(without - without[places[0]]))
        else:
            good, worse = self.good(measure)[..., column], (halves[places[0]] < halves).all(-1)
            worse = ~good if good[places[0]] else worse & ~good
        return [(self.samplers[s], self.schedulers[k], not bool(worse[s, k])) for s, k in places]


def _turned(measure: str, values: np.ndarray, best: float | np.ndarray) -> np.ndarray:
    """Values of a measure turned so that less is better. best : what the converged answer has."""
    better = MEASURES[measure].better
    if better == "like converged":
        return abs(np.log(values / best))
    turns = {"less": lambda x: x, "more": lambda x: -x, "least above 0": lambda x: np.maximum(x, 0)}
    turn: Callable = turns.get(better, lambda x: abs(x - better))
    return turn(values)


def _jackknife(without_one: np.ndarray) -> np.ndarray:
    """The standard error of a number that was computed N times, each time without one picture: (..., N) to (...).

    For the mean of N numbers it is their standard deviation over the root of N.
    """
    count = without_one.shape[-1]
    return without_one.std(-1) * (count - 1) ** 0.5


SURE = 2.0  # standard errors: what differs by less is a tie
SCALES = {"pixel_error": 255.0, "right": 100.0, "detail": 100.0, "failed": 100.0}


def sheet(budget: int, folder: Path = FOLDER) -> Image.Image:
    """The contact sheet of a budget: samplers downwards, schedulers across, two pictures of 64 pixels a cell.

    Raises FileNotFoundError where there is none, ValueError for a damaged one.

    Example:

    >>> sheet(10).size
    (1792, 1920)
    """
    decode = lambda data: Image.open(io.BytesIO(data)).convert("RGB")  # noqa: E731
    return shipped.read(folder, f"pictures_{budget:02}.webp", decode, MEASURE_AGAIN)


@cache
def open_atlas(folder: Path = FOLDER) -> Atlas:
    """The shipped table. Raises FileNotFoundError where there is none, ValueError for a damaged one."""
    arrays = shipped.read(folder, "atlas.npz", _arrays, MEASURE_AGAIN)
    axes = (tuple(map(str, arrays.pop("samplers"))), tuple(map(str, arrays.pop("schedulers"))))
    return Atlas(*axes, tuple(map(int, arrays.pop("budgets"))), arrays)


def weights_of_the_model() -> str:
    """The sha256 of the small model's U-Net: an atlas is of the weights that it was measured with.

    Example:

    >>> str(open_atlas().arrays["weights"]) == weights_of_the_model()
    True
    """
    return hashlib.sha256(UNET.read_bytes()).hexdigest()


def measured_before() -> Atlas | None:
    """The shipped table, where it is of the weights that the model has now: what it holds is not measured again.

    Example:

    >>> measured_before() is open_atlas()
    True
    """
    try:
        atlas = open_atlas()
    except FileNotFoundError:
        return None
    return atlas if str(atlas.arrays.get("weights")) == weights_of_the_model() else None


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
