"""Build the emoji pictures of the course: `python data/emoji/prepare.py`.

Needs node with npm, the network once, and Pillow. It installs the packages named below, by exact version, into a
temporary folder, takes the concepts of `concepts.txt` from four sets of artwork, and writes one sheet of 64 x 64
pictures a style, `captions.json`, and the table of sha256 sums in `README.md`.
`python data/emoji/prepare.py --table` renews only that table (no node, no network).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
SIZE = 64  # pixels, the side of one picture
COLUMNS = 16  # pictures in a row of a sheet
NOTO, RESVG, WORDS = "emoji-datasource-google", "@resvg/resvg-js", "emojibase-data"
SVG_STYLES = {
    "fluent": "@iconify-json/fluent-emoji",
    "flat": "@iconify-json/fluent-emoji-flat",
    "twemoji": "@iconify-json/twemoji",
}
STYLES = ("noto", *SVG_STYLES)
VERSIONS = {
    NOTO: "16.0.0",
    SVG_STYLES["fluent"]: "1.2.7",
    SVG_STYLES["flat"]: "1.2.6",
    SVG_STYLES["twemoji"]: "1.2.5",
    WORDS: "17.0.0",
    RESVG: "2.6.2",
}
TABLE = re.compile(r"(?<=<!-- files: begin -->\n).*(?=<!-- files: end -->)", re.DOTALL)


def install(folder: Path) -> Path:
    """Install the pinned packages into `folder` with npm and return its node_modules."""
    npm = shutil.which("npm")
    if not npm or not shutil.which("node"):
        sys.exit("prepare.py needs node with npm (https://nodejs.org), and found none on the path.")
    print("Fetching", ", ".join(f"{name} {version}" for name, version in VERSIONS.items()), flush=True)
    (folder / "package.json").write_text('{"private": true}')
    wanted = [f"{name}@{version}" for name, version in VERSIONS.items()]
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", *wanted]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        if re.search("ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|network", done.stderr):
            sys.exit("npm could not reach the package registry: connect to the network and try again.")
        if "ETARGET" in done.stderr or "E404" in done.stderr:
            sys.exit("The registry does not have one of the packages at the version that VERSIONS in prepare.py names.")
        sys.exit(f"npm could not install the packages; it said:\n{done.stderr.strip()}")
    modules = folder / "node_modules"
    for name, version in VERSIONS.items():
        came = read_json(modules / name / "package.json")["version"]
        if came != version:
            sys.exit(f"{name} must have version {version}; npm installed {came}.")
    return modules


def read_json(path: Path):
    """The content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """`text` with straight quotes in place of curly ones."""
    return text.translate(str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""))


def slug(label: str) -> str:
    """The name the icon packages give to a label: "woman's hat" -> "womans-hat"."""
    return re.sub("[^a-z0-9]+", "-", plain(label).lower().replace("'", "")).strip("-")


def key(hexcode: str) -> str:
    """A hexadecimal code without the variation selector, which not every package writes."""
    return "-".join(part for part in hexcode.upper().split("-") if part != "FE0F")


def read_concepts() -> list[tuple[str, str]]:
    """The (label, group) pairs of concepts.txt, in its order."""
    pairs, group = [], None
    for line in (HERE / "concepts.txt").read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            pairs.append((line, group))
    labels = [label for label, _ in pairs]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        sys.exit(f"concepts.txt names these twice: {', '.join(twice)}.")
    return pairs


def join(modules: Path) -> tuple[list[dict], dict[str, dict[str, Path | str]]]:
    """The caption rows, and for each style the source of each concept: a PNG path or an SVG text."""
    english = {plain(entry["label"]): entry for entry in read_json(modules / WORDS / "en/data.json")}
    thai = {entry["hexcode"]: entry for entry in read_json(modules / WORDS / "th/data.json")}
    noto = {key(entry["unified"]): entry for entry in read_json(modules / NOTO / "emoji.json")}
    icons = {style: read_json(modules / name / "icons.json") for style, name in SVG_STYLES.items()}
    rows, art, missing = [], {style: {} for style in STYLES}, []
    for number, (label, group) in enumerate(read_concepts()):
        concept, entry = slug(label), english.get(label)
        picture = noto.get(key(entry["hexcode"])) if entry else None
        lacks = [style for style in SVG_STYLES if concept not in icons[style]["icons"]]
        if not (picture and picture["has_img_google"]):
            lacks = ["noto", *lacks] if entry else ["the list of names"]
        if lacks:
            missing.append(f"{label} (not in {', '.join(lacks)})")
            continue
        words = thai[entry["hexcode"]]
        rows.append(
            {
                "concept": concept,
                "caption": label,
                "caption_thai": plain(words["label"]),
                "keywords": [plain(word) for word in entry.get("tags", [])],
                "keywords_thai": [plain(word) for word in words.get("tags", [])],
                "group": group,
                "cell": [number % COLUMNS, number // COLUMNS],
            }
        )
        art["noto"][concept] = modules / NOTO / "img/google/64" / picture["image"]
        for style in SVG_STYLES:
            art[style][concept] = svg_text(icons[style], concept)
    if missing:
        sys.exit(f"concepts.txt names pictures that are not in every style: {'; '.join(missing)}.")
    return rows, art


def svg_text(icon_set: dict, concept: str) -> str:
    """One icon of an Iconify set as a complete SVG text; a box that is not square is centred."""
    icon = icon_set["icons"][concept]
    box = [icon.get("left", 0), icon.get("top", 0)]
    box += [icon.get(side, icon_set.get(side, 16)) for side in ("width", "height")]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{SIZE}" height="{SIZE}" viewBox="{" ".join(map(str, box))}">{icon["body"]}</svg>'
    )


