"""Lesson 06's damaged U-Net over all its states, the two small trainings, and what the text states about both."""

import copy
import itertools
import re

import numpy as np
import pytest
import torch

from course_lib.figures import picture_panel
from course_lib.lessons import lesson_06 as lesson
from course_lib.lessons.lesson_06 import broken_unet
from course_lib.models import UNet
from course_lib.pipeline import text_to_image

UPPER, LOWER = ("conv_in", "down_0"), ("halved", "down_1")
SKIPS = list(itertools.product([True, False], repeat=4))


@pytest.mark.parametrize("picture", lesson.PICTURES)
def test_every_state_of_the_damage_is_drawn(picture):
    shapes = set()
    for index, skips in enumerate(SKIPS):
        t, told = (0, 37, 500, 999)[index % 4], (999, 500, 0, 3)[index // 4]
        drawing = lesson.draw_damage(picture, t, told, **dict(zip(lesson.SKIPS, skips, strict=True)))
        shapes.add(drawing.pixels.shape)
        assert f"Noise of timestep {t}, told {told}, " in drawing.sentence
        assert ("all skips there" in drawing.sentence) == all(skips)
    assert len(shapes) == 1, "the drawing jumps in size"


def test_sliders_over_all_their_values():
    for step in [*range(0, 1000, 71), 999]:
        for t, told in ((step, 500), (500, step)):
            assert lesson.draw_damage("panda", t, told).sentence.startswith(f"Noise of timestep {t}, told {told}")


def test_an_undamaged_network_is_off_by_the_same_twice():
    for drawing in (lesson.draw_damage("rocket", 300, 300), lesson.draw_damage("rocket", 300, conv_in=True)):
        changed, whole = re.search(r"error is ([0-9.]+); of the U-Net as it is, ([0-9.]+)\.", drawing.sentence).groups()
        assert whole == changed


def test_the_words_say_what_is_changed_and_nothing_else():
    told, damaged = lesson.draw_damage("panda", 500, 0), lesson.draw_damage("panda", 500, conv_in=False)
    assert told.sentence.startswith("Noise of timestep 500, told 0: ")
    assert damaged.sentence.startswith("Noise of timestep 500, without conv_in: ")


def test_the_last_picture_is_the_damaged_guess():
    drawing = lesson.draw_damage("panda", 500, 200, conv_in=False)
    guessed, error = lesson.guess("panda", 500, 200, ["conv_in"])
    panel = picture_panel(lesson.model().decode(guessed)[0], 160, f"damaged, error {error:.2f}")
    off = np.abs(drawing.pixels[:, -panel.shape[1] :].astype(int) - panel)
    assert off.max() <= 1


def test_nothing_of_the_damage_stays():
    before = lesson.guess("panda", 500)[1]
    with pytest.raises(RuntimeError, match="in the middle"), lesson.without_skips(lesson.model().unet, lesson.SKIPS):
        raise RuntimeError("in the middle")
    assert lesson.guess("panda", 500, removed=UPPER)[1] != before
    assert lesson.guess("panda", 500)[1] == before
    assert not any(module._forward_pre_hooks for module in lesson.model().unet.modules())


def test_without_skips_is_a_network_that_reads_zeros():
    """The same by another way: the kept channels are zeros where each residual block on the way up reads them."""
    model = lesson.model()
    latent, _, states = broken_unet.example("panda")
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
        assert errors["upper"] > 1.1 * errors["all"]
        assert errors["lower"] - errors["all"] < (errors["upper"] - errors["all"]) / 2
        assert lesson.mix(t)[0] > 0.12
        assert abs(lesson.mix(t, removed=UPPER)[0]) < 0.1
        assert lesson.mix(t, removed=LOWER)[0] > 0.8 * lesson.mix(t)[0]
    assert lesson.mix(500)[0] > 0.25 and abs(lesson.mix(500, removed=UPPER)[0]) < 0.05


def test_one_upper_skip_carries_the_noise_and_the_other_a_part_of_the_picture():
    whole = lesson.mix(500)
    alone = {name: lesson.mix(500, removed=[name]) for name in lesson.SKIPS}
    assert abs(alone["conv_in"][0]) < 0.1 * whole[0] and alone["conv_in"][1] < 0.7 * whole[1]
    assert alone["down_0"][0] > 0.8 * whole[0] and alone["down_0"][1] > 0.8 * whole[1]
    for name in LOWER:
        assert alone[name] == pytest.approx(whole, abs=0.05)
    off = {
        name: sum(lesson.guess(picture, 500, removed=removed)[1] for picture in lesson.PICTURES)
        for name, removed in {"all": [], **{name: [name] for name in lesson.SKIPS}}.items()
    }
    rises = {name: off[name] - off["all"] for name in lesson.SKIPS}
    assert min(rises[name] for name in UPPER) > 2 * max(rises[name] for name in LOWER)
    noise, picture = lesson.mix(500, removed=UPPER)
    assert abs(noise) < 0.05 and picture < 0.8 * whole[1], "what is large still comes from below"


def test_a_step_that_is_not_given_is_told_truly():
    without, with_it = (lesson.draw_damage("panda", 400, told, conv_in=False).sentence for told in (None, 400))
    assert without == with_it.replace("told 400, ", "")
    assert lesson.draw_damage("panda", 400).sentence.startswith("Noise of timestep 400, nothing changed: ")


def test_told_too_little_costs_most_and_told_more_than_the_truth_a_little_less_than_the_truth():
    told_steps = range(0, 1000, 37)
    for t in (200, 500, 800):
        off = [sum(lesson.guess(picture, t, told)[1] for picture in lesson.PICTURES) for told in told_steps]
        truth = sum(lesson.guess(picture, t, t)[1] for picture in lesson.PICTURES)
        assert truth < 1.3 * min(off)
        assert all(error < truth for told, error in zip(told_steps, off, strict=True) if told > t)
        if t == 200:
            assert max(off) < 1.5 * min(off), "what is told changes little"
        else:
            assert off[0] == max(off) > 1.8 * min(off), "told 0 is the worst by far"
            up_to_truth = [error for told, error in zip(told_steps, off, strict=True) if told <= t]
            assert up_to_truth == sorted(up_to_truth, reverse=True)
            assert off[-1] > 0.8 * truth, "more than the truth: hardly any change"
    v_counts = [(1 - lesson.model().table.alphas_cumprod[t].item()) ** 0.5 for t in (200, 500, 800)]
    assert v_counts[0] < 0.6 * v_counts[1] < v_counts[2]


def test_the_answer_follows_what_it_is_told():
    mixes = [lesson.mix(500, told) for told in (0, 250, 500, 750, 999)]
    noise = [of_noise for of_noise, _ in mixes]
    assert noise == sorted(noise, reverse=True) and noise[0] > 0.6 and abs(noise[-1]) < 0.15
    picture = [of_picture for _, of_picture in mixes]
    assert picture == sorted(picture, reverse=True) and abs(picture[0]) < 0.15 and abs(picture[-1] + 0.5) < 0.1
    alpha_bar = lesson.model().table.alphas_cumprod[500].item()
    assert (round(alpha_bar**0.5, 2), round((1 - alpha_bar) ** 0.5, 2)) == (0.53, 0.85)
    assert lesson.model().prediction == "v"


def test_the_highest_noise_level_is_the_last_step_and_the_small_blocks_have_their_places():
    table = lesson.model().table
    assert round(float(table.timestep(table.sigma_max))) == 999
    names = dict(lesson.model().unet.named_modules())
    same_place = {"down_blocks.0": "down_blocks.0", "down_blocks.1": "down_blocks.3"}
    same_place |= {"up_blocks.0": "up_blocks.0", "up_blocks.1": "up_blocks.3"}
    with torch.device("meta"):
        large = dict(UNet().named_modules())
    for small, own in same_place.items():  # alike in that they halve or double, or do not
        for layer in ("downsamplers.0", "upsamplers.0"):
            assert (f"{small}.{layer}" in names) == (f"{own}.{layer}" in large)


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
    """At least twice the error, worse than the noise itself, and as many parameters."""
    clean, noisy = lesson.noisy_pictures(held_out=True)
    networks = {skips: lesson.train(skips) for skips in (True, False)}
    learned = {sum(p.numel() for p in network.parameters()) for network in networks.values()}
    assert len(learned) == 1
    bottom = lesson.outputs(networks[True], ["middle"], clean)["middle"]
    assert bottom[0].numel() == clean[0].numel() == 3072 and bottom.shape[1:] == (48, 8, 8)
    off = {skips: (network(noisy) - clean).square().mean().item() for skips, network in networks.items()}
    left = (noisy - clean).square().mean().item()
    assert left == pytest.approx(0.04, abs=0.002)
    assert off[True] < 0.6 * left and off[False] > 2 * off[True] and off[False] > left


def test_without_skips_it_only_learns_more_slowly():
    clean, noisy = lesson.noisy_pictures(held_out=True)
    networks = {skips: lesson.train(skips=skips, steps=300) for skips in (True, False)}
    off = {skips: (network(noisy) - clean).square().mean().item() for skips, network in networks.items()}
    assert off[False] == pytest.approx(0.022, abs=0.003) and off[True] == pytest.approx(0.011, abs=0.002)


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


def test_what_is_printed_of_the_skips_is_not_near_a_rounding_border():
    for removed in ([], UPPER, LOWER, ["conv_in"], ["down_0"]):
        noise, picture = lesson.mix(500, removed=removed)
        assert abs(10 * noise % 1 - 0.5) > 0.02 and abs(100 * picture % 1 - 0.5) > 0.02, (removed, noise, picture)
    whole, without = (lesson.mix(500, removed=removed)[1] for removed in ([], ["down_0"]))
    assert 0.1 < 1 - without / whole < 0.6, "a part of the picture"


def test_the_questions_beside_the_explorers_have_these_answers():
    off = {name: lesson.guess("panda", 500, removed=[name])[1] for name in UPPER}
    assert off["conv_in"] > off["down_0"] > lesson.guess("panda", 500)[1]
    for picture in lesson.PICTURES:
        whole, no_conv_in, no_down_0 = (
            lesson.guess(picture, 900, removed=cut)[1] for cut in ([], ["conv_in"], ["down_0"])
        )
        assert abs(no_conv_in - whole) < 0.04, "hardly matters"
        assert (no_down_0 < whole - 0.02) == (picture != "panda"), "the error even falls"
    told_0, told_999 = (lesson.guess("panda", 500, told)[1] for told in (0, 999))
    assert told_0 > 1.7 * told_999 and 0.85 < told_999 / lesson.guess("panda", 500)[1] < 1


def test_one_damaged_call_of_twenty_hardly_changes_the_picture():
    """Without the upper skips in all twenty, blotches, and shapes that are too dark; in only one, next to nothing."""
    model, calls = lesson.model(), []
    forward = model.unet.forward

    def painted():
        calls.clear()
        return text_to_image(model, "a red circle above a blue square", seed=1).image.astype(float)

    def sometimes(*given, **options):
        calls.append(None)
        with lesson.without_skips(model.unet, UPPER if len(calls) - 1 in damaged else ()):
            return forward(*given, **options)

    whole, off = painted(), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model.unet, "forward", sometimes)
        for damaged in (range(20), *(range(call, call + 1) for call in range(20))):
            picture = painted()
            assert len(calls) == 20
            off[damaged] = np.square(picture - whole).mean()
            if len(damaged) == 20:
                shapes = whole.mean(axis=2) < 230
                assert picture[shapes].mean() < 0.95 * whole[shapes].mean(), "too dark"
    assert max(change for damaged, change in off.items() if len(damaged) == 1) < 0.02 * off[range(20)]


