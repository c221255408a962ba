"""Lesson 07's numbers on paper, its counts, its figures, and its checks."""

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import attention
from course_lib.lessons import lesson_07 as lesson
from course_lib.models import outline
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.model import configs_of
from course_lib.models.sources import find


def test_two_heads_take_the_colour_from_one_word_and_the_shape_from_another():
    query = torch.tensor([[[2.0, 0, 2, 0]]])
    keys = torch.tensor([[[0.0, 1, 0, 1], [2, 0, 0, 1], [0, 1, 2, 0]]])
    values = torch.tensor([[[0.0, 0], [10, 0], [0, 10]]])
    for heads, mixture, rows in [(1, 4.7, [[0.06, 0.47, 0.47]]), (2, 8.9, [[0.05, 0.89, 0.05], [0.05, 0.05, 0.89]])]:
        out, weights = attention(query, keys, values, heads=heads, return_weights=True)
        assert out[0, 0].double().round(decimals=1).tolist() == [mixture, mixture]
        assert weights[0, :, 0].double().round(decimals=2).tolist() == rows
    order = torch.tensor([2, 0, 1])
    torch.testing.assert_close(attention(query, keys[:, order], values[:, order]), attention(query, keys, values))


def test_what_the_quiz_says_of_softmax_and_of_longer_prompts():
    scores = torch.tensor([0.0, 2, -1])
    torch.testing.assert_close((scores + 5).softmax(0), scores.softmax(0))
    assert (3 * scores).softmax(0).max() > scores.softmax(0).max()
    layer = lesson.attention_layers()[0]
    assert layer.work(154) == 2 * layer.work(77) and layer.work() == layer.work(layer.side**2)


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
    """The lesson hands it four axes, with which each thread works in pieces; a call with three is counted beside it."""
    from torch.profiler import ProfilerActivity, profile

    def most(x):
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
            F.scaled_dot_product_attention(x, x, x)
        return max(event.cpu_memory_usage for event in watched.key_averages())

    x = torch.randn(1, 4096, 40)
    assert most(x) >= 4 * 4096**2 > 4 * most(x[:, None])


def test_the_attention_layers_of_stable_diffusion_are_counted_right():
    """6 + 1 + 9, against the library diffusers; and eight heads each (in the U-Net: the text encoder has 12)."""
    from diffusers import UNet2DConditionModel

    layers = lesson.attention_layers()
    assert [sum(layer.way == way for layer in layers) for way in ("down", "mid", "up")] == [6, 1, 9]
    assert {layer.side for layer in layers if layer.way != "mid"} == {64, 32, 16}
    assert {layer.heads for layer in layers} == {8} != {STABLE_DIFFUSION_15["text_encoder"]["num_attention_heads"]}
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


def test_most_of_the_work_of_the_u_net_is_in_convolutions():
    """Billions of multiply-adds at 512 x 512 pixels: convolutions, linear layers, products of attention."""
    unet, work = outline(STABLE_DIFFUSION_15)["unet"], {"conv": 0, "linear": 0}

    def count(part, _, result):
        if isinstance(part, torch.nn.Conv2d):
            work["conv"] += result.numel() * part.weight[0].numel()
        elif isinstance(part, torch.nn.Linear):
            work["linear"] += result.numel() * part.in_features

    for part in unet.modules():
        part.register_forward_hook(count)
    with torch.device("meta"):
        unet(torch.empty(1, 4, 64, 64), torch.tensor(1), torch.empty(1, 77, 768))
    products = sum(layer.work() + layer.work(77) for layer in lesson.attention_layers())
    billions = [round(number / 1e9) for number in (*work.values(), products)]
    assert billions == [222, 117, 63] and sum(billions) == 402


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
    flow = lesson.how_it_flows().alt
    assert "Weights times values" in flow and "a linear layer and is added to the pixel" in flow


# The checks


def test_other_ways_of_writing_attention_are_right():
    def by_loops(query, key, value):
        out = torch.zeros(len(query), value.shape[1])
        for i, one in enumerate(query):
            powers = torch.stack([(one @ other / len(one) ** 0.5).exp() for other in key])
            out[i] = (powers / powers.sum()) @ value
        return out

    assert lesson.check_attention.verdict(by_loops) == "[OK] my_attention is right."


