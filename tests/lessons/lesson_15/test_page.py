"""Lesson 15's widgets over their controls, and what its text states."""

import time

import numpy as np
import pytest
import torch

from course_lib.lessons import lesson_15 as lesson
from course_lib.lessons.lesson_15 import scoring
from course_lib.lessons.plane import blobs
from course_lib.lessons.plane.blobs import exact_end, noisy
from course_lib.lessons.plane.walking import walk
from course_lib.schedulers import SCHEDULERS, make_sigmas
from course_lib.widgets import Explorer

ROW_LEVELS = [14.61, 4.27, 2.56, 1.67, 1.2, 0.82, 0.61, 0.39, 0.2, 0.09, 0]  # of the solutions


def score_of_others(sigmas, sampler="euler", seed=7):
    """The score with other particles than the page's."""
    x = noisy(400, float(sigmas[0]), seed=seed)
    ends = walk(sampler, x, torch.as_tensor(sigmas, dtype=torch.float64)).states[-1]
    return (ends - exact_end(x, float(sigmas[0]))).norm(dim=1).median().item()


@pytest.mark.parametrize("name", lesson.NAMES)
def test_every_scheduler_can_be_drawn(name):
    for calls in (2, 10, 50):
        drawing = lesson.draw_schedule(name, calls)
        assert drawing.sentence.startswith(SCHEDULERS[name].label) and drawing.pixels.ndim == 3
        assert lesson.draw_picture(name, calls, "euler", "pizza").sentence.startswith(SCHEDULERS[name].label)
    assert sum(lesson.thirds(lesson.levels(name))) == len(lesson.levels(name)) - 1


def test_all_fourteen_are_on_the_page_in_three_groups():
    assert sorted(lesson.NAMES) == sorted(SCHEDULERS) and len(lesson.IDEAS) == 3


@pytest.mark.parametrize("sampler", lesson.ONE_CALL)
def test_pictures_and_scores_for_every_sampler(sampler):
    assert 0 < lesson.score(lesson.levels("gits"), sampler) < 0.1
    for caption in lesson.PICTURES:
        assert lesson.draw_picture("gits", 10, sampler, caption).pixels.ndim == 3


def test_redraws_answer_at_once():
    """Within 100 ms each, once what never changes is there; the best of three, as the machine may be busy."""
    sketch = lesson.Sketch("karras")
    draws = [
        lambda n: lesson.draw_schedule("karras", 20 + n),
        lambda n: sketch.draw("karras", "euler", 30 + n, 4),
        lambda n: lesson.draw_search(1.0 + n / 100),
        lambda n: lesson.draw_picture("karras", 20 + n, "euler", "panda"),
    ]
    for draw in draws:
        draw(0)
        spent = []
        for n in (1, 2, 3):
            start = time.perf_counter()
            draw(n)
            spent.append(time.perf_counter() - start)
        assert min(spent) < 0.1


def test_a_halving_costs_what_the_paper_says():
    assert [round(lesson.halving_price(sigma), 3) for sigma in (16.0, 2.0, 0.2)] == [0.002, 0.051, 0.005]
    everywhere = [lesson.halving_price(sigma / 100) for sigma in range(10, 1600)]
    top = (np.argmax(everywhere) + 10) / 100
    assert top / 2**0.5 == pytest.approx(1.0, abs=0.01) and 0.055 < max(everywhere) < 0.06, "in its middle: sigma = s"
    larger = [lesson.halving_price(sigma / 100, 5.0) for sigma in range(10, 1600)]
    assert (np.argmax(larger) + 10) / 100 / 2**0.5 == pytest.approx(5.0, abs=0.02)


def test_the_hill_of_the_blobs_is_highest_at_about_1():
    sigmas, price = lesson.prices()
    assert 0.8 < sigmas[price.argmax()] < 1.4
    assert price[sigmas > 10].max() < 0.1 * price.max() and price[sigmas < 0.1].max() < 0.1 * price.max()