def test_the_small_u_has_the_shapes_that_its_figure_states():
    model = lesson.model()
    names = ["conv_in", "down_blocks.0.attentions.0", "down_blocks.0", "down_blocks.1", "mid_block"]
    names += [f"up_blocks.{level}.resnets.{block}" for level in (0, 1) for block in (0, 1)]
    latent, _, states = broken_unet.example("panda")
    with torch.no_grad():
        found = lesson.outputs(model.unet, names, latent, torch.tensor(500), states)
    shapes = [tuple(found[name].shape[1:]) for name in names]
    upper, low = [(64, 8, 8)] * 2, [(128, 4, 4)] * 2
    assert shapes == [*upper, (64, 4, 4), (128, 4, 4), (128, 4, 4), *low, *upper]
    assert "halved of 64 × 4 × 4" in lesson.draw_small_u().alt and "plus the time" in lesson.draw_residual().alt


def test_the_error_has_the_scale_that_the_text_says():
    """Zeros everywhere cost about 1; at 500 the whole U-Net stays far from 0; at 900 v holds 0.12 of the noise."""
    for picture in lesson.PICTURES:
        assert 0.7 < broken_unet.example(picture)[0].square().mean() < 1.3
        assert 0.15 < lesson.guess(picture, 500)[1] < 1
    assert round(lesson.model().table.alphas_cumprod[900].item() ** 0.5, 2) == 0.12


