"""Where noise comes from: mean 0, variance 1, one seed one path, and what each kind is known for."""

import math

import pytest
import torch

from course_lib.samplers import NOISES, make_noise, sample
from course_lib.samplers.passport import even_levels
from tests.samplers.problems import DENOISE, generator

KINDS = pytest.mark.parametrize("kind", NOISES)
LEVELS = [14.6, 0.0]


def draws(kind, count=40, shape=(4, 4, 32, 32), dtype=torch.float32, seed=0):
    source = make_noise(kind, torch.zeros(shape, dtype=dtype), LEVELS, generator(seed))
    return torch.stack([source(14.6 - i / 3, 14.6 - (i + 1) / 3) for i in range(count)])


@KINDS
def test_mean_0_and_variance_1(kind):
    numbers = draws(kind)
    assert numbers.mean().abs() < 0.02
    assert numbers.var() == pytest.approx(1, abs=0.02)
    assert draws(kind, 1, dtype=torch.float16).dtype == torch.float16


@KINDS
def test_seeded_and_fresh_each_time(kind):
    first, again, other = draws(kind, 2), draws(kind, 2), draws(kind, 2, seed=1)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


@KINDS
def test_without_a_generator_it_refuses_when_asked(kind):
    source = make_noise(kind, torch.zeros(1, 1, 4, 4), LEVELS, None)
    with pytest.raises(ValueError, match="got neither"):
        source(2.0, 1.0)


@pytest.mark.parametrize("kind", ["perlin", "pyramid", "pyramid_coarse", "highres_pyramid"])
def test_pictures_are_wanted_where_neighbours_count(kind):
    with pytest.raises(ValueError, match=r"made for pictures \(B, C, H, W\); got the shape \(2, 3\)"):
        make_noise(kind, torch.zeros(2, 3), LEVELS, generator())(2.0, 1.0)


def test_an_unknown_kind_lists_the_near_ones():
    with pytest.raises(ValueError, match="unknown noise 'perlni'; did you mean perlin"):
        make_noise("perlni", torch.zeros(1, 1), LEVELS, generator())


def kurtosis(kind):
    numbers = draws(kind, 10)
    return (numbers**4).mean().item()


def test_the_shapes_of_the_distributions():
    assert kurtosis("gaussian") == pytest.approx(3, abs=0.1)
    assert kurtosis("uniform") == pytest.approx(1.8, abs=0.05)
    # Laplace has 6; a quarter of a Gaussian takes the edge off: 3 + 3 * (2 / (2 + 1/16))**2.
    assert kurtosis("laplacian") == pytest.approx(3 + 3 * (2 / (2 + 1 / 16)) ** 2, abs=0.3)


def likeness(kind, down=0, right=1):
    """The correlation of a pixel with the one so many rows down and columns to the right."""
    numbers = draws(kind, 20)
    height, width = numbers.shape[-2] - down, numbers.shape[-1] - right
    return (numbers[..., :height, :width] * numbers[..., down:, right:]).mean().item()


def test_which_noises_have_neighbours_that_are_alike():
    for kind in NOISES:  # odd: the pyramid, too, in spite of its name
        if kind != "pyramid_coarse":
            assert abs(likeness(kind)) < 0.02
    assert likeness("pyramid_coarse") > 0.3
    assert likeness("perlin", down=1) == pytest.approx(-1 / 12, abs=0.02)  # a quarter of Perlin's third of the variance
    assert abs(likeness("gaussian", down=1)) < 0.01


# Brownian noise --------------------------------------------------------------------------------------------------


def path(seed=0, shape=(50_000,)):
    return make_noise("brownian", torch.zeros(shape), [10.0, 0.0], generator(seed))


@pytest.mark.parametrize(
    ("one", "other", "correlation"),
    [
        ((9.0, 6.0), (6.0, 2.0), 0.0),
        ((9.0, 6.0), (9.0, 6.0), 1.0),
        ((9.0, 5.0), (9.0, 8.0), 1 / math.sqrt(4 * 1)),
        ((9.0, 5.0), (7.0, 3.0), 2 / math.sqrt(4 * 4)),
    ],
)
def test_brownian_draws_agree_where_they_overlap(one, other, correlation):
    source = path()
    a, b = source(*one), source(*other)
    assert a.var() == pytest.approx(1, abs=0.03) and b.var() == pytest.approx(1, abs=0.03)
    assert (a * b).mean() == pytest.approx(correlation, abs=0.03)


def test_brownian_path_does_not_depend_on_what_was_asked_before():
    fresh, used = path(), path()
    for i in range(7):
        used(10.0 - i, 9.5 - i)
    torch.testing.assert_close(fresh(8.0, 3.0), used(8.0, 3.0))


def test_the_highest_level_itself_may_be_asked_for(recwarn):
    for highest in (14.6146412293, 700.0, 0.3):
        source = make_noise("brownian", torch.zeros(1000), [highest, 0.0], generator())
        assert source(highest, 0.9 * highest).std() == pytest.approx(1, abs=0.1)
    assert not [warning for warning in recwarn if "Should have" in str(warning.message)]


def test_with_brownian_noise_the_number_of_steps_hardly_changes_the_picture():
    x = 14.6146 * torch.randn(200, 2, generator=generator(3), dtype=torch.float64)

    def result(name, count, kind):
        levels = even_levels(count)
        source = make_noise(kind, x, levels, generator(5))
        return sample(name, DENOISE, x, levels, noise_sampler=source)

    for name in ("dpmpp_2m_sde", "dpmpp_sde"):
        apart = {
            kind: (result(name, 40, kind) - result(name, 80, kind)).std().item() for kind in ("gaussian", "brownian")
        }
        assert apart["brownian"] < 0.35 * apart["gaussian"]
        own = sample(name, DENOISE, x, even_levels(40), generator=generator(5))
        assert torch.equal(own, result(name, 40, "brownian"))  # these rows take it by themselves


def test_a_custom_noise_reaches_the_picture():
    x = 14.6146 * torch.randn(1, 3, 16, 16, generator=generator(3))
    seen = {
        kind: sample("lcm_custom_noise", DENOISE, x, even_levels(4), generator=generator(), noise_type=kind)
        for kind in NOISES
    }
    assert len({tuple(picture.flatten().tolist()) for picture in seen.values()}) == len(NOISES)