def test_paths_turn_between_5_and_a_tenth():
    """In the coordinates of the first picture: how far points move in each stretch, in all."""
    x = noisy(200, 14.6, seed=3)
    moved = []
    for start, end in ((14.6, 5.0), (5.0, 0.1), (0.1, 0.0)):
        after = exact_end(x, start, end)
        moved.append((after / (1 + end**2) ** 0.5 - x / (1 + start**2) ** 0.5).norm(dim=1).mean().item())
        x = after
    assert moved[1] > 5 * moved[0] and moved[2] < 0.1 * moved[1]
    sigmas, price = lesson.prices()
    assert price[sigmas > 5].max() < 0.2 * price.max()
    calls = {name: sum(0.1 < sigma < 5 for sigma in lesson.levels(name)) for name in ("karras", "gits", "normal")}
    assert calls == {"karras": 5, "gits": 7, "normal": 7}


def test_the_root_of_the_price_beats_the_published_lists():
    assert lesson.score(lesson.by_price(5)) < 1.05 * min(lesson.scores("euler", 5).values())
    for calls in (10, 20):
        assert lesson.score(lesson.by_price(calls)) < min(lesson.scores("euler", calls).values())
    for seed in range(1, 9):
        others = [score_of_others(lesson.levels(name), seed=seed) for name in lesson.NAMES]
        assert score_of_others(lesson.by_price(10), seed=seed) < min(others)
    powers = {power: lesson.score(lesson.by_price(10, power)) for power in (0.0, 0.25, 0.5, 0.75, 1.0)}
    assert min(powers, key=powers.get) == 0.5 and powers[0.25] < 0.085 < powers[0.75]


def test_the_numbers_of_the_scores():
    euler, second = lesson.scores("euler"), lesson.scores("dpmpp_2m")
    assert euler["linear_quadratic"] > 14 * euler["gits"]
    for name in ("normal", "karras", "exponential"):
        assert euler[name] == pytest.approx(0.117, abs=0.003)
    assert second["exponential"] == pytest.approx(0.04, abs=0.002)
    assert second["normal"] == pytest.approx(0.09, abs=0.004)
    assert second["karras"] < euler["karras"]
    assert set(list(euler)[:3]) == set(list(second)[:3]) == {"gits", "ays", "ays_30"}
    assert list(euler).index("exponential") == 12 and list(second).index("exponential") == 5


def test_a_long_jump_explains_whom_a_better_sampler_helps():
    """With DPM++ 2M nearly the whole error of these three lists is made by their longest jump near the end."""
    jumps = {"simple": ([0.34, 0], 0.115), "sgm_uniform": ([0.34, 0], 0.116), "normal": ([0.37, 0.03], 0.099)}
    for name, (ends, expected) in jumps.items():
        sigmas = lesson.levels(name)
        costs = lesson.step_costs(sigmas)
        most = int(np.argmax(costs))
        assert [round(sigma, 2) for sigma in sigmas[most : most + 2].tolist()] == ends
        assert round(costs[most], 3) == expected > 0.8 * lesson.score(sigmas)
        x = noisy(100, float(sigmas[0]), seed=3)
        exact = exact_end(x, float(sigmas[0]))
        states = walk("dpmpp_2m", x, sigmas).states
        above, whole = (
            (exact_end(states[at], float(sigmas[at])) - exact).norm(dim=1).median().item() for at in (most, -1)
        )
        assert above < 0.4 * whole, "before the jump little is wrong"
    for name in ("karras", "exponential"):
        assert max(lesson.step_costs(lesson.levels(name))) < 0.5 * lesson.score(lesson.levels(name))


def test_simple_and_sgm_uniform_hardly_change_with_another_sampler():
    gains = {name: [] for name in ("simple", "sgm_uniform", "normal", "karras", "exponential")}
    for seed in range(1, 9):
        for name, gained in gains.items():
            euler, second = (score_of_others(lesson.levels(name), sampler, seed) for sampler in ("euler", "dpmpp_2m"))
            gained.append(second / euler)
    for name in ("simple", "sgm_uniform"):
        assert 0.9 < min(gains[name]) < 1 < max(gains[name]) < 1.1
    assert max(gains["karras"] + gains["exponential"]) < min(gains["normal"])


