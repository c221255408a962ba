"""A watched run: the picture that the words give unwatched, and the weights of the pass that saw the words."""

import pytest
import torch

from course_lib.models import Recorder, untrained
from course_lib.pipeline import text_to_image, watch
from course_lib.pipeline.denoising import to_levels
from course_lib.pipeline.watching import MEAN, SIZES, WAYS, Watched, layer_name, place_names

MODEL = untrained()
SETTINGS = {"seed": 5, "steps": 3, "cfg_scale": 4.0}


@pytest.fixture(scope="module")
def seen():
    return watch(MODEL, "a b", **SETTINGS)


def test_the_run_is_the_one_that_is_not_watched(seen):
    plain = text_to_image(MODEL, "a b", **SETTINGS)
    assert seen.prompt == "a b" and seen.steps == 3 and seen.pictures.shape == (3, 3, 16, 16)
    assert torch.equal(to_levels(seen.pictures[-1]).permute(1, 2, 0), torch.from_numpy(plain.image))
    for picture, step in zip(seen.pictures, plain.steps, strict=True):
        torch.testing.assert_close(picture[None], MODEL.decode(step.denoised))


def test_without_settings_it_is_lesson_sevens_run():
    given, usual = watch(MODEL, "a", seed=2, steps=20, cfg_scale=MODEL.cfg_scale), watch(MODEL, "a")
    assert usual.steps == 20 and torch.equal(given.pictures, usual.pictures)


def test_the_weights_are_those_of_the_pass_with_the_words(seen):
    recorders = {of: Recorder(MODEL.unet, of) for of in ("words", "pixels")}
    denoise = MODEL.denoiser(MODEL.encode_text(["a b"]))
    for step in text_to_image(MODEL, "a b", **SETTINGS).steps:
        for recorder in recorders.values():
            recorder.around(denoise)(step.x, torch.tensor(step.sigma))
    words, pixels = (
        torch.stack([call.maps["mid_block.attentions.0.0"][0] for call in recorder.calls])
        for recorder in recorders.values()
    )
    assert seen.places == ("(begin)", "a", "b", "(end)")
    ends = torch.cat([words[..., :3], words[..., 3:].sum(-1, keepdim=True)], dim=-1)
    torch.testing.assert_close(seen.words["middle, 4 x 4"], ends, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(seen.pixels["middle, 4 x 4"], pixels, rtol=1e-4, atol=1e-5)


def test_rows_sum_to_one_and_layers_keep_their_sizes(seen):
    assert seen.words.keys() == seen.pixels.keys() and seen.layers == [SIZES[0], *seen.words]
    assert seen.side == 8 and seen.heads == [MEAN, "1", "2"]
    assert seen.words["down 1a, 8 x 8"].shape == (3, 2, 8, 8, 4)
    assert seen.pixels["up 1a, 4 x 4"].shape == (3, 2, 4, 4, 16)
    for weights in (*seen.words.values(), *seen.pixels.values()):
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


def test_what_is_chosen_is_looked_at(seen):
    for kind, weights in (("words", seen.words), ("pixels", seen.pixels)):
        large = [each for name, each in weights.items() if name.endswith("8 x 8")]
        assert len(large) == 3, "one on the way down, two on the way up"
        mean = sum(large) / 3
        torch.testing.assert_close(seen.looks(kind, SIZES[0]), mean.mean(dim=1))
        torch.testing.assert_close(seen.looks(kind, SIZES[0], "2"), mean[:, 1])
        assert torch.equal(seen.looks(kind, "middle, 4 x 4", "1"), weights["middle, 4 x 4"][:, 0])
        torch.testing.assert_close(seen.looks(kind, "middle, 4 x 4"), weights["middle, 4 x 4"].mean(dim=1))
    assert not torch.allclose(seen.looks("words", SIZES[0], "1"), seen.looks("words", SIZES[0], "2"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("letters", SIZES[0]), "unknown kind of attention 'letters'.*words.*pixels"),
        (("words", "mean of all 4 x 4"), "unknown layer 'mean of all 4 x 4'"),
        (("words", SIZES[0], "3"), "unknown head '3'"),
        (("words", SIZES[0], "0"), "unknown head '0'"),
    ],
)
def test_what_is_not_there_is_refused(seen, asked, said):
    with pytest.raises(ValueError, match=said):
        seen.looks(*asked)


def test_words_that_do_not_fit_have_no_place():
    with pytest.warns(UserWarning, match="cut off"):
        long = watch(MODEL, "a b c d e f g h i j k l m n o p", steps=1)
    assert long.places == ("(begin)", *"abcdefghijklmn", "(end)") and len(long.places) == MODEL.tokenizer.length
    assert long.words["middle, 4 x 4"].shape[-1] == 16


def test_settings_are_checked_as_everywhere():
    for settings, said in [({"steps": 0}, "steps must be"), ({"seed": -1}, "seed must be"), ({"cfg_scale": -1}, "cfg")]:
        with pytest.raises(ValueError, match=said):
            watch(MODEL, "a", **settings)


def test_places_are_counted_where_a_word_comes_twice():
    assert place_names([]) == ("(begin)", "(end)")
    tokens = ["a</w>", "b</w>", "a</w>", "c", "a</w>", "b</w>"]
    assert place_names(tokens) == ("(begin)", "a (1)", "b (1)", "a (2)", "c", "a (3)", "b (2)", "(end)")


def test_layers_have_short_names(seen):
    names = {
        "down_blocks.0.attentions.0.0": "down 1a, 8 x 6", "down_blocks.1.attentions.1.0": "down 2b, 8 x 6",
        "mid_block.attentions.0.0": "middle, 8 x 6", "up_blocks.3.attentions.2.0": "up 4c, 8 x 6",
    }  # fmt: skip
    assert {name: layer_name(name, (8, 6)) for name in names} == names
    assert {*WAYS, SIZES[1]} == set(seen.words), "what a lesson's control offers is there"


def test_its_largest_side_is_a_layers():
    sizes = {"a": torch.zeros(1, 1, 2, 2, 3), "b": torch.zeros(1, 1, 6, 6, 3)}
    assert Watched("", (), torch.zeros(7, 3, 8, 8), sizes, {}).layers == [f"{MEAN} 6 x 6", "a", "b"]
