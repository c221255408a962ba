"""Lesson 12's widgets over their controls, and what its text states."""

import math
import re

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_12 as lesson
from course_lib.lessons.lesson_12 import orders
from course_lib.lessons.plane import blobs, walking
from course_lib.samplers import SAMPLERS, passport, sample, steps

PLACES = [(0, 0), (20, 40), (lesson.ROWS - 1, lesson.COLUMNS - 1)]


@pytest.mark.parametrize("sigma", [0.05, 0.35, 1.0, 2.95, 3.0])
def test_the_field_can_be_drawn_at_every_level(sigma):
    drawings = [lesson.draw_field(sigma, *place) for place in PLACES]
    assert {drawing.pixels.shape for drawing in drawings} == {(460, 620, 3)}
    assert len({drawing.sentence for drawing in drawings}) == len(PLACES)
    assert not np.array_equal(drawings[0].pixels, drawings[1].pixels), "the particle does not move"


def test_the_field_says_the_guess_and_the_slope():
    said = lesson.draw_field(1.0, *lesson.cell(1.9, 2.5)).sentence
    assert said == "Noise level 1. At x = (1.90, 2.50) the guess D is (1.04, 1.32), and the slope is (0.86, 1.18)."


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_walks(name):
    for particles in (lesson.ONE, lesson.CLOSE, lesson.ALL_OVER):
        drawing = lesson.draw_walk(name, 6, particles, 12, 25)
        assert drawing.pixels.shape == (460, 620, 3)
        assert drawing.sentence.startswith(f"{SAMPLERS[name].label}, 6 steps: ")
        assert ("adds fresh noise" in drawing.sentence) == SAMPLERS[name].stochastic
    again = lesson.draw_walk(name, 6, particles, 12, 25)
    assert np.array_equal(again.pixels, drawing.pixels), "the same choice draws another picture"


def test_a_walk_counts_its_calls():
    for name, row in SAMPLERS.items():
        calls = lesson.walk(name, lesson.place(12, 25), lesson.levels(8)).calls
        if row.calls(8) is not None and not row.bare:
            assert calls == row.calls(8), name


def test_a_walk_that_needs_more_steps_says_so():
    with pytest.raises(ValueError, match="'pndm' needs at least 4 steps"):
        lesson.draw_walk("pndm", 3, lesson.ONE, 5, 5)
    with pytest.raises(ValueError, match="particles must be one of"):
        lesson.draw_walk("euler", 3, "two", 5, 5)


def test_cells_and_places_fit():
    for row, column in PLACES:
        assert lesson.cell(*lesson.place(row, column)[0].tolist()) == (row, column)


@pytest.mark.parametrize(
    ("sigma_to", "sigma_up", "words"),
    [(0.5, 0.87, "the right amount"), (0.5, 0.5, "too little"), (0.5, 1.0, "too much"), (0.0, 1.0, "the right amount")],
)
def test_the_clouds_say_whether_the_noise_is_right(sigma_to, sigma_up, words):
    drawing = lesson.draw_clouds(sigma_to, sigma_up)
    assert words in drawing.sentence
    assert drawing.pixels.shape == lesson.draw_clouds(0.5, 0.2).pixels.shape, "the drawing jumps in size"


def test_the_right_noise_leaves_the_distribution_alone():
    """The first coordinate of a cloud is compared with that of level 1 as two samples: Kolmogorov-Smirnov."""
    from scipy.stats import ks_2samp

    exact = lesson.noisy(3000, 1.0, seed=99)[:, 0]
    for sigma_to in (0.0, 0.3, 0.8):
        up = math.sqrt(1 - sigma_to**2)
        assert ks_2samp(lesson.down_and_up(sigma_to, up)[2][:, 0], exact).pvalue > 0.001
        for wrong in (0.6 * up, 1.6 * up):
            assert ks_2samp(lesson.down_and_up(sigma_to, wrong)[2][:, 0], exact).pvalue < 0.001 or sigma_to == 0.8


