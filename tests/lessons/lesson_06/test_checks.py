"""Lesson 06's checks on other solutions, and on what learners write."""

import pytest
import torch

from course_lib.lessons import lesson_06 as lesson
from course_lib.lessons.lesson_06 import unet_exercises


def with_names(x, time, blocks):
    kept = [blocks.conv_in(x)]
    kept.append(blocks.down(kept[-1], time))
    h = blocks.grow(blocks.middle(blocks.shrink(kept[-1]), time))
    for block in (blocks.up_1, blocks.up_2):
        h = block(torch.concat((h, kept.pop()), 1), time)
    return blocks.conv_out(h)


def wrong(**changes):
    def answer(x, time, blocks):
        h0 = blocks.conv_in(x)
        h1 = blocks.down(h0, *changes.get("time", (time,)))
        small = blocks.shrink(h1)
        h = blocks.grow(blocks.middle(small, *changes.get("time", (time,))))
        kept = {"h0": h0, "h1": h1, "small": small}
        for block, name in zip((blocks.up_1, blocks.up_2), changes.get("order", ("h1", "h0")), strict=True):
            h = block(changes.get("join", lambda h, k: torch.cat([h, k], dim=1))(h, kept[name]) if name else h, time)
        return blocks.conv_out(h)

    return answer


def by_hand(x, time, blocks, mistake):
    """The U-Net written out, with a mistake in one line."""
    beside = {"up_1": lambda h, k: torch.cat([h, k], 1), "up_2": lambda h, k: torch.cat([h, k], 1)}
    if mistake.startswith("turned"):
        beside[mistake.removeprefix("turned ")] = lambda h, k: torch.cat([k, h], 1)
    first = blocks.conv_in(x)
    second = blocks.down(first, *([] if mistake == "time of down" else [time]))
    told = [] if mistake == "time of middle" else [time]
    if mistake == "middle first":
        h = blocks.grow(blocks.shrink(blocks.middle(second, time)))
    else:
        h = blocks.grow(blocks.middle(blocks.shrink(second), *told))
    up_1, up_2 = (blocks.up_2, blocks.up_1) if mistake == "swapped" else (blocks.up_1, blocks.up_2)
    above = up_1(beside["up_1"](h, second), time)
    if mistake != "lost":
        h = above
    return blocks.conv_out(up_2(beside["up_2"](h, first), time))


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        ("turned up_1", "In up_1 the kept feature map stands first"),
        ("turned up_2", "In up_2 the kept feature map stands first"),
        ("lost", "What up_1 gives is lost"),
        ("middle first", "`middle` stands before `shrink`"),
        ("swapped", "up_1 and up_2 are swapped"),
        ("time of middle", "The time is not handed to `middle`"),
        ("time of down", "The time is not handed to `down`"),
    ],
)
def test_a_mistake_in_one_line_is_named(mistake, says):
    assert lesson.check_unet.verdict(lambda x, time, blocks: by_hand(x, time, blocks, "")).startswith("[OK]")
    assert says in lesson.check_unet.verdict(lambda x, time, blocks: by_hand(x, time, blocks, mistake))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (wrong(order=("h0", "h1")), "wrong order"),
        (wrong(order=("h1", "h1")), "The same feature map is put beside twice"),
        (wrong(order=("small", "h0")), "Call `down`, and keep its result, before `shrink`"),
        (wrong(order=("h1", None)), "up_2 reads no kept feature map"),
        (wrong(order=(None, "h0")), "up_1 reads no kept feature map"),
        (wrong(order=(None, None)), "There is no skip"),
        (wrong(join=lambda h, k: h + k), "The kept feature map is added"),
        (wrong(join=lambda h, k: torch.cat([k, h], dim=1)), "The order is the other way round"),
        (wrong(join=lambda h, k: torch.cat([h, k], dim=2)), "joins rows there. Channels are axis 1"),
        (wrong(join=lambda h, k: torch.cat([h, k], dim=3)), "joins columns there. Channels are axis 1"),
        (wrong(join=lambda h, k: torch.cat([h, k], dim=-1)), "joins columns there. Channels are axis 1"),
        (wrong(order=("h0", "h1"), join=lambda h, k: torch.cat([k, h], dim=1)), "Two things are exchanged"),
        (wrong(join=lambda h, k: h), "There is no skip"),
        (wrong(join=lambda h, k: k), "What comes from below is lost"),
    ],
)
def test_what_learners_write_is_recognised(answer, says):
    assert says in lesson.check_unet.verdict(answer)