def test_the_best_bend_depends_on_the_sampler():
    """Even steps in log sigma, which a large rho nears, aren't what counts: past them, DPM++ 2M gains more."""
    errors = {
        "dpmpp_2m": [0.066, 0.046, 0.040, 0.026, 0.012, 0.042],
        "euler": [0.115, 0.117, 0.118, 0.127, 0.141, 0.171],
    }
    for sampler, expected in errors.items():
        lists = [
            [*roots(10, lesson.TABLE.sigma_max, lesson.TABLE.sigma_min, rho).pow(rho).tolist(), 0.0]
            for rho in (7, 20, 100, -10, -5, -3)
        ]
        assert [round(lesson.score(sigmas, sampler), 3) for sigmas in lists] == expected


def prices_with(changed, factor):
    """The prices with other centres or widths of the blobs."""
    before = changed.clone()
    try:
        changed *= factor
        return lesson.prices.__wrapped__()[1]
    finally:
        changed.copy_(before)


def test_the_top_comes_from_the_centres_and_the_shoulder_from_the_widths():
    """Centres twice as far apart move the top alone; narrower blobs turn the shoulder into a lower hill."""
    spread = (blobs.SHARES @ (blobs.MEANS - blobs.SHARES @ blobs.MEANS) ** 2).sqrt()
    assert spread.numpy().round(1).tolist() == [1.2, 1.1]
    sigmas, price = lesson.prices()
    shoulder = (sigmas > 0.2) & (sigmas < 0.3)
    wide, narrow = prices_with(blobs.MEANS, 2.0), prices_with(blobs.STDS, 0.3)
    assert 1.8 < sigmas[wide.argmax()] < 2.6 and np.allclose(wide[shoulder], price[shoulder], rtol=0.05)
    assert (narrow[shoulder] < 0.3 * price[shoulder]).all()
    low = sigmas < 0.25
    assert 0.07 < sigmas[low][narrow[low].argmax()] < 0.15


def test_one_more_call_helps_where_a_halving_costs_much():
    levels = lesson.levels("exponential")
    errors = []
    for at in range(9):
        between = (levels[at] * levels[at + 1]).sqrt()[None]
        errors.append(round(lesson.score(torch.cat([levels[: at + 1], between, levels[at + 1 :]])), 3))
    assert np.argmin(errors) == 4 and [errors[at] for at in (0, 4, 8)] == [0.119, 0.096, 0.119]
    assert [round(level, 2) for level in levels[[1, 4, 5, 8]].tolist()] == [7.32, 0.92, 0.46, 0.06]


def test_karras_last_two_calls_buy_euler_almost_nothing_on_the_blobs():
    karras = lesson.levels("karras")
    shorter = [torch.cat([karras[: 10 - dropped], karras[-1:]]) for dropped in range(4)]
    assert [round(lesson.score(sigmas), 3) for sigmas in shorter] == [0.115, 0.115, 0.118, 0.164]


def test_ddim_uniform_makes_up_to_two_calls_more():
    more = {calls: len(lesson.levels("ddim_uniform", calls)) - 1 - calls for calls in range(2, 51)}
    assert set(more.values()) == {0, 1, 2} and more[10] == 0
    for name in set(lesson.NAMES) - {"ddim_uniform"}:
        assert all(len(lesson.levels(name, calls)) == calls + 1 for calls in range(2, 51))


def test_the_best_stay_the_best_for_other_particles_and_close_ones_change_places():
    others = {name: score_of_others(lesson.levels(name), seed=1) for name in lesson.NAMES}
    assert others["gits"] < others["karras"] < others["linear_quadratic"]
    assert (others["ays"] < others["ays_30"]) != (lesson.scores()["ays"] < lesson.scores()["ays_30"])
    assert score_of_others(lesson.found(1.05)) < score_of_others(lesson.levels("gits"))
    for seed in range(1, 9):
        best = min(score_of_others(lesson.levels(name), seed=seed) for name in ("gits", "ays"))
        assert score_of_others(ROW_LEVELS, seed=seed) < best


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m"])
def test_with_many_calls_all_errors_shrink_and_their_ratios_grow(sampler):
    ratios = []
    few, many = lesson.scores(sampler), lesson.scores(sampler, 50)
    for errors in (few, many):
        *_, last_but_one, last = errors
        assert last == "linear_quadratic"
        ratios.append(errors[last_but_one] / min(errors.values()))
    assert all(many[name] < few[name] for name in few)
    assert ratios[1] > ratios[0] and (sampler == "euler" or 80 < ratios[1] < 130)