def test_still_pictures_have_words():
    for shown in (lesson.fall(20), lesson.one_move(), lesson.draw_walks(*lesson.cell(-0.7, 4.1))):
        assert shown.png.startswith(b"\x89PNG") and len(shown.alt) > 100
    assert lesson.field_panel(0.7).shape == (329, 414, 3)
    assert lesson.cloud_strip([0.0, 0.87]).ndim == 3


def test_three_basins_appear_just_below_level_1():
    """Where particles end that follow the field of one level for ever."""
    basins = {}
    for sigma in (3.0, 1.1, 0.9, 0.7):
        x = lesson.noisy(100, sigma, seed=2)
        for _ in range(1500):
            x = x - 0.3 * sigma * lesson.slope(x, sigma)
        basins[sigma] = len({tuple(place) for place in x.round(decimals=1).tolist()})
    assert basins == {3.0: 1, 1.1: 1, 0.9: 3, 0.7: 3}


def test_at_the_first_level_all_lead_near_the_mean():
    guesses = lesson.BLOBS(lesson.noisy(500, 3.0), 3.0)
    middle = (blobs.SHARES[:, None] * blobs.MEANS).sum(0)
    assert ((guesses - middle).norm(dim=1).median()) < 0.6


def test_a_stride_to_the_guess_makes_the_crowd_too_narrow():
    """What the page says of LCM with an ordinary denoiser."""
    x = lesson.noisy(2000, 3.0, seed=4)
    ends = lesson.walk("lcm", x, lesson.levels(30)).states[-1]
    right = lesson.walk("euler", x, lesson.levels(30)).states[-1]
    for blob in range(3):
        narrow, wide = (cloud[blobs.owner(cloud) == blob].std(dim=0).norm() for cloud in (ends, right))
        assert narrow < 0.85 * wide


def test_numbers_of_the_text_are_true():
    apart = torch.pdist(blobs.MEANS)
    assert apart.min() > 2.5 and apart.max() < 3.5
    assert (1 * 5 + 4 * 0) / (1 + 4) == 1
    assert lesson.BLOBS.responsibilities(torch.tensor([[3.0, 2.0]], dtype=torch.float64), 1.0)[0, 1] > 0.99
    assert lesson.median_error("euler", 6) == pytest.approx(0.11, abs=0.005)
    assert lesson.errors("heun", 3)[0] == 6 and lesson.median_error("heun", 3) == pytest.approx(0.24, abs=0.01)
    assert lesson.median_error("euler", 16) == pytest.approx(0.041, abs=5e-4)
    assert lesson.median_error("euler", 32) == pytest.approx(0.021, abs=5e-4)
    assert lesson.errors("heun", 8)[0] == 16 and lesson.median_error("heun", 8) == pytest.approx(0.020, abs=5e-4)
    assert lesson.median_error("heun", 16) == pytest.approx(0.0045, abs=5e-5)
    assert math.hypot(0.5, 0.87) == pytest.approx(1, abs=5e-3)


def test_with_5_calls_heun_loses_to_euler_on_the_page():
    x = lesson.place(*lesson.cell(-0.7, 4.1))
    walks = [lesson.walk(name, x, lesson.levels(count)) for name, count in (("euler", 5), ("heun", 5), ("heun", 3))]
    assert [way.calls for way in walks] == [5, 9, 5]
    far = [(way.states[-1] - lesson.exact_end(x)).norm().item() for way in walks]
    assert far == pytest.approx([0.18, 0.11, 0.745], abs=0.006)


def test_heun_wins_from_10_calls_on_and_not_with_8():
    assert lesson.median_error("heun", 5) < lesson.median_error("euler", 10)
    assert lesson.median_error("heun", 4) > lesson.median_error("euler", 8)
    for count in (6, 8, 16, 32):
        assert lesson.errors("heun", count)[0] == 2 * count, "two calls in every step"
        assert lesson.median_error("heun", count) < 0.8 * lesson.median_error("euler", 2 * count)
    assert lesson.median_error("heun", 3) > lesson.median_error("euler", 6)


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("heun", 2), ("dpmpp_2m", 2), ("dpm_2", 2), ("heunpp2", 1)])
def test_orders_are_those_of_the_text(name, order):
    (calls, far), (more, near) = ((lesson.errors(name, n)[0], lesson.median_error(name, n)) for n in (32, 64))
    assert math.log(far / near) / math.log(more / calls) == pytest.approx(order, abs=0.15)
    assert SAMPLERS[name].order == order


