"""Lesson 13's widget over its controls, and what its text states."""

import itertools
import math
import sys

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_13 as lesson
from course_lib.lessons.lesson_13 import adaptive, balance, cards, guesses, pictures, race
from course_lib.lessons.lesson_13.race import run
from course_lib.lessons.plane import walking
from course_lib.lessons.plane.blobs import exact_path
from course_lib.samplers import SAMPLERS, passport, sample, steps
from course_lib.samplers.here import Here
from course_lib.schedulers import make_sigmas


@pytest.mark.parametrize("name", lesson.RUNNERS)
def test_every_row_can_be_in_a_duel(name):
    drawing = lesson.draw_duel("euler", name, 14, 12, 25)
    assert drawing.pixels.shape == (460, 620, 3) and SAMPLERS[name].label in drawing.sentence
    swapped = lesson.draw_duel(name, "euler", 14, 12, 25)
    assert swapped.sentence.startswith(f"Orange, {SAMPLERS[name].label}")


def test_a_duel_with_too_few_calls_says_so():
    with pytest.raises(ValueError, match="PNDM needs at least 13 calls; got 8"):
        lesson.draw_duel("euler", "pndm", 8, 5, 5)
    with pytest.raises(ValueError, match="calls must be a whole number"):
        lesson.draw_duel("euler", "heun", 0, 5, 5)


def test_all_calls_of_a_budget_are_spent_and_no_more():
    for name in lesson.RUNNERS:
        if name != "dpm_adaptive":
            for calls in (16, 24, 48):
                assert calls - 2 <= run(name, calls)[0] <= calls


def test_no_row_of_the_race_adds_fresh_noise():
    assert not [name for name in lesson.RUNNERS if SAMPLERS[name].stochastic] and len(lesson.RUNNERS) == 13
    ode = {name for name, row in SAMPLERS.items() if row.family.endswith("ODE")}
    assert ode - {"ddim"} == set(lesson.RUNNERS)


def test_the_numbers_of_the_race_are_those_of_the_text():
    for name, calls, error in [
        ("euler", 12, 0.055),
        ("heun", 12, 0.040),
        ("dpmpp_2m", 12, 0.010),
        ("euler", 16, 0.041),
        ("euler", 24, 0.027),
        ("heunpp2", 24, 0.030),
    ]:
        assert run(name, calls)[1] == pytest.approx(error, abs=5.1e-4)
    assert run("uni_pc", 16)[1] == pytest.approx(4e-4, abs=5e-5)
    assert run("uni_pc", 16)[1] < 0.1 * run("dpmpp_2m", 16)[1]
    assert run("uni_pc", 8)[1] > run("dpmpp_2m", 8)[1]
    assert run("heun", 4)[1] / run("euler", 4)[1] == pytest.approx(5, abs=0.5)
    for name in ("heun", "dpm_2"):
        assert run(name, 6)[1] > run("euler", 6)[1]
        assert all(run(name, calls)[1] < run("euler", calls)[1] for calls in (10, 12, 16, 24, 48))
    assert run("heun", 8)[1] > run("euler", 8)[1]
    for calls in (8, 10, 12, 16, 24, 32, 48, 64):
        assert max(run("ipndm", calls)[1], run("plms", calls)[1]) < run("lms", calls)[1]
    assert run("ipndm", 8)[1] < run("dpmpp_2m", 8)[1]


def test_the_words_of_the_race_are_true():
    curves = {name: dict(race.curve(name)) for name in lesson.RUNNERS}
    assert min(curves["pndm"]) == 16 and min(curves["dpm_adaptive"]) == 21
    assert all(curves["heunpp2"][calls] > curves["euler"][calls] for calls in (6, 12, 24, 48, 96))
    least = min((curve[16], name) for name, curve in curves.items() if 16 in curve)
    assert least[1] == "uni_pc"
    assert curves["dpm_adaptive"][99] < 0.01 * curves["dpm_adaptive"][24]
    for name in ("lms", "ipndm", "plms"):
        assert all(curves[name][calls] < curves["euler"][calls] for calls in (4, 6, 8, 96))