def test_thirds_are_those_of_the_text():
    by_name = {name: lesson.thirds(lesson.levels(name)) for name in lesson.NAMES}
    for name in lesson.IDEAS["timesteps picked from the table"]:
        assert by_name[name][2] <= 1
    assert by_name["karras"] == by_name["exponential"] == (4, 3, 3)
    assert by_name["linear_quadratic"] == (10, 0, 0) and by_name["gits"] == (3, 5, 2)
    assert all(1 <= by_name[name][2] <= 2 for name in lesson.IDEAS["found, and published"])
    assert sum(sigma < 0.23 for sigma in lesson.levels("karras")[:-1]) == 3


def test_what_the_ends_of_the_lists_are():
    lowest = lesson.TABLE.sigma_min
    for name in ("simple", "sgm_uniform"):
        assert lesson.levels(name)[-2] > 2 * lowest
    assert lesson.levels("ddim_uniform")[0] < lesson.TABLE.sigma_max - 1
    for name in ("ays+", "ays_30+"):
        assert lesson.levels(name)[-2].item() == pytest.approx(lowest)
    for name in ("ays", "ays_30", "align_your_steps"):
        assert lesson.levels(name)[-2] > 2 * lowest
    assert not torch.equal(lesson.levels("ays"), lesson.levels("ays", model="sd1"))
    assert lesson.levels("sgm_uniform")[-2].item() == pytest.approx(0.34, abs=0.005)


def test_the_search_is_as_the_page_tells_it():
    errors = {coefficient: lesson.score(lesson.found(coefficient)) for coefficient in (0.9, 1.05, 1.2)}
    assert [round(error, 3) for error in errors.values()] == [0.212, 0.078, 0.095]
    assert errors[1.05] < min(lesson.scores().values())
    assert lesson.found(1.2)[1:5].max() < lesson.levels("gits")[1] and lesson.found(0.9)[-2] > 0.5
    for coefficient in range(80, 151, 5):
        assert "the search finds ten calls" in lesson.draw_search(coefficient / 100).sentence
    with pytest.raises(ValueError, match="coefficient must be a number in"):
        lesson.found(2.0)


def test_patterns_put_together_are_the_picture():
    mean, strengths, shapes = lesson.patterns()
    exact, painted = lesson.walked("rocket", lesson.levels("karras"))
    torch.testing.assert_close(shapes @ shapes.T, torch.eye(len(shapes), dtype=torch.float64), atol=1e-6, rtol=0)
    amounts = shapes @ (exact.flatten() - mean)
    assert (mean + amounts @ shapes - exact.flatten()).abs().max() < 0.1
    assert (strengths.diff() <= 0).all() and (painted - exact).abs().mean() < 0.1


def test_what_comes_through_is_what_the_text_says():
    strengths = torch.tensor([3.0, 0.1], dtype=torch.float64)
    for name, shares in (("sgm_uniform", [0.90, 0.28]), ("karras", [0.87, 0.78])):
        assert lesson.kept(strengths, lesson.levels(name)).numpy().round(2).tolist() == shares
    many = torch.logspace(1, -1.5, 30, dtype=torch.float64)
    for name in ("sgm_uniform", "karras", "gits"):
        assert (lesson.kept(many, lesson.levels(name)) < 1).all(), "Euler makes everything paler"
    along = torch.tensor([2.0, 0.68, 0.34, 0.17, 0.085], dtype=torch.float64)  # 0.34 is the last level
    shares = lesson.kept(along, lesson.levels("sgm_uniform"))
    assert shares[2] < 0.75 * shares[0] and (-shares.diff()).argmax() == 2
    fine = lesson.kept(many, lesson.levels("sgm_uniform", 400))
    assert (fine[many > 1] > 0.98).all()


def test_losing_the_lowest_level_is_what_helps_unipc_on_karras_alone():
    for seed in (7, 8):
        errors = {}
        for name in ("karras", "exponential"):
            full = lesson.levels(name)
            dropped = make_sigmas(name, 10, lesson.TABLE, discard_penultimate=True)
            lists = full, torch.cat([full[:-2], full[-1:]]), dropped
            for sampler in ("uni_pc", "dpm_2"):
                errors[name, sampler] = [score_of_others(sigmas, sampler, seed) for sigmas in lists]
        full, nine, dropped = errors["karras", "uni_pc"]
        assert nine < 0.5 * full and full - nine > 10 * abs(nine - dropped)
        full, nine, dropped = errors["karras", "dpm_2"]
        assert dropped < 0.9 * nine < 0.75 * full
        full, nine, dropped = errors["exponential", "uni_pc"]
        assert dropped < full < nine
        full, _, dropped = errors["exponential", "dpm_2"]
        assert dropped < full


