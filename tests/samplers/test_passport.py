"""A passport measures a sampler on the spot; it agrees with what the table says and with what is known."""

import pytest

from course_lib.samplers import SAMPLERS, passport
from course_lib.samplers.passport import error, even_levels, spread


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_passport_agrees_with_the_table(name):
    row, found = SAMPLERS[name], passport(name)
    assert found.name == name and found.deterministic == (not row.stochastic)
    if name == "supreme":  # measured with one move a step
        assert found.calls_per_step == 1
    else:
        assert found.calls_per_step == row.calls_per_step
    if row.order is None:
        assert found.order is None or name in ("dpm_fast", "lcm", "lcm_custom_noise")
    else:
        assert found.order == pytest.approx(row.order, abs=0.36)
    if name != "dpm_adaptive":
        assert found.error_20 > 0 and found.spread_20 > 0
        assert found.error_10 is None or found.error_20 <= found.error_10 + 1e-6


def test_the_numbers_of_a_few_passports():
    euler, heun, lcm = (passport(name) for name in ("euler", "heun", "lcm"))
    assert euler.spread_10 == pytest.approx(0.845, abs=0.001)  # ten steps
    assert heun.spread_20 == pytest.approx(1.056, abs=0.001)  # ten steps, too: two calls each
    assert lcm.order == pytest.approx(0, abs=0.01)
    assert passport("pndm").error_10 is None  # its warm-up alone takes more calls
    assert passport("dpm_adaptive").spread_10 is None  # it decides by itself how many it makes


def test_a_passport_is_the_same_each_time():
    assert passport("dpmpp_sde") == passport("dpmpp_sde")


def test_more_steps_make_less_error():
    assert error("dpmpp_2m", even_levels(40)) < error("dpmpp_2m", even_levels(10))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="unknown sampler 'eulr'; did you mean euler"):
        passport("eulr")
    with pytest.raises(ValueError, match="eta must be a number"):
        spread("euler_ancestral", even_levels(5), eta=-1)
