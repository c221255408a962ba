"""Lesson 07's explorers over all their states, what its text says of the small model, its counts, and its checks."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from PIL import ImageColor

from course_lib import figures
from course_lib.layers import attention
from course_lib.lessons import heat_maps
from course_lib.lessons import lesson_07 as lesson
from course_lib.models import load, outline, untrained
from course_lib.models.model import configs_of
from course_lib.models.sources import find

PROMPT = "a red circle above a blue square"
COLOURS = ("red", "green", "yellow", "orange", "purple", "black")


@pytest.fixture(scope="module")
def model():
    return load("small-stable-diffusion")


@pytest.fixture(scope="module")
def runs(model):
    return {colour: lesson.watch(model, PROMPT.replace("red", colour), seed=2) for colour in COLOURS}


@pytest.fixture(scope="module")
def seen(runs):
    return runs["red"]


@pytest.fixture(scope="module")
def maps(seen):
    """The words' weights in the mean of the layers of 8 x 8: (steps, 8, 8, places)."""
    return seen.looks("words", seen.layers[0])


def upper(heat):
    """The share of a map (8, 8) that lies in the upper half."""
    return float(heat[:4].sum() / heat.sum())


def test_every_state_of_the_words_explorer_can_be_drawn(seen):
    states = list(itertools.product(seen.places, seen.layers, seen.heads, (1, 20)))
    states += [("red", seen.layers[0], seen.heads[0], step) for step in range(1, 21)]
    sentences, shapes = set(), set()
    for word, layer, head, step in states:
        drawing = lesson.draw_word(seen, word, layer, head, step)
        assert drawing.pixels.dtype.name == "uint8"
        assert drawing.sentence.startswith(f'Step {step} of 20, {layer}, head: {head}. The weights of "{word}"')
        shapes.add(drawing.pixels.shape)
        sentences.add(drawing.sentence)
    assert len(shapes) == 1, "the drawing jumps in size"
    assert len(sentences) == len(set(states))


def test_every_state_of_the_pixel_explorer_can_be_drawn(seen):
    cells = itertools.product(range(8), repeat=2)
    states = [(seen.layers[0], seen.heads[0], 20, *cell) for cell in cells]
    states += list(itertools.product(seen.layers, seen.heads, (1, 11, 20), (0, 7), (3,)))
    states += [(seen.layers[-1], seen.heads[-1], step, 7, 7) for step in range(1, 21)]
    shapes, grids = set(), set()
    for state in states:
        drawing = lesson.draw_pixel(seen, *state)
        shapes.add(drawing.pixels.shape)
        grids.add(drawing.grid)
        assert drawing.sentence.startswith(f"Step {state[2]} of 20, {state[0]}, head: {state[1]}. Pixel at row")
    assert len(shapes) == len(grids) == 1, "the drawing, or its cursor's place, jumps"


def test_the_cursor_lies_on_the_picture(seen):
    """What changes on the left panel when the frame moves, changes inside the grid, and at the frame's cells."""
    first, second = (lesson.draw_pixel(seen, seen.layers[0], seen.heads[0], 20, row, 1) for row in (0, 7))
    left, top, width, height = first.grid
    changed = (first.pixels[: top + height, : left + width] != second.pixels[: top + height, : left + width]).any(
        axis=2
    )
    rows, columns = changed.nonzero()
    cell = width // 8
    assert top - 3 <= rows.min() <= top + 3 and top + height - 4 <= rows.max() <= top + height
    assert left + cell - 4 <= columns.min() and columns.max() <= left + 2 * cell + 3
    assert (width, height) == (192, 192)


def test_every_state_of_the_swap_can_be_drawn(runs):
    shapes = set()
    for word, step in itertools.product(COLOURS, range(1, 21)):
        drawing = lesson.draw_swap(runs, "red", word, step)
        shapes.add(drawing.pixels.shape)
        assert drawing.sentence.startswith(f"Step {step} of 20.")
        assert ("nothing changes" in drawing.sentence) == (word == "red")
    assert len(shapes) == 1


