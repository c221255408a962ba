"""The contrastive training of the text encoder: its vectors, its loss, and how names are counted."""

import pytest
import torch

from course_lib.datasets.scenes import Scene, Thing
from course_lib.training import text_encoder
from tests.training.stand_ins import Fixed, randn


@pytest.fixture(scope="module")
def tokenizer():
    return text_encoder.make_tokenizer()


def test_a_texts_vector_is_that_of_its_first_end(tokenizer):
    torch.manual_seed(0)
    pairs = text_encoder.Pairs(tokenizer).eval()
    tokens = tokenizer(["a red star", "a", "a panda on a blue background"])
    with torch.no_grad():
        vectors = pairs.of_texts(tokens)
        for row, length in enumerate((3, 1, 6)):
            assert tokens[row, length] != pairs.end and tokens[row, length + 1] == pairs.end
            wanted = pairs.texts(pairs.text_encoder(tokens)[row, length + 1])
            torch.testing.assert_close(vectors[row], wanted / wanted.norm())
        pictures = randn(2, 3, 64, 64)
        seen = pairs.of_pictures(pictures)
        torch.testing.assert_close(seen.norm(dim=1), torch.ones(2))
        torch.testing.assert_close(pairs(pictures, tokens), seen @ vectors.T / 0.07)
        pairs.log_sharpness.fill_(9.0)
        torch.testing.assert_close(pairs(pictures, tokens), 100 * seen @ vectors.T)
    assert pairs.texts.bias is None and pairs.text_encoder.width == 128


def pair(first, second, relation="above", background="white"):
    things = [Thing(name, colour, None, (32, 32), 24) for colour, name in (first, second)]
    words = [f"{'an' if thing.words[0] in 'aeiou' else 'a'} {thing.words}" for thing in things]
    on = "" if background == "white" else f" on a {background} background"
    return Scene("pair", f"{words[0]} {relation} {words[1]}{on}", tuple(things), background, relation)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (("orange", "ring"), ("red", "star"), "a red star left of an orange ring on a pink background"),
        (("red", "star"), ("orange", "ring"), "an orange ring left of a red star on a pink background"),
        (("red", "star"), ("red", "star"), "a red star left of a red star on a pink background"),
    ],
)
def test_exchanged_things_take_their_articles_along(first, second, said):
    assert text_encoder.exchanged(pair(first, second, "left of", "pink")) == said


def test_the_contrastive_loss(tokenizer):
    """Four scenes: two read the same, and one is another with its things exchanged, so that it is no wrong caption."""
    star, ring, cross = ("red", "star"), ("blue", "ring"), ("green", "cross")
    single = Scene("shape", "a red star", (Thing("star", "red", None, (32, 32), 30),), "white")
    scenes = [single, pair(star, ring), pair(ring, star), single, pair(star, cross)]
    captions = [scene.caption for scene in scenes]
    wrong = ["a green cross above a red star"]
    network = Fixed(scores := 3 * randn(5, 6))
    found = text_encoder.losses(network, scenes, tokenizer, [0, 1, 2, 3, 4])
    pictures, tokens = network.asked[0]
    assert torch.equal(tokens, tokenizer(captions + wrong))
    assert torch.equal(pictures, torch.stack([scene.draw() for scene in scenes]))
    rows, columns = scores.log_softmax(1), scores[:, :5].log_softmax(0)
    right = [[0, 3], [1], [2], [0, 3], [4]]
    to_texts = -sum(rows[i, both].mean() for i, both in enumerate(right)) / 5
    to_pictures = -sum(columns[both, i].mean() for i, both in enumerate(right)) / 5
    torch.testing.assert_close(found["to_texts"], to_texts)
    torch.testing.assert_close(found["to_pictures"], to_pictures)
    torch.testing.assert_close(found["loss"], (to_texts + to_pictures) / 2)
    assert found.keys() == {"loss", "to_texts", "to_pictures"}


def test_how_often_a_name_is_found(tokenizer):
    """The first name is another's, the second is sixth, the third fifth: all others find their own."""

    class Names:
        def of_texts(self, tokens):
            return torch.eye(len(tokens))

        def of_pictures(self, pictures):
            assert pictures.shape == (256, 3, 64, 64)
            vectors = torch.eye(len(pictures))
            for row, better in ((0, 1), (1, 5), (2, 4)):
                vectors[row, 10 : 10 + better] = 2
            return vectors

    assert text_encoder.quality(Names(), tokenizer) == pytest.approx({"name": 253 / 256, "among five": 255 / 256})
