"""Fetch the course's Thai font: `python data/fonts/prepare.py` (needs npm, the network once, and fontTools).

It takes the Thai letters of Noto Sans Thai from an npm package, by exact version, unpacks them from WOFF to TrueType,
which Pillow and matplotlib read, and renews the sums in `README.md`. Not a curve or a metric is changed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "@fontsource/noto-sans-thai@5.3.0"
LICENCE = "package/LICENSE"
FONTS = {
    "NotoSansThai-Regular.ttf": "package/files/noto-sans-thai-thai-400-normal.woff",
    "NotoSansThai-Bold.ttf": "package/files/noto-sans-thai-thai-700-normal.woff",
}
TABLE = re.compile(r"(?<=<!-- files: begin -->\n).*(?=<!-- files: end -->)", re.DOTALL)


def fetch() -> None:
    """Write both weights of the font, and its licence."""
    from fontTools.ttLib import TTFont

    npm = shutil.which("npm")
    if not npm:
        sys.exit("prepare.py needs npm (https://nodejs.org), and found none on the path.")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"npm could not fetch {PACKAGE}; it said:\n{done.stderr.strip()}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            (HERE / "OFL.txt").write_bytes(package.extractfile(LICENCE).read())
            for name, woff in FONTS.items():
                font = TTFont(package.extractfile(woff), recalcTimestamp=False)
                font.flavor = None
                font.save(HERE / name)


def renew_table() -> None:
    """Write size and sha256 of every other file into the README."""
    rows = ["| file | bytes | sha256 |", "| --- | ---: | --- |"]
    for path in sorted(path for path in HERE.iterdir() if path.is_file() and path.name != "README.md"):
        data = path.read_bytes()
        rows.append(f"| `{path.name}` | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |")
    readme = HERE / "README.md"
    table = "\n" + "\n".join(rows) + "\n\n"
    readme.write_text(TABLE.sub(lambda _: table, readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    fetch()
    renew_table()
