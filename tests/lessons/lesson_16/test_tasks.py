"""Lesson 16's tasks: the runs are the pipeline's, the measures say what they say, and what the texts rest on holds."""

import numpy as np
import pytest
import torch

from course_lib.atlas.pictures import detail
from course_lib.datasets.scenes import emoji_scene
from course_lib.lessons import lesson_16 as lesson
from course_lib.lessons.lesson_16 import distilling, enlarging, films, running, strengths
from course_lib.lessons.small_model import model
from course_lib.pipeline import prepare

ODE, SDE = running.ODE, running.SDE


@pytest.mark.parametrize("sampler", [ODE, SDE, "euler_ancestral"])
def test_a_run_is_the_pipelines(sampler):
    panda = emoji_scene("panda", "fluent").draw()
    settings = {"sampler": sampler, "strength": 0.5, "seed": 4}
    theirs = prepare(model(), "a fox", image=panda, steps=3, **settings).finish().latent
    ours = lesson.run("a fox", lesson.unit_noise(1, seed=4), calls=3, clean=running.encoded(panda[None]), **settings)
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_states_stand_for_their_words():
    noise = lesson.unit_noise(2, seed=1)
    states = model().encode_text(["a panda", "a fox"])
    torch.testing.assert_close(
        lesson.run(states, noise, calls=2), lesson.run(["a panda", "a fox"], noise, calls=2), rtol=1e-4, atol=1e-4
    )


def test_the_measures():
    checkers = torch.tensor([[-0.5, 0.5], [0.5, -0.5]]).repeat(4, 4).expand(2, 3, 8, 8)
    assert lesson.flicker(torch.stack([checkers[0], checkers[0], checkers[0]])) == 0
    assert lesson.decibels(checkers, checkers[:1] + 0.02).tolist() == pytest.approx([40, 40], abs=1e-3)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: lesson.flicker(torch.zeros(2, 3, 8, 8)), "at least three frames; got 2"),
        (lambda: lesson.steadied(torch.zeros(3, 3, 8, 8)), "expected 8 frames; got 3"),
        (lambda: lesson.sure_of(torch.zeros(2, 3, 64, 64), ["panda"]), "each of 2 pictures; got 1"),
        (lambda: lesson.decibels(torch.zeros(2, 3, 8, 8), torch.zeros(3, 3, 8, 8)), "got \\(3, 3, 8, 8\\)"),
        (lambda: lesson.enlarged("Lanczos 2"), "Lanczos 2"),
        (lambda: films.film("it moves", "DPM++ 2M"), "it moves"),
        (lambda: lesson.to_repaint("no words"), "no words"),
    ],
)
def test_bad_input_is_told(ask, said):
    with pytest.raises(ValueError, match=said):
        ask()


def test_the_same_strength_is_more_for_an_sde_row():
    for strength in (0.05, 0.2):
        ode, sde = (strengths.changed(row, strength) for row in (ODE, SDE))
        assert sde.faithful < ode.faithful - 0.4
    assert sde.asked_for > ode.asked_for + 0.1


def test_both_rows_lie_on_nearly_one_curve():
    """At the likeness that the SDE row has at a strength, the ODE row has come as near to the words."""
    ode, sde = ([strengths.changed(row, strength) for strength in strengths.STRENGTHS] for row in (ODE, SDE))
    curve = np.array(sorted((one.faithful, one.asked_for) for one in ode))
    for one in sde:
        assert abs(np.interp(one.faithful, *curve.T) - one.asked_for) < 0.25


@pytest.mark.parametrize("which", lesson.PAINTINGS)
def test_what_stays_is_exactly_what_was_given(which):
    painted, given = lesson.repainted(which, ODE), lesson.to_repaint(which)
    outside = ~lesson.right_half()
    assert (painted - given)[..., outside].abs().max() == 0
    assert (painted - given)[..., ~outside].abs().mean() > 0.02


def test_most_of_the_seam_is_the_autoencoders():
    given = lesson.seam(lesson.to_repaint("the same words")[None])
    alone = lesson.seam(lesson.pasted("the same words"))
    ode, sde = (lesson.seam(lesson.repainted("the same words", row)) for row in (ODE, SDE))
    assert given < 2 and alone > 0.5 * max(ode, sde) and alone > 3 * given
    assert lesson.pasted("other words")[..., ~lesson.right_half()].equal(
        lesson.to_repaint("other words")[None][..., ~lesson.right_half()]
    )


def test_more_strength_and_fresh_noise_give_more_detail_and_less_likeness():
    """Detail is the atlas's measure."""
    lanczos, *found = (lesson.detail_and_likeness(way) for way in list(lesson.WAYS)[:5])
    (weak, weak_near), (strong, _), (fresh, fresh_near), (both, both_near) = found
    assert lanczos[0] < 0.15 < weak < strong and weak < fresh < both and strong < both
    assert weak_near > fresh_near > both_near
    pictures = lesson.enlarged("Lanczos")
    assert lanczos[0] == pytest.approx((detail(pictures) / detail(enlarging.drawn())).mean().item())


def test_fresh_noise_flickers_where_nothing_moves():
    ode, shared, fresh = (lesson.flicker_of("nothing moves", row) for row in lesson.ROWS)
    assert ode == shared == 0 and fresh > 1
    ode, shared, fresh = (lesson.flicker_of("the start moves", row) for row in lesson.ROWS)
    assert max(ode, shared) < 0.4 * fresh
    ode, shared, fresh = (lesson.flicker_of("the picture moves", row) for row in lesson.ROWS)
    assert 0.3 * fresh < ode < 0.75 * fresh and 0.75 * fresh < shared < 1.1 * fresh  # shared noise hardly helps


def test_a_frame_that_is_moved_back_is_still():
    assert lesson.flicker(lesson.steadied(films.moving_picture())) == 0
    assert lesson.flicker(films.moving_picture()) > 1


def test_starts_on_the_circle_keep_their_variance():
    noise = lesson.moving_noise()
    assert noise.std().item() == pytest.approx(1, abs=0.03)
    neighbours = (noise - noise.roll(1, 0)).flatten(1).norm(dim=1)
    assert neighbours.max() < 1.1 * neighbours.min()


def test_a_push_is_the_error_of_the_predicted_noise():
    generator, sigma = running.seeded(0), 1.5
    latent, eps, clean = (torch.randn(2, 4, 3, 3, generator=generator) for _ in range(3))
    predicted = (latent + sigma * eps - clean) / sigma
    expected = sigma**2 / (1 + sigma**2) * (predicted - eps)
    torch.testing.assert_close(lesson.push(latent, sigma, eps, lambda x, _: clean), expected)


def test_distilled_pictures_begin_as_full_noise_and_stay_apart():
    first = lesson.grown().pictures[0]
    assert first.allclose(running.decoded(lesson.unit_noise(3, seed=5)), atol=1e-4)
    assert lesson.grown().pictures[-1].std(0).mean() > 0.1
    assert distilling.SCALE == 30
    assert len(lesson.grown().pictures) == len(distilling.SHOWN)


def test_twelve_votes_find_little():
    assert f"{100 * lesson.found_out(0.6, 12):.0f}" == "9"
