"""Euler's step, written with the predicted noise, and the check of a learner's own, for lesson 01."""

from __future__ import annotations

import contextlib
import io
import re
import traceback
from copy import deepcopy

import torch

from course_lib.diffusion import DatasetDenoiser
from course_lib.exercises.checks import FunctionCheck, Mistake


def euler_from_noise(x, noise, sigma, sigma_next):
    """Euler's move, written with the predicted noise: the guess x - sigma * noise, then a part of the way towards it.

    Example:

    >>> round(euler_from_noise(3.0, 1.18, 2.0, 1.0), 2)
    1.82
    """
    denoised = x - sigma * noise
    return denoised + sigma_next / sigma * (x - denoised)


_CASES = [
    (3.0, 1.18, 2.0, 1.0),
    (-1.0, 0.5, 4.0, 3.0),
    (torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.25, -1.0, 2.0]]), 10.0, 4.0),
    (torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.25, -1.0, 2.0]]), 2.0, 0.0),
]


def _asks_a_denoiser(step) -> bool:
    """Whether a step stops in something else that it calls with x, because x is no picture of the shape known there."""
    for case in deepcopy(_CASES):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                step(*case)
        except Exception as error:
            deeper = len(list(traceback.walk_tb(error.__traceback__))) > 2  # below this function and the step itself
            if deeper and re.search("'float' object has no attribute|must match the size of tensor", str(error)):
                return True
    return False


def _without_a_guess(x, noise, sigma, sigma_next):
    raise NameError("name 'denoised' is not defined")


_TWO_WAYS = "Two ways to write it are mixed here: make the guess first, then keep a part of x - denoised."

check_step = FunctionCheck(
    "euler_step",
    euler_from_noise,
    _CASES,
    [
        Mistake(
            "You use denoised before it is made. First make the guess: denoised = x - sigma * noise.",
            _without_a_guess,
            stops="(name|variable) 'denoised'",
        ),
        Mistake(
            "x may be a plain number or a whole tensor, and the step must take both: leave out float, round, .item() "
            "and .numpy().",
            lambda x, noise, sigma, sigma_next: x.item(),
            stops="attribute '(item|numpy)'|converted to|__round__",
        ),
        Mistake(
            "1.82 is the answer for the numbers on paper. Compute it from x, noise, sigma and sigma_next.",
            lambda x, noise, sigma, sigma_next: 1.82,
        ),
        Mistake(
            "That is the guess of the clean picture: nothing of the difference stays. The part sigma_next / sigma must "
            "stay (with /, since // rounds it down to 0).",
            lambda x, noise, sigma, sigma_next: x - sigma * noise,
        ),
        Mistake(
            "The fraction is upside down: sigma_next / sigma stays, which is less than 1.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma / sigma_next * sigma * noise,
        ),
        Mistake(
            "The 1/2 on paper was sigma_next / sigma. It changes with the levels.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma * noise / 2,
        ),
        Mistake(
            "You add (sigma - sigma_next) * noise to x. It must be taken away: look at the signs. The guess is "
            "x - sigma * noise, and sigma_next - sigma is below 0.",
            lambda x, noise, sigma, sigma_next: x + sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "The sign is wrong: the difference is x - denoised. The other way round, the step goes past the guess.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "Of the difference x - denoised the part sigma_next / sigma stays; you forgot to divide by sigma.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next * sigma * noise,
        ),
        Mistake(_TWO_WAYS, lambda x, noise, sigma, sigma_next: x - sigma_next / sigma * noise),
        Mistake(_TWO_WAYS, lambda x, noise, sigma, sigma_next: x - sigma / sigma_next * noise),
        Mistake(
            "Your guess is x - sigma_next * noise. But x holds sigma * noise: for the guess, take all of it away.",
            lambda x, noise, sigma, sigma_next: x - sigma_next * noise + (sigma_next / sigma) * sigma_next * noise,
        ),
        *(
            Mistake(
                "sigma * noise is the noise in x, not the guess. The guess is what remains without it: "
                "denoised = x - sigma * noise.",
                wrong,
            )
            for wrong in (
                lambda x, noise, sigma, sigma_next: sigma * noise + sigma_next / sigma * (x - sigma * noise),
                lambda x, noise, sigma, sigma_next: (1 + sigma_next / sigma) * sigma * noise,
            )
        ),
        Mistake(
            "You add a part of the guess. What stays is a part of the difference, x - denoised.",
            lambda x, noise, sigma, sigma_next: (1 + sigma_next / sigma) * (x - sigma * noise),
        ),
        Mistake(
            "The guess is left out: sigma_next * noise is only what stays of the difference. Add it to the guess.",
            lambda x, noise, sigma, sigma_next: sigma_next * noise,
        ),
        Mistake(
            "noise is not the guess of the clean picture. First make the guess: denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: noise + sigma_next / sigma * (x - noise),
        ),
        Mistake(
            "Of the difference x - denoised a part stays, not of x itself.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next / sigma * x,
        ),
        Mistake(
            "Noise of level sigma_next stays, and sigma - sigma_next of it goes. You took away what should stay.",
            lambda x, noise, sigma, sigma_next: x - sigma_next * noise,
        ),
        Mistake(
            "The predicted noise has strength 1. Before it is taken away, it is multiplied by sigma.",
            lambda x, noise, sigma, sigma_next: x - noise + sigma_next / sigma * noise,
        ),
        Mistake(
            "The predicted noise has strength 1, and the step takes away sigma - sigma_next of it. First the guess: "
            "denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: x - noise,
        ),
        Mistake(
            "No denoiser is needed: what it would answer is denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: DatasetDenoiser(torch.tensor([[-1.0], [1.0]]))(x, sigma),
            when=_asks_a_denoiser,
        ),
        Mistake(
            "The difference x - denoised is sigma * noise: in its second place you forgot to multiply by sigma.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next / sigma * noise,
        ),
        Mistake(
            "You start from x and add a part of the guess. It is the other way round: start from the guess, "
            "and add a part of the difference x - denoised.",
            lambda x, noise, sigma, sigma_next: x + sigma_next / sigma * (x - sigma * noise),
        ),
        Mistake(
            "You start from x, and all of its noise is still there. Start from the guess, x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: x + sigma_next * noise,
        ),
        Mistake(
            "That is sigma_next / sigma * x: the brackets are missing, or the guess is left out. It is the guess, plus "
            "sigma_next / sigma * (x - denoised).",
            lambda x, noise, sigma, sigma_next: sigma_next / sigma * x,
        ),
        Mistake(
            "You made the guess smaller. Keep all of it, and add the part of the difference x - denoised that stays.",
            lambda x, noise, sigma, sigma_next: sigma_next / sigma * (x - sigma * noise),
        ),
        Mistake(
            "You made the guess smaller. Keep all of it, and add the part of the difference x - denoised that stays.",
            lambda x, noise, sigma, sigma_next: (1 - sigma_next / sigma) * (x - sigma * noise),
        ),
        Mistake("x is still where it was.", lambda x, noise, sigma, sigma_next: x),
    ],
)
