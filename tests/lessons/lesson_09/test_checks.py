"""Lesson 09's checks: what they say to answers as a reader writes them."""

import pytest
import torch

from course_lib.diffusion import q_sample
from course_lib.lessons import lesson_09 as lesson


def loss(v, column=lambda table, t: table.alphas_cumprod[t].reshape(-1, 1, 1, 1)):
    """A loss with v(alpha_bar, x0, noise)."""

    def answer(network, x0, t, noise, table):
        x = q_sample(x0, t, table, noise)
        return (network(x, t) - v(column(table, t), x0, noise)).square().mean()

    return answer


def right_v(alpha_bar, x0, noise):
    return alpha_bar.sqrt() * noise - (1 - alpha_bar).sqrt() * x0


def draws_its_own_steps(network, x0, t, noise, table):
    return loss(right_v)(network, x0, torch.randint(1000, t.shape), noise, table)


def shows_t_first(network, x0, t, noise, table):
    x = q_sample(x0, t, table, noise)
    return (network(t, x) - noise).square().mean()


NO_GRADIENT = "The number is right, but no gradient reaches the network"


def without_gradient(network, x0, t, noise, table):
    with torch.no_grad():
        return loss(right_v)(network, x0, t, noise, table)


def through_numpy(network, x0, t, noise, table):
    x = q_sample(x0, t, table, noise)
    v = right_v(table.alphas_cumprod[t].reshape(-1, 1, 1, 1), x0, noise)
    return ((network(x, t).numpy() - v.numpy()) ** 2).mean()


def detaches_the_prediction(network, x0, t, noise, table):
    return loss(right_v)(lambda x, t: network(x, t).detach(), x0, t, noise, table)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (loss(right_v), "[OK] v_loss is right."),
        (loss(lambda bar, x0, noise: bar.sqrt() * noise - (bar - 1).sqrt() * x0), "a root or a logarithm got a number"),
        (loss(lambda bar, x0, noise: bar * noise - (1 - bar).sqrt() * x0), "One root is missing."),
        (loss(lambda bar, x0, noise: bar**0.5 * noise - 1 - bar**0.5 * x0), "the root reaches only ᾱ"),
        (loss(right_v, lambda table, t: table.alphas_cumprod.reshape(-1, 1, 1, 1)), "ᾱ of all 1000 steps"),
        (loss(right_v, lambda table, t: table.alphas_cumprod[t]), "ᾱ needs .reshape(-1, 1, 1, 1)"),
        (loss(right_v, lambda table, t: table.alphas_cumprod[t + 1].reshape(-1, 1, 1, 1)), "you read ᾱ at t + 1"),
        (draws_its_own_steps, "take the `t` and the `noise` that come in"),
        (lambda *case: loss(right_v)(*case).item(), NO_GRADIENT),
        (without_gradient, NO_GRADIENT),
        (through_numpy, NO_GRADIENT),
        (detaches_the_prediction, NO_GRADIENT),
        (lambda *case: torch.tensor(loss(right_v)(*case).item(), requires_grad=True), NO_GRADIENT),
        (lambda network, *case: loss(lambda *v: 0)(network, *case).item(), "v_loss("),
        (shows_t_first, "network(x, t) takes the noisy pictures first."),
    ],
)
def test_what_is_said_of_a_loss(answer, said):
    assert said in lesson.check_loss.verdict(answer)


def before(t, table):
    return table.alphas_cumprod[t - 1] if t > 0 else torch.tensor(1.0)


def step(spread=lambda above, below, beta: (above / below * beta) ** 0.5, before=before, draws=True, reads=lambda t: t):
    """A step whose spread is made of 1 - the next alpha-bar, 1 - alpha-bar, and beta."""

    def answer(x, eps, t, table, noise):
        beta, alpha_bar = table.betas[reads(t)], table.alphas_cumprod[t]
        mean = (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5
        added = spread(1 - before(t, table), 1 - alpha_bar, beta) * noise
        return mean + (added if t > 1 or draws else 0)

    return answer


def with_python_numbers(x, eps, t, table, noise):
    """The root of a negative Python number is complex, that of a tensor is nan."""
    beta, alpha_bar, after = table.betas[t].item(), table.alphas_cumprod[t].item(), before(t, table).item()
    mean = (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5
    return mean + ((after - 1) / (1 - alpha_bar) * beta) ** 0.5 * noise


ROOT_OF_BETA = "√β is a spread that some programs use"
AT_1 = "At t = 1 you add no noise."


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (step(), "[OK] ddpm_step is right."),
        (step(draws=False), AT_1),
        (step(before=lambda t, table: table.alphas_cumprod[t - 1] if t > 1 else torch.tensor(1.0)), AT_1),
        (step(lambda above, below, beta: beta**0.5, draws=False), ROOT_OF_BETA),
        (step(lambda above, below, beta: beta**0.5), ROOT_OF_BETA),
        (step(before=lambda t, table: table.alphas_cumprod[t]), ROOT_OF_BETA),
        (step(before=lambda t, table: table.alphas_cumprod[t] if t > 0 else torch.tensor(1.0)), ROOT_OF_BETA),
        (step(before=lambda t, table: table.alphas_cumprod[t - 1]), "−1 counts from the end"),
        (
            step(lambda above, below, beta: (-above / below * beta) ** 0.5),
            "a root or a logarithm got a number below 0.",
        ),
        (with_python_numbers, "The result is complex: a root got a number below 0."),
        (step(before=lambda t, table: torch.tensor(1.0)), "or is your ᾱ before the step always 1?"),
        (step(reads=lambda t: t - 1), "you read β at t − 1"),
        (step(reads=lambda t: max(0, t - 1)), "you read β at t − 1"),
    ],
)
def test_what_is_said_of_a_step(answer, said):
    assert said in lesson.check_step.verdict(answer)


def test_a_table_that_is_read_one_step_too_early_is_recognised_whatever_happens_at_its_end():
    for first in (0, 1):

        def answer(x, eps, t, table, noise, first=first):
            beta, alpha_bar = table.betas[t - 1], table.alphas_cumprod[t - 1]
            after = table.alphas_cumprod[t - 2] if t > first else torch.tensor(1.0)
            mean = (x - beta / (1 - alpha_bar) ** 0.5 * eps) / (1 - beta) ** 0.5
            return mean + ((1 - after) / (1 - alpha_bar) * beta) ** 0.5 * noise

        assert "you read the table at t − 1" in lesson.check_step.verdict(answer)
