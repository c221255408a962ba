"""Lesson 08's explorer over all its tables and many steps, and the numbers its text states."""

import math

import pytest
import torch

from course_lib.datasets import open_emoji
from course_lib.diffusion import forward_step
from course_lib.lessons import lesson_08 as lesson
from course_lib.lessons.lesson_08 import even_check, forward

PICTURE = torch.linspace(-1, 1, 3 * 64 * 64).reshape(1, 3, 64, 64)


@pytest.mark.parametrize("table", lesson.TABLES)
def test_every_state_can_be_drawn(table):
    shapes, sentences = set(), set()
    for t in [*range(0, 1000, 37), 999]:
        drawing = lesson.draw(PICTURE, table, t)
        shapes.add(drawing.pixels.shape)
        sentences.add(drawing.sentence)
        assert drawing.pixels.dtype.name == "uint8" and drawing.sentence.startswith(f"Step {t} of 999, {table}")
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(sentences) == 28


def test_the_drawing_goes_from_the_picture_to_noise():
    name = "scaled linear (Stable Diffusion)"
    first, last = (lesson.draw(PICTURE, name, t) for t in (0, 999))
    assert "1.00 × picture + 0.03 × noise; SNR 1,175, sigma 0.0292." in first.sentence
    assert "0.07 × picture + 1.00 × noise" in last.sentence
    assert "sigma 14.6" in last.sentence
    assert "SNR below 0.0001, sigma 20,291." in lesson.draw(PICTURE, "cosine", 999).sentence
    assert not (first.pixels == last.pixels).all()


def test_numbers_in_the_questions_are_true():
    table = lesson.TABLES["scaled linear (Stable Diffusion)"]
    assert table.alphas_cumprod[500].item() == pytest.approx(0.2763, abs=5e-5)
    assert table.alphas_cumprod[500].sqrt().item() == pytest.approx(0.53, abs=5e-3)
    assert (1 - table.alphas_cumprod[500]).sqrt().item() == pytest.approx(0.85, abs=5e-3)
    assert (table.alphas_cumprod[270]).sqrt().item() == pytest.approx(0.80, abs=5e-3)
    assert round(table.timestep(2.0).item()) == 562
    assert int((table.snr < 1).nonzero()[0]) == 354
    assert 1 / math.sqrt(1 + 2**2) == pytest.approx(0.45, abs=5e-3)


def test_what_is_said_about_the_three_curves_is_true():
    """Where they cross, how long less than a tenth is left, and which falls most evenly."""
    crossings = {"scaled": 0.35, "linear": 0.26, "cosine": 0.5}
    uneven, falls = {}, {}
    for name, table in lesson.TABLES.items():
        amplitude = table.alphas_cumprod.sqrt()
        crossing = int((table.snr < 1).nonzero()[0]) / 1000
        assert crossing == pytest.approx(crossings[name.split()[0]], abs=0.005)
        straight = torch.linspace(1, 0, 1000, dtype=torch.float64)
        uneven[name.split()[0]] = (amplitude - straight).abs().max().item()
        falls[name.split()[0]] = -amplitude.diff()
        assert (amplitude[-1] > 0.05) == ("Stable" in name)
    assert uneven["scaled"] < 0.1 < min(uneven["linear"], uneven["cosine"])
    assert falls["scaled"].std() < 0.7 * min(falls["linear"].std(), falls["cosine"].std())
    slow_fast_slow = [part.mean() for part in falls["scaled"].split(333)[:3]]
    assert slow_fast_slow[1] > 1.2 * max(slow_fast_slow[0], slow_fast_slow[2]), "no S"
    assert (lesson.TABLES["linear (DDPM)"].alphas_cumprod[-300:].sqrt() < 0.1).all()


def test_an_answer_that_draws_its_own_noise_is_recognised():
    def own(x0, t, table, noise):
        alpha_bar = table.alphas_cumprod[t]
        return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * torch.randn_like(x0)

    assert lesson.check_jump.verdict(own) == (
        "[not yet] `noise` plays no part in your result. Multiply it by sqrt(1 - alphas_cumprod[t]), and draw none of "
        "your own."
    )
    assert "largest difference" in lesson.check_jump.verdict(lambda x0, t, table, noise: t * x0 + noise)


