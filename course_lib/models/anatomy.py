"""Measurements: what each block of a U-Net takes in, gives, has learned, multiplies, and sees.

Everything is read off the networks of `course_lib.models` while they run, on PyTorch's meta device, which keeps shapes
and no numbers.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from course_lib.models import UNet
from course_lib.models.blocks import Downsample, ResidualBlock, Upsample
from course_lib.models.transformer import Attention, SpatialTransformer
from course_lib.models.unet import UpBlock
from course_lib.models.unet_2015 import UNet2015, Up

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """One block. shape_in, shape_out : without the batch; numbers : learned; work : multiply-adds for one picture.

    sees : the side of the square of the network's input that can change one place of the result through convolutions
    alone (the largest, where it depends on the place); 0 where no picture comes in. kept : shapes of what a block on
    the way up gets from the way down.

    Example:

    >>> first_u_net()["bottom"].shape_out
    (1024, 28, 28)
    """

    name: str
    shape_in: Shape
    shape_out: Shape
    numbers: int
    work: int
    sees: int
    kept: tuple[Shape, ...] = ()


FIRST = (*(f"down_blocks.{i}" for i in range(4)), "bottom", *(f"up_blocks.{i}" for i in range(4)), "conv_out")
STABLE = (
    "conv_in", "time_embedding", *(f"down_blocks.{i}" for i in range(4)), "mid_block",
    *(f"up_blocks.{i}" for i in range(4)), "conv_norm_out", "conv_out",
)  # fmt: skip


@cache
def first_u_net() -> dict[str, Measured]:
    """The blocks of the U-Net of 2015 on a picture of 572 x 572, in the order in which they run.

    Example:

    >>> sum(block.numbers for block in first_u_net().values())
    31030658
    """
    with torch.device("meta"):
        network = UNet2015()
    slim = only_convolutions(UNet2015(channels=(1, 2, 4, 8, 16)))
    sees = fields(slim, FIRST, torch.ones(16, 1, 188, 572, dtype=torch.float64))
    return measure(network, FIRST, torch.empty(1, 1, 572, 572, device="meta"), sees=sees)


@cache
def stable_diffusion() -> dict[str, Measured]:
    """The blocks of Stable Diffusion 1.5's U-Net on a latent of 64 x 64, in the order in which they run.

    Example:

    >>> sum(block.numbers for block in stable_diffusion().values())
    859520964
    """
    with torch.device("meta"):
        network, inputs = UNet(), (torch.empty(1, 4, 64, 64), torch.empty(1), torch.empty(1, 77, 768))
    slim = only_convolutions(UNet(channels=(2,) * 4, heads=1, context_channels=1, groups=1))
    rest = torch.zeros(8, dtype=torch.float64), torch.zeros(8, 1, 1, dtype=torch.float64)
    # One axis is enough: rows and columns are treated alike.
    sees = fields(slim, STABLE, torch.ones(8, 4, 8, 1024, dtype=torch.float64), *rest)
    return measure(network, STABLE, *inputs, sees=sees)


@cache
def stable_diffusion_parts() -> dict[str, Measured]:
    """The same network taken apart until each part runs at one size only, that of its result; `sees` is left out.

    These are the residual blocks, the transformers, the layers that halve and double, and what stands outside blocks.

    Example:

    >>> stable_diffusion_parts()["up_blocks.2.upsamplers.0"].shape_out
    (640, 64, 64)
    """
    with torch.device("meta"):
        network, inputs = UNet(), (torch.empty(1, 4, 64, 64), torch.empty(1), torch.empty(1, 77, 768))
    kinds = (ResidualBlock, SpatialTransformer, Downsample, Upsample)
    names = [name for name, part in network.named_modules() if isinstance(part, kinds)]
    return measure(network, [*(name for name in STABLE if "block" not in name), *names], *inputs, sees={})


def outputs(network: nn.Module, names: Sequence[str], *inputs: Tensor) -> dict[str, Tensor]:
    """What the parts of a network with these names give while it runs on `inputs` (B, ...).

    Of a part that gives several things, the first.

    Example:

    >>> both = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    >>> outputs(both, ["0", "1"], torch.zeros(1, 3))["1"].shape
    torch.Size([1, 2])
    """
    found = {}

    def note(name):
        def hook(module, given, result):
            found[name] = result[0] if isinstance(result, tuple) else result

        return network.get_submodule(name).register_forward_hook(hook)

    hooks = [note(name) for name in names]
    try:
        network(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def measure(network: nn.Module, names: Sequence[str], *inputs: Tensor, sees: Mapping[str, int]) -> dict[str, Measured]:
    """Run a network on `inputs` (1, ...) and measure its parts; they may be on the meta device.

    Example:

    >>> layer = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1))
    >>> measure(layer, ["0"], torch.zeros(1, 3, 5, 5), sees={"0": 3})["0"].work == 5 * 5 * 8 * 27
    True
    """
    shapes, work, kept = {}, {}, {}

    def count(module, given, result):
        work[module] = work.get(module, 0) + multiply_adds(module, given, result)

    def note(name):
        def hook(module, given, result):
            result = result[0] if isinstance(result, tuple) else result
            shapes[name] = tuple(given[0].shape[1:]), tuple(result.shape[1:])

        return hook

    def note_kept(name, module):
        def hook(module, given):
            states = [given[1]] if isinstance(module, Up) else given[3][-len(module.resnets) :]
            kept[name] = tuple(tuple(state.shape[1:]) for state in reversed(states))

        return module.register_forward_pre_hook(hook)

    hooks = [module.register_forward_hook(count) for module in network.modules()]
    hooks += [network.get_submodule(name).register_forward_hook(note(name)) for name in names]
    ways_up = [name for name in names if isinstance(network.get_submodule(name), (Up, UpBlock))]
    hooks += [note_kept(name, network.get_submodule(name)) for name in ways_up]
    with torch.no_grad():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    measured = {}
    for name in names:
        part = network.get_submodule(name)
        learned = sum(parameter.numel() for parameter in part.parameters())
        done = sum(work.get(module, 0) for module in part.modules())
        measured[name] = Measured(name, *shapes[name], learned, done, sees.get(name, 0), kept.get(name, ()))
    return measured


def multiply_adds(module: nn.Module, given: tuple, result: Tensor) -> int:
    """How many products a layer forms and adds up, beside the layers in it; norms and activations are not counted.

    given : its inputs; result : (B, ...), its output.

    Example:

    >>> layer = nn.Linear(3, 5)
    >>> multiply_adds(layer, (torch.zeros(2, 3),), torch.zeros(2, 5))
    30
    """
    if isinstance(module, nn.ConvTranspose2d):
        return given[0].numel() * module.weight[0].numel()
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        return result.numel() * module.weight[0].numel()
    if isinstance(module, Attention):  # scores, and the sum of the values weighted by them
        x = given[0]
        context = given[1] if len(given) > 1 and given[1] is not None else x
        return 2 * x.shape[0] * x.shape[1] * context.shape[1] * x.shape[2]
    return 0


class Around(nn.Module):
    """Hands on what comes in: what stands in for a layer that is taken out.

    Example:

    >>> Around()(torch.ones(1), "something else")
    tensor([1.])
    """

    def forward(self, x: Tensor, *rest) -> Tensor:
        """x (...) -> x."""
        return x


def only_convolutions(network: nn.Module) -> nn.Module:
    """A copy of a network without group norms and transformers, in which nothing can cancel, in float64.

    All weights are the same, above 0; biases, and what the time adds, are 0; max pooling becomes the mean of the same
    window, so that each of its numbers counts.

    Example:

    >>> only_convolutions(nn.Sequential(nn.GroupNorm(1, 2), nn.Conv2d(2, 2, 3)))[0]
    Around()
    """
    network = copy.deepcopy(network)
    stand_in = {nn.GroupNorm: Around, SpatialTransformer: Around, nn.MaxPool2d: lambda: nn.AvgPool2d(2)}
    for name, module in list(network.named_modules()):
        for kind, make in stand_in.items():
            if isinstance(module, kind):
                parent, _, own = name.rpartition(".")
                setattr(network.get_submodule(parent), own, make())
    for name, parameter in network.named_parameters():
        parameter.data.fill_(0 if "bias" in name or "time" in name else 1 / 9)
    return network.double().requires_grad_(False)


def fields(network: nn.Module, names: Sequence[str], x: Tensor, *rest: Tensor) -> dict[str, int]:
    """How many columns of the input x (B, C, H, W) can change one place of each part's result: the most of B places.

    The places lie side by side in the middle; where the gradient is not 0, the input is seen. Parts whose result is no
    picture are left out.

    Example:

    >>> two = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))
    >>> fields(only_convolutions(two), ["0", "1"], torch.ones(2, 1, 9, 9, dtype=torch.float64))
    {'0': 3, '1': 5}
    """
    x = x.clone().requires_grad_()
    found = {}
    for name, table in outputs(network, names, x, *rest).items():
        if table.ndim != 4:
            continue
        row, column = table.shape[2] // 2, table.shape[3] // 2
        places = sum(table[index, 0, row, column + index - len(x) // 2] for index in range(len(x)))
        (gradient,) = torch.autograd.grad(places, x, retain_graph=True)
        found[name] = int((gradient != 0).any(dim=1).any(dim=1).sum(dim=1).max())
    return found