def test_the_border_breaks_the_law_of_the_order():
    """The dashed line: nearly flat up to 12 calls, above Euler's everywhere, and as steep as it at the end."""
    there = {count: lesson.median_error("euler", count, walking.BORDER) for count in orders.COUNTS}
    assert there[12] > 0.8 * there[6]
    assert all(0.8 < far < 1 for count, far in there.items() if count <= 12)
    assert all(far > 4 * lesson.median_error("euler", count) for count, far in there.items())
    assert math.log2(there[64] / there[128]) == pytest.approx(1, abs=0.15)


def test_beside_the_border_eulers_own_border_sends_particles_into_the_wrong_blob():
    x = walking._particles(walking.BORDER)[0]
    shares = [(blobs.owner(lesson.walk("euler", x, lesson.levels(n)).states[-1]) == 0).double().mean() for n in (6, 48)]
    assert (blobs.owner(lesson.exact_end(x)) == 1).all() and shares[0] > 0.9 and shares[1] < 0.5
    beyond = x[:1] - torch.tensor([[0.01, 0.0]])
    assert blobs.owner(lesson.exact_end(beyond)).item() == 0, "the line does not begin at the border"


def test_between_the_two_borders_euler_ends_in_the_gap():
    """At least 2.5 standard deviations from each blob; and no exact end jumps at the border."""
    x = walking._particles(walking.BORDER)[0]
    ends = lesson.errors("euler", 12, walking.BORDER), lesson.walk("euler", x, lesson.levels(13)[:-1]).states[-1]
    wrong = ends[1][blobs.owner(ends[1]) == 0]
    assert len(wrong) > 200 and ends[0][0] == 12
    assert ((wrong[:, None] - blobs.MEANS).norm(dim=2) / blobs.STDS).min() > 2.5
    inside, outside = torch.tensor([[-0.35, 3.5]], dtype=torch.float64), x[-1:]
    assert lesson.exact_end(inside)[0, 0] < -0.5 and lesson.exact_end(outside)[0, 0] > 0.4
    low, high = inside, outside
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if blobs.owner(lesson.exact_end(middle)) == 0 else (low, middle)
    assert (lesson.exact_end(low) - lesson.exact_end(high)).norm() < 1e-6


def test_the_map_is_dark_at_the_borders_only_and_the_lower_region_is_darker():
    far = orders.error_map("euler", 12)
    assert 0.85 < far.max() < 0.99 and np.median(far) < 0.07 and np.mean(far > 0.3) < 0.03
    third = len(far) // 3
    assert np.median(far[-third:]) > 1.8 * np.median(far[:-third])


def test_euler_errs_a_little_more_from_far_away():
    x = torch.tensor([[-2.0, 1.0], [-6.0, 1.0], [-30.0, 5.0]], dtype=torch.float64)
    far = (lesson.walk("euler", x, lesson.levels(12)).states[-1] - lesson.exact_end(x)).norm(dim=1)
    assert far.tolist() == pytest.approx([0.036, 0.063, 0.338], abs=0.001)


def test_the_step_to_0_has_an_error_that_more_steps_do_not_reduce():
    x = lesson.noisy(100, seed=1)
    for count in (32, 128):
        far = (lesson.walk("heun", x, lesson.levels(count)).states[-1] - lesson.exact_end(x)).norm(dim=1)
        assert far.median() == pytest.approx(0.0015, abs=1e-4)


def test_where_the_guess_stays_the_same_one_euler_step_is_exact():
    denoise = lambda x, sigma: torch.full_like(x, 0.5)  # noqa: E731
    x = torch.tensor([[3.0, -2.0]], dtype=torch.float64)
    one, many = (sample("euler", denoise, x, levels) for levels in ([3.0, 1.0], [3.0, 2.5, 1.7, 1.0]))
    torch.testing.assert_close(one, many)


