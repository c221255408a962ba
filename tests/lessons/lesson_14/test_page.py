"""Lesson 14's drawings over their controls, and what its text states."""

import math

import numpy as np
import pytest
import torch

from course_lib.diffusion import GaussianDenoiser
from course_lib.lessons import lesson_14 as lesson
from course_lib.lessons.lesson_14 import cards, same_seed, seeds, spreads
from course_lib.lessons.plane import blobs
from course_lib.samplers import SAMPLERS, make_noise, sample, steps
from course_lib.samplers.passport import even_levels, observed_order, spread

EXAMPLE = torch.tensor([lesson.EXAMPLE], dtype=torch.float64)


def ends_of(eta, steps, count=4000):
    return lesson.seeds_from(EXAMPLE, eta, steps, count).states[-1]


@pytest.mark.parametrize("eta", [0.0, 0.05, 0.5, 1.0])
def test_seeds_can_be_drawn_everywhere(eta):
    for place in ((0, 0), (20, 40), (lesson.ROWS - 1, lesson.COLUMNS - 1)):
        for steps_ in (2, 30):
            drawing = lesson.draw_seeds(eta, steps_, *place)
            assert drawing.pixels.shape == (460, 620, 3)
            assert ("all 200 seeds end at one point" in drawing.sentence) == (eta == 0)


def test_the_first_picture_and_the_sheet_say_what_they_show():
    assert lesson.fan().png.startswith(b"\x89PNG")
    counts = {eta: lesson.counts_of(lesson.seeds_from(EXAMPLE, eta, 40).states[-1]) for eta in (0.0, 0.3, 0.6, 1.0)}
    assert counts[0.0] == [0, 200, 0]
    assert 2 <= counts[0.3][0] <= 25 and counts[0.3][2] <= 2
    assert counts[0.6][0] / 200 == pytest.approx(0.25, abs=0.04)
    assert min(counts[1.0]) > 8


def test_with_eta_1_the_cloud_is_every_clean_point_that_could_have_become_the_start():
    """Shares, and mean and standard deviation within each blob, against Bayes' rule."""
    ends = ends_of(1.0, 200)
    shares, means, stds = lesson.posterior(EXAMPLE, 3.0)
    owners = blobs.owner(ends)
    for blob in range(3):
        mine = ends[owners == blob]
        assert len(mine) / 4000 == pytest.approx(shares[blob].item(), abs=0.025)
        assert (mine.mean(0) - means[blob]).norm() < 0.1
        assert mine.std(0).mean() == pytest.approx(stds[blob].item(), rel=0.1)


