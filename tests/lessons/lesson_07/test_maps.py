"""What lesson 07 and its solutions say of the small model's maps."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from course_lib.lessons import lesson_07 as lesson
from course_lib.models import load
from tests.lessons.watched import PROMPT


@pytest.fixture(scope="module")
def shape(seen):
    """Which pixels of the last picture are not ground."""
    return F.avg_pool2d(seen.pictures[-1].amin(dim=0, keepdim=True), 8)[0] <= 0.8


def upper(heat):
    """The share of a map that lies in the upper half."""
    return float(heat[: len(heat) // 2].sum() / heat.sum())


def largest_of_heads(seen, layer, word):
    """The largest weight of a word at the last step, for each head of a layer."""
    place = seen.places.index(word)
    return [float(seen.looks("words", layer, head)[-1, ..., place].max()) for head in seen.heads[1:]]


def test_colour_words_find_their_place_and_more_sharply_at_the_end(maps, seen):
    red, blue, circle, square = (maps[..., seen.places.index(word)] for word in ("red", "blue", "circle", "square"))
    assert upper(red[-1]) > 0.65 and upper(blue[-1]) < 0.35
    assert upper(red[0]) > 0.52 and upper(blue[0]) < 0.48, "vaguely so at the first step already"
    assert upper(red[-1]) > upper(red[0]) + 0.08 and upper(blue[-1]) < upper(blue[0]) - 0.08
    assert upper(red[-1]) - upper(blue[-1]) > upper(circle[-1]) - upper(square[-1]) + 0.15, (
        "circle and square are less clear"
    )


def test_red_is_at_its_place_at_the_first_step_and_then_the_rest_fades(maps, seen, shape):
    red = maps[..., seen.places.index("red")]
    for step in (0, 4, 9, 19):
        assert shape.flatten()[:32][red[step].flatten().topk(4).indices].all()
        assert red[step].max() > 0.75 * red[0].max()
    largest, mean = float(red[-1].max() / red[0].max()), float(red[-1].mean() / red[0].mean())
    assert largest > 1.5 * mean, "the mean falls much more"
    ground = float(red[-1][~shape].mean() / red[0][~shape].mean())
    assert mean < 0.65 and ground < 0.4, (mean, ground)


def test_the_begin_mark_is_looked_at_more_and_more(maps, shape):
    """Place by place: all 24 alike would get 1/24 each. An end place gets less; the ground looks at the begin mark."""
    shares = maps.mean(dim=(1, 2))
    begin, one_end = shares[:, 0], shares[:, -1] / 16
    assert all(later > 1.2 * earlier for earlier, later in itertools.pairwise(begin[[0, 4, 9, 19]]))
    assert begin[-1] > 3 * max(shares[-1, 1:-1].max(), one_end[-1]), "no other place comes near"
    assert begin.mean() > max(3 * shares[:, 1:-1].mean(dim=0).max(), 5 / 24)
    assert one_end.max() < 0.8 / 24 and one_end.mean() < shares[:, 2].mean()
    assert one_end.mean() < 1 / 24, "over all steps, as printed, less than an even share"
    assert maps[-1, ..., 0][~shape].mean() > 1.4 * maps[-1, ..., 0][shape].mean()


def test_some_smaller_layers_look_far_less_at_the_begin_mark(maps, seen):
    small = [float(seen.looks("words", name)[-1, ..., 0].mean()) for name in seen.layers if name.endswith("4 x 4")]
    assert len(small) == 4 and min(small) < 0.3 * maps[-1, ..., 0].mean()


def test_colour_words_keep_to_their_shapes_and_names_less_so(maps, seen, shape):
    held = {}
    for word, rows in {"red": slice(4), "circle": slice(4), "blue": slice(4, 8), "square": slice(4, 8)}.items():
        heat = maps[-1, ..., seen.places.index(word)]
        held[word] = float(heat[rows][shape[rows]].sum() / heat.sum())
        assert held[word] > 1.5 * float(shape[rows].sum()) / 64
    assert min(held["red"], held["blue"]) > 0.7 > 0.6 > max(held["circle"], held["square"])


def test_the_begin_mark_knows_nothing_of_the_prompt():
    model = load("small-stable-diffusion")
    one, other = model.encode_text([PROMPT, "a panda on a blue background"])
    assert torch.allclose(one[0], other[0], atol=1e-5)  # a product may add up each row in an order of its own
    assert (one[-1] - other[-1]).abs().max() > 0.05
    assert torch.allclose(one[1], other[1], atol=1e-5), "both begin with 'a', and no word sees what comes after it"
    assert not torch.allclose(one[2], other[2])


def test_layers_differ_and_one_head_does_most_for_red(seen):
    red = seen.places.index("red")
    sharpness = {name: upper(seen.looks("words", name)[-1, ..., red]) for name in seen.layers[1:]}
    large = [value for name, value in sharpness.items() if name.endswith("8 x 8")]
    small = [value for name, value in sharpness.items() if name.endswith("4 x 4")]
    assert min(large) > 0.7 and sum(large) / 3 > sum(small) / 4 + 0.1
    peaks = sorted(largest_of_heads(seen, "up 2a, 8 x 8", "red"))
    assert peaks[-1] > 0.5 and peaks[-1] > 2 * peaks[-2]


def test_in_a_smaller_layer_red_need_not_be_on_the_circle(seen):
    """There is one that shows "red", and has most of it in the lower half, where the square is."""
    red = seen.places.index("red")
    maps = {name: seen.looks("words", name)[-1, ..., red] for name in seen.layers[1:]}
    low = {name: upper(heat) < 0.45 for name, heat in maps.items()}
    assert any(low[name] and heat.max() > 0.01 for name, heat in maps.items() if name.endswith("4 x 4"))
    assert not any(low[name] for name in maps if name.endswith("8 x 8"))


@pytest.mark.parametrize(("layer", "head"), [("down 1a, 8 x 8", 4), ("up 2a, 8 x 8", 4), ("up 2b, 8 x 8", 3)])
def test_in_each_large_layer_one_head_looks_for_both_colours(seen, layer, head):
    for word in ("red", "blue"):
        heads = largest_of_heads(seen, layer, word)
        assert heads.index(max(heads)) == head - 1 and max(heads) > 3 * sorted(heads)[-2]


def test_a_pixel_of_the_circle_looks_at_little_else_at_the_end(seen, shape):
    rows = seen.looks("pixels", seen.layers[0])[:, 2, 3].unflatten(1, (8, 8))
    on_circle = rows[:, :4][:, shape[:4]].sum(dim=1)
    assert shape.flatten()[:32][rows[0].flatten().topk(4).indices].all()
    assert on_circle[-1] > 0.7 and 1 - on_circle[-1] < 0.7 * (1 - on_circle[0]), (
        "far less of it elsewhere than at first"
    )


def test_from_the_ground_into_the_circle_the_map_tips_over(seen, shape):
    looks = seen.looks("pixels", seen.layers[0])[-1].unflatten(2, (8, 8))
    ground, edge, circle = (float(looks[2, column][:4][shape[:4]].sum()) for column in (1, 2, 3))
    assert ground < 0.1 < 0.15 < edge < 0.7 < 0.75 < circle, (ground, edge, circle)


def test_like_pixels_look_at_each_other(seen, shape):
    looks, ground = seen.looks("pixels", seen.layers[0])[-1].unflatten(2, (8, 8)), ~shape
    assert ground[0, 0] and ground[7, 0] and not ground[2, 3] and not ground[6, 3]
    for row, column in itertools.product((0, 7), repeat=2):
        corner = looks[row, column]
        assert corner[ground].sum() > 0.85 and corner[~ground].sum() < 0.15
        near = corner[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].sum()
        other_side = corner[:, 4:].sum() if column == 0 else corner[:, :4].sum()
        assert near < 0.25 < 0.3 < other_side, "more on the other side of the picture than nearby"
        assert corner[ground].sum() - near > 0.6, "and most of the weight on ground further away"
    assert int(looks[7, 0].argmax()) == 56, "the lower left corner looks at no pixel more than at itself"
    assert looks[7, 0, 7, 0] < 0.1, "with only a small part of its weight"
    assert looks[2, 3][~ground].sum() > 0.85 and looks[2, 3][:4].sum() > 0.85
    assert looks[6, 3][~ground].sum() > 0.8 and looks[6, 3][4:].sum() > 0.8


def test_the_begin_mark_is_looked_at_twice_as_much_on_the_ground_and_gains_up_to_step_19(maps, shape):
    share = maps[..., 0].mean(dim=(1, 2))
    assert (share[:19].diff() > 0).all() and abs(share[19] - share[18]) < 0.005
    for step in range(20):
        assert maps[step, ..., 0][~shape].mean() > 2 * maps[step, ..., 0][shape].mean()


def test_most_pixels_of_a_shape_look_at_its_colour_and_some_of_the_square_at_its_name(maps, seen, shape):
    most = maps[-1, ..., 1:-1].argmax(dim=-1) + 1
    above, below = most[:4][shape[:4]], most[4:][shape[4:]]
    assert (above == seen.places.index("red")).all()
    blue, square = (below == seen.places.index(word) for word in ("blue", "square"))
    assert (blue | square).all() and 0 < square.sum() < 0.3 * len(below)


def test_which_word_a_pixel_looks_at_most(maps, seen):
    for cell, word in {(2, 3): "red", (6, 3): "blue"}.items():
        first, second = maps[-1][cell][1:-1].sort(descending=True)[0][:2]
        assert seen.places[1 + int(maps[-1][cell][1:-1].argmax())] == word and first > 1.2 * second


@pytest.mark.parametrize("word", ["green", "purple", "black"])
def test_what_changes_lies_where_the_word_was_looked_at(runs, maps, seen, word):
    changed = lesson.change(seen, runs[word], 20)
    red, circle, blue = (
        lesson.share_in_top_quarter(changed, maps[..., seen.places.index(place)].mean(dim=0))
        for place in ("red", "circle", "blue")
    )
    assert red > 0.9 and circle > 0.6, "both mark the same place"
    assert blue < 0.2, "an even share would be 0.25"


def drawn(run):
    """How many pixels of the lower half of the last picture are not ground: the square's."""
    return int((run.pictures[-1][:, 32:].amin(dim=0) <= 0.8).sum())


