"""What tames guidance: the rescaling of arXiv 2305.08891 and the interval of 2404.07724, against their formulas."""

import math

import pytest
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

from course_lib.diffusion import guide, guided, guided_and_rescaled, guided_in_interval, rescale

DRAW = torch.Generator().manual_seed(11)
WITHOUT, WITH = (torch.randn(3, 4, 8, 8, generator=DRAW, dtype=torch.float64) for _ in range(2))


def counted(answer, calls):
    return lambda x, sigma: calls.append(float(sigma)) or answer


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_rescaling_is_the_formula_of_the_paper_and_of_diffusers(share):
    for scale in (0.0, 1.0, 7.5, 20.0):
        guided_once = WITHOUT + scale * (WITH - WITHOUT)  # x_cfg, section 3.4
        spreads = [each.flatten(1).std(dim=1)[:, None, None, None] for each in (WITH, guided_once)]
        paper = share * guided_once * spreads[0] / spreads[1] + (1 - share) * guided_once  # x_final
        denoise = guided_and_rescaled(lambda x, s: WITHOUT, lambda x, s: WITH, scale, share)
        torch.testing.assert_close(denoise(WITH, 1.0), paper)
        torch.testing.assert_close(rescale(guided_once, WITH, share), rescale_noise_cfg(guided_once, WITH, share))


def test_each_picture_of_a_batch_is_rescaled_alone():
    both = rescale(torch.cat([10 * WITH, 3 * WITHOUT]), torch.cat([WITH, WITH]), 1.0)
    torch.testing.assert_close(both.flatten(1).std(dim=1), torch.cat([WITH, WITH]).flatten(1).std(dim=1))
    torch.testing.assert_close(both[:3], WITH)


def test_without_a_share_it_is_plain_guidance_and_a_constant_stays():
    plain = guided(lambda x, s: WITHOUT, lambda x, s: WITH, 7.5)(WITH, 1.0)
    torch.testing.assert_close(guided_and_rescaled(lambda x, s: WITHOUT, lambda x, s: WITH, 7.5, 0)(WITH, 1.0), plain)
    flat = torch.full((1, 2, 2), 3.0)
    assert torch.equal(rescale(flat, torch.randn(1, 2, 2), 1.0), flat)


def test_the_interval_is_open_below_and_closed_above_and_saves_calls():
    without, with_words = [], []
    denoise = guided_in_interval(counted(WITHOUT, without), counted(WITH, with_words), 7.5, low=0.28, high=2.9)
    for sigma in (14.6, 2.9001, 2.9, 1.0, 0.2801, 0.28, 0.03):
        expected = guide(WITHOUT, WITH, 7.5) if 0.28 < sigma <= 2.9 else WITH
        assert torch.equal(denoise(WITH, torch.tensor(sigma, dtype=torch.float64)), expected), sigma
    assert without == [2.9, 1.0, 0.2801] and len(with_words) == 7


def test_bad_input_is_refused():
    both = lambda x, s: x  # noqa: E731
    for share in (-0.1, 1.1, math.nan, "all"):
        with pytest.raises(ValueError, match="share must be a number in"):
            guided_and_rescaled(both, both, 3.0, share)
    with pytest.raises(ValueError, match="both must have one shape; got"):
        rescale(WITH, WITH[:1], 0.7)
    for low, high, named in ((-1, 2, "low"), (3, 2, "high"), (0, math.nan, "high")):
        with pytest.raises(ValueError, match=f"{named} must be a number"):
            guided_in_interval(both, both, 3.0, low, high)
    for wrap in (guided_and_rescaled, lambda *a: guided_in_interval(*a, 0, 1)):
        with pytest.raises(ValueError, match="cfg_scale must be a number"):
            wrap(both, both, -1)
