"""Lesson 06, the U-Net: its predictions, its quiz and its checks.

`anatomy` measures blocks and `u_shapes` draws them, `broken_unet` damages the trained one, `small_unet` is trained on the
page, and `unet_exercises` has what the checks compare with.
"""

from __future__ import annotations

from functools import partial

import torch

from course_lib.lessons.anatomy import only_convolutions, outputs, stable_diffusion, stable_diffusion_parts
from course_lib.lessons.broken_unet import PICTURES, SKIPS, as_picture, guess, mix, without_skips
from course_lib.lessons.broken_unet import draw as draw_damage
from course_lib.lessons.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question
from course_lib.lessons.small_model import model
from course_lib.lessons.small_unet import SmallUNet, noisy_pictures, train
from course_lib.lessons.u_shapes import COLUMNS, ROWS
from course_lib.lessons.u_shapes import draw as draw_blocks
from course_lib.lessons.unet_exercises import (
    TOLD,
    Blocks,
    block_to_blame,
    build,
    cases,
    first_wrong_row,
    reads,
    residual_numbers,
    total,
    transformer_numbers,
)

__all__ = [
    "ALT_TOLD", "ALT_WAVES", "COLUMNS", "PICTURES", "ROWS", "SKIPS", "Blocks", "SmallUNet", "as_picture", "check_reads", "check_residual",
    "check_total", "check_unet", "draw_blocks", "draw_damage", "guess", "mix", "model", "noisy_pictures",
    "only_convolutions", "outputs", "predict_far", "predict_first", "predict_row",
    "predict_skip", "predict_told", "predict_where", "quiz", "reads", "stable_diffusion", "stable_diffusion_parts",
    "train", "transformer_numbers", "without_skips",
]  # fmt: skip

ALT_TOLD = (
    "Left, three curves of the error against the step that the network is told: each is lowest near the true step, 200, "
    "500 or 800, and rises steeply towards 0. Right, two curves: the noise in the answer goes from above 0.6 at told "
    "step 0 to nearly 0 at 999, the picture falls from about 0 to below -0.5 and turns back a little at the end."
)

ALT_WAVES = (
    "Four curves over the steps 0 to 999, one below the other, all from 1 at step 0 and between -1 and 1. Number 20 swings "
    "some fifty times, number 50 about nine times, number 80 one and a half times, and number 110 only falls, "
    "from 1 to about -0.2."
)

predict_row = Question(
    "The row 3 5 4 4 9 1 8 6 is halved twice by the mean of neighbours, and then doubled twice by writing every number twice. What is the row now?",
    (
        Choice("3 5 4 4 9 1 8 6", "The two numbers at the bottom are 4 and 6. Nothing in them says that there were a 3 and a 9."),
        Choice("4 4 4 4 5 5 7 7", "That is what one halving and one doubling leave. Here one more of each follows."),
        Choice("4 4 4 4 6 6 6 6", "Yes: halved once it is 4 4 5 7, halved twice 4 6, and doubling can only repeat these.", right=True),
    ),
)  # fmt: skip

predict_first = Question(
    "A picture of 572 x 572 goes into the U-Net of 2015. Its convolutions have no padding. How large is what comes out?",
    (
        Choice("572 x 572", "That would need padding: without it, every 3x3 convolution takes one place off at each rim."),
        Choice("564 x 564", "That counts the four convolutions at the top only. What the lower levels lose counts 2, 4, 8 and 16 times as much up here."),
        Choice("388 x 388", "Yes: 92 places are lost on each side. The lower a convolution stands, the more of the picture its lost rim is worth.", right=True),
    ),
)  # fmt: skip

predict_where = Question(
    "Stable Diffusion's U-Net works at 64x64, 32x32, 16x16 and 8x8. Where are most of its learned numbers, and where is the largest share of its work, counted in multiply-adds?",
    (
        Choice("both at the top, 64x64", "The largest share of the work, yes. But at the top there are 320 channels only, and the learned numbers grow with the square of the channels."),
        Choice("learned numbers low down, work at the top", "Right: low down there are many channels and few places, at the top few channels and many places.", right=True),
        Choice("both low down, at 16x16 and 8x8", "The learned numbers, yes. But each of them is used once for each place, and at 8x8 there are only 64 places."),
    ),
)  # fmt: skip

