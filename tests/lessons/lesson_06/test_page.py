"""Lesson 06's explorer of blocks over all its cells, and what the text states about the two networks."""

import inspect
import itertools

import numpy as np
import pytest
import torch
from PIL import ImageColor
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.figures import COLOURS
from course_lib.layers import group_norm, timestep_embedding
from course_lib.lessons import lesson_06 as lesson
from course_lib.lessons.lesson_06 import the_u, u_shapes, unet_exercises
from course_lib.models import UNet, UNet2015, anatomy

CELLS = list(itertools.product(range(lesson.ROWS), range(lesson.COLUMNS)))


@pytest.mark.parametrize(("row", "column"), CELLS)
def test_every_cell_is_drawn_and_its_words_are_true(row, column):
    drawing = lesson.draw_blocks(row, column)
    assert drawing.pixels.dtype.name == "uint8" and drawing.pixels.shape == lesson.draw_blocks(0, 0).pixels.shape
    title, kind, name = u_shapes.at(row, column)
    assert drawing.sentence.startswith(title) and name in drawing.sentence
    if kind != "block":
        return
    with torch.device("meta"):
        network = UNet() if "Stable" in title else UNet2015()
    parts = [network.get_submodule(name)]
    if title.startswith("Stable") and name == "conv_out":
        parts.append(network.conv_norm_out)
    numbers = sum(parameter.numel() for part in parts for parameter in part.parameters())
    assert f"{numbers:,} parameters (" in drawing.sentence


def test_the_u_has_one_size_on_both_sides_of_a_level():
    assert [size for _, _, size in the_u.levels()] == ["320 × 64²", "640 × 32²", "1280 × 16²", "1280 × 8²"]
    drawing = lesson.draw_u()
    assert "320 × 64², 640 × 32², 1280 × 16², 1280 × 8²" in drawing.sentence
    for level in range(4):
        left, right = the_u._boxes(level)
        assert left[2] - left[0] == right[2] - right[0] and left[1::2] == right[1::2]
    blocks = lesson.stable_diffusion()
    assert {len(blocks[f"up_blocks.{level}"].kept) for level in range(4)} == {3}