@pytest.mark.parametrize("untold", [("up_1", "up_2"), ("down", "middle"), ("middle", "up_1", "up_2")])
def test_each_block_that_is_not_told_the_time_is_named(untold):
    def answer(x, time, blocks):
        told = {name: [] if name in untold else [time] for name in unet_exercises.TOLD}
        first = blocks.conv_in(x)
        second = blocks.down(first, *told["down"])
        h = blocks.grow(blocks.middle(blocks.shrink(second), *told["middle"]))
        h = blocks.up_1(torch.cat([h, second], dim=1), *told["up_1"])
        return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), *told["up_2"]))

    names = " and ".join(f"`{name}`" for name in untold)
    assert lesson.check_unet.verdict(answer) == f"[not yet] The time is not handed to {names}: write (h, time)."


def test_a_block_down_that_is_only_handed_across_is_named():
    def answer(x, time, blocks, straight):
        first = blocks.conv_in(x)
        second = blocks.down(first, time)
        h = blocks.grow(blocks.middle(blocks.shrink(second if straight else first), time))
        h = blocks.up_1(torch.cat([h, second], dim=1), time)
        return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), time))

    assert lesson.check_unet.verdict(lambda *given: answer(*given, True)).startswith("[OK]")
    assert "`shrink` must read it" in lesson.check_unet.verdict(lambda *given: answer(*given, False))


@pytest.mark.parametrize("answer", [with_names, wrong(order=("h0", "h1")), wrong(order=("h1", "h1"))])
def test_blocks_of_ones_own_are_noticed(answer):
    says = lesson.check_unet.verdict(lambda x, time, blocks: answer(x, time, lesson.Blocks()))
    assert says == "[not yet] Use the `blocks` that you are given."


@pytest.mark.parametrize(
    ("moves", "says"),
    [
        ("down middle grow", "`shrink` is missing"),
        ("down shrink middle", "`grow` is missing"),
        ("shrink down middle grow", "Call `down`, and keep its result, before `shrink`"),
        ("down shrink grow middle", "`middle` stands after `grow`"),
    ],
)
def test_blocks_in_another_order_are_named(moves, says):
    def answer(x, time, blocks):
        h, kept = blocks.conv_in(x), []
        first = h
        for name in moves.split():
            h = getattr(blocks, name)(h, *([time] if name in ("down", "middle") else []))
            kept += [h] if name == "down" else []
        (second,) = kept
        h = blocks.up_1(torch.cat([h, second], dim=1), time)
        return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), time))

    assert says in lesson.check_unet.verdict(answer)


@pytest.mark.parametrize("late", ["both", "after up_1"])
def test_growing_after_the_two_are_put_side_by_side_is_named(late):
    def answer(x, time, blocks):
        first = blocks.conv_in(x)
        second = blocks.down(first, time)
        h = blocks.middle(blocks.shrink(second), time)
        if late == "both":
            h = blocks.up_1(blocks.grow(torch.cat([h, second], dim=1)), time)
        else:
            h = blocks.grow(blocks.up_1(torch.cat([h, second], dim=1), time))
        return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), time))

    assert "`grow` must come before the two are put side by side" in lesson.check_unet.verdict(answer)