def test_attention_that_is_ready_made_is_told_so():
    for answer, name in [
        (F.scaled_dot_product_attention, "scaled_dot_product_attention"),
        (lambda q, k, v: F.scaled_dot_product_attention(q, k, v), "scaled_dot_product_attention"),
        (lambda q, k, v: attention(q[None], k[None], v[None])[0], "attention"),
    ]:
        assert f"right, but {name} is ready-made" in lesson.check_attention.verdict(answer)


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
    assert "That is too strict: rounding makes a sum 0.9999999" in lesson.check_weights.verdict(strict)
    right = lambda weights: (weights.sum(1) - 1).abs().max() < 1e-4 and weights.min() >= 0  # noqa: E731
    assert lesson.check_weights.verdict(right) == "[OK] are_weights is right."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda w: bool((w >= 0).all()) and torch.allclose(w.sum(1), torch.ones(len(w)), atol=0.1),
            "1.01 is no rounded 1",
        ),
        (lambda w: bool((w.sum(1).round(decimals=1) == 1).all()), "1.01 is no rounded 1"),
        (lambda w: bool((w >= -0.01).all() and ((w.sum(1) - 1).abs() < 1e-4).all()), "-0.000004 is negative, too"),
        (lambda w: torch.isclose(w.sum(), torch.tensor(float(len(w)))), "the sum of the whole table"),
        (lambda w: bool((w > 0).all() and ((w.sum(1) - 1).abs() < 1e-4).all()), "rounds a tiny one to 0"),
        (
            lambda w: bool(((w >= 0) & (w < 1)).all() and ((w.sum(1) - 1).abs() < 1e-4).all()),
            "A weight of 1 is allowed",
        ),
        (lambda w: bool(w.min() >= 0 and ((w.sum(1) - 1).abs() < 1e-7).all()), "may miss 1 by more than 0.0000001"),
        (lambda w: bool(w.min() >= 0 and (w.sum(1) - 1 < 1e-4).all()), "Take its distance from 1"),
        (
            lambda w: len(w) == len(w.T) and w.min() >= 0 and torch.allclose(w.sum(1), torch.ones(len(w))),
            "need not be square",
        ),
        (lambda w: w.sum(1) == 1 and w >= 0, "apply .all() to each table first"),
        (lambda w: bool(w.sum(1) == 1), "apply .all() to each table first"),
        (lambda w: bool(w.max() <= 1 and ((w.sum(1) - 1).abs() < 1e-4).all()), "0.6, 0.6 and -0.2 sum to 1"),
        (lambda w: bool(((w.abs().sum(1) - 1).abs() < 1e-4).all()), ".abs() before the sum"),
    ],
)
def test_what_is_too_lax_or_not_one_answer_is_named(answer, words):
    assert words in lesson.check_weights.verdict(answer)


def test_the_tables_of_the_page_and_a_softmax_without_axis_are_named():
    queries, keys, values = torch.randn(3, 4), torch.randn(3, 4), torch.randn(3, 2)
    softmax = torch.softmax
    for answer in (
        lambda query, key, value: softmax(queries @ keys.T / 2, dim=1) @ values,
        lambda query, key, value: softmax(query @ keys.T / 2, dim=1) @ values,
        lambda query, key, value: softmax(queries @ key.T / 2, dim=1) @ value,
        lambda query, key, value: softmax(query @ key.T / 2, dim=1) @ values,
    ):
        assert "take what it is given: query, key, value" in lesson.check_attention.verdict(answer)
    of_the_page = lambda q, k, v: softmax(q @ k.T / queries.shape[1] ** 0.5, dim=1) @ v  # noqa: E731
    assert "from what the function is given: query.shape[1]" in lesson.check_attention.verdict(of_the_page)
    for answer in (lambda q, k, v: softmax(q @ k.T) @ v, lambda q, k, v: (q @ k.T).softmax() @ v):
        assert "Softmax must be told along which axis" in lesson.check_attention.verdict(answer)


