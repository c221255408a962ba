"""Supreme's noise is shaped by how much the state varies over the chosen dims, whatever its mean there."""

import pytest
import torch

from course_lib.samplers.parts import supreme_pictures
from course_lib.samplers.parts.supreme_pictures import DIMS, modulate
from tests.samplers.test_mutants import mutate

KINDS = ("intensity", "frequency")


def draw(*shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


NOISE, STATE = draw(3, 4, 6, 5, seed=0), draw(3, 4, 6, 5, seed=1)


def constant_along(dims):
    """Numbers that are the same along the dims that are looked along, and differ along all others."""
    shape = [1 if axis - 4 in DIMS[dims] else size for axis, size in enumerate(STATE.shape)]
    return 7 * draw(*shape, seed=2)


def moves_with_the_mean(modulate, kind, dims):
    shaped, moved = (modulate(NOISE, x, kind, 2.0, dims) for x in (STATE, STATE + constant_along(dims)))
    return not torch.allclose(shaped, moved, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dims", DIMS)
def test_a_constant_along_the_dims_changes_nothing(kind, dims):
    assert not moves_with_the_mean(modulate, kind, dims)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dims", DIMS)
def test_where_the_state_varies_more_there_is_less_noise(kind, dims):
    louder = STATE.clone()
    louder[0] *= 5
    before, after = (modulate(NOISE, x, kind, 1.0, dims) for x in (STATE, louder))
    assert after[0].norm() < before[0].norm() and after[1].norm() > before[1].norm()
    torch.testing.assert_close(after.norm(), NOISE.norm())  # the whole keeps its size


def written_out(dims, strength=2.0):
    axes = [4 + axis for axis in DIMS[dims]]
    count = torch.tensor([STATE.shape[axis] for axis in axes]).prod()
    mean = STATE.sum(axes, keepdim=True) / count
    std = (((STATE - mean) ** 2).sum(axes, keepdim=True) / (count - 1)).sqrt()
    shaped = NOISE * (1 + 1 / (1 + strength * std))
    shaped = shaped * NOISE.square().sum().sqrt() / shaped.square().sum().sqrt()
    return strength * shaped + (1 - strength) * NOISE


def is_as_written_out(modulate, dims):
    return torch.allclose(modulate(NOISE, STATE, "intensity", 2.0, dims), written_out(dims), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dims", DIMS)
def test_intensity_is_the_formula_written_out(dims):
    assert is_as_written_out(modulate, dims)


AROUND_CHANNEL, AROUND_PIXEL = "(x - x.mean((-2, -1), keepdim=True)).std(", "(x - x.mean(-3, keepdim=True)).std("
AROUND_0 = "x.square().mean("


@pytest.mark.parametrize(
    ("spread", "dims"),
    [
        (AROUND_CHANNEL, 1),
        (AROUND_CHANNEL, 3),
        (AROUND_PIXEL, 2),
        (AROUND_PIXEL, 3),
        (AROUND_0, 1),
        (AROUND_0, 2),
        (AROUND_0, 3),
    ],
)
def test_a_spread_around_another_mean_is_seen(spread, dims):
    broken = mutate(supreme_pictures.modulate, "x.std(", spread)
    assert moves_with_the_mean(broken, "intensity", dims) or not is_as_written_out(broken, dims)