def test_the_picture_itself_is_no_skip_and_no_way_around():
    def answer(x, time, blocks, last):
        first = blocks.conv_in(x)
        second = blocks.down(first, time)
        h = blocks.grow(blocks.middle(blocks.shrink(second), time))
        h = blocks.up_1(torch.cat([h, second], dim=1), time)
        return blocks.conv_out(blocks.up_2(torch.cat([h, x if last else first], dim=1), time)) + (0 if last else x)

    assert "up_2 reads the picture x" in lesson.check_unet.verdict(lambda *given: answer(*given, True))
    assert "x is added to the result" in lesson.check_unet.verdict(lambda *given: answer(*given, False))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([[320] * 3, [320, 640, 640], [640, 1280, 1280], [1280] * 3], "and the oldest first"),
        ([[2560] * 3, [2560] * 3, [1280] * 3, [640] * 3], "The level's own width, twice"),
        ([[1280] * 3, [1280] * 3, [640] * 3, [320] * 3], "That is what the blocks give"),
        ([[2560] * 3, [2560] * 3, [1920, 1280, 960], [960, 640, 640]], "One seam is missed, in up_blocks.1"),
        ([[2560] * 3, [2560, 2560, 1920], [1920, 1280, 1280], [960, 640, 640]], "One seam is missed, in up_blocks.2"),
        ([[2560] * 3, [1920, 2560, 2560], [960, 1280, 1920], [640, 640, 960]], "the newest kept map first"),
        ([[2560, 2560], [2560] * 3, [1920, 1280, 960], [960, 640, 640]], "The right list has four rows of three"),
        ([2560] * 5 + [1920, 1920, 1280, 960, 960, 640, 640], "four rows of three"),
    ],
)
def test_other_lists_of_channels_are_named(answer, says):
    assert says in lesson.check_reads.verdict(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda a, b: 9 * a * b + 9 * b * b + 2 * b + 2 * a + 2 * b + 1281 * b + (a * b + b) * (a == b), "a != b"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) - (a * b + b) * (a > b), "also where a is larger"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) - (a * b + b) * (a < b), "also where b is larger"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) + 1280 - b, "not 1280"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) + a - b, "b biases, not a"),  # of the first convolution
        (lambda a, b: unet_exercises.residual_numbers(a, b) + (a - b) * (a != b), "b biases, not a"),  # or the 1x1
        (lambda a, b: unet_exercises.residual_numbers(a, b) - 2 * b, "the second group norm, or the biases"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) - 2 * a, "the first group norm"),
        (lambda a, b: unet_exercises.residual_numbers(a, b) + 9 * b * a + a - 9 * b * b - b, "not from b to a"),
    ],
)
def test_other_counts_of_a_block_are_named(answer, says):
    assert says in lesson.check_residual.verdict(answer)


def test_other_sums_of_the_way_up_are_named():
    count = unet_exercises.residual_numbers
    pairs = [(a, b) for row, b in zip(lesson.reads(), (1280, 1280, 640, 320), strict=True) for a in row]
    for answer, says in (
        (sum(count(b, a) for a, b in pairs), "The arguments are exchanged"),
        (sum(count(a, a) for a, b in pairs), "Each block *gives* the width of its level"),
        (sum(count(b, b) for a, b in pairs), "as many channels as they give"),
        (sum(count(a, 1280) for a, b in pairs), "every block gives 1280"),
        (sum(count(a, b) for a, b in pairs[:9]), "up_blocks.3, is left out"),
        (3 * sum(count(a, b) for a, b in pairs[::3]), "each level's first block three times"),
        (unet_exercises.way_up_total([[1280] * 3, [1280, 1280, 640], [640, 640, 320], [320] * 3]), "only the kept"),
        ([count(a, b) for a, b in pairs], "the twelve numbers. Add them up"),
    ):
        assert says in lesson.check_up.verdict(answer)