@pytest.mark.parametrize(("name", "order"), [("heun", 2), ("dpm_2", 2), ("dpmpp_2m", 2), ("ipndm", 2), ("heunpp2", 1)])
def test_orders_are_those_of_the_text(name, order):
    (calls, far), (more, near) = run(name, 48), run(name, 96)
    assert math.log(far / near) / math.log(more / calls) == pytest.approx(order, abs=0.25)


def test_the_numbers_for_paper_are_right():
    assert guesses.exact(1.0) == pytest.approx(3.16, abs=5e-3)
    assert guesses.perfect_target() == pytest.approx(1.32, abs=5e-3)
    assert guesses.best_guess(guesses.exact(1.0), 1.0) == pytest.approx(1.58, abs=5e-3)
    found = {name: round(guesses.target(name), 2) for name in guesses.SHOWN}
    assert found == {"euler": 1.0, "ipndm": 1.17, "dpmpp_2m": 1.23, "dpm_2": 1.39, "heun": 1.5}
    far = {name: abs(target - guesses.perfect_target()) for name, target in found.items()}
    assert all(far[name] < far["euler"] for name in found if name != "euler")


def test_half_way_is_not_quite_the_perfect_target():
    middle = math.sqrt(2)
    assert guesses.best_guess(guesses.exact(middle), middle) == pytest.approx(1.29, abs=5e-3)


def end_error(name, calls, exact_start):
    """The median error of a row that remembers slopes; with `exact_start` its first step follows the exact path."""
    x, end = walking._particles(walking.EVERYWHERE)
    levels, past = lesson.levels(calls + 1)[:-1].tolist(), []
    for index, (sigma, after) in enumerate(itertools.pairwise(levels)):
        here = Here(lesson.BLOBS, x, lesson.BLOBS(x, torch.tensor(sigma)), sigma, after, after, index, levels, past)
        if index == 0 and exact_start:
            x = exact_path(x, levels[0], after, parts=48)[1][-1]
        else:
            x = here.move(SAMPLERS[name].estimator(here), after)
        past = [*past, here]
    return (x - end).norm(dim=1).median().item()


def test_the_start_costs_lms_much_and_ipndm_is_ahead_by_luck():
    assert end_error("lms", 16, False) == pytest.approx(run("lms", 16)[1])
    for calls in (16, 24, 64):
        assert end_error("lms", calls, True) < 0.6 * end_error("lms", calls, False)
    for calls in (8, 16, 24):
        assert end_error("ipndm", calls, True) < end_error("lms", calls, True)
    assert end_error("ipndm", 64, True) > 1.2 * end_error("ipndm", 64, False)  # its errors work against each other


