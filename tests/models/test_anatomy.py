"""What is measured of a network's parts, by arithmetic on networks of a few layers."""

import pytest
import torch
from torch import nn

from course_lib.models import UNet, anatomy
from course_lib.models.anatomy import Measured
from course_lib.models.transformer import Attention
from course_lib.models.unet_2015 import UNet2015


def test_each_part_is_measured_with_the_layers_in_it():
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.Sequential(nn.Conv2d(8, 2, 1), nn.ReLU(), nn.Conv2d(2, 1, 1))
    )
    found = anatomy.measure(network, ["0", "1"], torch.zeros(1, 3, 5, 7), sees={"0": 3})
    assert list(found.values()) == [
        Measured("0", (3, 5, 7), (8, 5, 7), 8 * 27 + 8, 35 * 8 * 27, 3),
        Measured("1", (8, 5, 7), (1, 5, 7), 8 * 2 + 2 + 2 + 1, 35 * (16 + 2), 0),
    ]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    twice = nn.Sequential(layer := nn.Linear(3, 3), layer)
    assert anatomy.measure(twice, ["0"], torch.zeros(1, 3), sees={})["0"].work == 2 * 9


def test_what_is_kept_for_the_way_up_comes_in_the_order_in_which_it_is_taken():
    network = UNet(channels=(4, 8), layers=1, attention=(False, False), heads=1, context_channels=3, groups=2)
    inputs = torch.zeros(1, 4, 8, 6), torch.zeros(1), torch.zeros(1, 2, 3)
    found = anatomy.measure(network, ["down_blocks.0", "up_blocks.0", "up_blocks.1"], *inputs, sees={})
    assert [part.kept for part in found.values()] == [(), ((8, 4, 3), (4, 4, 3)), ((4, 8, 6), (4, 8, 6))]
    assert found["down_blocks.0"].shape_out == (4, 4, 3) and found["up_blocks.0"].shape_out == (8, 8, 6)
    network = UNet2015(channels=(1, 2, 4, 8, 16))
    found = anatomy.measure(network, ["up_blocks.0", "up_blocks.3"], torch.zeros(1, 1, 188, 188), sees={})
    assert [len(part.kept) for part in found.values()] == [1, 1]
    assert [part.kept[0][0] for part in found.values()] == [8, 1]


@pytest.mark.parametrize(
    ("layer", "given", "work"),
    [
        (nn.Conv2d(3, 8, (3, 5)), [(2, 3, 9, 9)], 2 * 8 * 7 * 5 * 3 * 15),
        (nn.ConvTranspose2d(3, 8, 2, stride=2), [(2, 3, 4, 5)], 2 * 3 * 20 * 8 * 4),
        (nn.Linear(3, 5), [(2, 7, 3)], 2 * 7 * 15),
        (nn.GroupNorm(1, 4), [(2, 4, 3, 3)], 0),
        (Attention(8, heads=2), [(2, 7, 8)], 2 * 2 * 7 * 7 * 8),
        (Attention(8, heads=2), [(2, 7, 8), None], 2 * 2 * 7 * 7 * 8),
        (Attention(8, heads=2, context_channels=3), [(2, 7, 8), (2, 5, 3)], 2 * 2 * 7 * 5 * 8),
    ],
)
def test_products_are_counted(layer, given, work):
    given = tuple(shape and torch.zeros(shape) for shape in given)
    assert anatomy.multiply_adds(layer, given, layer(*given)) == work


def test_fields_grow_as_arithmetic_says():
    """Through one size that is halved and doubled again, place by place and of two places the most."""
    layers = [
        nn.Conv2d(1, 1, 3, padding=1),
        nn.AvgPool2d(2),
        nn.Conv2d(1, 1, 3, padding=1),
        nn.Upsample(scale_factor=2),
    ]
    network = nn.Sequential(*layers, nn.Conv2d(1, 1, 3, padding=1), nn.Flatten())
    slim = anatomy.only_convolutions(network)
    found = {count: anatomy.fields(slim, list("012345"), torch.ones(count, 1, 12, 32).double()) for count in (1, 2)}
    assert found[2] == {"0": 3, "1": 4, "2": 8, "3": 8, "4": 10}
    assert found[1] == found[2], "an even place sees as much as an odd one, on the other side"


def test_what_could_cancel_is_taken_out():
    network = nn.Sequential(nn.Conv2d(2, 2, 3), nn.GroupNorm(1, 2), nn.Sequential(nn.MaxPool2d(2), nn.Linear(4, 1)))
    slim = anatomy.only_convolutions(network)
    assert isinstance(network[1], nn.GroupNorm) and isinstance(network[2][0], nn.MaxPool2d), "it is a copy"
    assert isinstance(slim[1], anatomy.Around) and isinstance(slim[2][0], nn.AvgPool2d) and slim[2][0].kernel_size == 2
    for name, parameter in slim.named_parameters():
        assert parameter.dtype == torch.float64 and not parameter.requires_grad
        assert (parameter == (0 if "bias" in name else torch.tensor(1 / 9))).all()


def test_of_several_results_the_first_is_noted():
    class Both(nn.Module):
        def forward(self, x):
            return x + 1, x + 2

    class Whole(nn.Module):
        def __init__(self):
            super().__init__()
            self.both = Both()

        def forward(self, x):
            return self.both(x)[1]

    network = Whole()
    assert anatomy.outputs(network, ["both"], torch.zeros(1))["both"].item() == 1
    assert anatomy.measure(network, ["both"], torch.zeros(1, 4), sees={})["both"].shape_out == (4,)
    with pytest.raises(TypeError):
        anatomy.outputs(network, ["both"], "no tensor")
    assert not network.both._forward_hooks


def test_the_published_networks():
    first, stable = anatomy.first_u_net(), anatomy.stable_diffusion()
    assert [first[name].sees for name in ("down_blocks.0", "down_blocks.1", "bottom", "conv_out")] == [5, 14, 140, 204]
    names = ("conv_in", "time_embedding", "down_blocks.0", "mid_block", "conv_out")
    assert [stable[name].sees for name in names] == [3, 0, 13, 201, 401]
    parts = anatomy.stable_diffusion_parts()
    assert sum(part.numbers for part in parts.values()) == sum(block.numbers for block in stable.values())
    assert {part.sees for part in parts.values()} == {0}
