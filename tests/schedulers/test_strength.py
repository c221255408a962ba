"""Image to image begins exactly where its strength says, for every scheduler and number of steps."""

import pytest
import torch

from course_lib.diffusion import NoiseTable
from course_lib.schedulers import SCHEDULERS, begin_lower, make_sigmas

TABLES = {"Stable Diffusion": NoiseTable.scaled_linear(), "cosine": NoiseTable.cosine()}
STRENGTHS = [1e-3, 0.01, 0.1, 0.25, 0.49, 0.5, 0.51, 0.55, 0.7, 0.9, 0.999, 1.0]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("steps", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_level_rises_with_the_strength(name, steps, table):
    try:
        whole = make_sigmas(name, steps, table)
    except ValueError as error:
        assert "needs at least 2 steps" in str(error) and steps == 1
        return
    before = torch.zeros_like(whole)
    for strength in STRENGTHS:
        sigmas = begin_lower(whole, strength, table)
        assert sigmas.shape == whole.shape and sigmas[-1] == 0 and (sigmas[1:] < sigmas[:-1]).all()
        assert sigmas[0] > before[0], strength
        before = sigmas
    assert torch.equal(before, whole)
    torch.testing.assert_close(begin_lower(whole, 1 - 1e-12, table), whole, rtol=1e-7, atol=0)


@pytest.mark.parametrize("steps", [1, 2, 20])
@pytest.mark.parametrize("name", [name for name in SCHEDULERS if name != "ddim_uniform" and not name.endswith("+")])
def test_the_start_is_the_tables_level_whatever_the_scheduler(name, steps):
    if name == "gits" and steps == 1:
        return
    table = TABLES["Stable Diffusion"]
    sigmas = begin_lower(make_sigmas(name, steps, table), 0.5, table)
    assert sigmas[0].item() == pytest.approx(table.sigma(499.5).item(), rel=1e-4)


@pytest.mark.parametrize("name", ["normal", "sgm_uniform"])
def test_with_even_timesteps_it_is_the_lower_end_of_a_longer_list(name):
    table = TABLES["Stable Diffusion"]
    longer = make_sigmas(name, 41 if name == "normal" else 40, table)  # 40 gaps either way
    steps = 21 if name == "normal" else 20
    torch.testing.assert_close(begin_lower(make_sigmas(name, steps, table), 0.5, table), longer[-steps - 1 :])


def test_one_step_takes_any_strength_and_more_say_what_is_too_small():
    table = TABLES["Stable Diffusion"]
    one = begin_lower(make_sigmas("karras", 1, table), 1e-308, table)
    assert one.tolist() == [pytest.approx(table.sigma_min), 0]
    for strength in (1e-12, 1e-308):
        with pytest.raises(
            ValueError, match=r"strength must be larger for 20 steps: .* take more strength or one step"
        ):
            begin_lower(make_sigmas("simple", 20, table), strength, table)


@pytest.mark.parametrize("strength", [0, -1, 1.01, float("nan"), "much"])
def test_other_strengths_are_refused(strength):
    with pytest.raises(ValueError, match="strength must be a number above 0, at most 1"):
        begin_lower(make_sigmas("karras", 3, TABLES["cosine"]), strength, TABLES["cosine"])