@pytest.mark.parametrize("word", ["orange", "yellow"])
def test_with_orange_and_yellow_the_square_grows_too(runs, maps, seen, word):
    changed = lesson.change(seen, runs[word], 20)
    assert lesson.share_in_top_quarter(changed, maps[..., seen.places.index("blue")].mean(dim=0)) > 0.3
    assert drawn(runs[word]) > 1.2 * drawn(seen)


@pytest.mark.parametrize("own", [True, False])
def test_orange_enlarges_the_square_by_its_own_state_and_by_those_after_it(runs, seen, monkeypatch, own):
    """Either alone: the other states are those of the prompt with "red"."""
    model, place = load("small-stable-diffusion"), seen.places.index("red")
    _, red, orange = model.encode_text(["", PROMPT, PROMPT.replace("red", "orange")])
    exchanged = (torch.arange(len(red)) == place) == own
    states = torch.where(exchanged[:, None], orange, red)
    encode = model.encode_text
    monkeypatch.setattr(model, "encode_text", lambda texts: torch.stack([encode([""])[0], states]))

    assert drawn(lesson.watch(model, PROMPT, seed=2)) > 1.2 * drawn(seen)


def test_the_maps_of_red_and_circle_share_most_of_their_brightest_quarter(maps, seen):
    top = [
        set(maps[..., seen.places.index(word)].mean(dim=0).flatten().topk(16).indices.tolist())
        for word in ("red", "circle")
    ]
    assert len(top[0] & top[1]) > 8


