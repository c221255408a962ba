"""Decoding in bands gives the picture that decoding at once does."""

import pytest
import torch

from course_lib.models.vae import VAE
from tests.models.peers import VAES, pair, randomise


@pytest.mark.parametrize("config", VAES.values(), ids=VAES)
@pytest.mark.parametrize("rows", [1, 3, 4, 64])
def test_bands_are_exact(config, rows):
    _, vae = pair("vae", config)
    latent = torch.randn(2, vae.latent_channels, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(vae.decode(latent, rows=rows), vae.decode(latent), rtol=1e-9, atol=1e-9)


def test_bands_are_the_same_to_a_hundred_thousandth_in_single_precision():
    vae = randomise(VAE(channels=(8, 16, 16), layers=1, groups=4)).requires_grad_(False)
    latent = torch.randn(1, 4, 24, 16, generator=torch.Generator().manual_seed(0))
    whole = vae.decode(latent)
    assert (vae.decode(latent, rows=16) - whole).abs().max() <= 1e-5 * whole.abs().max()


@pytest.mark.parametrize("rows", [0, -1, 2.5])
def test_other_numbers_of_rows_are_refused(rows):
    vae = VAE(channels=(4,), layers=1, groups=2)
    with pytest.raises(ValueError, match="rows must be a whole number"):
        vae.decode(torch.zeros(1, 4, 2, 2), rows=rows)