def test_nonsense_is_refused_in_words(seen, runs):
    good = {"word": "red", "layer": seen.layers[0], "head": "1", "step": 3}
    for name, value, words in [
        ("word", "rde", "unknown word 'rde'; did you mean red"),
        ("layer", "up 9z", "unknown layer 'up 9z'"),
        ("head", "5", "unknown head '5'"),
        ("step", 0, "step must be a whole number, at least 1; got 0"),
        ("step", 21, "step must be a number in [1, 20]; got 21"),
        ("step", 2.5, "step must be a whole number"),
    ]:
        with pytest.raises(ValueError) as refused:
            lesson.draw_word(seen, **(good | {name: value}))
        assert words in str(refused.value)
    with pytest.raises(ValueError, match=r"row must be a number in \[0, 7\]; got 8"):
        lesson.draw_pixel(seen, seen.layers[0], "1", 3, 8, 0)
    with pytest.raises(ValueError, match="unknown word 'pink'"):
        lesson.draw_swap(runs, "red", "pink", 3)
    with pytest.raises(ValueError, match="unknown kind of attention"):
        seen.looks("letters", seen.layers[0])


def test_watching_changes_no_picture(model, seen):
    """The same as `text_to_image` without any recorder."""
    from course_lib.pipeline import text_to_image

    painted = text_to_image(model, PROMPT, seed=2)
    last = ((seen.pictures[-1] + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    assert (last == painted.image).all()


def test_what_is_shown_are_the_recorded_weights(seen):
    """Rows sum to 1, also where end places are added up; a head and a layer are picked out, and a mean is a mean."""
    for layer, head in itertools.product(seen.layers, seen.heads):
        for kind in ("words", "pixels"):
            rows = seen.looks(kind, layer, head).sum(dim=-1)
            torch.testing.assert_close(rows, torch.ones_like(rows))
    name = seen.layers[-1]
    torch.testing.assert_close(seen.looks("words", name, "2"), seen.words[name][:, 1])
    large = [weights for name, weights in seen.pixels.items() if name.endswith("8 x 8")]
    assert len(large) == 3
    torch.testing.assert_close(seen.looks("pixels", seen.layers[0]), torch.stack(large).mean(dim=(0, 2)))
    assert len(seen.places) == 9 and seen.places[2] == "red" and seen.places[5] == "a (2)"


def test_a_map_is_black_for_0_and_white_for_its_largest_weight():
    panel = heat_maps.heat_panel(torch.tensor([[0.0, 0.1], [0.2, 0.4]]), "")
    assert [panel[row, column, 0] for row in (48, 144) for column in (48, 144)] == [0, 64, 128, 255]


def test_the_map_of_a_word_is_drawn_beside_the_guess(seen, maps):
    drawing = lesson.draw_word(seen, "blue", seen.layers[0], seen.heads[0], 7)
    panel = heat_maps.heat_panel(maps[6, ..., seen.places.index("blue")], 'map of "blue"')
    high, wide, _ = panel.shape
    assert (drawing.pixels[:high, wide + 16 : 2 * wide + 16] == panel).all()


def test_a_bar_is_as_long_as_its_share():
    panel = heat_maps.bars_panel(["a", "b"], torch.tensor([0.25, 0.75]), "b", "")
    for line, share, colour in ((4, 0.25, "grid"), (23, 0.75, "ink")):
        bar = (panel[line, 96 : 97 + int(420 * share)] == ImageColor.getrgb(figures.COLOURS[colour])).all(axis=-1)
        assert bar.all()
        assert (panel[line, 98 + int(420 * share) : 101 + int(420 * share)] == 255).all()


@pytest.mark.parametrize(("cell", "own"), [((7, 0), (3, 0)), ((2, 3), (1, 1)), ((4, 5), (2, 2))])
def test_in_a_smaller_layer_the_pixel_that_holds_the_place_is_framed(seen, cell, own):
    layer = "middle, 4 x 4"
    drawing = lesson.draw_pixel(seen, layer, seen.heads[0], 20, *cell)
    row, column = divmod(int(seen.looks("pixels", layer)[-1][own].argmax()), 4)
    word = seen.places[1 + int(seen.looks("words", layer)[-1][own][1:-1].argmax())]
    assert f"Pixel at row {own[0]}, column {own[1]} looks most at row {row}, column {column} (" in drawing.sentence
    assert f'of the words at "{word}"' in drawing.sentence


def test_the_swap_looks_at_the_steps_so_far(runs, maps, seen):
    for step in (3, 12, 20):
        heat = maps[:step, ..., seen.places.index("red")].mean(dim=0)
        share = lesson.share_in_top_quarter(lesson.change(seen, runs["black"], step), heat)
        assert f"holds {100 * share:.0f} % of the change" in lesson.draw_swap(runs, "red", "black", step).sentence


def test_the_map_through_which_the_picture_is_seen():
    picture, heat = torch.rand(3, 8, 8), torch.tensor([[1.0, 0.0], [0.5, 0.25]])
    lit = heat_maps.through(picture, heat)
    torch.testing.assert_close(lit[:, :4, :4], picture[:, :4, :4])
    assert (lit[:, :4, 4:] == -1).all()
    torch.testing.assert_close(lit[:, 4:, :4] + 1, (picture[:, 4:, :4] + 1) / 2)


def test_a_share_in_the_top_quarter():
    heat = torch.arange(16.0).reshape(4, 4)
    assert heat_maps.share_in_top_quarter(torch.ones(4, 4), heat) == 0.25
    assert heat_maps.share_in_top_quarter((heat == 15).float(), heat) == 1
    assert heat_maps.share_in_top_quarter((heat == 3).float(), heat) == 0


# What the text says of the small model's maps


def test_colour_words_find_their_place_and_more_sharply_at_the_end(maps, seen):
    red, blue, circle, square = (maps[..., seen.places.index(word)] for word in ("red", "blue", "circle", "square"))
    assert upper(red[-1]) > 0.65 and upper(blue[-1]) < 0.35
    assert upper(red[0]) > 0.52 and upper(blue[0]) < 0.48, "vaguely so at the first step already"
    assert upper(red[-1]) > upper(red[0]) + 0.08 and upper(blue[-1]) < upper(blue[0]) - 0.08
    assert upper(red[-1]) - upper(blue[-1]) > upper(circle[-1]) - upper(square[-1]) + 0.15, (
        "circle and square are less clear"
    )


def test_most_of_the_looking_goes_to_the_marks(maps):
    share = maps.mean(dim=(0, 1, 2))
    assert share[0] + share[-1] > 0.53
    assert share[0] + share[-1] > 1.15 * share[1:-1].sum()
    assert min(share[0], share[-1]) > share[1:-1].max(), "each mark is looked at more than any word"


def test_the_begin_mark_knows_nothing_of_the_prompt(model):
    one, other = model.encode_text([PROMPT, "a panda on a blue background"])
    assert torch.equal(one[0], other[0])
    assert (one[-1] - other[-1]).abs().max() > 0.05
    assert torch.equal(one[1], other[1]), "both begin with 'a', and no word sees what comes after it"
    assert not torch.allclose(one[2], other[2])


def test_layers_differ_and_one_head_does_most_for_red(seen):
    red = seen.places.index("red")
    sharpness = {
        name: upper(seen.looks("words", name)[-1][..., red].repeat_interleave(8 // int(name[-1]), 0))
        for name in seen.layers[1:]
    }
    large = [value for name, value in sharpness.items() if name.endswith("8 x 8")]
    small = [value for name, value in sharpness.items() if name.endswith("4 x 4")]
    assert min(large) > 0.7 and sum(large) / 3 > sum(small) / 4 + 0.1
    peaks = sorted(float(seen.looks("words", "up 2a, 8 x 8", head)[-1][..., red].max()) for head in "1234")
    assert peaks[-1] > 0.5 and peaks[-1] > 2 * peaks[-2]


def test_one_head_looks_for_both_colours(seen):
    strongest = set()
    for word in ("red", "blue"):
        place = seen.places.index(word)
        heads = [float(seen.looks("words", "up 2a, 8 x 8", head)[-1][..., place].max()) for head in "1234"]
        assert max(heads) > 1.5 * sorted(heads)[-2]
        strongest.add(heads.index(max(heads)))
    assert len(strongest) == 1


def test_a_pixel_of_the_circle_looks_at_fewer_pixels_at_the_end(seen):
    """Counted as 1 / (sum of squared weights): so many pixels with equal weights."""
    rows = seen.looks("pixels", seen.layers[0])[:, 2, 3]
    counts = 1 / rows.square().sum(dim=1)
    assert counts[0] > 1.2 * counts[-1]


def test_like_pixels_look_at_each_other(seen):
    looks = seen.looks("pixels", seen.layers[0])[-1].unflatten(2, (8, 8))
    cells = seen.pictures[-1].unflatten(2, (8, 8)).unflatten(1, (8, 8)).amin(dim=0).mean(dim=(1, 3))
    ground = cells > 0.8
    assert ground[0, 0] and ground[7, 0] and not ground[2, 3] and not ground[6, 3]
    for row, column in itertools.product((0, 7), repeat=2):
        corner = looks[row, column]
        assert corner[ground].sum() > 0.85 and corner[~ground].sum() < 0.15
        near = corner[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].sum()
        other_side = corner[:, 4:].sum() if column == 0 else corner[:, :4].sum()
        assert near < 0.3 < other_side, "as much on the other side of the picture as nearby"
    assert looks[2, 3][~ground].sum() > 0.85 and looks[2, 3][:4].sum() > 0.85
    assert looks[6, 3][~ground].sum() > 0.8 and looks[6, 3][4:].sum() > 0.8


def test_which_word_a_pixel_looks_at_most(maps, seen):
    for cell, word in {(2, 3): "red", (6, 3): "blue"}.items():
        first, second = maps[-1][cell][1:-1].sort(descending=True)[0][:2]
        assert seen.places[1 + int(maps[-1][cell][1:-1].argmax())] == word and first > 1.2 * second


@pytest.mark.parametrize("word", COLOURS[1:])
def test_what_changes_lies_where_the_word_was_looked_at(runs, maps, seen, word):
    heat = maps[..., seen.places.index("red")].mean(dim=0)
    assert lesson.share_in_top_quarter(lesson.change(seen, runs[word], 20), heat) > 0.6


# Numbers on paper, and counts


def test_the_numbers_on_paper():
    queries = torch.tensor([[2.0, 0, -1, 0], [-1, 0, 2, 0], [0, 0, 0, 0]])
    keys = torch.tensor([[0.0, 1, 0, 1], [2, 0, 0, 1], [0, 1, 2, 0]])
    values = torch.tensor([[0.0, 0], [10, 0], [0, 10]])
    out, weights = attention(queries[None], keys[None], values[None], return_weights=True)
    assert weights[0, 0].double().round(decimals=2).tolist() == [[0.11, 0.84, 0.04], [0.11, 0.04, 0.84], [0.33] * 3]
    assert out[0].double().round(decimals=2).tolist() == [[8.44, 0.42], [0.42, 8.44], [3.33, 3.33]]
    powers = torch.tensor([0.0, 2, -1], dtype=torch.float64).exp()
    assert powers.round(decimals=2).tolist() == [1.0, 7.39, 0.37] and round(powers.sum().item(), 2) == 8.76


def test_pytorch_holds_all_scores_only_without_the_axis_of_heads():
    """The lesson hands it four axes, with which it works in pieces; a call with three is counted beside it."""
    from torch.profiler import ProfilerActivity, profile

    def most(x):
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
            F.scaled_dot_product_attention(x, x, x)
        return max(event.cpu_memory_usage for event in watched.key_averages())

    x = torch.randn(1, 1024, 40)
    assert most(x) >= 4 * 1024**2 > 4 * most(x[:, None])


def test_the_attention_layers_of_stable_diffusion_are_counted_right():
    """6 + 1 + 9, against the library diffusers; and eight heads each."""
    from diffusers import UNet2DConditionModel

    layers = lesson.attention_layers()
    assert [sum(layer.way == way for layer in layers) for way in ("down", "mid", "up")] == [6, 1, 9]
    assert {layer.side for layer in layers if layer.way != "mid"} == {64, 32, 16}
    assert {layer.heads for layer in layers} == {8}
    assert {layer.channels // layer.heads for layer in layers} == {40, 80, 160}
    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    names = [name for name, _ in unet.named_modules() if name.endswith(".attn2")]
    assert [sum(name.startswith(way) for name in names) for way in ("down", "mid", "up")] == [6, 1, 9]


def test_the_small_model_has_seven():
    small = outline(configs_of(find("small-stable-diffusion")))
    layers = lesson.attention_layers(small["unet"], side=8)
    assert [sum(layer.way == way for layer in layers) for way in ("down", "mid", "up")] == [2, 1, 4]
    assert [layer.side for layer in layers] == [8, 4, 4, 4, 4, 8, 8]


def test_the_counts_of_work():
    layers = lesson.attention_layers()
    pixels = {side: sum(layer.work() for layer in layers if layer.side == side) for side in (64, 32, 16, 8)}
    assert round(100 * pixels[64] / sum(pixels.values())) == 88
    assert layers[0].work() == 2 * 4096 * 4096 * 320 and round(pixels[64] / 1e9, 2) == 53.69
    at_128 = lesson.AttentionLayer("down", 128, 320, 5).work()
    assert round(at_128 / sum(pixels.values()), 1) == 2.8
    assert at_128 == 16 * layers[0].work()
    assert 4 * 4096**2 == 67_108_864 and round(128**2 / 77) == 213


def test_sdxl_has_no_attention_at_its_full_size():
    """0, 2 and 10 blocks at 128, 64 and 32, counted in the library diffusers with SDXL's published settings."""
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=128, block_out_channels=(320, 640, 1280), cross_attention_dim=2048,
            attention_head_dim=(5, 10, 20),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=(1, 2, 10), use_linear_projection=True, addition_embed_type="text_time",
            addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
        )  # fmt: skip
    assert sum(parameter.numel() for parameter in unet.parameters()) == 2_567_463_684
    blocks = [len(t.transformer_blocks) for _, t in unet.named_modules() if hasattr(t, "transformer_blocks")]
    assert sorted(set(blocks)) == [2, 10] and not hasattr(unet.down_blocks[0], "attentions")


def test_the_figures_say_what_they_show():
    assert (
        "64 x 64 with 2, 32 x 32 with 2, 16 x 16 with 2, 8 x 8 with none"
        in lesson.where_attention_is(lesson.attention_layers()).alt
    )
    assert "Weights times values" in lesson.how_it_flows().alt


# The checks


def test_other_ways_of_writing_attention_are_right():
    def by_loops(query, key, value):
        out = torch.zeros(len(query), value.shape[1])
        for i, one in enumerate(query):
            powers = torch.stack([(one @ other / len(one) ** 0.5).exp() for other in key])
            out[i] = (powers / powers.sum()) @ value
        return out

    for answer in (by_loops, F.scaled_dot_product_attention, lambda q, k, v: attention(q[None], k[None], v[None])[0]):
        assert lesson.check_attention.verdict(answer) == "[OK] my_attention is right."


def test_the_two_mistakes_of_the_lesson_are_named():
    def answer(scale, axis):
        return lambda q, k, v: torch.softmax(q @ k.T / (q.shape[-1] ** 0.5 if scale else 1), dim=axis) @ v

    assert "The scale is missing" in lesson.check_attention.verdict(answer(False, -1))
    assert "Softmax runs over the queries" in lesson.check_attention.verdict(answer(True, 0))
    both = lesson.check_attention.verdict(answer(False, 0))
    assert "Softmax runs over the queries" in both and "the scale is missing" in both


def test_the_wrong_axis_of_a_table_is_named():
    answer = lambda weights: torch.allclose(weights.sum(dim=0), torch.ones(weights.shape[1]))  # noqa: E731
    assert "You add up the columns." in lesson.check_weights.verdict(answer)
    strict = lambda weights: bool((weights.sum(dim=1) == 1).all())  # noqa: E731
    assert "`== 1` is too strict" in lesson.check_weights.verdict(strict)
    right = lambda weights: (weights.sum(1) - 1).abs().max() < 1e-4 and weights.min() >= 0  # noqa: E731
    assert lesson.check_weights.verdict(right) == "[OK] are_weights is right."


def test_the_tables_hold_a_rounded_sum():
    """Otherwise `== 1` would pass."""
    (weights,) = lesson.check_weights.cases[0]
    assert not (weights.sum(dim=1) == 1).all() and len(lesson.check_weights.cases) == 10


def test_a_prompt_of_several_pieces_a_word_can_be_watched():
    seen = lesson.watch(untrained(), "a panda", steps=2)
    assert seen.places == ("(begin)", "a (1)", "p", "a (2)", "n", "d", "a (3)", "(end)")
    assert lesson.draw_word(seen, "p", "middle, 4 x 4", "2", 2).sentence.startswith("Step 2 of 2, middle, 4 x 4")


def test_of_a_prompt_that_is_too_long_the_places_that_it_has_are_watched():
    with pytest.warns(UserWarning, match="cut off: 'opqrst'"):
        seen = lesson.watch(untrained(), "abcdefghijklmnopqrst", steps=1)
    assert seen.places == ("(begin)", *"abcdefghijklmn", "(end)")
    rows = seen.looks("words", seen.layers[0])
    assert rows.shape[-1] == 16 and (rows > 0).all()
    assert "its share is" in lesson.draw_word(seen, "(end)", seen.layers[0], seen.heads[0], 1).sentence