def test_the_posterior_is_that_of_drawn_points():
    """Of many clean points with noise of level 1, those that land near a place."""
    clean = blobs.data(400_000, seed=1)
    x = torch.tensor([[0.2, 1.0]], dtype=torch.float64)
    noisy = clean + torch.randn(clean.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    near = clean[(noisy - x).norm(dim=1) < 0.15]
    shares, means, stds = lesson.posterior(x, 1.0)
    found = torch.tensor(lesson.counts_of(near)) / len(near)
    assert (found - shares).abs().max() < 0.03
    left = near[blobs.owner(near) == 0]
    assert (left.mean(0) - means[0]).norm() < 0.06 and left.std(0).mean() == pytest.approx(stds[0].item(), rel=0.1)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_each_eta_leads_a_crowd_to_the_same_data(eta):
    x = lesson.noisy(8000, 3.0, seed=21)
    ends = sample(
        "euler_ancestral", lesson.BLOBS, x, lesson.levels(150), generator=torch.Generator().manual_seed(22), eta=eta
    )
    found = torch.tensor(lesson.counts_of(ends)) / 8000
    assert (found - blobs.SHARES).abs().max() < 0.02


def test_the_ancestral_step_goes_back_as_if_the_guess_were_true():
    """A point between D and x, of which both are known: mean and strength by the rule for Gaussians."""
    sigma, after = 2.0, 1.0
    precision = 1 / after**2 + 1 / (sigma**2 - after**2)
    assert 1 / precision == pytest.approx(after**2 * (1 - (after / sigma) ** 2))
    assert (1 / (sigma**2 - after**2)) / precision == pytest.approx((after / sigma) ** 2)


@pytest.mark.parametrize(("name", "left"), [("dpmpp_2m", 0.95), ("dpmpp_2m_sde", 0.30)])
def test_what_is_left_of_a_push(name, left):
    blob, zero = GaussianDenoiser(0.0, 1.0), torch.zeros(1, 1, dtype=torch.float64)
    ends = [
        sample(name, blob, x, lesson.levels(50), generator=torch.Generator().manual_seed(1)) for x in (zero, zero + 3)
    ]
    assert (ends[1] - ends[0]).item() == pytest.approx(left, abs=0.005)
    assert math.sqrt(0.9) == pytest.approx(3 / math.sqrt(10)) and math.sqrt(0.9) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("name", lesson.ROWS_TO_TRY)
def test_every_mistake_can_be_drawn(name):
    shapes = {lesson.draw_mistake(name, level, count).pixels.shape for level in (0.3, 6.0, 10.0) for count in (2, 60)}
    assert len(shapes) == 1


def share_left(name, level, push=1.0):
    return lesson.counts_of(lesson.after_mistake(name, level, 20, push))[0] / 1000


def test_noise_forgives_early_mistakes_and_not_late_ones():
    for name in ("dpmpp_2m", "dpmpp_2m_sde"):
        assert share_left(name, 6.0, push=0.0) == pytest.approx(0.5, abs=0.04)
        assert share_left(name, 1.0) == pytest.approx(1 / 3, abs=0.03)
        assert share_left(name, 0.3) == pytest.approx(share_left(name, 0.3, push=0.0), abs=0.03), "too weak a push"
    assert share_left("dpmpp_2m", 6.0) < 0.2 and share_left("dpmpp_2m_sde", 6.0) > 0.4
    assert lesson.counts_of(lesson.after_mistake("dpmpp_2m", 6.0, 20))[1] == pytest.approx(500, abs=20)
    assert lesson.mistake_strip().ndim == 3


def test_lcm_loses_half_of_the_rare_blob_without_any_push():
    for push in (0.0, 1.0):
        assert lesson.counts_of(lesson.after_mistake("lcm", 6.0, 20, push))[2] == pytest.approx(110, abs=30)


def test_the_panels_show_every_row_that_adds_noise():
    shown = {name for _, rows in spreads.panels() for name, *_ in rows}
    alike = {"dpmpp_3m_sde_gpu", "lcm_custom_noise"}
    assert shown | alike == {name for name, row in SAMPLERS.items() if row.stochastic} and len(shown | alike) == 16


def test_rows_that_are_said_to_be_alike_are():
    x, sigmas = lesson.noisy(5), lesson.levels(8)

    def run(name, **options):
        return sample(name, lesson.BLOBS, x, sigmas, generator=torch.Generator().manual_seed(1), **options)

    assert torch.equal(run("dpmpp_3m_sde"), run("dpmpp_3m_sde_gpu"))
    assert torch.equal(run("lcm"), run("lcm_custom_noise"))


def test_spreads_are_those_of_the_text():
    assert spread("euler_ancestral", even_levels(10)) == pytest.approx(0.73, abs=0.005)
    assert spread("dpmpp_sde", even_levels(10)) == pytest.approx(0.95, abs=0.005)
    assert spread("dpmpp_sde", even_levels(10), brownian=False) == pytest.approx(0.80, abs=0.006)
    assert spread("dpmpp_2m_sde", even_levels(10)) == pytest.approx(1.10, abs=0.005)
    assert spread("dpmpp_3m_sde", even_levels(5)) > 2 and spread("dpmpp_3m_sde_dynamic_eta", even_levels(5)) > 1.8
    assert spreads.calls_of("dpmpp_sde", 10) == 19
    for title, rows in spreads.panels()[1:3]:
        for name, options, _ in rows:
            count = max(n for n in range(2, 41) if spreads.calls_of(name, n) <= 40)
            inside = abs(spread(name, even_levels(count), **options) - 1) <= 0.05
            assert inside == (name != "dpmpp_dualsde_momentumized"), (title, name)


def test_noise_doubles_the_length_of_a_step():
    for count in (10, 20, 40):
        assert spread("euler_ancestral", even_levels(2 * count)) == pytest.approx(
            spread("euler", even_levels(count)), abs=0.01
        )


def test_the_race_is_won_as_the_text_says():
    far = {name: [lesson.distance(name, calls) for calls in spreads.BUDGETS] for name in spreads.RACERS}
    pushed = {name: [lesson.distance(name, calls, 1.0) for calls in spreads.BUDGETS] for name in spreads.RACERS}
    for index, calls in enumerate(spreads.BUDGETS):
        if calls <= 30:
            assert min(far, key=lambda name: far[name][index]) == "dpmpp_2m"
        assert far["euler"][index] < far["euler_ancestral"][index]
        assert all(pushed[name][index] > 0.7 for name in ("euler", "dpmpp_2m"))
    assert pushed["dpmpp_2m_sde"][4] < 0.1 and min(far["lcm"]) > 0.3
    assert all(pushed[name][-1] < 0.1 for name in ("euler_ancestral", "dpmpp_sde", "dpmpp_2m_sde"))
    kept = [15 * s**2 / (s**2 + 15**2) / s for s in (1.0, 0.25)]  # of the push, with eta = 1, in units of the data
    for name in ("dpmpp_sde", "dpmpp_2m_sde"):
        assert pushed[name][-1] == pytest.approx(math.sqrt(sum(part**2 for part in kept) / 2), abs=0.002)
        assert f"{pushed[name][-1]:.2f}" == "0.05"
    assert [f"{part:.2f}" for part in kept] == ["0.07", "0.02"]
    assert min(far["dpmpp_2m"]) < far["dpmpp_2m"][-1] < 0.005 and min(far["dpmpp_2m_sde"]) < far["dpmpp_2m_sde"][-1]
    at_20 = {name: far[name][4] for name in ("dpmpp_2m", "dpmpp_2m_sde", "euler_ancestral")}
    assert list(at_20.values()) == sorted(at_20.values())


def test_the_distance_is_that_of_drawn_results():
    x = 15 * torch.randn(60_000, 1, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    for push in (0.0, 1.0):
        squares = []
        for std in (1.0, 0.25):
            start = x * math.sqrt(1 + std**2 / 225) + 15 * push
            ends = sample(
                "euler_ancestral", GaussianDenoiser(0.0, std), start, lesson.levels(10, start=15.0),
                generator=torch.Generator().manual_seed(6),
            )  # fmt: skip
            squares += [(ends.std().item() / std - 1) ** 2, (ends.mean().item() / std) ** 2]
        assert lesson.distance("euler_ancestral", 10, push) == pytest.approx(math.sqrt(sum(squares) / 2), abs=0.01)


def test_a_brownian_path_keeps_the_picture_and_independent_noise_does_not():
    moved = {kind: [lesson.median_change(kind, count) for count in (10, 20, 40)] for kind in ("gaussian", "brownian")}
    assert min(moved["gaussian"]) > 0.4 and max(moved["brownian"]) < 0.1
    assert moved["brownian"] == sorted(moved["brownian"], reverse=True)
    blob = {kind: [blobs.owner(same_seed.ends_of(kind, n)) for n in (20, 40)] for kind in ("gaussian", "brownian")}
    changed = {kind: int((pair[0] != pair[1]).sum()) for kind, pair in blob.items()}
    assert changed["gaussian"] > 20 and changed["brownian"] < 6
    assert all(row.noise == ("brownian" if "SDE" in row.label else "gaussian") for row in SAMPLERS.values())
    assert SAMPLERS["dpm_fast"].options["eta"] == 0
    assert not any(SAMPLERS[name].stochastic for name in ("lms", "dpm_2", "dpm_fast"))
    churned = {name for name, row in SAMPLERS.items() if "s_churn" in row.options}
    assert churned == {"euler", "heun", "heunpp2", "dpm_2"}


def test_with_independent_noise_a_seed_keeps_something_but_not_its_picture():
    """Two seeds from the same starts end further apart; and the change does not shrink with the steps."""
    changes = [lesson.median_change("gaussian", count) for count in (10, 20, 40)]
    assert min(changes) > 0.8 * max(changes)
    x, pairs = lesson.noisy(4000, seed=1403), {"gaussian": (10, 20, 40), "brownian": (20,)}

    def ends(kind, count, seed):
        sigmas = lesson.levels(count)
        source = make_noise(kind, x, sigmas, torch.Generator().manual_seed(seed))
        return sample("dpmpp_2m_sde", lesson.BLOBS, x, sigmas, noise_sampler=source)

    def share_that_changes(first, second):
        return (blobs.owner(first) != blobs.owner(second)).double().mean().item()

    first, second = (ends("gaussian", 20, seed) for seed in (1, 2))
    assert (first - second).norm(dim=1).median().item() == pytest.approx(2.1, abs=0.25)
    assert share_that_changes(first, second) == pytest.approx(0.54, abs=0.04)
    found = {
        kind: [share_that_changes(ends(kind, n, 1404), ends(kind, 2 * n, 1404)) for n in counts]
        for kind, counts in pairs.items()
    }
    assert found["gaussian"] == pytest.approx([0.255] * 3, abs=0.03)
    assert found["brownian"] == pytest.approx([0.033], abs=0.01)


def kept(name, count):
    """The share of its start at level 3 that a particle keeps on a blob with s = 1, on average over the noise."""
    one = torch.ones(1, 1, dtype=torch.float64)
    return sample(name, GaussianDenoiser(), one, lesson.levels(count), noise_sampler=lambda *pair: 0 * one).item()


def test_the_right_spread_is_not_yet_the_right_share_of_the_start():
    for name in ("dpm_2_ancestral", "dpmpp_2s_ancestral", "ttm"):
        assert spread(name, lesson.levels(20).tolist()) == pytest.approx(1, abs=0.03)
        assert 0.115 < kept(name, 20) < 0.125 and 0.10 < kept(name, 100) < 0.105
    for name in ("euler_ancestral", "dpmpp_2m_sde"):
        assert kept(name, 20) == pytest.approx(0.1)
    assert spread("dpmpp_2m_sde", lesson.levels(20).tolist()) == pytest.approx(1, abs=0.015)
    assert spread("euler_ancestral", lesson.levels(20).tolist()) < 0.95
    assert kept("lcm", 20) < 0.001


def test_res_forgets_more_and_more_while_its_crowd_stays_right():
    shares = [kept("res_momentumized", count) for count in (20, 50, 100, 400)]
    assert shares == sorted(shares, reverse=True) and shares[0] < 0.08 and abs(shares[-1]) < 0.001
    for count in (20, 100):
        assert spread("res_momentumized", lesson.levels(count).tolist()) == pytest.approx(1, abs=0.02)
    assert SAMPLERS["res_momentumized"].options["ita"] == 0.25
    ends = sample(
        "res_momentumized", lesson.BLOBS, EXAMPLE.expand(4000, 2).contiguous(), lesson.levels(100),
        generator=torch.Generator().manual_seed(3),
    )  # fmt: skip
    found = torch.tensor(lesson.counts_of(ends)) / 4000
    assert (found - blobs.SHARES).abs().max() < 0.03, "the start counts for nothing"


def test_ttm_corrects_by_the_derivative_along_the_ode_times_one_plus_eta():
    x, s2 = torch.ones(1, 1, dtype=torch.float64), 1.0
    first, second = lesson.levels(20)[:2].tolist()
    h = math.log(first / second)
    one_step = [first, second, 0.0]
    step = next(steps("ttm", GaussianDenoiser(), x, one_step, noise_sampler=lambda *pair: 0 * x))
    share = s2 / (s2 + first**2)
    derivative = share * (-(1 - share)) + 2 * first**2 * s2 / (s2 + first**2) ** 2
    exponential = 1 - math.exp(-2 * h)
    once = math.exp(-2 * h) + exponential * share + derivative * (2 * h - exponential) / 2
    given = math.exp(-2 * h) + exponential * share + derivative * (2 * h - exponential)
    assert step.x_next.item() == pytest.approx(given) and given != pytest.approx(once)


@pytest.mark.parametrize("name", ["lcm", "lcm_custom_noise", "euler_ancestral_dancing"])
def test_three_rows_settle_at_one_over_the_root_of_two(name):
    assert spread(name, even_levels(1000)) == pytest.approx(math.sqrt(0.5), abs=0.003)


def test_dancing_is_lcm_by_accident_and_can_be_repaired():
    x, sigmas = lesson.noisy(4), lesson.levels(10)
    ones = torch.ones_like(x)
    for step in list(steps("euler_ancestral_dancing", lesson.BLOBS, x, sigmas, noise_sampler=lambda *pair: ones))[:-2]:
        torch.testing.assert_close(step.x_next, step.denoised + step.sigma_next * ones)
    assert spread("euler_ancestral_dancing", even_levels(200), repaired=True) == pytest.approx(0.97, abs=0.005)
    assert 1 - (1 / 0.5) ** 2 == -3


def test_lcm_is_right_where_it_is_given_the_end_of_the_path():
    """Then one step is enough, and more change nothing."""
    for std in (1.0, 0.25):
        x = torch.randn(20_000, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
        x = x * math.sqrt(std**2 + 15**2)

        def end(x, sigma, std=std):
            return x * std / (std**2 + sigma**2) ** 0.5

        for count in (1, 2, 4, 8):
            sigmas = lesson.levels(count, start=15.0)
            ends = sample("lcm", end, x, sigmas, generator=torch.Generator().manual_seed(8))
            assert ends.std().item() / std == pytest.approx(1, abs=0.02)


def test_lcms_fixed_point_is_that_of_the_derivation():
    for s, sigma in ((1.0, 0.3), (0.5, 1.0)):
        a, v = s**2 / (s**2 + sigma**2), s**4 / (2 * s**2 + sigma**2)
        assert a**2 * (v + sigma**2) == pytest.approx(v)


def test_momentum_is_off_by_default_and_lowers_the_order():
    for name, order in (("res_momentumized", 2), ("clyb_4m_sde_momentumized", 2), ("dpmpp_dualsde_momentumized", 1)):
        assert SAMPLERS[name].options["momentum"] == 0
        assert observed_order(name) == pytest.approx(order, abs=0.2)
        assert observed_order(name, momentum=0.5) == pytest.approx(1, abs=0.2)


def test_bare_supreme_is_euler_ancestral_after_its_first_step():
    x, sigmas = lesson.noisy(4), lesson.levels(10)
    ones = torch.ones_like(x)
    way = list(steps("supreme", lesson.BLOBS, x, sigmas, noise_sampler=lambda *pair: ones, **SAMPLERS["supreme"].bare))
    other = list(steps("euler_ancestral", lesson.BLOBS, x, sigmas, noise_sampler=lambda *pair: ones))
    assert not torch.allclose(way[0].x_next, other[0].x_next)
    for step in way[1:]:
        left = [step.sigma, step.sigma_next] + ([0.0] if step.sigma_next > 0 else [])
        same = next(steps("euler_ancestral", lesson.BLOBS, step.x, left, noise_sampler=lambda *pair: ones))
        torch.testing.assert_close(step.x_next, same.x_next)
    assert SAMPLERS["supreme"].options["substeps"] == 2 and SAMPLERS["supreme"].options["step_method"] == "euler"


def test_the_two_kinds_of_eta():
    ratio = 1 - 1e-6
    for eta in (0.2, 0.5, 1.0):
        ancestral, diffusive = eta**2 * (1 - ratio**2), 1 - ratio ** (2 * eta**2)
        assert ancestral == pytest.approx(diffusive, rel=1e-4), "short steps: kappa = eta**2"


def test_cards_sort_as_the_exercise_says():
    for (letter, name), word in zip(cards.CARDS.items(), lesson.check_cards.right, strict=True):
        first, second = (lesson.run_card(letter, seed=seed) for seed in (0, 1))
        assert torch.equal(first, second) == (word == "none")
        assert SAMPLERS[name].stochastic == (word != "none")
        assert (abs(first.std() - 1) < 0.1) == (word != "wrong")
        assert abs(abs(first.std() - 1) - 0.1) > 0.05, "too close to call"
    with pytest.raises(ValueError, match="letter must be one of A"):
        lesson.run_card("G")


def test_still_pictures_have_words():
    for shown in (lesson.draw_same_seed(5), lesson.draw_race(), lesson.draw_spreads()):
        assert shown.png.startswith(b"\x89PNG") and len(shown.alt) > 100
    assert lesson.seeds_sheet().dtype == np.uint8


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="eta must be a number in"):
        lesson.draw_seeds(1.5, 10, 3, 3)
    with pytest.raises(ValueError, match="level must be a number in"):
        lesson.after_mistake("euler", 11.0, 10)
    with pytest.raises(ValueError, match="sampler"):
        lesson.after_mistake("no such row", 3.0, 10)
    assert seeds.SEEDS == 200


def test_dpmpp_2m_sde_is_the_target_of_2m_with_ancestral_noise():
    x, sigmas = lesson.noisy(6), lesson.levels(8)
    ones = torch.ones_like(x)
    way = list(steps("dpmpp_2m_sde", lesson.BLOBS, x, sigmas, noise_sampler=lambda *pair: ones))
    for before, step in zip(way[:-2], way[1:-1], strict=True):
        h, h_before = math.log(step.sigma / step.sigma_next), math.log(before.sigma / before.sigma_next)
        target = step.denoised + (step.denoised - before.denoised) * h / (2 * h_before)
        low = step.sigma_next**2 / step.sigma
        up = math.sqrt(step.sigma_next**2 - low**2)
        torch.testing.assert_close(step.x_next, target + low / step.sigma * (step.x - target) + up * ones)


def test_a_list_of_cards_is_told_which_ones_to_run_again():
    says = lesson.check_cards.verdict(["wrong", "right", "wrong", "none", "right", "right"])
    assert "two seeds for B:" in says and ".std() of the ends for C, F:" in says
    for odd in ("wrong", ["right"], ["wrong", None, "right", None, "right", "wrong"], {"A": "wrong"}, 3):
        assert "It must be a list of six words" in lesson.check_cards.verdict(odd)


def test_a_root_of_a_negative_number_is_named_where_python_goes_on_with_complex_ones():
    def split(sigma, sigma_next, eta):
        up = eta * sigma_next * (1 - (sigma / sigma_next) ** 2) ** 0.5
        return (sigma_next**2 - up**2) ** 0.5, up

    assert "complex numbers" in lesson.check_split.verdict(split)


@pytest.mark.parametrize("root", [lambda number: number**0.5, math.sqrt], ids=["power", "math.sqrt"])
def test_noise_that_leads_up_to_sigma_is_named_though_its_last_root_is_negative(root):
    def from_the_levels(sigma, sigma_next, eta):
        up = eta * root(sigma**2 - sigma_next**2)
        return root(sigma_next**2 - up**2), up

    def with_sigma_in_front(sigma, sigma_next, eta):
        up = eta * sigma * root(1 - (sigma_next / sigma) ** 2)
        return root(sigma_next**2 - up**2), up

    def upside_down(sigma, sigma_next, eta):
        up = eta * sigma_next * root(1 - (sigma / sigma_next) ** 2)
        return root(sigma_next**2 - up**2), up

    for split in (from_the_levels, with_sigma_in_front):
        assert "Your noise leads from sigma_next up to sigma" in lesson.check_split.verdict(split)
    assert "upside down" in lesson.check_split.verdict(upside_down)


def test_the_eta_of_dpmpp_2m_sde_is_named():
    def split(sigma, sigma_next, eta):
        low = sigma_next * (sigma_next / sigma) ** eta
        return low, math.sqrt(sigma_next**2 - low**2)

    assert "the eta of DPM++ 2M SDE" in lesson.check_split.verdict(split)
    x, ones = torch.ones(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    step = next(
        steps("dpmpp_2m_sde", GaussianDenoiser(), x, [2.0, 1.0, 0.0], noise_sampler=lambda *pair: ones, eta=0.25)
    )
    low, up = split(2.0, 1.0, 0.25)
    torch.testing.assert_close(step.denoised + low / 2 * (x - step.denoised) + up * ones, step.x_next)


def test_a_root_without_its_module_is_named():
    says = "Python knows no sqrt here"
    assert says in lesson.check_split.verdict(lambda sigma, after, eta: sqrt(sigma))  # noqa: F821
    assert says in lesson.check_path_end.verdict(lambda x, sigma, s: x * nothing_math(s))


def nothing_math(number):
    raise NameError("name 'math' is not defined")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (["wrong", None, "right", None, "right", "wrong"], "None has no quotes"),
        (["Wrong", "NONE", "right", "none", "right", "wrong"], "Write the words in small letters."),
        (dict(zip("ABCDEF", ["wrong", "none", "right", "none", "right", "wrong"], strict=True)), "write [ ] in place"),
    ],
)
def test_cards_that_are_written_in_another_way_are_told_how(answer, says):
    assert says in lesson.check_cards.verdict(answer)


@pytest.mark.parametrize(
    ("split", "says"),
    [
        (lambda s, n, eta: (n**2 - noise_of(s, n, eta) ** 2, noise_of(s, n, eta) ** 2), "You return two variances."),
        (lambda s, n, eta: with_rest(n, eta * n * ((1 - n / s) ** 2) ** 0.5), "Square the ratio, not 1 minus it"),
        (lambda s, n, eta: with_rest(n, eta * (n - n**2 / s)), "Square the ratio, not 1 minus it"),
        (lambda s, n, eta: (((1 - eta) * n**2 + eta * (n**2 / s) ** 2) ** 0.5, noise_of(s, n, eta)), "missing one eta"),
        (lambda s, n, eta: ((n**2 - eta * noise_of(s, n, 1) ** 2) ** 0.5, noise_of(s, n, eta)), "missing one eta"),
        (lambda s, n, eta: [round(part, 2) for part in with_rest(n, noise_of(s, n, eta))], "right, but rounded"),
        (lambda s, n, eta: [round(part, 3) for part in with_rest(n, noise_of(s, n, eta))], "right, but rounded"),
        (lambda s, n, eta: with_rest(n, noise_of(s, n, eta)), "is right."),
    ],
)  # fmt: skip
def test_splits_are_told_by_what_they_compute(split, says):
    assert says in lesson.check_split.verdict(split)


def noise_of(sigma, sigma_next, eta):
    return eta * sigma_next * (1 - (sigma_next / sigma) ** 2) ** 0.5


def with_rest(sigma_next, up):
    return (sigma_next**2 - up**2) ** 0.5, up


@pytest.mark.parametrize(
    ("path_end", "says"),
    [
        (lambda x, sigma, s: x / (1 + sigma**2) ** 0.5, "the factor of a blob with s = 1"),
        (lambda x, sigma, s: x * s / (1 + sigma**2) ** 0.5, "The 1 under your root"),
        (lambda x, sigma, s: x / 10**0.5, "the factor for sigma = 3 and s = 1"),
        (lambda x, sigma, s: x / (1 + (sigma / s) ** 2) ** 0.5, "is right."),
    ],
)
def test_the_factor_of_the_page_is_known_where_it_is_written_with_its_numbers(path_end, says):
    assert says in lesson.check_path_end.verdict(path_end)
