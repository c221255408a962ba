"""Lesson 06's two explorers over all their states, what its text states, and its checks on other solutions."""

import itertools
import re

import numpy as np
import pytest
import torch
from PIL import ImageColor
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.figures import COLOURS, picture_panel
from course_lib.layers import timestep_embedding
from course_lib.lessons import anatomy, broken_unet, u_shapes, unet_exercises
from course_lib.lessons import lesson_06 as lesson
from course_lib.models import UNet, UNet2015

CELLS = list(itertools.product(range(lesson.ROWS), range(lesson.COLUMNS)))
UPPER, LOWER = ("conv_in", "down_0"), ("halved", "down_1")


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
    assert f"{numbers:,} learned numbers (" in drawing.sentence


def test_the_frame_marks_the_chosen_cell_and_nothing_else_of_the_us_moves():
    first, second = lesson.draw_blocks(2, 0), lesson.draw_blocks(2, 3)
    left, top, width, height = first.grid
    changed = (first.pixels != second.pixels).any(axis=2)[top : top + height, left : left + width]
    rows, columns = np.nonzero(changed)
    cell = width // lesson.COLUMNS, height // lesson.ROWS
    assert set(rows // cell[1]) == {2} and set(columns // cell[0]) == {0, 3}


def in_colour(pixels, colour):
    """How many of the pixels (N, 3) have this colour."""
    return int((pixels == ImageColor.getrgb(colour)).all(axis=-1).sum())


def test_bars_and_square_are_as_long_as_what_they_stand_for():
    """A bar of 35 % would be as long as its cell is inside; the square is to its frame as the reach to the input."""
    drawing = lesson.draw_blocks(2, 3)
    left, top, width, height = drawing.grid
    wide, high = width // lesson.COLUMNS, height // lesson.ROWS
    blocks = lesson.stable_diffusion()
    for row, column, name in ((1, 5, "up_blocks.3"), (3, 5, "up_blocks.1"), (3, 3, "down_blocks.2")):
        inside = drawing.pixels[top + row * high :, left + column * wide + 8 : left + (column + 1) * wide - 8]
        for part, line, colour in (("numbers", 40, COLOURS["ink"]), ("work", 45, u_shapes._GREY)):
            share = getattr(blocks[name], part) / sum(getattr(block, part) for block in blocks.values())
            assert in_colour(inside[line], colour) == pytest.approx((wide - 24) * share / 0.35, abs=1.5)
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
        (lesson.first_u_net(), UNet2015, [(1, 1, 572, 572)]),
        (lesson.stable_diffusion(), UNet, [(1, 4, 64, 64), (1,), (1, 77, 768)]),
    ]:
        with torch.device("meta"):
            whole, inputs = network(), [torch.empty(shape) for shape in inputs]
        assert sum(block.numbers for block in blocks.values()) == sum(p.numel() for p in whole.parameters())
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            whole(*inputs)
        assert 2 * sum(block.work for block in blocks.values()) == counter.get_total_flops()


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
    for blocks, old in ((lesson.first_u_net(), True), (lesson.stable_diffusion(), False)):
        for name, sees in intervals(old).items():
            assert blocks[name].sees == sees, name
    assert lesson.first_u_net()["conv_out"].sees == 204
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
    assert all(table[0] == b.shape_out[0] for b in lesson.first_u_net().values() for table in b.kept)
    assert u_shapes.at(3, 5)[2] == "up_blocks.1" and u_shapes.at(1, 5)[2] == "up_blocks.3"


def test_numbers_on_paper():
    with torch.device("meta"):
        first, unet = UNet2015(), UNet()

    def learned(part):
        return sum(parameter.numel() for parameter in part.parameters())

    assert (learned(first.down_blocks[0].conv1), learned(first.down_blocks[0].conv2)) == (640, 36_928)
    block = unet.down_blocks[0].resnets[0]
    parts = [learned(getattr(block, name)) for name in ("norm1", "conv1", "time_emb_proj", "norm2", "conv2")]
    assert parts == [640, 921_920, 409_920, 640, 921_920] and learned(block) == 2_255_040
    assert learned(unet.down_blocks[0].attentions[0]) == 20 * 320**2 + 1557 * 320 == 2_546_240
    assert learned(unet.down_blocks[0]) == 2 * 2_255_040 + 2 * 2_546_240 + 921_920 == 10_524_480
    assert timestep_embedding(torch.tensor([1]), width=4)[0].tolist() == pytest.approx(
        [0.5403, 0.99995, 0.8415, 0.01], abs=5e-5
    )
    slowest = timestep_embedding(torch.tensor([1.0]), width=320)[0, 319].item()
    assert slowest == pytest.approx(1e-4, rel=0.1)


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
            assert (0.1 < far < 0.67 and 1e-4 < outside.max() / gradient.max() < 0.1) if whole else far == 0


SKIPS = list(itertools.product([True, False], repeat=4))