def test_most_of_the_rows_that_add_noise_do_it_by_default():
    assert sum(row.stochastic for row in SAMPLERS.values()) == 16 and len(SAMPLERS) == 30


def test_with_few_calls_the_spread_is_too_small_and_the_ancestral_one_smaller():
    plain, ancestral = passport("euler"), passport("euler_ancestral")
    assert ancestral.spread_10 < plain.spread_10 < 1 and ancestral.spread_20 < plain.spread_20 < 1


def test_the_table_of_moves_is_true():
    """What each row goes down to, read off from a step whose fresh noise is known."""
    x = lesson.noisy(5, 2.0, seed=8)
    ones = torch.ones_like(x)
    for name, low, up in (("euler_ancestral", 0.5, math.sqrt(0.75)), ("lcm", 0.0, 1.0), ("ddim", 1.0, 0.0)):
        step = next(steps(name, lesson.BLOBS, x, [2.0, 1.0, 0.0], noise_sampler=lambda *pair: ones))
        assert torch.equal(step.target, step.denoised)
        torch.testing.assert_close(step.target + low / 2 * (x - step.target) + up * ones, step.x_next)
    first, second, *_ = steps("dpmpp_2m", lesson.BLOBS, x, [2.0, 1.0, 0.5, 0.0])
    torch.testing.assert_close(second.target, 1.5 * second.denoised - 0.5 * first.denoised)


def test_an_answer_that_draws_its_own_noise_is_recognised():
    def own(x, target, sigma, sigma_to, sigma_next, noise):
        up = math.sqrt(sigma_next**2 - sigma_to**2)
        return target + sigma_to / sigma * (x - target) + up * torch.randn_like(x)

    assert "draw none of your own" in lesson.check_step.verdict(own)


def test_an_answer_without_the_noise_is_told_to_use_it():
    def to_next(x, target, sigma, sigma_to, sigma_next, noise):
        return x + (sigma_next - sigma) * (x - target) / sigma

    def slope(x, target, sigma, sigma_to, sigma_next, noise):
        return (x - target) / sigma

    def own_seed(x, target, sigma, sigma_to, sigma_next, noise):
        return x + torch.randn(x.shape, generator=torch.Generator().manual_seed(1), dtype=x.dtype)

    assert "Euler's step to sigma_next" in lesson.check_step.verdict(to_next)
    for answer in (slope, own_seed):
        assert "`noise` isn't used in yours" in lesson.check_step.verdict(answer)


def test_moves_that_take_the_wrong_levels_are_named():
    def by_slope(x, target, sigma, sigma_to, sigma_next, noise):
        slope = (x - target) / sigma
        return x + (sigma_next - sigma_to) * slope + math.sqrt(sigma_next**2 - sigma_to**2) * noise

    def own_level(x, target, sigma, sigma_to, sigma_next, noise):
        sigma_to = sigma_next**2 / sigma
        return target + sigma_to / sigma * (x - target) + math.sqrt(sigma_next**2 - sigma_to**2) * noise

    assert "multiply it by sigma_to - sigma" in lesson.check_step.verdict(by_slope)
    assert "a sigma_to of its own" in lesson.check_step.verdict(own_level)


def test_moves_away_and_other_strengths_are_named():
    def away(x, target, sigma, sigma_to, sigma_next, noise):
        slope = (x - target) / sigma
        return x + (sigma - sigma_to) * slope + math.sqrt(sigma_next**2 - sigma_to**2) * noise

    def away_too(x, target, sigma, sigma_to, sigma_next, noise):
        slope = (target - x) / sigma
        return x + (sigma_to - sigma) * slope + math.sqrt(sigma_next**2 - sigma_to**2) * noise

    def from_sigma(x, target, sigma, sigma_to, sigma_next, noise):
        return target + sigma_to / sigma * (x - target) + (sigma - sigma_to) * noise

    def lcm(x, target, sigma, sigma_to, sigma_next, noise):
        return target + sigma_next * noise

    def above(x, target, sigma, sigma_to, sigma_next, noise):
        return target + sigma_next / sigma * (x - target) + sigma_next * noise

    for answer in (away, away_too):
        assert "The change of the level is sigma_to - sigma" in lesson.check_step.verdict(answer)
    assert "by strengths" in lesson.check_step.verdict(from_sigma)
    assert "LCM's step" in lesson.check_step.verdict(lcm)
    assert "You go down to sigma_next" in lesson.check_step.verdict(above)