def test_the_checks_take_other_ways_of_writing_it():
    assert lesson.check_unet.verdict(with_names) == "[OK] my_unet is right."
    assert lesson.check_unet.verdict(wrong()) == "[OK] my_unet is right."
    assert lesson.check_reads.verdict(torch.tensor(lesson.reads())) == "[OK] your list is right."
    assert lesson.check_total.verdict(torch.tensor(859_520_964)) == "[OK] the count is right."
    assert lesson.check_total.verdict(859_520_965).startswith(
        "[not yet] the count is not right yet: you have 859520965."
    )
    for shape in ([2560], [[2560, ..., ...]] * 4, [[1, 2], [3]], 7, [[[1]]] * 4):
        assert "four rows of three" in lesson.check_reads.verdict(shape)


@pytest.mark.parametrize("row", range(4))
def test_the_first_wrong_row_is_named(row):
    answer = lesson.reads()
    for wrong_row in answer[row:]:
        wrong_row[1] += 1
    assert lesson.check_reads.verdict(answer).endswith(f"The first row that differs is that of up_blocks.{row}.")


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        (33_180_800, "that double"),
        (19_355_840, "that halve the feature maps"),
        (33_180_800 + 19_355_840, "that halve and double"),
        (34_760_960, "The middle block's transformer"),
        (11_840, "The first convolution is"),
        (36_818_560, "down_blocks.1 is missing: 36,818,560 numbers."),
        (-162_241_280, "up_blocks.0 is counted twice"),
        (11_524, "conv_out is missing"),
        (12_164, "conv_out with its group norm is missing"),
        (1, "the first that differs shows where"),
        (unet_exercises.residual_numbers(1280, 1280), "The middle has two residual blocks"),
        (sum(map(lesson.transformer_numbers, (320, 640, 1280))), "three transformers each, not two"),
        (3 * sum(map(lesson.transformer_numbers, (320, 640, 1280))), "on the way up are missing"),
        (-2 * 34_760_960, "`down_blocks.3` has no transformers"),
        (-3 * 34_760_960, "`up_blocks.0` has no transformers"),
    ],
)
def test_what_a_count_forgets_is_named(missing, says):
    assert says in lesson.check_total.verdict(859_520_964 - missing)


def test_the_sum_of_the_way_up_is_no_number_of_the_page():
    widths = (1280, 1280, 640, 320)
    blocks = [unet_exercises.residual_numbers(a, b) for row, b in zip(lesson.reads(), widths, strict=True) for a in row]
    assert lesson.check_up.verdict(sum(blocks)) == "[OK] your sum is right."
    assert "the whole U-Net" in lesson.check_up.verdict(859_520_964)
    ways = [block.numbers for name, block in lesson.stable_diffusion().items() if name.startswith("up_blocks")]
    assert "the whole way up" in lesson.check_up.verdict(sum(ways))
    below = unet_exercises.way_up_total(unet_exercises.reads(beside=False))
    assert "only what comes from below" in lesson.check_up.verdict(below)
    assert lesson.check_up.verdict(sum(blocks[::3])).endswith("Each level has three.")
    values = [lesson.check_up.right, *(mistake.wrong for mistake in lesson.check_up.mistakes)]
    assert len(set(values)) == len(values)


def test_each_block_that_a_count_forgets_is_named():
    for name, block in lesson.stable_diffusion().items():
        if name not in ("conv_in", "time_embedding", "mid_block", "conv_norm_out"):  # these have sentences of their own
            assert f"{name} is missing" in lesson.check_total.verdict(859_520_964 - block.numbers)
    assert "the first that differs" in lesson.check_total.verdict("many")


def test_a_level_that_reads_only_from_below_is_named():
    answer = [[2560] * 3, [2560, 2560, 1920], [1920, 1920, 1600], [960] * 3]
    assert "all three blocks of a level read" in lesson.check_reads.verdict(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            lambda a, b: 9 * a * b + 9 * b * b + 2 * b + 2 * a + 2 * b + 1280 * a + a + (a * b + b) * (a != b),
            "b, not a",
        ),
        (
            lambda a, b: 9 * a * b + 9 * b * b + 2 * b + 4 * b + 1280 * b + b + (a * b + b) * (a != b),
            "it has a channels",
        ),
    ],
)
def test_a_width_taken_for_the_other_is_named(answer, says):
    assert says in lesson.check_residual.verdict(answer)


