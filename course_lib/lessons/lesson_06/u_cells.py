"""Lesson 06's two U-Nets in cells of one grid: which block lies where, what it is made of, and what was measured."""

from __future__ import annotations

from course_lib import expect
from course_lib.models.anatomy import Measured, first_u_net, stable_diffusion
from course_lib.texts import tr

ROWS, COLUMNS = 6, 6  # of the cells that the cursor visits; three columns for each network
TITLES = ("U-Net, 2015", "Stable Diffusion 1.5")
INPUT = {"U-Net, 2015": 572, "Stable Diffusion 1.5": 64}
_RESIDUAL = "residual blocks, each followed by a transformer"
_DOUBLES = "then nearest + 3×3 convolution doubles"
# What stands in a block, in words: for a name, or for the beginning of one.
MADE_OF = {
    "U-Net, 2015": {
        "down_blocks": "two 3×3 convolutions without padding, ReLU after each; then 2×2 max pooling halves",
        "bottom": "two 3×3 convolutions without padding, ReLU after each",
        "up_blocks": "a 2×2 transposed convolution doubles; the kept feature map is cropped and put beside; "
        "two 3×3 convolutions without padding, ReLU after each",
        "conv_out": "a 1×1 convolution: for each position two scores, cell or not",
    },
    "Stable Diffusion 1.5": {
        "conv_in": "a 3×3 convolution, from the latent's 4 channels to 320",
        "time_embedding": "320 waves of the timestep, then two linear layers; every residual block reads it",
        "down_blocks.3": "2 residual blocks; no transformer, nothing smaller follows",
        "down_blocks": f"2 {_RESIDUAL}; then a 3×3 convolution with stride 2 halves",
        "mid_block": "residual block, transformer, residual block",
        "up_blocks.0": f"3 residual blocks, each reads a kept feature map beside its own; {_DOUBLES}",
        "up_blocks.3": f"3 {_RESIDUAL}; each reads a kept feature map beside its own",
        "up_blocks": f"3 {_RESIDUAL}; each reads a kept feature map beside its own; {_DOUBLES}",
        "conv_out": "group norm, SiLU and a 3×3 convolution, back to 4 channels",
    },
}


def at(row: int, column: int) -> tuple[str, str, str]:
    """What lies in a cell: the network, the kind ("block", "skip" or "nothing") and the block's name.

    Of a skip, the block on the way up that gets it. Raises ValueError for a cell that is not there.

    Example:

    >>> at(1, 0), at(1, 4)
    (('U-Net, 2015', 'block', 'down_blocks.0'), ('Stable Diffusion 1.5', 'skip', 'up_blocks.3'))
    """
    row = int(expect.number("row", row, 0, ROWS - 1))
    which, side = divmod(int(expect.number("column", column, 0, COLUMNS - 1)), 3)
    title = TITLES[which]
    if row == ROWS - 1:
        return title, "block", "mid_block" if which else "bottom"
    if row == 0:
        name = ("conv_in", "time_embedding", "conv_out")[side] if which else ("", "", "conv_out")[side]
        return title, "block" if name else "nothing", name
    return title, "skip" if side == 1 else "block", f"down_blocks.{row - 1}" if side == 0 else f"up_blocks.{4 - row}"


def block(title: str, name: str) -> Measured:
    """The measurements of a block of one of TITLES; the last group norm of Stable Diffusion belongs to `conv_out`.

    Example:

    >>> block("Stable Diffusion 1.5", "conv_out").numbers
    12164
    """
    blocks = first_u_net() if title == TITLES[0] else stable_diffusion()
    found = blocks[name]
    if title == TITLES[1] and name == "conv_out":
        norm = blocks["conv_norm_out"]
        return Measured(name, norm.shape_in, found.shape_out, found.numbers + norm.numbers, found.work, found.sees)
    return found


def label(title: str, name: str) -> str:
    """What stands under a block's name: the channels it gives, and a size.

    Of the U-Net of 2015 the size of the feature map it gives, of Stable Diffusion the size before it halves or doubles.

    Example:

    >>> label("U-Net, 2015", "up_blocks.3"), label("Stable Diffusion 1.5", "down_blocks.1")
    ('64 × 388²', '640 × 32²')
    """
    found = block(title, name)
    size = found.shape_out if title == TITLES[0] else found.shape_in
    return f"{found.shape_out[0]} × {size[-1]}²" if name != "time_embedding" else tr("1280 numbers")