def rasterise(modules: Path, folder: Path, icons: dict[str, str]) -> dict[str, Path]:
    """Draw SVG texts with resvg into PNG files of `folder`; return the files by concept."""
    folder.mkdir()
    texts = folder.with_suffix(".json")
    texts.write_text(json.dumps(icons), encoding="utf-8")
    command = ["node", str(HERE / "rasterise.mjs"), str(texts), str(folder), str(SIZE)]
    done = subprocess.run(command, cwd=modules.parent, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"resvg could not draw the {folder.name} icons; it said:\n{done.stderr.strip()}")
    return {concept: folder / f"{concept}.png" for concept in icons}


def write_sheet(path: Path, pictures: list[Path]) -> None:
    """Paste pictures row by row on one transparent sheet and save it without loss."""
    sheet = Image.new("RGBA", (COLUMNS * SIZE, -(-len(pictures) // COLUMNS) * SIZE))
    for number, picture in enumerate(pictures):
        with Image.open(picture) as opened:
            art = opened.convert("RGBA")
        if art.size != (SIZE, SIZE):
            sys.exit(f"{picture.name} must be {SIZE} x {SIZE} pixels; it is {art.width} x {art.height}.")
        # Where nothing is to be seen, no colour is kept: it would only make the file larger.
        seen = art.getchannel("A").point(lambda alpha: 255 if alpha else 0)
        cell = (number % COLUMNS * SIZE, number // COLUMNS * SIZE)
        sheet.paste(art, cell, seen)
    sheet.save(path, optimize=True)


def write_captions(path: Path, rows: list[dict]) -> None:
    """Write captions.json, one concept a line."""
    head = json.dumps({"size": SIZE, "columns": COLUMNS, "styles": STYLES})[:-1]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f'{head}, "concepts": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def shipped() -> list[Path]:
    """Every file of the folder but README.md, which holds their sums."""
    files = [path for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sorted((path for path in files if path.name != "README.md"), key=lambda path: path.as_posix())


def sums() -> dict[str, str]:
    """The sha256 of every shipped file."""
    return {path.relative_to(HERE).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in shipped()}


def write_table() -> None:
    """Write the sizes and sha256 sums of the folder between the two marks in README.md."""
    lines = [f"| `{name}` | {(HERE / name).stat().st_size:,} | `{value}` |" for name, value in sums().items()]
    table = "\n".join(["", "| file | bytes | sha256 |", "| --- | ---: | --- |", *lines, "", ""])
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    if not TABLE.search(text):
        sys.exit("README.md has lost the two marks of its table: git restore data/emoji/README.md")
    readme.write_text(TABLE.sub(lambda _: table, text), encoding="utf-8", newline="\n")


def main() -> None:
    """Build everything, and say which files are no longer what they were."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="renew only the table of sums in README.md")
    if not parser.parse_args().table:
        before = sums()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            modules = install(folder)
            rows, art = join(modules)
            for style in STYLES:
                files = art[style] if style == "noto" else rasterise(modules, folder / style, art[style])
                write_sheet(HERE / f"{style}.png", [files[row["concept"]] for row in rows])
                print(f"{style}.png: {len(rows)} pictures", flush=True)
        write_captions(HERE / "captions.json", rows)
        changed = [name for name, value in sums().items() if before.get(name) != value]
        print("Changed:", ", ".join(changed) or "nothing, every file is as it was")
    write_table()
    print("README.md: the table of sums is up to date")


if __name__ == "__main__":
    main()
