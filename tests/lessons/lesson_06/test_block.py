"""What lesson 06 states about the residual block: the waves of the time, and how far it sees."""

import pytest
import torch

from course_lib.layers import group_norm, timestep_embedding
from course_lib.lessons import lesson_06 as lesson
from course_lib.models.blocks import ResidualBlock


def test_the_waves_are_as_quick_as_the_text_says_and_no_two_steps_alike():
    waves = timestep_embedding(torch.arange(1000), width=320)
    assert len(torch.unique(waves, dim=0)) == 1000 and torch.pdist(waves).min() > 0.5
    assert torch.equal(waves[0, :160], torch.ones(160)) and torch.equal(waves[0, 160:], torch.zeros(160))
    turns = {number: int((waves[1:, number].sign() != waves[:-1, number].sign()).sum()) for number in (20, 50, 80, 110)}
    assert 96 <= turns[20] <= 104 and 16 <= turns[50] <= 20 and turns[80] == 3 and turns[110] == 1
    assert (waves[1:, 110] < waves[:-1, 110]).all() and waves[-1, 110].item() == pytest.approx(-0.2, abs=0.05)


def test_the_group_norm_sees_everything_and_convolutions_do_not():
    """Exactly 0 outside 7 x 7 without it, and with it between a tenth and two thirds of all influence."""
    unet = lesson.model().unet
    states = lesson.model().encode_text(["a panda"]).detach()
    for seed in range(3):
        latent = torch.randn(1, 12, 24, 24, generator=torch.Generator().manual_seed(seed))
        for network, part, whole in [
            (lesson.only_convolutions(unet), "resnets", False),
            (unet, "resnets", True),
            (unet, "attentions", True),
        ]:
            name = f"down_blocks.0.{part}.0"
            x = (latent if whole else latent.abs()).to(network.conv_in.weight.dtype).requires_grad_()
            table = lesson.outputs(network, [name], x, torch.tensor(500), states.to(x.dtype))[name]
            gradient = torch.autograd.grad(table[0, :, 12, 12].abs().sum(), x)[0][0].abs().sum(dim=0)
            assert (gradient[9:16, 9:16] > 0).all()
            assert (gradient != 0).sum() == (576 if whole else 49)
            outside = gradient.clone()
            outside[9:16, 9:16] = 0
            far = outside.sum() / gradient.sum()
            assert (0.1 < far < 0.67 and 1e-4 < outside.max() / gradient.max() < 0.05) if whole else far == 0


def test_a_norm_takes_out_of_a_shift_only_what_a_group_has_in_common():
    channels = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    same, other = (torch.tensor(shift)[:, None, None] for shift in ([2.0] * 4, [2.0, -1.0, 0.5, 3.0]))
    torch.testing.assert_close(group_norm(channels + same, 2), group_norm(channels, 2))
    assert (group_norm(channels + other, 2) - group_norm(channels, 2)).abs().mean() > 0.3
    assert all(
        block.norm2.num_channels > block.norm2.num_groups for block in lesson.model().unet.down_blocks[0].resnets
    )


def test_a_second_convolution_of_zeros_can_still_learn():
    """Its weights have a gradient, what comes in times the error; those of the first have none yet."""
    block = ResidualBlock(4, 4, groups=2)
    torch.nn.init.zeros_(block.conv2.weight)
    torch.nn.init.zeros_(block.conv2.bias)
    x = torch.randn(1, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    (block(x) - 1).square().mean().backward()
    assert block.conv2.weight.grad.abs().max() > 1e-3 and not block.conv1.weight.grad.any()
