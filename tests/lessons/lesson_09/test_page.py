"""Lesson 09's drawings over all their states, and the numbers that its text states."""

import itertools
import math

import pytest
import torch

from course_lib.diffusion import DatasetDenoiser, as_denoiser, prediction_from, q_sample
from course_lib.lessons import lesson_09 as lesson
from course_lib.lessons.lesson_09 import broken, errors, exact, live, painted, reverse
from course_lib.samplers import sample

TABLE = lesson.TABLE


def test_the_faces_are_parted_and_none_is_in_both():
    seen, unseen = lesson.open_faces(), lesson.open_faces(unseen=True)
    assert len(seen) == 104 and len(unseen) == 8 and seen.shape[1:] == unseen.shape[1:] == (3, 16, 16)
    assert torch.cdist(seen.flatten(1), unseen.flatten(1)).min() > 1


@pytest.mark.parametrize("face", lesson.ROW)
def test_every_state_of_the_guess_can_be_drawn(face):
    drawings = [lesson.draw_guess(face, t) for t in [*range(0, 1000, 111), 998, 999]]
    assert len({drawing.pixels.shape for drawing in drawings}) == 1, "the drawing jumps in size"
    assert all(drawing.pixels.dtype.name == "uint8" for drawing in drawings)
    assert "the best guess is the " + face in drawings[0].sentence and "a mix" in drawings[-1].sentence


def test_what_is_said_of_the_shares_is_true():
    """Sure at t = 600, where the eye sees only noise; right up to about 860; at t = 999 a blur, the wrong one first."""
    row = exact.open_row()

    def shares(number, t):
        return DatasetDenoiser(row).weights(exact.make_noisy(number, t), TABLE.sigmas[t].item())[0]

    chosen = list(lesson.ROW).index("face in sunglasses")
    assert shares(chosen, 600)[chosen] > 0.99
    assert 0.4 < shares(chosen, 800)[chosen] < 0.5
    assert all(shares(chosen, t).argmax() == chosen for t in range(0, 861, 20))
    assert all(shares(chosen, t).argmax() != chosen for t in range(880, 1000, 20))
    assert shares(chosen, 999).max() < 0.3
    assert list(lesson.ROW)[shares(chosen, 999).argmax()] == "face with a mask"
    assert shares(chosen, 999).min() > 0.01, "the guess is a blur of all eight"
    assert all(shares(number, 600)[number] > 0.95 for number in range(8)), "the reader may choose another face"


def test_the_numbers_on_paper_are_true():
    known = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    x = torch.tensor([[1.0, 0.0]])
    denoise = DatasetDenoiser(known)
    torch.testing.assert_close(denoise.weights(x, 1.0)[0], torch.tensor([0.47, 0.47, 0.06]), atol=5e-3, rtol=0)
    torch.testing.assert_close(denoise(x, 1.0)[0], torch.tensor([0.87, -0.06]), atol=5e-3, rtol=0)
    assert (round(math.exp(-0.5), 4), round(math.exp(-2.5), 4)) == (0.6065, 0.0821)
    assert pytest.approx(1.2951, abs=5e-5) == 2 * 0.6065 + 0.0821
    squares = (known[:, None] - torch.cat([denoise(x, 1.0), x, known[:1]])).square().sum(dim=2)
    costs = denoise.weights(x, 1.0)[0] @ squares
    torch.testing.assert_close(costs, torch.tensor([1.23, 1.25, 2.38]), atol=5e-3, rtol=0)
    x0, eps = torch.tensor([1.0]), torch.tensor([0.5])
    noisy = 0.6 * x0 + 0.8 * eps
    assert noisy.item() == pytest.approx(1.0) and prediction_from("v", x0, noisy, 0.36).item() == pytest.approx(-0.5)
    one = torch.tensor([1.0])
    assert reverse.step_back(one, one, 0.36, 0.64, -one).item() == pytest.approx(0.473, abs=5e-4)
    assert (
        pytest.approx(0.547, abs=5e-4) == 0.8 * 0.4375 / 0.64 and pytest.approx(0.422, abs=5e-4) == 0.75 * 0.36 / 0.64
    )
    assert math.sqrt(0.36 / 0.64 * 0.4375) == pytest.approx(0.496, abs=5e-4)
    assert pytest.approx(0.8, abs=5e-4) == 0.547 + 0.422 * 0.6
    kept, added = 0.422**2 * 0.64, 0.496**2
    assert (kept, added, kept + added) == pytest.approx((0.114, 0.246, 0.36), abs=5e-4)
    without = {"x0": 0.35, "x": 0.75}  # other weights, with which the state is as in training without fresh noise
    assert without["x0"] + without["x"] * 0.6 == pytest.approx(0.8) and without["x"] ** 2 * 0.64 == pytest.approx(0.36)


