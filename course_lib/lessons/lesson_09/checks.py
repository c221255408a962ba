"""Lesson 09, reverse diffusion: the checks of its exercises."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib.diffusion import NoiseTable, q_sample, x0_from
from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_09.faces import TABLE
from course_lib.lessons.lesson_09.reverse import step_back


class _Network:
    """Something that depends on x and on t, as a network does."""

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        return 0.5 * x + torch.as_tensor(t).reshape(-1, 1, 1, 1) / 1000

    def __repr__(self) -> str:
        return "network"


def _draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _changes(answer, case) -> bool:
    """Whether a function gives two results for the same arguments: then it draws noise of its own."""
    try:
        first, second = (torch.as_tensor(answer(*case)) for _ in range(2))
        return first.shape == second.shape and not torch.equal(first, second)
    except Exception:  # whatever stops it is told elsewhere
        return False


_OWN_NOISE = "Your result changes from call to call: take the `noise` that comes in, and draw none of your own."


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


check_loss = FunctionCheck(
    "v_loss",
    _loss(),
    [
        (_Network(), _draw(3, 2, 4, 4, seed=1), torch.tensor([1, 500, 998]), _draw(3, 2, 4, 4, seed=2), TABLE),
        (_Network(), _draw(2, 1, 3, 3, seed=3), torch.tensor([300, 700]), _draw(2, 1, 3, 3, seed=4), TABLE),
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
            "The shapes do not fit. ᾱ needs .reshape(-1, 1, 1, 1), one number for each picture; and x comes before t in "
            "network(x, t).",
            lambda network, x0, t, noise, table: (network(x0, t) - table.alphas_cumprod[t] * noise).mean(),
            stops="must match the size|must match the existing size",
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
            "The squares of each picture are added up. Take the mean over all numbers.",
            _loss(error=lambda wrong: wrong.square().sum() / len(wrong)),
        ),
        Mistake(
            _OWN_NOISE,
            lambda network, x0, t, noise, table: torch.rand(()),
            when=lambda answer: _changes(answer, check_loss.cases[0]),
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
            "That is a square for each number. The loss is one number: their mean.",
            _loss(error=lambda wrong: wrong.square()),
        ),
    ],
)


def _right_step(x: Tensor, eps: Tensor, t: int, table: NoiseTable, noise: Tensor) -> Tensor:
    alpha_bar = table.alphas_cumprod[t].item()
    alpha_bar_next = table.alphas_cumprod[t - 1].item() if t > 0 else 1.0
    return step_back(x, x0_from("eps", eps, x, alpha_bar), alpha_bar, alpha_bar_next, noise)


def _mean(x, eps, beta, alpha_bar):
    return (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5


def _spread(beta, alpha_bar, alpha_bar_next, t):
    return ((1 - alpha_bar_next) / (1 - alpha_bar) * beta) ** 0.5


def _step(mean=_mean, spread=_spread, later=0):
    """A wrong DDPM step, written with betas; `later` reads the table so many entries further on."""

    def step(x, eps, t, table, noise):
        beta, alpha_bar = table.betas[t + later].item(), table.alphas_cumprod[t + later].item()
        alpha_bar_next = table.alphas_cumprod[t + later - 1].item() if t + later > 0 else 1.0
        return mean(x, eps, beta, alpha_bar) + spread(beta, alpha_bar, alpha_bar_next, t) * noise

    return step


def _wraps_around(beta, alpha_bar, alpha_bar_next, t):
    return _spread(beta, alpha_bar, TABLE.alphas_cumprod[-1].item() if t == 0 else alpha_bar_next, t)


_NOISE_ON_LAST = (
    "At t = 0 you still add noise, and no step comes after it to remove that. In the last step the spread is 0."
)

_UPSIDE_DOWN = "The fraction under the root is upside down: 1 − ᾱ of t − 1 is above, 1 − ᾱ of t is below."

check_step = FunctionCheck(
    "ddpm_step",
    _right_step,
    [
        (_draw(2, 3, 4, 4, seed=5), _draw(2, 3, 4, 4, seed=6), t, TABLE, _draw(2, 3, 4, 4, seed=7))
        for t in (998, 400, 3, 0)
    ],
    [
        Mistake(
            _NOISE_ON_LAST,
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) if t else beta**0.5),
        ),
        Mistake(_NOISE_ON_LAST, _step(spread=lambda beta, bar, bar_next, t: beta**0.5)),
        Mistake(
            "At t = 0 table.alphas_cumprod[t - 1] is the *last* entry of the table: −1 counts from the end. There ᾱ "
            "before the step is 1.",
            _step(spread=_wraps_around),
        ),
        Mistake(
            "√β is a spread that some programs use, but it is not the one of the formula here.",
            _step(spread=lambda beta, bar, bar_next, t: beta**0.5 if t else 0.0),
        ),
        Mistake(
            "That is the variance. Noise is multiplied by its square root, the standard deviation.",
            _step(spread=lambda beta, bar, bar_next, t: _spread(beta, bar, bar_next, t) ** 2),
        ),
        Mistake(
            "That is the mean alone: the fresh noise is missing.", _step(spread=lambda beta, bar, bar_next, t: 0.0)
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
            "The fresh noise is subtracted. The formula adds it.",
            _step(spread=lambda beta, bar, bar_next, t: -_spread(beta, bar, bar_next, t)),
        ),
        Mistake(
            "You add eps again, in place of the fresh noise. Multiply the spread by `noise`.",
            lambda x, eps, t, table, noise: _right_step(x, eps, t, table, eps),
        ),
        Mistake(
            _OWN_NOISE,
            lambda x, eps, t, table, noise: torch.rand(()),
            when=lambda answer: _changes(answer, check_step.cases[0]),
        ),
    ],
)
