"""Fill the tables of data/weights/README.md: what was compared and reached, and the shipped files with their sha256.

python -m course_lib.training.readme
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from course_lib import files
from course_lib.training.compare_changes import TRAININGS
from course_lib.training.small_model import WEIGHTS

SHIPPED = ("small-stable-diffusion/**/*", "logs/*", "*.png", "*.webp", "*.json", "*.safetensors")
PAIRS = ("seen pairs", "unseen pairs")
COMPARED = (("shape", "colour"), ("shape", "shape"), ("pair", "colours"), ("pair", "places"))
WHOLE = {"along": ("unet_along.jsonl", "reached_along.json"), "both": ("unet_both.jsonl", "reached_both.json")}
SHARES = ("concept", "among five", "style", "sentence of two shapes")
KINDS = {"shape": "one shape", "pair": "two shapes"}
TRAINED = {"vae": "VAE", "unet": "U-Net with text encoder", "recogniser": "the recogniser that judges emoji"}


def shipped_files() -> list[Path]:
    """The shipped files, in order."""
    found = {path for pattern in SHIPPED for path in WEIGHTS.glob(pattern) if path.is_file()}
    return sorted(found)


def files_table(paths: Sequence[Path] | None = None, folder: Path = WEIGHTS) -> str:
    """A row for each file, of the shipped ones if none are named; folder : what their names begin after."""
    rows = ["| file | bytes | sha256 |", "| --- | ---: | --- |"]
    for path in shipped_files() if paths is None else paths:
        data = path.read_bytes()
        rows.append(f"| `{path.relative_to(folder)}` | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |")
    return "\n".join(rows)


def reached_table() -> str:
    """What `evaluate` measured, as tables."""
    found = _measured("reached.json")
    emoji, memory = found["emoji"], found["memory"]
    drawn, painted = (emoji[f"{kind}, unseen pairs"]["pictures"] for kind in ("drawings", "painted"))
    tables = [
        "\n".join(_training(part, name) for part, name in TRAINED.items()),
        "The VAE's reconstructions: {psnr:.1f} dB on scenes kept out of training. Of the artwork, large and on white, "
        "the median is {fluent:.1f} dB in fluent style and {noto:.1f} dB in noto style.".format(**found["vae"]),
        f"Scenes of shapes, {found['count']} a row:",
        _table("scenes", _shapes(found)),
        f"Emoji, every concept in each style that was learned; unseen pairs are painted {painted // drawn} times each:",
        _table("emoji", _emoji(emoji)),
        f"Distances of sets of {found['count']} pictures from as many drawings of the same kind of pairs:",
        _table("set", {name: {"KID x 1000": f"{value:.2f}"} for name, value in found["set"].items()}),
        f"Distance of {found['count']} pictures to the nearest of {memory['among']:,} training pictures:",
        _table("pictures", _memory(memory)),
    ]
    return "\n\n".join(tables)


def compared_table() -> str:
    """What `compare_text_encoders` measured."""
    found = _measured("compared.json")
    names = found.pop("contrastive")
    rows = {
        way: {"samples": f"{numbers['samples']:,}", "error on unseen scenes": f"{numbers['unseen']:.4f}"}
        | {f"{what}, {kind}": numbers[f"{kind}, unseen pairs"][what] for kind, what in COMPARED}
        for way, numbers in found.items()
    }
    head = (
        "The contrastive encoder alone, asked to name a picture in a style that was never shown, is right in "
        f"{names['name']:.0%}, and among its first five in {names['among five']:.0%}."
    )
    between = "And two whole trainings, measured as below:"
    return f"{head}\n\n{_table('text encoder', rows)}\n\n{between}\n\n{_table('text encoder', _whole())}"


def _whole() -> dict[str, dict]:
    """Two whole trainings side by side: the shipped one, and one that began with the contrastive text encoder."""
    rows = {}
    for way, (log, reached) in WHOLE.items():
        lines = _log(log)
        error = next(line["unseen"] for line in reversed(lines) if "unseen" in line)
        found = _measured(reached)
        rows[way] = {"samples": f"{lines[-1]['samples']:,}", "error on unseen scenes": f"{error:.3f}"} | {
            "shape, shape": found["shapes"]["shape, unseen pairs"]["shape"],
            "sentence, pair": found["shapes"]["pair, unseen pairs"]["sentence"],
            "concept, seen pairs": found["emoji"]["painted, seen pairs"]["concept"],
            "concept, unseen pairs": found["emoji"]["painted, unseen pairs"]["concept"],
            "style, unseen pairs": found["emoji"]["painted, unseen pairs"]["style"],
        }
    return rows


def guidance_table() -> str:
    """What `compare_guidance` measured."""
    found = _measured("guidance.json")
    rows = {scale: _painted(numbers) for scale, numbers in found["scales"].items()}
    return f"About {found['count']} pictures for each number:\n\n{_table('guidance', rows)}"


def changes_table() -> str:
    """What `compare_changes` measured: the trainings from nothing, and those from the shipped weights."""
    found, parts = _measured("changes.json"), []
    for shipped, begun in ((False, "From random weights"), (True, "From the shipped weights")):
        chosen = {name: one.words for name, one in TRAININGS.items() if one.shipped == shipped and name in found}
        rows = {words: _change(found[name]) for name, words in chosen.items()}
        parts.append(f"{begun}:\n\n{_table('change', rows)}")
    return "\n\n".join(parts)


def _change(numbers: dict) -> dict:
    first = {"samples": f"{numbers['samples']:,}"}
    if "processor minutes" in numbers:
        first["processor minutes"] = f"{numbers['processor minutes']:.0f}"
    first["error on unseen scenes"] = f"{numbers['unseen']:.3f}"
    painted = {name: value for name, value in numbers.items() if name in SHARES or "dB" in name or "KID" in name}
    return first | _painted(painted)


def _painted(numbers: dict) -> dict:
    """What `compare_guidance.measure` found, as cells."""
    return {name: value if name in SHARES else f"{value:.1f}" for name, value in numbers.items()}


def _measured(file: str) -> dict:
    return files.read_json(WEIGHTS / file)


def _log(file: str) -> list[dict]:
    return [json.loads(line) for line in (WEIGHTS / "logs" / file).read_text().splitlines()]


def _shapes(found: dict) -> dict[str, dict]:
    rows = {f"{name}, drawn, through the VAE": found["vae"][kind] for kind, name in KINDS.items()}
    for kind, name in KINDS.items():
        rows |= {f"{name}, painted, {pairs}": found["shapes"][f"{kind}, {pairs}"] for pairs in PAIRS}
    return rows


def _memory(found: dict) -> dict[str, dict]:
    rows = {name: {"median distance": f"{found[name]:.3f}"} for name in ("painted", "drawings")}
    rows["painted"]["of the same concept"] = found["same concept"]
    return rows


def _table(first: str, rows: dict[str, dict]) -> str:
    columns = list(dict.fromkeys(column for numbers in rows.values() for column in numbers))
    lines = [f"| {first} | {' | '.join(columns)} |", "| --- |" + " ---: |" * len(columns)]
    for name, numbers in rows.items():
        cells = (_cell(numbers.get(column, "")) for column in columns)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _emoji(found: dict) -> dict[str, dict]:
    return {
        name: {what: f"{value:.1f} dB" if "likeness" in what else value for what, value in numbers.items()}
        for name, numbers in found.items()
    }


def _cell(value: float | int | str) -> str:
    return f"{value:.0%}" if isinstance(value, float) else f"{value}"


def _training(part: str, name: str) -> str:
    """How long a network has been trained, by the last line of its log."""
    last = _log(f"{part}.jsonl")[-1]
    return f"- {name}: trained for {last['minutes']:.0f} minutes, on {last['samples']:,} scenes."


def fill(text: str, name: str, content: str) -> str:
    """The text with `content` between the marks of this name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n{content}\n\n{end}{rest.split(end)[1]}"


def filled(text: str) -> str:
    """README.md as it should be."""
    tables = {"changes": changes_table, "compared": compared_table, "guidance": guidance_table}
    tables |= {"reached": reached_table, "files": files_table}
    for name, table in tables.items():
        text = fill(text, name, table())
    return text


def main() -> None:
    """Write README.md."""
    path = WEIGHTS / "README.md"
    text = filled(path.read_text(encoding="utf-8"))
    with files.written_whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