def test_the_step_of_the_paper_is_that_of_the_lesson():
    """The two factors in the solutions, of x and of the predicted noise."""
    beta = 1 - 0.36 / 0.64
    of_guess, of_x = 0.8 * beta / 0.64, 0.75 * 0.36 / 0.64
    assert (of_guess, of_x) == pytest.approx((0.5469, 0.4219), abs=5e-5)
    assert of_guess / 0.6 + of_x == pytest.approx(1 / math.sqrt(1 - beta)) == pytest.approx(1.333, abs=5e-4)
    of_eps = -of_guess * 0.8 / 0.6
    assert of_eps == pytest.approx(-beta / 0.8 / math.sqrt(1 - beta)) == pytest.approx(-0.729, abs=5e-4)


def test_the_same_error_of_each_prediction():
    """Of the noise sigma times, of v by at most one, of the picture as it is; and of the noise from the picture."""
    for t in (0, 300, 999):
        sigma = TABLE.sigmas[t].item()
        assert errors.error_of_picture("eps", t) == pytest.approx(0.1 * sigma)
        assert errors.error_of_picture("x0", t) == pytest.approx(0.1)
        assert errors.error_of_picture("v", t) == pytest.approx(0.1 * math.sqrt(1 - TABLE.alphas_cumprod[t].item()))
    assert errors.error_of_picture("eps", 999) == pytest.approx(1.46, abs=5e-3)
    assert 0.1 / TABLE.sigmas[0].item() == pytest.approx(3.4, abs=0.05)
    assert math.sqrt(TABLE.alphas_cumprod[999].item()) == pytest.approx(0.07, abs=2e-3)
    with pytest.raises(ValueError, match="unknown prediction 'u'"):
        errors.error_of_picture("u", 3)


def test_the_networks_have_as_many_parameters_as_the_page_says():
    for network in (live.make_network(), *map(broken.open_network, broken.NETWORKS)):
        assert sum(parameter.numel() for parameter in network.parameters()) == 143_251


def test_without_time_or_skips_a_network_hears_and_sees_less():
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    early, late = torch.tensor([3.0]), torch.tensor([900.0])
    network, deaf = broken.open_network("whole"), broken.open_network("whole", hears_time=False)
    assert not torch.allclose(network(x, early), network(x, late)) and torch.equal(deaf(x, early), deaf(x, late))
    assert not torch.allclose(broken.open_network("whole", skips=False)(x, late), network(x, late))
    without_time, without_skips = broken.open_network("without_time"), broken.open_network("without_skips")
    assert torch.equal(without_time(x, early), without_time(x, late)) and without_time.skips
    assert not without_skips.skips and without_skips.hears_time
    assert without_skips.middle[0](torch.zeros(1, 32, 4, 4), torch.zeros(1, 64)).numel() == 512 < x.numel() == 768


def test_a_step_back_has_the_spread_that_training_has():
    """From states of step 999 with the true picture as the guess, one step gives states of step 949."""
    generator = torch.Generator().manual_seed(0)
    x0 = torch.full((200_000,), 0.7)
    bars = [TABLE.alphas_cumprod[t].item() for t in (799, 499)]
    x = bars[0] ** 0.5 * x0 + (1 - bars[0]) ** 0.5 * torch.randn(len(x0), generator=generator)
    after = reverse.step_back(x, x0, *bars, torch.randn(len(x0), generator=generator))
    assert after.mean().item() == pytest.approx(0.7 * bars[1] ** 0.5, abs=0.01)
    assert after.std().item() == pytest.approx((1 - bars[1]) ** 0.5, abs=0.01)
    alone = reverse.step_back(x, x0, *bars, torch.zeros_like(x0))
    assert alone.std() < after.std() - 0.05, "the mean alone has too little noise, as the page says"