def test_in_the_first_layer_the_scores_of_red_are_the_same_for_below_and_its_weights_nearly(seen):
    """A quotient of two weights is e to the power of a difference of scores, and the begin mark is the same, too."""
    below = lesson.watch(load("small-stable-diffusion"), PROMPT.replace("above", "below"), steps=1, seed=2)
    one, other = (run.words["down 1a, 8 x 8"][0] for run in (seen, below))
    red = seen.places.index("red")
    torch.testing.assert_close(one[..., red] / one[..., 0], other[..., red] / other[..., 0], rtol=1e-4, atol=0)
    assert (one[..., red] / other[..., red] - 1).abs().max() > 0.05


def test_one_head_takes_colours_inside_a_shape_and_names_at_its_edge(seen):
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[1:4, 3:5], inside[5:7, 3:5] = True, True
    for colour, name, rows in (("red", "circle", slice(4)), ("blue", "square", slice(4, 8))):
        fill, edge = (
            seen.looks("words", "up 2a, 8 x 8", "4")[-1, ..., seen.places.index(word)] for word in (colour, name)
        )
        assert fill[rows][inside[rows]].min() > 0.9 > 0.1 > edge[rows][inside[rows]].max()
        assert edge.max() > 0.45 and fill.flatten()[edge.argmax()] < 0.45
        other = seen.looks("words", "up 2a, 8 x 8", "2")[-1, ..., seen.places.index(name)]
        assert inside.flatten()[other.flatten().topk(2).indices].all(), "head 2 looks at the names inside"
    for layer, head in (("down 1a, 8 x 8", "4"), ("up 2b, 8 x 8", "3")):
        for colour, name in (("red", "circle"), ("blue", "square")):
            fill, edge = (
                seen.looks("words", layer, head)[-1, ..., seen.places.index(word)].max() for word in (colour, name)
            )
            assert fill > 0.8 > 0.2 > edge