def test_scores_with_a_row_for_each_key_are_told_so():
    answer = lambda q, k, v: torch.softmax(k @ q.T / q.shape[1] ** 0.5, dim=1).T @ v  # noqa: E731
    assert "where scores have a row for each query (query @ key.T)" in lesson.check_attention.verdict(answer)
    keys, values = torch.randn(3, 4), torch.randn(3, 2)
    for copied in (lambda q, k, v: torch.softmax(k @ q / 2, dim=0) @ v, lambda q, k, v: (k @ q / 2).exp() @ v):
        assert "key @ query was for one query" in lesson.check_attention.verdict(copied)
    of_the_page = lambda q, k, v: torch.softmax(keys @ q / 2, dim=0) @ values  # noqa: E731
    assert "take what it is given" in lesson.check_attention.verdict(of_the_page)
    of_the_page = lambda q, k, v: torch.softmax(k @ torch.tensor([2.0, 0, -1, 0]) / 2, dim=0) @ v  # noqa: E731
    assert "take what it is given" in lesson.check_attention.verdict(of_the_page)


def test_weights_of_exactly_0_and_1_come_of_rounding():
    assert [round(weight, 2) for weight in torch.tensor([1.0, 0]).softmax(0).tolist()] == [0.73, 0.27]
    assert torch.tensor([0.0, -200]).softmax(0).tolist() == [1, 0]


def test_a_leeway_that_a_hint_names_is_right():
    for within in (1e-4, 1e-5, 1e-6):
        right = lambda w: bool(w.min() >= 0 and ((w.sum(1) - 1).abs() < within).all())  # noqa: B023, E731
        assert lesson.check_weights.verdict(right) == "[OK] are_weights is right."


def test_the_tables_hold_a_rounded_sum():
    """Otherwise `== 1` would pass."""
    (weights,) = lesson.check_weights.cases[0]
    assert not (weights.sum(dim=1) == 1).all() and len(lesson.check_weights.cases) == 24


def test_other_counts_of_scores_are_named():
    assert "16 times, not 4" in lesson.check_scores.verdict(4 * 64**4)
    for work in (172, 172e9, 172_000_000_000):
        assert "the work of a whole layer" in lesson.check_scores.verdict(work)


def divided_by_their_sum(powers, **axis):
    return powers / powers.sum(**axis)


def test_an_f_softmax_without_axis_takes_the_rows_of_a_table_but_not_of_three_axes():
    """As the solutions say; and PyTorch warns."""
    for shape, axis in ((2, 3), 1), ((2, 3, 4), 0):
        x = torch.randn(shape)
        with pytest.warns(UserWarning, match="Implicit dimension choice"):
            torch.testing.assert_close(F.softmax(x), x.softmax(axis))


