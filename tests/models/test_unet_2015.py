"""The U-Net of 2015 against the same network written once more with PyTorch's functions, and against the paper."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.models import UNet2015
from course_lib.models.unet_2015 import Up, crop, output_side


def by_functions(network, x):
    """Figure 1 of the paper, from right to left and back, with the network's weights."""

    def twice(block, x):
        return F.relu(
            F.conv2d(F.relu(F.conv2d(x, block.conv1.weight, block.conv1.bias)), block.conv2.weight, block.conv2.bias)
        )

    kept = []
    for block in network.down_blocks:
        kept.append(twice(block, x))
        x = F.max_pool2d(kept[-1], 2)
    x = twice(network.bottom, x)
    for block, copied in zip(network.up_blocks, reversed(kept), strict=True):
        x = F.conv_transpose2d(x, block.grow.weight, block.grow.bias, stride=2)
        rim = (copied.shape[-1] - x.shape[-1]) // 2
        x = twice(block.convolutions, torch.cat([F.pad(copied, [-rim] * 4), x], dim=1))
    return F.conv2d(x, network.conv_out.weight, network.conv_out.bias)


def test_it_is_the_network_of_the_paper():
    with torch.device("meta"):
        network = UNet2015()
    assert network(torch.empty(1, 1, 572, 572, device="meta")).shape == (1, 2, 388, 388)
    assert sum(parameter.numel() for parameter in network.parameters()) == 31_030_658
    convolutions = [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    growing = [layer for layer in network.modules() if isinstance(layer, torch.nn.ConvTranspose2d)]
    assert len(convolutions) + len(growing) == 23, "the paper counts 23 convolutional layers"


def test_it_computes_what_pytorchs_functions_compute():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = UNet2015(in_channels=3, out_channels=4, channels=(2, 4, 8, 16, 32)).double()
    x = torch.randn(2, 3, 204, 204, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    result = network(x)
    assert result.shape == (2, 4, 20, 20)
    torch.testing.assert_close(result, by_functions(network, x))


@pytest.mark.parametrize("side", range(160, 320))
def test_the_sides_that_fit_are_the_sides_that_run(side):
    network = UNet2015(channels=(1, 2, 4, 8, 16)).to("meta")
    try:
        expected = output_side(side)
    except ValueError as error:
        assert str(side) in str(error)
        with pytest.raises(ValueError, match=str(side)):
            network(torch.empty(1, 1, side, side, device="meta"))
    else:
        assert network(torch.empty(1, 1, side, side, device="meta")).shape[-1] == expected == side - 184


def test_tiles_give_what_the_whole_picture_gives():
    """No padding: a part of the picture gives the same numbers as the whole does there."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = UNet2015(channels=(1, 2, 4, 8, 16)).double()
    x = torch.randn(1, 1, 236, 236, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    torch.testing.assert_close(network(x[..., 16:220, 32:236]), network(x)[..., 16:36, 32:52])


def test_bad_input_is_refused():
    network = UNet2015(channels=(1, 2, 4, 8, 16))
    with pytest.raises(ValueError, match=r"x must be \(B, 1, H, W\); got \(1, 3, 204, 204\)"):
        network(torch.zeros(1, 3, 204, 204))
    with pytest.raises(ValueError, match="must have the 4 axes"):
        network(torch.zeros(1, 204, 204))
    with pytest.raises(ValueError, match="twice the channels"):
        UNet2015(channels=(64, 100))
    with pytest.raises(ValueError, match="smaller than"):
        crop(torch.zeros(1, 1, 4, 4), (6, 6))
    with pytest.raises(ValueError, match="by even numbers"):
        Up(4)(torch.zeros(1, 4, 4, 4), torch.zeros(1, 2, 9, 9))
