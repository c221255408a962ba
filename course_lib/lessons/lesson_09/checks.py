"""Lesson 09, reverse diffusion: the check of its first exercise, the loss, and what both checks share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib.diffusion import q_sample
from course_lib.exercises.checks import FunctionCheck, Mistake, not_yet, right
from course_lib.lessons.lesson_09.faces import TABLE
from course_lib.texts import tr


class _Network:
    """Something that depends on x, on t and on a parameter, as a network does."""

    def __init__(self, scale: float | Tensor = 0.5):
        self.scale = scale

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        if x.ndim != 4:
            raise ValueError("network(x, t) takes the noisy pictures first")
        return self.scale * x + torch.as_tensor(t).reshape(-1, 1, 1, 1) / 1000

    def __repr__(self) -> str:
        return "network"


def draw(*shape: int, seed: int) -> Tensor:
    """Noise of this shape, always the same for a seed.

    Example:

    >>> draw(2, 3, seed=1).shape
    torch.Size([2, 3])
    """
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def changes(answer: Callable, case: tuple) -> bool:
    """Whether a function gives two results for the same arguments: then it draws noise of its own.

    A result that is nan both times has not changed. Example:

    >>> changes(lambda x: x * torch.rand(2), (1,)), changes(lambda x: x * torch.tensor(float("nan")), (1,))
    (True, False)
    """
    try:
        first, second = (torch.as_tensor(answer(*case)) for _ in range(2))
        return first.shape == second.shape and not first.isclose(second, rtol=0, atol=0, equal_nan=True).all()
    except Exception:  # whatever stops it is told elsewhere
        return False


def _loss(
    target=lambda a, b, x0, noise, x: a * noise - b * x0,
    seen=lambda x, *others: x,
    told=lambda t: t,
    error=lambda wrong: wrong.square().mean(),
    earlier=0,
):
    """A loss, right or wrong: target(a, b, x0, noise, x), with a and b the amplitudes of picture and noise.

    seen(x, x0, noise, sigma) : what the network is shown. earlier : v is made with the table so many entries before t.
    """

    def loss(network, x0, t, noise, table):
        alpha_bar = table.alphas_cumprod[t - earlier].reshape(-1, 1, 1, 1)
        x = q_sample(x0, t, table, noise)
        wanted = target(alpha_bar.sqrt(), (1 - alpha_bar).sqrt(), x0, noise, x)
        sigma = table.sigmas[t].reshape(-1, 1, 1, 1).to(x)
        return error(network(seen(x, x0, noise, sigma), told(t)) - wanted)

    return loss


def _teaches(answer: Callable, case: tuple) -> bool:
    """Whether a gradient of the loss reaches the parameters of the network."""
    scale = torch.tensor(0.5, requires_grad=True)
    try:
        torch.autograd.grad(answer(_Network(scale), *case[1:]), scale)
    except Exception:  # no gradient, or numpy, which refuses what has one
        return False
    return True


class _LossCheck(FunctionCheck):
    """A loss with the right number must also be one that a network can learn from."""

    def verdict(self, answer: Callable) -> str:
        said = super().verdict(answer)
        if said.startswith(right(self.name)) and not _teaches(answer, self.cases[0]):
            says = tr(
                "The number is right, but no gradient reaches the network: compute it with tensors alone, and return "
                "the tensor itself, without .item(), .detach() or no_grad."
            )
            return not_yet(says)
        return said


check_loss = _LossCheck(
    "v_loss",
    _loss(),
    [
        (_Network(), draw(3, 2, 4, 4, seed=1), torch.tensor([1, 500, 998]), draw(3, 2, 4, 4, seed=2), TABLE),
        (_Network(), draw(2, 1, 3, 3, seed=3), torch.tensor([300, 700]), draw(2, 1, 3, 3, seed=4), TABLE),
    ],
    [
        Mistake(
            "That is the loss of a network that predicts the noise. Here it predicts v: compare with v.",
            _loss(lambda a, b, x0, noise, x: noise),
        ),
        Mistake(
            "That is the loss of a network that predicts the clean picture. Here it predicts v: compare with v.",
            _loss(lambda a, b, x0, noise, x: x0),
        ),
        Mistake(
            "Your v has the wrong sign: it is √ᾱ · noise − √(1 − ᾱ) · x0, and you have its negative.",
            _loss(lambda a, b, x0, noise, x: b * x0 - a * noise),
        ),
        Mistake(
            "There is a minus sign in v: √ᾱ · noise − √(1 − ᾱ) · x0. With a plus and the roots exchanged it would be x.",
            _loss(lambda a, b, x0, noise, x: a * noise + b * x0),
        ),
        Mistake(
            "The two roots have changed places: √ᾱ belongs to the noise here, and √(1 − ᾱ) to the clean picture.",
            _loss(lambda a, b, x0, noise, x: b * noise - a * x0),
        ),
        Mistake(
            "The roots are missing: √ᾱ and √(1 − ᾱ) are amplitudes, ᾱ and 1 − ᾱ are variances.",
            _loss(lambda a, b, x0, noise, x: a**2 * noise - b**2 * x0),
        ),
        Mistake(
            "Your v is made with the noisy picture x. It needs the clean one: √ᾱ · noise − √(1 − ᾱ) · x0.",
            _loss(lambda a, b, x0, noise, x: a * noise - b * x),
        ),
        Mistake(
            "The network is shown the clean picture. Show it the noisy one, x: it must learn to see through noise.",
            _loss(seen=lambda x, x0, *others: x0),
        ),
        Mistake(
            "The network is shown the noise alone. Show it the noisy picture, x.",
            _loss(seen=lambda x, x0, noise, sigma: noise),
        ),
        Mistake(
            "The network is shown x0 + sigma · noise. It lives in shrunk coordinates: show it what q_sample gives.",
            _loss(seen=lambda x, x0, noise, sigma: x0 + sigma * noise),
        ),
        Mistake("The network is not told t. Call network(x, t).", _loss(told=lambda t: 0 * t)),
        Mistake(
            "The network is not told t at all. Call network(x, t).",
            lambda network, x0, t, noise, table: network(x0),
            stops=r"missing 1 required positional argument: 't'",
        ),
        Mistake(
            "You take ᾱ of all 1000 steps. Take one for each picture, that of its own step: table.alphas_cumprod[t].",
            lambda network, x0, t, noise, table: (table.alphas_cumprod.reshape(-1, 1, 1, 1) * noise).mean(),
            stops=r"size of tensor . \(1000\)",
        ),
        Mistake(
            "The shapes do not fit. ᾱ needs .reshape(-1, 1, 1, 1): one number for each picture.",
            lambda network, x0, t, noise, table: (network(x0, t) - table.alphas_cumprod[t] * noise).mean(),
            stops="must match the size|must match the existing size",
        ),
        *(
            Mistake("One root is missing. Both √ᾱ and √(1 − ᾱ) stand in v, not ᾱ or 1 − ᾱ.", _loss(target))
            for target in (
                lambda a, b, x0, noise, x: a**2 * noise - b * x0,
                lambda a, b, x0, noise, x: a * noise - b**2 * x0,
            )
        ),
        Mistake(
            "Brackets: the root reaches only ᾱ in yours. Write (1 - alpha_bar) ** 0.5 * x0.",
            _loss(lambda a, b, x0, noise, x: a * noise - 1 - a * x0),
        ),
        Mistake(
            "You multiply x0 by sigma, which is √(1 − ᾱ) / √ᾱ. In v it is √(1 − ᾱ).",
            _loss(lambda a, b, x0, noise, x: a * noise - b / a * x0),
        ),
        Mistake(
            "You subtract the root from 1. The root goes over all of it: (1 - alpha_bar).sqrt().",
            _loss(lambda a, b, x0, noise, x: a * noise - (1 - a) * x0),
        ),
        Mistake(
            "That is noise − x0, without the amplitudes. In v each has its own: √ᾱ and √(1 − ᾱ).",
            _loss(lambda a, b, x0, noise, x: noise - x0),
        ),
        Mistake(
            "Off by one: you read ᾱ at t − 1. The noisy faces belong to step t.",
            _loss(earlier=1),
        ),
        Mistake(
            "Off by one: you read ᾱ at t + 1. The noisy faces belong to step t.",
            _loss(earlier=-1),
        ),
        Mistake(
            "The squares of each picture are added up. Take the mean over all numbers.",
            _loss(error=lambda wrong: wrong.square().sum() / len(wrong)),
        ),
        Mistake(
            "Your result changes from call to call: take the `t` and the `noise` that come in, and draw none of your own.",
            lambda network, x0, t, noise, table: torch.rand(()),
            when=lambda answer: changes(answer, check_loss.cases[0]),
        ),
        Mistake(
            "The squares are added up. Take their mean, so that the loss does not depend on the size of the batch.",
            _loss(error=lambda wrong: wrong.square().sum()),
        ),
        Mistake(
            "You average the errors themselves, and those above 0 and below 0 cancel. Square them first.",
            _loss(error=lambda wrong: wrong.mean()),
        ),
        Mistake(
            "You average first and square then, so that errors cancel. Square first.",
            _loss(error=lambda wrong: wrong.mean().square()),
        ),
        Mistake(
            "That is the mean of the absolute errors. The loss takes the squared ones.",
            _loss(error=lambda wrong: wrong.abs().mean()),
        ),
        Mistake(
            "That is the root of the loss. The loss is the mean square itself.",
            _loss(error=lambda wrong: wrong.square().mean().sqrt()),
        ),
        Mistake(
            "That is a mean for each picture. The loss is one number: take the mean over the pictures, too.",
            _loss(error=lambda wrong: wrong.square().mean(dim=(1, 2, 3))),
        ),
        Mistake(
            "That is a square for each number. The loss is one number: their mean.",
            _loss(error=lambda wrong: wrong.square()),
        ),
    ],
)