def to_the_power(base, scores):
    return base**scores / (base**scores).sum(dim=1, keepdim=True)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 1 / 2, dim=1) @ v, "Write ** 0.5."),
        (lambda q, k, v: torch.softmax(q @ k.T / (q.shape[1] / 2), dim=1) @ v, "Half the width"),
        (lambda q, k, v: torch.softmax((q @ k.T / q.shape[1]) ** 0.5, dim=1) @ v, "Only the width goes under the root"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.sum() ** 0.5, dim=1) @ v, "the root of a negative number"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.numel() ** 0.5, dim=1) @ v, "The width is query.shape[1]"),
        (lambda q, k, v: torch.softmax(q @ k.T / torch.sqrt(q.shape[1]), dim=1) @ v, "torch.sqrt takes a tensor"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape**0.5, dim=1) @ v, "query.shape is two numbers"),
        (lambda q, k, v: torch.softmax(q * k / q.shape[1] ** 0.5, dim=1) @ v, "a matrix product: query @ key.T"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) * v, "a matrix product: weights @ value"),
        (lambda q, k, v: torch.softmax(q @ v.T / q.shape[1] ** 0.5, dim=1) @ k, "Keys and values are exchanged"),
        (lambda q, k, v: to_the_power(2.718, q @ k.T / q.shape[1] ** 0.5) @ v, "too few of its digits"),
        (lambda q, k, v: to_the_power(2.72, q @ k.T / q.shape[1] ** 0.5) @ v, "too few of its digits"),
        (lambda q, k, v: torch.sigmoid(q @ k.T / q.shape[1] ** 0.5) @ v, "sigmoid takes each score"),
        (lambda q, k, v: F.log_softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) @ v, "logarithms of the weights"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[0], dim=1) @ v, "query.shape[0] is the number of queries"),
        (lambda q, k, v: torch.softmax(q @ k.T / math.sqrt(q.shape[1]), dim=1) @ v, "write ** 0.5 for a root"),  # noqa: F821
        (lambda q, k, v: torch.softmax(q @ k.T / np.sqrt(q.shape[1]), dim=1) @ v, "write ** 0.5 for a root"),  # noqa: F821
        (lambda q, k, v: torch.softmax(q @ k.T / sqrt(q.shape[1]), dim=1) @ v, "write ** 0.5 for a root"),  # noqa: F821
        (lambda q, k, v: softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) @ v, "torch.softmax(scores, dim=1)"),  # noqa: F821
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 0.5, dim=1) @ v.T, "The values are transposed"),
        (lambda q, k, v: torch.eye(3) @ v, "take what it is given: query, key, value"),
        (lambda q, k, v: attention(q[None], k[None], v[None]), "take it off with [0]"),
        (lambda q, k, v: divided_by_their_sum((q @ k.T / 2).exp()) @ v, "the 2 was the root of 4"),
        (lambda q, k, v: divided_by_their_sum((q @ k.T / 2).exp()) @ v, "All weights together sum to 1"),
        (lambda q, k, v: divided_by_their_sum((q @ k.T).exp()) @ v, "And the scale is missing"),
        (lambda q, k, v: divided_by_their_sum((q @ k.T / 2).exp(), dim=1) @ v, "keepdim=True"),
        (lambda q, k, v: q @ k.T / 2 @ v, "Softmax is missing"),
        (lambda q, k, v: torch.softmax(q @ k.T / 2, dim=1), "Those are the weights"),
        (lambda q, k, v: q @ k.T, "Those are the scores"),
        (lambda q, k, v: q @ k.T / 2, "Those are the scores"),
        (lambda q, k, v: [torch.softmax(k @ one / len(one) ** 0.5, dim=0) @ v for one in q], "torch.stack(rows)"),
        (lambda q, k, v: torch.softmax(q @ k.T / q.shape[1] ** 2, dim=1) @ v, "the square of the width"),
        (lambda q, k, v: attention(q[None], k[None], v[None], return_weights=True), "more than one thing"),
        (lambda q, k, v: (q @ k.T, (q @ k.T).softmax(1), (q @ k.T).softmax(1) @ v), "more than one thing"),
    ],
)
def test_more_ways_to_miss_attention_are_named(answer, says):
    assert says in lesson.check_attention.verdict(answer)


def near(sums, within=1e-4):
    return (sums - 1).abs() < within


def only_the_first(weights):
    for row in weights:
        return not ((row < 0).any() or row.sum() != 1)


def rows_counted_by_columns(weights):
    return all(near(weights[i].sum()) for i in range(weights.shape[1])) and bool((weights >= 0).all())


def columns_counted_by_rows(weights):
    return bool((weights >= 0).all()) and all(near(weights[:, i].sum()) for i in range(len(weights)))


def by_isclose(weights):
    from math import isclose  # math stays unknown to the other answers, as on the page

    return bool((weights >= 0).all()) and all(isclose(row.sum(), 1) for row in weights)