predict_far = Question(
    "After the first residual block, convolutions alone have reached 7 x 7 places. A number of the latent changes that lies 12 places away. Does the block's result in the middle change?",
    (
        Choice("no, it is out of reach", "That is true of the convolutions. What else stands in the block?"),
        Choice("yes, a little", "Right: group norm subtracts a mean and divides by a spread, and both are taken over all places.", right=True),
        Choice("only if attention follows", "Attention sees everything, too. But there is a layer in the block itself that does."),
    ),
)  # fmt: skip

predict_skip = Question(
    "The small model's U-Net hands four tables across: two of 8x8, at its upper level, and two of 4x4, at its lower level. Two of them are replaced by zeros. Which two are missed more?",
    (
        Choice("the two of 8x8", "Right: what differs from place to place travels across at the top. The 4x4 places below do not tell of it.", right=True),
        Choice("the two of 4x4", "They are closest to the bottom, and the network can do nearly without them. Look at the pictures."),
        Choice("both alike", "Then all skips would do the same work. Look at the two pictures."),
    ),
)  # fmt: skip

predict_told = Question(
    "A latent has the noise of step 500, but the U-Net is told that it is step 0, where there is nearly none. Does its answer change?",
    (
        Choice("no: it sees for itself how much noise there is", "It could see it. But in training the number was always true, and it has learned to rely on it."),
        Choice("yes, very much: it answers for the step it was told", "Right: the number decides which mix of noise and picture it gives.", right=True),
        Choice("a little: every number gets somewhat larger or smaller", "The time only shifts whole channels, but it does so in every residual block, and a norm and a SiLU follow each time."),
    ),
)  # fmt: skip

quiz = (
    Question(
        "How does a table that was kept on the way down join the way up, in both U-Nets?",
        (
            Choice("it is added, number by number", "That is what the way around inside a residual block does. A skip of the U keeps both apart."),
            Choice("it is put beside, as further channels", "Right: concatenated, so that the next convolution can weigh every channel of both.", right=True),
            Choice("it replaces what comes from below", "Then what the bottom has found out would be lost."),
        ),
    ),
    Question(
        "Where are the transformers, with self- and cross-attention, in the U-Net of Stable Diffusion 1.x?",
        (
            Choice("at the bottom only", "There is one. The other fifteen are at 64, 32 and 16, on both ways."),
            Choice("at 64, 32 and 16 on both ways, and in the middle block", "Right: 6 on the way down, 1 in the middle, 9 on the way up. At 8x8 there is the middle one only.", right=True),
            Choice("after every residual block", "At 8x8 the residual blocks on both ways have none, and in the middle there is one for two."),
        ),
    ),
    Question(
        "How is the U-Net told how noisy the latent is?",
        (
            Choice("the number of the step is put on the latent as a fifth channel", "It could be done so. Stable Diffusion's first convolution reads 4 channels, the latent and nothing else."),
            Choice("every residual block adds numbers made from the step, one for each channel", "Right: waves of the step, two linear layers, and in each block one more linear layer.", right=True),
            Choice("it is not told; it sees the noise", "You have seen what happens when it is told wrong: it relies on the number."),
        ),
    ),
)  # fmt: skip

_unet_with = partial(partial, build)