def test_a_chain_with_one_and_the_same_noise_is_recognised():
    def chain(x0, t, table, noise):
        for beta in table.betas[: t + 1]:
            x0 = forward_step(x0, beta.item(), noise)
        return x0

    assert "the same noise each time" in lesson.check_jump.verdict(chain)


def by(signal, spread):
    """An answer whose two factors come from alpha-bar."""

    def jump(x0, t, table, noise):
        a = table.alphas_cumprod[t]
        return signal(a) * x0 + spread(a) * noise

    return jump


def of(result):
    """An answer from alpha-bar, picture and noise."""
    return lambda x0, t, table, noise: result(table.alphas_cumprod[t], x0, noise)


def of_one_step(factors):
    """An answer whose two factors come from alpha-bar and beta."""

    def jump(x0, t, table, noise):
        signal, spread = factors(table.alphas_cumprod[t], table.betas[t])
        return signal * x0 + spread * noise

    return jump


PAGE = torch.zeros(1, 3, 64, 64)  # stands for the page's own picture


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (by(lambda a: a**1 / 2, lambda a: (1 - a) ** 1 / 2), "** 1/2 is read as"),
        (by(lambda a: a**0.5, lambda a: (1 - a) ** 1 / 2), "** 1/2 is read as"),
        (by(lambda a: a**1 // 2, lambda a: (1 - a) ** 1 // 2), "rounds down to 0"),
        (by(lambda a: a**1 // 2, lambda a: (1 - a) ** 0.5), "rounds down to 0"),
        (of(lambda a, x0, noise: (1 - a) ** 0.5 * noise), "No picture is in your result"),
        (of(lambda a, x0, noise: a**0.5 * x0), "`noise` plays no part"),
        (of(lambda a, x0, noise: a**0.5 * x0 + (1 - a) ** 0.5 * x0), "`noise` plays no part"),
        (of(lambda a, x0, noise: a**0.5 * x0 * (1 - a) ** 0.5 * noise), "The two parts are multiplied"),
        (by(lambda a: a**0.5, lambda a: ((1 - a) / a) ** 0.5), "sigma is the noise's factor"),
        (of_one_step(lambda a, b: (a**0.5, b**0.5)), "The noise's factor is that of one step"),
        (of_one_step(lambda a, b: ((1 - b) ** 0.5, (1 - a) ** 0.5)), "The picture's factor is that of one step"),
        (lambda x0, t, table, noise: table.alpha_bar[t] ** 0.5 * x0, "Alpha-bar is table.alphas_cumprod[t]"),
        (lambda x0, t, table, noise: forward.q_sample(x0, t, table, noise), "q_sample is ready-made"),
        (lambda x0, t, table, noise: alphas_cumprod[t] * x0, "belongs to the table: table.alphas_cumprod[t]"),  # noqa: F821
        (of(lambda a, x0, noise: a**0.5 * x0 + noise * 1 - a**0.5), "Brackets are missing"),
        (of(lambda a, x0, noise: a**0.5 * x0 + 1 - a**0.5 * noise), "Brackets are missing"),
        (of(lambda a, x0, noise: a**0.5 * x0 + noise * 1 - a), "Brackets are missing"),
        (of(lambda a, x0, noise: ((a**0.5 * x0) ** 2 + ((1 - a) ** 0.5 * noise) ** 2) ** 0.5), "root of a sum"),
        (by(lambda a: a**0.5, lambda a: -((1 - a) ** 0.5)), "added, not subtracted"),
        (by(lambda a: a**0.5, lambda a: a**0.5), "the same factor"),
        (by(lambda a: a**0.5, lambda a: 1), "no factor yet"),
        (by(lambda a: a**2, lambda a: (1 - a) ** 2), "You squared"),
        (by(lambda a: a, lambda a: (1 - a**2) ** 0.5), "It is the factor's square"),
        (by(lambda a: a**0.5, lambda a: (a - 1) ** 0.5), "NaN came out"),
        (lambda x0, t, table, noise: forward.q_sample(x0, t, table, noise).clamp(-1, 1), "cut the result"),
        (lambda x0, t, table, noise: forward.q_sample(x0, 250, table, noise), "t plays no part"),
        (lambda x0, t, table, noise: (x0, noise), "You return two parts"),
        (lambda x0, t, table, noise: table.alphas_cumprod * x0 + noise, "of all 1000 steps"),
        (lambda x0, t, table, noise: PAGE + noise, "`picture` from the page"),
        (lambda x0, t, table, noise: sqrt(table.alphas_cumprod[t]) * x0, "no sqrt of its own"),  # noqa: F821
        (lambda x0, t, table, noise: torch.sqrt(table.alphas_cumprod[t].item()) * x0, "torch.sqrt takes a tensor"),
        (lambda x0, t, table, noise: table.alphas_cumprod(t) * x0, "square brackets"),
        (lambda x0, t, table, noise: x0 + eps, "comes in as `noise`"),  # noqa: F821
        (lambda x0, t, table, noise: torch.tensor([2.0, -1.0]) + noise, "comes in as `x0`"),
        (lambda x0, t, table, noise: x + noise, "comes in as `x0`"),  # noqa: F821
        (lambda x0, t, table, noise: table[t] * x0, "more than one list"),
        (lambda x0, table, t, noise: table.alphas_cumprod[t] * x0, "in this order: x0, t, table, noise"),
        (lambda x0, noise, table, t: t.alphas_cumprod[noise] * x0, "in this order: x0, t, table, noise"),
        (of(lambda a, x0, noise: a**0.5 * (x0 + (1 - a) ** 0.5 * noise)), "in front of the whole sum"),
        (by(lambda a: a**0.5, lambda a: (1 - a**2) ** 0.5), "it is a square already"),
        (by(lambda a: a**0.5, lambda a: (1 + a) ** 0.5), "a minus under the root"),
        (lambda x0, t, table, noise: forward.q_sample(x0, t, table, noise).tolist(), "return the tensor itself"),
    ],
)
def test_what_else_goes_wrong_in_a_jump(wrong, said):
    assert said in lesson.check_jump.verdict(wrong)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (354, "with variance 1"),
        (353, "with variance 1"),
        (355, "with variance 1"),
        ([133], "in brackets"),
        (614, "is overtaken earlier"),
        (231, "standard deviation"),
        (288, "mean of the squares"),
        (297, "took the mean"),
        (131, "rounded the variance"),
        (132, "still a little larger"),
        (151, "that of the clean picture"),
        (32, "Leave the roots out"),
        (487, "divided SNR by the standard deviation"),
        (134, "one step too late"),
        (208, "twice the picture's"),
        (588, "alpha-bar with the variance"),
        (867, "how many steps"),
        (122, "another table"),
        (245, "another table"),
        (999, "That is the last step"),
        (0, "far stronger"),
        (350, "Take the first of these steps"),
        (1000, "from 0 to 999"),
        (1.006, "A step is a whole number"),
        ("133", "without quotes"),
        (lesson.TABLES["cosine"].snr < 1, "one is asked for"),
    ],
)
def test_what_else_is_no_step(wrong, said):
    assert said in lesson.check_even.verdict(wrong)