def test_a_lie_leaves_noise_over():
    """Told 0, the guess by the true step's formula holds noise that the truth would have taken out."""
    alpha_bar = lesson.model().table.alphas_cumprod[500].item()
    signal, share = alpha_bar**0.5, (1 - alpha_bar) ** 0.5
    parts = {}
    for told in (0, 500, 999):
        noise, picture = lesson.mix(500, told)
        parts[told] = signal * share - share * noise, signal**2 - share * picture
    assert 1.8 < 1 - parts[0][0] / (signal * share) < 2.2, "told 0, about twice the noise there is is taken away"
    assert [round(part, 1) for part in parts[999]] == [0.4, 0.7], "told 999, noise is left, and more of the picture"
    assert abs(parts[500][0]) < 0.05 and round(parts[500][1], 1) == 0.6, "told the truth, next to no noise"


def test_told_more_the_guess_holds_less_that_is_neither_picture_nor_noise():
    """That just outweighs the noise that stays and the picture that is gained, in the error."""
    rest, whole = {500: [], 999: []}, {500: [], 999: []}
    for name in lesson.PICTURES:
        latent, noise, _ = broken_unet.example(name)
        both = torch.stack([noise.flatten(), latent.flatten()], dim=1)
        for told in rest:
            guessed, error = lesson.guess(name, 500, told)
            known = both @ torch.linalg.lstsq(both, guessed.flatten()[:, None]).solution
            rest[told].append((guessed.flatten() - known[:, 0]).square().mean().item())
            whole[told].append(error)
    mean = {told: (sum(rest[told]) / len(rest[told]), sum(whole[told]) / len(whole[told])) for told in rest}
    assert mean[999][0] < 0.9 * mean[500][0]
    assert 0.9 * mean[500][1] < mean[999][1] < mean[500][1], "only just"