def _kept_first(h: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    return torch.cat([kept, h], dim=1)


def _kept_last(h: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    return torch.cat([h, kept], dim=1)


check_unet = FunctionCheck(
    "my_unet",
    build,
    cases(),
    [
        Mistake("The skips are taken in the wrong order: what was kept last is taken first.", _unet_with(first="conv_in", second="down")),
        Mistake("The kept table is added. A U-Net puts it beside: torch.cat([h, kept], dim=1).", _unet_with(join=lambda h, kept: h + kept)),
        Mistake("Beside in the other order: first what comes from below, then what was kept. (Trained so, it would do as well; these blocks expect h first.)", _unet_with(join=_kept_first)),
        Mistake("In up_1 the kept table stands first: first what comes from below, then what was kept.", _unet_with(join=_kept_first, join_2=_kept_last)),
        Mistake("In up_2 the kept table stands first: first what up_1 gives, then what was kept.", _unet_with(join_2=_kept_first)),
        Mistake("There is no skip: up_1 and up_2 read what comes from below, and a kept table beside it.", _unet_with(first="", second="")),
        Mistake("up_1 reads no kept table. It reads 16 channels: h, and beside it what `down` made.", _unet_with(first="")),
        Mistake("up_2 reads no kept table. It reads 16 channels: h, and beside it what `conv_in` made.", _unet_with(second="")),
        Mistake("What comes from below is put beside itself. Put the kept table beside it.", _unet_with(join=lambda h, kept: torch.cat([h, h], dim=1))),
        Mistake("What comes from below is lost: h and the kept table are put side by side.", _unet_with(join=lambda h, kept: kept)),
        Mistake("The same table is put beside twice. up_1 gets what `down` made, up_2 what `conv_in` made.", _unet_with(second="down")),
        Mistake("The same table is put beside twice. up_1 gets what `down` made, up_2 what `conv_in` made.", _unet_with(first="conv_in")),
        Mistake("The time is not handed over: down, middle, up_1 and up_2 each take (h, time).", _unet_with(untold=TOLD)),
        *(Mistake(f"The time is not handed to `{name}`: it takes (h, time).", _unet_with(untold=[name])) for name in TOLD),
        Mistake("`middle` is left out.", _unet_with(middle="")),
        Mistake("`middle` stands before `shrink`. It must work on the small table, between `shrink` and `grow`.", _unet_with(middle="before")),
        Mistake("What up_1 gives is lost: up_2 must read it, and beside it what `conv_in` made.", _unet_with(passed=False)),
        Mistake("up_1 and up_2 are swapped: up_1 comes first.", _unet_with(ways=("up_2", "up_1"))),
        Mistake("`conv_out` is missing: the result has 8 channels, not 3.", _unet_with(last=False)),
        Mistake("`shrink` and `grow` are left out: the middle must work on the small table.", _unet_with(moves=False)),
        Mistake("torch.cat without dim=1 puts one picture after the other. Channels are axis 1: torch.cat([h, kept], dim=1).", _unet_with(join=lambda h, kept: torch.cat([h, kept]))),
        Mistake("The tables are put below one another, not beside: channels are axis 1, torch.cat([h, kept], dim=1).", _unet_with(join=lambda h, kept: torch.cat([h, kept], dim=-1))),
        Mistake("The sizes do not fit: keep a table before `shrink` makes it smaller, and join after `grow`.", _unet_with(first="shrink"), stops="Sizes of tensors must match"),
    ],
)  # fmt: skip


check_reads = ValueCheck(
    "your list",
    reads(),
    [
        Mistake("That is only what comes from below. The channels of the kept table stand beside them: add these.", reads(beside=False)),
        Mistake("The kept tables are not always as wide as the block. At the seams between levels they come from another level: go through the list from its end.", reads(equal=True)),
        Mistake("You have taken the oldest table first. What was kept last is taken first.", reads(oldest_first=True)),
        Mistake("These are the widths of the kept tables alone. Add what comes from below.", [[1280, 1280, 1280], [1280, 1280, 640], [640, 640, 320], [320, 320, 320]]),
        Mistake("The first residual block of each level reads what comes from the level below: its width is that level's.", [[2560, 2560, 2560], [2560, 2560, 1920], [1280, 1280, 960], [640, 640, 640]]),
        Mistake("In your list all three blocks of a level read what comes from the level below. Only the first does: the next two read what the block before them gives, which has their own level's width.", reads(below=True)),
        Mistake("The numbers are right, but turned round: begin with the lowest block, up_blocks.0.", reads()[::-1]),
    ],
    hint=first_wrong_row,
)  # fmt: skip


_residual = partial(partial, residual_numbers)

check_residual = FunctionCheck(
    "my_residual",
    residual_numbers,
    [(320, 320), (320, 640), (2560, 1280)],
    [
        Mistake("The biases are missing: every convolution and every linear layer has one number more for each output channel.", _residual(biases=0)),
        Mistake("The group norms are missing: each has two numbers for each of its channels, a scale and an offset.", _residual(norms=0)),
        Mistake("A group norm has a scale and an offset for each channel: two numbers, not one.", lambda a, b: residual_numbers(a, b) - a - b),
        Mistake("The time is missing: a linear layer from 1280 numbers to b channels.", _residual(time=False)),
        Mistake("The time comes as 1280 numbers, not 320: the two linear layers before have made them.", lambda a, b: residual_numbers(a, b) - 960 * b),
        Mistake("The time's linear layer has a bias, too.", lambda a, b: residual_numbers(a, b) - b),
        Mistake("The way around is missing: where a and b differ, a 1x1 convolution stands in it.", _residual(shortcut="never")),
        Mistake("Where a and b are equal, the way around has nothing to learn.", _residual(shortcut="always")),
        Mistake("The convolution in the way around is 1x1, not 3x3.", _residual(way=9)),
        Mistake("The 1x1 convolution in the way around has biases, too.", lambda a, b: residual_numbers(a, b) - b * (a != b)),
        Mistake("The second convolution reads b channels, not a.", lambda a, b: residual_numbers(a, b) + 9 * b * (a - b)),
        Mistake("The second group norm stands before the second convolution: it has b channels.", lambda a, b: residual_numbers(a, b) + 2 * (a - b)),
        Mistake("The time's linear layer gives one number for each channel that the first convolution has made: b, not a.", lambda a, b: residual_numbers(a, b) + (1280 + 1) * (a - b)),
        Mistake("The first group norm stands before the first convolution: it has a channels.", lambda a, b: residual_numbers(a, b) + 2 * (b - a)),
        Mistake("There are two 3x3 convolutions: the first from a to b channels, the second from b to b.", lambda a, b: residual_numbers(a, b) - 9 * b * b - b),
        Mistake("A 3x3 convolution has 9 numbers for each pair of channels, not 3.", lambda a, b: residual_numbers(a, b) - 6 * b * (a + b)),
    ],
)  # fmt: skip


check_total = ValueCheck(
    "the count",
    total(),
    [
        Mistake("The way up reads only what comes from below in your count. Each residual block there also reads a kept table.", total(rows=reads(beside=False))),
        Mistake("On the way up each kept table counts as wide as its block in your count. At the seams it is not: see exercise 2.", total(rows=reads(equal=True))),
        Mistake("There is no transformer at 8x8 outside the middle block: only on three of the four levels.", total(attention=(True,) * 4)),
        Mistake("`down_blocks.3` has no transformers: at 8x8 there is the middle one only.", total() + 2 * transformer_numbers(1280)),
        Mistake("`up_blocks.0` has no transformers: at 8x8 there is the middle one only.", total() + 3 * transformer_numbers(1280)),
        Mistake("The transformers on the way down and up are missing.", total(attention=(False,) * 4)),
        Mistake("On the way up each level has three residual blocks, one more than on the way down.", total(layers_up=2)),
        Mistake("The first convolution, the last group norm and the last convolution are missing.", total(ends=False)),
        Mistake("The two linear layers of the time embedding are missing.", total(time=False)),
        Mistake("The middle block is missing.", total(middle=False)),
        Mistake("The middle block's transformer is missing: it is the only one at 8x8.", total() - transformer_numbers(1280)),
        Mistake("The convolutions that halve and double the tables are missing.", total(halves=False, doubles=False)),
        Mistake("The three convolutions that halve the tables are missing: 320, 640 and 1280 channels.", total(halves=False)),
        Mistake("The three convolutions that double the tables are missing: 1280, 1280 and 640 channels.", total(doubles=False)),
        Mistake("The first convolution is missing: from 4 to 320 channels.", total() - (9 * 4 * 320 + 320)),
        Mistake("The last group norm is missing: 2 numbers for each of 320 channels.", total() - 640),
    ],
    tolerance=1e-12,
    hint=block_to_blame,
)  # fmt: skip
