"""Lesson 06, the U-Net: the checks of what is counted, exercises 2 and 3 and the two of *Going further*."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial

from course_lib.exercises.checks import FunctionCheck, Mistake, ValueCheck
from course_lib.lessons.lesson_06.unet_exercises import (
    block_to_blame,
    first_wrong_row,
    reads,
    residual_numbers,
    total,
    transformer_numbers,
    way_up_total,
)

_SEAM = "One seam is missed, in {}: the feature map that was halved into this level has the channels of the level above, {}."

check_reads = ValueCheck(
    "your list",
    reads(),
    [
        Mistake("That is only what comes from below. The channels of the kept feature map stand beside them: add these.", reads(beside=False)),
        Mistake("The kept feature maps are not always as wide as the block. At the seams between levels they come from another level: go through the list from its end.", reads(equal=True)),
        Mistake("You have taken the oldest feature map first. What was kept last is taken first.", reads(oldest_first=True)),
        Mistake("These are the widths of the kept feature maps alone. Add what comes from below.", [[1280, 1280, 1280], [1280, 1280, 640], [640, 640, 320], [320, 320, 320]]),
        Mistake("These are the kept feature maps alone, and the oldest first. Take the last one first, and add what comes from below.", [[320, 320, 320], [320, 640, 640], [640, 1280, 1280], [1280, 1280, 1280]]),
        Mistake("That is what the blocks give. How many do they read?", [[1280] * 3, [1280] * 3, [640] * 3, [320] * 3]),
        Mistake("The level's own width, twice? At the seams, other widths come in.", [[2560] * 3, [2560] * 3, [1280] * 3, [640] * 3]),
        Mistake(_SEAM.format("up_blocks.1", 640), [[2560] * 3, [2560] * 3, *reads()[2:]]),
        Mistake(_SEAM.format("up_blocks.2", 320), [*reads()[:2], [1920, 1280, 1280], reads()[3]]),
        Mistake("The twelve numbers are right. Write them as four rows of three.", sum(reads(), [])),
        Mistake("The first residual block of each level reads what comes from the level below: its width is that level's.", [[2560, 2560, 2560], [2560, 2560, 1920], [1280, 1280, 960], [640, 640, 640]]),
        Mistake("In your list all three blocks of a level read what comes from the level below. Only the first does: the next two read what the block before them gives, which has their own level's width.", reads(below=True)),
        Mistake("The numbers of each row are right, but turned round: the newest kept map first.", [row[::-1] for row in reads()]),
        Mistake("The numbers are right, but turned round: begin with the lowest block, up_blocks.0.", reads()[::-1]),
    ],
    hint=first_wrong_row,
)  # fmt: skip

_residual = partial(partial, residual_numbers)


def _is_constant(answer: Callable) -> bool:
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        return bool(answer(320, 320) == answer(320, 640) == answer(2560, 1280))
    return False


check_residual = FunctionCheck(
    "my_residual",
    residual_numbers,
    [(320, 320), (320, 640), (2560, 1280)],
    [
        Mistake("The biases are missing: every convolution and every linear layer has one number more for each output channel.", _residual(biases=0)),
        Mistake("The biases are missing: b for each convolution and for the time.", lambda a, b: residual_numbers(a, b) - 3 * b),
        Mistake("2 * b is missing: the second group norm, or the biases of the two 3x3 convolutions.", lambda a, b: residual_numbers(a, b) - 2 * b),
        Mistake("The group norms are missing: each has two numbers for each of its channels, a scale and an offset.", _residual(norms=0)),
        Mistake("A group norm has a scale and an offset for each channel: two numbers, not one.", lambda a, b: residual_numbers(a, b) - a - b),
        Mistake("2 * a is missing: the first group norm.", lambda a, b: residual_numbers(a, b) - 2 * a),
        Mistake("The time is missing: a linear layer from 1280 numbers to b channels.", _residual(time=False)),
        Mistake("The time comes as 1280 numbers, not 320: the two linear layers before have made them.", lambda a, b: residual_numbers(a, b) - 960 * b),
        Mistake("b is missing: one bias (each 3x3 convolution and the time's linear layer have b), or half of the second group norm, which has 2 * b.", lambda a, b: residual_numbers(a, b) - b),
        Mistake("The way around is missing: where a and b differ, a 1x1 convolution stands in it.", _residual(shortcut="never")),
        Mistake("Where a and b are equal, the way around has nothing to learn.", _residual(shortcut="always")),
        Mistake("The way around has a convolution wherever a and b differ, also where a is larger.", lambda a, b: residual_numbers(a, b, shortcut="if" if a < b else "never")),
        Mistake("The way around has a convolution wherever a and b differ, also where b is larger.", lambda a, b: residual_numbers(a, b, shortcut="if" if a > b else "never")),
        Mistake("The convolution in the way around is 1x1, not 3x3.", _residual(way=9)),
        Mistake("The 1x1 convolution in the way around has biases, too.", lambda a, b: residual_numbers(a, b) - b * (a != b)),
        Mistake("The second convolution reads b channels, not a.", lambda a, b: residual_numbers(a, b) + 9 * b * (a - b)),
        Mistake("2 * a stands where 2 * b belongs: in the second group norm, which has b channels, or in the biases of the two 3x3 convolutions.", lambda a, b: residual_numbers(a, b) + 2 * (a - b)),
        Mistake("The time's linear layer gives one number for each channel that the first convolution has made: b, not a.", lambda a, b: residual_numbers(a, b) + (1280 + 1) * (a - b)),
        Mistake("The time's linear layer gives b numbers, not a: they are added after the first convolution.", lambda a, b: residual_numbers(a, b) + 1280 * (a - b)),
        Mistake("The first group norm stands before the first convolution: it has a channels.", lambda a, b: residual_numbers(a, b) + 2 * (b - a)),
        Mistake("There are two 3x3 convolutions: the first from a to b channels, the second from b to b.", lambda a, b: residual_numbers(a, b) - 9 * b * b - b),
        Mistake("The condition is turned round: the 1x1 convolution is there only where a and b differ, a != b.", lambda a, b: residual_numbers(a, b, shortcut="never") + (a * b + b) * (a == b)),
        Mistake("A linear layer has a bias for each number that comes out: b for the time's, not 1280.", lambda a, b: residual_numbers(a, b) - b + 1280),
        Mistake("One layer has a biases in your count. Each layer gives b numbers, so it has b biases, not a.", lambda a, b: residual_numbers(a, b) - b + a),
        Mistake("The second convolution goes from b to b channels, not from b to a.", lambda a, b: residual_numbers(a, b) + (9 * b + 1) * (a - b)),
        Mistake("A 3x3 convolution has 9 numbers for each pair of channels, not 3.", lambda a, b: residual_numbers(a, b) - 6 * b * (a + b)),
        Mistake("Your result is the same for every a and b: write a formula with a and b in it.", lambda a, b: 2_255_040, when=_is_constant),
    ],
)  # fmt: skip

_UP_TRANSFORMERS = 3 * sum(transformer_numbers(width) for width in (320, 640, 1280))
_UP_DOUBLES = sum(9 * width * width + width for width in (1280, 1280, 640))
_UP = list(zip(reads(), (1280, 1280, 640, 320), strict=True))
_EACH = [(wide, width) for row, width in _UP for wide in row]

check_up = ValueCheck(
    "your sum",
    way_up_total(),
    [
        Mistake("That is the whole U-Net. Add up only the twelve residual blocks on the way up.", total()),
        Mistake("That is the whole way up. Leave out its transformers and its doublings: only the residual blocks count here.", way_up_total() + _UP_TRANSFORMERS + _UP_DOUBLES),
        Mistake("The transformers are in your sum. Only the residual blocks count here.", way_up_total() + _UP_TRANSFORMERS),
        Mistake("The convolutions that double are in your sum. Only the residual blocks count here.", way_up_total() + _UP_DOUBLES),
        Mistake("Your blocks read only what comes from below. Each also reads a kept feature map.", way_up_total(reads(beside=False))),
        Mistake("In your sum each kept feature map is as wide as its block. At the seams it isn't: see exercise 2.", way_up_total(reads(equal=True))),
        Mistake("You have taken the oldest feature map first. What was kept last is taken first.", way_up_total(reads(oldest_first=True))),
        Mistake("Your blocks give the widths in the wrong order: 1280, 1280, 640, 320, from the lowest to the highest.", sum(residual_numbers(wide, width) for row, width in zip(reads(), (320, 640, 1280, 1280), strict=True) for wide in row)),
        Mistake("That is one block of each level. Each level has three.", sum(residual_numbers(row[0], width) for row, width in _UP)),
        Mistake("You count each level's first block three times. The three read different widths.", 3 * sum(residual_numbers(row[0], width) for row, width in _UP)),
        Mistake("The arguments are exchanged: first what a block reads, then what it gives.", sum(residual_numbers(width, wide) for wide, width in _EACH)),
        Mistake("Your blocks read as many channels as they give. Take what they read from exercise 2.", sum(residual_numbers(width, width) for _, width in _EACH)),
        Mistake("Each block *gives* the width of its level: my_residual(read, level).", sum(residual_numbers(wide, wide) for wide, _ in _EACH)),
        Mistake("In your sum every block gives 1280 channels. The levels give 1280, 1280, 640 and 320.", sum(residual_numbers(wide, 1280) for wide, _ in _EACH)),
        Mistake("Your blocks read only the kept feature maps. What comes from below is read, too.", way_up_total([[1280] * 3, [1280, 1280, 640], [640, 640, 320], [320] * 3])),
        Mistake("The highest level, up_blocks.3, is left out.", sum(residual_numbers(*both) for both in _EACH[:9])),
        Mistake("Those are the twelve numbers. Add them up: sum(...).", tuple(residual_numbers(*both) for both in _EACH)),
    ],
    tolerance=1e-12,
)  # fmt: skip

check_total = ValueCheck(
    "the count",
    total(),
    [
        Mistake("The way up reads only what comes from below in your count. Each residual block there also reads a kept feature map.", total(rows=reads(beside=False))),
        Mistake("On the way up each kept feature map counts as wide as its block in your count. At the seams it is not: see exercise 2.", total(rows=reads(equal=True))),
        Mistake("There is no transformer at 8x8 outside the middle block: only on three of the four levels.", total(attention=(True,) * 4)),
        Mistake("`down_blocks.3` has no transformers: at 8x8 there is the middle one only.", total() + 2 * transformer_numbers(1280)),
        Mistake("`up_blocks.0` has no transformers: at 8x8 there is the middle one only.", total() + 3 * transformer_numbers(1280)),
        Mistake("The transformers on the way down and up are missing.", total(attention=(False,) * 4)),
        Mistake("On the way up each level has three residual blocks, one more than on the way down.", total(layers_up=2)),
        Mistake("The first convolution, the last group norm and the last convolution are missing.", total(ends=False)),
        Mistake("The two linear layers of the time embedding are missing.", total(time=False)),
        Mistake("The middle has two residual blocks.", total() - residual_numbers(1280, 1280)),
        Mistake("On the way up, the upper levels have three transformers each, not two.", total() - _UP_TRANSFORMERS // 3),
        Mistake("The transformers on the way up are missing.", total() - _UP_TRANSFORMERS),
        Mistake("The middle block is missing.", total(middle=False)),
        Mistake("The middle block's transformer is missing: it is the only one at 8x8.", total() - transformer_numbers(1280)),
        Mistake("The convolutions that halve and double the feature maps are missing.", total(halves=False, doubles=False)),
        Mistake("The three convolutions that halve the feature maps are missing: 320, 640 and 1280 channels.", total(halves=False)),
        Mistake("The three convolutions that double the feature maps are missing: 1280, 1280 and 640 channels.", total(doubles=False)),
        Mistake("The first convolution is missing: from 4 to 320 channels.", total() - (9 * 4 * 320 + 320)),
        Mistake("The last group norm is missing: 2 numbers for each of 320 channels.", total() - 640),
    ],
    tolerance=1e-12,
    hint=block_to_blame,
)  # fmt: skip
