"""The table of samplers: each row is two choices, an estimator and a noise rule."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from course_lib import expect
from course_lib.samplers import estimators, noise
from course_lib.samplers.loop import walk
from course_lib.samplers.step import Step

CHURN = {"s_churn": 0.0, "s_tmin": 0.0, "s_tmax": math.inf}


@dataclass(frozen=True)
class Sampler:
    """One row of the table: what a sampler is called, what it is made of, and what is known about it.

    order : the nominal order of accuracy; calls_per_step : calls of the denoiser (the last step to 0 costs one);
    stochastic : whether it draws noise with its own defaults; options : the names it takes, with their defaults;
    start(denoise, x, levels, noise, **options) -> Iterator[Step].

    Example:

    >>> SAMPLERS["heun"].order, SAMPLERS["heun"].calls_per_step
    (2, 2)
    """

    name: str
    label: str
    family: str
    order: int | None
    calls_per_step: int
    stochastic: bool
    source: str
    start: Callable[..., Iterator[Step]] = field(repr=False)
    options: dict = field(repr=False)


def _row(
    name, label, estimator, noise_rule, *, order, calls_per_step, family, source, churn=False, **defaults
) -> Sampler:
    """A sampler as two choices, an estimator and a noise rule; `defaults` replaces theirs where the row's differ."""
    for_estimator, for_noise = _keywords(estimator), _keywords(noise_rule)
    draws = churn or noise_rule is not noise.none
    options = {
        **for_estimator,
        **for_noise,
        **(CHURN if churn else {}),
        **({"s_noise": 1.0} if draws else {}),
        **defaults,
    }

    def start(denoise, x, levels, noise_source, **chosen):
        return walk(
            denoise,
            x,
            levels,
            noise_source,
            estimator=estimator,
            noise_rule=noise_rule,
            estimator_options={key: chosen.pop(key) for key in for_estimator},
            noise_options={key: chosen.pop(key) for key in for_noise},
            **chosen,
        )

    stochastic = noise_rule is not noise.none and options.get("eta", 1.0) > 0
    return Sampler(name, label, family, order, calls_per_step, stochastic, source, start, options)


def _keywords(function: Callable) -> dict:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


SINGLE_STEP, STOCHASTIC = "single-step ODE", "stochastic"

_ROWS = [
    _row(
        "euler", "Euler", estimators.denoised_itself, noise.none, order=1, calls_per_step=1, family=SINGLE_STEP,
        source="Karras et al. 2022, arXiv 2206.00364, Algorithm 2 without its correction", churn=True,
    ),
    _row(
        "euler_ancestral", "Euler ancestral", estimators.denoised_itself, noise.ancestral, order=1, calls_per_step=1,
        family=STOCHASTIC, source="Ho, Jain, Abbeel 2020, arXiv 2006.11239, Algorithm 2, in sigma coordinates",
    ),
    _row(
        "heun", "Heun", estimators.trapezoid, noise.none, order=2, calls_per_step=2, family=SINGLE_STEP,
        source="Karras et al. 2022, arXiv 2206.00364, Algorithms 1 and 2", churn=True,
    ),
    _row(
        "ddim", "DDIM", estimators.denoised_itself, noise.ancestral, order=1, calls_per_step=1, family=SINGLE_STEP,
        source="Song, Meng, Ermon 2020, arXiv 2010.02502, eq. 12 and 16", eta=0.0,
    ),
]  # fmt: skip

SAMPLERS = expect.Registry("sampler", {row.name: row for row in _ROWS})
