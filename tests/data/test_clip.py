"""CLIP's vocabulary as it is shipped: whole, licensed, small, and what its README says."""

import hashlib
import re
from pathlib import Path

import pytest

from course_lib import shipped
from course_lib.models import clip_vocabulary

FOLDER = Path(__file__).parents[2] / "data" / "clip"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| `(.+?)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", README, re.MULTILINE)
NAME = "bpe_simple_vocab_16e6.txt.gz"


def test_the_table_lists_every_file_as_it_is():
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(name for name, _, _ in TABLE)}
    for name, size, sha256 in TABLE:
        data = (FOLDER / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256 and len(data) == int(size.replace(",", "")), name


def test_source_and_licence_are_named():
    assert "open_clip_torch" in README and "Copyright (c) 2021 OpenAI" in README
    assert "Permission is hereby granted, free of charge" in (FOLDER / "LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b""], ids=["cut off", "empty"])
def test_a_damaged_vocabulary_is_named_with_the_way_back(tmp_path, monkeypatch, damage):
    for name, *_ in [*TABLE, ("README.md",)]:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / NAME).write_bytes(damage((FOLDER / NAME).read_bytes()))
    monkeypatch.setattr(clip_vocabulary, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="is damaged: its sha256 is not the one in README.md"):
        clip_vocabulary.clip_tokenizer.__wrapped__()


def test_lines_that_are_no_pairs_are_refused():
    import gzip

    with pytest.raises(ValueError, match="expected 48894 lines with two pieces each; got 2 lines"):
        clip_vocabulary.read_merges(gzip.compress(b"version\ni n\nt h"))
    assert shipped.ROOT in clip_vocabulary.FOLDER.parents