@pytest.mark.parametrize("picture", lesson.PICTURES)
def test_every_state_of_the_damage_is_drawn(picture):
    shapes = set()
    for index, skips in enumerate(SKIPS):
        t, told = (0, 37, 500, 999)[index % 4], (999, 500, 0, 3)[index // 4]
        drawing = lesson.draw_damage(picture, t, told, **dict(zip(lesson.SKIPS, skips, strict=True)))
        shapes.add(drawing.pixels.shape)
        assert f"Noise of step {t}, told {told}, " in drawing.sentence
        assert ("all skips there" in drawing.sentence) == all(skips)
    assert len(shapes) == 1, "the drawing jumps in size"


def test_sliders_over_all_their_values():
    for step in [*range(0, 1000, 71), 999]:
        for t, told in ((step, 500), (500, step)):
            assert lesson.draw_damage("panda", t, told).sentence.startswith(f"Noise of step {t}, told {told}")


def test_an_undamaged_network_is_off_by_the_same_twice():
    sentence = lesson.draw_damage("rocket", 300, 300).sentence
    whole, damaged = re.search(r"error is ([0-9.]+); undamaged it is ([0-9.]+)\.", sentence).groups()
    assert whole == damaged


def test_the_last_picture_is_the_damaged_guess():
    drawing = lesson.draw_damage("panda", 500, 200, conv_in=False)
    guessed, error = lesson.guess("panda", 500, 200, ["conv_in"])
    panel = picture_panel(lesson.model().decode(guessed)[0], 160, f"damaged, off by {error:.2f}")
    off = np.abs(drawing.pixels[:, -panel.shape[1] :].astype(int) - panel)
    assert off.max() <= 1


def test_nothing_of_the_damage_stays():
    before = lesson.guess("panda", 500)[1]
    with pytest.raises(RuntimeError, match="in the middle"), lesson.without_skips(lesson.model().unet, lesson.SKIPS):
        raise RuntimeError("in the middle")
    assert lesson.guess("panda", 500, removed=UPPER)[1] != before
    assert lesson.guess("panda", 500)[1] == before


def test_without_skips_is_a_network_that_reads_zeros():
    """The same by another way: the kept channels are zeros where each residual block on the way up reads them."""
    import copy

    model = lesson.model()
    latent, _, states = lesson.example("panda")
    with torch.no_grad(), lesson.without_skips(model.unet, lesson.SKIPS):
        removed = model.unet(latent, 500, states)
    unet = copy.deepcopy(model.unet)
    for block in unet.up_blocks:
        for resnet in block.resnets:
            own = resnet.conv1.in_channels - (128 if block is unet.up_blocks[0] and resnet is block.resnets[0] else 64)
            zero = torch.ones(resnet.conv1.in_channels)
            zero[own:] = 0
            resnet.register_forward_pre_hook(lambda m, given, zero=zero: (given[0] * zero[:, None, None], *given[1:]))
    with torch.no_grad():
        torch.testing.assert_close(unet(latent, 500, states), removed)


def test_the_upper_skips_carry_the_noise_and_the_lower_ones_little():
    for t in (300, 500, 700):
        errors = {
            name: sum(lesson.guess(picture, t, removed=removed)[1] for picture in lesson.PICTURES)
            for name, removed in {"all": (), "upper": UPPER, "lower": LOWER}.items()
        }
        assert errors["upper"] > 1.25 * errors["all"]
        assert errors["lower"] - errors["all"] < (errors["upper"] - errors["all"]) / 2
        assert lesson.mix(t)[0] > 0.12
        assert abs(lesson.mix(t, removed=UPPER)[0]) < 0.1
        assert lesson.mix(t, removed=LOWER)[0] > 0.8 * lesson.mix(t)[0]
    assert lesson.mix(500)[0] > 0.25 and abs(lesson.mix(500, removed=UPPER)[0]) < 0.05


def test_it_is_best_told_the_truth():
    told_steps = range(0, 1000, 37)
    for t in (200, 500, 800):
        off = [sum(lesson.guess(picture, t, told)[1] for picture in lesson.PICTURES) for told in told_steps]
        best = told_steps[int(np.argmin(off))]
        assert abs(best - t) <= 150
        assert off[0] > 1.8 * min(off) and off[-1] > 1.01 * min(off)


def test_the_answer_follows_what_it_is_told():
    mixes = [lesson.mix(500, told) for told in (0, 250, 500, 750, 999)]
    noise = [of_noise for of_noise, _ in mixes]
    assert noise == sorted(noise, reverse=True) and noise[0] > 0.6 and abs(noise[-1]) < 0.15
    assert abs(mixes[0][1]) < 0.15 and min(of_picture for _, of_picture in mixes) < -0.5
    alpha_bar = lesson.model().table.alphas_cumprod[500].item()
    assert (round(alpha_bar**0.5, 2), round((1 - alpha_bar) ** 0.5, 2)) == (0.53, 0.85)
    assert lesson.model().prediction == "v"


def test_bad_input_to_the_damage_is_refused():
    with pytest.raises(ValueError, match="told must be a step from 0 to 999; got 1000"):
        lesson.draw_damage("panda", 500, 1000)
    with pytest.raises(ValueError, match="t must be a whole number"):
        lesson.draw_damage("panda", -1, 0)
    with pytest.raises(ValueError, match="unknown picture 'zebra'"):
        lesson.draw_damage("zebra", 500, 500)
    with pytest.raises(ValueError, match="unknown skip 'up'"), lesson.without_skips(lesson.model().unet, ["up"]):
        pass
    with torch.device("meta"):
        large = UNet()
    with pytest.raises(ValueError, match="with 4 skips is expected; got one with 12"), lesson.without_skips(large, []):
        pass
    with pytest.raises(ValueError, match="must have the 4 axes"):
        lesson.as_picture(torch.zeros(3, 8, 8))


def test_training_without_skips_is_a_blur():
    """At least twice the error, no better than the noise itself, and as many learned numbers."""
    clean, noisy = lesson.noisy_pictures(held_out=True)
    networks = {skips: lesson.train(skips) for skips in (True, False)}
    learned = {sum(p.numel() for p in network.parameters()) for network in networks.values()}
    assert len(learned) == 1
    bottom = lesson.outputs(networks[True], ["middle"], clean)["middle"]
    assert bottom[0].numel() == clean[0].numel() == 3072 and bottom.shape[1:] == (48, 8, 8)
    off = {skips: (network(noisy) - clean).square().mean().item() for skips, network in networks.items()}
    left = (noisy - clean).square().mean().item()
    assert left == pytest.approx(0.04, abs=0.002)
    assert off[True] < 0.6 * left and off[False] > 2 * off[True] and off[False] > 0.9 * left


def test_with_much_noise_the_skips_matter_less():
    clean, noisy = lesson.noisy_pictures(held_out=True, sigma=1.0)
    with_skips, without = ((lesson.train(skips, sigma=1.0)(noisy) - clean).square().mean() for skips in (True, False))
    assert without < 1.5 * with_skips


def test_training_starts_from_the_same_numbers_and_leaves_the_global_seed_alone():
    state = torch.get_rng_state()
    first, second = (lesson.train(skips, steps=0) for skips in (True, False))
    assert torch.equal(state, torch.get_rng_state())
    for name, weight in first.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name])
    held, seen = lesson.noisy_pictures(held_out=True)[0], lesson.noisy_pictures(held_out=False)[0]
    assert (len(held), len(held) + len(seen)) == (16, 256)


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
            h = block(changes.get("join", lambda h, k: torch.cat([h, k], dim=1))(h, kept[name]), time)
        return blocks.conv_out(h)

    return answer


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (wrong(order=("h0", "h1")), "wrong order"),
        (wrong(order=("h1", "h1")), "The same table is put beside twice"),
        (wrong(order=("small", "h0")), "The sizes do not fit"),
        (wrong(join=lambda h, k: h + k), "The kept table is added"),
        (wrong(join=lambda h, k: torch.cat([k, h], dim=1)), "Beside in the other order"),
        (wrong(join=lambda h, k: torch.cat([h, k], dim=3)), "below one another"),
        (wrong(join=lambda h, k: h), "There is no skip"),
        (wrong(join=lambda h, k: k), "What comes from below is lost"),
    ],
)
def test_what_learners_write_is_recognised(answer, says):
    assert says in lesson.check_unet.verdict(answer)


def test_the_checks_take_other_ways_of_writing_it():
    assert lesson.check_unet.verdict(with_names) == "[OK] my_unet is right."
    assert lesson.check_unet.verdict(wrong()) == "[OK] my_unet is right."
    assert lesson.check_reads.verdict(torch.tensor(lesson.reads())) == "[OK] your list is right."
    assert lesson.check_total.verdict(torch.tensor(859_520_964)) == "[OK] the count is right."
    assert lesson.check_total.verdict(859_520_965).startswith("[not yet] the count is not 859520965.")
    assert "four rows of three" in lesson.check_reads.verdict([2560])


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


def test_the_forward_that_the_lesson_prints_is_there():
    import inspect

    lines = inspect.getsource(UNet2015.forward).split("kept = []")[1]
    assert "kept.append(x)" in lines and "kept.pop()" in lines and len(lines.splitlines()) < 12


def test_measuring_leaves_no_hooks_behind():
    network = nn.Sequential(nn.Conv2d(1, 1, 3))
    anatomy.measure(network, ["0"], torch.zeros(1, 1, 5, 5), sees={})
    anatomy.outputs(network, ["0"], torch.zeros(1, 1, 5, 5))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert not any(module._forward_pre_hooks for module in broken_unet.model().unet.modules())