def test_the_frame_marks_the_chosen_cell_and_nothing_else_of_the_us_moves():
    first, second = lesson.draw_blocks(2, 0), lesson.draw_blocks(2, 3)
    left, top, width, height = first.grid
    changed = (first.pixels != second.pixels).any(axis=2)[top : top + height, left : left + width]
    rows, columns = np.nonzero(changed)
    cell = width // lesson.COLUMNS, height // lesson.ROWS
    assert set(rows // cell[1]) == {2} and set(columns // cell[0]) == {0, 3}


def test_the_boxes_of_the_explorer_make_a_u():
    """Both sides of a level are alike in Stable Diffusion; going down, boxes get lower and wider."""
    boxes = {(row, column): u_shapes._box(row, column) for row, column in CELLS}
    size = {cell: (box[2] - box[0], box[3] - box[1]) for cell, box in boxes.items() if box}
    for row in range(1, 5):
        assert size[row, 3] == size[row, 5] and boxes[row, 3][1] == boxes[row, 5][1]
        assert size[row, 0][1] > size[row, 2][1], "in 2015 each convolution takes a rim off"
    for column in (0, 3):
        wide, high = zip(*(size[row, column] for row in range(1, 5)), strict=True)
        assert list(wide) == sorted(wide) and list(high) == sorted(high, reverse=True)
    assert size[5, 4] == size[4, 3] and not boxes[1, 1] and not boxes[0, 4]


def in_colour(pixels, colour):
    """How many of the pixels (N, 3) have this colour."""
    return int((pixels == ImageColor.getrgb(colour)).all(axis=-1).sum())


def test_bars_and_square_are_as_long_as_what_they_stand_for():
    """A bar of 35 % would fill the room beside its box; the square is to its frame as the reach to the input."""
    drawing = lesson.draw_blocks(2, 3)
    left, top, width, height = drawing.grid
    wide, high = width // lesson.COLUMNS, height // lesson.ROWS
    blocks = lesson.stable_diffusion()
    for row, column, name in ((1, 5, "up_blocks.3"), (3, 5, "up_blocks.1"), (3, 3, "down_blocks.2")):
        start = left + column * wide + (0 if column == 3 else u_shapes._AREA)  # beside the box
        inside = drawing.pixels[top + row * high :, start : start + wide - u_shapes._AREA]
        for part, line, colour in (("numbers", 44, COLOURS["ink"]), ("work", 50, u_shapes._GREY)):
            share = getattr(blocks[name], part) / sum(getattr(block, part) for block in blocks.values())
            assert in_colour(inside[line], colour) == pytest.approx(u_shapes._ROOM * share / 0.35, abs=1.5)
    for row, column, name in ((1, 3, "down_blocks.0"), (2, 3, "down_blocks.1")):
        below = lesson.draw_blocks(row, column).pixels[top + height + 30 :]
        side = max(in_colour(line, COLOURS["signal"]) for line in below)
        assert side == pytest.approx(120 * blocks[name].sees / 64, abs=2)


@pytest.mark.parametrize(("row", "column"), [(6, 0), (-1, 0), (0, 6), (0, "a")])
def test_a_cell_that_is_not_there_is_refused(row, column):
    with pytest.raises(ValueError, match="must be a number in"):
        lesson.draw_blocks(row, column)


def test_the_blocks_add_up_to_the_networks():
    for blocks, network, inputs in [
        (anatomy.first_u_net(), UNet2015, [(1, 1, 572, 572)]),
        (lesson.stable_diffusion(), UNet, [(1, 4, 64, 64), (1,), (1, 77, 768)]),
    ]:
        with torch.device("meta"):
            whole, inputs = network(), [torch.empty(shape) for shape in inputs]
        assert sum(block.numbers for block in blocks.values()) == sum(p.numel() for p in whole.parameters())
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            whole(*inputs)
        assert 2 * sum(block.work for block in blocks.values()) == counter.get_total_flops()


def test_the_parts_add_up_to_the_blocks_and_count_at_the_size_where_they_run():
    """Four of the six places where a size changes, by arithmetic: each convolution counts where its result lies."""
    parts, blocks = lesson.stable_diffusion_parts(), lesson.stable_diffusion()
    for kind in ("numbers", "work"):
        for name, block in blocks.items():
            inside = [part for own, part in parts.items() if own == name or own.startswith(f"{name}.")]
            assert sum(getattr(part, kind) for part in inside) == getattr(block, kind), name
    for name, width, side in [
        ("down_blocks.0.downsamplers.0", 320, 32),
        ("down_blocks.2.downsamplers.0", 1280, 8),
        ("up_blocks.0.upsamplers.0", 1280, 16),
        ("up_blocks.2.upsamplers.0", 640, 64),
    ]:
        assert (parts[name].shape_out, parts[name].work) == ((width, side, side), 9 * width**2 * side**2)
    share = {
        kind: [
            sum(getattr(part, kind) for part in parts.values() if part.shape_out[-1] == side)
            / sum(getattr(part, kind) for part in parts.values())
            for side in (64, 32, 16, 8)
        ]
        for kind in ("numbers", "work")
    }
    assert share["work"] == sorted(share["work"], reverse=True) and 0.4 < share["work"][0] < 0.5
    assert sum(share["numbers"][2:]) > 0.8 and sum(share["work"]) > 0.999
    says = "Of the {}, {} per cent are at 64 by 64, {} at 32 by 32, {} at 16 by 16 and {} at 8 by 8."
    for kind, what in (("numbers", "parameters"), ("work", "multiply-adds")):
        assert says.format(what, *(round(100 * part) for part in share[kind])) in lesson.ALT_LEVELS


def test_diffusers_counts_the_same_blocks():
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    for name, block in lesson.stable_diffusion().items():
        assert block.numbers == sum(p.numel() for p in unet.get_submodule(name).parameters()), name
    assert sum(p.numel() for p in unet.parameters()) == 859_520_964
    found = [name for name, layer in unet.named_modules() if type(layer).__name__ == "Transformer2DModel"]
    assert [sum(name.startswith(way) for name in found) for way in ("down", "mid", "up")] == [6, 1, 9]


def intervals(network_2015):
    """The reach of convolutions by arithmetic on the first and last column that each place sees; no gradients."""

    def window(low, high, kernel, stride, padding):
        places = (len(low) + 2 * padding - kernel) // stride + 1
        index = np.arange(places)[:, None] * stride + np.arange(kernel) - padding
        inside = (index >= 0) & (index < len(low))
        index = index.clip(0, len(low) - 1)
        return np.where(inside, low[index], 10**6).min(1), np.where(inside, high[index], -(10**6)).max(1)

    def twice(pair, padding):
        return window(*window(*pair, 3, 1, padding), 3, 1, padding)

    def join(pair, kept):
        rim = (len(kept[0]) - len(pair[0])) // 2
        kept = [side[rim : len(side) - rim] for side in kept]
        return np.minimum(pair[0], kept[0]), np.maximum(pair[1], kept[1])

    def widest(pair):
        middle = slice(len(pair[0]) // 2 - 8, len(pair[0]) // 2 + 8)
        return int((pair[1] - pair[0])[middle].max()) + 1

    size = 572 if network_2015 else 1024
    pair, sees, kept = (np.arange(size), np.arange(size)), {}, []
    if network_2015:
        for level in range(4):
            kept.append(pair := twice(pair, 0))
            sees[f"down_blocks.{level}"] = widest(pair)
            pair = window(*pair, 2, 2, 0)
        pair = twice(pair, 0)
        sees["bottom"] = widest(pair)
        for step in range(4):
            pair = twice(join(tuple(np.repeat(side, 2) for side in pair), kept.pop()), 0)
            sees[f"up_blocks.{step}"] = widest(pair)
        return sees
    kept.append(pair := window(*pair, 3, 1, 1))
    sees["conv_in"] = widest(pair)
    for level in range(4):
        for _ in range(2):
            kept.append(pair := twice(pair, 1))
        if level < 3:
            kept.append(pair := window(*pair, 3, 2, 1))
        sees[f"down_blocks.{level}"] = widest(pair)
    pair = twice(twice(pair, 1), 1)
    sees["mid_block"] = widest(pair)
    for step in range(4):
        for _ in range(3):
            pair = twice(join(pair, kept.pop()), 1)
        if step < 3:
            pair = window(*(np.repeat(side, 2) for side in pair), 3, 1, 1)
        sees[f"up_blocks.{step}"] = widest(pair)
    return sees


def test_the_reach_of_convolutions_is_what_arithmetic_says():
    for blocks, old in ((anatomy.first_u_net(), True), (lesson.stable_diffusion(), False)):
        for name, sees in intervals(old).items():
            assert blocks[name].sees == sees, name
    assert anatomy.first_u_net()["conv_out"].sees == 204
    assert [lesson.stable_diffusion()[f"down_blocks.{level}"].sees for level in range(4)] == [13, 33, 73, 137]


def test_what_the_text_says_about_shares_is_true():
    blocks = lesson.stable_diffusion()
    most = max(blocks.values(), key=lambda block: block.numbers), max(blocks.values(), key=lambda block: block.work)
    assert [block.name for block in most] == ["up_blocks.1", "up_blocks.3"]
    assert most[0].numbers == 258_330_880 and round(most[1].work / 1e9, 1) == 98.8
    numbers, work = (sum(getattr(block, part) for block in blocks.values()) for part in ("numbers", "work"))
    assert round(100 * most[1].work / work) == 25 and round(1000 * most[1].numbers / numbers) == 22
    low = sum(block.numbers for block in blocks.values() if block.shape_in[1:] in ((8, 8), (16, 16)))
    assert low / numbers > 0.8
    assert 1280 * 8 * 8 == 5 * 4 * 64 * 64
    narrow = [(b.name, t[0]) for b in blocks.values() for t in b.kept if t[0] < b.shape_out[0]]
    assert narrow == [("up_blocks.1", 640), ("up_blocks.2", 320)]
    assert all(table[0] == b.shape_out[0] for b in anatomy.first_u_net().values() for table in b.kept)
    assert u_shapes.at(3, 5)[2] == "up_blocks.1" and u_shapes.at(1, 5)[2] == "up_blocks.3"


def test_a_convolution_needs_both_rows_of_the_first_example():
    """One row alone, times a weight and plus a bias, is never here − around; the two together are."""
    row = torch.tensor([3.0, 5, 4, 4, 9, 1, 8, 6])
    around = row.reshape(2, 4).mean(dim=1).repeat_interleave(4)
    assert around.tolist() == [4, 4, 4, 4, 6, 6, 6, 6]
    assert (row - around).tolist() == [-1, 1, 0, 0, 3, -5, 2, 0]
    for alone in (row, around):
        table = torch.stack([alone, torch.ones(8)], dim=1)
        weight_and_bias = torch.linalg.lstsq(table, (row - around)[:, None]).solution
        assert (table @ weight_and_bias - (row - around)[:, None]).abs().max() > 1


def test_numbers_on_paper():
    with torch.device("meta"):
        first, unet = UNet2015(), UNet()

    def learned(part):
        return sum(parameter.numel() for parameter in part.parameters())

    assert (learned(first.down_blocks[0].conv1), learned(first.down_blocks[0].conv2)) == (640, 36_928)
    block = unet.down_blocks[0].resnets[0]
    parts = [learned(getattr(block, name)) for name in ("norm1", "conv1", "time_emb_proj", "norm2", "conv2")]
    assert parts == [640, 921_920, 409_920, 640, 921_920] and learned(block) == 2_255_040
    without = {
        name.split(".")[-1]
        for name, layer in unet.down_blocks[0].attentions[0].named_modules()
        if isinstance(layer, (nn.Linear, nn.Conv2d)) and layer.bias is None
    }
    assert without == {"to_q", "to_k", "to_v"}
    assert block.norm1.num_groups == 32 and lesson.model().unet.down_blocks[0].resnets[0].norm1.num_groups == 16
    assert u_shapes.block(u_shapes.TITLES[1], "conv_out").numbers == 640 + 11_524 == 12_164
    assert learned(unet.down_blocks[0].attentions[0]) == 20 * 320**2 + 1557 * 320 == 2_546_240
    assert learned(unet.down_blocks[0]) == 2 * 2_255_040 + 2 * 2_546_240 + 921_920 == 10_524_480
    assert timestep_embedding(torch.tensor([2]), width=4)[0].tolist() == pytest.approx(
        [-0.4161, 0.9998, 0.9093, 0.02], abs=5e-5
    )
    slowest = timestep_embedding(torch.tensor([1.0]), width=320)[0, 319].item()
    assert slowest == pytest.approx(1e-4, rel=0.1)


def test_a_label_gives_the_size_that_the_text_says():
    """On the left what the block gives; on the right where its residual blocks run."""
    parts = lesson.stable_diffusion_parts()
    for row, column in itertools.product(range(1, 6), (0, 2, 3, 5)):
        title, _, name = u_shapes.at(row, column)
        inside = {part.shape_out[1] for own, part in parts.items() if own.startswith(f"{name}.resnets")}
        size = anatomy.first_u_net()[name].shape_out[1] if column < 3 else inside.pop()
        assert not (inside and column > 2) and u_shapes.label(title, name).endswith(f" × {size}²")


def test_the_formulas_are_those_of_the_network():
    with torch.device("meta"):
        unet = UNet()
    for block in [*unet.down_blocks, unet.mid_block, *unet.up_blocks]:
        for resnet in block.resnets:
            a, b = resnet.conv1.in_channels, resnet.conv1.out_channels
            assert unet_exercises.residual_numbers(a, b) == sum(p.numel() for p in resnet.parameters())
        for transformer in block.attentions or []:
            expected = sum(p.numel() for p in transformer.parameters())
            assert lesson.transformer_numbers(transformer.proj_in.in_channels) == expected
    assert [[resnet.conv1.in_channels for resnet in block.resnets] for block in unet.up_blocks] == lesson.reads()


def test_the_forward_that_the_lesson_prints_is_there():
    lines = inspect.getsource(UNet2015.forward).split("kept = []")[1]
    assert "kept.append(x)" in lines and "kept.pop()" in lines and len(lines.splitlines()) < 12
    up = inspect.getsource(type(UNet2015(channels=(2, 4)).up_blocks[0]).forward).split("x = self.grow")[1]
    assert "torch.cat" in up and "crop" in up


def test_the_example_of_a_convolutions_work():
    assert lesson.stable_diffusion()["conv_in"].work == 320 * 64 * 64 * 4 * 9 == 47_185_920


def test_measuring_leaves_no_hooks_behind():
    network = nn.Sequential(nn.Conv2d(1, 1, 3))
    anatomy.measure(network, ["0"], torch.zeros(1, 1, 5, 5), sees={})
    anatomy.outputs(network, ["0"], torch.zeros(1, 1, 5, 5))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_products_of_the_first_example_and_the_group_on_paper():
    """64 against 30, and 4096 against 254: a filter over all numbers, against halvings to one and a subtraction."""
    for size, wide, halved in ((8, 64, 30), (64, 4096, 254)):
        halvings = sum(2 * (size >> times) for times in range(1, size.bit_length()))
        assert (size * size, halvings + 2 * size) == (wide, halved)
    group = torch.tensor([[13.0, 19], [21, 27]])
    assert (group.mean(), group.std(correction=0)) == (20, 5)
    found = group_norm(group[None], 1)[0]
    torch.testing.assert_close(found, torch.tensor([[-1.4, -0.2], [0.2, 1.4]]))