def test_rounded_orders_and_their_like_are_named():
    def order(calls, error, more, less):
        return math.log(error / less) / math.log(more / calls)

    for digits in (None, 0, 1, 2, 3, 4):
        assert "You round." in lesson.check_order.verdict(lambda *run: round(order(*run), digits))  # noqa: B023
    assert "without abs" in lesson.check_order.verdict(lambda *run: abs(order(*run)))
    assert "torch.log takes tensors only" in lesson.check_order.verdict(lambda *run: torch.log(run[1] / run[3]))
    assert "You round." not in lesson.check_order.verdict(lambda *run: "text")


def test_names_of_the_wrong_samplers_are_told_their_order():
    for name in ("heun", "Heun", "dpm_2", "dpm2", "DPM2"):
        assert "second order" in lesson.check_odd.verdict(name)
    assert "the name of the other one" in lesson.check_odd.verdict(2)


def test_logarithms_of_differences_are_named():
    for below in (lambda calls, more: math.log(more - calls), lambda calls, more: math.log(more / calls)):
        both = lambda calls, error, more, less: math.log(error - less) / below(calls, more)  # noqa: E731, B023
        assert "A logarithm needs a number above 0" in lesson.check_order.verdict(both)


def test_slips_with_brackets_and_signs_are_named():
    def halves(x, target, sigma, sigma_to, sigma_next, noise):
        return target + sigma_to / sigma * (x - target) + (sigma_next**2 - sigma_to**2) ** 1 / 2 * noise

    def no_brackets(x, target, sigma, sigma_to, sigma_next, noise):
        return target + sigma_to / sigma * x - target + math.sqrt(sigma_next**2 - sigma_to**2) * noise

    assert "halves" in lesson.check_step.verdict(halves)
    assert "multiplies x alone" in lesson.check_step.verdict(no_brackets)
    one_log = lambda calls, error, more, less: math.log(error / less) - math.log(more / calls)  # noqa: E731
    assert "Take two" in lesson.check_order.verdict(one_log)


def test_other_ways_to_be_right_are_right():
    def in_parts(x, target, sigma, sigma_to, sigma_next, noise):
        return x * sigma_to / sigma + (1 - sigma_to / sigma) * target + (sigma_next**2 - sigma_to**2) ** 0.5 * noise

    assert lesson.check_step.verdict(in_parts) == "[OK] noisy_step is right."
    assert (
        lesson.check_order.verdict(lambda a, e, b, f: math.log2(f / e) / math.log2(a / b)) == "[OK] order_of is right."
    )


def test_the_exercise_with_an_odd_sampler_has_one_answer():
    measured = {}
    for name in ("heun", "heunpp2", "dpm_2"):
        (calls, far), (more, near) = ((lesson.errors(name, n)[0], lesson.median_error(name, n)) for n in (16, 32))
        measured[name] = round(math.log(far / near) / math.log(more / calls), 1)
    assert measured == {"heun": 2.1, "heunpp2": 1.0, "dpm_2": 2.1}


def test_the_library_agrees_with_ddim_as_its_paper_writes_it():
    x, sigmas = lesson.noisy(20, 3.0, seed=1), lesson.levels(10)
    torch.testing.assert_close(sample("ddim", lesson.BLOBS, x, sigmas), sample("euler", lesson.BLOBS, x, sigmas))
    assert not re.search("implicit", SAMPLERS["ddim"].family)