def test_the_walk_is_the_librarys_euler_ancestral_and_ddim():
    """In float64, where nothing hides a difference; the last step lands on the guess."""
    denoise = DatasetDenoiser(lesson.open_faces().double())
    bars = [*(reverse.alpha_bar_of(t) for t in reverse.VISITED), 1.0]
    draws = torch.randn(21, 2, 3, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    state = draws[20]
    for index, bar in enumerate(bars[:-1]):
        x0 = denoise(state / bar**0.5, (1 / bar - 1) ** 0.5)
        state = reverse.step_back(state, x0, bar, bars[index + 1], draws[index])
    sigmas = [(1 / bar - 1) ** 0.5 for bar in bars]
    for name, options in {"euler_ancestral": {}, "ddim": {"eta": 1.0}}.items():
        drawn = iter(draws)
        start = draws[20] / bars[0] ** 0.5
        result = sample(name, denoise, start, sigmas, noise_sampler=lambda *levels, d=drawn: next(d), **options)
        torch.testing.assert_close(result, state, atol=1e-9, rtol=0)


def test_the_exact_denoiser_remembers_and_the_network_does_not():
    remembered = live.paint(lesson.exact_denoiser())
    assert (remembered - lesson.nearest(remembered)).abs().max() < 1e-3
    network = as_denoiser(broken.open_network("whole"), TABLE, "v")
    made = live.paint(network)
    assert ((made - lesson.nearest(made)).square().mean(dim=(1, 2, 3)).sqrt() > 0.1).all()


def test_what_each_does_at_its_worst():
    """For faces that neither knows the exact denoiser is sure of another one; the network is nearer."""
    unseen, sigma = lesson.open_faces(unseen=True), TABLE.sigmas[400].float()
    noise = torch.randn(unseen.shape, generator=torch.Generator().manual_seed(4))
    x = unseen + sigma * noise
    assert lesson.exact_denoiser().weights(x, sigma).max(dim=1).values.median() > 0.75
    network = as_denoiser(broken.open_network("whole"), TABLE, "v")

    errors = [(guess(x, sigma) - unseen).square().mean() for guess in (network, lesson.exact_denoiser())]
    assert 0.6 < errors[0] / errors[1] < 0.72, "about a third smaller"
    pictures = torch.cat([lesson.open_faces()[:3], torch.zeros(1, 3, 16, 16)])
    assert torch.equal(painted.farthest(pictures, 1), pictures[3:])


@pytest.mark.parametrize("name", lesson.BREAKS)
def test_every_way_to_break_it_can_be_drawn(name):
    drawing = lesson.draw_broken(name)
    assert drawing.pixels.dtype.name == "uint8"
    assert drawing.sentence.startswith(name.capitalize())


def test_each_break_hurts_as_the_page_says():
    """Skips most, cut or never there; no t less than a wrong t; what stays on after the last step is grain."""
    far = {name: broken.distance_from_faces(broken.paint_broken(name)) for name in lesson.BREAKS}
    whole = far.pop("nothing is broken")
    cut, never = far.pop("skips cut after training"), far.pop("trained without skips")
    assert min(far.values()) > 1.05 * whole and cut > 1.4 * never and never > 2 * max(far.values())
    assert far["trained without t"] < 1.25 * whole and far["told t = 0 every time"] > 1.4 * whole
    assert far["the mean predicted in place of v"] < 1.25 * whole
    bars = [reverse.alpha_bar_of(t) for t in (*reverse.VISITED, None)]
    of_state = [(here / there) ** 0.5 * (1 - there) / (1 - here) for here, there in itertools.pairwise(bars)]
    assert sum(abs(share - 0.8) < 0.05 for share in of_state) > 10, "the mean is mostly a copy of the state"
    assert (1 - bars[-2]) ** 0.5 == pytest.approx(0.22, abs=5e-3), "the noise of the last step"
    clean, grainy = (broken.paint_broken(name) for name in ("nothing is broken", "noise on the last step"))
    assert (grainy - clean).std().item() == pytest.approx((1 - bars[-2]) ** 0.5, abs=0.01)


def test_with_a_shifted_alpha_bar_the_network_is_told_too_little_noise():
    """The state is one visited step noisier than the network hears, and noise is left at the end."""
    clean, told = 0.5, []

    def network(x, t):
        """Knows the picture, and writes down what it is told, and how much noise there is."""
        place = max(0, reverse.VISITED.index(int(t[0])) - 1)
        bar = reverse.alpha_bar_of(reverse.VISITED[place])
        told.append((math.sqrt(1 - reverse.alpha_bar_of(int(t[0]))), (x - bar**0.5 * clean).std().item()))
        return prediction_from("v", torch.full_like(x, clean), x, bar)

    painted_wrong = reverse.walk_back(broken._mover(network, shifted=True), 64, seed=0)
    assert all(there > 1.02 * hears for hears, there in told[-8:]) and told[-1][1] > 1.2 * told[-1][0]
    assert painted_wrong.std() > 0.1


def test_no_number_of_the_page_lies_on_an_edge():
    """The distances are shown with two decimals, and another processor adds in another order."""
    for name in lesson.BREAKS:
        hundredths = 100 * broken.distance_from_faces(broken.paint_broken(name))
        assert abs(hundredths % 1 - 0.5) > 0.01, name


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown face 'sleepy'"):
        lesson.draw_guess("sleepy", 3)
    with pytest.raises(ValueError, match="t must be a whole number, at least 0, at most 999; got 1000"):
        lesson.draw_guess("skull", 1000)
    with pytest.raises(ValueError, match="unknown way to break it 'all'"):
        lesson.draw_broken("all")
    with pytest.raises(ValueError, match="unknown network 'large'"):
        broken.open_network("large")


def test_always_answering_0_costs_about_1():
    """The noise has variance 1; v, whose picture has less variance, costs a little less."""
    zero = lambda x, t: torch.zeros_like(x)  # noqa: E731
    faces = lesson.open_faces()
    assert live.make_loss("eps", faces)(zero, list(range(512)))["loss"].item() == pytest.approx(1, abs=0.02)
    bars = TABLE.alphas_cumprod
    of_v = bars + (1 - bars) * faces.square().mean()
    assert of_v.mean().item() == pytest.approx(0.74, abs=5e-3)
    assert live.make_loss("v", faces)(zero, list(range(2048)))["loss"].item() == pytest.approx(0.74, abs=0.02)


def test_what_the_exact_denoiser_and_the_network_pay():
    """For v: 0.04 and above 0.1 on the known faces; on the unseen ones about 1, and nearly 0.2 of the network."""
    denoise, network = lesson.exact_denoiser(), broken.open_network("whole")

    def exact(x, t):
        bars = TABLE.alphas_cumprod[t.long()].float()
        guesses = [denoise(one[None] / bar**0.5, (1 / bar - 1) ** 0.5) for one, bar in zip(x, bars, strict=True)]
        return prediction_from("v", torch.cat(guesses), x, bars.reshape(-1, 1, 1, 1))

    seen, unseen = (live.make_loss("v", lesson.open_faces(unseen=which)) for which in (False, True))
    with torch.no_grad():
        paid = [
            loss(asked, list(range(2048)))["loss"].item()
            for loss, asked in ((seen, exact), (seen, network), (unseen, network), (unseen, exact))
        ]
    assert round(paid[0], 2) == 0.04 and 0.105 < paid[1] < 0.125 and 0.17 < paid[2] < 0.2 and 0.9 < paid[3] < 1.2


def test_the_noisy_faces_of_a_loss_are_those_of_q_sample():
    """A network that knows the noise has no loss."""
    faces = torch.full((1, 3, 4, 4), 0.5)

    def knows(x, t):
        return prediction_from("eps", faces.expand_as(x), x, TABLE.alphas_cumprod[t.long()].reshape(-1, 1, 1, 1))

    assert live.make_loss("eps", faces)(knows, list(range(64)))["loss"].item() < 1e-4
    noise = torch.ones(1, 3, 4, 4)
    assert knows(q_sample(faces, 500, TABLE, noise), torch.tensor([500.0])).mean().item() == pytest.approx(1, abs=1e-4)