def test_the_factor_of_bh2_acts_in_three_steps_only(monkeypatch):
    """It is asked for where one node is weighed; each step weighs twice, the last one once."""
    module, asked = sys.modules[SAMPLERS["uni_pc_bh2"].own_loop.__module__], []
    weigh = module._weights
    monkeypatch.setattr(module, "_weights", lambda nodes, *rest: asked.append(len(nodes)) or weigh(nodes, *rest))
    sample("uni_pc_bh2", lesson.BLOBS, lesson.noisy(2), lesson.levels(13)[:-1])
    assert len(asked) == 23 and {at // 2 + 1 for at, nodes in enumerate(asked) if nodes == 1} == {1, 2, 11}


def test_the_targets_are_those_of_the_rows():
    x = torch.tensor([[guesses.X]], dtype=torch.float64)
    for name in ("euler", "heun", "dpm_2"):
        step = next(steps(name, guesses.best_guess, x, [2.0, 1.0, 0.0]))
        assert guesses.target(name) == pytest.approx(step.target.item())


def test_the_perfect_target_is_a_mean_of_the_guesses_on_the_way():
    """Each counts as 1 / sigma**2, so those at lower levels count more."""
    sigma = torch.linspace(1, 2, 20001, dtype=torch.float64)
    guess = guesses.best_guess(5 * ((1 + sigma**2) / 5).sqrt(), sigma)
    mean = torch.trapezoid(guess / sigma**2, sigma) / torch.trapezoid(1 / sigma**2, sigma)
    assert guesses.perfect_target() == pytest.approx(mean.item(), abs=1e-6)


def test_adaptive_makes_more_calls_for_the_hard_particle():
    places, tolerances = (adaptive.EASY, adaptive.HARD), (0.2, 0.05, 0.01)
    counts = [[adaptive.visits(*place, tolerance)[1] for tolerance in tolerances] for place in places]
    assert counts == [[18, 21, 27], [27, 30, 51]]
    below = [sum(sigma < 1 for sigma in adaptive.visits(*place)[0]) for place in places]
    assert below[1] > below[0]
    gaps = [[len(adaptive.visits(*place, tolerance)[0]) - 1 for tolerance in tolerances] for place in places]
    assert gaps == [[6, 7, 8], [8, 9, 14]]  # of three calls each; the others were rejected
    assert lesson.adaptive_run(20.0)[0] == lesson.adaptive_run(1.0)[0] == 18
    with pytest.raises(ValueError, match="tolerance"):
        adaptive.visits(0.0, 0.0, 0.0)


def test_the_middle_of_heunpp2_passes_one_half_once():
    for count in (60, 240):
        sigmas = lesson.levels(count + 1)[:-1]
        middles = np.array([lesson.middle_of_looks(sigmas, index) for index in range(count - 2)])
        assert middles[0] > 0.85 and middles[-1] < 0.05 and (np.diff(middles) < 0).all()
        assert 1.5 < sigmas[int((middles > 0.5).sum())] < 1.9
    assert lesson.middle_of_looks([4.0, 2.0, 1.0, 0.5], 0) == pytest.approx(7 / 24)
    with pytest.raises(ValueError, match="index must be below 3"):
        balance.middle_of_looks([4.0, 2.0, 1.0, 0.5], 3)


def test_the_middle_is_that_of_the_row():
    """Where slopes change along a straight line, the row's slope is the one at the middle."""
    levels = [4.0, 2.0, 1.0, 0.5, 0.2]
    slopes = iter([0.0, 1.0, 1.5])

    def denoise(x, sigma):
        return x - sigma * next(slopes)

    x = torch.zeros(1, 1, dtype=torch.float64)
    step = next(steps("heunpp2", denoise, x, levels))
    assert step.x_next.item() / (levels[1] - levels[0]) == pytest.approx(lesson.middle_of_looks(levels, 0))


def test_the_exact_ends_of_pictures_are_those_of_another_row():
    ends = sample("heun", pictures.denoiser(), pictures.starts()[:40], make_sigmas("karras", 300, pictures.TABLE))
    assert torch.equal(pictures._nearest(ends), pictures.exact_ends()[:40])


def test_what_is_said_of_the_pictures_is_true():
    share = lesson.share_right
    rows = ["euler", *pictures.RUNNERS]
    for calls in pictures.BUDGETS:
        shares = {name: share(name, calls) for name in rows if share(name, calls) is not None}
        assert min(shares, key=shares.get) == "heunpp2" and ("pndm" in shares) == (calls == 20)
    memory = ("lms", "ipndm", "plms", "pndm", "dpmpp_2m", "uni_pc", "uni_pc_bh2")
    assert all(share(name, 20) > share("euler", 20) for name in memory)
    assert share("euler", 5) == pytest.approx(0.6, abs=0.02) and share("euler", 20) > 0.9
    assert share("heun", 5) < 0.3 and pictures.steps_within("heun", 5) == 3
    assert all(share(name, 8) > 0.88 for name in ("dpm_2", "dpm_fast", "dpmpp_2m", "uni_pc", "uni_pc_bh2"))
    assert share("plms", 8) < share("euler", 8) and share("ipndm", 8) < share("dpmpp_2m", 8)
    assert lesson.left_over("plms", 8) > 0.2 and lesson.left_over("ipndm", 8) > 0.2
    assert lesson.left_over("lms", 8) < 0.01 and lesson.left_over("dpmpp_2m", 8) < 0.01
    wrong = {
        name: int((pictures.ends(name, 8).nearest[:9] != pictures.exact_ends()[:9]).sum())
        for name in ("euler", "heun", "dpmpp_2m", "lms", "plms", "uni_pc")
    }
    assert wrong == {"euler": 2, "heun": 3, "dpmpp_2m": 0, "lms": 1, "plms": 1, "uni_pc": 0}
    with pytest.raises(ValueError, match="PNDM needs more than 8 calls"):
        lesson.left_over("pndm", 8)


def test_long_steps_and_old_slopes_are_as_the_text_says():
    assert pictures.steps_within("heun", 5) == pictures.steps_within("dpm_2", 5) == 3
    assert pictures.share_right("dpm_2", 5) > 3 * pictures.share_right("heun", 5)
    assert pictures.share_right("lms", 8) > max(pictures.share_right(name, 8) for name in ("ipndm", "plms"))
    for calls, leader in [(5, "dpm_2"), (8, "dpm_fast"), (12, "uni_pc")]:
        assert max(pictures.RUNNERS, key=lambda name, n=calls: pictures.share_right(name, n) or 0) == leader
    fits = {("heunpp2", 5): 3, ("heunpp2", 8): 6, ("heun", 8): 7, ("dpm_2", 8): 7}
    assert {both: pictures.ends(*both).calls for both in fits} == fits
    assert pictures.share_right("plms", 8) < pictures.share_right("plms", 5)
    assert lesson.left_over("plms", 8) > 1.5 * lesson.left_over("plms", 5)
    assert all(lesson.left_over("dpm_fast", calls) == pytest.approx(0.03, abs=5e-3) for calls in (8, 12, 20))
    leaders = {name: pictures.share_right(name, 20) for name in pictures.RUNNERS}
    assert leaders["uni_pc"] == leaders["plms"] == max(leaders.values()) > leaders["dpm_fast"]
    assert min((run(name, 20)[1], name) for name in pictures.RUNNERS)[1] == "uni_pc"


def test_lms_is_of_order_two_on_the_blobs_though_its_passport_says_nearly_four():
    slope = math.log(run("lms", 48)[1] / run("lms", 96)[1], 2)
    assert 1.8 < slope < 2.7 and passport("lms").order > 3.5


def test_the_cards_say_what_the_alt_text_says():
    orders = {name: passport(name).order for name in cards.IDEAS}
    assert set(cards.IDEAS) == set(lesson.RUNNERS) and orders["dpm_adaptive"] is None
    assert {name for name, order in orders.items() if order and round(order, 1) == 1.0} == {"euler", "heunpp2"}
    assert round(orders["lms"], 1) == 3.7 and round(orders["dpm_fast"], 1) == 1.9
    assert [round(orders[name], 1) for name in ("uni_pc", "uni_pc_bh2")] == [2.3, 2.3]
    errors = {name: passport(name).error_20 for name in cards.IDEAS if name != "dpm_adaptive"}
    assert min(errors, key=errors.get) == "uni_pc" and max(errors, key=errors.get) == "heunpp2"
    assert SAMPLERS["pndm"].calls(SAMPLERS["pndm"].min_steps) == 13
    with pytest.raises(ValueError, match="name must be one of euler, heun"):
        cards.card("lcm")


def test_the_table_of_sayings_is_true():
    assert SAMPLERS["heun"].calls(20) == 39 and SAMPLERS["dpmpp_2m"].calls(20) == 20
    assert all(SAMPLERS[name].chapter == "SDE" for name in ("lms", "pndm", "dpm_2", "dpmpp_2m"))
    assert all(SAMPLERS[name].chapter == "implicit" for name in ("uni_pc", "plms"))


def test_other_ways_to_be_right_are_right():
    def by_target(denoise, x, sigma, sigma_next):
        guess = denoise(x, sigma)
        tried = guess + sigma_next / sigma * (x - guess)
        if sigma_next == 0:
            return tried
        slope = ((x - guess) / sigma + (tried - denoise(tried, sigma_next)) / sigma_next) / 2
        target = x - sigma * slope
        return target + sigma_next / sigma * (x - target)

    assert lesson.check_heun.verdict(by_target) == "[OK] heun_step is right."

    def by_difference(denoised, before, sigma_before, sigma, sigma_next):
        if sigma_before is None or not sigma_next:
            return denoised
        r = (math.log(sigma_before) - math.log(sigma)) / (math.log(sigma) - math.log(sigma_next))
        return denoised + (denoised - before) / (2 * r)

    assert lesson.check_target.verdict(by_difference) == "[OK] target_2m is right."


def test_more_than_two_calls_are_right_and_get_a_word():
    def asks_again(denoise, x, sigma, sigma_next):
        tried = x + (sigma_next - sigma) * (x - denoise(x, sigma)) / sigma
        if sigma_next == 0:
            return tried
        there = (tried - denoise(tried, sigma_next)) / sigma_next
        return x + (sigma_next - sigma) * ((x - denoise(x, sigma)) / sigma + there) / 2

    said = lesson.check_heun.verdict(asks_again)
    assert said.startswith("[OK] heun_step is right. But you called the denoiser 3 times.")


def heun_told(first=1, dt=1, there=None, last=None):
    """Heun as a learner may have it: the sign of its slopes, of its way, its second look and its last line."""

    def step(denoise, x, sigma, sigma_next):
        slope = first * (x - denoise(x, sigma)) / sigma
        tried = x + dt * (sigma_next - sigma) * slope
        if sigma_next == 0:
            return tried
        if there:
            slope_there = there(denoise, tried, sigma)
        else:
            slope_there = first * (tried - denoise(tried, sigma_next)) / sigma_next
        if last:
            return last(tried, sigma_next - sigma, slope_there)
        return x + dt * (sigma_next - sigma) * (slope + slope_there) / 2

    return step


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (heun_told(first=-1), "You walk away from the guess"),
        (heun_told(dt=-1), "You walk away from the guess"),
        (heun_told(there=lambda denoise, tried, sigma: (tried - denoise(tried, sigma)) / sigma), "takes sigma twice"),
        (heun_told(last=lambda tried, dt, slope: tried + dt * slope), "walked on from where Euler's step ends"),
        (lambda denoise, x, *way: sample("dpm_2", denoise, x[None], way)[0], "That is DPM2"),
    ],
)
def test_slips_of_heun_are_recognised(answer, says):
    assert says in lesson.check_heun.verdict(answer)


