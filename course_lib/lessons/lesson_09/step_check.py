"""Lesson 09, reverse diffusion: the check of its second exercise, DDPM's step."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib.diffusion import NoiseTable, x0_from
from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.exercises.differences import same
from course_lib.lessons.lesson_09.checks import changes, draw
from course_lib.lessons.lesson_09.faces import TABLE
from course_lib.lessons.lesson_09.reverse import step_back


def _right_step(x: Tensor, eps: Tensor, t: int, table: NoiseTable, noise: Tensor) -> Tensor:
    alpha_bar = table.alphas_cumprod[t].item()
    alpha_bar_next = table.alphas_cumprod[t - 1].item() if t > 0 else 1.0
    return step_back(x, x0_from("eps", eps, x, alpha_bar), alpha_bar, alpha_bar_next, noise)


def _mean(x, eps, beta, alpha_bar):
    return (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5


def _spread(beta, alpha_bar, alpha_bar_next, t):
    return ((1 - alpha_bar_next) / (1 - alpha_bar) * beta) ** 0.5


def _step(mean=_mean, spread=_spread, later=0, beta_later=0):
    """A wrong DDPM step, written with betas; `later` reads the table so many entries further on, `beta_later` β."""

    def step(x, eps, t, table, noise):
        beta, alpha_bar = table.betas[t + later + beta_later].item(), table.alphas_cumprod[t + later].item()
        alpha_bar_next = table.alphas_cumprod[t + later - 1].item() if t + later > 0 else 1.0
        return mean(x, eps, beta, alpha_bar) + spread(beta, alpha_bar, alpha_bar_next, t) * noise

    return step


def _wraps_around(beta, alpha_bar, alpha_bar_next, t):
    return _spread(beta, alpha_bar, TABLE.alphas_cumprod[-1].item() if t == 0 else alpha_bar_next, t)


def _begins_like(answer, wrong, cases) -> bool:
    """Whether a function agrees with a wrong one on these cases, whatever it does in the last steps."""
    try:
        return all(same(answer(*case), wrong(*case)) for case in cases)
    except Exception:  # whatever stops it is told elsewhere
        return False


_NOISE_ON_LAST = (
    "At t = 0 you still add noise, and no step comes after it to remove that. In the last step the spread is 0."
)

_UPSIDE_DOWN = "The fraction under the root is upside down: 1 − ᾱ of t − 1 is above, 1 − ᾱ of t is below."

check_step = FunctionCheck(
    "ddpm_step",
    _right_step,
    [
        (draw(2, 3, 4, 4, seed=5), draw(2, 3, 4, 4, seed=6), t, TABLE, draw(2, 3, 4, 4, seed=7))
        for t in (998, 400, 3, 1, 0)
    ],
    [
        Mistake(
            _NOISE_ON_LAST,
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) if t else beta**0.5),
        ),
        Mistake(
            "At t = 0 table.alphas_cumprod[t - 1] is the *last* entry of the table: −1 counts from the end. There ᾱ "
            "before the step is 1.",
            _step(spread=_wraps_around),
        ),
        *(
            Mistake(
                "√β is a spread that some programs use, but the formula multiplies β by a fraction. Is it missing, or "
                "do both its parts use the same ᾱ?",
                _step(spread=lambda beta, bar, bar_next, t, last=last: beta**0.5 if t > last else 0.0),
            )
            for last in (-1, 0, 1)
        ),
        Mistake(
            "At t = 1 you add no noise. The paper counts its steps from 1, the table from 0: only t = 0 is the last step.",
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) if t > 1 else 0.0),
        ),
        Mistake(
            "That is the variance. Noise is multiplied by its square root, the standard deviation.",
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) ** 2),
        ),
        Mistake(
            "That is the mean alone. Is the noise missing, or is your ᾱ before the step always 1? It is 1 only at t = 0.",
            _step(spread=lambda beta, bar, bar_next, t: 0.0),
        ),
        Mistake(
            "The mean is not divided by √(1 − β): the step must undo the shrinking, too.",
            _step(mean=lambda x, eps, beta, bar: x - beta / (1 - bar) ** 0.5 * eps),
        ),
        Mistake(
            "You take away β · eps. The share of eps is β / √(1 − ᾱ).",
            _step(mean=lambda x, eps, beta, bar: (x - beta * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "You take away √β · eps, the noise of the last forward step. But eps is the noise of all steps together: its "
            "share is β / √(1 − ᾱ).",
            _step(mean=lambda x, eps, beta, bar: (x - beta**0.5 * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "You divide β by 1 − ᾱ. It is β / √(1 − ᾱ).",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar) * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "You take away all the noise at once. One step takes a small part of it: β / √(1 − ᾱ) · eps.",
            _step(mean=lambda x, eps, beta, bar: (x - (1 - bar) ** 0.5 * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "That is a jump to the guess of the clean picture, with noise. A step goes only from t to t − 1.",
            _step(mean=lambda x, eps, beta, bar: (x - (1 - bar) ** 0.5 * eps) / bar**0.5),
        ),
        Mistake(
            "You divide by √ᾱ, which undoes all steps. This step divides by √(1 − β) alone.",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar) ** 0.5 * eps) / bar**0.5),
        ),
        Mistake(
            "You add the predicted noise. It is to be taken away.",
            _step(mean=lambda x, eps, beta, bar: (x + beta / (1 - bar) ** 0.5 * eps) / (1 - beta) ** 0.5),
        ),
        Mistake("Off by one: you read the table at t + 1. The state x belongs to step t.", _step(later=1)),
        Mistake(
            "Off by one: you read the table at t − 1. The state x belongs to step t.",
            _step(later=-1),
            when=lambda answer: _begins_like(answer, _step(later=-1), check_step.cases[:3]),
        ),
        Mistake(
            "Off by one: you read β at t − 1. The state x belongs to step t.",
            _step(beta_later=-1),
            when=lambda answer: _begins_like(answer, _step(beta_later=-1), check_step.cases[:3]),
        ),
        Mistake(
            "β is missing under the root of the spread: the fraction is multiplied by it.",
            _step(spread=lambda beta, bar, bar_next, t: ((1 - bar_next) / (1 - bar)) ** 0.5),
        ),
        Mistake(
            "Brackets: the root goes over the whole spread, but yours reaches β only. Write (... * beta) ** 0.5.",
            _step(spread=lambda beta, bar, bar_next, t: (1 - bar_next) / (1 - bar) * beta**0.5),
        ),
        Mistake(
            "Brackets: β belongs under the root, too. Write (... * beta) ** 0.5.",
            _step(spread=lambda beta, bar, bar_next, t: ((1 - bar_next) / (1 - bar)) ** 0.5 * beta),
        ),
        Mistake(
            _UPSIDE_DOWN,
            _step(spread=lambda beta, bar, bar_next, t: ((1 - bar) / (1 - bar_next) * beta) ** 0.5 if t else 0.0),
        ),
        Mistake(
            _UPSIDE_DOWN,
            _step(spread=lambda beta, bar, after, t: ((1 - bar) / (1 - after) * beta) ** 0.5 if t else math.inf),
        ),
        Mistake(
            _UPSIDE_DOWN,
            _step(spread=lambda beta, bar, bar_next, t: ((1 - bar) / (1 - bar_next) * beta) ** 0.5),
            stops="division by zero",
        ),
        Mistake(
            "You divide the mean by 1 − β. Divide it by the root, √(1 − β).",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar) ** 0.5 * eps) / (1 - beta)),
        ),
        Mistake(
            "You multiply by √(1 − β), as a forward step does. Backwards we divide by it.",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar) ** 0.5 * eps) * (1 - beta) ** 0.5),
        ),
        Mistake(
            "Brackets: the whole difference is divided by √(1 − β), and you divide only the part with eps.",
            _step(mean=lambda x, eps, beta, bar: x - beta / (1 - bar) ** 0.5 * eps / (1 - beta) ** 0.5),
        ),
        Mistake(
            "Brackets: the whole difference is divided by √(1 − β), and you divide only x.",
            _step(mean=lambda x, eps, beta, bar: x / (1 - beta) ** 0.5 - beta / (1 - bar) ** 0.5 * eps),
        ),
        Mistake(
            "You divide β by 1 − √ᾱ. The root goes over all of it: √(1 − ᾱ).",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar**0.5) * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "You divide the mean by 1 − √β. The root goes over all of it: √(1 − β).",
            _step(mean=lambda x, eps, beta, bar: (x - beta / (1 - bar) ** 0.5 * eps) / (1 - beta**0.5)),
        ),
        Mistake(
            "Brackets: the root reaches only ᾱ in yours. Write beta / (1 - alpha_bar) ** 0.5 * eps.",
            _step(mean=lambda x, eps, beta, bar: (x - beta / 1 - bar**0.5 * eps) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "Brackets: only the mean is divided by √(1 − β). You divide the noise, too.",
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) / (1 - beta) ** 0.5),
        ),
        Mistake(
            "At t = 0 you return x as it is. The last step takes the predicted noise away, too; it only adds none.",
            lambda x, eps, t, table, noise: _right_step(x, eps, t, table, noise) if t else x,
        ),
        Mistake(
            "You have exchanged eps and noise. The prediction, eps, is taken away; the fresh `noise` is added.",
            lambda x, eps, t, table, noise: _right_step(x, noise, t, table, eps),
        ),
        Mistake(
            "The fresh noise is subtracted. The formula adds it.",
            _step(spread=lambda beta, bar, bar_next, t: -_spread(beta, bar, bar_next, t)),
        ),
        Mistake(
            "You add eps again, in place of the fresh noise. Multiply the spread by `noise`.",
            lambda x, eps, t, table, noise: _right_step(x, eps, t, table, eps),
        ),
        Mistake(
            "Your result changes from call to call: take the `noise` that comes in, and draw none of your own.",
            lambda x, eps, t, table, noise: torch.rand(()),
            when=lambda answer: changes(answer, check_step.cases[0]),
        ),
    ],
)
