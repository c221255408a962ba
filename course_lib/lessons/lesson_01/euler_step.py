"""Euler's step, written with the predicted noise, and the check of a learner's own, for lesson 01."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import FunctionCheck, Mistake


def euler_from_noise(x, noise, sigma, sigma_next):
    """Euler's move, written with the predicted noise: the guess x - sigma * noise, then a part of the way towards it.

    Example:

    >>> round(euler_from_noise(3.0, 1.18, 2.0, 1.0), 2)
    1.82
    """
    denoised = x - sigma * noise
    return denoised + sigma_next / sigma * (x - denoised)


check_step = FunctionCheck(
    "euler_step",
    euler_from_noise,
    [
        (3.0, 1.18, 2.0, 1.0),
        (-1.0, 0.5, 4.0, 3.0),
        (torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.25, -1.0, 2.0]]), 10.0, 4.0),
    ],
    [
        Mistake(
            "That is the guess of the clean picture. Euler's rule goes only a part of the way to it: "
            "sigma_next / sigma of the distance stay.",
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
            "The sign is wrong: noise is taken away, denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: x + sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "The sign is wrong: the distance is x - denoised. The other way round, the step goes past the guess.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise - sigma_next * noise,
        ),
        Mistake(
            "Of the distance x - denoised the part sigma_next / sigma stays; you forgot to divide by sigma.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next * sigma * noise,
        ),
        Mistake(
            "Two ways to write it are mixed here: make the guess first, then keep a part of x - denoised.",
            lambda x, noise, sigma, sigma_next: x - sigma_next / sigma * noise,
        ),
        Mistake(
            "The guess is left out: sigma_next * noise is only what stays of the distance. Add it to the guess.",
            lambda x, noise, sigma, sigma_next: sigma_next * noise,
        ),
        Mistake(
            "noise is not the guess of the clean picture. First make the guess: denoised = x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: noise + sigma_next / sigma * (x - noise),
        ),
        Mistake(
            "Of the distance x - denoised a part stays, not of x itself.",
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
            lambda x, noise, sigma, sigma_next: x.device,  # what a denoiser asks x for; a plain number has none
            stops="'float' object has no attribute|must match the size of tensor",
        ),
        Mistake(
            "The distance x - denoised is sigma * noise: in its second place you forgot to multiply by sigma.",
            lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next / sigma * noise,
        ),
        Mistake(
            "You start from x and add a part of the guess. It is the other way round: start from the guess, "
            "and add a part of the distance x - denoised.",
            lambda x, noise, sigma, sigma_next: x + sigma_next / sigma * (x - sigma * noise),
        ),
        Mistake(
            "You start from x, and all of its noise is still there. Start from the guess, x - sigma * noise.",
            lambda x, noise, sigma, sigma_next: x + sigma_next * noise,
        ),
        Mistake(
            "The brackets are missing: sigma_next / sigma multiplies the whole distance, (x - denoised).",
            lambda x, noise, sigma, sigma_next: sigma_next / sigma * x,
        ),
        Mistake(
            "You made the guess smaller. Keep all of it, and add the part of the distance x - denoised that stays.",
            lambda x, noise, sigma, sigma_next: sigma_next / sigma * (x - sigma * noise),
        ),
        Mistake(
            "You made the guess smaller. Keep all of it, and add the part of the distance x - denoised that stays.",
            lambda x, noise, sigma, sigma_next: (1 - sigma_next / sigma) * (x - sigma * noise),
        ),
        Mistake("x is still where it was.", lambda x, noise, sigma, sigma_next: x),
    ],
)