def one_row_too_many(weights):
    return bool((weights >= 0).all()) and all(near(weights[i].sum()) for i in range(len(weights) + 1))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (only_the_first, "A `return True` inside a loop ends it"),
        (rows_counted_by_columns, "The loop counts the columns"),
        (columns_counted_by_rows, "You add up the columns"),
        (one_row_too_many, "each loop's end?"),
        (lambda w: ((w >= 0) & (w.sum(1) == 1)).all(), "Joining with `&`, apply .all() to each side first"),
        (lambda w: (near(w.sum(1)) & (w >= 0)).all(), "Joining with `&`, apply .all() to each side first"),
        (lambda w: (w >= 0).all() and w.sum(1) == 1, "The second half is still one answer for each row"),
        (lambda w: (w >= 0).all() & (w.sum(1) == 1), "That is one answer for each row"),
        (lambda w: sum(w) == 1, "That is one answer for each column"),
        (lambda w: bool((w.prod(1) >= 0).all() and near(w.sum(1)).all()), "The product of a row hides two minus signs"),
        (by_isclose, "math.isclose or a leeway"),
        (lambda w: w >= 0, "That is one answer for each number of the table"),
        (lambda w: torch.allclose(w.sum(0), torch.ones(len(w))), "You add up the columns"),
        (lambda w: torch.allclose(w.sum(0), torch.ones(len(w))) and (w >= 0).all(), "You add up the columns"),
        (lambda w: (w >= 0).all and near(w.sum(1)).all, ".all needs its brackets"),
        (lambda w: round(w.sum(1)) == 1, "Python's round() takes one number"),
        (lambda w: all(row >= 0 for row in w) and near(w.sum(1)).all(), "Python's all(...)"),
        (lambda w: torch.allclose(w, w.softmax(dim=1)), "compares the table with its own softmax"),
        (lambda w: (w == torch.softmax(w, dim=1)).all(), "compares the table with its own softmax"),
        (lambda w: near(w.mean(dim=1)).all(), "The mean of each row"),
        (lambda w: (w >= 0).all() and (w.mean(dim=1) == 1).all(), "The mean of each row"),
        (lambda w: bool((w >= 0).all() and (w.sum(1).round(decimals=2) == 1).all()), "1.01 is no rounded 1"),
        (lambda w: bool((w >= 0).all() and near(w.sum(1), 0.009).all()), "1.01 is no rounded 1"),
        (lambda w: bool((w >= 0).all() and (w.sum(1).round() == 1).all()), "1.01 is no rounded 1"),
        *(
            (lambda w, low=low: bool((w >= -low).all() and near(w.sum(1)).all()), "-0.000004 is negative, too")
            for low in (1e-3, 1e-4, 1e-5)
        ),
        (lambda w: bool((w >= 0).all() and near(w.sum(1), 1e-8).all()), "a leeway of 0.00000001 refuses it"),
        (lambda w: (w >= 0).all() and near(w.sum(1)), "The second half is still one answer for each row"),
        (lambda w: bool((w >= 0).all() or near(w.sum(1)).all()), "`and`, not `or`"),
        (lambda w: bool((w >= 0).all() and near(w.sum(1)).all() and near(w.sum(0)).all()), "The columns need not"),
        (lambda w: [bool((row >= 0).all() and near(row.sum())) for row in w], "with all(...) for a list"),
        (lambda w: torch.allclose(w.sum(1), 1.0), "torch.ones_like(sums)"),
        (lambda w: torch.isclose(w.sum(1), 1.0).all(), "torch.ones_like(sums)"),
        (lambda w: w.sum(dim=1).all() == 1, ".all() comes too early"),
        (lambda w: (w >= 0).all() and w.sum(dim=1).all() == 1, ".all() comes too early"),
        (lambda w: bool(w.all() >= 0 and near(w.sum(1)).all()), "with its brackets: `(weights >= 0).all()`"),
        (lambda w: bool((w >= 0).any() and near(w.sum(1)).all()), "with its brackets: `(weights >= 0).all()`"),
        (lambda w: bool((w >= 0).all and near(w.sum(1)).all()), "with its brackets: `(weights >= 0).all()`"),
        (lambda w: torch.allclose(w.sum(1), torch.ones(w.shape[1])), "as many ones as rows"),
        (lambda w: bool((w > 0).all() and (w.sum(1) == 1).all()), "A weight of 0 is allowed"),
        (lambda w: (w >= 0).all() is True and near(w.sum(1)).all() is True, "Leave `is True` out"),
    ],
)
def test_more_ways_to_miss_a_table_of_weights_are_named(answer, says):
    assert says in lesson.check_weights.verdict(answer)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (2 * 128**4, "twice as many"),
        (4 * 128**4, "4 heads together"),
        (128 * 8, "the side of the finished picture"),
        (128**4 * 320, "products inside the scores"),
        (128**4 * 40, "products inside the scores"),
        (128 ^ 4, "a power is **"),
        (268_000_000, "rounded"),
        ("268435456", "Leave the quotes out"),
        ((128 + 128) ** 2, "4 times 128 x 128"),
        (16 * 64**2, "16 times 64 x 64: pixels"),
        ((268, 435, 456), "Commas make three numbers of it"),
        (128**4 - 1, "How many pixels look"),
        (64**2, "That is 64 x 64."),
        (64 * 24, "cross-attention in the small model"),
        (128 * 128 * 77, "looks at 77 positions of a prompt"),
        (128 * 128 * 24, "looks at 24 positions of a prompt"),
        (2 * 128**2, "pixels plus pixels"),
    ],
)
def test_more_counts_of_scores_are_named(answer, says):
    assert says in lesson.check_scores.verdict(answer)