def test_a_dropped_level_helps_karras_and_hurts_gits():
    for seed in (7, 8):
        for sampler in ("dpm_2", "uni_pc"):
            gain = {}
            for name in ("karras", "gits"):
                lists = (make_sigmas(name, 10, lesson.TABLE, discard_penultimate=drop) for drop in (False, True))
                gain[name] = [score_of_others(sigmas, sampler, seed) for sigmas in lists]
            assert gain["karras"][1] < gain["karras"][0] and gain["gits"][1] > gain["gits"][0]
        karras = lesson.levels("karras")
        assert score_of_others(karras, "uni_pc", seed) > score_of_others(karras, "euler", seed)


def test_a_list_that_cannot_be_walked_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="levels must fall; got 3 at position 3, after 3"):
        lesson.score([14.6, 3, 3, 0])
    with pytest.raises(ValueError, match="levels must fall; got 5 at position 2, after 3"):
        lesson.score([3, 5, 0])
    for wrong, says in (([3, 1], "last level must be 0"), ([float("nan"), 0], "finite"), ("abc", "list of numbers"),
                        ([5], "at least two"), ([1e9, 0], "first level"), ([[3, 0]], "at least two")):  # fmt: skip
        with pytest.raises(ValueError, match=says):
            lesson.score(wrong)
    with pytest.raises(ValueError, match="sampler must be one of"):
        lesson.score([3, 1, 0], "lcm")


def test_whatever_is_drawn_falls():
    """A thousand moves to anywhere on the canvas."""
    generator, sketch = torch.Generator().manual_seed(15), lesson.Sketch("linear_quadratic")
    for _ in range(1000):
        row, column = (int(torch.randint(end, (), generator=generator)) for end in (lesson.ROWS, lesson.COLUMNS))
        sketch.move(row, column)
        assert sketch.rows[0] == 0 and sketch.rows[-1] < lesson.ROWS and min(np.diff(sketch.rows)) >= 1
    lesson.checked(sketch.sigmas)


def test_a_repair_is_seen_and_said():
    calm, pushing = lesson.Sketch("exponential"), lesson.Sketch("exponential")
    pushing.move(pushing.rows[6], 4)
    assert list(pushing.moved) == [5, 6]
    before = calm.draw("exponential", "euler", *calm.cell)
    said = lesson.Sketch("exponential").draw("exponential", "euler", pushing.rows[4], 4)
    assert said.sentence.startswith("Points 6, 7 were in the way and were pushed on: levels must fall.")
    assert not np.array_equal(before.pixels, said.pixels)
    shown = lesson.Sketch("exponential").draw("exponential", "euler", lesson.row_of(0.2), 4)
    assert shown.sentence.startswith("Points 6, 7 were in the way"), "as on the page"
    assert "stops at 0.04" in " ".join(lesson.Sketch("karras").move(lesson.ROWS - 1, 5))
    assert "stays at 14.61" in lesson.Sketch("karras").draw("karras", "euler", 20, 0).sentence
    with pytest.raises(ValueError, match="row must be a number in"):
        lesson.Sketch().move(lesson.ROWS, 3)


def test_arrow_keys_choose_to_the_side_and_move_up_and_down():
    sketch = lesson.Sketch("exponential")
    controls = {"begin": _control("exponential"), "sampler": _control("euler")}
    explorer = Explorer(
        sketch.draw, controls, label="Ten calls", cursor=(lesson.ROWS, lesson.COLUMNS), start=sketch.cell
    )
    rows, (row, column) = list(sketch.rows), sketch.cell
    explorer.canvas.cell = [row, column + 1]  # the arrow to the right
    assert sketch.rows == rows and explorer.canvas.cell == [rows[column + 1], column + 1]
    explorer.canvas.cell = [rows[column + 1] + 1, column + 1]  # the arrow down
    assert sketch.rows[column + 1] == rows[column + 1] + 1
    explorer.canvas.cell = [0, 0]
    explorer.canvas.cell = [30, 0]  # the first point stays, and the cursor with it
    assert explorer.canvas.cell == [0, 0] and "stays at 14.61" in explorer.sentence
    drawn = explorer.canvas.drawn
    explorer.controls["begin"].value = "gits"
    assert sketch.name == "gits" and explorer.canvas.drawn == drawn + 1
    assert explorer.canvas.cell == list(sketch.cell)