def test_a_missing_bias_of_the_way_around_is_named():
    def answer(a, b):
        return unet_exercises.residual_numbers(a, b) - (b if a != b else 0)

    assert "The 1x1 convolution in the way around has biases" in lesson.check_residual.verdict(answer)


def test_real_blocks_stop_where_the_patient_ones_go_on():
    blocks = lesson.Blocks()
    assert with_names(torch.zeros(1, 3, 8, 8), torch.zeros(1, 16), blocks).shape == (1, 3, 8, 8)
    with pytest.raises(RuntimeError):
        wrong(join=lambda h, k: h + k)(torch.zeros(1, 3, 8, 8), torch.zeros(1, 16), blocks)
    mine, theirs = (make.up_1 for make in (blocks, unet_exercises.cases()[0][2]))
    h, time = torch.randn(1, 16, 4, 4, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 16)
    torch.testing.assert_close(mine(h, time), theirs(h, time))


def test_each_mistake_in_a_count_differs_from_every_other():
    values = [mistake.wrong for mistake in lesson.check_total.mistakes]
    assert len({lesson.check_total.right, *values}) == len(values) + 1
    cases = lesson.check_residual.cases
    answers = [tuple(mistake.wrong(*case) for case in cases) for mistake in lesson.check_residual.mistakes]
    assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("way_up", "says"),
    [
        ((), "still at the small size: `grow` is missing"),
        (("up_1", "up_2"), "still at the small size: `grow` is missing"),
        (("grow",), "The way up is left out"),
        (("grow", "up_2"), "`up_1` is left out"),
        (("grow", "up_1"), "`up_2` is left out"),
    ],
)
def test_a_way_up_that_is_left_out_is_named_with_and_without_the_time(way_up, told, says, capsys):
    def answer(x, time, blocks):
        print("once")
        h = x
        for name in ("conv_in", "down", "shrink", "middle", *way_up, "conv_out"):
            h = getattr(blocks, name)(h, **({"time": time} if told and name in unet_exercises.TOLD else {}))
        return h

    assert says in lesson.check_unet.verdict(answer)
    assert capsys.readouterr().out == "once\n" * 2


def test_a_missing_time_is_named_beside_another_mistake():
    def answer(x, time, blocks):
        first = blocks.conv_in(x)
        second = blocks.down(first)
        h = blocks.grow(blocks.middle(blocks.shrink(second)))
        return blocks.conv_out(blocks.up_2(torch.cat([blocks.up_1(torch.cat([h, first], 1)), second], 1)))

    assert "The time is not handed over" in lesson.check_unet.verdict(answer)


def test_biases_a_width_and_a_constant_in_a_count_are_named():
    def count(a, b, biases, time):
        return 9 * a * b + 9 * b * b + 2 * a + 2 * b + biases * b + 1280 * time + (a * b + b) * (a != b)

    for answer, says in (
        (lambda a, b: count(a, b, 0, b), "The biases are missing: b for each convolution and for the time."),
        (lambda a, b: count(a, b, 1, b), "or the biases of the two 3x3 convolutions"),
        (lambda a, b: count(a, b, 2, b), "b is missing: one bias"),
        (lambda a, b: count(a, b, 3, a), "The time's linear layer gives b numbers, not a"),
        (lambda a, b: 2_255_040, "the same for every a and b"),
        (lambda a, b: 7.0, "the same for every a and b"),
        (lambda a, b: count(a, b, 3, b), "[OK]"),
    ):
        assert says in lesson.check_residual.verdict(answer)
