"""The folder of a tokenizer: which of its files says what. It is read as transformers' CLIPTokenizer reads it.

The vocabulary and the merges stand in `tokenizer.json`, or else in `vocab.json` and `merges.txt`. How a text is split
and spelled is CLIP's, whatever `tokenizer.json` says of it. Added tokens stand under `added_tokens_decoder` in
`tokenizer_config.json`. Only where that key is absent, in older folders, `added_tokens.json` and `tokenizer.json` add
tokens, and `special_tokens_map.json` overrules `tokenizer_config.json`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from course_lib.models.keys import ANYTHING, FLAG, TEXT, Key, Kind, listed, one_of, only, or_null, read, refuse, shown
from course_lib.models.weights import read_json

BEGIN, END = "<|startoftext|>", "<|endoftext|>"
UNLIMITED = 1e20  # from here on, a length is transformers' way to say that there is none
LENGTH = Kind(
    "a whole number, at least 2",
    lambda value: (type(value) is int and value >= 2) or (type(value) is float and value >= UNLIMITED),
)
LIST = Kind("a list", lambda value: isinstance(value, list) or value == {})  # {} is how transformers 4 writes none
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
TOKEN = Kind("a text, or an object with its content", lambda value: isinstance(value, (str, dict)) and len(value) > 0)
SPECIAL = {
    "bos_token": Key(TOKEN, BEGIN),
    "eos_token": Key(TOKEN, END),
    "unk_token": Key(TOKEN, END),
    "sep_token": Key(or_null(TOKEN)),
    "pad_token": Key(TOKEN, END),
    "cls_token": Key(or_null(TOKEN)),
    "mask_token": Key(or_null(TOKEN)),
}
MORE_SPECIAL = dict.fromkeys(["additional_special_tokens", "extra_special_tokens"], Key(or_null(LIST)))
CONFIG = {
    **SPECIAL,
    **MORE_SPECIAL,
    "tokenizer_class": Key(one_of("CLIPTokenizer", "CLIPTokenizerFast")),
    "model_max_length": Key(or_null(LENGTH)),
    "max_len": Key(or_null(LENGTH)),
    "added_tokens_decoder": Key(OBJECT),
    "padding_side": Key(only("right")),
    "truncation_side": Key(only("right")),
    "split_special_tokens": Key(only(False)),
    # What changes nothing: CLIP's tokenizer always does it, or never; rows always have the model's length; or it is for
    # the way back from numbers to texts.
    **dict.fromkeys(
        [
            "add_bos_token", "add_eos_token", "add_prefix_space", "backend", "clean_up_tokenization_spaces",
            "do_lower_case", "errors", "init_inputs", "is_local", "local_files_only", "max_length",
            "model_input_names", "name_or_path", "pad_to_multiple_of", "pad_token_type_id", "processor_class",
            "special_tokens_map_file", "stride", "tokenizer_file", "truncation_strategy", "use_fast", "verbose",
        ],
        Key(ANYTHING),
    ),
}  # fmt: skip
ADDED = {
    "content": Key(TEXT),
    "normalized": Key(or_null(FLAG)),
    "special": Key(FLAG, False),
    "single_word": Key(only(False)),
    # White space beside a token falls away in any case.
    **dict.fromkeys(["lstrip", "rstrip", "id", "__type"], Key(ANYTHING)),
}


class AddedToken(NamedTuple):
    """A token that is cut out of a text before the rest is split into words, such as "<cat-toy>".

    normalized : whether it is looked for after the text was put into lower case, so that "<Cat-Toy>" is it, too.
    """

    text: str
    normalized: bool = False


def read_folder(folder: Path, length: int) -> dict:
    """The arguments of `Tokenizer` from a folder. length : where the folder does not say.

    Raises FileNotFoundError where there is no vocabulary, ValueError for a file that cannot be read, and, naming the
    key, for what the course's tokenizer does not do.

    Example:

    >>> from course_lib.models.sources import SHIPPED
    >>> found = read_folder(SHIPPED / "small-stable-diffusion" / "tokenizer", length=77)
    >>> found["length"], found["padding"], len(found["vocabulary"])
    (24, '<|endoftext|>', 1418)
    """
    whole = _json(folder / "tokenizer.json")
    vocabulary, merges = _of_one_file(folder / "tokenizer.json", whole) if whole else _of_two_files(folder)
    file = folder / "tokenizer_config.json"
    config = read(str(file), _json(file), CONFIG)
    special = {name: config[name] for name in SPECIAL}
    more = config["extra_special_tokens"] or config["additional_special_tokens"] or []
    rows = config["added_tokens_decoder"]
    if rows is None:
        file = folder / "special_tokens_map.json"
        older = _json(file)
        found = read(str(file), older, SPECIAL | MORE_SPECIAL)
        special |= {name: found[name] for name in SPECIAL if name in older}
        more = [*more, *(found["extra_special_tokens"] or [])] or found["additional_special_tokens"] or []
        rows = {number: {"content": text} for text, number in _json(folder / "added_tokens.json").items()}
        more_rows = whole.get("added_tokens") or []
        if more_rows and not listed(OBJECT).fits(more_rows):
            refuse(str(folder / "tokenizer.json"), "added_tokens", listed(OBJECT).words, more_rows)
        rows |= {row.get("id"): row for row in more_rows}
    named = {name: _token(name, value, named=True) for name, value in special.items() if value is not None}
    if named["unk_token"].text not in vocabulary:
        refuse(f"the tokenizer in {folder}", "unk_token", "a token of the vocabulary", named["unk_token"].text)
    added = _in_rows(folder, rows, vocabulary, {token.text for token in named.values()})
    # Where two names say one token differently, the later holds; but what was said before does not count once more.
    known, said = {token.text for token in added}, []
    for value in [*(value for value in special.values() if value is not None), *more]:
        token = _token("a special token", value, named=True)
        if token.text not in known and value not in said:
            added.append(token)
            said.append(value)
    for token in added:
        vocabulary.setdefault(token.text, len(vocabulary))
    _refuse_words_of_several(folder, [token.text for token in added])
    limit = config["model_max_length"] or config["max_len"]
    return {
        "vocabulary": vocabulary,
        "merges": merges,
        "length": length if limit is None or limit >= UNLIMITED else limit,
        "begin": named["bos_token"].text,
        "end": named["eos_token"].text,
        "padding": named["pad_token"].text,
        "unknown": named["unk_token"].text,
        "added": added,
    }


def _json(path: Path) -> dict:
    return read_json(path) if path.is_file() else {}


def _of_one_file(path: Path, whole: Mapping) -> tuple[dict, list]:
    """Vocabulary and merges from tokenizer.json."""
    model = whole.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        kind = model.get("type") if isinstance(model, dict) else model
        raise ValueError(f"{path} must hold a model of type BPE; got {shown(kind)}")
    for name in ("padding", "truncation"):
        side = whole[name].get("direction", "Right") if isinstance(whole.get(name), dict) else "Right"
        if side != "Right":
            refuse(f"{path}, {name},", "direction", '"Right", the only one there is', side)
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model.get("merges", [])]
    return _checked(path, model.get("vocab"), pairs)


def _of_two_files(folder: Path) -> tuple[dict, list]:
    """Vocabulary and merges from vocab.json and merges.txt."""
    if not ((folder / "vocab.json").is_file() and (folder / "merges.txt").is_file()):
        raise FileNotFoundError(f"{folder} must hold vocab.json and merges.txt, or tokenizer.json; it has neither")
    try:
        lines = (folder / "merges.txt").read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{folder / 'merges.txt'} must be a text in UTF-8; it cannot be read: {error}") from error
    pairs = [line.split() for line in lines if line.strip() and not line.startswith("#version")]
    return _checked(folder / "vocab.json", read_json(folder / "vocab.json"), pairs)


def _checked(path: Path, vocabulary: object, pairs: list) -> tuple[dict, list]:
    """A vocabulary whose numbers are 0, 1, 2, ..., and merges of its tokens, or an error that names what is not so."""
    numbers = list(vocabulary.values()) if isinstance(vocabulary, dict) else [None]
    if any(type(number) is not int for number in numbers) or sorted(numbers) != list(range(len(numbers))):
        raise ValueError(f"{path} must have a vocabulary, from tokens to the numbers 0, 1, 2, ..., each of them once")
    for pair in pairs:
        fits = isinstance(pair, list) and len(pair) == 2 and all(isinstance(token, str) for token in pair)
        if not fits or any(token not in vocabulary for token in (*pair, "".join(pair))):
            raise ValueError(f"the merge {shown(pair)} must be of two tokens that {path} has, as it has their join")
    return dict(vocabulary), [tuple(pair) for pair in pairs]


def _token(what: str, value: object, *, named: bool) -> AddedToken:
    """A token from a text, or from an object. named : whether it is one of the special tokens."""
    if isinstance(value, str) and value:
        return AddedToken(value)
    if not isinstance(value, dict) or not value.get("content"):
        raise ValueError(f"{what} must be a text, or an object with its content; got {shown(value)}")
    keys = read(what, value, ADDED)
    if keys["normalized"] is None:
        return AddedToken(keys["content"], normalized=not (named or keys["special"]))
    return AddedToken(keys["content"], keys["normalized"])


def _in_rows(folder: Path, rows: Mapping, vocabulary: dict, named: Collection[str]) -> list[AddedToken]:
    """The added tokens by their numbers, which must be those of the vocabulary, or go on where it ends."""
    for key in rows:
        if not str(key).isdecimal():
            raise ValueError(f"{folder}: the number of an added token must be a whole number; got {shown(key)}")
    added = []
    for key, row in sorted(rows.items(), key=lambda item: int(item[0])):
        if not isinstance(row, dict):
            raise ValueError(f"{folder}: the added token {key} must be an object with its content; got {shown(row)}")
        token = _token(f"the added token {key}", row, named=row.get("content") in named)
        number = vocabulary.setdefault(token.text, len(vocabulary))
        if number != int(key):
            raise ValueError(f"{folder}: the added token {shown(token.text)} must have the number {number}; got {key}")
        added.append(token)
    return added


def _refuse_words_of_several(folder: Path, texts: Collection[str]) -> None:
    for text in texts:
        if f"{text}_1" in texts:
            raise ValueError(
                f"the tokenizer in {folder} has {shown(text)} and {shown(text + '_1')}, which diffusers takes for one "
                "word of several tokens; the course opens words of one token"
            )