def test_slips_of_the_target_are_recognised():
    def written(mix, length=lambda high, low: math.log(high / low)):
        def target(denoised, before, sigma_before, sigma, sigma_next):
            if before is None or sigma_next == 0:
                return denoised
            r = length(sigma_before, sigma) / length(sigma, sigma_next)
            return mix(r, denoised, before)

        return target

    signs = written(lambda r, here, before: (1 - 1 / (2 * r)) * here + 1 / (2 * r) * before)
    assert "both signs are exchanged" in lesson.check_target.verdict(signs)
    difference = written(
        lambda r, here, before: (1 + 1 / (2 * r)) * here - 1 / (2 * r) * before, lambda high, low: math.log(high - low)
    )
    assert "of a ratio, not of a difference" in lesson.check_target.verdict(difference)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (2 / 4 + 1 / 4 * 1.5, "divided by the number of looks"),
        (2 / 3 + 1 / 3 * 1.5, "you didn't divide by the first level"),
        (1 / 12 + 2 / 12 * 1.5, "the weights are exchanged"),
    ],
)
def test_slips_of_the_middle_are_recognised(answer, says):
    assert says in lesson.check_middle.verdict(answer)


def test_still_pictures_have_words():
    drawn = [lesson.draw_race, lesson.two_duels, lesson.draw_guesses, lesson.draw_balance, lesson.draw_visits]
    drawn += [lesson.draw_picture_race, lesson.show_ends, lesson.show_cards]
    for shown in (draw() for draw in drawn):
        assert shown.png.startswith(b"\x89PNG") and len(shown.alt) > 80


def test_only_a_last_step_without_a_length_is_told_so():
    def answer(r, last=False):
        def target(denoised, before, sigma_before, sigma, sigma_next):
            if before is None or (sigma_next == 0 and not last):
                return denoised
            more = 1 / (2 * r(sigma_before, sigma, sigma_next))
            return (1 + more) * denoised - more * before

        return lesson.check_target.verdict(target)

    def right(before, here, after):
        return math.log(before / here) / math.log(here / after)

    last = "The last step has no length in log sigma"
    assert last in answer(right, last=True)
    for r in (
        lambda before, here, after: math.log((before / here) / (here / after)),
        lambda before, here, after: math.log(here - before) / math.log(after - here),
    ):
        assert last not in answer(r)