BELOW = PROMPT.replace("above", "below")


def test_the_position_comes_from_the_sentence(maps, seen):
    """One word exchanged, the noise kept: at the first step "red" is brightest in the other half."""
    model, red = load("small-stable-diffusion"), seen.places.index("red")
    below = lesson.watch(model, BELOW, seed=2)
    heat = below.looks("words", below.layers[0])[0, ..., red]
    assert upper(heat) < 0.45 and int(heat.argmax()) // 8 >= 4
    assert int(maps[0, ..., red].argmax()) // 8 < 4
    circle = below.pictures[-1][0] - below.pictures[-1][2] > 0.5  # red is high, blue low
    assert circle[32:].sum() > 200 > 20 > circle[:32].sum()
    one, other, short = model.encode_text([PROMPT, BELOW, "a red circle"])
    for state in (other, short):
        torch.testing.assert_close(one[red], state[red])
    for seed in (0, 1, 3):
        for prompt, rows in ((PROMPT, range(4)), (BELOW, range(4, 8))):
            run = lesson.watch(model, prompt, steps=1, seed=seed)
            assert int(run.looks("words", run.layers[0])[0, ..., red].argmax()) // 8 in rows


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_first_other_keys_move_the_map_of_red_and_then_other_queries(seed):
    """One layer with the keys of the other prompt; in "up 2a" the key of "blue" does most of it."""
    model = load("small-stable-diffusion")
    unet = model.unet
    above, below = (model.encode_text(["", prompt]) for prompt in (PROMPT, BELOW))
    red, blue = PROMPT.split().index("red") + 1, PROMPT.split().index("blue") + 1
    runs = [lesson.watch(model, prompt, steps=1, seed=seed) for prompt in (PROMPT, BELOW)]

    def in_the_upper_half(run, layer, place=red):
        return upper(run.looks("words", f"{layer}, 8 x 8")[0, ..., place])

    def with_keys_of(states, layer, part):
        hook = part.transformer_blocks[0].attn2.to_k.register_forward_pre_hook(lambda *_: (states,))
        run = lesson.watch(model, PROMPT, steps=1, seed=seed)
        hook.remove()
        return in_the_upper_half(run, layer)

    parts = {"down 1a": unet.down_blocks[0].attentions[0], "up 2a": unet.up_blocks[1].attentions[0]}
    parts["up 2b"] = unet.up_blocks[1].attentions[1]
    own = {layer: [in_the_upper_half(run, layer) for run in runs] for layer in parts}
    mixed = {layer: with_keys_of(below, layer, part) for layer, part in parts.items()}
    assert 0.35 < own["down 1a"][0] < 0.65, "it comes from the noise"
    assert max(own["down 1a"][1], mixed["down 1a"]) - own["down 1a"][0] < 0.05
    for layer in ("up 2a", "up 2b"):
        assert own[layer][0] > 0.65 and own[layer][1] < 0.35
    assert abs(mixed["up 2a"] - own["up 2a"][1]) < 0.05, "the keys alone"
    assert abs(mixed["up 2b"] - own["up 2b"][0]) < 0.05, "the queries alone"
    assert in_the_upper_half(runs[1], "up 2a", blue) > 0.7 and in_the_upper_half(runs[0], "up 2a", blue) < 0.3
    moves = {}
    for place in range(red + 1, len(PROMPT.split()) + 1):
        states = above.clone()
        states[:, place] = below[:, place]
        moves[place] = own["up 2a"][0] - with_keys_of(states, "up 2a", parts["up 2a"])
    assert max(moves, key=moves.get) == blue and moves[blue] > 0.25


def test_the_ground_lets_go_of_red_and_both_look_at_the_begin_mark(maps, seen, shape):
    circle = shape.clone()
    circle[4:] = False
    red, begin = maps[..., seen.places.index("red")], maps[..., 0]
    assert 0.85 < red[-1][circle].mean() / red[0][circle].mean() < 1.15
    assert 0.15 < red[-1][~shape].mean() / red[0][~shape].mean() < 0.35
    assert begin[-1][circle].mean() > 3 * begin[0][circle].mean()
    assert begin[-1][~shape].mean() > 1.5 * begin[-1][circle].mean()
