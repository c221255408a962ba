"""What a row of the table of samplers is: two choices, or a loop of its own, and what is known about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial

import torch

from course_lib.samplers import noise
from course_lib.samplers.loop import walk
from course_lib.samplers.options import checks_of, options_of, strengths_of
from course_lib.samplers.step import Step

SINGLE_STEP, MULTISTEP = "single-step ODE", "multistep ODE"
STOCHASTIC, EXPERIMENTAL = "stochastic", "distilled or experimental"
CHURN = ("s_churn", "s_tmin", "s_tmax")


@dataclass(frozen=True)
class Sampler:
    """One row of the table: what a sampler is called, what it is made of, and what is known about it.

    label : its name in front ends; family : one of the four that the course teaches;
    order : the order of accuracy that is measured with its noise off, rounded; None where there is none;
    calls_per_step : calls of the denoiser; the last step, to 0, costs one; None where it decides by itself;
    total_calls : how many a run over n steps makes, where that is not calls_per_step * (n - 1) + 1;
    source : paper or program;
    chapter : the family in which the chapter that the course grew out of puts it, or None where it has no such sampler;
    estimator, noise_rule : the two choices; or own_loop : a loop of its own; churn : whether noise may be added before
    a step; defaults : options whose default is not that of the estimator or the rule; noise : its source, see NOISES;
    min_steps : below so many steps the method is not defined; joint : whether what becomes of a picture depends on the
    others of its batch; bare : options with which it does nothing but step, on states of any shape; stops_before :
    those with which it ends at the last level but one, where it never steps to the last one of its list.

    Example:

    >>> from course_lib.samplers import SAMPLERS
    >>> SAMPLERS["heun"].order, SAMPLERS["heun"].calls_per_step, SAMPLERS["heun"].calls(20)
    (2, 2, 39)
    """

    name: str
    label: str
    family: str
    order: int | None
    calls_per_step: int | None
    source: str
    chapter: str | None = None
    estimator: Callable[..., torch.Tensor] | None = field(default=None, repr=False)
    noise_rule: Callable[..., tuple[float, float]] = field(default=noise.none, repr=False)
    own_loop: Callable[..., Iterator[Step]] | None = field(default=None, repr=False)
    churn: bool = field(default=False, repr=False)
    defaults: dict = field(default_factory=dict, repr=False)
    noise: str = field(default="gaussian", repr=False)
    min_steps: int = field(default=1, repr=False)
    joint: bool = field(default=False, repr=False)
    total_calls: Callable[[int], int] | None = field(default=None, repr=False)
    bare: dict = field(default_factory=dict, repr=False)
    stops_before: dict = field(default_factory=dict, repr=False)

    @cached_property
    def _parts(self) -> list[Callable]:
        return [self.own_loop] if self.own_loop else [self.estimator, self.noise_rule, walk]

    @cached_property
    def options(self) -> dict[str, object]:
        """The options that the row takes, with their defaults."""
        found = {name: default for part in self._parts for name, default in options_of(part).items()}
        if not self.churn:
            found = {name: default for name, default in found.items() if name not in CHURN}
        if self.noise_rule is noise.none and not self.own_loop and not self.churn:
            found.pop("s_noise")
        return found | self.defaults

    @cached_property
    def checks(self) -> dict[str, Callable[[str, object], object]]:
        """For each option, what refuses a wrong value: check(name, value) raises ValueError."""
        return {name: check for part in self._parts for name, check in checks_of(part).items()}

    @cached_property
    def strengths(self) -> list[str]:
        """The options that bring noise where they are above 0."""
        return [name for part in self._parts for name in strengths_of(part) if name in self.options]

    @property
    def stochastic(self) -> bool:
        """Whether it draws noise with its own defaults."""
        return self.draws(self.options)

    def draws(self, options: dict[str, object]) -> bool:
        """Whether it draws noise with these options."""
        return self.noise_rule is noise.renoise or any(options[name] > 0 for name in self.strengths)

    def calls(self, steps: int) -> int | None:
        """How many calls of the denoiser a run over so many steps to 0 makes; None where it decides by itself."""
        if self.calls_per_step is None:
            return None
        return self.total_calls(steps) if self.total_calls else self.calls_per_step * (steps - 1) + 1

    def start(
        self, denoise: Callable, x: torch.Tensor, levels: list[float], source: Callable, **options
    ) -> Iterator[Step]:
        """Its steps from x (B, ...) at levels[0]. options : all of them; nothing is checked here, see `steps`."""
        if self.own_loop:
            return self.own_loop(denoise, x, levels, source, **options)
        estimator, noise_rule = (
            partial(part, **{name: options.pop(name) for name in options_of(part)})
            for part in (self.estimator, self.noise_rule)
        )
        return walk(denoise, x, levels, source, estimator, noise_rule, **options)