def _control(value):
    from ipywidgets import Dropdown

    return Dropdown(options=[value, "gits"] if value != "euler" else ["euler", "dpmpp_2m"], value=value)


def pressed(name, *moves):
    """A sketch that begins with a scheduler, after moves of points (counted from 1) by rows."""
    sketch = lesson.Sketch(name)
    for point, rows in moves:
        sketch.move(sketch.rows[point - 1] + rows, point - 1)
    return sketch.sigmas


def test_the_last_exercise_names_what_is_wrong():
    verdict = lesson.verdict_on_ten
    assert verdict(...) == verdict(None) == "[not yet] my_levels is still missing."
    assert verdict([14.61, 3, 3, 0]) == "[not yet] Levels must fall; got 3 at position 3, after 3."
    assert "List of numbers" not in verdict("text") and verdict("text").startswith("[not yet] Levels must be a list")
    assert "Those are 2 calls" in verdict([14.61, 3, 0])
    assert "first level must be 14.61" in verdict([5, 4, 3, 2, 1, 0.8, 0.6, 0.4, 0.2, 0.1, 0])
    for ready in (lesson.levels("gits"), lesson.levels("ays"), lesson.by_price(10), lesson.found(1.05)):
        rounded = [round(sigma, 2) for sigma in ready.tolist()]
        assert "ready-made, or nearly so" in verdict(ready) and "ready-made, or nearly so" in verdict(rounded)
    assert "ready-made, or nearly so: GITS." in verdict(lesson.Sketch("gits").sigmas), "as drawn, before any move"
    moves = ("gits", 1, 6.5), ("gits", 9, 0.108), ("gits", 9, 0.09), ("ays", 9, 0.123), ("ays_30+", 9, 0.033)
    for name, at, level in moves:
        moved = lesson.levels(name)
        moved[at] = level
        assert "ready-made" not in verdict(moved), "moved by a tenth"
    for name, at, factor in (("gits", 1, 1.06), ("gits", 1, 0.92), ("ays", 4, 1.09)):
        moved = lesson.levels(name)
        moved[at] *= factor
        assert "ready-made, or nearly so" in verdict(moved), "moved by less"
    assert verdict(lesson.Sketch()) == "[not yet] That is the whole sketch. Hand in its levels: sketch.sigmas."
    for levels, step in (
        ([14.61, 13, 12, 11, 10, 9, 8, 7, 6, 3, 0], "from 3 to 0"),
        ([14.61, 8, 5, 3.5, 3, 2.5, 2, 1.6, 1.2, 0.9, 0], "from 0.9 to 0"),
        ([14.61, 14, 13, 0.9, 0.8, 0.7, 0.6, 0.5, 0.1, 0.05, 0], "from 13 to 0.9"),
        ([14.61, 7, 4, 2, 1.8, 1.6, 1.4, 1.2, 1, 0.2, 0], "from 1 to 0.2"),
    ):
        assert f"The step {step} misses most" in verdict(levels)
    assert verdict(ROW_LEVELS) == "[OK] Your error is 0.077. No scheduler of the library does better."
    for name in lesson.NAMES:
        assert "[OK]" not in verdict(pressed(name, (7, 1))), "one press of a key is no search"
    assert verdict(pressed("gits", (7, -1), (8, -1))).startswith("[OK]"), "a few good moves are enough"
    assert verdict(pressed("ays", (4, 1), (3, 2), (7, -1))).startswith("[OK]")
    assert verdict([14.61, 5, 4, 3, 2, 1, 0.5, 0.3, -0.1, -0.2, 0]) == "[not yet] No level may be below 0; got -0.2."
    for nonsense in (object(), [], [None], lambda: 3, 5, float("nan"), [[1, 2]]):
        assert verdict(nonsense).startswith("[not yet]")


