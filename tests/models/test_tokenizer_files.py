"""The files of a tokenizer's folder are read as transformers reads them, or what they ask for is refused by name."""

import json
import random
import shutil

import pytest
import transformers

from course_lib.models import Tokenizer
from course_lib.models.sources import SHIPPED
from course_lib.models.tokenizer import BEGIN, END

pytestmark = pytest.mark.filterwarnings("ignore:the prompt has:UserWarning")
SMALL = SHIPPED / "small-stable-diffusion" / "tokenizer"
TEXTS = [
    "a red! heart", "a <cat-toy> on blue", "<cat-toy>s A<CAT-TOY>b", "  <x>  <y> heart<x>", f"a {END} b{BEGIN}",
    f"a {END.upper()}!{BEGIN.upper()}", "a\0b", "\0", "", "red  dog red dog", "<|other|> ! !! !",
]  # fmt: skip
CAT = {"content": "<cat-toy>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}


def whole(**changes):
    """A tokenizer.json, as transformers writes it, with changes."""
    made = json.loads(transformers.CLIPTokenizer.from_pretrained(SMALL).backend_tokenizer.to_str())
    return made | changes


def reversed_vocabulary():
    made = whole()
    first = made["model"]["vocab"]
    last = len(first) - 1
    made["model"]["vocab"] = {token: last - number for token, number in first.items()}
    made["added_tokens"] = [row | {"id": last - row["id"]} for row in made["added_tokens"]]
    return made


def folder_of(tmp_path, files):
    """A copy of the small model's tokenizer; what `files` says of a file is added to it, or taken away by None."""
    folder = shutil.copytree(SMALL, tmp_path / "tokenizer")
    for name, content in files.items():
        path = folder / name
        if content is None:
            path.unlink()
        else:
            old = json.loads(path.read_text()) if path.is_file() else {}
            path.write_text(json.dumps(content if name == "tokenizer.json" else old | content))
    return folder


def both(folder):
    theirs = transformers.CLIPTokenizer.from_pretrained(folder)
    return theirs, Tokenizer.from_folder(folder, length=24)


def differing(theirs, ours):
    """The texts of which the numbers differ."""
    length = min(theirs.model_max_length, 24)
    found = theirs(TEXTS, padding="max_length", max_length=length, truncation=True)["input_ids"]
    assert ours.length == length
    return [text for text, row, wanted in zip(TEXTS, ours(TEXTS).tolist(), found, strict=True) if row != wanted]


CONFIG, MAP, ADDED, WHOLE = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.json"
SAME = {
    "as it is": {},
    "the map's padding": {MAP: {"pad_token": "!"}},
    "the map's padding, which the decoder turns off": {MAP: {"pad_token": "!"}, CONFIG: {"added_tokens_decoder": {}}},
    "the config's padding": {CONFIG: {"pad_token": "!"}},
    "an object in the config": {CONFIG: {"pad_token": {"__type": "AddedToken", "content": "!", "normalized": True}}},
    "objects in the map": {
        MAP: {
            name: {"content": text, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
            for name, text in {"bos_token": BEGIN, "eos_token": END, "unk_token": END, "pad_token": END}.items()
        }
    },
    "Stable Diffusion 1.5's own": {
        MAP: {
            "bos_token": {"content": BEGIN, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
            "eos_token": {"content": END, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
            "pad_token": END,
            "unk_token": {"content": END, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False},
        },
        CONFIG: {
            "add_prefix_space": False, "do_lower_case": True, "errors": "replace", "name_or_path": "openai/clip",
            "special_tokens_map_file": "./special_tokens_map.json",
            "bos_token": {"__type": "AddedToken", "content": BEGIN, "normalized": True},
            "eos_token": {"__type": "AddedToken", "content": END, "normalized": True},
            "unk_token": {"__type": "AddedToken", "content": END, "normalized": True},
        },
    },
    "an object and a text for one token": {MAP: {"eos_token": {"content": END, "normalized": True}, "unk_token": END}},
    "added_tokens.json": {ADDED: {"<cat-toy>": 1418}},
    "two of them, in another order": {ADDED: {"<y>": 1419, "<x>": 1418}},
    "the decoder": {CONFIG: {"added_tokens_decoder": {"1418": CAT}}},
    "the decoder, found as it is written": {CONFIG: {"added_tokens_decoder": {"1418": CAT | {"normalized": False}}}},
    "the decoder before added_tokens.json": {CONFIG: {"added_tokens_decoder": {"1418": CAT}}, ADDED: {"<x>": 1418}},
    "the decoder, without flags": {CONFIG: {"added_tokens_decoder": {"1418": {"content": "<cat-toy>"}}}},
    "the decoder, special": {CONFIG: {"added_tokens_decoder": {"1418": {"content": "<cat-toy>", "special": True}}}},
    "the decoder, with white space": {
        CONFIG: {"added_tokens_decoder": {"1418": CAT | {"lstrip": True, "rstrip": True}}}
    },
    "a word with a space": {ADDED: {"red dog": 1418}},
    "a token that the vocabulary has": {CONFIG: {"added_tokens_decoder": {"0": {"content": "!", "normalized": False}}}},
    "one token begins another": {ADDED: {"<cat": 1418, "<cat-toy>": 1419}},
    "additional tokens": {CONFIG: {"additional_special_tokens": ["<x>", "<y>"]}},
    "additional tokens in the map": {MAP: {"additional_special_tokens": ["<x>", "<y>"]}},
    "additional tokens in both": {
        CONFIG: {"additional_special_tokens": ["<x>"]}, MAP: {"additional_special_tokens": ["<y>"]},
    },
    "extra tokens in both": {
        CONFIG: {"extra_special_tokens": ["<x>"]}, MAP: {"extra_special_tokens": [{"content": "<y>"}]},
    },
    "no extra tokens, as transformers 4 writes it": {CONFIG: {"extra_special_tokens": {}}},
    "another special token": {MAP: {"cls_token": "<x>", "mask_token": "<y>"}},
    "a new padding": {CONFIG: {"pad_token": "<x>"}},
    "another end": {CONFIG: {"eos_token": "!"}},
    "tokenizer.json alone": {"vocab.json": None, "merges.txt": None, WHOLE: whole()},
    "tokenizer.json before vocab.json": {WHOLE: reversed_vocabulary()},
    "tokenizer.json with an added token": {
        WHOLE: whole(added_tokens=[*whole()["added_tokens"], CAT | {"id": 1418, "special": False}])
    },
    "tokenizer.json, which splits otherwise": {WHOLE: whole(normalizer=None, pre_tokenizer={"type": "Whitespace"})},
    "what changes nothing": {
        CONFIG: {"add_prefix_space": True, "do_lower_case": False, "add_bos_token": False, "add_eos_token": False}
    },
    "the older name of the length": {CONFIG: {"max_len": 20}},
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_it_is_read_as_transformers_reads_it(tmp_path, name):
    assert differing(*both(folder_of(tmp_path, SAME[name]))) == []


def test_special_tokens_in_all_forms(tmp_path):
    """Texts and objects, with all flags, in both files, drawn at random."""
    draw = random.Random(0)

    def token():
        text = draw.choice([BEGIN, END, "!", "<x>", "<|other|>"])
        flags = {name: draw.random() < 0.5 for name in ("normalized", "lstrip", "rstrip")}
        return draw.choice([text, {"content": text, "single_word": False} | flags])

    for number in range(100):
        names = ["bos_token", "eos_token", "pad_token", "cls_token", "sep_token"]
        config = {name: token() for name in names if draw.random() < 0.4}
        config = {name: one if isinstance(one, str) else one | {"__type": "AddedToken"} for name, one in config.items()}
        files = {CONFIG: config, MAP: {name: token() for name in names if draw.random() < 0.4}}
        if draw.random() < 0.5:
            files[ADDED] = {"<x>": 1418}
        folder = folder_of(tmp_path / str(number), files)
        assert differing(*both(folder)) == [], files


@pytest.mark.parametrize(
    "limit",
    [
        {"model_max_length": None},
        {"model_max_length": 1e20},
        {"model_max_length": 1e30},
        {"model_max_length": int(1e30)},
    ],
)
def test_without_a_length_the_text_encoder_has_it(tmp_path, limit):
    folder = folder_of(tmp_path, {CONFIG: limit})
    assert transformers.CLIPTokenizer.from_pretrained(folder).model_max_length >= 1e20
    assert Tokenizer.from_folder(folder, length=13).length == 13


def test_a_text_is_told_again_with_its_added_tokens(tmp_path):
    tokenizer = Tokenizer.from_folder(folder_of(tmp_path, {ADDED: {"แมว": 1418}}), 24)
    assert tokenizer.words_cut("a " * 20 + "a red แมว heart") == "แมว heart"


@pytest.mark.parametrize("text", ["a\ud800", "\udcff"])
def test_half_a_letter_is_refused(text):
    with pytest.raises(ValueError, match=r"must be Unicode; got half a letter, '\\ud"):
        Tokenizer.from_folder(SMALL).tokens(text)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({CONFIG: {"padding_side": "left"}}, 'must have padding_side = "right"'),
        ({CONFIG: {"truncation_side": "left"}}, 'must have truncation_side = "right"'),
        ({CONFIG: {"split_special_tokens": True}}, "must have split_special_tokens = false"),
        ({CONFIG: {"tokenizer_class": "BertTokenizer"}}, 'tokenizer_class = one of .*; got "BertTokenizer"'),
        ({CONFIG: {"pad_token": None}}, "must have pad_token = .*; got null"),
        ({CONFIG: {"pad_tokn": "!"}}, 'has the key "pad_tokn", .* did you mean "pad_token"'),
        ({CONFIG: {"image_token": "<x>"}}, 'has the key "image_token"'),
        ({CONFIG: {"extra_special_tokens": {"image_token": "<x>"}}}, "must have extra_special_tokens = a list"),
        ({CONFIG: {"model_max_length": 24.5}}, "must have model_max_length = a whole number, at least 2, or null"),
        ({CONFIG: {"model_max_length": 1}}, "must have model_max_length"),
        ({CONFIG: {"added_tokens_decoder": None}}, "must have added_tokens_decoder = an object; got null"),
        ({CONFIG: {"added_tokens_decoder": {"1418": "<x>"}}}, "the added token 1418 must be an object"),
        ({CONFIG: {"added_tokens_decoder": {"1418": CAT | {"single_word": True}}}}, "must have single_word = false"),
        ({CONFIG: {"added_tokens_decoder": {"1500": CAT}}}, '"<cat-toy>" must have the number 1418; got 1500'),
        ({CONFIG: {"added_tokens_decoder": {"7": {"content": "!"}}}}, '"!" must have the number 0; got 7'),
        ({ADDED: {"<x>": "many"}}, 'the number of an added token must be a whole number; got "many"'),
        ({ADDED: {"<x>": 1418, "<x>_1": 1419}}, 'has "<x>" and "<x>_1", which diffusers takes for one word'),
        ({CONFIG: {"unk_token": "<x>"}}, 'must have unk_token = a token of the vocabulary; got "<x>"'),
        ({MAP: {"pad_tokn": "!"}}, 'special_tokens_map.json has the key "pad_tokn"'),
        ({MAP: {"pad_token": 3}}, "must have pad_token"),
        ({"vocab.json": {"!": 5000}}, "must have a vocabulary, from tokens to the numbers"),
        ({"vocab.json": {"new": "0"}}, "must have a vocabulary, from tokens to the numbers"),
        ({WHOLE: whole(padding={"direction": "Left"})}, 'padding, must have direction = "Right"'),
        ({WHOLE: whole(truncation={"direction": "Left"})}, 'truncation, must have direction = "Right"'),
        ({WHOLE: whole(model={"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]})}, r'merge \["a", "b"\] must be'),
        ({WHOLE: whole(model={"type": "BPE", "vocab": {"a": 0}, "merges": [3]})}, "the merge 3 must be of two tokens"),
        ({WHOLE: whole(added_tokens=["<x>"])}, "must have added_tokens = a list, each entry an object"),
        ({WHOLE: whole(model=None)}, "must hold a model of type BPE; got null"),
        ({WHOLE: whole(model={"type": "Unigram"})}, 'must hold a model of type BPE; got "Unigram"'),
    ],
)  # fmt: skip
def test_what_is_not_done_is_refused_by_name(tmp_path, files, said):
    with pytest.raises(ValueError, match=said) as caught:
        Tokenizer.from_folder(folder_of(tmp_path, files), 24)
    assert len(str(caught.value)) < 400


def test_a_merge_of_three_is_refused(tmp_path):
    folder = folder_of(tmp_path, {})
    with (folder / "merges.txt").open("a", encoding="utf-8") as file:
        file.write("a b c\n")
    with pytest.raises(ValueError, match=r'the merge \["a", "b", "c"\] must be of two tokens'):
        Tokenizer.from_folder(folder)