def test_a_step_in_a_tensor_is_right():
    assert (
        lesson.check_even.verdict(torch.tensor([133])) == lesson.check_even.verdict(133) == "[OK] your step is right."
    )


def test_the_panda_is_as_the_page_says():
    panda, table = (
        open_emoji(style="fluent").select("panda").images[:1],
        lesson.TABLES["scaled linear (Stable Diffusion)"],
    )
    assert panda.var().item() == pytest.approx(even_check.PANDA, abs=5e-6) and round(panda.mean().item(), 2) == 0.68
    assert panda.square().mean().item() == pytest.approx(0.6332, abs=5e-5)
    assert lesson.check_even.right == int((panda.var() * table.snr < 1).nonzero()[0]) == 133
    ratio = (panda.var() * table.snr)[132:134]
    assert ratio[0] > 1.003 and ratio[1] < 0.994  # rounding does not move the step
    assert [round(table.betas[step].sqrt().item(), 3) for step in (0, -1)] == [0.029, 0.11]


def test_what_is_left_of_white_and_black_is_a_short_sum():
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    table = lesson.TABLES["scaled linear (Stable Diffusion)"]
    white, black = (forward.q_sample(sign * torch.ones(1, 3, 64, 64), 999, table, noise).mean() for sign in (1, -1))
    left = table.alphas_cumprod[999].sqrt().item()
    assert round(left, 3) == 0.068 and round(noise.mean().item(), 3) == -0.008
    assert (round(white.item(), 3), round(black.item(), 3)) == (0.06, -0.076)
    assert (white - black).item() == pytest.approx(2 * left, abs=1e-5) and 1.96 / 12288**0.5 < 0.018
    assert table.alphas_cumprod[350].sqrt().item() == pytest.approx(0.7, abs=0.02)


