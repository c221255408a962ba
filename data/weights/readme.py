"""Fill the two tables of README.md: what was reached (from reached.json), and the shipped files with their sha256.

python data/weights/readme.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
SHIPPED = ("small-stable-diffusion/**/*", "logs/*", "sheet.png", "reached.json")


def files() -> list[Path]:
    """The shipped files, in order."""
    found = {path for pattern in SHIPPED for path in HERE.glob(pattern) if path.is_file()}
    return sorted(found)


def files_table() -> str:
    """A row for each shipped file."""
    rows = ["| file | bytes | sha256 |", "| --- | ---: | --- |"]
    for path in files():
        data = path.read_bytes()
        rows.append(f"| `{path.relative_to(HERE)}` | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |")
    return "\n".join(rows)


def reached_table() -> str:
    """What evaluate.py measured, in words."""
    path = HERE / "reached.json"
    if not path.is_file():
        return "Nothing was measured yet."
    found = json.loads(path.read_text())
    vae = found.pop("vae")
    count = found.pop("count")
    lines = [
        *(_training(part, name) for part, name in (("vae", "VAE"), ("unet", "U-Net with text encoder"))),
        "",
        f"Measured by `evaluate.py` on {count} scenes each, with pairs kept out of training unless it says so.",
        "",
        f"- Reconstructions by the VAE: {vae['psnr']:.2f} dB.",
    ]
    for kind, name in (("shape", "one shape"), ("pair", "two shapes")):
        lines.append(f"- What the VAE alone allows, {name}: {_shares(vae[kind])}.")
    lines += [f"- Painted from captions, {name}: {_shares(shares)}." for name, shares in found.items()]
    return "\n".join(lines)


def _training(part: str, name: str) -> str:
    """How long a network has been trained, by the last line of its log."""
    last = json.loads((HERE / "logs" / f"{part}.jsonl").read_text().splitlines()[-1])
    return f"- {name}: trained for {last['minutes']:.0f} minutes, on {last['samples']:,} scenes."


def _shares(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.items())


def fill(text: str, name: str, content: str) -> str:
    """The text with `content` between the marks of this name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    return f"{before}{begin}\n\n{content}\n\n{end}{rest.split(end)[1]}"


def filled(text: str) -> str:
    """README.md as it should be."""
    return fill(fill(text, "reached", reached_table()), "files", files_table())


def main() -> None:
    """Write README.md."""
    path = HERE / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
