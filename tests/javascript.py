"""Lint the JavaScript of the widgets with Biome, and look at its format: part of `make lint`; --write mends the format.

Biome comes from npm at one exact version. Where there is no Node, or no network to fetch Biome with, this is left out
with a sentence. A widget's file is linted as it runs, behind `page.js`, whose functions it uses.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDGETS = ROOT / "course_lib" / "widgets"
ALONE = (WIDGETS / "page.js", WIDGETS / "labextensions" / "course-lib" / "static" / "again.js")
BIOME = "@biomejs/biome@2.6.8"
NO_NODE = "The JavaScript is not looked at: there is no Node on this machine (https://nodejs.org)."
NO_NETWORK = f"The JavaScript is not looked at: npm cannot fetch {BIOME} without a network."
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "ENOTCACHED")


def sources() -> list[Path]:
    """Every file of JavaScript that the course ships."""
    return [*sorted(WIDGETS.glob("*.js")), ALONE[1]]


def check(write: bool = False) -> int:
    """Print what Biome finds; 0 where that is nothing, or where there is no Biome."""
    npx = shutil.which("npx")
    if npx is None:
        print(NO_NODE)
        return 0
    found = _biome(npx, ["--version"])
    if found.returncode and any(sign in found.stderr for sign in OFFLINE):
        print(NO_NETWORK)
        return 0
    form = _biome(npx, ["format", *(["--write"] if write else []), *map(str, sources())])
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "biome.json", folder)
        joined = [_joined(path, Path(folder)) for path in sources()]
        lint = _biome(npx, ["lint", "--error-on-warnings", f"--config-path={folder}", *joined])
    print(*(part for done in (form, lint) if done.returncode for part in (done.stdout, done.stderr)), sep="\n")
    return int(bool(form.returncode or lint.returncode))


def _joined(path: Path, folder: Path) -> str:
    """A copy of a file as the page runs it."""
    before = "" if path in ALONE else ALONE[0].read_text(encoding="utf-8")
    (folder / path.name).write_text(f"{before}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    return str(folder / path.name)


def _biome(npx: str, arguments: Sequence[str]) -> subprocess.CompletedProcess:
    return subprocess.run([npx, "--yes", BIOME, *arguments], cwd=ROOT, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(check(write="--write" in sys.argv[1:]))