def test_what_the_three_tables_leave_at_the_end_is_as_the_page_says():
    left = {name.split()[0]: 100 * table.alphas_cumprod[-1].sqrt().item() for name, table in lesson.TABLES.items()}
    assert round(left["scaled"], 1) == 6.8 and round(left["linear"], 1) == 0.6 and left["cosine"] < 0.01


def test_the_average_of_many_ends_is_the_panda_and_one_end_is_not():
    """As on the page: 2,000 results of step 999, and 15 times their average."""
    panda = open_emoji(style="fluent").select("panda").images[:1]
    table, generator = lesson.TABLES["scaled linear (Stable Diffusion)"], torch.Generator().manual_seed(5)
    ends = (forward.q_sample(panda, 999, table, torch.randn(panda.shape, generator=generator)) for _ in range(2000))
    first = next(ends)
    average = (first + sum(ends)) / 2000

    def likeness(x):
        return torch.corrcoef(torch.stack([x.flatten(), panda.flatten()]))[0, 1].item()

    assert likeness(average) > 0.75 and abs(likeness(first)) < 0.05
    assert (15 * average - panda).abs().mean() < 0.35


def test_what_the_average_keeps_of_panda_and_noise_is_as_the_page_says():
    left = lesson.TABLES["scaled linear (Stable Diffusion)"].alphas_cumprod[999].sqrt().item()
    assert round(left, 3) == 0.068 and round(15 * 0.068, 2) == 1.02
    assert round(2000**-0.5, 4) == 0.0224 and round(15 * 0.0224, 2) == round(15 * 2000**-0.5, 2) == 0.34


def test_the_step_on_paper_keeps_the_variance():
    numbers = torch.tensor([0.8 * x + 0.6 * noise for x in (1, -1) for noise in (1, -1)], dtype=torch.float64)
    torch.testing.assert_close(numbers, torch.tensor([1.4, 0.2, -0.2, -1.4], dtype=torch.float64))
    torch.testing.assert_close(numbers.square(), torch.tensor([1.96, 0.04, 0.04, 1.96], dtype=torch.float64))
    assert abs(numbers.mean()) < 1e-12 and numbers.square().mean() == pytest.approx(1)


def test_the_cosine_table_is_slow_at_first_and_fastest_at_the_end():
    at_100 = {name.split()[0]: table.alphas_cumprod[100].sqrt().item() for name, table in lesson.TABLES.items()}
    assert {name: round(amplitude, 2) for name, amplitude in at_100.items()} == {
        "scaled": 0.95,
        "linear": 0.95,
        "cosine": 0.99,
    }
    falls = -lesson.TABLES["cosine"].alphas_cumprod.sqrt().diff()
    assert falls[-100:].mean() > 0.95 * falls.unfold(0, 100, 50).mean(dim=1).max() and falls[:100].mean() < 0.0002


def test_in_a_picture_twice_as_large_the_mean_halves_the_noise():
    """As in "Going further": the picture stays, and the noise that is left is half as strong."""
    large, table = PICTURE.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3), lesson.TABLES["cosine"]
    noise = torch.randn(large.shape, generator=torch.Generator().manual_seed(6))
    small_again = (
        forward.q_sample(large, 500, table, noise).unflatten(3, (64, 2)).unflatten(2, (64, 2)).mean(dim=(3, 5))
    )
    left = small_again - table.alphas_cumprod[500].sqrt() * PICTURE
    assert left.std().item() == pytest.approx((1 - table.alphas_cumprod[500]).sqrt().item() / 2, rel=0.05)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown table 'quadratic'"):
        lesson.draw(PICTURE, "quadratic", 3)
    with pytest.raises(ValueError, match="0 to 999; got 1000"):
        lesson.draw(PICTURE, "cosine", 1000)
