"""The tokenizer gives what transformers' CLIP tokenizer gives, on thousands of texts, and reads both kinds of files."""

import json
import random
import unicodedata
import warnings

import pytest
import torch
import transformers
from tokenizers import Tokenizer as Peer
from tokenizers import models, pre_tokenizers, trainers

from course_lib.datasets import open_emoji
from course_lib.models.tokenizer import BEGIN, END, Tokenizer, split_words

EMOJI = open_emoji("noto")
TEXTS = [
    *EMOJI.captions,
    *EMOJI.captions_thai,
    *(" ".join(words) for words in EMOJI.keywords),
    "it's 10 o'clock, don't!",
]


@pytest.fixture(scope="module")
def learned():
    """A vocabulary and merges learned from the captions, by the tokenizers library."""
    rules = transformers.CLIPTokenizer().backend_tokenizer
    peer = Peer(models.BPE(end_of_word_suffix="</w>"))
    peer.normalizer, peer.pre_tokenizer = rules.normalizer, rules.pre_tokenizer
    trainer = trainers.BpeTrainer(
        vocab_size=900, end_of_word_suffix="</w>", special_tokens=[BEGIN, END], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    peer.train_from_iterator(TEXTS, trainer)
    model = json.loads(peer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


@pytest.fixture(scope="module")
def both(learned):
    vocabulary, merges = learned
    peer = transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=24)
    return peer, Tokenizer(vocabulary, merges, length=24)


def agree(both, texts):
    peer, ours = both
    theirs = peer(texts, padding="max_length", truncation=True)["input_ids"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = ours(texts).tolist()
    assert [text for text, a, b in zip(texts, theirs, mine, strict=True) if a != b] == []


def test_captions_in_two_languages(both):
    agree(both, TEXTS)


def test_thousands_of_odd_texts(both):
    draw = random.Random(0)
    signs = [chr(c) for c in range(32, 127)] * 3
    odd = [
        "'s",
        "'LL",
        "  ",
        "\n",
        "\t",
        "é",
        "e\u0301",
        "ß",
        "Σ",
        "ς",
        "İ",
        "ก",
        "น้ำ",
        "٣",
        "½",
        "Ⅷ",
        "😀",
        "中",
        "\u00a0",
    ]
    odd += ["\u2003", "\u200b", "\x1c", "\x85", END, BEGIN, "ﬁ", "Ǆ", "'", "''", "\u0130"]
    agree(both, ["".join(draw.choice(signs + odd * 4) for _ in range(draw.randint(0, 16))) for _ in range(4000)])


def test_thousands_of_letters_of_all_scripts(both):
    draw = random.Random(1)
    ranges = [(32, 0x2FF), (0x370, 0x1FFF), (0x2000, 0xD7FF), (0xF900, 0xFFFF), (0x10000, 0x1FFFF)]
    letters = ["".join(chr(draw.randint(*draw.choice(ranges))) for _ in range(8)) for _ in range(4000)]
    # Letters that this Python's Unicode tables do not know yet may be known to the other library.
    agree(both, [text for text in letters if all(unicodedata.category(c) != "Cn" for c in text)])


def test_words_are_split_by_hand_as_expected():
    assert split_words("it's 10 o'clock!!") == ["it", "'s", "1", "0", "o", "'", "clock", "!!"]
    assert split_words("!!'s") == ["!!'", "s"] and split_words("") == [] and split_words(" \t\n") == []


def write(folder, learned, **config):
    vocabulary, merges = learned
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(config))


def test_vocab_and_merges(tmp_path, learned, both):
    write(tmp_path, learned, model_max_length=24)
    assert torch.equal(Tokenizer.from_folder(tmp_path)(TEXTS[:50]), both[1](TEXTS[:50]))


def test_what_transformers_saves(tmp_path, both):
    both[0].save_pretrained(tmp_path)
    assert (tmp_path / "tokenizer.json").exists()
    read = Tokenizer.from_folder(tmp_path)
    assert read.length == 24 and torch.equal(read(TEXTS[:50]), both[1](TEXTS[:50]))


def test_another_padding(tmp_path, learned):
    write(tmp_path, learned, model_max_length=8, pad_token="!", bos_token={"content": BEGIN})
    read = Tokenizer.from_folder(tmp_path)
    assert read([""]).tolist() == [[learned[0][token] for token in [BEGIN, END, *"!!!!!!"]]]


def test_what_does_not_fit_is_cut_and_named(both):
    text = "a red heart on a blue background " * 3 + "and a panda"
    with pytest.warns(UserWarning, match=r"tokens and the model takes 22; cut off: '.*and a panda'"):
        row = both[1]([text])
    assert row.shape == (1, 24) and row[0, -1] == both[1].vocabulary[END]
    assert both[1].words_cut(text).endswith("and a panda") and both[1].words_cut("a heart") == ""


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda t: t("a red heart"), ValueError, "texts must be a list, such as"),
        (lambda t: t([3]), ValueError, "a text must be a str; got int"),
        (lambda t: Tokenizer(t.vocabulary, [], padding="<none>"), ValueError, "must hold the special token '<none>'"),
        (lambda t: Tokenizer(t.vocabulary, [], length=1), ValueError, "length must be a whole number, at least 2"),
    ],
)
def test_bad_input_is_refused(call, error, said, both):
    with pytest.raises(error, match=said):
        call(both[1])


def test_folders_without_a_tokenizer(tmp_path):
    with pytest.raises(FileNotFoundError, match="must hold vocab.json and merges.txt, or tokenizer.json"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match="must be a JSON file"):
        Tokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "Unigram"}}')
    with pytest.raises(ValueError, match='of type BPE; got "Unigram"'):
        Tokenizer.from_folder(tmp_path)
