"""The shipped emoji set: whole, small, captioned in two languages, licensed, and what its README says it is."""

import hashlib
import json
import re
import unicodedata
from pathlib import Path

import pytest
from PIL import Image

FOLDER = Path(__file__).parents[2] / "data" / "emoji"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| `(.+?)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", README, re.MULTILINE)
CAPTIONS = json.loads((FOLDER / "captions.json").read_text(encoding="utf-8"))
CONCEPTS = CAPTIONS["concepts"]


def test_the_table_lists_every_file():
    files = (path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {path.relative_to(FOLDER).as_posix() for path in files} == {"README.md", *(name for name, _, _ in TABLE)}


@pytest.mark.parametrize(("name", "size", "sha256"), TABLE, ids=[name for name, _, _ in TABLE])
def test_every_file_is_what_the_table_says(name, size, sha256):
    data = (FOLDER / name).read_bytes()
    renew = "renew the table with: python data/emoji/prepare.py --table"
    assert hashlib.sha256(data).hexdigest() == sha256, renew
    assert len(data) == int(size.replace(",", "")), renew


def test_the_folder_is_small_enough_to_commit():
    assert sum(int(size.replace(",", "")) for _, size, _ in TABLE) < 5_000_000


def test_captions_follow_the_list_of_concepts():
    listed, group = [], None
    for line in (FOLDER / "concepts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group = line[1:-1]
        elif line and not line.startswith("#"):
            listed.append((line, group))
    assert [(row["caption"], row["group"]) for row in CONCEPTS] == listed


@pytest.mark.parametrize("column", ["concept", "caption", "caption_thai"])
def test_captions_are_there_and_differ(column):
    values = [row[column] for row in CONCEPTS]
    assert all(values) and len(set(values)) == len(values)


def test_thai_is_thai_and_english_is_latin_with_straight_quotes():
    def scripts(texts):
        return {unicodedata.name(c).split()[0] for text in texts for c in text if c.isalpha()}

    assert scripts(row["caption"] for row in CONCEPTS) == {"LATIN"}
    assert scripts(row["caption_thai"] for row in CONCEPTS) == {"THAI"}
    assert all(row["keywords"] and row["keywords_thai"] for row in CONCEPTS)
    assert not set("\u2018\u2019\u201c\u201d") & set((FOLDER / "captions.json").read_text(encoding="utf-8"))


def test_no_caption_or_keyword_is_the_name_of_a_style():
    words = {word for row in CONCEPTS for text in (row["caption"], *row["keywords"]) for word in text.lower().split()}
    assert not words & set(CAPTIONS["styles"])


@pytest.mark.parametrize("style", CAPTIONS["styles"])
def test_every_cell_of_a_sheet_holds_a_picture_of_its_own(style):
    size, columns = CAPTIONS["size"], CAPTIONS["columns"]
    cells = [tuple(row["cell"]) for row in CONCEPTS]
    assert len(set(cells)) == len(cells)
    with Image.open(FOLDER / f"{style}.png") as sheet:
        assert sheet.mode == "RGBA" and sheet.size == (columns * size, -(-len(cells) // columns) * size)
        seen = set()
        for column, line in cells:
            box = (column * size, line * size, (column + 1) * size, (line + 1) * size)
            cell = sheet.crop(box)
            covered = sum(alpha > 127 for alpha in cell.getchannel("A").tobytes())
            assert covered > 0.07 * size * size, (style, column, line)
            seen.add(cell.tobytes())
    assert len(seen) == len(cells)


def test_every_source_is_named_with_version_and_licence():
    script = (FOLDER / "prepare.py").read_text(encoding="utf-8")
    for package, version in (
        ("emoji-datasource-google", "16.0.0"),
        ("@iconify-json/fluent-emoji", "1.2.7"),
        ("@iconify-json/fluent-emoji-flat", "1.2.6"),
        ("@iconify-json/twemoji", "1.2.5"),
        ("emojibase-data", "17.0.0"),
        ("@resvg/resvg-js", "2.6.2"),
    ):
        assert f"{package} {version}" in README and f'"{package}"' in script and f'"{version}"' in script
    for name, words in (
        ("Apache-2.0", "Version 2.0, January 2004"),
        ("MIT-fluent-emoji", "Copyright (c) Microsoft Corporation"),
        ("MIT-emojibase", "Copyright (c) 2017-2019 Miles Johnson"),
        ("CC-BY-4.0", "Creative Commons Attribution 4.0 International Public License"),
        ("Unicode-3.0", "UNICODE LICENSE V3"),
    ):
        assert f"licences/{name}.txt" in README
        assert words in (FOLDER / "licences" / f"{name}.txt").read_text(encoding="utf-8")