def roots(steps, high, low, rho):
    return torch.linspace(high ** (1 / rho), low ** (1 / rho), steps, dtype=torch.float64)


@pytest.mark.parametrize(
    ("check", "answer", "says"),
    [
        ("karras", lambda n, high, low, rho: roots(n, high, low, rho) ** rho, "[OK]"),
        ("karras", lambda n, high, low, rho: torch.linspace(high, low, n) ** (1 / rho), "and then the root"),
        ("karras", lambda n, high, low, rho: roots(n, high, low, rho) ** 1 / rho, "divide by rho at the end"),
        ("karras", lambda n, high, low, rho: torch.linspace(high ** (1 / rho), low, n) ** rho, "Only high"),
        ("karras", lambda n, high, low, rho: roots(n - 1, high, low, rho) ** rho, "one level too few"),
        ("karras", lambda n, high, low, rho: roots(n, high, low, rho) ** rho + 1, "gives [17, 12.1111, 8.11111, 5]"),
        ("exponential", lambda n, high, low: [high * (low / high) ** i for i in range(n)], "high to low in one step"),
        ("exponential", lambda n, high, low: [high * ((low / high) ** 1 / (n - 1)) ** i for i in range(n)],
         "takes the power 1 and then divides"),
        ("exponential", lambda n, high, low: [high, low], "gives [16.0, 4.0], expected [16.0, 10.0794, 6.3496, 4.0]"),
        ("exponential", lambda n, high, low: 10 ** torch.linspace(np.log(high), np.log(low), n), "log and 10 **"),
        ("exponential", lambda n, high, low: torch.linspace(np.exp(high), np.exp(low), n).double().log(), "places"),
        ("beta", lambda n: [round(999 * lesson.quantile(s)) for s in torch.linspace(1, 1 / n, n).tolist()], "[OK]"),
        ("beta", lambda n: [round(lesson.quantile(1 - i / n)) for i in range(n)], "Only 0 and 1 are left"),
        ("beta", lambda n: [round(lesson.quantile(1 - i / n)) * 999 for i in range(n)], "Only 0 and 999 are left"),
        ("beta", lambda n: [round(999 * lesson.quantile(round(1 - i / n))) for i in range(n)], "Only 0 and 999 are"),
        ("beta", lambda n: [round(999 * lesson.quantile((1 - i) / n)) for i in range(n)], "Brackets: (1 - i) / steps"),
        ("beta", lambda n: lesson.levels("beta", n)[:-1], "Those are noise levels"),
        ("beta", lambda n: [round(999 * lesson.quantile((i + 1) / n)) for i in range(n)], "but they rise"),
        ("beta", lambda n: [999 - round(999 * lesson.quantile(1 - i / n)) for i in range(n)], "begin with 999. The"),
        ("gone", lambda steps, c: shares(steps, c, lambda a, k: a * k), "You took a * k"),
        ("gone", lambda steps, c: shares(steps, c, lambda a, k: a * k**2, slope=0), "lacks the term (c / L) * k"),
        ("gone", lambda steps, c: [0.5], "noise_gone(steps=4, c=0.1) gives [0.5]"),
    ],
)  # fmt: skip
def test_usual_mistakes_get_a_sentence_of_their_own(check, answer, says):
    named = {"karras": "check_karras", "exponential": "check_exponential", "beta": "check_beta", "gone": "check_gone"}
    assert says in getattr(lesson, named[check]).verdict(answer)


def shares(steps, c, bend, slope=1):
    """Exercise 3 with another last term, or without the straight one."""
    linear, rest = steps // 2, steps - steps // 2
    a = (1 - c - c / linear * rest) / rest**2
    return [c * i / linear for i in range(linear)] + [c + slope * c / linear * k + bend(a, k) for k in range(rest + 1)]


def test_still_pictures_have_words():
    for shown in (lesson.ladder(), lesson.whole_page(), lesson.draw_bend()):
        assert shown.png.startswith(b"\x89PNG") and len(shown.alt) > 100
    assert lesson.pattern_strip().ndim == lesson.picture_strip().ndim == 3
    _, strengths, _ = lesson.patterns()
    assert [round(strengths[n].item(), 1) for n in (0, 1, 5, 30, 100, 300)] == [11.0, 8.7, 5.0, 1.9, 0.9, 0.4]
    assert scoring.CALLS == 10
